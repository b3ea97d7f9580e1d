"""A procedure's date is corrected: what was still to come follows, what left stays as it was said."""

from __future__ import annotations

from tests.clinic import LASER, NEEDLING, ClinicDays


def test_pending_reminders_move_with_the_corrected_date(any_clinic: ClinicDays) -> None:
    procedure = any_clinic.record_on_time(LASER, "2026-03-10 10:00")
    any_clinic.correct(procedure, "2026-03-09 15:00")

    assert any_clinic.plan_of("swelling") == [(1, "2026-03-11 10:00", "scheduled", None)]
    assert [due for _, due, _, _ in any_clinic.plan_of("next-session")] == ["2026-04-02 10:00", "2026-04-09 10:00"]


def test_what_was_sent_is_not_sent_again_after_a_correction(clinic: ClinicDays) -> None:
    procedure = clinic.record_on_time(LASER, "2026-03-09 10:00")
    clinic.run_until("2026-03-12 12:00").correct(procedure, "2026-03-11 10:00")
    clinic.run_until("2026-03-14 12:00")

    rules = [rule for _, rule in clinic.sent_short()]
    assert (rules.count("swelling 1"), rules.count("sunscreen 1")) == (1, 1)


def test_a_sent_reminder_keeps_the_time_at_which_it_was_due(clinic: ClinicDays) -> None:
    procedure = clinic.record_on_time(LASER, "2026-03-09 10:00")
    clinic.run_until("2026-03-12 12:00").correct(procedure, "2026-03-11 10:00")

    assert clinic.plan_of("swelling") == [(1, "2026-03-11 10:00", "sent", None)]


def test_what_had_expired_comes_back_where_the_new_date_makes_it_useful(clinic: ClinicDays) -> None:
    procedure = clinic.at("2026-03-14 10:30").record(LASER, "2026-03-10 10:00")
    assert clinic.plan_of("swelling") == [(1, "2026-03-12 10:00", "expired", "entered_late")]

    clinic.correct(procedure, "2026-03-13 10:00")

    assert clinic.plan_of("swelling") == [(1, "2026-03-15 10:00", "scheduled", None)]


def test_what_had_expired_leaves_at_once_where_the_new_date_makes_it_due_and_useful(clinic: ClinicDays) -> None:
    procedure = clinic.at("2026-03-14 10:30").record(LASER, "2026-03-10 10:00")
    clinic.dispatch().correct(procedure, "2026-03-11 10:00")
    clinic.dispatch()

    assert clinic.sent_short()[-1] == ("2026-03-14 10:30", "swelling 1")


def test_icing_skipped_at_night_comes_back_where_the_new_time_puts_it_into_the_day(clinic: ClinicDays) -> None:
    procedure = clinic.at("2026-03-11 07:00").record(LASER, "2026-03-10 17:30")
    assert clinic.plan_of("icing")[1] == (2, "2026-03-10 20:30", "skipped", "quiet_hours")

    clinic.correct(procedure, "2026-03-11 06:30")

    assert clinic.plan_of("icing")[1] == (2, "2026-03-11 09:30", "scheduled", None)


def test_what_had_expired_stays_closed_where_the_new_date_is_as_far_past(clinic: ClinicDays) -> None:
    procedure = clinic.at("2026-03-20 10:30").record(LASER, "2026-03-10 10:00")
    clinic.correct(procedure, "2026-03-09 10:00")

    assert [status for _, _, status, _ in clinic.plan_of("swelling")] == ["expired"]


def test_a_correction_of_the_minute_leaves_a_text_of_the_same_day_closed(clinic: ClinicDays) -> None:
    procedure = clinic.record_on_time(NEEDLING, "2026-03-10 10:00")
    clinic.at("2026-03-20 10:00").dispatch().correct(procedure, "2026-03-10 11:00")
    clinic.run_until("2026-03-21 10:00")

    assert clinic.sent_short() == [("2026-03-20 10:00", "sunscreen 2")]


def test_a_corrected_date_that_makes_a_told_target_wrong_asks_the_desk_to_call(clinic: ClinicDays) -> None:
    procedure = clinic.record_on_time(LASER, "2026-03-10 10:00")
    clinic.at("2026-04-03 10:00").dispatch().correct(procedure, "2026-03-12 10:00")

    (task,) = clinic.tasks_of("tell-patient")
    assert task.text == (
        "Call the patient: a text named Fri 10 Apr 2026 for the next session, "
        "and the corrected date makes it Sun 12 Apr 2026."
    )


def test_a_corrected_date_that_makes_a_told_target_wrong_sends_no_message(clinic: ClinicDays) -> None:
    procedure = clinic.record_on_time(LASER, "2026-03-10 10:00")
    clinic.at("2026-04-03 10:00").dispatch().correct(procedure, "2026-03-12 10:00")
    clinic.run_until("2026-04-05 20:00")

    assert clinic.sent_short()[-1] == ("2026-04-03 10:00", "sunscreen 4 + next-session 1")


def test_a_corrected_date_that_leaves_the_told_target_right_asks_for_no_call(clinic: ClinicDays) -> None:
    procedure = clinic.record_on_time(LASER, "2026-03-10 10:00")
    clinic.at("2026-04-03 10:00").dispatch().correct(procedure, "2026-03-10 16:00")

    assert clinic.tasks_of("tell-patient") == []


def test_the_call_is_no_longer_asked_for_once_the_date_is_what_it_was(clinic: ClinicDays) -> None:
    procedure = clinic.record_on_time(LASER, "2026-03-10 10:00")
    clinic.at("2026-04-03 10:00").dispatch().correct(procedure, "2026-03-12 10:00")
    clinic.correct(procedure, "2026-03-10 10:00")

    assert clinic.tasks() == []


def test_correcting_a_date_before_any_text_named_a_target_asks_for_no_call(clinic: ClinicDays) -> None:
    procedure = clinic.record_on_time(LASER, "2026-03-10 10:00")
    clinic.at("2026-04-02 12:00").dispatch().correct(procedure, "2026-03-12 10:00")

    assert clinic.tasks_of("tell-patient") == []


def test_a_text_that_left_after_its_target_named_none_and_cannot_be_wrong(clinic: ClinicDays) -> None:
    procedure = clinic.at("2026-04-12 10:00").record(LASER, "2026-03-10 10:00")
    clinic.dispatch().correct(procedure, "2026-03-12 10:00")

    assert [sent.rules for sent in clinic.sent()] == [("next-session 2",)]
    assert clinic.tasks_of("tell-patient") == []
