"""From one rule and one anchor to the moments it yields. Pure; knows neither quiet hours nor patients."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from itertools import count
from zoneinfo import ZoneInfo

from reminders.local_time import add_calendar, elapsed, end_of_day, resolve_local
from reminders.rules import Duration, EndOfDay, Expiry, Rule, Unit


@dataclass(frozen=True, kw_only=True)
class AnchorPoint:
    """What a rule counts from, placed in time."""

    at: datetime
    """The instant that hours and minutes count from."""
    on: date
    """The day that days, weeks and months count from."""
    not_before: datetime | None = None
    """Nothing is due before t0 (P1)."""


@dataclass(frozen=True, kw_only=True)
class Moment:
    occurrence: int
    due_at: datetime
    expires_at: datetime


def list_moments(rule: Rule, point: AnchorPoint, zone: ZoneInfo) -> list[Moment]:
    """The rule's occurrences for one anchor, with local clock times read in `zone`."""
    due_times = list(_due_times(rule, point, zone))
    return [
        Moment(
            occurrence=number,
            due_at=max(due_at, point.not_before) if point.not_before else due_at,
            expires_at=_expires_at(rule, point, zone, next_due=due_times[number : number + 1]),
        )
        for number, due_at in enumerate(due_times, start=1)
    ]


def _due_times(rule: Rule, point: AnchorPoint, zone: ZoneInfo) -> Iterator[datetime]:
    if rule.repeat is None:
        yield _place(rule, rule.starts, point, zone)
        return
    until = _place(rule, rule.until, point, zone) if rule.until else None
    for number in count():
        due_at = _place_nth(rule, rule.repeat.every, number, point, zone)
        if until is not None and due_at >= until:
            return
        if rule.repeat.times is not None and number >= rule.repeat.times.most:
            return
        yield due_at


def _place(rule: Rule, length: Duration, point: AnchorPoint, zone: ZoneInfo) -> datetime:
    """The moment that lies this far from the anchor."""
    if length.unit.is_elapsed:
        return point.at + elapsed(length)
    return resolve_local(add_calendar(_day_zero(rule, length.unit, point), length), _clock(rule), zone)


def _day_zero(rule: Rule, unit: Unit, point: AnchorPoint) -> date:
    """Only days are numbered: a sheet whose 'day 1' is the anchor's own day counts from the day before."""
    return point.on - timedelta(days=rule.day_base) if unit is Unit.DAYS else point.on


def _clock(rule: Rule) -> time:
    return rule.at.value if rule.at else time(0)


def _place_nth(rule: Rule, every: Duration, number: int, point: AnchorPoint, zone: ZoneInfo) -> datetime:
    """The moment of a series that lies `number` steps after the first."""
    if every.unit is rule.starts.unit:
        # From the anchor itself, so that a date clamped to its month's end clamps no later one (P1).
        return _place(rule, replace(every, value=rule.starts.value + number * every.value), point, zone)
    first = _place(rule, rule.starts, point, zone)
    if every.unit.is_elapsed:
        return first + number * elapsed(every)
    local = first.astimezone(zone)
    clock = rule.at.value if rule.at else local.time()
    return resolve_local(add_calendar(local.date(), every, number), clock, zone)


def _expires_at(rule: Rule, point: AnchorPoint, zone: ZoneInfo, next_due: list[datetime]) -> datetime:
    expires = rule.expires
    if isinstance(expires, EndOfDay):
        return end_of_day(_day_zero(rule, Unit.DAYS, point) + timedelta(days=expires.day), zone)
    if isinstance(expires, Duration):
        return _place(rule, expires, point, zone)
    if expires is Expiry.ANCHOR:
        return point.at
    if expires is Expiry.NEXT and next_due:
        return next_due[0]
    assert rule.until is not None, "the configuration refuses a rule that expires at an `until` it does not have"
    return _place(rule, rule.until, point, zone)
