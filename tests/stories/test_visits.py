"""A next visit is booked, moved or taken back: which texts follow, and who puts right what a text had said."""

from __future__ import annotations

import pytest

from reminders.model import Refusal
from tests.clinic import LASER, NEEDLING, ClinicDays, Sent


def told_of_a_visit(clinic: ClinicDays) -> int:
    """The laser visit of Friday 10 April, 14:00, which a text named on Thursday at 10:00; it is Thursday, 11:00."""
    clinic.record_on_time(LASER, "2026-03-12 10:00")
    visit = clinic.book(LASER, "2026-04-10 14:00")
    clinic.at("2026-04-09 10:00").dispatch().at("2026-04-09 11:00")
    return visit


def corrections(clinic: ClinicDays) -> list[Sent]:
    return [sent for sent in clinic.sent() if any(rule.startswith("correction") for rule in sent.rules)]


# ---- booking, moving, unbooking ----------------------------------------------------------------------------------


def test_a_booked_session_withholds_the_texts_about_booking_one(clinic: ClinicDays) -> None:
    clinic.record_on_time(LASER, "2026-03-10 10:00")
    clinic.book(LASER, "2026-04-10 14:00")

    assert clinic.plan_of("next-session") == [
        (1, "2026-04-03 10:00", "withheld", "session_booked"),
        (2, "2026-04-10 10:00", "withheld", "session_booked"),
    ]


def test_a_booked_laser_gets_a_preparation_text_the_day_before(clinic: ClinicDays) -> None:
    clinic.record_on_time(LASER, "2026-03-10 10:00")
    clinic.book(LASER, "2026-04-10 14:00")
    clinic.at("2026-04-09 10:00").dispatch()

    assert clinic.sent_short()[-1] == ("2026-04-09 10:00", "preparation 1")
    assert "Friday, April 10 at 2:00 PM" in clinic.sent()[-1].body


def test_a_booked_needling_gets_an_appointment_text_the_day_before(clinic: ClinicDays) -> None:
    clinic.record_on_time(NEEDLING, "2026-03-10 10:00")
    clinic.book(NEEDLING, "2026-04-21 09:30")
    clinic.at("2026-04-20 10:00").dispatch()

    assert clinic.sent_short()[-1] == ("2026-04-20 10:00", "appointment 1")


def test_a_visit_booked_with_a_date_alone_is_named_without_a_time(clinic: ClinicDays) -> None:
    clinic.record_on_time(NEEDLING, "2026-03-10 10:00")
    clinic.book(NEEDLING, "2026-04-21")
    clinic.at("2026-04-20 10:00").dispatch()

    assert "Your visit is on Tuesday, April 21." in clinic.sent()[-1].body


def test_a_booking_of_one_treatment_leaves_the_texts_of_the_other_alone(clinic: ClinicDays) -> None:
    clinic.record_on_time(LASER, "2026-03-10 10:00")
    clinic.book(NEEDLING, "2026-05-10 14:00")

    assert [status for _, _, status, _ in clinic.plan_of("next-session")] == ["scheduled", "scheduled"]


def test_the_preparation_text_follows_a_visit_moved_to_another_day(clinic: ClinicDays) -> None:
    clinic.record_on_time(LASER, "2026-03-10 10:00")
    clinic.move(clinic.book(LASER, "2026-04-10 14:00"), "2026-04-14 09:00")

    assert clinic.plan_of("preparation") == [
        (1, "2026-04-09 10:00", "cancelled", "session_moved"),
        (1, "2026-04-13 10:00", "scheduled", None),
    ]


def test_a_visit_moved_within_its_day_stays_the_same_session(clinic: ClinicDays) -> None:
    clinic.record_on_time(LASER, "2026-03-10 10:00")
    visit = clinic.book(LASER, "2026-04-10 14:00")

    assert clinic.move(visit, "2026-04-10 09:00") == visit


def test_a_visit_moved_to_another_day_is_a_new_session_that_replaces_the_old(clinic: ClinicDays) -> None:
    clinic.record_on_time(LASER, "2026-03-10 10:00")
    old = clinic.book(LASER, "2026-04-10 14:00")
    new = clinic.move(old, "2026-04-14 14:00")

    assert (clinic.session_state(old), clinic.session_state(new)) == ("moved", "open")


