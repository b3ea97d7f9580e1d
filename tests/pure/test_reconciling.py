"""Desired against stored: what is added, moved, closed and brought back. What is late stands in `test_late_texts`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

import pytest

from reminders.model import (
    CORRECTION,
    LEFT,
    AnchorKind,
    Channel,
    PlannedReminder,
    Reason,
    Status,
    StoredReminder,
    StoredTask,
    TaskStatus,
)
from reminders.reconciling import Add, Change, Close, Difference, Move, Revive, diff_reminders, diff_tasks, status_of
from tests.factories import (
    ANA,
    CLEO,
    at,
    identity,
    make_hours,
    make_plan,
    make_planned,
    make_sent,
    make_series,
    make_stored,
    make_stored_task,
    make_task,
    minutes,
)

BEFORE = "2026-03-11 12:00"
"""Before the planned text of 12 March, 10:00."""
AFTER = "2026-03-13 12:00"
"""After it, and while it is still of use."""


def diff(planned: Sequence[PlannedReminder], *stored: StoredReminder, now: str = BEFORE) -> Difference:
    return diff_reminders(make_plan(*planned), stored, at(now), make_hours())


def change(planned: PlannedReminder, *stored: StoredReminder, now: str = BEFORE) -> Change | None:
    """The one change that this reminder needs, if any."""
    changes = diff([planned], *stored, now=now).changes
    assert len(changes) <= 1, "one reminder needs at most one change"
    return changes[0] if changes else None


# ---- add and leave alone -----------------------------------------------------------------------------------------


def test_a_new_reminder_is_added_for_when_it_is_due() -> None:
    planned = make_planned()

    assert change(planned) == Add(planned=planned, leave_at=planned.due_at)


def test_a_row_that_agrees_is_left_alone() -> None:
    assert change(make_planned(), make_stored()) is None


@pytest.mark.parametrize("reason", [Reason.NO_CONSENT, Reason.SESSION_BOOKED, Reason.QUIET_HOURS])
def test_what_is_withheld_and_still_to_come_has_no_row(reason: Reason) -> None:
    assert change(make_planned(withheld=reason)) is None


def test_what_is_withheld_has_no_row_when_its_time_has_come_either() -> None:
    assert change(make_planned(withheld=Reason.NO_CONSENT), now=AFTER) is None


@pytest.mark.parametrize("now", [BEFORE, AFTER])
def test_what_is_superseded_has_a_closed_row_so_that_it_does_not_leave_late(now: str) -> None:
    planned = make_planned(withheld=Reason.SUPERSEDED)

    assert change(planned, now=now) == Add(planned=planned, leave_at=planned.due_at, closed=Reason.SUPERSEDED)


def test_what_quiet_hours_dropped_is_shown_closed_once_its_time_has_come() -> None:
    planned = make_planned(withheld=Reason.QUIET_HOURS)

    assert change(planned, now=AFTER) == Add(planned=planned, leave_at=planned.due_at, closed=Reason.QUIET_HOURS)


# ---- move --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "planned",
    [
        make_planned(due_at=at("2026-03-12 11:00")),
        make_planned(expires_at=at("2026-03-15 00:00")),
        make_planned(channel=Channel.EMAIL),
        make_planned(target_on=date(2026, 4, 10)),
        make_planned(visit_at=at("2026-04-10 10:00")),
    ],
)
def test_a_pending_row_that_differs_moves(planned: PlannedReminder) -> None:
    row = make_stored(make_planned())

    assert change(planned, row) == Move(stored=row, planned=planned, leave_at=planned.due_at)


def test_a_claimed_row_moves_too() -> None:
    """R25."""
    planned = make_planned(due_at=at("2026-03-12 11:00"))
    row = make_stored(make_planned(), status=Status.CLAIMED, next_attempt_at=at("2026-03-12 10:00"))

    assert isinstance(change(planned, row), Move)


def test_a_row_that_waits_for_another_try_keeps_its_wait() -> None:
    waiting = make_stored(next_attempt_at=at(AFTER) + minutes(20))
    difference = diff([make_planned()], waiting, now=AFTER)

    assert difference.changes == ()
    assert difference.decisions[0].leave_at == at(AFTER) + minutes(20)


def test_a_row_that_moves_to_another_time_forgets_its_wait() -> None:
    planned = make_planned(due_at=at("2026-03-13 11:00"))
    waiting = make_stored(make_planned(), next_attempt_at=at("2026-03-13 15:00"))

    assert change(planned, waiting, now=AFTER) == Move(stored=waiting, planned=planned, leave_at=at(AFTER))


@pytest.mark.parametrize("status", sorted(LEFT))
def test_a_row_that_left_is_never_in_a_change(status: Status) -> None:
    left = make_sent(make_planned(), status=status)
    elsewhere = make_planned(due_at=at("2026-03-20 10:00"), channel=Channel.EMAIL)

    assert change(elsewhere, left) is None
    assert change(make_planned(withheld=Reason.OPTED_OUT), left) is None
    assert diff([], left).changes == ()


# ---- close -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("reason", [Reason.NO_CONSENT, Reason.OPTED_OUT, Reason.SESSION_BOOKED, Reason.SUPERSEDED])
def test_a_pending_row_that_is_withheld_closes_with_the_reason(reason: Reason) -> None:
    planned, row = make_planned(withheld=reason), make_stored()

    assert change(planned, row) == Close(stored=row, reason=reason, planned=planned)


def test_a_closed_row_that_is_withheld_stays_as_it_closed() -> None:
    closed = make_stored(status=Status.CANCELLED, reason=Reason.SESSION_BOOKED)

    assert change(make_planned(withheld=Reason.OPTED_OUT), closed) is None


def test_a_row_of_a_procedure_that_ended_closes_with_its_reason() -> None:
    row = make_stored()
    plan = make_plan(ended={(AnchorKind.PROCEDURE, 1): Reason.PROCEDURE_CANCELLED})

    assert diff_reminders(plan, [row], at(BEFORE), make_hours()).changes == (
        Close(stored=row, reason=Reason.PROCEDURE_CANCELLED),
    )


@pytest.mark.parametrize(("rule", "reason"), [("swelling", Reason.RULE_REMOVED), (CORRECTION, Reason.CHANGED_BACK)])
def test_a_row_that_the_plan_no_longer_has_closes(rule: str, reason: Reason) -> None:
    row = make_stored(identity=identity(rule))

    assert diff([], row).changes == (Close(stored=row, reason=reason),)


@pytest.mark.parametrize(
    ("reason", "status"),
    [
        (Reason.QUIET_HOURS, Status.SKIPPED),
        (Reason.MAX_MESSAGES, Status.SKIPPED),
        (Reason.SUPERSEDED, Status.SUPERSEDED),
        (Reason.ENTERED_LATE, Status.EXPIRED),
        (Reason.SERVICE_LATE, Status.EXPIRED),
        (Reason.NEXT_IS_NEAR, Status.EXPIRED),
        (Reason.OPTED_OUT, Status.CANCELLED),
        (Reason.SESSION_BOOKED, Status.CANCELLED),
        (Reason.PROCEDURE_CANCELLED, Status.CANCELLED),
    ],
)
def test_the_reason_says_in_which_status_a_row_closes(reason: Reason, status: Status) -> None:
    assert status_of(reason) is status


# ---- revive ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "reason", [Reason.NO_CONSENT, Reason.OPTED_OUT, Reason.SESSION_BOOKED, Reason.SESSION_UNBOOKED, Reason.CHANGED_BACK]
)
def test_a_row_that_was_withheld_returns_when_nothing_withholds_it(reason: Reason) -> None:
    planned, closed = make_planned(), make_stored(status=Status.CANCELLED, reason=reason)

    assert change(planned, closed) == Revive(stored=closed, planned=planned, leave_at=planned.due_at)


def test_a_row_that_was_withheld_returns_late_where_it_is_still_of_use() -> None:
    closed = make_stored(status=Status.CANCELLED, reason=Reason.OPTED_OUT)

    assert change(make_planned(), closed, now=AFTER) == Revive(
        stored=closed, planned=make_planned(), leave_at=at(AFTER)
    )


@pytest.mark.parametrize(("now", "returns"), [("2026-03-12 09:59", True), ("2026-03-12 10:00", False), (AFTER, False)])
def test_what_was_superseded_returns_only_where_it_is_due_later_than_now(now: str, returns: bool) -> None:
    closed = make_stored(status=Status.SUPERSEDED, reason=Reason.SUPERSEDED)

    assert isinstance(change(make_planned(), closed, now=now), Revive) is returns


LATE = [Reason.ENTERED_LATE, Reason.SERVICE_LATE, Reason.NEXT_IS_NEAR]


@pytest.mark.parametrize("reason", LATE)
def test_what_closed_late_stays_closed_while_its_times_are_the_same(reason: Reason) -> None:
    assert change(make_planned(), make_stored(status=Status.EXPIRED, reason=reason), now=AFTER) is None


@pytest.mark.parametrize("reason", LATE)
def test_what_closed_late_returns_where_a_corrected_date_makes_it_useful_again(reason: Reason) -> None:
    planned = make_planned(due_at=at("2026-03-14 10:00"), expires_at=at("2026-03-16 00:00"))
    closed = make_stored(make_planned(), status=Status.EXPIRED, reason=reason)

    assert change(planned, closed, now=AFTER) == Revive(stored=closed, planned=planned, leave_at=planned.due_at)


def test_what_closed_late_stays_closed_where_a_corrected_date_leaves_it_useless() -> None:
    planned = make_planned(due_at=at("2026-03-11 10:00"), expires_at=at("2026-03-13 00:00"))
    closed = make_stored(make_planned(), status=Status.EXPIRED, reason=Reason.ENTERED_LATE)

    assert change(planned, closed, now=AFTER) is None


NIGHT = make_planned(due_at=at("2026-03-12 23:00"))


@pytest.mark.parametrize(
    ("due_at", "now", "returns"),
    [
        pytest.param("2026-03-13 14:00", AFTER, True, id="moved into the day, and still to come"),
        pytest.param("2026-03-13 11:00", AFTER, True, id="moved into the day, past due, and still of use"),
        pytest.param("2026-03-12 23:00", BEFORE, True, id="no longer in the patient's night, and still to come"),
        pytest.param("2026-03-12 23:00", AFTER, False, id="no longer in the patient's night, and over"),
    ],
)
def test_what_quiet_hours_skipped_returns_where_its_time_is_moved_or_still_to_come(
    due_at: str, now: str, returns: bool
) -> None:
    skipped = make_stored(NIGHT, status=Status.SKIPPED, reason=Reason.QUIET_HOURS)

    assert isinstance(change(make_planned(due_at=at(due_at)), skipped, now=now), Revive) is returns


@pytest.mark.parametrize(
    ("tried", "now_at", "returns"),
    [
        (ANA[Channel.SMS].address, ANA[Channel.SMS].address, False),
        (ANA[Channel.SMS].address, CLEO[Channel.SMS].address, True),
        (ANA[Channel.SMS].address, ANA[Channel.EMAIL].address, True),
        (None, ANA[Channel.SMS].address, False),
    ],
)
def test_what_failed_returns_only_to_another_contact(tried: str | None, now_at: str, returns: bool) -> None:
    failed = make_stored(status=Status.FAILED, reason=Reason.REFUSED, contact=tried)

    assert isinstance(change(make_planned(contact=now_at), failed), Revive) is returns


# ---- max_messages ------------------------------------------------------------------------------------------------

HOURLY = make_series(
    "2026-03-12 10:00",
    "2026-03-12 13:00",
    "2026-03-12 16:00",
    "2026-03-12 19:00",
    expires="2026-03-13 10:00",
    rule="icing",
    interval=timedelta(hours=3),
    max_messages=2,
)


def leaving(*stored: StoredReminder, now: str = BEFORE) -> list[int]:
    """The occurrences that will leave."""
    decisions = diff(HOURLY, *stored, now=now).decisions
    return [each.planned.identity.occurrence for each in decisions if each.leave_at]


def test_no_more_than_max_messages_are_planned_and_the_earliest_keep_their_place() -> None:
    assert leaving() == [1, 2]


def test_what_is_too_many_has_no_row_until_its_time_has_come() -> None:
    assert [each.planned.identity.occurrence for each in diff(HOURLY).changes if isinstance(each, Add)] == [1, 2]


@pytest.mark.parametrize("status", [Status.SENT, Status.IN_DOUBT, Status.UNDELIVERED])
def test_what_left_counts(status: Status) -> None:
    assert leaving(make_sent(HOURLY[0], status=status), now="2026-03-12 12:00") == [2]


@pytest.mark.parametrize(("status", "reason"), [(Status.FAILED, Reason.REFUSED), (Status.EXPIRED, Reason.SERVICE_LATE)])
def test_what_closed_unsent_makes_room_for_a_later_one(status: Status, reason: Reason) -> None:
    assert leaving(make_stored(HOURLY[0], status=status, reason=reason), now="2026-03-12 12:00") == [2, 3]


def test_a_limit_set_below_what_has_left_lets_nothing_more_leave() -> None:
    stricter = [replace(each, max_messages=1) for each in HOURLY]
    decisions = diff(stricter, *map(make_sent, HOURLY[:2]), now="2026-03-12 14:00").decisions

    assert [each.planned.identity.occurrence for each in decisions if each.leave_at] == []


def test_a_row_that_is_one_too_many_closes() -> None:
    sent, third = (make_sent(each) for each in HOURLY[:2]), make_stored(HOURLY[2])
    closed = [each for each in diff(HOURLY, *sent, third, now="2026-03-12 14:00").changes if isinstance(each, Close)]

    assert [(each.stored, each.reason) for each in closed] == [(third, Reason.MAX_MESSAGES)]


def test_what_was_one_too_many_is_not_called_late_once_its_time_is_over() -> None:
    decisions = diff(HOURLY, *map(make_sent, HOURLY[:2]), now="2026-04-12 14:00").decisions

    assert {each.reason for each in decisions[2:]} == {Reason.MAX_MESSAGES}


# ---- tasks of reminders that cannot leave ------------------------------------------------------------------------


CALL = make_task(key="visit:1:a:b")


@pytest.mark.parametrize(
    ("now", "withheld", "is_raised"),
    [(BEFORE, None, False), (AFTER, None, False), ("2026-03-14 00:00", None, True), (BEFORE, Reason.NO_CONSENT, True)],
)
def test_the_desk_is_asked_to_call_once_a_correction_cannot_leave(
    now: str, withheld: Reason | None, is_raised: bool
) -> None:
    planned = make_planned(task_if_unsent=CALL, withheld=withheld)

    assert diff([planned], now=now).tasks == ((CALL,) if is_raised else ())


def test_the_desk_is_not_asked_where_the_correction_left() -> None:
    planned = make_planned(task_if_unsent=CALL)

    assert diff([planned], make_sent(planned), now="2026-03-14 00:00").tasks == ()


def test_the_desk_is_asked_where_the_correction_failed() -> None:
    planned = make_planned(task_if_unsent=CALL)
    failed = make_stored(planned, status=Status.FAILED, reason=Reason.REFUSED, contact=planned.contact)

    assert diff([planned], failed).tasks == (CALL,)


# ---- tasks -------------------------------------------------------------------------------------------------------


def test_a_task_whose_facts_are_new_is_added() -> None:
    assert diff_tasks([make_task()], []).add == (make_task(),)


@pytest.mark.parametrize("status", [TaskStatus.OPEN, TaskStatus.DONE])
def test_a_task_that_is_there_or_done_is_not_added_again(status: TaskStatus) -> None:
    difference = diff_tasks([make_task()], [make_stored_task(status=status)])

    assert (difference.add, difference.reopen, difference.close) == ((), (), ())


def test_a_done_task_returns_under_other_facts() -> None:
    difference = diff_tasks([make_task(key="1:a:c")], [make_stored_task(status=TaskStatus.DONE)])

    assert difference.add == (make_task(key="1:a:c"),)


def test_a_task_that_closed_by_itself_opens_again_with_its_facts() -> None:
    closed = make_stored_task(status=TaskStatus.CLOSED)

    assert diff_tasks([make_task()], [closed]).reopen == ((closed, make_task()),)


@pytest.mark.parametrize(
    ("row", "closes"),
    [
        (make_stored_task(), True),
        (make_stored_task(status=TaskStatus.DONE), False),
        (make_stored_task(status=TaskStatus.CLOSED), False),
    ],
)
def test_an_open_task_whose_facts_went_away_closes_by_itself(row: StoredTask, closes: bool) -> None:
    assert diff_tasks([], [row]).close == ((row,) if closes else ())
