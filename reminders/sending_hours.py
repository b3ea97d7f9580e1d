"""When messages may leave: the local hours of a patient, and the moments next to them. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from reminders.local_time import local_date, resolve_local
from reminders.rules import Window

_DAYS_TO_LOOK = 15
"""A week holds at least one open day; the rest is room for a window that a change of the clocks swallows."""

LEAST_USEFUL = timedelta(seconds=30)
"""Nothing leaves with less than this left before it expires (P5)."""


@dataclass(frozen=True, kw_only=True)
class SendingHours:
    """The clinic's windows, Monday first, as they fall in one zone: the patient's own, or the clinic's (P3)."""

    windows: tuple[Window | None, ...]
    zone: ZoneInfo

    def is_open(self, instant: datetime) -> bool:
        """The start of a window is allowed, its end is not."""
        window = self._window_on(local_date(instant, self.zone))
        return window is not None and window[0] <= instant < window[1]

    def next_allowed(self, instant: datetime) -> datetime:
        """The instant itself if it is allowed, else the start of the next window."""
        for start, end in self._windows_from(local_date(instant, self.zone), timedelta(days=1)):
            if instant < end:
                return max(instant, start)
        raise AssertionError("sending hours open on at least one day of the week")

    def last_allowed(self, instant: datetime) -> datetime:
        """The instant itself if it is allowed, else the last minute of the window before it."""
        if self.is_open(instant):
            return instant
        for _, end in self._windows_from(local_date(instant, self.zone), timedelta(days=-1)):
            if end <= instant:
                return end - timedelta(minutes=1)
        raise AssertionError("sending hours open on at least one day of the week")

    def closes_at(self, instant: datetime) -> datetime:
        """When the window that holds the instant ends; the instant itself in quiet hours."""
        window = self._window_on(local_date(instant, self.zone))
        return window[1] if window and self.is_open(instant) else instant

    def _windows_from(self, day: date, step: timedelta) -> Iterator[tuple[datetime, datetime]]:
        for count in range(_DAYS_TO_LOOK):
            window = self._window_on(day + count * step)
            if window:
                yield window

    def _window_on(self, day: date) -> tuple[datetime, datetime] | None:
        window = self.windows[day.weekday()]
        if window is None:
            return None
        start, end = (resolve_local(day, clock, self.zone) for clock in window)
        # Where the clocks skip a whole day its window is empty.
        return (start, end) if start < end else None


def is_useful(leave_at: datetime, expires_at: datetime) -> bool:
    """Whether a message that leaves then is still worth reading (P5)."""
    return leave_at + LEAST_USEFUL <= expires_at
