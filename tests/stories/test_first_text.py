"""C8: the first text to a number says who we are and how to stop; no other does, and none is sent only to say so."""

from __future__ import annotations

from tests.clinic import LASER, NEEDLING, ClinicDays

GREETING = "Reply HELP for help, STOP to stop."


def greeted(clinic: ClinicDays, patient_id: int = 1) -> list[bool]:
    """Which of the patient's messages, in order, carry the line."""
    return [GREETING in sent.body for sent in clinic.sent(patient_id)]


def test_the_first_text_alone_carries_the_line(any_clinic: ClinicDays) -> None:
    """C8"""
    any_clinic.record_on_time(LASER, "2026-03-10 10:00")
    any_clinic.run_until("2026-03-10 20:00")

    assert greeted(any_clinic) == [True, False, False, False]


def test_there_is_no_welcome_beside_the_first_reminder(clinic: ClinicDays) -> None:
    """C8"""
    clinic.record_on_time(NEEDLING, "2026-03-10 10:00")
    clinic.run_until("2026-03-11 20:00")

    assert clinic.sent_short() == [("2026-03-11 09:00", "sunscreen 1")]


def test_a_later_procedure_greets_nobody_again(clinic: ClinicDays) -> None:
    """C8"""
    clinic.record_on_time(NEEDLING, "2026-03-10 10:00")
    clinic.at("2026-03-11 09:00").dispatch().record_on_time(LASER, "2026-04-22 10:00")
    clinic.dispatch()

    assert greeted(clinic) == [True, False]


def test_a_new_number_is_greeted(clinic: ClinicDays) -> None:
    """C8"""
    clinic.record_on_time(LASER, "2026-03-10 10:00")
    clinic.dispatch().edit(phone="+16175550143")
    clinic.at("2026-03-10 13:00").dispatch()

    assert greeted(clinic) == [True, True]


def test_a_number_that_another_patient_has_too_is_greeted_once(clinic: ClinicDays) -> None:
    """C8"""
    clinic.record_on_time(LASER, "2026-03-10 10:00")
    clinic.dispatch().at("2026-03-10 11:00")
    clinic.record(LASER, "2026-03-10 11:00", name="Ben Diaz", email=None, consent=("sms",))
    clinic.dispatch()

    assert (greeted(clinic, 1), greeted(clinic, 2)) == ([True], [False])


def test_two_patients_with_one_number_in_the_same_minute_are_greeted_once(clinic: ClinicDays) -> None:
    """C8"""
    clinic.record_on_time(LASER, "2026-03-10 10:00")
    clinic.record(LASER, "2026-03-10 10:00", name="Ben Diaz", email=None, consent=("sms",))
    clinic.run_until("2026-03-10 10:01")

    assert sorted(greeted(clinic, 1) + greeted(clinic, 2)) == [False, True]


def test_an_email_carries_no_such_line(clinic: ClinicDays) -> None:
    """C8"""
    clinic.record_on_time(LASER, "2026-03-10 10:00", consent=("email",))
    clinic.dispatch()

    assert greeted(clinic) == [False]


def test_the_first_text_after_emails_is_still_the_first_text(clinic: ClinicDays) -> None:
    """C8"""
    clinic.record_on_time(LASER, "2026-03-10 10:00", consent=("email",))
    clinic.dispatch().opt_in("sms")
    clinic.at("2026-03-10 13:00").dispatch()

    assert greeted(clinic) == [False, True]


def test_the_plan_shows_the_line_on_the_first_text_before_anyone_sends(clinic: ClinicDays) -> None:
    """C8"""
    clinic.record_on_time(LASER, "2026-03-10 10:00")

    bodies = [line.body for line in clinic.plan() if line.body]
    assert [GREETING in body for body in bodies] == [True] + [False] * (len(bodies) - 1)
