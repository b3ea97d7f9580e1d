"""Procedures: recording, correcting and cancelling them, and deciding the length of a course."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import bindparam, select

from reminders.casework.known import require_attributes
from reminders.casework.patients import (
    PatientEntry,
    fill_in_patient,
    find_or_add_patient,
    give_consent,
    require_patient,
)
from reminders.casework.sessions import match_session, release_sessions, require_treatment
from reminders.local_time import local_date
from reminders.model import Channel, InputRefusal, Precision, Refusal
from reminders.planning.courses import PerformedSession, list_performed_sessions
from reminders.replanning import Replanned, lapse_sessions, replan_patient
from reminders.rules import Clinic, Treatment
from reminders.store.cases import find_row, lock_patient, read_procedure
from reminders.store.engine import Transaction
from reminders.store.versions import note_change
from reminders.tables import PatientRow, ProcedureRow
from reminders.typed import EARLIEST, When, read_line, read_when


@dataclass(frozen=True, kw_only=True)
class ProcedureEntry:
    """What was typed to record a procedure."""

    treatment: str
    performed_at: str
    patient: PatientEntry = field(default_factory=PatientEntry)
    patient_id: int | None = None
    session: int | None = None
    planned_sessions: int | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)
    consent: tuple[Channel, ...] = ()
    key: str | None = None
    """Of a form that may be sent again: the same key is the same procedure, whatever became of it since."""


@dataclass(frozen=True, kw_only=True)
class Recorded:
    """The procedure, new or found, and the patient's plan with it."""

    procedure_id: int
    is_new: bool
    replanned: Replanned
    consent: tuple[Channel, ...] = ()
    """What the patient has agreed to with it."""


def record_procedure(tx: Transaction, clinic: Clinic, entry: ProcedureEntry, now: datetime) -> Recorded:
    """Record a procedure and plan its reminders, in one transaction.

    The same procedure entered twice returns the first; raises Refusal for another time on the same day.
    """
    if row := _find_sent(tx, entry.key):
        return Recorded(procedure_id=row.id, is_new=False, replanned=replan_patient(tx, clinic, row.patient_id, now))
    treatment = require_treatment(clinic, entry.treatment)
    when = read_performed_at(clinic, treatment, entry.performed_at, now)
    require_counts(entry.session, entry.planned_sessions)
    require_attributes(entry.attributes, treatment.attributes)
    patient = _identify_patient(tx, clinic, entry, now)
    consent = give_consent(tx, patient, entry.consent, now)
    lapse_sessions(tx, clinic, patient.id, now)
    row = _find_entered(tx, clinic, patient.id, treatment.id, when, entry.attributes)
    is_new = row is None
    if row is not None:
        _refuse_other_counts(_performed_with(tx, clinic, row), row, entry)
    else:
        row = _insert(tx, patient.id, entry, when, now)
        match_session(tx, clinic, row)
        note_change(tx, patient, f"recorded procedure {row.id}", now)
    _require_planned_reaches(_performed_with(tx, clinic, row), entry.planned_sessions)
    replanned = replan_patient(tx, clinic, patient.id, now)
    return Recorded(procedure_id=row.id, is_new=is_new, replanned=replanned, consent=consent)


def _find_sent(tx: Transaction, key: str | None) -> ProcedureRow | None:
    return tx.scalar(select(ProcedureRow).where(ProcedureRow.entry_key == key)) if key else None


def find_decided(tx: Transaction, clinic: Clinic, patient_id: int, treatment: str) -> int | None:
    """How many sessions were decided on for the patient's present course; None: undecided, or it is over."""
    performed = _performed(tx, clinic, patient_id, treatment)
    decided = performed[-1].planned_sessions if performed else None
    return decided if decided is not None and performed[-1].number < decided else None


def _refuse_other_counts(performed: PerformedSession, row: ProcedureRow, entry: ProcedureEntry) -> None:
    """A second entry that says something else about the course would lose it silently."""
    if entry.planned_sessions not in (None, performed.planned_sessions):
        raise Refusal(
            f"Procedure {row.id} is there already. To set the number of sessions, run `reminders decide "
            f"{row.patient_id} --treatment {row.treatment} --planned-sessions {entry.planned_sessions}`.",
            at_desk=f"Procedure {row.id} is there already. Decide on the number of sessions on the patient's page.",
        )
    if entry.session not in (None, performed.number):
        raise Refusal(
            f"Procedure {row.id} is there already, as session {performed.number}. If that is wrong, cancel it and "
            "record it anew with --session.",
            at_desk=f"Procedure {row.id} is there already, as session {performed.number}. If that is wrong, cancel it "
            "and record it anew.",
        )


