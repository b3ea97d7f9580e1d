"""Session numbers and the length of a course: who is asked, and what no patient is ever told."""

from __future__ import annotations

import pytest

from reminders.model import InputRefusal
from tests.clinic import LASER, NEEDLING, ClinicDays

DAYS = ("2026-01-05 10:00", "2026-02-16 10:00", "2026-03-30 10:00", "2026-05-11 10:00")
"""Mondays six weeks apart."""


def perform(clinic: ClinicDays, treatment: str, sessions: int, planned_sessions: int | None = None) -> int:
    """Record so many sessions on their days, and return the last one's id."""
    ids = [clinic.record_on_time(treatment, day, planned_sessions=planned_sessions) for day in DAYS[:sessions]]
    return ids[-1]


def booking_texts(clinic: ClinicDays, procedure_id: int) -> list[str]:
    """What becomes of the next-session texts of one procedure."""
    lines = [line for line in clinic.plan() if (line.rule, line.procedure) == ("next-session", procedure_id)]
    return [line.reason or line.status for line in lines]


# ---- undecided ---------------------------------------------------------------------------------------------------


def test_below_the_usual_number_there_is_a_next_session_to_book(clinic: ClinicDays) -> None:
    second = perform(clinic, NEEDLING, 2)

    assert booking_texts(clinic, second) == ["scheduled", "scheduled"]


def test_session_3_of_an_undecided_3_to_4_asks_for_a_decision(clinic: ClinicDays) -> None:
    perform(clinic, NEEDLING, 3)

    (task,) = clinic.tasks_of("decide-course")
    assert (task.due, task.status) == ("2026-03-30 10:00", "open")


def test_session_3_of_an_undecided_3_to_4_sends_no_text_about_booking(clinic: ClinicDays) -> None:
    third = perform(clinic, NEEDLING, 3)
    clinic.at("2026-05-04 10:00").dispatch().at("2026-05-11 10:00").dispatch()

    assert booking_texts(clinic, third) == ["course_undecided", "course_undecided"]
    assert not any("next-session" in rules for _, rules in clinic.sent_short())


def test_session_3_of_a_laser_course_is_below_its_usual_four(clinic: ClinicDays) -> None:
    third = perform(clinic, LASER, 3)

    assert booking_texts(clinic, third) == ["scheduled", "scheduled"]
    assert clinic.tasks_of("decide-course") == []


def test_the_decision_is_asked_for_even_where_the_next_session_is_booked(clinic: ClinicDays) -> None:
    perform(clinic, NEEDLING, 2)
    clinic.book(NEEDLING, "2026-05-11 10:00")
    clinic.record_on_time(NEEDLING, DAYS[2])

    assert clinic.tasks() == [("decide-course", "open")]


def test_the_decision_is_asked_for_the_latest_procedure_only(clinic: ClinicDays) -> None:
    perform(clinic, NEEDLING, 4)

    assert [task.status for task in clinic.tasks_of("decide-course")] == ["closed", "open"]


# ---- decided -----------------------------------------------------------------------------------------------------


def test_once_four_are_decided_session_3_gets_its_texts_about_booking(clinic: ClinicDays) -> None:
    third = perform(clinic, NEEDLING, 3)
    clinic.decide(NEEDLING, 4)

    assert booking_texts(clinic, third) == ["scheduled", "scheduled"]
    assert clinic.tasks() == []


def test_once_three_are_decided_session_3_gets_none(clinic: ClinicDays) -> None:
    third = perform(clinic, NEEDLING, 3)
    clinic.decide(NEEDLING, 3)

    assert booking_texts(clinic, third) == ["last_session", "last_session"]
    assert clinic.tasks() == []


def test_a_decision_below_the_usual_number_ends_the_texts_about_booking(clinic: ClinicDays) -> None:
    second = perform(clinic, NEEDLING, 2)
    clinic.decide(NEEDLING, 2)

    assert booking_texts(clinic, second) == ["last_session", "last_session"]


