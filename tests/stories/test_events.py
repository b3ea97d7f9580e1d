"""What happens to a procedure later is recorded, and what the patient answers: the texts that hang on it follow."""

from __future__ import annotations

import pytest

from reminders.model import InputRefusal, Refusal
from tests.clinic import LASER, NEEDLING, ClinicDays

NAME = 'name = "Fractional laser treatment"\n'
DECLARED = NAME + 'events = ["healed", "result-in"]\nquestions = { pain = ["yes", "no"] }\n'
PINKNESS = '[treatments.fractional-laser.rules.pinkness]\nanchor = "procedure_date"\n'
AFTER_HEALING = PINKNESS.replace('"procedure_date"', '{ event = "healed" }')
SWELLING = '[treatments.fractional-laser.rules.swelling]\nanchor = "procedure_date"\n'
IF_IT_HURTS = SWELLING + 'when = { answer = { pain = "yes" } }\n'


@pytest.fixture
def healing(any_clinic: ClinicDays) -> ClinicDays:
    """The text on pinkness comes five days after healing; that on swelling to those it hurts."""
    any_clinic.edit_config(NAME, DECLARED, (PINKNESS, AFTER_HEALING), (SWELLING, IF_IT_HURTS))
    return any_clinic


def test_nothing_is_planned_of_an_event_that_has_not_happened(healing: ClinicDays) -> None:
    healing.record_on_time(LASER, "2026-03-10 10:00")

    assert healing.plan_of("pinkness") == []


def test_a_recorded_event_plans_the_texts_that_count_from_it(healing: ClinicDays) -> None:
    procedure = healing.record_on_time(LASER, "2026-03-10 10:00")
    healing.at("2026-03-16 09:00").happen(procedure, "healed", "2026-03-14 16:00")

    assert healing.plan_of("pinkness") == [(1, "2026-03-19 10:00", "scheduled", None)]
    assert healing.replan() == 0


def test_without_a_time_it_happens_now(healing: ClinicDays) -> None:
    procedure = healing.record_on_time(LASER, "2026-03-10 10:00")
    healing.at("2026-03-16 09:00").happen(procedure, "healed")

    assert healing.plan_of("pinkness") == [(1, "2026-03-21 10:00", "scheduled", None)]


def test_an_event_recorded_twice_stays_where_it_was(healing: ClinicDays) -> None:
    procedure = healing.record_on_time(LASER, "2026-03-10 10:00")
    healing.at("2026-03-14 16:00").happen(procedure, "healed")
    healing.at("2026-03-16 09:00").happen(procedure, "healed")

    assert healing.plan_of("pinkness") == [(1, "2026-03-19 10:00", "scheduled", None)]


def test_an_event_recorded_with_another_time_moves(healing: ClinicDays) -> None:
    procedure = healing.record_on_time(LASER, "2026-03-10 10:00")
    healing.at("2026-03-16 09:00").happen(procedure, "healed", "2026-03-14 16:00")
    healing.happen(procedure, "healed", "2026-03-15")

    assert healing.plan_of("pinkness") == [(1, "2026-03-20 10:00", "scheduled", None)]


def test_an_event_may_lie_before_the_procedure(healing: ClinicDays) -> None:
    procedure = healing.record_on_time(LASER, "2026-03-10 10:00")
    healing.happen(procedure, "healed", "2026-03-08 10:00")

    assert healing.plan_of("pinkness") == [(1, "2026-03-13 10:00", "scheduled", None)]


def test_an_event_that_is_undone_takes_its_texts_along(healing: ClinicDays) -> None:
    procedure = healing.record_on_time(LASER, "2026-03-10 10:00")
    healing.at("2026-03-14 16:00").happen(procedure, "healed")
    healing.undo(procedure, "healed")

    assert healing.plan_of("pinkness") == [(1, "2026-03-19 10:00", "cancelled", "not_happened")]


