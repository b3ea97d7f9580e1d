"""Which booked visit a recorded procedure closes, and what is asked about one that nobody recorded."""

from __future__ import annotations

from tests.clinic import LASER, NEEDLING, ClinicDays


def test_a_recorded_procedure_closes_the_session_of_its_day(any_clinic: ClinicDays) -> None:
    any_clinic.record_on_time(LASER, "2026-03-10 10:00")
    visit = any_clinic.book(LASER, "2026-04-10 14:00")
    any_clinic.record_on_time(LASER, "2026-04-10 14:50")

    assert any_clinic.session_state(visit) == "performed"


def test_a_procedure_up_to_seven_days_away_closes_the_session(clinic: ClinicDays) -> None:
    clinic.record_on_time(LASER, "2026-03-10 10:00")
    visit = clinic.book(LASER, "2026-04-10 14:00")
    clinic.record_on_time(LASER, "2026-04-03 10:00")

    assert clinic.session_state(visit) == "performed"


def test_a_procedure_eight_days_away_closes_none(clinic: ClinicDays) -> None:
    clinic.record_on_time(LASER, "2026-03-10 10:00")
    visit = clinic.book(LASER, "2026-04-10 14:00")
    clinic.record_on_time(LASER, "2026-04-02 10:00")

    assert clinic.session_state(visit) == "open"


def test_a_procedure_after_the_booked_day_closes_the_session_too(clinic: ClinicDays) -> None:
    clinic.record_on_time(LASER, "2026-03-10 10:00")
    visit = clinic.book(LASER, "2026-04-10 14:00")
    clinic.record_on_time(LASER, "2026-04-17 18:00")

    assert clinic.session_state(visit) == "performed"


def test_a_procedure_closes_the_nearest_of_two_sessions(clinic: ClinicDays) -> None:
    clinic.record_on_time(LASER, "2026-03-10 10:00")
    far, near = clinic.book(LASER, "2026-04-06 14:00"), clinic.book(LASER, "2026-04-13 14:00")
    clinic.record_on_time(LASER, "2026-04-10 14:00")

    assert (clinic.session_state(far), clinic.session_state(near)) == ("open", "performed")


def test_between_two_equally_near_sessions_a_procedure_closes_the_earlier(clinic: ClinicDays) -> None:
    clinic.record_on_time(LASER, "2026-03-10 10:00")
    later, earlier = clinic.book(LASER, "2026-04-12 09:00"), clinic.book(LASER, "2026-04-08 18:00")
    clinic.record_on_time(LASER, "2026-04-10 12:00")

    assert (clinic.session_state(earlier), clinic.session_state(later)) == ("performed", "open")


def test_a_procedure_closes_no_session_of_another_treatment(clinic: ClinicDays) -> None:
    clinic.record_on_time(LASER, "2026-03-10 10:00")
    visit = clinic.book(NEEDLING, "2026-04-10 14:00")
    clinic.record_on_time(LASER, "2026-04-10 14:50")

    assert clinic.session_state(visit) == "open"


def test_the_second_procedure_of_a_day_closes_none(clinic: ClinicDays) -> None:
    clinic.record_on_time(LASER, "2026-03-10 10:00")
    first, second = clinic.book(LASER, "2026-04-10 14:00"), clinic.book(LASER, "2026-04-14 14:00")
    clinic.record_on_time(LASER, "2026-04-10 14:30", attributes={"site": "left"})
    clinic.record_on_time(LASER, "2026-04-10 14:50", attributes={"site": "right"})

    assert (clinic.session_state(first), clinic.session_state(second)) == ("performed", "open")


def test_the_second_procedure_of_a_day_closes_none_booked_after_the_first(clinic: ClinicDays) -> None:
    clinic.record_on_time(NEEDLING, "2026-03-10 10:00", attributes={"site": "left"})
    visit = clinic.at("2026-03-10 10:10").book(NEEDLING, "2026-03-16 10:00")
    clinic.record_on_time(NEEDLING, "2026-03-10 10:30", attributes={"site": "right"})

    assert clinic.session_state(visit) == "open"


def test_cancelling_the_procedure_opens_its_session_again(clinic: ClinicDays) -> None:
    clinic.record_on_time(LASER, "2026-03-10 10:00")
    visit = clinic.book(LASER, "2026-04-10 14:00")
    performed = clinic.record_on_time(LASER, "2026-04-08 14:00")
    clinic.cancel(performed)

    assert clinic.session_state(visit) == "open"
    assert clinic.plan_of("preparation") == [(1, "2026-04-09 10:00", "scheduled", None)]


def test_cancelling_one_of_two_body_sites_leaves_the_session_performed(clinic: ClinicDays) -> None:
    clinic.record_on_time(LASER, "2026-03-10 10:00")
    visit = clinic.book(LASER, "2026-04-10 14:00")
    first = clinic.record_on_time(LASER, "2026-04-10 14:30", attributes={"site": "left"})
    clinic.record_on_time(LASER, "2026-04-10 14:50", attributes={"site": "right"})
    clinic.cancel(first)

    assert clinic.session_state(visit) == "performed"