def test_a_decision_above_the_usual_number_continues_them(clinic: ClinicDays) -> None:
    fourth = perform(clinic, NEEDLING, 4, planned_sessions=6)

    assert booking_texts(clinic, fourth) == ["scheduled", "scheduled"]


def test_a_decision_outlasts_the_procedure_it_was_entered_with(clinic: ClinicDays) -> None:
    perform(clinic, NEEDLING, 3)
    clinic.decide(NEEDLING, 6)
    fourth = clinic.record_on_time(NEEDLING, DAYS[3])

    assert booking_texts(clinic, fourth) == ["scheduled", "scheduled"]


def test_nobody_is_told_that_the_course_is_finished(clinic: ClinicDays) -> None:
    last = perform(clinic, NEEDLING, 3, planned_sessions=3)
    for day in ("2026-03-31 09:00", "2026-05-04 10:00", "2026-05-11 10:00"):
        clinic.at(day).dispatch()

    assert {line.rule for line in clinic.plan() if line.procedure == last and line.status == "sent"} == {"sunscreen"}


def test_a_course_cannot_be_decided_shorter_than_it_is(clinic: ClinicDays) -> None:
    perform(clinic, NEEDLING, 3)

    with pytest.raises(InputRefusal, match="session 3 already"):
        clinic.decide(NEEDLING, 2)


# ---- numbers -----------------------------------------------------------------------------------------------------


def test_a_number_given_counts(clinic: ClinicDays) -> None:
    clinic.record_on_time(NEEDLING, DAYS[0], session=3)

    assert "session 3 of usually 3 to 4" in clinic.tasks_of("decide-course")[0].text


def test_the_next_number_follows_the_one_given(clinic: ClinicDays) -> None:
    clinic.record_on_time(NEEDLING, DAYS[0], session=2)
    clinic.record_on_time(NEEDLING, DAYS[1])

    assert "session 3 of usually 3 to 4" in clinic.tasks_of("decide-course")[0].text


def test_a_given_1_starts_a_new_course(clinic: ClinicDays) -> None:
    perform(clinic, NEEDLING, 3)
    first_again = clinic.record_on_time(NEEDLING, DAYS[3], session=1)

    assert booking_texts(clinic, first_again) == ["scheduled", "scheduled"]
    assert clinic.tasks() == []


def test_a_new_course_has_no_decision_yet(clinic: ClinicDays) -> None:
    clinic.record_on_time(NEEDLING, DAYS[0], planned_sessions=1)
    first_again = clinic.record_on_time(NEEDLING, DAYS[1], session=1)

    assert booking_texts(clinic, first_again) == ["scheduled", "scheduled"]


def test_a_procedure_entered_late_between_two_others_renumbers_the_later_one(clinic: ClinicDays) -> None:
    clinic.record_on_time(NEEDLING, DAYS[0])
    clinic.record_on_time(NEEDLING, DAYS[2])
    clinic.record(NEEDLING, DAYS[1])

    assert clinic.tasks() == [("decide-course", "open")]


def test_a_cancelled_procedure_gives_its_number_back(clinic: ClinicDays) -> None:
    first = clinic.record_on_time(NEEDLING, DAYS[0])
    clinic.record_on_time(NEEDLING, DAYS[1])
    third = clinic.record_on_time(NEEDLING, DAYS[2])
    clinic.cancel(first)

    assert booking_texts(clinic, third) == ["scheduled", "scheduled"]
    assert clinic.tasks() == []


def test_numbers_follow_the_days_and_not_the_order_of_entry(clinic: ClinicDays) -> None:
    third = perform(clinic, NEEDLING, 3)
    clinic.correct(third, "2025-11-17 10:00")

    assert [(task.status, "session 3 of" in task.text) for task in clinic.tasks_of("decide-course")] == [
        ("closed", True),
        ("open", True),
    ]


def test_the_numbers_of_the_two_treatments_are_their_own(clinic: ClinicDays) -> None:
    perform(clinic, NEEDLING, 2)
    clinic.record_on_time(LASER, DAYS[2])

    assert clinic.tasks_of("decide-course") == []
