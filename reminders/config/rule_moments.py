"""When a rule's occurrences lie, in minutes from its anchor, as far as that can be told before there is one. Pure."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from datetime import time
from itertools import count, islice, takewhile

from reminders.config.figures import longest, shortest
from reminders.rules import Duration, Event, Repeat, Rule

DAY = 1440
MOST_LISTED = 1000
"""More than any rule may have."""


def list_moments(rule: Rule, until: int | None) -> list[int]:
    """From the anchor's minute, or from the beginning of its day where days are counted. Months are the shortest.

    `until`: the minute at which the rule ends; None: it has no end of its own.
    """
    moments = sorted(islice(_list_moments(rule, until), MOST_LISTED))
    return [moment for moment in moments if until is None or moment < until + clock_of(rule)]


def _list_moments(rule: Rule, until: int | None) -> Iterator[int]:
    begin = shortest(rule.starts)
    for repeat, lasts in list_stretches(rule):
        end = until if lasts is None else begin + longest(lasts)
        yield from _list_stretch(rule, repeat, begin, end)
        begin = begin if end is None else end


def _list_stretch(rule: Rule, repeat: Repeat | None, begin: int, end: int | None) -> Iterator[int]:
    at = clock_of(rule)
    if repeat is None:
        yield begin + at
        return
    every = shortest(repeat.every) if repeat.every else DAY
    clocks = [to_minutes(clock) for clock in repeat.slots.times] if repeat.slots else [at]
    rounds = takewhile(lambda start: end is None or start < end, count(begin, every))
    most = repeat.times.most if repeat.times else None
    yield from islice((start + clock for start in rounds for clock in clocks), most)


def list_stretches(rule: Rule) -> list[tuple[Repeat | None, Duration | None]]:
    """Each rhythm, and for how long it goes on; None: to the end of the rule."""
    return [(phase.repeat, phase.lasts) for phase in rule.phases] or [(rule.repeat, None)]


def clock_of(rule: Rule) -> int:
    return to_minutes(rule.at.value) if rule.at else 0


def to_minutes(clock: time) -> int:
    return clock.hour * 60 + clock.minute


def find_most_in_a_day(moments: list[int]) -> int:
    """How many lie within 24 hours, wherever these begin."""
    return max((bisect_left(moments, moment + DAY) - number for number, moment in enumerate(moments)), default=0)


def length_of_end(end: Duration | Event | None) -> Duration | None:
    """From the anchor to the latest moment at which a rule ends."""
    return end.fallback if isinstance(end, Event) else end
