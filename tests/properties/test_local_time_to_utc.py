"""Local wall time to UTC is right next to every change of the clocks (R14), against a scan of minute after minute."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reminders.local_time import end_of_day, resolve_local

ZONES = [
    "America/New_York",
    "Europe/London",
    "America/Santiago",  # its gap begins at midnight
    "Africa/Cairo",  # so does this one, and its overlap ends there
    "Australia/Lord_Howe",  # half an hour
]
FIRST, LAST = date(2026, 1, 1), date(2027, 12, 31)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
MINUTES_A_DAY = 24 * 60


def scan_day(day: date, zone: ZoneInfo) -> list[datetime]:
    """For each minute of the dial the first instant at which a clock in the zone shows it, or has jumped over it."""
    dial = datetime.combine(day, time())
    shown: list[datetime] = []
    instant = dial.replace(tzinfo=UTC) - DAY
    while len(shown) < MINUTES_A_DAY:
        wall = instant.astimezone(zone).replace(tzinfo=None)
        while len(shown) < MINUTES_A_DAY and dial + len(shown) * MINUTE <= wall:
            shown.append(instant)
        instant += MINUTE
    return shown


def days_of_change(zone: ZoneInfo) -> Iterator[date]:
    """The days of the two years on which the clocks change, with the days beside them."""
    days = [FIRST + count * DAY for count in range((LAST - FIRST).days + 1)]
    for day in days:
        noons = [datetime.combine(day + side * DAY, time(12), zone).utcoffset() for side in (-2, 1)]
        if noons[0] != noons[1]:
            yield day


@pytest.mark.parametrize("zone", ZONES)
def test_every_zone_changes_its_clocks_four_times_in_the_two_years(zone: str) -> None:
    """Else the next test would prove nothing."""
    assert len(list(days_of_change(ZoneInfo(zone)))) == 4 * 3


@pytest.mark.parametrize("name", ZONES)
def test_every_minute_around_a_change_of_the_clocks_is_the_first_that_shows_it_or_the_first_after_the_gap(
    name: str,
) -> None:
    """R14, P8."""
    zone = ZoneInfo(name)

    for day in days_of_change(zone):
        dial = [time(*divmod(minute, 60)) for minute in range(MINUTES_A_DAY)]
        assert [resolve_local(day, clock, zone) for clock in dial] == scan_day(day, zone)


@settings(derandomize=True, deadline=None, max_examples=100)
@given(
    day=st.dates(FIRST, LAST),
    clock=st.times().map(lambda clock: clock.replace(second=0, microsecond=0)),
    name=st.sampled_from(ZONES),
)
def test_any_minute_of_two_years_is_where_a_scan_finds_it(day: date, clock: time, name: str) -> None:
    """R14."""
    zone = ZoneInfo(name)

    assert resolve_local(day, clock, zone) == scan_day(day, zone)[clock.hour * 60 + clock.minute]


@pytest.mark.parametrize("name", ZONES)
def test_every_day_ends_where_the_next_begins(name: str) -> None:
    zone = ZoneInfo(name)

    for day in days_of_change(zone):
        before, after = (end_of_day(day, zone) + side * MINUTE for side in (-1, 0))
        assert (before.astimezone(zone).date(), after.astimezone(zone).date()) == (day, day + DAY)
