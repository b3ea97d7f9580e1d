"""Which procedures make one session, which number it has, and whether there is a next one (domain §3, §5)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from reminders.model import Procedure, Reason
from reminders.planning.courses import PerformedSession, list_performed_sessions
from tests.clinic import LASER, NEEDLING
from tests.factories import CLINIC, TOKYO, at, make_needling, make_procedure


def sessions_of(*procedures: Procedure, treatment: str = LASER) -> list[PerformedSession]:
    return list_performed_sessions(procedures, CLINIC.treatments[treatment], CLINIC)


def monthly(*given: int | None, treatment: str = LASER) -> list[Procedure]:
    """One procedure on the 10th of each month of 2026, with these session numbers given."""
    return [
        make_procedure(
            id=month, treatment=treatment, performed_at=at(f"2026-{month:02}-10 10:00"), session_given=number
        )
        for month, number in enumerate(given, start=1)
    ]


def numbers(procedures: Sequence[Procedure]) -> list[tuple[int, int]]:
    """(course, number) of each session."""
    return [(each.course, each.number) for each in sessions_of(*procedures)]


# ---- numbers -----------------------------------------------------------------------------------------------------


def test_sessions_are_counted_from_1() -> None:
    assert numbers(monthly(None, None, None)) == [(1, 1), (1, 2), (1, 3)]


def test_a_given_number_counts_and_the_next_goes_on_from_it() -> None:
    assert numbers(monthly(3, None)) == [(1, 3), (1, 4)]


def test_a_given_1_starts_a_new_course() -> None:
    assert numbers(monthly(None, None, 1, None)) == [(1, 1), (1, 2), (2, 1), (2, 2)]


def test_a_given_1_on_the_first_procedure_is_the_first_course() -> None:
    assert numbers(monthly(1, None)) == [(1, 1), (1, 2)]


def test_procedures_are_counted_by_their_time_and_not_by_their_entry() -> None:
    entered_late = make_procedure(id=9, performed_at=at("2025-12-10 10:00"))
    (before, after) = sessions_of(*monthly(None), entered_late)

    assert [(each.procedure_ids, each.number) for each in (before, after)] == [((9,), 1), ((1,), 2)]


def test_a_cancelled_procedure_does_not_count() -> None:
    first, second = monthly(None, None)
    cancelled = make_procedure(id=first.id, performed_at=first.performed_at, is_cancelled=True)

    assert numbers([cancelled, second]) == [(1, 1)]


def test_another_treatment_has_a_course_of_its_own() -> None:
    procedures = [*monthly(None, None), make_needling(id=9)]

    assert [each.number for each in sessions_of(*procedures, treatment=NEEDLING)] == [1]


# ---- one day, one session ----------------------------------------------------------------------------------------


def test_two_procedures_of_one_day_are_one_session_counted_from_the_later() -> None:
    first, second = make_procedure(id=1), make_procedure(id=2, performed_at=at("2026-03-10 15:00"))
    (session,) = sessions_of(second, first)

    assert (session.procedure_ids, session.number, session.performed_at) == ((1, 2), 1, at("2026-03-10 15:00"))


def test_the_reminders_hang_on_the_procedure_entered_first() -> None:
    entered_first, entered_second = make_procedure(id=1, performed_at=at("2026-03-10 15:00")), make_procedure(id=2)
    (session,) = sessions_of(entered_first, entered_second)

    assert session.anchor_id == 1


def test_a_day_is_the_clinics() -> None:
    """10:00 and 13:00 in New York are two days in Tokyo."""
    procedures = [make_procedure(id=1), make_procedure(id=2, performed_at=at("2026-03-10 13:00"))]
    in_tokyo = list_performed_sessions(procedures, CLINIC.treatments[LASER], replace(CLINIC, time_zone=TOKYO))

    assert (len(sessions_of(*procedures)), len(in_tokyo)) == (1, 2)


def test_a_number_given_for_one_procedure_of_a_day_counts_for_the_day() -> None:
    procedures = [make_procedure(id=1, session_given=3), make_procedure(id=2, performed_at=at("2026-03-10 15:00"))]

    assert [each.number for each in sessions_of(*procedures)] == [3]


# ---- is there a next one? ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("treatment", "number", "why_none"),
    [
        (NEEDLING, 1, None),
        (NEEDLING, 2, None),
        (NEEDLING, 3, Reason.COURSE_UNDECIDED),
        (NEEDLING, 4, Reason.COURSE_UNDECIDED),
        (NEEDLING, 7, Reason.COURSE_UNDECIDED),
        (LASER, 3, None),
        (LASER, 4, Reason.COURSE_UNDECIDED),
    ],
)
def test_an_undecided_course_goes_on_below_the_usual_number(
    treatment: str, number: int, why_none: Reason | None
) -> None:
    (session,) = sessions_of(make_procedure(treatment=treatment, session_given=number), treatment=treatment)

    assert session.why_no_next_session() is why_none


@pytest.mark.parametrize(
    ("number", "planned", "why_none"),
    [
        (1, 2, None),
        (2, 2, Reason.LAST_SESSION),
        (3, 2, Reason.LAST_SESSION),
        (4, 5, None),
        (6, 8, None),
        (1, 1, Reason.LAST_SESSION),
    ],
)
def test_a_decided_course_goes_on_below_the_decided_number(number: int, planned: int, why_none: Reason | None) -> None:
    decided = make_procedure(session_given=number, planned_sessions=planned, decided_at=at("2026-03-10 11:00"))
    (session,) = sessions_of(decided)

    assert session.why_no_next_session() is why_none


def test_only_the_latest_session_has_a_next_one() -> None:
    assert [each.why_no_next_session() for each in sessions_of(*monthly(None, None))] == [Reason.NEWER_PROCEDURE, None]


def test_the_latest_session_of_an_older_course_has_no_next_one() -> None:
    sessions = sessions_of(*monthly(None, None, 1))

    assert [each.why_no_next_session() for each in sessions] == [Reason.NEWER_PROCEDURE, Reason.NEWER_PROCEDURE, None]


def test_the_newest_decision_holds_for_the_whole_course() -> None:
    first = make_procedure(id=1, planned_sessions=5, decided_at=at("2026-03-12 10:00"))
    second = make_procedure(
        id=2, performed_at=at("2026-04-10 10:00"), planned_sessions=4, decided_at=at("2026-03-11 10:00")
    )

    assert [each.planned_sessions for each in sessions_of(first, second)] == [5, 5]


def test_a_decision_does_not_reach_into_the_next_course() -> None:
    first = make_procedure(id=1, planned_sessions=5, decided_at=at("2026-03-10 10:00"))
    anew = make_procedure(id=2, performed_at=at("2026-09-10 10:00"), session_given=1)

    assert [each.planned_sessions for each in sessions_of(first, anew)] == [5, None]
