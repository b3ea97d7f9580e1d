"""What comes after a procedure: what happens to it, such as `healed`, and what the patient answers."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from reminders.casework.known import require_known
from reminders.casework.patients import require_patient
from reminders.casework.procedures import require_procedure
from reminders.casework.sessions import require_treatment
from reminders.model import InputRefusal, Precision, Refusal
from reminders.replanning import Replanned, replan_patient
from reminders.rules import Clinic
from reminders.store.engine import Transaction
from reminders.store.versions import note_change
from reminders.tables import AnswerRow, ProcedureEventRow, ProcedureRow
from reminders.typed import EARLIEST, When, read_when


def record_event(
    tx: Transaction, clinic: Clinic, procedure_id: int, name: str, happened_at: str | None, now: datetime
) -> Replanned:
    """Record that something has happened to a procedure, now unless a time is given.

    Recorded again it stays as it is, or moves to the time that is given now.
    """
    row = require_procedure(tx, procedure_id)
    _require_event(clinic, row, name)
    standing = _find_standing(tx, row.id, name)
    if standing is None or happened_at is not None:
        when = _read_happened_at(clinic, happened_at, now)
        if standing is None or (standing.happened_at, standing.precision) != (when.at, when.precision):
            if standing is not None:
                _end(tx, standing, now)
            _insert(tx, row.id, name, when, now)
            note_change(tx, require_patient(tx, row.patient_id), f"recorded '{name}' of procedure {row.id}", now)
    return replan_patient(tx, clinic, row.patient_id, now)


def _require_event(clinic: Clinic, row: ProcedureRow, name: str) -> None:
    treatment = require_treatment(clinic, row.treatment)
    if not treatment.events:
        raise InputRefusal(
            f"Nothing can be recorded of {treatment.id}: name what can happen under `events` in the configuration."
        )
    require_known(name, treatment.events, "event")


def _find_standing(tx: Transaction, procedure_id: int, name: str) -> ProcedureEventRow | None:
    return tx.scalar(
        select(ProcedureEventRow).where(
            ProcedureEventRow.procedure_id == procedure_id,
            ProcedureEventRow.name == name,
            ProcedureEventRow.undone_at.is_(None),
        )
    )


def _read_happened_at(clinic: Clinic, text: str | None, now: datetime) -> When:
    """It may lie before the procedure: a sample can be handed in early."""
    if text is None:
        # A minute is as precise as a reminder gets.
        return When(at=now.replace(second=0, microsecond=0), precision=Precision.MINUTE)
    when = read_when(text, clinic.time_zone, clinic.default_procedure_time)
    if when.is_future(now, clinic.time_zone):
        raise InputRefusal("An event cannot be in the future: record it once it has happened.")
    if now - when.at > EARLIEST:
        raise InputRefusal("This event lies more than five years back: check the year.")
    return when


def _end(tx: Transaction, row: ProcedureEventRow, now: datetime) -> None:
    row.undone_at = now
    # Before another one is written: only one stands.
    tx.flush()


def _insert(tx: Transaction, procedure_id: int, name: str, when: When, now: datetime) -> None:
    tx.add(
        ProcedureEventRow(
            procedure_id=procedure_id, name=name, happened_at=when.at, precision=when.precision, recorded_at=now
        )
    )
    tx.flush()


def undo_event(tx: Transaction, clinic: Clinic, procedure_id: int, name: str, now: datetime) -> Replanned:
    """It did not happen after all: what followed from it goes, and what it had ended comes back where still due."""
    row = require_procedure(tx, procedure_id)
    standing = _find_standing(tx, row.id, name)
    if standing is None:
        _require_event(clinic, row, name)
        raise Refusal(
            f"'{name}' is not recorded of procedure {procedure_id}: there is nothing to undo.",
            at_desk=f"'{name}' is not recorded: there is nothing to take back.",
        )
    _end(tx, standing, now)
    note_change(tx, require_patient(tx, row.patient_id), f"took back '{name}' of procedure {row.id}", now)
    return replan_patient(tx, clinic, row.patient_id, now)


def record_answer(
    tx: Transaction, clinic: Clinic, procedure_id: int, question: str, answer: str, now: datetime
) -> Replanned:
    """Record what the patient answered; the latest answer to a question counts."""
    row = require_procedure(tx, procedure_id)
    questions = require_treatment(clinic, row.treatment).questions
    if not questions:
        raise InputRefusal(
            f"Nothing is asked of {row.treatment}: write its questions under `questions` in the configuration."
        )
    require_known(question, questions, "question")
    require_known(answer, questions[question], "answer")
    tx.add(AnswerRow(procedure_id=row.id, question=question, answer=answer, answered_at=now))
    note_change(tx, require_patient(tx, row.patient_id), f"recorded an answer of procedure {row.id}", now)
    return replan_patient(tx, clinic, row.patient_id, now)
