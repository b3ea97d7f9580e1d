"""A rule is edited in `config.toml`: nothing moves by itself, and `replan` does it."""

from __future__ import annotations

from reminders.daemon import count_pending_changes
from tests.clinic import LASER, NEEDLING, ClinicDays

PINKNESS = 'from = { days = 5, source = { document = "ice-pick-scars", section = "Fractional Laser Treatment"'
PINKNESS_EARLIER = PINKNESS.replace("days = 5", "days = 4")


def test_nothing_moves_by_itself_when_a_rule_is_edited(clinic: ClinicDays) -> None:
    clinic.record_on_time(LASER, "2026-03-10 10:00")
    clinic.edit_config(PINKNESS, PINKNESS_EARLIER)
    clinic.run_until("2026-03-15 12:00")

    assert ("2026-03-15 10:00", "pinkness 1") in clinic.sent_short()


def test_a_replan_moves_what_is_pending(clinic: ClinicDays) -> None:
    clinic.record_on_time(LASER, "2026-03-10 10:00")
    clinic.edit_config(PINKNESS, PINKNESS_EARLIER)

    assert clinic.replan() == 1
    assert clinic.plan_of("pinkness") == [(1, "2026-03-14 10:00", "scheduled", None)]


def test_a_second_replan_changes_nothing(clinic: ClinicDays) -> None:
    clinic.record_on_time(LASER, "2026-03-10 10:00")
    clinic.edit_config(PINKNESS, PINKNESS_EARLIER)
    clinic.replan()

    assert clinic.replan() == 0


def test_what_was_sent_stays_as_it_was(clinic: ClinicDays) -> None:
    clinic.record_on_time(LASER, "2026-03-10 10:00")
    clinic.run_until("2026-03-15 12:00")
    clinic.edit_config(PINKNESS, PINKNESS_EARLIER)
    clinic.replan()

    assert clinic.plan_of("pinkness") == [(1, "2026-03-15 10:00", "sent", None)]


def test_the_daemon_counts_what_a_replan_would_change_and_changes_nothing(any_clinic: ClinicDays) -> None:
    any_clinic.record_on_time(LASER, "2026-03-10 10:00")
    any_clinic.record(LASER, "2026-03-10 10:00", name="Ben Roy", phone="+16175550143", email=None, consent=("sms",))
    any_clinic.edit_config(PINKNESS, PINKNESS_EARLIER)

    assert (count_pending_changes(any_clinic.work), count_pending_changes(any_clinic.work)) == (2, 2)


def test_while_no_rule_is_edited_a_replan_would_change_nothing(clinic: ClinicDays) -> None:
    clinic.record_on_time(LASER, "2026-03-10 10:00")
    clinic.book(NEEDLING, "2026-04-09 10:00")

    assert count_pending_changes(clinic.work) == 0


def test_a_night_that_passes_is_no_edited_rule(clinic: ClinicDays) -> None:
    clinic.record_on_time(LASER, "2026-03-10 10:00")
    clinic.run_until("2026-03-11 12:00")

    assert count_pending_changes(clinic.work) == 0


def test_the_reminders_of_a_treatment_that_was_taken_out_close_at_the_replan(clinic: ClinicDays) -> None:
    clinic.record_on_time(LASER, "2026-03-10 10:00")
    clinic.edit_config("fractional-laser", "other-laser")
    clinic.replan()

    assert {(line.status, line.reason) for line in clinic.plan()} == {("cancelled", "rule_removed")}
