"""Counting in the clinic's open days. The clinic is open Monday to Friday from 09:00 to 17:00, and closed on
Thursday, 26 November 2026."""

from __future__ import annotations

from datetime import date, time
from typing import Any

import pytest

from reminders.planning.business_days import BusinessDays
from reminders.planning.occurrences import AnchorPoint, list_moments
from reminders.rules import Anchor, Bound, Calendar, Duration, EndOfDay, OpeningHours, Phase, Repeat, Unit
from tests.factories import NEW_YORK, TOKYO, at, clock, count_of, length, local, make_rule

WEEK = (*[(time(9), time(17))] * 5, None, None)
OPEN = BusinessDays(hours=OpeningHours(windows=WEEK, closed_on=frozenset({date(2026, 11, 26)})), zone=NEW_YORK)


def due(performed_at: str, **over: Any) -> list[str]:
    point = AnchorPoint(at=at(performed_at), on=date.fromisoformat(performed_at[:10]))
    rule = make_rule(**({"calendar": Calendar.BUSINESS_DAYS} | over))
    return [local(moment.due_at) for moment in list_moments(rule, point, NEW_YORK, OPEN)]


@pytest.mark.parametrize(
    ("days", "day"),
    [
        (1, "2026-11-25"),  # Tuesday to Wednesday
        (2, "2026-11-27"),  # over the closed Thursday
        (3, "2026-11-30"),  # over the weekend
        (0, "2026-11-24"),
        (-2, "2026-11-20"),
    ],
)
def test_days_are_counted_in_open_days(days: int, day: str) -> None:
    assert due("2026-11-24 15:00", starts=length(days, "days")) == [f"{day} 10:00"]


def test_the_first_day_after_a_closed_day_is_the_first_open_one() -> None:
    assert due("2026-11-28 10:00", starts=length(1, "days")) == ["2026-11-30 10:00"]


def test_all_days_count_unless_said_otherwise() -> None:
    assert due("2026-11-24 15:00", starts=length(2, "days"), calendar=Calendar.ALL_DAYS) == ["2026-11-26 10:00"]


@pytest.mark.parametrize(
    ("bound", "day"),
    [(Bound.NOMINAL, "2026-11-30"), (Bound.AT_LEAST, "2026-11-30"), (Bound.AT_MOST, "2026-11-27")],
)
def test_weeks_roll_off_a_closed_day_and_never_over_their_bound(bound: Bound, day: str) -> None:
    """Two weeks after Saturday, 14 November is a Saturday."""
    two_weeks = Duration(value=2, unit=Unit.WEEKS, bound=bound)

    assert due("2026-11-14 10:00", starts=two_weeks) == [f"{day} 10:00"]


def test_a_weekly_series_rolls_each_date_by_itself() -> None:
    """Thursdays: the closed one moves to Friday, and the next is a Thursday again."""
    weekly = Repeat(every=length(1, "weeks"), times=count_of(3))
    series = due("2026-11-12 10:00", starts=length(1, "weeks"), repeat=weekly)

    assert series == ["2026-11-19 10:00", "2026-11-27 10:00", "2026-12-03 10:00"]


@pytest.mark.parametrize(
    ("performed_at", "bound", "moment"),
    [
        ("2026-11-24 10:00", Bound.NOMINAL, "2026-11-24 12:00"),
        ("2026-11-24 16:00", Bound.NOMINAL, "2026-11-25 09:00"),
        ("2026-11-27 16:00", Bound.AT_LEAST, "2026-11-30 09:00"),
        ("2026-11-27 16:00", Bound.AT_MOST, "2026-11-27 16:59"),
        ("2026-11-24 06:00", Bound.AT_MOST, "2026-11-23 16:59"),
    ],
)
def test_hours_roll_into_the_opening_hours(performed_at: str, bound: Bound, moment: str) -> None:
    two_hours = Duration(value=2, unit=Unit.HOURS, bound=bound)

    assert due(performed_at, anchor=Anchor.PROCEDURE_END, starts=two_hours, at=None) == [moment]


def length_of(value: int, unit: Unit, bound: Bound) -> Duration:
    return Duration(value=value, unit=unit, bound=bound)


