"""When messages may leave: P3, and the moments next to it. 10 March 2026 is a Tuesday."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from reminders.sending_hours import is_useful
from tests.factories import LOS_ANGELES, at, local, make_hours

WEEK = make_hours(sat=("10:00", "14:00"), sun=None)


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [
        ("2026-03-10 07:59:59", False),
        ("2026-03-10 08:00", True),
        ("2026-03-10 19:59:59", True),
        ("2026-03-10 20:00", False),
        ("2026-03-10 00:00", False),
    ],
)
def test_08_00_is_allowed_and_20_00_is_not(moment: str, is_open: bool) -> None:
    assert make_hours().is_open(at(moment)) is is_open


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [
        ("2026-03-13 09:30", True),
        ("2026-03-14 09:30", False),
        ("2026-03-14 13:59", True),
        ("2026-03-14 14:00", False),
        ("2026-03-15 12:00", False),
    ],
)
def test_each_weekday_has_hours_of_its_own(moment: str, is_open: bool) -> None:
    assert WEEK.is_open(at(moment)) is is_open


def test_hours_are_those_of_the_zones_clock() -> None:
    assert not make_hours(LOS_ANGELES).is_open(at("2026-03-10 10:00"))


@pytest.mark.parametrize(
    ("moment", "allowed"),
    [
        ("2026-03-10 10:15:20", "2026-03-10 10:15:20"),
        ("2026-03-10 07:59", "2026-03-10 08:00"),
        ("2026-03-10 20:00", "2026-03-11 08:00"),
        ("2026-03-13 20:00", "2026-03-14 10:00"),
        ("2026-03-14 14:00", "2026-03-16 08:00"),
        ("2026-03-15 12:00", "2026-03-16 08:00"),
        ("2026-03-07 22:00", "2026-03-09 08:00"),
    ],
)
def test_the_next_allowed_moment(moment: str, allowed: str) -> None:
    assert WEEK.next_allowed(at(moment)) == at(allowed)


@pytest.mark.parametrize(
    ("moment", "allowed"),
    [
        ("2026-03-10 10:15:20", "2026-03-10 10:15:20"),
        ("2026-03-10 07:59", "2026-03-09 19:59"),
        ("2026-03-10 20:00", "2026-03-10 19:59"),
        ("2026-03-14 09:00", "2026-03-13 19:59"),
        ("2026-03-15 10:00", "2026-03-14 13:59"),
        ("2026-03-16 07:00", "2026-03-14 13:59"),
    ],
)
def test_the_last_allowed_moment(moment: str, allowed: str) -> None:
    assert WEEK.last_allowed(at(moment)) == at(allowed)


def test_hours_that_open_on_one_day_a_week_are_found_from_any_other() -> None:
    rare = make_hours(mon=None, tue=None, wed=None, thu=None, fri=None, sun=None)

    assert rare.next_allowed(at("2026-03-14 20:00")) == at("2026-03-21 08:00")
    assert rare.last_allowed(at("2026-03-14 07:00")) == at("2026-03-07 19:59")


def test_the_evening_before_the_clocks_go_forward_waits_eleven_hours() -> None:
    start = at("2026-03-07 20:00")

    assert make_hours().next_allowed(start) - start == timedelta(hours=11)


def test_the_evening_before_the_clocks_go_back_waits_thirteen_hours() -> None:
    start = at("2026-10-31 20:00")

    assert make_hours().next_allowed(start) - start == timedelta(hours=13)


def test_a_day_that_the_clocks_skip_whole_opens_no_window() -> None:
    """Samoa had no 30 December 2011."""
    apia = ZoneInfo("Pacific/Apia")

    assert local(make_hours(apia).next_allowed(at("2011-12-29 21:00", apia)), apia) == "2011-12-31 08:00"
    assert local(make_hours(apia).last_allowed(at("2011-12-31 07:00", apia)), apia) == "2011-12-29 19:59"


@pytest.mark.parametrize(
    ("moment", "closes"),
    [
        ("2026-03-10 08:00", "2026-03-10 20:00"),
        ("2026-03-14 11:00", "2026-03-14 14:00"),
        ("2026-03-10 21:00", "2026-03-10 21:00"),
        ("2026-03-15 12:00", "2026-03-15 12:00"),
    ],
)
def test_the_window_closes_at_its_end_and_quiet_hours_are_closed_already(moment: str, closes: str) -> None:
    """C1."""
    assert WEEK.closes_at(at(moment)) == at(closes)


@pytest.mark.parametrize(("seconds_left", "useful"), [(31, True), (30, True), (29, False), (0, False), (-1, False)])
def test_a_message_needs_thirty_seconds_before_it_expires(seconds_left: int, useful: bool) -> None:
    """P5."""
    expires_at = at("2026-03-10 10:00")

    assert is_useful(expires_at - timedelta(seconds=seconds_left), expires_at) is useful
