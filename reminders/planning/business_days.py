"""Counting and rolling by the days on which the clinic works. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from reminders.local_time import local_date, resolve_local
from reminders.rules import Bound, Duration, OpeningHours

_MOST_DAYS_CLOSED = 366
"""No clinic that answers its telephone is closed for longer."""


def rolls_back(length: Duration) -> bool:
    """Whether a date so far from its anchor moves to an earlier day: towards the anchor where it may be at most so
    far, else away from it. So no bound is broken, and what comes before a visit never falls on it or after it."""
    return (length.bound is Bound.AT_MOST) != (length.value < 0)


@dataclass(frozen=True, kw_only=True)
class BusinessDays:
    """The clinic's opening hours, which are read on the clinic's own clock."""

    hours: OpeningHours
    zone: ZoneInfo

    def is_open_on(self, day: date) -> bool:
        return self.hours.window_on(day) is not None

    def add(self, day: date, days: int, *, back: bool = False) -> date:
        """The nth open day after a day (before it where n is negative); for 0 the day itself, rolled."""
        if days == 0:
            return self.roll(day, back=back)
        step = 1 if days > 0 else -1
        for _ in range(abs(days)):
            day = next(self._open_days(day + timedelta(days=step), step))
        return day

    def roll(self, day: date, *, back: bool) -> date:
        """The day itself where it is open; else the next open day, or the one before."""
        return next(self._open_days(day, -1 if back else 1))

    def roll_instant(self, instant: datetime, *, back: bool) -> datetime:
        """The instant itself within opening hours; else the next opening, or the last open minute before it."""
        on = local_date(instant, self.zone)
        if back:
            for day in self._open_days(on, -1):
                start, end = self._window(day)
                if start <= instant:
                    return min(instant, end - timedelta(minutes=1))
        for day in self._open_days(on, 1):
            start, end = self._window(day)
            if instant < end:
                return max(instant, start)
        raise AssertionError("the days below never end")

    def _window(self, day: date) -> tuple[datetime, datetime]:
        window = self.hours.window_on(day)
        assert window is not None, "only open days have hours"
        return resolve_local(day, window[0], self.zone), resolve_local(day, window[1], self.zone)

    def _open_days(self, day: date, step: int) -> Iterator[date]:
        for _ in range(_MOST_DAYS_CLOSED):
            if self.is_open_on(day):
                yield day
            day += timedelta(days=step)
        raise ValueError("The clinic is closed for more than a year: check `opening_hours` and `closed_on`.")