def read_performed_at(clinic: Clinic, treatment: Treatment, text: str, now: datetime) -> When:
    when = read_when(text, clinic.time_zone, clinic.default_procedure_time)
    if when.is_future(now, clinic.time_zone):
        raise InputRefusal(
            "A procedure cannot be in the future. If it is an appointment, book it: "
            f"`reminders book PATIENT --treatment {treatment.id} --starts-at {text}`.",
            at_desk="A procedure cannot be in the future. If it is an appointment, book it on the patient's page.",
        )
    if now - when.at > EARLIEST:
        raise InputRefusal("This procedure lies more than five years back: check the year.")
    return when


_MOST_SESSIONS = 999
"""No course has more: a larger number is a slip of the hand."""


def require_counts(session: int | None, planned_sessions: int | None) -> None:
    if session is not None and session < 1:
        raise InputRefusal(
            "Sessions are counted from 1: leave --session out to have it worked out.",
            at_desk="Sessions are counted from 1: leave the number out to have it worked out.",
        )
    if planned_sessions is not None and planned_sessions < 1:
        raise InputRefusal(
            "A course has at least 1 session: leave --planned-sessions out while it is undecided.",
            at_desk="A course has at least 1 session: leave the number out while it is undecided.",
        )
    if max(session or 1, planned_sessions or 1) > _MOST_SESSIONS:
        raise InputRefusal(f"No course has more than {_MOST_SESSIONS} sessions: check the number.")


def _identify_patient(tx: Transaction, clinic: Clinic, entry: ProcedureEntry, now: datetime) -> PatientRow:
    if entry.patient_id is not None:
        return fill_in_patient(tx, clinic, entry.patient_id, entry.patient, now)
    patient = find_or_add_patient(tx, clinic, entry.patient, now)
    locked = lock_patient(tx, patient.id)
    assert locked is not None, "the patient was found or added just now"
    return locked


def _find_entered(
    tx: Transaction, clinic: Clinic, patient_id: int, treatment: str, when: When, attributes: Mapping[str, str]
) -> ProcedureRow | None:
    """The same procedure, where it is there already. Raises Refusal where only its time differs."""
    day = local_date(when.at, clinic.time_zone)
    for row in _standing(tx, patient_id, treatment):
        if local_date(row.performed_at, clinic.time_zone) != day or row.attributes != dict(attributes):
            continue
        if when.precision is Precision.DATE or row.performed_at == when.at:
            return row
        raise Refusal(
            f"Procedure {row.id} of that day is there already with another time. If the time was wrong, correct it: "
            f"`reminders correct {row.id} --performed-at …`. If it is another body site, say so with --attribute.",
            at_desk=f"Procedure {row.id} of that day is there already with another time. If the time was wrong, "
            "correct it on the patient's page. If it is another body site, say which.",
        )
    return None


def _standing(tx: Transaction, patient_id: int, treatment: str) -> list[ProcedureRow]:
    return list(tx.scalars(_STANDING, {"patient_id": patient_id, "treatment": treatment}))


_STANDING = (
    select(ProcedureRow)
    .where(
        ProcedureRow.patient_id == bindparam("patient_id"),
        ProcedureRow.treatment == bindparam("treatment"),
        ProcedureRow.cancelled_at.is_(None),
    )
    .order_by(ProcedureRow.performed_at, ProcedureRow.id)
)


def _insert(tx: Transaction, patient_id: int, entry: ProcedureEntry, when: When, now: datetime) -> ProcedureRow:
    row = ProcedureRow(
        patient_id=patient_id,
        treatment=entry.treatment,
        performed_at=when.at,
        precision=when.precision,
        session_given=entry.session,
        planned_sessions=entry.planned_sessions,
        decided_at=now if entry.planned_sessions is not None else None,
        attributes=dict(entry.attributes),
        recorded_at=now,
        entry_key=entry.key,
    )
    tx.add(row)
    tx.flush()
    return row


def _performed_with(tx: Transaction, clinic: Clinic, row: ProcedureRow) -> PerformedSession:
    return next(each for each in _performed(tx, clinic, row.patient_id, row.treatment) if row.id in each.procedure_ids)


def _performed(tx: Transaction, clinic: Clinic, patient_id: int, treatment: str) -> list[PerformedSession]:
    procedures = map(read_procedure, _standing(tx, patient_id, treatment))
    return list_performed_sessions(procedures, clinic.treatments[treatment], clinic)