def test_the_texts_about_booking_stay_withheld_while_a_visit_only_moves(clinic: ClinicDays) -> None:
    clinic.record_on_time(LASER, "2026-03-10 10:00")
    clinic.move(clinic.book(LASER, "2026-04-10 14:00"), "2026-04-14 14:00")

    assert {reason for _, _, _, reason in clinic.plan_of("next-session")} == {"session_booked"}


def test_the_texts_about_booking_come_back_when_a_visit_is_taken_back(clinic: ClinicDays) -> None:
    clinic.record_on_time(LASER, "2026-03-10 10:00")
    clinic.unbook(clinic.book(LASER, "2026-04-10 14:00"))

    assert [status for _, _, status, _ in clinic.plan_of("next-session")] == ["scheduled", "scheduled"]
    assert clinic.plan_of("preparation") == [(1, "2026-04-09 10:00", "cancelled", "session_unbooked")]


def test_after_its_target_day_a_text_that_comes_back_names_no_day(clinic: ClinicDays) -> None:
    clinic.record_on_time(LASER, "2026-03-10 10:00")
    visit = clinic.book(LASER, "2026-04-20 14:00")
    clinic.at("2026-04-15 10:00").dispatch().unbook(visit)
    clinic.dispatch()

    assert clinic.sent_short()[-1] == ("2026-04-15 10:00", "next-session 2")
    assert "It's time to plan your next visit." in clinic.sent()[-1].body


def test_a_visit_taken_back_too_late_brings_no_text_about_booking(clinic: ClinicDays) -> None:
    clinic.record_on_time(LASER, "2026-03-10 10:00")
    visit = clinic.book(LASER, "2026-04-30 14:00")
    clinic.at("2026-04-25 10:00").dispatch().unbook(visit)
    clinic.dispatch()

    assert "next-session" not in {line.rule for line in clinic.plan() if line.status in ("scheduled", "sent")}


# ---- a text had named the visit ----------------------------------------------------------------------------------


def test_a_moved_visit_that_a_text_had_named_is_corrected_at_once(clinic: ClinicDays) -> None:
    clinic.move(told_of_a_visit(clinic), "2026-04-14 09:00")
    clinic.dispatch()

    (correction,) = corrections(clinic)
    assert correction.short == ("2026-04-09 11:00", "correction 1")
    assert "Your visit is now on Tuesday, April 14 at 9:00 AM" in correction.body


def test_an_unbooked_visit_that_a_text_had_named_is_corrected_at_once(clinic: ClinicDays) -> None:
    clinic.unbook(told_of_a_visit(clinic))
    clinic.dispatch()

    (correction,) = corrections(clinic)
    assert "Your visit on Friday, April 10 is no longer booked." in correction.body


def test_a_visit_moved_by_an_hour_is_corrected_too(clinic: ClinicDays) -> None:
    clinic.move(told_of_a_visit(clinic), "2026-04-10 15:00")
    clinic.dispatch()

    assert "Your visit is now on Friday, April 10 at 3:00 PM" in corrections(clinic)[0].body


def test_a_needling_visit_is_corrected_as_a_laser_visit_is(clinic: ClinicDays) -> None:
    clinic.record_on_time(NEEDLING, "2026-03-10 10:00")
    visit = clinic.book(NEEDLING, "2026-04-21 09:30")
    clinic.at("2026-04-20 10:00").dispatch().move(visit, "2026-04-23 09:30")
    clinic.dispatch()

    assert [sent.at for sent in corrections(clinic)] == ["2026-04-20 10:00"]


def test_a_visit_that_no_text_had_named_yet_needs_no_correction(clinic: ClinicDays) -> None:
    clinic.record_on_time(LASER, "2026-03-12 10:00")
    clinic.move(clinic.book(LASER, "2026-04-10 14:00"), "2026-04-14 14:00")

    assert clinic.plan_of("correction") == []
    assert clinic.tasks_of("tell-patient") == []


def test_a_correction_waits_for_the_next_allowed_minute(clinic: ClinicDays) -> None:
    clinic.record_on_time(LASER, "2026-03-12 10:00")
    visit = clinic.book(LASER, "2026-04-10 14:00")
    clinic.at("2026-04-09 10:00").dispatch().at("2026-04-09 21:30").move(visit, "2026-04-14 09:00")
    clinic.run_until("2026-04-10 09:00")

    assert [sent.at for sent in corrections(clinic)] == ["2026-04-10 08:00"]


