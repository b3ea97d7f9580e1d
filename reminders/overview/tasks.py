"""What needs a human: tasks, the most pressing first, and the list of patients to call."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import case, select

from reminders.model import URGENT_TASKS, TaskRule, TaskStatus
from reminders.overview.moments import utc
from reminders.store.engine import Transaction
from reminders.tables import PatientRow, TaskRow


class TaskAction(StrEnum):
    """The one thing that settles a task, for its button."""

    DECIDE_COURSE = "decide-course"
    CHECKED = "checked"
    """The clinician has been asked."""
    SAY_OUTCOME = "say-outcome"
    """Record, move or unbook the visit."""
    CALLED = "called"
    MEND_CHANNEL = "mend-channel"


_ACTIONS = {
    TaskRule.DECIDE_COURSE: TaskAction.DECIDE_COURSE,
    TaskRule.TOO_EARLY: TaskAction.CHECKED,
    TaskRule.TOO_LATE: TaskAction.CHECKED,
    TaskRule.OVERLAP: TaskAction.CHECKED,
    TaskRule.SESSION_OUTCOME: TaskAction.SAY_OUTCOME,
    TaskRule.TELL_PATIENT: TaskAction.CALLED,
    TaskRule.UNDELIVERABLE: TaskAction.CALLED,
    TaskRule.UNCLEAR_SEND: TaskAction.CALLED,
    TaskRule.CHANNEL_PAUSED: TaskAction.MEND_CHANNEL,
}


@dataclass(frozen=True, kw_only=True)
class Task:
    id: int
    rule: TaskRule
    text: str
    """What to do."""
    action: TaskAction
    is_urgent: bool
    due_at: datetime
    patient_id: int | None
    patient_name: str | None
    phone: str | None
    procedure_id: int | None
    session_id: int | None


def list_open_tasks(
    tx: Transaction, now: datetime, *, limit: int = 50, offset: int = 0, patient_id: int | None = None
) -> list[Task]:
    """Open tasks that are due: those that a patient waits for first, then the oldest."""
    is_urgent = case((TaskRow.rule.in_(URGENT_TASKS), 0), else_=1)
    query = (
        select(TaskRow, PatientRow.name, PatientRow.phone)
        .outerjoin(PatientRow, PatientRow.id == TaskRow.patient_id)
        .where(TaskRow.status == TaskStatus.OPEN, TaskRow.due_at <= now)
        .order_by(is_urgent, TaskRow.due_at, TaskRow.id)
        .limit(limit)
        .offset(offset)
    )
    if patient_id is not None:
        query = query.where(TaskRow.patient_id == patient_id)
    return [_task(row, name, phone) for row, name, phone in tx.execute(query)]


def _task(row: TaskRow, name: str | None, phone: str | None) -> Task:
    rule = TaskRule(row.rule)
    return Task(
        id=row.id,
        rule=rule,
        text=row.text,
        action=_ACTIONS[rule],
        is_urgent=rule in URGENT_TASKS,
        due_at=row.due_at,
        patient_id=row.patient_id,
        patient_name=name,
        phone=phone,
        procedure_id=row.procedure_id,
        session_id=row.session_id,
    )


# ---- the call list -----------------------------------------------------------------------------------------------

CALLS = frozenset({TaskRule.TELL_PATIENT, TaskRule.UNDELIVERABLE, TaskRule.UNCLEAR_SEND, TaskRule.SESSION_OUTCOME})
"""Tasks that a call to the patient settles."""


@dataclass(frozen=True, kw_only=True)
class Call:
    """A patient to call, and why."""

    patient_id: int
    name: str
    phone: str | None
    email: str | None
    language: str | None
    tasks: tuple[Task, ...]


def list_calls(tx: Transaction, now: datetime, limit: int = 200) -> list[Call]:
    """Patients to call, whoever has waited longest first; one call settles all of a patient's tasks."""
    rows = tx.execute(
        select(TaskRow, PatientRow)
        .join(PatientRow, PatientRow.id == TaskRow.patient_id)
        .where(TaskRow.status == TaskStatus.OPEN, TaskRow.due_at <= now, TaskRow.rule.in_(CALLS))
        .order_by(TaskRow.due_at, TaskRow.id)
        .limit(limit)
    ).all()
    reasons: dict[int, list[Task]] = defaultdict(list)
    for row, patient in rows:
        reasons[patient.id].append(_task(row, patient.name, patient.phone))
    patients = {patient.id: patient for _, patient in rows}
    return [
        Call(
            patient_id=patient_id,
            name=patients[patient_id].name,
            phone=patients[patient_id].phone,
            email=patients[patient_id].email,
            language=patients[patient_id].language,
            tasks=tuple(tasks),
        )
        for patient_id, tasks in reasons.items()
    ]


# ---- for the command line ----------------------------------------------------------------------------------------


def list_tasks(tx: Transaction, now: datetime) -> list[dict[str, object]]:
    """Open tasks that are due, the oldest first."""
    rows = tx.scalars(
        select(TaskRow)
        .where(TaskRow.status == TaskStatus.OPEN, TaskRow.due_at <= now)
        .order_by(TaskRow.due_at, TaskRow.id)
    )
    return [
        {
            "id": row.id,
            "rule": row.rule,
            "patient": row.patient_id,
            "procedure": row.procedure_id,
            "session": row.session_id,
            "due_at": utc(row.due_at),
            "status": row.status,
            "text": row.text,
        }
        for row in rows
    ]
