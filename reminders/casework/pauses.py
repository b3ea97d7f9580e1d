"""Pauses of a patient: nothing but corrections leaves until the pause is over."""

from __future__ import annotations

from datetime import datetime

from reminders.casework.patients import require_patient
from reminders.local_time import local_date, resolve_local
from reminders.model import InputRefusal, Precision, Refusal
from reminders.replanning import Replanned, end_pause, replan_patient
from reminders.rules import Clinic
from reminders.store.engine import Transaction
from reminders.store.versions import note_change
from reminders.typed import LATEST, read_line, read_when


def pause_patient(
    tx: Transaction, clinic: Clinic, patient_id: int, reason: str, until: str | None, now: datetime
) -> Replanned:
    """Hold back what is planned for the patient, up to a moment on the clinic's clock or until somebody resumes.

    A date alone is the first day on which messages may leave again. Paused again, the new reason and end count.
    """
    if not reason.strip():
        raise InputRefusal("Say why the reminders are paused: add a reason.")
    why = read_line(reason, "The reason")
    ends_at = _read_until(clinic, until, now) if until else None
    patient = require_patient(tx, patient_id)
    end_pause(tx, patient, now)
    if patient.paused_since is None or (patient.paused_until, patient.pause_reason) != (ends_at, why):
        patient.paused_since = patient.paused_since or now
        patient.paused_until, patient.pause_reason = ends_at, why
        note_change(tx, patient, "paused the reminders", now)
    return replan_patient(tx, clinic, patient_id, now)


def _read_until(clinic: Clinic, text: str, now: datetime) -> datetime:
    when = read_when(text, clinic.time_zone, clinic.default_procedure_time)
    at = when.at
    if when.precision is Precision.DATE:
        at = resolve_local(local_date(at, clinic.time_zone), datetime.min.time(), clinic.time_zone)
    if at <= now:
        raise InputRefusal("A pause must end later than now: give the first day on which messages may leave again.")
    if at - now > LATEST:
        raise InputRefusal("This pause ends more than five years ahead: check the year.")
    return at


def resume_patient(tx: Transaction, clinic: Clinic, patient_id: int, now: datetime) -> Replanned:
    """End the pause; what is still due comes back."""
    patient = require_patient(tx, patient_id)
    end_pause(tx, patient, now)
    if patient.paused_since is None:
        raise Refusal(
            f"The reminders of patient {patient_id} are not paused.",
            at_desk="The reminders of this patient are not paused.",
        )
    patient.paused_since = patient.paused_until = patient.pause_reason = None
    note_change(tx, patient, "resumed the reminders", now)
    return replan_patient(tx, clinic, patient_id, now)