def _require_planned_reaches(performed: PerformedSession, planned_sessions: int | None) -> None:
    if planned_sessions is not None and planned_sessions < performed.number:
        raise InputRefusal(
            f"This is session {performed.number} already: a course cannot be planned with {planned_sessions}."
        )


def correct_procedure(
    tx: Transaction, clinic: Clinic, procedure_id: int, performed_at: str, now: datetime
) -> Replanned:
    """Put the date or time right; pending reminders follow, what has left is not sent again."""
    row = require_procedure(tx, procedure_id)
    when = read_performed_at(clinic, require_treatment(clinic, row.treatment), performed_at, now)
    day = local_date(when.at, clinic.time_zone)
    for other in _standing(tx, row.patient_id, row.treatment):
        is_same_day = local_date(other.performed_at, clinic.time_zone) == day
        if other.id != row.id and is_same_day and other.attributes == row.attributes:
            raise Refusal(f"Procedure {other.id} is there already on that day: cancel the one that is wrong.")
    if (when.at, when.precision) != (row.performed_at, row.precision):
        note_change(tx, require_patient(tx, row.patient_id), f"corrected the time of procedure {row.id}", now)
    left_on = local_date(row.performed_at, clinic.time_zone)
    row.performed_at, row.precision = when.at, when.precision
    released = release_sessions(tx, row)
    _match_rest_of_day(tx, clinic, row, left_on)
    match_session(tx, clinic, row, also=released)
    return replan_patient(tx, clinic, row.patient_id, now)


def cancel_procedure(tx: Transaction, clinic: Clinic, procedure_id: int, reason: str, now: datetime) -> Replanned:
    """The procedure did not happen, or not to this patient: nothing more of it leaves."""
    if not reason.strip():
        raise InputRefusal("Say why it is cancelled: add --reason.", at_desk="Say why it is cancelled.")
    why = read_line(reason, "The reason")
    row = require_procedure(tx, procedure_id)
    row.cancelled_at, row.cancel_reason = now, why
    note_change(tx, require_patient(tx, row.patient_id), f"cancelled procedure {row.id}", now)
    release_sessions(tx, row)
    _match_rest_of_day(tx, clinic, row, local_date(row.performed_at, clinic.time_zone))
    return replan_patient(tx, clinic, row.patient_id, now)


def _match_rest_of_day(tx: Transaction, clinic: Clinic, gone: ProcedureRow, day: date) -> None:
    """Without this one, the others of the day have performed its session all the same."""
    for other in _standing(tx, gone.patient_id, gone.treatment):
        if other.id != gone.id and local_date(other.performed_at, clinic.time_zone) == day:
            match_session(tx, clinic, other)


def require_procedure(tx: Transaction, procedure_id: int) -> ProcedureRow:
    """The standing procedure's row, its patient held. Raises Refusal where there is none."""
    row = find_row(tx, ProcedureRow, procedure_id)
    if row is None:
        raise InputRefusal(
            f"There is no procedure {procedure_id}: find it with `reminders plan PATIENT`.",
            at_desk="There is no such procedure: find it on the patient's page.",
        )
    lock_patient(tx, row.patient_id)
    tx.refresh(row)
    if row.cancelled_at is not None:
        raise Refusal(
            f"Procedure {procedure_id} is cancelled already: record it anew if it did happen.",
            at_desk="This procedure is cancelled already: record it anew if it did happen.",
        )
    return row


def decide_course(
    tx: Transaction, clinic: Clinic, patient_id: int, treatment: str, planned_sessions: int, now: datetime
) -> Replanned:
    """The clinician has set how many sessions the patient's present course has."""
    patient = require_patient(tx, patient_id)
    require_treatment(clinic, treatment)
    require_counts(None, planned_sessions)
    performed = _performed(tx, clinic, patient_id, treatment)
    if not performed:
        raise Refusal(
            f"Patient {patient_id} has no procedure of {treatment} yet: record it with --planned-sessions.",
            at_desk="The patient has no procedure of this treatment yet: say how many sessions are planned when you "
            "record the first.",
        )
    _require_planned_reaches(performed[-1], planned_sessions)
    # On each procedure of the course, so that cancelling one does not undo the decision.
    course = {each for session in performed if session.course == performed[-1].course for each in session.procedure_ids}
    others = [
        row
        for row in _standing(tx, patient_id, treatment)
        if row.id in course and row.planned_sessions != planned_sessions
    ]
    for row in others:
        row.planned_sessions, row.decided_at = planned_sessions, now
    if others:
        note_change(tx, patient, f"decided on {planned_sessions} sessions of {treatment}", now)
    return replan_patient(tx, clinic, patient_id, now)
