"""P7: what one patient gets by one channel in the same minute is one message that names each."""

from __future__ import annotations

from dataclasses import replace

from tests.clinic import LASER, NEEDLING, ClinicDays


def test_two_reminders_of_one_minute_are_one_message(any_clinic: ClinicDays) -> None:
    """P7"""
    any_clinic.record_on_time(LASER, "2026-03-10 15:00")
    any_clinic.run_until("2026-03-11 10:00")

    assert any_clinic.sent_short()[-1] == ("2026-03-11 09:00", "icing 7 + sunscreen 1")


def test_they_are_one_message_however_few_are_claimed_at_a_time(any_clinic: ClinicDays) -> None:
    """P7"""
    any_clinic.work = replace(any_clinic.work, pace=replace(any_clinic.work.pace, batch_size=1))
    any_clinic.record_on_time(LASER, "2026-03-10 15:00")
    any_clinic.run_until("2026-03-11 10:00")

    assert any_clinic.sent_short()[-1] == ("2026-03-11 09:00", "icing 7 + sunscreen 1")


def test_the_one_message_names_each_of_them(clinic: ClinicDays) -> None:
    """P7"""
    clinic.record_on_time(LASER, "2026-03-10 15:00")
    clinic.run_until("2026-03-11 10:00")

    body = clinic.sent()[-1].body
    assert "ice packs" in body
    assert "sunscreen" in body


def test_reminders_of_two_treatments_are_one_message_too(clinic: ClinicDays) -> None:
    """P7"""
    clinic.record_on_time(NEEDLING, "2026-03-05 10:00")
    clinic.book(NEEDLING, "2026-04-16 10:00")
    clinic.record_on_time(LASER, "2026-04-10 10:00")
    clinic.at("2026-04-15 10:00").dispatch()

    assert {"appointment 1", "pinkness 1"} <= set(clinic.sent()[-1].rules)


def test_reminders_of_different_minutes_are_different_messages(clinic: ClinicDays) -> None:
    """P7"""
    clinic.record_on_time(LASER, "2026-03-10 15:01")
    clinic.run_until("2026-03-11 10:00")

    assert clinic.sent_short()[-2:] == [("2026-03-11 09:00", "sunscreen 1"), ("2026-03-11 09:01", "icing 7")]


def test_two_patients_with_one_number_get_a_message_each(any_clinic: ClinicDays) -> None:
    """P7"""
    any_clinic.record_on_time(NEEDLING, "2026-03-10 10:00")
    any_clinic.record(NEEDLING, "2026-03-10 10:00", name="Ben Diaz", email=None, consent=("sms",))
    any_clinic.at("2026-03-11 09:00").run_until("2026-03-11 09:01")

    assert [len(any_clinic.sent(patient)) for patient in (1, 2)] == [1, 1]


def test_two_emails_of_one_minute_are_one_email(clinic: ClinicDays) -> None:
    """P7"""
    clinic.record_on_time(LASER, "2026-03-10 15:00", consent=("email",))
    clinic.run_until("2026-03-11 10:00")

    assert clinic.sent()[-1].rules == ("icing 7", "sunscreen 1")
