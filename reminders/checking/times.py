"""Holds the times of day of the configuration against those that a document names. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import time

from reminders.checking.findings import Fault, FaultKind
from reminders.rules import ClockTime, Slots

_CLOCK = re.compile(
    r"\b(\d{1,2})(?:[:.](\d{2}))?(?: ?([ap])\.?m\b\.?|(?: o'clock)? in the (morning|afternoon|evening)\b)"
    r"|\b(\d{1,2}):(\d{2})\b|\b(noon|midday|midnight)\b",
    re.IGNORECASE,
)
_PART = re.compile(r"\b(morning|noon|midday|afternoon|evening|night|bedtime)s?\b", re.IGNORECASE)


def list_clock_differences(figure: ClockTime, words: str) -> list[Fault]:
    found, parts = list(list_clock_times(words)), list_parts_of_day(words)
    if figure.part and (figure.part in parts or _names(words, figure.part)):
        return []
    if figure.part and parts:
        return [_differ(FaultKind.PART_OF_DAY, "part of the day", words, figure.part)]
    if figure.part and found:
        sentence = f'“{words}” is a time and no part of the day; write at = {{ time = "{found[0]:%H:%M}" }}.'
        return [Fault(FaultKind.PART_OF_DAY, sentence)]
    if not found and parts:
        sentence = f"“{words}” is a part of the day; write it as such, or take the source out if the time is your own."
        return [Fault(FaultKind.PART_OF_DAY, sentence)]
    if not found:
        return [Fault(FaultKind.NO_FIGURE, f"“{words}” holds no time of day; quote the words that do.")]
    return [] if figure.value in found else [_differ(FaultKind.NUMBER, "time", words, f"{figure.value:%H:%M}")]


def list_slot_differences(figure: Slots, words: str) -> list[Fault]:
    """The words name the times themselves, or parts of the day, of which only the number can be held against it."""
    found, parts = sorted(set(list_clock_times(words))), list_parts_of_day(words)
    if len(parts) > len(found):
        is_right, what = len(parts) == len(figure.times), "number"
    else:
        is_right, what = found == list(figure.times), "time"
    mine = ", ".join(f"{each:%H:%M}" for each in figure.times)
    return [] if is_right else [_differ(FaultKind.NUMBER, what, words, mine)]


def _differ(kind: FaultKind, what: str, words: str, rule: str) -> Fault:
    return Fault(kind, f"The {what} differs: the document says “{words}”, and the rule says {rule}.")


def list_clock_times(text: str) -> Iterator[time]:
    for found in _CLOCK.finditer(text):
        hour, minute, half, part, plain_hour, plain_minute, word = found.groups()
        if word:
            yield time(0 if word.lower() == "midnight" else 12)
        elif hour and 1 <= int(hour) <= 12 and int(minute or 0) < 60:
            is_after_noon = half.lower() == "p" if half else part.lower() != "morning"
            yield time(int(hour) % 12 + (12 if is_after_noon else 0), int(minute or 0))
        elif plain_hour and int(plain_hour) < 24 and int(plain_minute) < 60:
            yield time(int(plain_hour), int(plain_minute))


def list_parts_of_day(text: str) -> list[str]:
    """Each once, in the order of the text."""
    words = (found[1].lower() for found in _PART.finditer(text))
    return list(dict.fromkeys("noon" if word == "midday" else word for word in words))


def names_times(text: str) -> bool:
    return any(list_clock_times(text)) or list_parts_of_day(text) != []


def _names(words: str, part: str) -> bool:
    """A clinic may have parts of the day of its own."""
    return re.search(rf"\b{re.escape(part.replace('-', ' '))}\b", words, re.IGNORECASE) is not None


def drop_clock_times(text: str) -> str:
    return _CLOCK.sub("…", text)
