"""What the desk is asked about two visits too near each other, and when it is asked again."""

from __future__ import annotations

from tests.clinic import LASER, NEEDLING, ClinicDays


def test_a_needling_booked_before_six_weeks_are_over_is_too_early(clinic: ClinicDays) -> None:
    clinic.record_on_time(NEEDLING, "2026-03-10 10:00")
    clinic.book(NEEDLING, "2026-04-20 10:00")

    (task,) = clinic.tasks_of("too-early")
    assert (task.due, task.status) == ("2026-03-10 10:00", "open")


def test_a_needling_booked_on_the_day_they_are_over_is_not(clinic: ClinicDays) -> None:
    clinic.record_on_time(NEEDLING, "2026-03-10 23:30")
    clinic.book(NEEDLING, "2026-04-21 08:00")

    assert clinic.tasks_of("too-early") == []


def test_a_needling_recorded_before_six_weeks_are_over_is_too_early(clinic: ClinicDays) -> None:
    clinic.record_on_time(NEEDLING, "2026-03-10 10:00")
    clinic.record_on_time(NEEDLING, "2026-04-20 10:00")

    assert clinic.tasks() == [("too-early", "open")]


def test_a_laser_before_its_month_is_over_is_not_too_early(clinic: ClinicDays) -> None:
    clinic.record_on_time(LASER, "2026-03-10 10:00")
    clinic.book(LASER, "2026-03-24 10:00")

    assert clinic.tasks() == []


def test_a_needling_booked_before_the_next_laser_may_be_overlaps(clinic: ClinicDays) -> None:
    clinic.record_on_time(LASER, "2026-03-10 10:00")
    clinic.book(NEEDLING, "2026-04-09 10:00")

    assert clinic.tasks() == [("overlap", "open")]


def test_a_needling_booked_on_the_day_of_the_next_laser_does_not_overlap(clinic: ClinicDays) -> None:
    clinic.record_on_time(LASER, "2026-03-10 10:00")
    clinic.book(NEEDLING, "2026-04-10 10:00")

    assert clinic.tasks() == []


def test_a_recorded_procedure_overlaps_the_latest_earlier_one_of_the_other_treatment(clinic: ClinicDays) -> None:
    clinic.record_on_time(LASER, "2026-03-10 10:00")
    clinic.record_on_time(LASER, "2026-04-10 10:00")
    clinic.record_on_time(NEEDLING, "2026-04-20 10:00")

    (task,) = clinic.tasks_of("overlap")
    assert "counted from Fractional laser treatment on Fri 10 Apr 2026" in task.text


def test_two_treatments_on_one_day_overlap_by_their_order(clinic: ClinicDays) -> None:
    clinic.record_on_time(LASER, "2026-03-10 10:00")
    clinic.record_on_time(NEEDLING, "2026-03-10 11:00")

    (task,) = clinic.tasks_of("overlap")
    assert task.text.startswith("Check with the clinician: Skin needling on Tue 10 Mar 2026")


def test_a_flagged_booking_that_is_performed_asks_nothing_new(any_clinic: ClinicDays) -> None:
    any_clinic.record_on_time(NEEDLING, "2026-03-10 10:00")
    any_clinic.book(NEEDLING, "2026-04-20 10:00")
    any_clinic.complete("too-early")
    any_clinic.record_on_time(NEEDLING, "2026-04-20 10:40")

    assert [task.status for task in any_clinic.tasks_of("too-early")] == ["done"]


def test_a_flagged_booking_that_overlaps_and_is_performed_asks_nothing_new(clinic: ClinicDays) -> None:
    clinic.record_on_time(LASER, "2026-03-10 10:00")
    clinic.book(NEEDLING, "2026-04-09 10:00")
    clinic.complete("overlap")
    clinic.record_on_time(NEEDLING, "2026-04-09 10:40")

    assert [task.status for task in clinic.tasks_of("overlap")] == ["done"]


def test_a_flagged_booking_is_asked_about_again_when_its_day_changes(clinic: ClinicDays) -> None:
    clinic.record_on_time(NEEDLING, "2026-03-10 10:00")
    visit = clinic.book(NEEDLING, "2026-04-20 10:00")
    clinic.complete("too-early")
    clinic.move(visit, "2026-04-17 10:00")

    assert [task.status for task in clinic.tasks_of("too-early")] == ["done", "open"]


def test_it_is_asked_about_again_when_the_earlier_procedures_day_changes(clinic: ClinicDays) -> None:
    earlier = clinic.record_on_time(NEEDLING, "2026-03-10 10:00")
    clinic.book(NEEDLING, "2026-04-17 10:00")
    clinic.complete("too-early")
    clinic.correct(earlier, "2026-03-09 10:00")

    assert [task.status for task in clinic.tasks_of("too-early")] == ["done", "open"]


def test_a_change_of_the_time_on_the_same_day_asks_nothing_new(clinic: ClinicDays) -> None:
    clinic.record_on_time(NEEDLING, "2026-03-10 10:00")
    visit = clinic.book(NEEDLING, "2026-04-20 10:00")
    clinic.complete("too-early")
    clinic.move(visit, "2026-04-20 16:00")

    assert [task.status for task in clinic.tasks_of("too-early")] == ["done"]


def test_a_task_closes_by_itself_when_its_facts_go_away(clinic: ClinicDays) -> None:
    clinic.record_on_time(NEEDLING, "2026-03-10 10:00")
    visit = clinic.book(NEEDLING, "2026-04-20 10:00")
    clinic.move(visit, "2026-04-21 10:00")

    assert [task.status for task in clinic.tasks_of("too-early")] == ["closed"]


def test_a_task_that_closed_by_itself_opens_again_with_its_facts(clinic: ClinicDays) -> None:
    clinic.record_on_time(NEEDLING, "2026-03-10 10:00")
    moved = clinic.move(clinic.book(NEEDLING, "2026-04-20 10:00"), "2026-04-21 10:00")
    clinic.move(moved, "2026-04-20 10:00")

    assert [task.status for task in clinic.tasks_of("too-early")] == ["open"]


def test_a_done_task_does_not_return_while_its_facts_stand(clinic: ClinicDays) -> None:
    clinic.record_on_time(NEEDLING, "2026-03-10 10:00", session=3)
    clinic.complete("decide-course")
    clinic.edit(language="en")

    assert [task.status for task in clinic.tasks_of("decide-course")] == ["done"]


def test_a_done_task_returns_when_its_facts_change(clinic: ClinicDays) -> None:
    clinic.record_on_time(NEEDLING, "2026-03-10 10:00", session=3)
    clinic.complete("decide-course")
    clinic.record_on_time(NEEDLING, "2026-04-21 10:00")

    assert [task.status for task in clinic.tasks_of("decide-course")] == ["done", "open"]


def test_a_task_that_says_no_time_is_due_at_once_and_at_night_too(clinic: ClinicDays) -> None:
    clinic.record_on_time(NEEDLING, "2026-03-10 22:30", session=3)

    assert clinic.tasks() == [("decide-course", "open")]


def test_two_treatments_of_one_day_entered_by_their_date_overlap(clinic: ClinicDays) -> None:
    clinic.at("2026-03-10 15:00").record(LASER, "2026-03-10")
    clinic.record(NEEDLING, "2026-03-10")

    assert ("overlap", "open") in clinic.tasks()