def test_at_most_one_correction_of_a_visit_is_pending_and_the_latest_state_wins(any_clinic: ClinicDays) -> None:
    visit = told_of_a_visit(any_clinic)
    any_clinic.move(any_clinic.move(visit, "2026-04-14 09:00"), "2026-04-15 16:00")
    any_clinic.dispatch()

    (correction,) = corrections(any_clinic)
    assert "Wednesday, April 15 at 4:00 PM" in correction.body


def test_a_visit_moved_and_then_taken_back_is_corrected_as_taken_back(clinic: ClinicDays) -> None:
    clinic.unbook(clinic.move(told_of_a_visit(clinic), "2026-04-14 09:00"))
    clinic.dispatch()

    (correction,) = corrections(clinic)
    assert "is no longer booked" in correction.body


def test_no_correction_leaves_where_the_visit_came_back_to_what_the_text_had_said(any_clinic: ClinicDays) -> None:
    visit = told_of_a_visit(any_clinic)
    any_clinic.move(any_clinic.move(visit, "2026-04-14 09:00"), "2026-04-10 14:00")
    any_clinic.dispatch()

    assert corrections(any_clinic) == []
    assert any_clinic.plan_of("correction") == [(1, "2026-04-09 11:00", "cancelled", "changed_back")]


def test_a_visit_that_changes_again_after_its_correction_is_corrected_again(clinic: ClinicDays) -> None:
    moved = clinic.move(told_of_a_visit(clinic), "2026-04-14 09:00")
    clinic.dispatch().at("2026-04-09 12:00").move(moved, "2026-04-15 16:00")
    clinic.dispatch()

    assert [sent.short for sent in corrections(clinic)] == [
        ("2026-04-09 11:00", "correction 1"),
        ("2026-04-09 12:00", "correction 2"),
    ]


def test_a_visit_that_comes_back_after_its_correction_is_corrected_again(clinic: ClinicDays) -> None:
    moved = clinic.move(told_of_a_visit(clinic), "2026-04-14 09:00")
    clinic.dispatch().at("2026-04-09 12:00").move(moved, "2026-04-10 14:00")
    clinic.dispatch()

    assert "Your visit is now on Friday, April 10 at 2:00 PM" in corrections(clinic)[-1].body


def test_two_visits_told_wrongly_are_corrected_one_by_one(clinic: ClinicDays) -> None:
    clinic.record_on_time(LASER, "2026-03-12 10:00")
    visits = [clinic.book(LASER, "2026-04-10 14:00"), clinic.book(NEEDLING, "2026-04-10 15:00")]
    clinic.at("2026-04-09 10:00").dispatch()
    for visit in visits:
        clinic.unbook(visit)
    clinic.dispatch()

    assert [sent.rules for sent in corrections(clinic)] == [("correction 1",), ("correction 1",)]


def test_a_correction_is_a_message_of_its_own(clinic: ClinicDays) -> None:
    clinic.record_on_time(NEEDLING, "2026-04-09 09:30")
    visit = clinic.book(LASER, "2026-04-10 14:00")
    clinic.at("2026-04-09 10:00").dispatch().at("2026-04-10 09:00").move(visit, "2026-04-15 14:00")
    clinic.dispatch()

    assert clinic.sent_short()[-2:] == [("2026-04-10 09:00", "sunscreen 1"), ("2026-04-10 09:00", "correction 1")]


# ---- by which channel --------------------------------------------------------------------------------------------


def test_a_correction_takes_the_channel_of_the_text_it_puts_right(clinic: ClinicDays) -> None:
    clinic.record_on_time(LASER, "2026-03-12 10:00", consent=("email",))
    visit = clinic.book(LASER, "2026-04-10 14:00")
    clinic.at("2026-04-09 10:00").dispatch().opt_in("sms")
    clinic.move(visit, "2026-04-14 09:00")
    clinic.dispatch()

    assert [sent.channel for sent in corrections(clinic)] == ["email"]


def test_a_correction_takes_another_channel_with_consent_where_the_first_is_closed(clinic: ClinicDays) -> None:
    visit = told_of_a_visit(clinic)
    clinic.opt_out("sms")
    clinic.move(visit, "2026-04-14 09:00")
    clinic.dispatch()

    assert [sent.channel for sent in corrections(clinic)] == ["email"]


