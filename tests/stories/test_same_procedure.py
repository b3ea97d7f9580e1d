"""The same procedure, entered twice, with another time, or on another body site of the same day."""

from __future__ import annotations

import pytest

from reminders.model import Refusal
from tests.clinic import LASER, NEEDLING, ClinicDays


def test_the_same_procedure_entered_twice_returns_the_first(clinic: ClinicDays) -> None:
    """R3"""
    first = clinic.record_on_time(LASER, "2026-03-10 10:00")

    assert clinic.record(LASER, "2026-03-10 10:00") == first


def test_the_same_procedure_entered_twice_has_one_set_of_reminders(any_clinic: ClinicDays) -> None:
    """R3"""
    any_clinic.record_on_time(LASER, "2026-03-10 10:00")
    once = any_clinic.plan()
    any_clinic.record(LASER, "2026-03-10 10:00")

    assert any_clinic.plan() == once


def test_the_same_procedure_entered_again_after_a_text_left_sends_it_no_second_time(clinic: ClinicDays) -> None:
    """R3"""
    clinic.record_on_time(LASER, "2026-03-10 10:00")
    clinic.dispatch().record(LASER, "2026-03-10 10:00")
    clinic.dispatch()

    assert clinic.sent_short() == [("2026-03-10 10:00", "icing 1")]


def test_a_second_entry_without_a_time_returns_the_first(clinic: ClinicDays) -> None:
    first = clinic.record_on_time(LASER, "2026-03-10 10:00")

    assert clinic.record(LASER, "2026-03-10") == first


def test_a_second_entry_with_the_same_instant_in_another_offset_returns_the_first(clinic: ClinicDays) -> None:
    first = clinic.record_on_time(LASER, "2026-03-10 10:00")

    assert clinic.record(LASER, "2026-03-10 14:00Z") == first


def test_a_second_entry_with_another_time_is_refused_and_names_the_correction(clinic: ClinicDays) -> None:
    first = clinic.record_on_time(LASER, "2026-03-10 10:00")

    with pytest.raises(Refusal, match=f"reminders correct {first} --performed-at"):
        clinic.record(LASER, "2026-03-10 09:00")


def test_the_same_day_means_the_clinics_own_day(clinic: ClinicDays) -> None:
    first = clinic.record_on_time(LASER, "2026-03-10 00:30")

    assert clinic.at("2026-03-11 10:00").record(LASER, "2026-03-09 23:30") != first


def test_another_treatment_of_that_day_is_another_procedure(clinic: ClinicDays) -> None:
    first = clinic.record_on_time(LASER, "2026-03-10 10:00")

    assert clinic.record(NEEDLING, "2026-03-10 10:00") != first


def test_a_cancelled_procedure_can_be_entered_anew(clinic: ClinicDays) -> None:
    first = clinic.record_on_time(LASER, "2026-03-10 10:00")
    clinic.cancel(first)

    assert clinic.record(LASER, "2026-03-10 10:00") != first


# ---- two body sites ----------------------------------------------------------------------------------------------


def test_two_body_sites_of_one_day_are_two_procedures(clinic: ClinicDays) -> None:
    first = clinic.record_on_time(LASER, "2026-03-10 10:00", attributes={"site": "left"})

    assert clinic.record(LASER, "2026-03-10 10:00", attributes={"site": "right"}) != first


def test_two_body_sites_of_one_day_share_one_set_of_reminders(clinic: ClinicDays) -> None:
    clinic.record_on_time(LASER, "2026-03-10 10:00", attributes={"site": "left"})
    clinic.record(LASER, "2026-03-10 10:00", attributes={"site": "right"})

    assert len(clinic.plan_of("swelling")) == 1


def test_the_reminders_of_two_body_sites_count_from_the_later_one(clinic: ClinicDays) -> None:
    clinic.at("2026-03-10 11:00").record(LASER, "2026-03-10 10:00", attributes={"site": "left"})
    clinic.record(LASER, "2026-03-10 11:00", attributes={"site": "right"})
    clinic.run_until("2026-03-10 20:00")

    assert clinic.sent_short() == [
        ("2026-03-10 11:00", "icing 1"),
        ("2026-03-10 14:00", "icing 2"),
        ("2026-03-10 17:00", "icing 3"),
    ]


def test_an_earlier_body_site_entered_second_moves_nothing(clinic: ClinicDays) -> None:
    clinic.at("2026-03-10 11:00").record(LASER, "2026-03-10 11:00", attributes={"site": "left"})
    once = clinic.plan_of("icing")
    clinic.record(LASER, "2026-03-10 10:00", attributes={"site": "right"})

    assert clinic.plan_of("icing") == once


def test_two_body_sites_of_one_day_are_one_session_of_the_course(clinic: ClinicDays) -> None:
    clinic.record_on_time(LASER, "2026-03-10 10:00", planned_sessions=2, attributes={"site": "left"})
    clinic.record(LASER, "2026-03-10 10:00", attributes={"site": "right"})

    assert [status for _, _, status, _ in clinic.plan_of("next-session")] == ["scheduled", "scheduled"]


def test_cancelling_one_body_site_keeps_the_reminders_of_the_other(clinic: ClinicDays) -> None:
    clinic.record_on_time(LASER, "2026-03-10 10:00", attributes={"site": "left"})
    second = clinic.record(LASER, "2026-03-10 10:00", attributes={"site": "right"})
    clinic.cancel(second)

    assert clinic.plan_of("swelling") == [(1, "2026-03-12 10:00", "scheduled", None)]


def test_cancelling_the_first_of_two_sites_sends_nothing_of_the_day_again(any_clinic: ClinicDays) -> None:
    first = any_clinic.record_on_time(LASER, "2026-03-10 10:00", attributes={"site": "left"})
    any_clinic.record(LASER, "2026-03-10 10:00", attributes={"site": "right"})
    any_clinic.run_until("2026-03-12 11:00")
    before = any_clinic.sent_short()

    any_clinic.cancel(first)
    any_clinic.dispatch()

    assert any_clinic.sent_short() == before
    assert any_clinic.plan_of("pinkness") == [(1, "2026-03-15 10:00", "scheduled", None)]


def test_a_procedure_entered_anew_after_a_cancelled_one_has_reminders_of_its_own(clinic: ClinicDays) -> None:
    clinic.cancel(clinic.record_on_time(LASER, "2026-03-10 10:00"))
    anew = clinic.record(LASER, "2026-03-10 10:00")

    pending = [line.procedure for line in clinic.plan() if line.status == "scheduled"]

    assert set(pending) == {anew}


def test_a_second_entry_that_sets_the_course_names_the_command_for_it(clinic: ClinicDays) -> None:
    clinic.record_on_time(LASER, "2026-03-10 10:00")

    with pytest.raises(Refusal, match="reminders decide 1 --treatment fractional-laser --planned-sessions 1"):
        clinic.record(LASER, "2026-03-10 10:00", planned_sessions=1)
