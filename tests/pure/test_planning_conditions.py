"""What procedures and sessions do to each other's plans: what supersedes, withholds, corrects and asks (§3, §5)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from reminders.model import (
    CORRECTION,
    AnchorKind,
    Audience,
    Channel,
    Contact,
    DesiredTask,
    Identity,
    PatientCase,
    PlannedReminder,
    Procedure,
    Reason,
    Session,
    SessionState,
    Status,
    StoredReminder,
    TaskRule,
)
from reminders.planning import plan_reminders
from reminders.rules import Bound, When
from tests.clinic import LASER, NEEDLING
from tests.factories import (
    ANA,
    BEN,
    CLEO,
    CLINIC,
    at,
    length,
    local,
    make_case,
    make_clinic,
    make_moved_visit,
    make_needling,
    make_needling_session,
    make_procedure,
    make_rule,
    make_sent,
    make_session,
    plan_of,
    show,
    with_treatment,
)

SENT_PREPARATION_AT = "2026-04-13 10:00"


def tasks_of(case: PatientCase, rule: TaskRule) -> list[DesiredTask]:
    return [task for task in plan_reminders(case, CLINIC).tasks if task.rule is rule]


def reasons(case: PatientCase, rule: str) -> list[tuple[int, Reason | None]]:
    """(anchor, why it is withheld) of each occurrence."""
    return [(each.identity.anchor_id, each.withheld) for each in plan_of(case, rule)]


# ---- a newer procedure supersedes --------------------------------------------------------------------------------


def test_a_newer_procedure_ends_the_older_ones_sunscreen_from_its_own_time_on() -> None:
    case = make_case(make_procedure(id=1), make_needling(id=2, performed_at=at("2026-03-20 10:00")))

    assert reasons(case, "sunscreen") == [
        (1, None),
        (1, None),
        (1, Reason.SUPERSEDED),
        (1, Reason.SUPERSEDED),
        *[(2, None)] * 4,
    ]


@pytest.mark.parametrize(
    ("newer_at", "withheld"), [("2026-03-18 09:00", Reason.SUPERSEDED), ("2026-03-18 09:01", None)]
)
def test_an_occurrence_due_at_the_newer_procedures_time_is_superseded(newer_at: str, withheld: Reason | None) -> None:
    case = make_case(make_procedure(id=1), make_procedure(id=2, performed_at=at(newer_at)))

    assert plan_of(case, "sunscreen")[1].withheld is withheld


def test_of_two_procedures_at_one_time_the_higher_id_is_newer() -> None:
    case = make_case(make_procedure(id=1), make_needling(id=2))

    assert reasons(case, "sunscreen") == [*[(1, Reason.SUPERSEDED)] * 4, *[(2, None)] * 4]


def test_the_first_of_several_newer_procedures_is_the_one_that_ends_a_series() -> None:
    case = make_case(
        make_procedure(id=1),
        make_needling(id=2, performed_at=at("2026-03-20 10:00")),
        make_procedure(id=3, performed_at=at("2026-04-05 10:00")),
    )

    assert [why for anchor, why in reasons(case, "sunscreen") if anchor == 1] == [
        None,
        None,
        Reason.SUPERSEDED,
        Reason.SUPERSEDED,
    ]


def test_a_cancelled_procedure_supersedes_nothing() -> None:
    case = make_case(make_procedure(id=1), make_needling(id=2, is_cancelled=True))

    assert reasons(case, "sunscreen") == [(1, None)] * 4


def test_nothing_but_sunscreen_is_superseded() -> None:
    case = make_case(make_procedure(id=1), make_needling(id=2, performed_at=at("2026-03-10 11:00")))
    withheld = plan_reminders(case, CLINIC).withheld

    assert {each.identity.rule for each in withheld if each.withheld is Reason.SUPERSEDED} == {"sunscreen"}


# ---- one day, one session ----------------------------------------------------------------------------------------


def test_two_lasers_of_one_day_have_one_set_of_reminders_counted_from_the_later() -> None:
    case = make_case(make_procedure(id=1), make_procedure(id=2, performed_at=at("2026-03-10 15:00")))

    assert reasons(case, "swelling") == [(1, None)]
    assert local(plan_of(case, "icing")[0].due_at) == "2026-03-10 15:00"


def test_the_second_of_a_day_is_an_anchor_that_ended_and_so_is_a_cancelled_one() -> None:
    case = make_case(make_procedure(id=1), make_procedure(id=2), make_needling(id=3, is_cancelled=True))

    assert plan_reminders(case, CLINIC).ended == {
        (AnchorKind.PROCEDURE, 2): Reason.SAME_SESSION,
        (AnchorKind.PROCEDURE, 3): Reason.PROCEDURE_CANCELLED,
    }


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        (SessionState.PERFORMED, Reason.SESSION_ENDED),
        (SessionState.LAPSED, Reason.SESSION_ENDED),
        (SessionState.MOVED, Reason.SESSION_MOVED),
        (SessionState.UNBOOKED, Reason.SESSION_UNBOOKED),
    ],
)
def test_a_session_that_is_not_open_has_no_reminders_and_says_why(state: SessionState, reason: Reason) -> None:
    plan = plan_reminders(make_case(make_session(state=state)), CLINIC)

    assert (plan.reminders, plan.ended) == ((), {(AnchorKind.SESSION, 1): reason})


# ---- next-session ------------------------------------------------------------------------------------------------


def test_a_booked_session_withholds_the_next_session_texts() -> None:
    case = make_case(make_procedure(), make_session())

    assert reasons(case, "next-session") == [(1, Reason.SESSION_BOOKED)] * 2


@pytest.mark.parametrize("state", [SessionState.UNBOOKED, SessionState.LAPSED, SessionState.PERFORMED])
def test_a_session_that_is_not_open_withholds_nothing(state: SessionState) -> None:
    case = make_case(make_procedure(), make_session(state=state))

    assert reasons(case, "next-session") == [(1, None)] * 2


def test_a_booked_session_of_another_treatment_withholds_nothing() -> None:
    case = make_case(make_procedure(), make_needling_session())

    assert reasons(case, "next-session") == [(1, None)] * 2


def test_only_the_latest_procedure_speaks_of_the_next_session() -> None:
    case = make_case(make_procedure(id=1), make_procedure(id=2, performed_at=at("2026-04-10 10:00")))

    assert reasons(case, "next-session") == [(1, Reason.NEWER_PROCEDURE)] * 2 + [(2, None)] * 2


@pytest.mark.parametrize(("planned", "reason"), [(None, Reason.COURSE_UNDECIDED), (4, Reason.LAST_SESSION), (5, None)])
def test_the_fourth_laser_speaks_of_a_next_session_only_where_one_is_planned(
    planned: int | None, reason: Reason | None
) -> None:
    decided_at = at("2026-03-10 11:00") if planned else None
    fourth = make_procedure(session_given=4, planned_sessions=planned, decided_at=decided_at)

    assert reasons(make_case(fourth), "next-session") == [(1, reason)] * 2


@pytest.mark.parametrize(
    ("when", "planned", "reason"),
    [
        (When(total_decided=True), None, Reason.COURSE_UNDECIDED),
        (When(total_decided=True), 4, None),
        (When(total_decided=False), 4, Reason.COURSE_DECIDED),
        (When(session_booked=True), 4, Reason.SESSION_NOT_BOOKED),
        (When(), None, None),
    ],
)
def test_the_other_conditions_of_a_rule(when: When, planned: int | None, reason: Reason | None) -> None:
    clinic = make_clinic(make_rule(when=when))
    done = make_procedure(planned_sessions=planned, decided_at=at("2026-03-10 11:00") if planned else None)

    assert [each.withheld for each in plan_of(make_case(done), "check", clinic)] == [reason]


def test_a_reminder_for_staff_needs_no_consent() -> None:
    clinic = make_clinic(make_rule(audience=Audience.STAFF))

    assert [each.withheld for each in plan_of(make_case(make_procedure(), contacts=CLEO), "check", clinic)] == [None]


def test_a_rule_may_prefer_email() -> None:
    clinic = make_clinic(make_rule(channels=(Channel.EMAIL, Channel.SMS)))

    assert [each.channel for each in plan_of(make_case(make_procedure()), "check", clinic)] == [Channel.EMAIL]


# ---- decide-course -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("treatment", "number", "asks"), [(NEEDLING, 2, 0), (NEEDLING, 3, 1), (LASER, 3, 0), (LASER, 4, 1)]
)
def test_the_desk_is_asked_at_the_least_usual_number(treatment: str, number: int, asks: int) -> None:
    case = make_case(make_procedure(treatment=treatment, session_given=number))

    assert len(tasks_of(case, TaskRule.DECIDE_COURSE)) == asks


def test_the_desk_is_asked_whether_or_not_a_session_is_open() -> None:
    case = make_case(make_procedure(session_given=4), make_session())

    assert [(task.key, task.due_at) for task in tasks_of(case, TaskRule.DECIDE_COURSE)] == [("1:4", None)]


def test_the_desk_is_asked_again_for_each_further_session() -> None:
    case = make_case(make_procedure(id=1, session_given=4), make_procedure(id=2, performed_at=at("2026-04-10 10:00")))

    assert [task.key for task in tasks_of(case, TaskRule.DECIDE_COURSE)] == ["2:5"]


def test_a_decided_course_asks_nothing() -> None:
    decided = make_procedure(session_given=4, planned_sessions=4, decided_at=at("2026-03-10 11:00"))

    assert tasks_of(make_case(decided), TaskRule.DECIDE_COURSE) == []


# ---- too-early, overlap ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("booked", "asks"), [("2026-04-20 10:00", 1), ("2026-04-21 08:00", 0), ("2026-04-22 10:00", 0)]
)
def test_a_needling_booked_before_six_weeks_is_too_early_by_the_clinics_dates(booked: str, asks: int) -> None:
    """The needling ended at 10:00; 08:00 on the day six weeks later is not too early."""
    case = make_case(make_needling(), make_needling_session(starts_at=at(booked)))

    assert len(tasks_of(case, TaskRule.TOO_EARLY)) == asks


def test_a_needling_performed_before_six_weeks_is_too_early() -> None:
    case = make_case(make_needling(id=1), make_needling(id=2, performed_at=at("2026-04-07 10:00")))

    assert [task.procedure_id for task in tasks_of(case, TaskRule.TOO_EARLY)] == [2]


def test_a_laser_interval_is_nominal_and_no_visit_is_too_early() -> None:
    case = make_case(make_procedure(), make_session(starts_at=at("2026-03-24 10:00")))

    assert tasks_of(case, TaskRule.TOO_EARLY) == []


def test_an_interval_that_is_least_is_checked_for_a_laser_too() -> None:
    clinic = with_treatment(CLINIC, interval=replace(length(1, "months"), bound=Bound.AT_LEAST))
    case = make_case(make_procedure(), make_session(starts_at=at("2026-03-24 10:00")))

    assert [task.rule for task in plan_reminders(case, clinic).tasks if task.due_at is None] == [TaskRule.TOO_EARLY]


def test_performing_the_flagged_booking_on_its_day_asks_nothing_new() -> None:
    first, second = make_needling(id=1), make_needling(id=2, performed_at=at("2026-04-07 11:00"))
    booked = make_case(first, make_needling_session(starts_at=at("2026-04-07 10:00")))

    (before,), (after,) = (tasks_of(case, TaskRule.TOO_EARLY) for case in (booked, make_case(first, second)))
    assert before.key == after.key


@pytest.mark.parametrize("starts_at", ["2026-04-08 10:00", "2026-04-06 10:00"])
def test_moving_the_flagged_booking_asks_anew(starts_at: str) -> None:
    case = make_case(make_needling(), make_needling_session(starts_at=at("2026-04-07 10:00")))
    moved = make_case(make_needling(), make_needling_session(starts_at=at(starts_at)))

    assert tasks_of(case, TaskRule.TOO_EARLY)[0].key != tasks_of(moved, TaskRule.TOO_EARLY)[0].key


@pytest.mark.parametrize(("booked", "asks"), [("2026-04-09 10:00", 1), ("2026-04-10 08:00", 0)])
def test_a_needling_before_the_lasers_target_overlaps(booked: str, asks: int) -> None:
    case = make_case(make_procedure(), make_needling_session(starts_at=at(booked)))

    assert len(tasks_of(case, TaskRule.OVERLAP)) == asks


def test_a_laser_before_the_needlings_target_overlaps() -> None:
    case = make_case(make_needling(id=1), make_procedure(id=2, performed_at=at("2026-04-20 10:00")))

    assert [task.procedure_id for task in tasks_of(case, TaskRule.OVERLAP)] == [2]


def test_only_the_latest_earlier_procedure_of_the_other_treatment_counts() -> None:
    case = make_case(
        make_needling(id=1, performed_at=at("2026-01-06 10:00")),
        make_needling(id=2, performed_at=at("2026-03-10 10:00")),
        make_procedure(id=3, performed_at=at("2026-03-24 10:00")),
    )

    assert [task.key for task in tasks_of(case, TaskRule.OVERLAP)] == [f"1:{NEEDLING}:2026-03-10:{LASER}:2026-03-24"]


def test_what_comes_before_a_procedure_does_not_overlap_with_it() -> None:
    case = make_case(make_needling(), make_session(starts_at=at("2026-03-03 10:00")))

    assert tasks_of(case, TaskRule.OVERLAP) == []


def test_two_bookings_on_one_day_are_one_question() -> None:
    same_day = [make_needling_session(id=number, starts_at=at(f"2026-04-07 1{number}:00")) for number in (1, 2)]

    assert len(tasks_of(make_case(make_needling(), *same_day), TaskRule.TOO_EARLY)) == 1


# ---- session-outcome ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", [SessionState.OPEN, SessionState.LAPSED])
def test_the_desk_is_asked_for_the_outcome_at_10_00_on_the_day_after(state: SessionState) -> None:
    (task,) = tasks_of(make_case(make_session(state=state)), TaskRule.SESSION_OUTCOME)

    assert (task.key, local(task.due_at), task.session_id) == ("1:2026-04-14", "2026-04-15 10:00", 1)


@pytest.mark.parametrize("state", [SessionState.PERFORMED, SessionState.MOVED, SessionState.UNBOOKED])
def test_a_session_with_an_outcome_asks_for_none(state: SessionState) -> None:
    assert tasks_of(make_case(make_session(state=state)), TaskRule.SESSION_OUTCOME) == []


# ---- corrections -------------------------------------------------------------------------------------------------


def told(visit_at: str | None, **over: Any) -> StoredReminder:
    """The preparation text of session 1 left, and named this time."""
    (planned,) = plan_of(make_case(make_session(starts_at=at(visit_at or "2026-04-14 10:00"))), "preparation")
    return make_sent(planned, at(SENT_PREPARATION_AT), **over)


def corrections(*sessions: Session, left: tuple[StoredReminder, ...], **over: Any) -> list[PlannedReminder]:
    return plan_of(make_case(*sessions, left=left, **over), CORRECTION)


def test_a_visit_moved_after_its_text_left_is_corrected_at_once() -> None:
    visit = make_moved_visit("2026-04-14 10:00", "2026-04-16 15:00", changed_at="2026-04-13 12:00")
    (correction,) = corrections(*visit, left=(told("2026-04-14 10:00"),))

    assert show([correction]) == [("2026-04-13 12:00", "2026-04-14 08:00", None)]
    assert (correction.visit_at, correction.target_on) == (at("2026-04-16 15:00"), date(2026, 4, 16))


def test_a_visit_that_no_text_has_named_needs_no_correction() -> None:
    assert corrections(*make_moved_visit("2026-04-14 10:00", "2026-04-16 15:00"), left=()) == []


def test_a_visit_moved_within_its_day_is_corrected_too() -> None:
    later = make_session(starts_at=at("2026-04-14 15:00"), changed_at=at("2026-04-13 12:00"))
    (correction,) = corrections(later, left=(told("2026-04-14 10:00"),))

    assert correction.visit_at == at("2026-04-14 15:00")


def test_an_unbooked_visit_is_corrected_without_a_new_time() -> None:
    (correction,) = corrections(*make_moved_visit("2026-04-14 10:00", None), left=(told("2026-04-14 10:00"),))

    assert (correction.visit_at, correction.target_on, correction.withheld) == (None, None, None)


def test_a_visit_that_came_back_needs_no_correction() -> None:
    assert corrections(make_session(), left=(told("2026-04-14 10:00"),)) == []


@pytest.mark.parametrize("state", [SessionState.PERFORMED, SessionState.LAPSED])
def test_a_visit_that_is_over_needs_no_correction(state: SessionState) -> None:
    over = make_session(starts_at=at("2026-04-14 15:00"), state=state)

    assert corrections(over, left=(told("2026-04-14 10:00"),)) == []


def test_a_correction_in_quiet_hours_waits_for_the_morning() -> None:
    visit = make_moved_visit("2026-04-15 15:00", "2026-04-16 15:00", changed_at="2026-04-14 21:00")
    (correction,) = corrections(*visit, left=(told("2026-04-15 15:00"),))

    assert show([correction]) == [("2026-04-15 08:00", "2026-04-15 13:00", None)]


@pytest.mark.parametrize(
    ("now", "leave_before"),
    [("2026-04-14 09:30", "2026-04-14 07:30"), ("2026-04-15 09:00", "2026-04-14 08:00"), (None, "2026-04-14 08:00")],
)
def test_a_correction_leaves_two_hours_before_the_earlier_of_the_old_and_the_new_time(
    now: str | None, leave_before: str
) -> None:
    visit = make_moved_visit("2026-04-14 10:00", now)
    (correction,) = corrections(*visit, left=(told("2026-04-14 10:00"),))

    assert local(correction.expires_at) == leave_before


@pytest.mark.parametrize(
    ("changed_at", "reason"), [("2026-04-14 12:59", None), ("2026-04-14 13:01", Reason.ENTERED_LATE)]
)
def test_a_correction_less_than_two_hours_before_the_visit_is_withheld(changed_at: str, reason: Reason | None) -> None:
    visit = make_moved_visit("2026-04-14 15:00", "2026-04-16 15:00", changed_at=changed_at)
    (correction,) = corrections(*visit, left=(told("2026-04-14 15:00"),))

    assert correction.withheld is reason


def test_a_correction_that_cannot_leave_asks_the_desk_to_call() -> None:
    visit = make_moved_visit("2026-04-14 10:00", "2026-04-16 15:00")
    (correction,) = corrections(*visit, left=(told("2026-04-14 10:00"),))
    task = correction.task_if_unsent

    assert task is not None
    assert (task.rule, task.key) == (
        TaskRule.TELL_PATIENT,
        "visit:1:2026-04-14T14:00:00+00:00:2026-04-16T19:00:00+00:00",
    )


def test_a_second_move_is_corrected_against_what_the_first_correction_said() -> None:
    first_move = make_moved_visit("2026-04-14 10:00", "2026-04-16 15:00")
    (first,) = corrections(*first_move, left=(told("2026-04-14 10:00"),))
    second_move = (first_move[0], replace(first_move[1], starts_at=at("2026-04-16 16:00")))
    (second,) = corrections(*second_move, left=(told("2026-04-14 10:00"), make_sent(first, at("2026-04-13 12:00"))))

    assert (first.identity.occurrence, second.identity.occurrence) == (1, 2)
    assert local(second.expires_at) == "2026-04-16 13:00"


def test_what_a_correction_said_truly_is_not_corrected_again() -> None:
    visit = make_moved_visit("2026-04-14 10:00", "2026-04-16 15:00")
    (first,) = corrections(*visit, left=(told("2026-04-14 10:00"),))

    assert corrections(*visit, left=(told("2026-04-14 10:00"), make_sent(first, at("2026-04-13 12:00")))) == []


def test_corrections_of_one_visit_hang_on_its_first_session() -> None:
    (correction,) = corrections(
        *make_moved_visit("2026-04-14 10:00", "2026-04-16 15:00"), left=(told("2026-04-14 10:00"),)
    )

    assert correction.identity == Identity(AnchorKind.SESSION, 1, CORRECTION, 1)


EMAIL_ONLY = {Channel.SMS: BEN[Channel.SMS], Channel.EMAIL: ANA[Channel.EMAIL]}


@pytest.mark.parametrize(
    ("contacts", "told_by", "leaves_by", "withheld"),
    [
        (ANA, Channel.SMS, Channel.SMS, None),
        (ANA, Channel.EMAIL, Channel.EMAIL, None),
        (EMAIL_ONLY, Channel.SMS, Channel.EMAIL, None),
        (BEN, Channel.SMS, Channel.SMS, Reason.OPTED_OUT),
    ],
)
def test_a_correction_takes_the_channel_of_the_text_it_corrects_else_another_with_consent(
    contacts: dict[Channel, Contact], told_by: Channel, leaves_by: Channel, withheld: Reason | None
) -> None:
    visit = make_moved_visit("2026-04-14 10:00", "2026-04-16 15:00")
    (correction,) = corrections(*visit, left=(told("2026-04-14 10:00", channel=told_by),), contacts=contacts)

    assert (correction.channel, correction.withheld) == (leaves_by, withheld)


# ---- tell-patient of a target ------------------------------------------------------------------------------------


def told_of_target(procedure: Procedure) -> StoredReminder:
    """The first next-session text of this procedure left, and named its target."""
    return make_sent(plan_of(make_case(procedure), "next-session")[0], status=Status.DELIVERED)


def test_a_corrected_date_that_makes_a_named_target_wrong_asks_the_desk_to_call() -> None:
    left = (told_of_target(make_procedure()),)
    corrected = make_procedure(performed_at=at("2026-03-12 10:00"))
    (task,) = tasks_of(make_case(corrected, left=left), TaskRule.TELL_PATIENT)

    assert (task.key, task.procedure_id) == ("target:1:2026-04-10:2026-04-12", 1)


def test_a_corrected_time_of_the_same_day_asks_nothing() -> None:
    left = (told_of_target(make_procedure()),)
    corrected = make_procedure(performed_at=at("2026-03-10 15:00"))

    assert tasks_of(make_case(corrected, left=left), TaskRule.TELL_PATIENT) == []


def test_a_text_that_named_no_date_has_nothing_to_put_right() -> None:
    left = (replace(told_of_target(make_procedure()), target_on=None),)
    corrected = make_procedure(performed_at=at("2026-03-12 10:00"))

    assert tasks_of(make_case(corrected, left=left), TaskRule.TELL_PATIENT) == []
