"""The scale beneath a picture: where its ticks stand, and what is written at them. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from itertools import count, takewhile

from reminders.describing.timelines import Panel
from reminders.local_time import add_calendar, elapsed, local_date, resolve_local
from reminders.rules import Duration, Unit

_HOURS = (1, 2, 3, 4, 6, 12, 24)
_DAYS = (1, 2, 7, 14, 28)
_MONTHS = (1, 2, 3, 6, 12, 24, 60, 120)
_SHORTEST_MONTH = 28


@dataclass(frozen=True, kw_only=True)
class Tick:
    place: float
    """In days from the panel's start."""
    moment: str
    """Such as '15:00' or '3 Mar'."""
    number: str
    """Of the hour, day or month, counted from the procedure or whatever the panel counts from."""


@dataclass(frozen=True, kw_only=True)
class Scale:
    unit: str
    ticks: tuple[Tick, ...]


def make_scale(panel: Panel, least_apart: float) -> Scale:
    """As many ticks as there is room for, where two must be `least_apart` days apart."""
    if panel.is_hourly:
        return _make_scale(panel, Unit.HOURS, _choose_step(_HOURS, least_apart * 24))
    if least_apart <= _DAYS[-1]:
        return _make_scale(panel, Unit.DAYS, _choose_step(_DAYS, least_apart))
    return _make_scale(panel, Unit.MONTHS, _choose_step(_MONTHS, least_apart / _SHORTEST_MONTH))


def _choose_step(steps: Sequence[int], least: float) -> int:
    return next((step for step in steps if step >= least), steps[-1])


def _make_scale(panel: Panel, unit: Unit, step: int) -> Scale:
    before = takewhile(
        lambda tick: tick.place >= 0, (_make_tick(panel, unit, number) for number in count(-step, -step))
    )
    after = takewhile(
        lambda tick: tick.place <= panel.length, (_make_tick(panel, unit, number) for number in count(0, step))
    )
    return Scale(unit=unit.removesuffix("s"), ticks=(*reversed(list(before)), *after))


def _make_tick(panel: Panel, unit: Unit, number: int) -> Tick:
    at = _add(panel, Duration(value=number, unit=unit))
    local = at.astimezone(panel.zone)
    moment = f"{local:%H:%M}" if unit is Unit.HOURS else say_short_day(local.date())
    return Tick(place=panel.place(at), moment=moment, number=str(number))


def _add(panel: Panel, length: Duration) -> datetime:
    if length.unit.is_elapsed:
        return panel.counts_from + elapsed(length)
    day = add_calendar(local_date(panel.counts_from, panel.zone), length)
    return resolve_local(day, time(0), panel.zone)


def say_short_day(day: date) -> str:
    """Such as '3 Mar'."""
    return f"{day.day} {day:%b}"
