"""Local wall time and UTC, next to every change of the clocks (P1, P2, P8)."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from reminders.local_time import add_calendar, elapsed, end_of_day, is_in_gap, local_date, resolve_local
from tests.factories import NEW_YORK, at, length


@pytest.mark.parametrize(
    ("zone", "day", "clock", "moves_to"),
    [
        ("America/New_York", "2026-03-08", "02:00", "03:00"),
        ("America/New_York", "2026-03-08", "02:30", "03:00"),
        ("America/New_York", "2026-03-08", "02:59", "03:00"),
        ("Europe/Paris", "2026-03-29", "02:15", "03:00"),
        ("Australia/Lord_Howe", "2026-10-04", "02:10", "02:30"),
        ("America/Santiago", "2026-09-06", "00:00", "01:00"),
    ],
)
def test_a_time_in_the_gap_moves_to_the_first_valid_minute(zone: str, day: str, clock: str, moves_to: str) -> None:
    """P8, R14."""
    instant = resolve_local(date.fromisoformat(day), time.fromisoformat(clock), ZoneInfo(zone))

    assert instant.astimezone(ZoneInfo(zone)).isoformat()[:16] == f"{day}T{moves_to}"


def test_a_day_that_the_clocks_skip_whole_moves_to_the_next_midnight() -> None:
    """Samoa crossed the date line: it had no 30 December 2011."""
    apia = ZoneInfo("Pacific/Apia")

    assert resolve_local(date(2011, 12, 30), time(10), apia) == datetime(2011, 12, 31, tzinfo=apia)


@pytest.mark.parametrize(
    ("zone", "day", "clock", "in_utc"),
    [
        ("America/New_York", "2026-11-01", "01:30", "2026-11-01 05:30"),
        ("Europe/Paris", "2026-10-25", "02:30", "2026-10-25 00:30"),
        ("Australia/Lord_Howe", "2026-04-05", "01:45", "2026-04-04 14:45"),
    ],
)
def test_a_time_in_the_overlap_happens_the_first_time(zone: str, day: str, clock: str, in_utc: str) -> None:
    """P8, R14."""
    instant = resolve_local(date.fromisoformat(day), time.fromisoformat(clock), ZoneInfo(zone))

    assert f"{instant:%Y-%m-%d %H:%M}" == in_utc


@pytest.mark.parametrize(
    ("clock", "is_skipped"), [("01:59", False), ("02:00", True), ("02:59", True), ("03:00", False)]
)
def test_the_gap_begins_at_its_first_minute_and_ends_before_its_last(clock: str, is_skipped: bool) -> None:
    assert is_in_gap(datetime.fromisoformat(f"2026-03-08 {clock}"), NEW_YORK) is is_skipped


def test_the_overlap_is_no_gap() -> None:
    assert not is_in_gap(datetime(2026, 11, 1, 1, 30), NEW_YORK)  # noqa: DTZ001 a wall clock, meant naive


def test_an_instant_falls_on_the_day_of_the_zones_clock() -> None:
    assert local_date(datetime(2026, 3, 11, 3, 59, tzinfo=UTC), NEW_YORK) == date(2026, 3, 10)


@pytest.mark.parametrize(
    ("day", "ends_at"),
    [
        ("2026-03-10", "2026-03-11 04:00"),
        ("2026-03-07", "2026-03-08 05:00"),
        ("2026-03-08", "2026-03-09 04:00"),
        ("2026-12-31", "2027-01-01 05:00"),
    ],
)
def test_a_day_ends_at_the_local_midnight_after_it(day: str, ends_at: str) -> None:
    assert end_of_day(date.fromisoformat(day), NEW_YORK) == at(ends_at, ZoneInfo("UTC"))


def test_a_day_ends_at_the_first_valid_minute_where_the_clocks_skip_midnight() -> None:
    santiago = ZoneInfo("America/Santiago")

    assert end_of_day(date(2026, 9, 5), santiago) == at("2026-09-06 01:00", santiago)


@pytest.mark.parametrize(
    ("day", "by", "reaches"),
    [
        ("2026-03-10", (5, "days"), "2026-03-15"),
        ("2026-03-10", (-7, "days"), "2026-03-03"),
        ("2026-03-10", (6, "weeks"), "2026-04-21"),
        ("2026-01-31", (1, "months"), "2026-02-28"),
        ("2028-01-31", (1, "months"), "2028-02-29"),
        ("2028-02-29", (12, "months"), "2029-02-28"),
        ("2026-12-15", (1, "months"), "2027-01-15"),
        ("2026-03-31", (-1, "months"), "2026-02-28"),
        ("2026-01-15", (-1, "months"), "2025-12-15"),
    ],
)
def test_calendar_units_move_the_date(day: str, by: tuple[int, str], reaches: str) -> None:
    """P1."""
    assert add_calendar(date.fromisoformat(day), length(*by)) == date.fromisoformat(reaches)


def test_months_are_counted_from_the_actual_date_and_never_from_a_clamped_one() -> None:
    """P1."""
    assert add_calendar(date(2026, 1, 31), length(1, "months"), times=2) == date(2026, 3, 31)


def test_hours_pass_through_a_change_of_the_clocks() -> None:
    """P2."""
    assert at("2026-03-07 17:30") + elapsed(length(24, "hours")) == at("2026-03-08 18:30")


def test_minutes_and_hours_are_elapsed_time() -> None:
    assert (elapsed(length(90, "minutes")), elapsed(length(3, "hours"))) == (timedelta(minutes=90), timedelta(hours=3))
