"""Between local wall time and UTC, across every change of the clocks. Pure.

In Python two aware datetimes of one zone subtract and add by the wall clock, so each step here goes through UTC (P2).
"""

from __future__ import annotations

import calendar
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from reminders.rules import Duration, Unit


def resolve_local(day: date, clock: time, zone: ZoneInfo) -> datetime:
    """The instant of a computed local time (P8): in the spring gap the first valid minute after it, in the
    autumn overlap the first of the two."""
    wall = datetime.combine(day, clock)
    instant = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if is_wall_clock(wall, instant, zone):
        return instant
    return _end_of_gap(wall, zone)


def is_wall_clock(wall: datetime, instant: datetime, zone: ZoneInfo) -> bool:
    """Whether a clock in the zone shows `wall` (naive) at `instant`; it never does for a time in the gap."""
    return instant.astimezone(zone).replace(tzinfo=None) == wall


def is_in_gap(wall: datetime, zone: ZoneInfo) -> bool:
    """Whether the clocks jump over this naive local time."""
    return not is_wall_clock(wall, wall.replace(tzinfo=zone).astimezone(UTC), zone)


def _end_of_gap(wall: datetime, zone: ZoneInfo) -> datetime:
    # fold=1 reads the time with the offset after the jump, fold=0 with the one before: the jump lies between.
    before = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)
    after = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    old_offset = before.astimezone(zone).utcoffset()
    while after - before > timedelta(seconds=1):
        middle = before + (after - before) // 2
        if middle.astimezone(zone).utcoffset() == old_offset:
            before = middle
        else:
            after = middle
    return after.replace(microsecond=0)


def local_date(instant: datetime, zone: ZoneInfo) -> date:
    """The calendar date that a clock in the zone shows."""
    return instant.astimezone(zone).date()


def end_of_day(day: date, zone: ZoneInfo) -> datetime:
    """The local midnight after the day."""
    return resolve_local(day + timedelta(days=1), time(0), zone)


def add_calendar(day: date, length: Duration, times: int = 1) -> date:
    """Move a date by days, weeks of 7 days or calendar months clamped to the month's end (P1)."""
    if length.unit is Unit.MONTHS:
        return _add_months(day, length.value * times)
    days_each = {Unit.DAYS: 1, Unit.WEEKS: 7}[length.unit]
    return day + timedelta(days=length.value * times * days_each)


def _add_months(day: date, months: int) -> date:
    year, month_index = divmod(day.year * 12 + day.month - 1 + months, 12)
    last_day = calendar.monthrange(year, month_index + 1)[1]
    return date(year, month_index + 1, min(day.day, last_day))


def elapsed(length: Duration) -> timedelta:
    """Hours and minutes as they pass, whatever the clocks do (P2)."""
    return timedelta(**{length.unit.value: length.value})
