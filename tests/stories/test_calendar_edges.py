"""Clocks that change, months that end early, and patients on another clock."""

from __future__ import annotations

import pytest

from reminders.model import InputRefusal
from tests.clinic import LASER, NEEDLING, ClinicDays

# ---- the clocks change -------------------------------------------------------------------------------------------


def test_a_laser_at_17_30_before_the_clocks_go_forward_counts_24_hours_as_they_pass(clinic: ClinicDays) -> None:
    clinic.record_on_time(LASER, "2026-03-07 17:30")
    clinic.run_until("2026-03-08 20:00")

    assert clinic.sent_short() == [
        ("2026-03-07 17:30", "icing 1"),
        ("2026-03-08 09:00", "sunscreen 1"),
        ("2026-03-08 09:30", "icing 6"),
        ("2026-03-08 12:30", "icing 7"),
        ("2026-03-08 15:30", "icing 8"),
    ]


def test_a_laser_at_17_30_before_the_clocks_go_back_counts_24_hours_as_they_pass(any_clinic: ClinicDays) -> None:
    any_clinic.record_on_time(LASER, "2026-10-31 17:30")
    any_clinic.run_until("2026-11-01 20:00")

    assert any_clinic.sent_short() == [
        ("2026-10-31 17:30", "icing 1"),
        ("2026-11-01 09:00", "sunscreen 1"),
        ("2026-11-01 10:30", "icing 7"),
        ("2026-11-01 13:30", "icing 8"),
    ]


def test_across_either_change_the_days_after_keep_their_local_times(clinic: ClinicDays) -> None:
    clinic.record_on_time(LASER, "2026-03-07 17:30")
    spring = [clinic.plan_of("swelling")[0][1], clinic.plan_of("pinkness")[0][1]]

    assert spring == ["2026-03-09 10:00", "2026-03-12 10:00"]


def test_after_the_clocks_go_back_the_days_after_keep_their_local_times(clinic: ClinicDays) -> None:
    clinic.record_on_time(LASER, "2026-10-31 17:30")
    autumn = [clinic.plan_of("swelling")[0][1], clinic.plan_of("pinkness")[0][1]]

    assert autumn == ["2026-11-02 10:00", "2026-11-05 10:00"]


def test_six_weeks_across_the_change_are_42_days(clinic: ClinicDays) -> None:
    clinic.record_on_time(NEEDLING, "2026-03-07 17:30")

    assert [due for _, due, _, _ in clinic.plan_of("next-session")] == ["2026-04-11 10:00", "2026-04-18 10:00"]


def test_a_time_that_the_clocks_jumped_over_is_refused(clinic: ClinicDays) -> None:
    with pytest.raises(InputRefusal, match="02:30 did not exist on 2026-03-08"):
        clinic.at("2026-03-09 10:00").record(LASER, "2026-03-08 02:30")


def test_a_time_that_the_clocks_show_twice_is_the_first_of_the_two(clinic: ClinicDays) -> None:
    clinic.at("2026-11-01 10:00").record(LASER, "2026-11-01 01:30")

    assert clinic.record(LASER, "2026-11-01 01:30-04:00") == 1


# ---- the 31st ----------------------------------------------------------------------------------------------------


def test_a_laser_on_31_january_may_be_repeated_on_28_february(clinic: ClinicDays) -> None:
    clinic.record_on_time(LASER, "2026-01-31 10:00")

    assert clinic.plan_of("next-session") == [
        (1, "2026-02-21 10:00", "scheduled", None),
        (2, "2026-02-28 10:00", "scheduled", None),
    ]


def test_in_a_leap_year_it_may_be_repeated_on_29_february(clinic: ClinicDays) -> None:
    clinic.record_on_time(LASER, "2028-01-31 10:00")

    assert [line.target_on for line in clinic.plan() if line.rule == "next-session"] == ["2028-02-29", "2028-02-29"]


def test_the_text_names_28_february_on_that_day(clinic: ClinicDays) -> None:
    clinic.record_on_time(LASER, "2026-01-31 10:00")
    clinic.at("2026-02-28 10:00").dispatch()

    assert "February 28" in clinic.sent()[-1].body


