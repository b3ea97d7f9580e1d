"""Numbers as people write them: in digits or, up to the hundreds, in words. Pure."""

from __future__ import annotations

import re
from fractions import Fraction

_UNITS = dict(
    zip(("one", "two", "three", "four", "five", "six", "seven", "eight", "nine"), range(1, 10), strict=True),
)
_TEENS = dict(
    zip(
        (
            *("ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen"),
            *("sixteen", "seventeen", "eighteen", "nineteen"),
        ),
        range(10, 20),
        strict=True,
    )
)
_TENS = dict(
    zip(
        ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"),
        range(20, 100, 10),
        strict=True,
    )
)
_ONES = {"a": 1, "once": 1, "twice": 2, "dozen": 12, **_UNITS, **_TEENS, **_TENS}
_FRACTIONS = {"½": Fraction(1, 2), "¼": Fraction(1, 4), "¾": Fraction(3, 4)}


def _any_of(*words: str) -> str:
    # The longest first, or "six" would end the reading of "sixteen".
    return "|".join(sorted(words, key=len, reverse=True))


_BELOW_HUNDRED = rf"(?:(?:{_any_of(*_TENS)})(?:[- ](?:{_any_of(*_UNITS)}))?|{_any_of(*_TEENS, *_UNITS)})"
_WORDS = (
    rf"(?:(?:{_any_of('a', *_UNITS)})[- ]hundred(?:(?:[- ]and)?[- ]{_BELOW_HUNDRED})?"
    rf"|{_BELOW_HUNDRED}|once|twice|a dozen)(?!\w)"
)
_DIGITS = r"(?:\d{1,3}(?:,\d{3})+(?!\d)|\d{1,9}(?:\.\d{1,9})?)(?: ?[½¼¾])?(?:st|[nr]d|th)?(?!:?\d)|[½¼¾]"

NUMBER = rf"(?:{_DIGITS}|{_WORDS})"
"""A pattern for text in small letters whose dashes are all `-`."""


def read_number(text: str) -> Fraction:
    """The value of what `NUMBER` matched, such as `48`, `1½`, `2nd`, `forty-eight` or `one hundred and five`."""
    if text[0].isdigit() or text[0] in _FRACTIONS:
        return _read_digits(text)
    total = 0
    for word in re.findall(r"[a-z]+", text):
        if word == "hundred":
            total *= 100
        elif word == "dozen":
            total = 12
        elif word != "and":
            total += _ONES[word]
    return Fraction(total)


def _read_digits(text: str) -> Fraction:
    part = _FRACTIONS.get(text.strip()[-1], Fraction(0))
    whole = re.match(r"[\d,.]+", text)
    return part + (Fraction(whole[0].replace(",", "")) if whole else 0)
