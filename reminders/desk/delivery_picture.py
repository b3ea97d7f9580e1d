"""The picture of thirty days of outcomes: where each bar stands and how tall it is. Pure; the template draws it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from reminders.overview import DeliveryOutcome

WIDTH, HEIGHT = 880, 360
_LEFT, _RIGHT, _TOP, _BOTTOM = 84, 872, 16, 312
_FILLED = 0.72
"""How much of a day's width its bar takes."""
_LABEL_EVERY = 7
_NICE = (1, 2, 5)

DayCounts = Mapping[date, Mapping[DeliveryOutcome, int]]


@dataclass(frozen=True, kw_only=True)
class Segment:
    """What had one outcome on one day."""

    outcome: DeliveryOutcome
    count: int
    y: float
    height: float


@dataclass(frozen=True, kw_only=True)
class Bar:
    on: date
    x: float
    width: float
    segments: tuple[Segment, ...]
    """From the bottom up."""

    @property
    def middle(self) -> float:
        return round(self.x + self.width / 2, 1)


@dataclass(frozen=True, kw_only=True)
class Line:
    """Across the picture, at a round number."""

    count: int
    y: float


@dataclass(frozen=True, kw_only=True)
class DeliveryPicture:
    bars: tuple[Bar, ...]
    lines: tuple[Line, ...]
    named: tuple[Bar, ...]
    """Those with a date beneath: each week's, counted back from today."""

    left, right, bottom = _LEFT, _RIGHT, _BOTTOM
    width, height = WIDTH, HEIGHT


def draw_delivery(counted: DayCounts) -> DeliveryPicture:
    """A bar for each day, also for one on which nothing was due."""
    days = list(counted)
    lines = _list_lines(max((sum(counts.values()) for counts in counted.values()), default=0))
    bars = tuple(_draw_bar(days, number, counted[day], lines[-1].count) for number, day in enumerate(days))
    return DeliveryPicture(bars=bars, lines=lines, named=bars[::-1][::_LABEL_EVERY][::-1])


def _list_lines(most: int) -> tuple[Line, ...]:
    """From zero to a round number that no bar passes, in three to five steps."""
    step = next(step for step in _list_steps() if step * 5 >= most)
    steps = max(1, -(-most // step))
    return tuple(Line(count=step * number, y=_height_at(step * number, step * steps)) for number in range(steps + 1))


def _list_steps() -> Iterator[int]:
    """1, 2, 5, 10, 20, 50 …"""
    power = 1
    while True:
        yield from (nice * power for nice in _NICE)
        power *= 10


def _height_at(count: int, most: int) -> float:
    return round(_BOTTOM - (_BOTTOM - _TOP) * count / most, 1)


def _draw_bar(days: Sequence[date], number: int, counts: Mapping[DeliveryOutcome, int], most: int) -> Bar:
    each = (_RIGHT - _LEFT) / len(days)
    x = _LEFT + each * (number + (1 - _FILLED) / 2)
    return Bar(on=days[number], x=round(x, 1), width=round(each * _FILLED, 1), segments=tuple(_stack(counts, most)))


def _stack(counts: Mapping[DeliveryOutcome, int], most: int) -> Iterator[Segment]:
    below = 0
    for outcome in DeliveryOutcome:
        count = counts.get(outcome, 0)
        if count:
            top = _height_at(below + count, most)
            yield Segment(outcome=outcome, count=count, y=top, height=round(_height_at(below, most) - top, 1))
            below += count
