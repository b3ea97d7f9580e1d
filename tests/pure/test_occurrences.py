"""The fields of the rule language, one by one, counted from 10 March 2026, 10:00, unless said otherwise."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from reminders.planning.occurrences import AnchorPoint, Moment, list_moments
from reminders.rules import EndOfDay, Expiry, Repeat, Unit
from tests.factories import NEW_YORK, at, clock, count_of, length, local, make_rule

POINT = AnchorPoint(at=at("2026-03-10 10:00"), on=date(2026, 3, 10))


def moments(point: AnchorPoint = POINT, **over: Any) -> list[Moment]:
    return list_moments(make_rule(**over), point, NEW_YORK)


def due(point: AnchorPoint = POINT, **over: Any) -> list[str]:
    return [local(moment.due_at) for moment in moments(point, **over)]


def expiry(**over: Any) -> list[str]:
    return [local(moment.expires_at) for moment in moments(**over)]


def every(value: int, unit: str, times: int | None = None) -> Repeat:
    return Repeat(every=length(value, unit), times=count_of(times) if times else None)


# ---- from, at ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("starts", "moment"),
    [
        ((90, "minutes"), "2026-03-10 11:30"),
        ((36, "hours"), "2026-03-11 22:00"),
        ((0, "hours"), "2026-03-10 10:00"),
        ((2, "days"), "2026-03-12 09:00"),
        ((-1, "days"), "2026-03-09 09:00"),
        ((3, "weeks"), "2026-03-31 09:00"),
        ((1, "months"), "2026-04-10 09:00"),
    ],
)
def test_from_is_elapsed_in_hours_and_a_date_with_a_clock_time_in_days(starts: tuple[int, str], moment: str) -> None:
    """P1, P2."""
    assert due(starts=length(*starts), at=clock("09:00")) == [moment]


def test_without_a_clock_time_a_day_begins_at_midnight() -> None:
    assert due(starts=length(2, "days"), at=None) == ["2026-03-12 00:00"]


def test_hours_run_through_the_change_of_the_clocks_and_days_do_not() -> None:
    """P1, P2."""
    eve = AnchorPoint(at=at("2026-03-07 10:00"), on=date(2026, 3, 7))

    assert due(eve, starts=length(24, "hours")) == ["2026-03-08 11:00"]
    assert due(eve, starts=length(1, "days"), at=clock("10:00")) == ["2026-03-08 10:00"]


def test_a_clock_time_in_the_spring_gap_moves_to_the_first_valid_minute_and_the_next_day_is_itself_again() -> None:
    """P8."""
    before = AnchorPoint(at=at("2026-03-06 10:00"), on=date(2026, 3, 6))

    assert due(before, at=clock("02:30"), repeat=every(1, "days", times=3)) == [
        "2026-03-07 02:30",
        "2026-03-08 03:00",
        "2026-03-09 02:30",
    ]


def test_nothing_is_due_before_the_procedure() -> None:
    """P1."""
    point = AnchorPoint(at=POINT.at, on=POINT.on, not_before=POINT.at)

    assert due(point, starts=length(0, "days"), at=clock("08:00")) == ["2026-03-10 10:00"]


# ---- day_base ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("day_base", "day_1"), [(0, "2026-03-11 10:00"), (1, "2026-03-10 10:00")])
def test_day_1_is_the_day_after_or_the_day_itself(day_base: int, day_1: str) -> None:
    assert due(starts=length(1, "days"), day_base=day_base) == [day_1]


@pytest.mark.parametrize(("day_base", "ends"), [(0, "2026-03-14 00:00"), (1, "2026-03-13 00:00")])
def test_the_end_of_day_3_follows_the_same_count(day_base: int, ends: str) -> None:
    assert expiry(expires=EndOfDay(day=3), day_base=day_base) == [ends]


def test_weeks_are_not_numbered_and_keep_their_date() -> None:
    assert due(starts=length(1, "weeks"), day_base=1) == ["2026-03-17 10:00"]


# ---- repeat, times, until ----------------------------------------------------------------------------------------


def test_a_series_ends_before_until() -> None:
    series = due(starts=length(0, "hours"), repeat=every(3, "hours"), until=length(9, "hours"))

    assert series == ["2026-03-10 10:00", "2026-03-10 13:00", "2026-03-10 16:00"]


def test_a_series_ends_after_its_times() -> None:
    assert due(repeat=every(1, "weeks", times=2)) == ["2026-03-11 10:00", "2026-03-18 10:00"]


def test_whichever_of_times_and_until_comes_first_ends_a_series() -> None:
    assert len(due(repeat=every(1, "days", times=5), until=length(3, "days"))) == 2
    assert len(due(repeat=every(1, "days", times=2), until=length(9, "days"))) == 2


def test_the_dates_of_a_monthly_series_are_each_clamped_from_the_anchor() -> None:
    """P1: the 31st comes back after February."""
    last_of_january = AnchorPoint(at=at("2026-01-31 10:00"), on=date(2026, 1, 31))

    assert due(last_of_january, starts=length(1, "months"), repeat=every(1, "months", times=3)) == [
        "2026-02-28 10:00",
        "2026-03-31 10:00",
        "2026-04-30 10:00",
    ]


def test_a_monthly_series_that_starts_a_week_after_counts_from_that_day() -> None:
    series = due(starts=length(1, "weeks"), repeat=every(1, "months", times=2))

    assert series == ["2026-03-17 10:00", "2026-04-17 10:00"]


def test_a_daily_series_that_starts_in_hours_keeps_the_clock_time_of_its_first() -> None:
    """Across the change of the clocks, too: 5 March is in winter time, 8 March in summer time."""
    before = AnchorPoint(at=at("2026-03-06 10:00"), on=date(2026, 3, 6))

    assert due(before, starts=length(5, "hours"), at=None, repeat=every(1, "days", times=3)) == [
        "2026-03-06 15:00",
        "2026-03-07 15:00",
        "2026-03-08 15:00",
    ]


def test_an_hourly_series_may_start_on_a_day() -> None:
    series = due(starts=length(1, "days"), at=clock("09:00"), repeat=every(6, "hours", times=2))

    assert series == ["2026-03-11 09:00", "2026-03-11 15:00"]


def test_occurrences_are_numbered_from_1() -> None:
    assert [moment.occurrence for moment in moments(repeat=every(1, "days", times=3))] == [1, 2, 3]


# ---- expires -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("unit", [Unit.MINUTES, Unit.HOURS])
def test_an_expiry_in_hours_or_minutes_is_elapsed_from_the_anchor(unit: Unit) -> None:
    value = {Unit.MINUTES: 30 * 60, Unit.HOURS: 30}[unit]

    assert expiry(starts=length(0, "hours"), expires=length(value, unit)) == ["2026-03-11 16:00"]


def test_an_expiry_in_days_is_at_the_rules_clock_time() -> None:
    assert expiry(at=clock("09:00"), expires=length(4, "days")) == ["2026-03-14 09:00"]


def test_each_of_a_series_expires_when_the_next_is_due_and_the_last_at_until() -> None:
    ends = expiry(repeat=every(1, "weeks"), until=length(16, "days"), expires=Expiry.NEXT)

    assert ends == ["2026-03-18 10:00", "2026-03-25 10:00", "2026-03-26 10:00"]


def test_all_of_a_series_expire_at_until() -> None:
    ends = expiry(repeat=every(1, "days"), until=length(3, "days"), expires=Expiry.UNTIL)

    assert ends == ["2026-03-13 10:00", "2026-03-13 10:00"]


def test_a_reminder_of_a_visit_expires_as_the_visit_starts() -> None:
    assert expiry(starts=length(-1, "days"), expires=Expiry.ANCHOR) == ["2026-03-10 10:00"]
