"""Counts the segments that an SMS is billed by, and keeps typographic characters from doubling them. Pure."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum

_GSM7_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM7_EXTENSION = frozenset("\f^{}\\[~]|€")
"""Each is sent as an escape and a letter (3GPP TS 23.038, 6.2.1.1): two septets."""

_TYPOGRAPHIC = str.maketrans(
    {
        **dict.fromkeys("\u2018\u2019\u201a\u201b\u2032`´", "'"),
        **dict.fromkeys("\u201c\u201d\u201e\u201f\u2033«»", '"'),
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212•", "-"),
        **dict.fromkeys("\u00ad\u200b\u2060\ufeff", ""),
        "…": "...",
    }
)
_SPACES = re.compile(r"[^\S\n]+")


class Encoding(StrEnum):
    GSM7 = "gsm-7"
    UCS2 = "ucs-2"


_LIMITS = {Encoding.GSM7: (160, 153), Encoding.UCS2: (70, 67)}
"""Units of a text that stands alone, and of each segment of a longer one: its header takes the rest."""


@dataclass(frozen=True, kw_only=True)
class Segments:
    encoding: Encoding
    units: int
    """Septets in GSM-7, UTF-16 code units in UCS-2."""
    count: int


def count_segments(text: str) -> Segments:
    """How the phone network cuts `text`, exactly as given: one character outside GSM-7 turns all of it to UCS-2."""
    encoding = Encoding.UCS2 if find_costly_characters(text) else Encoding.GSM7
    sizes = [_size_of(character, encoding) for character in text]
    alone, joined = _LIMITS[encoding]
    count = 1 if sum(sizes) <= alone else _fill_segments(sizes, joined)
    return Segments(encoding=encoding, units=sum(sizes), count=count)


def find_costly_characters(text: str) -> list[str]:
    """The characters that GSM-7 does not have, each once."""
    return sorted(set(text) - _GSM7_BASIC - _GSM7_EXTENSION)


def tidy_for_sms(text: str) -> str:
    """The same words in plain characters: quotes, dashes and odd spaces become those of GSM-7. Keeps line breaks."""
    plain = unicodedata.normalize("NFC", text).translate(_TYPOGRAPHIC)
    return "\n".join(_SPACES.sub(" ", line).strip() for line in plain.strip().splitlines())


def _size_of(character: str, encoding: Encoding) -> int:
    if encoding is Encoding.GSM7:
        return 2 if character in _GSM7_EXTENSION else 1
    return 2 if ord(character) > 0xFFFF else 1


def _fill_segments(sizes: list[int], limit: int) -> int:
    """Greedy, because an escape or surrogate pair that does not fit moves whole to the next segment."""
    count, used = 1, 0
    for size in sizes:
        if used + size > limit:
            count, used = count + 1, 0
        used += size
    return count
