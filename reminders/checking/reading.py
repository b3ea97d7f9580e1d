"""Reads the figures out of running text. Pure; text is only ever data.

Understands digits and number words, ranges with `to`, `or` and dashes, `half an hour`, `a month`, `twice a day`,
working days, bounds such as `at least`, and knows words such as `several` for what they are: not exact.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

from reminders.checking.amounts import Amount, Quantity
from reminders.checking.numbers import NUMBER, read_number
from reminders.rules import Bound, Unit

_UNIT_WORDS: dict[str, tuple[Unit, int | Fraction]] = {
    "second": (Unit.MINUTES, Fraction(1, 60)),
    "sec": (Unit.MINUTES, Fraction(1, 60)),
    "minute": (Unit.MINUTES, 1),
    "min": (Unit.MINUTES, 1),
    "hour": (Unit.HOURS, 1),
    "hr": (Unit.HOURS, 1),
    "h": (Unit.HOURS, 1),
    "day": (Unit.DAYS, 1),
    "night": (Unit.DAYS, 1),
    "weekday": (Unit.DAYS, 1),
    "workday": (Unit.DAYS, 1),
    "week": (Unit.WEEKS, 1),
    "wk": (Unit.WEEKS, 1),
    "fortnight": (Unit.WEEKS, 2),
    "month": (Unit.MONTHS, 1),
    "year": (Unit.MONTHS, 12),
    "yr": (Unit.MONTHS, 12),
}
_ADVERBS = {"hourly": "hour", "daily": "day", "nightly": "night", "weekly": "week", "monthly": "month"}
_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
_PARTS = {"half": Fraction(1, 2), "quarter": Fraction(1, 4), "three quarters": Fraction(3, 4)}

_UNIT = rf"(?:{'|'.join(_UNIT_WORDS)})s?(?!\w)"
_EXTRA = (
    r"(?:(?:business|working|work|clinic|opening|open|calendar|full|whole|consecutive|more|further|additional|long)"
    r"[ -])*"
)
_BUSINESS = re.compile(r"\b(?:business|working|work|clinic|opening|open)[ -]days?\b|\bw(?:eek|ork)days?\b")
_VAGUE = r"(?:several|(?:a |the (?:first|next) )?few|a couple(?: of)?|a matter of|a number of|many|some)(?!\w)"
_AND_PART = r" and a (?:half|quarter)"
# twice a day, 4x daily, three times per week; but "four weekly visits" are four
_OFTEN = (
    r"(?: ?x| times)?(?: (?:a|per|each|every) (?P<{0}>hour|day|night|week|month)(?!\w)"
    r"|(?:(?<=x)|(?<=times)|(?<=once)|(?<=twice)) (?P<{0}_adverb>hourly|daily|nightly|weekly|monthly)(?!\w))"
)

_FORMS = (
    # half an hour, three quarters of an hour
    rf"(?:a )?(?P<share>half|quarter|three quarters)(?: of)? (?:an? )?(?P<share_unit>{_UNIT})",
    # day 3, days 3 to 5; but in "on that day 10 minutes" the minutes are meant
    rf"(?P<named>(?:day|week|month)s?) (?P<named_number>{NUMBER})(?![ -]?{_EXTRA}{_UNIT})",
    # 24 hours, two and a half weeks, six or more weeks, four
    rf"(?P<number>{NUMBER})(?P<part>{_AND_PART})?(?P<open> or (?:more|longer))?"
    rf"(?:[ -]?{_EXTRA}(?P<unit>{_UNIT})(?P<part_after>{_AND_PART})?|{_OFTEN.format('often')})?",
    # the third day
    rf"(?P<ordinal>{'|'.join(_ORDINALS)}) {_EXTRA}(?P<ordinal_unit>(?:day|week|month)(?!\w))",
    # a month, every hour, every other day, an hour and a half
    rf"(?P<single>every other|every second|an?|every|each|per) {_EXTRA}(?P<single_unit>{_UNIT})"
    rf"(?P<single_part>{_AND_PART})?",
    rf"(?P<adverb>{'|'.join(_ADVERBS)})(?!\w)",
    # several weeks, a few
    rf"(?P<vague>{_VAGUE})(?: {_EXTRA}(?P<vague_unit>{_UNIT})|{_OFTEN.format('vague_often')})?",
)
_ONE = re.compile(rf"(?<![\w.,:/])(?:{'|'.join(_FORMS)})")
_JOIN = re.compile(r" ?- ?| (?:up )?to | or ")
_JOIN_AFTER_BETWEEN = re.compile(r" and ")

_BOUNDS = (
    (
        Bound.AT_MOST,
        re.compile(
            r"(?:\b(?:at (?:the )?most|at the latest(?: after| on)?|(?:no|not|never) (?:more|longer|later) than|up to"
            r"|(?:a )?maximum(?: of)?|(?<!no )(?<!not )(?<!never )less than)"
            # "within the first day" names a stretch of time; "within a day" bounds one.
            r"(?: (?:the|about|another|a full))?(?: first| next)?|\bwithin) $"
        ),
        re.compile(r" (?:or (?:less|fewer|sooner|earlier)|at (?:the )?most|at the latest)\b"),
    ),
    (
        Bound.AT_LEAST,
        re.compile(
            r"\b(?:at (?:the very |the )?least|at the earliest(?: after| on)?"
            r"|(?:no|not|never) (?:less|fewer|sooner|earlier|shorter) than"
            r"|(?:a )?minimum(?: of)?|more than)(?: (?:the|about|another|a full))?(?: first| next)? $"
        ),
        re.compile(r" (?:or (?:more|longer|later)|at (?:the )?least|at the earliest)\b"),
    ),
)
"""Each with the words for it before a figure, and after one."""

_LONGEST_BOUND = 40

_PLAIN = str.maketrans(
    {
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-"),
        **dict.fromkeys("\u2018\u2019\u201b`´", "'"),
        **dict.fromkeys("\u201c\u201d\u201e", '"'),
    }
)


def plain(text: str) -> str:
    """One kind of dash, quote and space, so that the same words compare as the same."""
    return " ".join(text.translate(_PLAIN).split())


def list_amounts(text: str) -> list[Amount]:
    """Every figure in `text`, which has gone through `plain`, in order; places count in it."""
    return list(_scan(text, _fold(text)))


def _fold(text: str) -> str:
    """Small letters, each at the place of its capital: a few letters have none of one character."""
    return "".join(small if len(small := letter.lower()) == 1 else letter for letter in text)


def _scan(text: str, folded: str) -> Iterator[Amount]:
    position = 0
    while found := _ONE.search(folded, position):
        amount = _join(folded, found)
        position = amount.end
        yield _add_calendar(folded, _add_bound(text, folded, amount), is_named=found["named"] is not None)


def _join(folded: str, first: re.Match[str]) -> Amount:
    """The figure that begins at `first`: it alone, or with what ends its range."""
    second = _find_range_end(folded, first) or first
    (least, its_unit), (most, last_unit) = _read_one(first), _read_one(second)
    # In "3 to 5 days" the unit stands once; in "45 minutes to an hour" each has its own.
    return Amount(
        least=_quantity(least, its_unit or last_unit),
        most=_quantity(most, last_unit or its_unit),
        start=first.start(),
        end=second.end(),
    )


def _find_range_end(folded: str, first: re.Match[str]) -> re.Match[str] | None:
    joined = _JOIN.match(folded, first.end())
    if joined is None and folded[: first.start()].endswith("between "):
        joined = _JOIN_AFTER_BETWEEN.match(folded, first.end())
    second = _ONE.match(folded, joined.end()) if joined else None
    if joined is None or second is None:
        return None
    # "two days - 3 if swollen" is no range; "days 3 to 5" and "a day or two" are.
    may_lack_unit = first["named"] or (first["single"] and joined[0] == " or ")
    is_parted = _read_one(first)[1] is not None and _read_one(second)[1] is None
    return None if is_parted and not may_lack_unit else second


def _read_one(found: re.Match[str]) -> tuple[Fraction | None, str | None]:
    """How many, and the word of the unit."""
    match found.groupdict():
        case {"share": str(share), "share_unit": unit}:
            return _PARTS[share], unit
        case {"named": str(unit), "named_number": number}:
            return read_number(number), unit
        case {"ordinal": str(word), "ordinal_unit": unit}:
            return Fraction(_ORDINALS.index(word) + 1), unit
        case {"single": str(word), "single_unit": unit, "single_part": part}:
            return (2 if " " in word else 1) + _read_part(part), unit
        case {"adverb": str(adverb)}:
            return Fraction(1), _ADVERBS[adverb]
        case {"vague": str(), "vague_unit": unit}:
            return None, unit or _read_often(found["vague_often"], found["vague_often_adverb"])
    unit = found["unit"] or _read_often(found["often"], found["often_adverb"])
    return read_number(found["number"]) + _read_part(found["part"] or found["part_after"]), unit


def _read_often(noun: str | None, adverb: str | None) -> str | None:
    """Such as `per day`."""
    word = noun or (_ADVERBS[adverb] if adverb else None)
    return f"per {word}" if word else None


def _read_part(words: str | None) -> Fraction:
    return _PARTS[words.split()[-1]] if words else Fraction(0)


def _quantity(value: Fraction | None, unit_word: str | None) -> Quantity:
    if unit_word is None:
        return Quantity(value=value, unit=None)
    if unit_word.startswith("per "):
        return Quantity(value=value, unit=None, per=_UNIT_WORDS[unit_word.removeprefix("per ")][0])
    unit, factor = _UNIT_WORDS[unit_word] if unit_word in _UNIT_WORDS else _UNIT_WORDS[unit_word.removesuffix("s")]
    return Quantity(value=None if value is None else value * factor, unit=unit)


def _add_calendar(folded: str, amount: Amount, *, is_named: bool) -> Amount:
    """In "5 working days" the word stands within the figure, in "working day 5" before it."""
    before = folded[: amount.start].rpartition(" ")[0].rpartition(" ")[2] if is_named else ""
    around = f"{before} {folded[amount.start : amount.end]}"
    return replace(amount, is_business=_BUSINESS.search(around) is not None)


def _add_bound(text: str, folded: str, amount: Amount) -> Amount:
    """With the bound that stands before it or after it."""
    near = max(0, amount.start - _LONGEST_BOUND)
    for bound, before, after in _BOUNDS:
        if found := before.search(folded[near : amount.start]):
            return replace(amount, bound=bound, words=text[near + found.start() : amount.end])
        if found := after.match(folded, amount.end):
            return replace(amount, bound=bound, words=text[amount.start : found.end()])
    is_open = re.search(r" or (?:more|longer)\b", folded[amount.start : amount.end])
    bound = Bound.AT_LEAST if is_open else Bound.NOMINAL
    return replace(amount, bound=bound, words=text[amount.start : amount.end])