def test_where_no_channel_has_consent_the_desk_is_asked_to_call(clinic: ClinicDays) -> None:
    visit = told_of_a_visit(clinic)
    clinic.opt_out("sms")
    clinic.opt_out("email")
    clinic.move(visit, "2026-04-14 09:00")

    assert clinic.tasks() == [("tell-patient", "open")]
    assert clinic.plan_of("correction") == [(1, "2026-04-09 11:00", "withheld", "opted_out")]


# ---- too late to write -------------------------------------------------------------------------------------------


def test_a_correction_may_leave_until_two_hours_before_the_old_time(clinic: ClinicDays) -> None:
    visit = told_of_a_visit(clinic)
    clinic.at("2026-04-10 11:59").move(visit, "2026-04-14 09:00")
    clinic.dispatch()

    assert [sent.at for sent in corrections(clinic)] == ["2026-04-10 11:59"]


def test_less_than_two_hours_before_the_old_time_the_desk_calls_instead(clinic: ClinicDays) -> None:
    visit = told_of_a_visit(clinic)
    clinic.at("2026-04-10 12:01").move(visit, "2026-04-14 09:00")
    clinic.dispatch()

    assert corrections(clinic) == []
    assert [task.text for task in clinic.tasks_of("tell-patient")] == [
        "Call the patient: a text named the visit on Fri 10 Apr 2026, 14:00, and it is now on Tue 14 Apr 2026, 09:00. "
        "A correction could not go out."
    ]


def test_less_than_two_hours_before_the_new_time_the_desk_calls_instead(clinic: ClinicDays) -> None:
    visit = told_of_a_visit(clinic)
    clinic.at("2026-04-10 08:30").move(visit, "2026-04-10 10:00")

    assert clinic.tasks() == [("tell-patient", "open")]


def test_where_the_next_allowed_minute_is_too_late_the_desk_calls_instead(clinic: ClinicDays) -> None:
    visit = told_of_a_visit(clinic)
    clinic.at("2026-04-09 21:00").move(visit, "2026-04-10 09:30")

    assert clinic.tasks() == [("tell-patient", "open")]


def test_a_correction_that_the_service_was_too_late_for_becomes_a_call(clinic: ClinicDays) -> None:
    visit = told_of_a_visit(clinic)
    clinic.move(visit, "2026-04-14 09:00")
    clinic.at("2026-04-10 12:30").dispatch()

    assert corrections(clinic) == []
    assert clinic.tasks() == [("tell-patient", "open")]


def test_a_call_is_no_longer_asked_for_once_the_visit_is_what_the_text_had_said(clinic: ClinicDays) -> None:
    visit = told_of_a_visit(clinic)
    clinic.at("2026-04-10 12:30").move(visit, "2026-04-10 16:00")
    clinic.move(visit, "2026-04-10 14:00")

    assert clinic.tasks() == []


def test_a_visit_unbooked_after_its_time_asks_for_no_call(clinic: ClinicDays) -> None:
    clinic.record_on_time(LASER, "2026-03-10 10:00")
    session = clinic.book(LASER, "2026-04-10 14:00")
    clinic.run_until("2026-04-11 11:00").unbook(session)

    assert "tell-patient" not in [rule for rule, _ in clinic.tasks(all_of_them=True)]


def test_a_visit_is_not_moved_onto_a_day_that_is_booked_already(clinic: ClinicDays) -> None:
    clinic.record_on_time(LASER, "2026-03-10 10:00")
    clinic.book(LASER, "2026-04-10 14:00")
    other = clinic.book(LASER, "2026-05-10 14:00")

    with pytest.raises(Refusal, match="unbook session 2"):
        clinic.move(other, "2026-04-10 16:00")


def test_a_visit_booked_by_its_date_can_be_given_the_time_that_stood_in_for_it(clinic: ClinicDays) -> None:
    clinic.record_on_time(LASER, "2026-03-10 10:00")
    session = clinic.book(LASER, "2026-04-10")

    clinic.move(session, "2026-04-10 12:00")

    assert "12:00 PM" in str(next(line.body for line in clinic.plan() if line.rule == "preparation"))