def test_an_event_recorded_anew_brings_its_texts_back(healing: ClinicDays) -> None:
    procedure = healing.record_on_time(LASER, "2026-03-10 10:00")
    healing.at("2026-03-14 16:00").happen(procedure, "healed")
    healing.undo(procedure, "healed")
    healing.at("2026-03-16 09:00").happen(procedure, "healed")

    assert healing.plan_of("pinkness") == [(1, "2026-03-21 10:00", "scheduled", None)]


def test_what_has_left_is_not_sent_again_when_its_event_moves(healing: ClinicDays) -> None:
    procedure = healing.record_on_time(LASER, "2026-03-10 10:00")
    healing.at("2026-03-12 16:00").happen(procedure, "healed")
    healing.run_until("2026-03-18 12:00").happen(procedure, "healed", "2026-03-16 16:00")
    healing.run_until("2026-03-25 12:00")

    assert [each for each in healing.sent_short() if "pinkness 1" in each[1]] == [("2026-03-17 10:00", "pinkness 1")]


def test_an_event_stays_with_a_procedure_that_is_corrected(healing: ClinicDays) -> None:
    procedure = healing.record_on_time(LASER, "2026-03-10 10:00")
    healing.at("2026-03-14 16:00").happen(procedure, "healed")
    healing.correct(procedure, "2026-03-09 10:00")

    assert healing.plan_of("pinkness") == [(1, "2026-03-19 10:00", "scheduled", None)]


def test_an_event_goes_with_a_procedure_that_is_cancelled(healing: ClinicDays) -> None:
    procedure = healing.record_on_time(LASER, "2026-03-10 10:00")
    healing.at("2026-03-14 16:00").happen(procedure, "healed")
    healing.cancel(procedure)
    healing.record(LASER, "2026-03-10 10:00")

    assert healing.plan_of("pinkness") == [(1, "2026-03-19 10:00", "cancelled", "procedure_cancelled")]
    with pytest.raises(Refusal, match=f"Procedure {procedure} is cancelled already"):
        healing.happen(procedure, "healed")


def test_an_event_of_one_procedure_says_nothing_of_the_next(healing: ClinicDays) -> None:
    first = healing.record_on_time(LASER, "2026-03-10 10:00")
    healing.at("2026-03-14 16:00").happen(first, "healed")
    healing.run_until("2026-04-10 10:00").record(LASER, "2026-04-10 10:00")

    assert len(healing.plan_of("pinkness")) == 1


def test_of_a_treatment_without_events_nothing_can_be_recorded(healing: ClinicDays) -> None:
    procedure = healing.record_on_time(NEEDLING, "2026-03-10 10:00")

    with pytest.raises(InputRefusal, match="Nothing can be recorded of skin-needling: name what can happen"):
        healing.happen(procedure, "healed")
    with pytest.raises(InputRefusal, match="Nothing is asked of skin-needling: write its questions"):
        healing.answer(procedure, "pain", "yes")


# ---- answers -----------------------------------------------------------------------------------------------------


def test_an_answer_lets_the_texts_leave_that_wait_for_it(healing: ClinicDays) -> None:
    procedure = healing.record_on_time(LASER, "2026-03-10 10:00")
    assert healing.plan_of("swelling") == [(1, "2026-03-12 10:00", "withheld", "no_answer")]

    healing.answer(procedure, "pain", "yes")

    assert healing.plan_of("swelling") == [(1, "2026-03-12 10:00", "scheduled", None)]


def test_the_latest_answer_counts(healing: ClinicDays) -> None:
    procedure = healing.record_on_time(LASER, "2026-03-10 10:00")
    for said in ("no", "yes", "no"):
        healing.answer(procedure, "pain", said)
    assert healing.plan_of("swelling") == [(1, "2026-03-12 10:00", "withheld", "other_answer")]

    healing.answer(procedure, "pain", "yes")

    assert healing.plan_of("swelling") == [(1, "2026-03-12 10:00", "scheduled", None)]