def test_a_series_that_begins_at_most_so_far_away_begins_on_the_open_day_before() -> None:
    """A week after Saturday, 14 November is a Saturday; the days after it are counted from there."""
    daily = Repeat(every=length(1, "days"), times=count_of(2))
    starts = length_of(1, Unit.WEEKS, Bound.AT_MOST)

    assert due("2026-11-14 10:00", starts=starts, repeat=daily) == ["2026-11-20 10:00", "2026-11-23 10:00"]


def test_what_is_due_at_once_at_the_latest_is_not_put_off_by_a_closed_day() -> None:
    assert due("2026-11-28 09:00", starts=length_of(0, Unit.DAYS, Bound.AT_MOST)) == ["2026-11-27 10:00"]


@pytest.mark.parametrize(
    ("starts", "moment"),
    [
        (length_of(-1, Unit.WEEKS, Bound.AT_LEAST), "2026-11-25 10:00"),
        (length_of(-1, Unit.WEEKS, Bound.NOMINAL), "2026-11-25 10:00"),
        (length_of(-1, Unit.WEEKS, Bound.AT_MOST), "2026-11-27 10:00"),
        (length_of(-16, Unit.HOURS, Bound.AT_LEAST), "2026-12-02 16:59"),
    ],
)
def test_before_a_visit_it_rolls_away_from_it_unless_it_may_be_at_most_so_early(starts: Duration, moment: str) -> None:
    """A week before Thursday, 3 December the clinic is closed; 16 hours before 11:30 it is 19:30."""
    clock_time = None if starts.unit.is_elapsed else clock("10:00")

    assert due("2026-12-03 11:30", anchor=Anchor.SESSION, starts=starts, at=clock_time) == [moment]


def test_of_several_that_roll_to_one_moment_one_is_enough() -> None:
    four_hourly = Repeat(every=length(4, "hours"), times=count_of(3))
    series = due(
        "2026-11-27 15:00", anchor=Anchor.PROCEDURE_END, starts=length(0, "hours"), at=None, repeat=four_hourly
    )

    assert series == ["2026-11-27 15:00", "2026-11-30 09:00", "2026-11-30 11:00"]


def test_a_phase_that_would_begin_on_a_closed_day_begins_on_the_next_open_one() -> None:
    """Saturday: the one day of the first phase is Monday."""
    phases = (Phase(lasts=length(1, "days")), Phase(lasts=length(2, "days")))

    assert due("2026-11-28 09:00", starts=length(0, "days"), phases=phases) == ["2026-11-30 10:00", "2026-12-01 10:00"]


def test_an_end_on_a_closed_day_takes_no_open_day_away() -> None:
    """A week after Saturday is a Saturday: Friday is within it."""
    series = due(
        "2026-11-14 10:00",
        repeat=Repeat(every=length(1, "days")),
        until=length_of(1, Unit.WEEKS, Bound.AT_MOST),
    )

    assert series[-1] == "2026-11-20 10:00"


def test_opening_hours_are_on_the_clinics_clock() -> None:
    """22:00 in Tokyo is 08:00 in New York: the clinic opens an hour later."""
    point = AnchorPoint(at=at("2026-11-24 22:00", TOKYO), on=date(2026, 11, 24))
    rule = make_rule(calendar=Calendar.BUSINESS_DAYS, starts=length(0, "hours"), at=None)
    (moment,) = list_moments(rule, point, TOKYO, OPEN)

    assert local(moment.due_at) == "2026-11-24 09:00"


def test_the_end_of_a_day_is_counted_the_same_way() -> None:
    point = AnchorPoint(at=at("2026-11-24 15:00"), on=date(2026, 11, 24))
    rule = make_rule(calendar=Calendar.BUSINESS_DAYS, at=clock("10:00"), expires=EndOfDay(day=2))
    (moment,) = list_moments(rule, point, NEW_YORK, OPEN)

    assert local(moment.expires_at) == "2026-11-28 00:00"


def test_a_clinic_that_never_opens_again_is_said_so() -> None:
    closed = BusinessDays(hours=OpeningHours(windows=(None,) * 7), zone=NEW_YORK)

    with pytest.raises(ValueError, match="closed for more than a year"):
        closed.add(date(2026, 11, 24), 1)
