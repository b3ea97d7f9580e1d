"""Where the marks of a timeline's picture stand: a lane for each rule, and neighbours of one kind as one mark. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from statistics import mean
from zoneinfo import ZoneInfo

from reminders.describing.scales import make_scale
from reminders.describing.timelines import Panel
from reminders.desk.plan_words import say_rule
from reminders.desk.timeline import is_coming
from reminders.desk.timeline_signs import Shape, choose_shape
from reminders.desk.words import _
from reminders.local_time import end_of_day, local_date, resolve_local
from reminders.overview.patient import Entry, EntryKind

REACH = timedelta(weeks=26)
"""How far the picture goes, back and ahead: what lies farther is in the list."""

_SHORTEST = timedelta(days=5)
APART = 19
"""Between the middles of two marks of a lane."""


@dataclass(frozen=True, kw_only=True)
class Mark:
    x: float
    shape: Shape
    entries: tuple[Entry, ...]


@dataclass(frozen=True, kw_only=True)
class Lane:
    label: str
    marks: tuple[Mark, ...]


@dataclass(frozen=True, kw_only=True)
class Frame:
    """From the first day to the last, between two edges."""

    panel: Panel
    left: float
    right: float
    now: datetime

    def x(self, instant: datetime) -> float:
        share = self.panel.place(instant) / self.panel.length
        return round(self.left + (self.right - self.left) * share, 1)

    def list_ticks(self, apart: float) -> Iterator[tuple[float, str]]:
        """Where there is room for them, and what day it is there."""
        panel = self.panel
        scale = make_scale(panel, apart * panel.length / (self.right - self.left))
        started = panel.starts_at.astimezone(panel.zone).replace(tzinfo=None)
        for tick in scale.ticks:
            day = started + timedelta(days=tick.place)
            words = f"{day:%b %Y}" if scale.unit == "month" else tick.moment
            yield round(self.left + (self.right - self.left) * tick.place / panel.length, 1), words


def make_frame(entries: Sequence[Entry], zone: ZoneInfo, now: datetime, left: float, right: float) -> Frame:
    moments = [now, *(entry.at for entry in entries)]
    starts_at = resolve_local(local_date(min(moments), zone), time(0), zone)
    panel = Panel(
        title="",
        rows=(),
        starts_at=starts_at,
        ends_at=max(end_of_day(local_date(max(moments), zone), zone), starts_at + _SHORTEST),
        counts_from=resolve_local(local_date(now, zone), time(0), zone),
        zone=zone,
    )
    return Frame(panel=panel, left=left, right=right, now=now)


def list_near(entries: Iterable[Entry], now: datetime) -> list[Entry]:
    return [entry for entry in entries if abs(entry.at - now) <= REACH]


def list_lanes(entries: Iterable[Entry], frame: Frame) -> list[Lane]:
    """What was done and booked comes first; then each rule, as its turn comes."""
    lanes: dict[str, list[Entry]] = {_("procedures, visits"): []}
    for entry in entries:
        lanes.setdefault(_name_lane(entry), []).append(entry)
    return [Lane(label=label, marks=tuple(_place(found, frame))) for label, found in lanes.items() if found]


def _name_lane(entry: Entry) -> str:
    if entry.kind in (EntryKind.PROCEDURE, EntryKind.VISIT):
        return _("procedures, visits")
    if entry.line is not None:
        return say_rule(entry.line.rule)
    return _("by hand") if entry.kind is EntryKind.WRITTEN else _("noted")


def _place(entries: Sequence[Entry], frame: Frame) -> list[Mark]:
    """Apart from each other, and each on its side of now."""
    over = _join((entry for entry in entries if not is_coming(entry, frame.now)), frame)
    coming = _join((entry for entry in entries if is_coming(entry, frame.now)), frame)
    at_now = frame.x(frame.now)
    return [
        *_spread(over, frame.left, at_now - APART / 2),
        *_spread(coming, at_now + APART / 2, frame.right),
    ]


def _spread(marks: Sequence[Mark], left: float, right: float) -> list[Mark]:
    """To the right where they would lie upon each other; back to the left where there is no room for that."""
    places: list[float] = []
    for mark in marks:
        places.append(max(mark.x, places[-1] + APART if places else left))
    edge = right
    for number in reversed(range(len(places))):
        places[number] = min(places[number], edge)
        edge = places[number] - APART
    return [replace(mark, x=round(x, 1)) for mark, x in zip(marks, places, strict=True)]


def _join(entries: Iterable[Entry], frame: Frame) -> list[Mark]:
    """By place; those of one shape that would lie upon each other are one."""
    heaps: dict[Shape, list[list[Entry]]] = {}
    for entry in sorted(entries, key=lambda each: each.at):
        mine = heaps.setdefault(choose_shape(entry, frame.now), [])
        if mine and frame.x(entry.at) - frame.x(mine[-1][0].at) < APART:
            mine[-1].append(entry)
        else:
            mine.append([entry])
    marks = [
        Mark(x=round(mean(frame.x(entry.at) for entry in heap), 1), shape=shape, entries=tuple(heap))
        for shape, several in heaps.items()
        for heap in several
    ]
    return sorted(marks, key=lambda mark: mark.x)
