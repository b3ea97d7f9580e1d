"""Plan again, compare, apply: the one mechanism behind every change after the fact."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import bindparam, select

from reminders.local_time import add_calendar, end_of_day, local_date
from reminders.model import Channel, PatientCase, Plan, SessionState
from reminders.planning import plan_reminders, sending_hours_of
from reminders.reconciling import Add, Difference, diff_reminders, diff_tasks
from reminders.rules import Clinic
from reminders.store.cases import list_patients_of, load_case, load_stored_reminders, lock_patient
from reminders.store.changes import apply_changes, apply_task_changes, load_planned_tasks
from reminders.store.engine import Transaction
from reminders.store.recalls import keep_recalls
from reminders.store.versions import note_change
from reminders.tables import PatientRow, SessionRow

DAEMON = "the service"
"""In whose name something changes that nobody at the desk asked for."""


@dataclass(frozen=True, kw_only=True)
class Replanned:
    """What a replan found and did."""

    case: PatientCase
    plan: Plan
    difference: Difference


def replan_patient(tx: Transaction, clinic: Clinic, patient_id: int, now: datetime) -> Replanned:
    """Bring a patient's rows in line with the rules, in the caller's transaction, holding the patient's row."""
    patient = lock_patient(tx, patient_id)
    assert patient is not None, "only a patient that exists is replanned"
    lapse_sessions(tx, clinic, patient_id, now)
    end_pause(tx, patient, now)
    replanned = _compare(tx, clinic, patient, now)
    apply_changes(tx, patient_id, replanned.difference.changes, now)
    tasks = diff_tasks(replanned.difference.tasks, load_planned_tasks(tx, patient_id))
    apply_task_changes(tx, patient_id, tasks, now)
    keep_recalls(tx, patient_id, replanned.plan.recalls)
    return replanned


def preview_replan(tx: Transaction, clinic: Clinic, patient_id: int, now: datetime) -> Replanned:
    """What a replan would find; changes nothing and keeps nobody waiting."""
    patient = tx.get(PatientRow, patient_id)
    assert patient is not None, "only a patient that exists is replanned"
    return _compare(tx, clinic, patient, now)


def _compare(tx: Transaction, clinic: Clinic, patient: PatientRow, now: datetime) -> Replanned:
    stored = load_stored_reminders(tx, patient.id)
    case = load_case(tx, patient, stored)
    plan = plan_reminders(case, clinic)
    return Replanned(case=case, plan=plan, difference=diff_reminders(plan, stored, now, sending_hours_of(case, clinic)))


def lapse_sessions(tx: Transaction, clinic: Clinic, patient_id: int, now: datetime) -> None:
    """A session whose day is long past no longer counts as open.

    Kept as a fact of its row, because the planner does not know what time it is.
    """
    for row in tx.scalars(_OPEN_SESSIONS, {"patient_id": patient_id}):
        if lapses_at(clinic, row.starts_at) <= now:
            row.state = SessionState.LAPSED
    tx.flush()


_OPEN_SESSIONS = select(SessionRow).where(
    SessionRow.patient_id == bindparam("patient_id"), SessionRow.state == SessionState.OPEN
)


def lapses_at(clinic: Clinic, starts_at: datetime) -> datetime:
    """The end of the last day on which a recorded procedure still closes the session."""
    booked_on = local_date(starts_at, clinic.time_zone)
    return end_of_day(add_calendar(booked_on, clinic.visits.matches_within), clinic.time_zone)


def list_lapsing_patients(tx: Transaction, clinic: Clinic, now: datetime) -> list[int]:
    """Patients with an open session whose time to count is over."""
    days = clinic.visits.matches_within.value
    # A day more than any zone can shift: `lapses_at` decides.
    long_past = tx.execute(
        select(SessionRow.patient_id, SessionRow.starts_at).where(
            SessionRow.state == SessionState.OPEN, SessionRow.starts_at < now - timedelta(days=days - 1)
        )
    )
    return sorted({patient_id for patient_id, starts_at in long_past if lapses_at(clinic, starts_at) <= now})


def end_pause(tx: Transaction, patient: PatientRow, now: datetime) -> None:
    """A pause whose end has come is over. A fact of the row for the same reason."""
    if patient.paused_since is None or patient.paused_until is None or patient.paused_until > now:
        return
    patient.paused_since = patient.paused_until = patient.pause_reason = None
    note_change(tx, patient, "resumed the reminders, as the pause was over", now, by=DAEMON)


def list_resuming_patients(tx: Transaction, now: datetime) -> list[int]:
    """Patients whose pause is over."""
    ended = select(PatientRow.id).where(PatientRow.paused_since.is_not(None), PatientRow.paused_until <= now)
    return list(tx.scalars(ended.order_by(PatientRow.id)))


def replan_contact(tx: Transaction, clinic: Clinic, channel: Channel, contact: str, now: datetime) -> list[Replanned]:
    """Replan everyone with this number or address. The caller holds them, all at once and in the order of their ids."""
    return [replan_patient(tx, clinic, patient_id, now) for patient_id in list_patients_of(tx, channel, contact)]


def list_patient_ids(tx: Transaction) -> list[int]:
    return list(tx.scalars(select(PatientRow.id).order_by(PatientRow.id)))


def count_changes(replanned: Replanned) -> int:
    """How many of the patient's reminders a replan changed, or would change.

    A row that only shows what time has closed is no change: a night would otherwise pass for an edited rule.
    """
    return sum(not (isinstance(change, Add) and change.closed) for change in replanned.difference.changes)