def test_correcting_the_date_of_one_of_two_body_sites_leaves_the_session_performed(clinic: ClinicDays) -> None:
    clinic.record_on_time(LASER, "2026-02-10 10:00")
    visit = clinic.book(LASER, "2026-04-10 14:00")
    first = clinic.record_on_time(LASER, "2026-04-10 14:30", attributes={"site": "left"})
    clinic.record_on_time(LASER, "2026-04-10 14:50", attributes={"site": "right"})
    clinic.correct(first, "2026-03-10 14:30")

    assert clinic.session_state(visit) == "performed"


def test_a_corrected_date_too_far_from_the_session_opens_it_again(clinic: ClinicDays) -> None:
    clinic.record_on_time(LASER, "2026-02-10 10:00")
    visit = clinic.book(LASER, "2026-04-10 14:00")
    performed = clinic.record_on_time(LASER, "2026-04-10 14:50")
    clinic.correct(performed, "2026-03-10 14:50")

    assert clinic.session_state(visit) == "open"


def test_a_performed_session_ends_its_preparation_text(clinic: ClinicDays) -> None:
    clinic.record_on_time(LASER, "2026-03-10 10:00")
    clinic.book(LASER, "2026-04-10 14:00")
    clinic.record_on_time(LASER, "2026-04-08 14:00")

    assert clinic.plan_of("preparation") == [(1, "2026-04-09 10:00", "cancelled", "session_ended")]


# ---- nobody recorded it ------------------------------------------------------------------------------------------


def test_the_desk_is_asked_the_next_day_at_ten_what_became_of_a_visit(clinic: ClinicDays) -> None:
    clinic.record_on_time(NEEDLING, "2026-03-10 10:00")
    clinic.book(NEEDLING, "2026-04-21 14:00")

    assert clinic.at("2026-04-22 09:59").tasks() == []
    assert clinic.at("2026-04-22 10:00").tasks() == [("session-outcome", "open")]


def test_recording_the_procedure_answers_the_question(clinic: ClinicDays) -> None:
    clinic.record_on_time(NEEDLING, "2026-03-10 10:00")
    clinic.book(NEEDLING, "2026-04-21 14:00")
    clinic.at("2026-04-22 11:00").record(NEEDLING, "2026-04-21 14:30")

    assert clinic.tasks() == []


def test_taking_the_visit_back_answers_the_question(clinic: ClinicDays) -> None:
    clinic.record_on_time(NEEDLING, "2026-03-10 10:00")
    visit = clinic.book(NEEDLING, "2026-04-21 14:00")
    clinic.at("2026-04-22 11:00").unbook(visit)

    assert clinic.tasks() == []


def test_moving_the_visit_asks_on_the_day_after_its_new_day(clinic: ClinicDays) -> None:
    clinic.record_on_time(NEEDLING, "2026-03-10 10:00")
    visit = clinic.book(NEEDLING, "2026-04-21 14:00")
    clinic.at("2026-04-22 11:00").move(visit, "2026-04-28 14:00")

    assert [(task.due, task.status) for task in clinic.tasks_of("session-outcome")] == [
        ("2026-04-22 10:00", "closed"),
        ("2026-04-29 10:00", "open"),
    ]


def test_the_question_stays_open_when_the_session_no_longer_counts(clinic: ClinicDays) -> None:
    clinic.record_on_time(NEEDLING, "2026-03-10 10:00")
    clinic.book(NEEDLING, "2026-04-21 14:00")
    clinic.at("2026-04-29 10:00").dispatch()

    assert clinic.tasks() == [("session-outcome", "open")]


def test_seven_days_after_its_day_a_session_no_longer_counts_as_open(any_clinic: ClinicDays) -> None:
    any_clinic.record_on_time(LASER, "2026-03-10 10:00")
    visit = any_clinic.book(LASER, "2026-04-12 14:00")

    assert any_clinic.at("2026-04-19 23:59").dispatch().session_state(visit) == "open"
    assert any_clinic.at("2026-04-20 00:00").dispatch().session_state(visit) == "lapsed"


def test_the_texts_about_booking_come_back_once_a_session_no_longer_counts(clinic: ClinicDays) -> None:
    clinic.record_on_time(LASER, "2026-03-10 10:00")
    clinic.book(LASER, "2026-04-12 14:00")
    clinic.at("2026-04-19 12:00").run_until("2026-04-20 12:00")

    assert clinic.sent_short() == [("2026-04-20 08:00", "next-session 2")]


def test_a_visit_entered_after_its_booking_lapsed_still_performs_it(clinic: ClinicDays) -> None:
    clinic.record_on_time(LASER, "2026-03-10 10:00")
    session = clinic.book(LASER, "2026-04-21 14:00")
    clinic.run_until("2026-04-30 09:00")
    assert clinic.session_state(session) == "lapsed"

    clinic.record(LASER, "2026-04-21 14:00")

    assert clinic.session_state(session) == "performed"
    assert "session-outcome" not in [rule for rule, _ in clinic.tasks()]