def test_a_month_counts_from_the_actual_day_and_never_from_a_shortened_one(clinic: ClinicDays) -> None:
    clinic.record_on_time(LASER, "2026-01-31 10:00")
    clinic.record_on_time(LASER, "2026-03-31 10:00")

    assert clinic.plan_of("next-session")[-1][1] == "2026-04-30 10:00"


# ---- a date alone ------------------------------------------------------------------------------------------------


def test_a_date_without_a_time_counts_hours_from_noon(clinic: ClinicDays) -> None:
    clinic.at("2026-03-10 18:30").record(LASER, "2026-03-10")

    assert [due for _, due, _, _ in clinic.plan_of("icing")][:2] == ["2026-03-10 12:00", "2026-03-10 15:00"]


def test_today_without_a_time_is_not_in_the_future_before_noon(clinic: ClinicDays) -> None:
    clinic.at("2026-03-10 09:00").record(LASER, "2026-03-10")

    assert clinic.plan_of("icing")[0] == (1, "2026-03-10 12:00", "scheduled", None)


def test_tomorrow_is_refused_with_the_booking_to_make_instead(clinic: ClinicDays) -> None:
    with pytest.raises(InputRefusal, match="reminders book PATIENT --treatment fractional-laser --starts-at"):
        clinic.at("2026-03-10 09:00").record(LASER, "2026-03-11")


def test_a_booking_in_the_past_is_refused(clinic: ClinicDays) -> None:
    clinic.record_on_time(LASER, "2026-03-10 10:00")

    with pytest.raises(InputRefusal, match="record the procedure"):
        clinic.book(LASER, "2026-03-10 09:00")


# ---- a patient in another zone -----------------------------------------------------------------------------------


def test_a_patient_further_west_gets_texts_at_hours_of_their_own(clinic: ClinicDays) -> None:
    clinic.record_on_time(LASER, "2026-03-10 09:30", time_zone="America/Los_Angeles")
    clinic.run_until("2026-03-11 13:00")

    assert clinic.sent_short() == [
        ("2026-03-10 11:00", "icing 1"),
        ("2026-03-10 12:30", "icing 2"),
        ("2026-03-10 15:30", "icing 3"),
        ("2026-03-10 18:30", "icing 4"),
        ("2026-03-10 21:30", "icing 5"),
        ("2026-03-11 12:00", "sunscreen 1"),
    ]


def test_their_first_icing_waits_for_their_own_morning(clinic: ClinicDays) -> None:
    clinic.record_on_time(LASER, "2026-03-10 09:30", time_zone="America/Los_Angeles")

    assert clinic.plan_of("icing")[0] == (1, "2026-03-10 08:00", "scheduled", None)


def test_their_days_count_from_the_date_on_their_own_clock(clinic: ClinicDays) -> None:
    clinic.record_on_time(NEEDLING, "2026-03-10 15:00", time_zone="Asia/Tokyo")

    assert clinic.plan_of("sunscreen")[0][1] == "2026-03-12 09:00"


def test_the_target_that_their_texts_name_is_the_clinics_date(clinic: ClinicDays) -> None:
    clinic.record_on_time(NEEDLING, "2026-03-10 15:00", time_zone="Asia/Tokyo")

    lines = [line for line in clinic.plan() if line.rule == "next-session"]
    assert {line.target_on for line in lines} == {"2026-04-21"}
    assert [line.due_local[:16] for line in lines] == ["2026-04-14T10:00", "2026-04-21T10:00"]


def test_the_day_before_their_visit_is_counted_on_their_own_clock(clinic: ClinicDays) -> None:
    clinic.record_on_time(NEEDLING, "2026-03-10 15:00", time_zone="Asia/Tokyo")
    clinic.book(NEEDLING, "2026-04-21 14:00")

    assert clinic.plan_of("appointment")[0][1] == "2026-04-21 10:00"


def test_their_text_names_the_visit_on_the_clinics_clock(clinic: ClinicDays) -> None:
    clinic.record_on_time(NEEDLING, "2026-03-10 15:00", time_zone="Asia/Tokyo")
    clinic.book(NEEDLING, "2026-04-21 14:00")
    clinic.at("2026-04-20 21:00").dispatch()

    assert "Your visit is on Tuesday, April 21 at 2:00 PM." in clinic.sent()[-1].body
