"""A clinician sets figures of a rule for one patient: her reminders follow, everybody else's stay."""

from __future__ import annotations

import pytest

from reminders.model import InputRefusal, Refusal
from tests.clinic import LASER, ClinicDays


def test_a_figure_that_is_set_moves_what_is_pending(any_clinic: ClinicDays) -> None:
    procedure = any_clinic.record_on_time(LASER, "2026-03-10 10:00")
    any_clinic.override(procedure, "swelling", "from = { days = 3 }")

    assert any_clinic.plan_of("swelling") == [(1, "2026-03-13 10:00", "scheduled", None)]
    assert any_clinic.replan() == 0


def test_what_is_set_twice_is_set_together(clinic: ClinicDays) -> None:
    procedure = clinic.record_on_time(LASER, "2026-03-10 10:00")
    clinic.override(procedure, "swelling", "from = { days = 3 }")
    clinic.override(procedure, "swelling", 'at = { time = "15:00" }')

    assert clinic.plan_of("swelling") == [(1, "2026-03-13 15:00", "scheduled", None)]


def test_a_time_may_stand_without_quotes(clinic: ClinicDays) -> None:
    procedure = clinic.record_on_time(LASER, "2026-03-10 10:00")
    clinic.override(procedure, "swelling", "at = { time = 15:00:00 }")

    assert clinic.plan_of("swelling") == [(1, "2026-03-12 15:00", "scheduled", None)]


def test_what_is_cleared_is_as_the_file_says_again(any_clinic: ClinicDays) -> None:
    procedure = any_clinic.record_on_time(LASER, "2026-03-10 10:00")
    any_clinic.override(procedure, "swelling", "from = { days = 3 }")
    any_clinic.clear_override(procedure, "swelling")

    assert any_clinic.plan_of("swelling") == [(1, "2026-03-12 10:00", "scheduled", None)]
    any_clinic.override(procedure, "swelling", 'at = { time = "15:00" }')
    assert any_clinic.plan_of("swelling") == [(1, "2026-03-12 15:00", "scheduled", None)]


def test_nothing_to_clear_is_refused(clinic: ClinicDays) -> None:
    procedure = clinic.record_on_time(LASER, "2026-03-10 10:00")

    with pytest.raises(Refusal, match="Nothing is set for 'swelling' of procedure 1: there is nothing to clear"):
        clinic.clear_override(procedure, "swelling")


def test_what_has_left_is_not_sent_again(clinic: ClinicDays) -> None:
    procedure = clinic.record_on_time(LASER, "2026-03-10 10:00")
    clinic.run_until("2026-03-12 12:00").override(procedure, "swelling", "from = { days = 3 }")
    clinic.run_until("2026-03-14 12:00")

    assert [rule for _, rule in clinic.sent_short()].count("swelling 1") == 1


def test_other_patients_and_other_procedures_keep_the_rule(clinic: ClinicDays) -> None:
    first = clinic.record_on_time(LASER, "2026-03-10 10:00")
    clinic.record(LASER, "2026-03-10 10:00", name="Ben Ode", phone="+16175550143", email=None, consent=("sms",))
    clinic.override(first, "swelling", "from = { days = 3 }")
    clinic.at("2026-04-14 10:00").record(LASER, "2026-04-14 10:00")

    assert [due for _, due, _, _ in clinic.plan_of("swelling")] == ["2026-03-13 10:00", "2026-04-16 10:00"]
    assert [due for _, due, _, _ in clinic.plan_of("swelling", 2)] == ["2026-03-12 10:00"]


def test_the_interval_of_the_treatment_can_be_set(clinic: ClinicDays) -> None:
    procedure = clinic.record_on_time(LASER, "2026-03-10 10:00")
    clinic.override(procedure, "treatment", "interval = { weeks = 8 }")

    assert [due for _, due, _, _ in clinic.plan_of("next-session")] == ["2026-04-28 10:00", "2026-05-05 10:00"]


def test_the_latest_procedures_figures_count_for_a_booked_visit(clinic: ClinicDays) -> None:
    procedure = clinic.record_on_time(LASER, "2026-03-10 10:00")
    clinic.override(procedure, "preparation", "from = { days = -3 }")
    clinic.book(LASER, "2026-04-14 10:00")

    assert [due for _, due, _, _ in clinic.plan_of("preparation")] == ["2026-04-11 10:00"]


def test_figures_that_cannot_be_are_refused_with_every_fault(clinic: ClinicDays) -> None:
    procedure = clinic.record_on_time(LASER, "2026-03-10 10:00")

    with pytest.raises(InputRefusal) as refusal:
        clinic.override(procedure, "swelling", 'from = 5\nat = { time = "25:00" }\nquiet = "skip"')

    said = str(refusal.value).splitlines()
    assert said[0] == "This cannot be set for 'swelling':"
    assert [line.split(":")[0].strip() for line in said[1:]] == ["from", "at.time", "quiet"]


def test_figures_that_an_edit_of_the_file_has_made_impossible_let_nothing_leave(clinic: ClinicDays) -> None:
    procedure = clinic.record_on_time(LASER, "2026-03-10 10:00")
    clinic.override(procedure, "swelling", "from = { days = 3 }")
    clinic.edit_config("{ end_of_day = 3,", "{ end_of_day = 2,")
    clinic.replan()

    assert clinic.plan_of("swelling") == [(1, "2026-03-12 10:00", "withheld", "override_faulty")]


# ---- how the plan marks it -----------------------------------------------------------------------------------------


def list_marked(clinic: ClinicDays) -> set[str]:
    return {line.rule for line in clinic.plan() if line.overridden}


def test_the_plan_marks_the_lines_that_follow_what_is_set(clinic: ClinicDays) -> None:
    procedure = clinic.record_on_time(LASER, "2026-03-10 10:00")
    assert list_marked(clinic) == set()

    clinic.override(procedure, "swelling", "from = { days = 3 }")
    clinic.override(procedure, "treatment", "interval = { weeks = 8 }")
    assert list_marked(clinic) == {"swelling", "next-session"}

    clinic.clear_override(procedure, "treatment")
    assert list_marked(clinic) == {"swelling"}


def test_a_text_that_left_before_is_not_marked(clinic: ClinicDays) -> None:
    procedure = clinic.record_on_time(LASER, "2026-03-10 10:00")
    clinic.run_until("2026-03-10 15:00").override(procedure, "icing", "repeat = { every = { hours = 2 } }")

    marked = {line.occurrence: line.overridden for line in clinic.plan() if line.rule == "icing"}
    assert (marked[1], marked[2], marked[3]) == (False, False, True)


def test_one_set_of_reminders_follows_the_procedure_of_the_day_that_has_figures(clinic: ClinicDays) -> None:
    clinic.record_on_time(LASER, "2026-03-10 10:00", attributes={"side": "left"})
    second = clinic.record(LASER, "2026-03-10 10:00", attributes={"side": "right"})
    clinic.override(second, "swelling", "from = { days = 3 }")

    assert clinic.plan_of("swelling") == [(1, "2026-03-13 10:00", "scheduled", None)]
    assert list_marked(clinic) == {"swelling"}
