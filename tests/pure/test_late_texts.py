"""P5 and P6, clause by clause: what still leaves of what is past due, and why the rest does not.

Most series here are the icing of a laser; the series and their times are checked in `test_calendars`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pytest

from reminders.model import PlannedReminder, Reason, Status, StoredReminder
from reminders.reconciling import Add, Decision, diff_reminders
from tests.factories import (
    at,
    local,
    make_case,
    make_hours,
    make_needling,
    make_plan,
    make_planned,
    make_procedure,
    make_sent,
    make_session,
    make_stored,
    plan_of,
)


def icing(performed_at: str) -> list[PlannedReminder]:
    return plan_of(make_case(make_procedure(performed_at=at(performed_at))), "icing")


def decide(planned: Sequence[PlannedReminder], now: str, stored: Iterable[StoredReminder] = ()) -> tuple[Decision, ...]:
    return diff_reminders(make_plan(*planned), stored, at(now), make_hours()).decisions


def leaving(
    planned: Sequence[PlannedReminder], now: str, stored: Iterable[StoredReminder] = ()
) -> list[tuple[int, str]]:
    """(occurrence, when it leaves) of those that leave."""
    decisions = decide(planned, now, stored)
    return [(each.planned.identity.occurrence, local(each.leave_at)) for each in decisions if each.leave_at]


def why_not(planned: Sequence[PlannedReminder], now: str, stored: Iterable[StoredReminder] = ()) -> dict[int, Reason]:
    """Why each of the others does not leave."""
    return {each.planned.identity.occurrence: each.reason for each in decide(planned, now, stored) if each.reason}


def rows(planned: Sequence[PlannedReminder], *sent: int) -> list[StoredReminder]:
    """The rows of a series entered on time, of which these occurrences have left when they were due."""
    return [
        make_sent(each) if each.identity.occurrence in sent else make_stored(each)
        for each in planned
        if each.withheld is None
    ]


# ---- P5 ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("now", "leaves"),
    [
        ("2026-03-13 19:59:29", [(1, "2026-03-13 19:59")]),
        ("2026-03-13 19:59:30", [(1, "2026-03-13 19:59")]),
        ("2026-03-13 19:59:31", []),
        ("2026-03-13 20:00:00", []),
    ],
)
def test_nothing_leaves_at_its_expiry_or_with_less_than_thirty_seconds_left(
    now: str, leaves: list[tuple[int, str]]
) -> None:
    """P5."""
    assert leaving([make_planned(expires_at=at("2026-03-13 20:00"))], now) == leaves


def test_what_could_only_leave_after_it_expires_does_not() -> None:
    """P5: entered in the evening, and of no use in the morning."""
    assert leaving([make_planned(expires_at=at("2026-03-14 00:00"))], "2026-03-13 20:30") == []


# ---- P6: only the latest counts, once, now -----------------------------------------------------------------------


def test_of_what_is_past_due_only_the_latest_leaves_and_it_leaves_now() -> None:
    series = icing("2026-03-10 10:00")

    assert leaving(series, "2026-03-10 17:00")[:2] == [(3, "2026-03-10 17:00"), (4, "2026-03-10 19:00")]
    assert why_not(series, "2026-03-10 17:00") == {
        1: Reason.ENTERED_LATE,
        2: Reason.ENTERED_LATE,
        **dict.fromkeys((5, 6, 7, 8), Reason.QUIET_HOURS),
    }


def test_rows_that_nobody_sent_close_because_the_service_was_late() -> None:
    """R13."""
    series = icing("2026-03-10 10:00")
    reasons = why_not(series, "2026-03-10 17:00", rows(series, 1))

    assert reasons == {2: Reason.SERVICE_LATE, **dict.fromkeys((5, 6, 7, 8), Reason.QUIET_HOURS)}


def test_what_is_too_late_to_leave_is_stored_closed_with_its_reason() -> None:
    changes = diff_reminders(make_plan(*icing("2026-03-10 10:00")), [], at("2026-03-12 10:30"), make_hours()).changes

    assert [each.closed for each in changes if isinstance(each, Add)] == [
        *[Reason.ENTERED_LATE] * 4,
        *[Reason.QUIET_HOURS] * 4,
    ]


@pytest.mark.parametrize(
    ("now", "leaves"),
    [
        ("2026-03-20 14:00", [(2, "2026-03-20 14:00"), (3, "2026-03-25 09:00"), (4, "2026-04-01 09:00")]),
        ("2026-03-20 21:00", [(2, "2026-03-21 08:00"), (3, "2026-03-25 09:00"), (4, "2026-04-01 09:00")]),
        ("2026-04-08 08:59", [(4, "2026-04-08 08:59")]),
        ("2026-04-08 09:00", []),
    ],
)
def test_late_sunscreen_leaves_now_or_in_the_morning(now: str, leaves: list[tuple[int, str]]) -> None:
    assert leaving(plan_of(make_case(make_needling()), "sunscreen"), now) == leaves


def test_of_two_next_session_texts_past_due_only_the_second_leaves() -> None:
    series = plan_of(make_case(make_procedure()), "next-session")

    assert leaving(series, "2026-04-12 15:00") == [(2, "2026-04-12 15:00")]
    assert why_not(series, "2026-04-12 15:00") == {1: Reason.ENTERED_LATE}


@pytest.mark.parametrize(
    ("booked", "leaves"),
    [
        ("2026-04-13 09:00", [(1, "2026-04-13 10:00")]),
        ("2026-04-13 15:00", [(1, "2026-04-13 15:00")]),
        ("2026-04-13 21:00", [(1, "2026-04-14 08:00")]),
        ("2026-04-14 09:59", [(1, "2026-04-14 09:59")]),
        ("2026-04-14 10:00", []),
    ],
)
def test_a_late_preparation_leaves_at_the_next_allowed_minute_before_the_visit(
    booked: str, leaves: list[tuple[int, str]]
) -> None:
    """P4: where the last allowed minute before has passed, the next one."""
    assert leaving(plan_of(make_case(make_session()), "preparation"), booked) == leaves


def test_a_late_text_that_waited_for_the_morning_leaves_in_the_morning() -> None:
    planned = plan_of(make_case(make_needling()), "sunscreen")[:1]
    waiting = make_stored(planned[0], next_attempt_at=at("2026-03-13 08:00"))

    assert leaving(planned, "2026-03-13 08:00:05", [waiting]) == [(1, "2026-03-13 08:00")]


# ---- P6: the first stands in -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("performed_at", "now", "first"),
    [
        pytest.param("2026-03-10 19:50", "2026-03-10 20:05", (1, "2026-03-11 08:00"), id="only the first is past"),
        pytest.param("2026-03-10 10:00", "2026-03-10 22:30", (1, "2026-03-11 08:00"), id="the latest is skipped"),
        pytest.param(
            "2026-03-10 10:00", "2026-03-10 20:30", (1, "2026-03-11 08:00"), id="the latest would be skipped now"
        ),
        pytest.param(
            "2026-03-10 10:00", "2026-03-11 09:30", (1, "2026-03-11 09:30"), id="it leaves now in the morning"
        ),
        pytest.param("2026-03-10 21:00", "2026-03-11 06:30", (1, "2026-03-11 08:00"), id="it was deferred by itself"),
    ],
)
def test_the_first_stands_in_for_one_that_quiet_hours_drop(performed_at: str, now: str, first: tuple[int, str]) -> None:
    """P6."""
    assert leaving(icing(performed_at), now)[0] == first


def test_the_first_does_not_stand_in_after_it_expires() -> None:
    """Ended at 08:00: useless from 08:00 of the next day, when it could leave."""
    assert leaving(icing("2026-03-10 08:00"), "2026-03-10 20:30") == []


@pytest.mark.parametrize("now", ["2026-03-10 20:30", "2026-03-10 22:30"])
def test_nothing_stands_in_where_something_of_the_series_left(now: str) -> None:
    series = icing("2026-03-10 10:00")

    assert leaving(series, now, rows(series, 1)) == []


def test_nothing_stands_in_where_a_later_one_of_the_series_left() -> None:
    series = icing("2026-03-10 10:00")
    opted_out = make_stored(series[0], status=Status.CANCELLED, reason=Reason.OPTED_OUT)

    assert leaving(series, "2026-03-10 22:30", [opted_out, make_sent(series[1])]) == []


def test_nothing_stands_in_where_something_of_the_series_may_have_left() -> None:
    series = icing("2026-03-10 10:00")
    unclear = make_sent(series[0], status=Status.IN_DOUBT)

    assert leaving(series, "2026-03-10 22:30", [unclear]) == []


def test_a_laser_at_17_30_entered_at_20_45_has_its_first_text_at_08_30() -> None:
    """P6: the first would stand in at 08:00, and the sixth is due half an hour later."""
    series = icing("2026-03-10 17:30")

    assert leaving(series, "2026-03-10 20:45")[0] == (6, "2026-03-11 08:30")
    assert why_not(series, "2026-03-10 20:45")[1] is Reason.NEXT_IS_NEAR


# ---- P6: too near another ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("now", "leaves_now"),
    [("2026-03-10 10:05", True), ("2026-03-10 11:30", True), ("2026-03-10 11:31", False), ("2026-03-10 12:59", False)],
)
def test_a_late_text_is_dropped_less_than_half_the_interval_before_the_next(now: str, leaves_now: bool) -> None:
    series = icing("2026-03-10 10:00")

    assert (leaving(series, now)[0][0] == 1) is leaves_now
    assert why_not(series, now).get(1) is (None if leaves_now else Reason.NEXT_IS_NEAR)


@pytest.mark.parametrize(("first_left_at", "leaves_now"), [("2026-03-10 11:50", True), ("2026-03-10 11:51", False)])
def test_a_late_text_is_dropped_less_than_half_the_interval_after_the_last(
    first_left_at: str, leaves_now: bool
) -> None:
    series = icing("2026-03-10 10:00")
    stored = [make_sent(series[0], at(first_left_at)), *rows(series)[1:]]

    assert (leaving(series, "2026-03-10 13:20", stored)[0][0] == 2) is leaves_now


def test_the_next_one_is_one_that_may_leave() -> None:
    """19:00 is the last before the night: at 18:00 it is near; where it failed there is nothing to be near to."""
    series = icing("2026-03-10 10:00")
    failed = make_stored(series[3], status=Status.FAILED, reason=Reason.REFUSED, contact=series[3].contact)

    assert leaving(series, "2026-03-10 18:00") == [(4, "2026-03-10 19:00")]
    assert leaving(series, "2026-03-10 18:00", [failed]) == [(3, "2026-03-10 18:00")]


@pytest.mark.parametrize(
    ("now", "leaves"),
    [
        ("2026-03-11 09:00:00", (5, "2026-03-11 09:00")),
        ("2026-03-11 09:00:59", (5, "2026-03-11 09:00")),
        ("2026-03-11 09:01:00", (6, "2026-03-11 12:00")),
    ],
)
def test_a_text_within_its_minute_is_not_late_and_stays_beside_another(now: str, leaves: tuple[int, str]) -> None:
    """The first waited for 08:00, the fifth is due at 09:00: a plan made anew seconds later drops neither."""
    series = icing("2026-03-10 21:00")
    stored = [make_sent(series[0]), *rows(series)[1:]]

    assert leaving(series, now, stored)[0] == leaves


def test_a_series_that_repeats_in_days_is_never_too_near() -> None:
    series = plan_of(make_case(make_needling()), "sunscreen")

    assert leaving(series, "2026-03-18 08:59")[:2] == [(1, "2026-03-18 08:59"), (2, "2026-03-18 09:00")]
