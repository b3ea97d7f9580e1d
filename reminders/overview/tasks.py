"""What needs a human: tasks, the most pressing first, and the list of patients to call."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, Select, case, func, select

from reminders.model import URGENT_TASKS, TaskRule, TaskStatus
from reminders.overview.moments import utc
from reminders.store.cases import find_row
from reminders.store.engine import Transaction
from reminders.tables import PatientRow, ProcedureRow, SessionRow, TaskRow


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
    treatment: str | None
    """Of the procedure or the session."""


def list_open_tasks(
    tx: Transaction, now: datetime, *, limit: int = 50, offset: int = 0, patient_id: int | None = None
) -> list[Task]:
    """Open tasks that are due: those that a patient waits for first, then the oldest."""
    is_urgent = case((TaskRow.rule.in_(URGENT_TASKS), 0), else_=1)
    query = _select_tasks().order_by(is_urgent, TaskRow.due_at, TaskRow.id).limit(limit).offset(offset)
    if patient_id is not None:
        query = query.where(TaskRow.patient_id == patient_id)
    return [_task(row, patient, treatment) for row, patient, treatment in tx.execute(query.where(_is_due(now)))]


def _select_tasks() -> Select[TaskRow, PatientRow | None, str | None]:
    """Each with its patient and its treatment, where it has them."""
    return (
        select(TaskRow, PatientRow, func.coalesce(ProcedureRow.treatment, SessionRow.treatment))
        .outerjoin(PatientRow, PatientRow.id == TaskRow.patient_id)
        .outerjoin(ProcedureRow, ProcedureRow.id == TaskRow.procedure_id)
        .outerjoin(SessionRow, SessionRow.id == TaskRow.session_id)
    )


def _is_due(now: datetime) -> ColumnElement[bool]:
    return (TaskRow.status == TaskStatus.OPEN) & (TaskRow.due_at <= now)


def _task(row: TaskRow, patient: PatientRow | None, treatment: str | None) -> Task:
    rule = TaskRule(row.rule)
    return Task(
        id=row.id,
        rule=rule,
        text=row.text,
        action=_ACTIONS[rule],
        is_urgent=rule in URGENT_TASKS,
        due_at=row.due_at,
        patient_id=row.patient_id,
        patient_name=patient.name if patient else None,
        phone=patient.phone if patient else None,
        procedure_id=row.procedure_id,
        session_id=row.session_id,
        treatment=treatment,
    )


# ---- one that was seen to ----------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class SettledTask:
    """A task that is not open any more."""

    id: int
    text: str
    is_done: bool
    """False: its facts went away by themselves."""
    at: datetime


def read_settled_task(tx: Transaction, task_id: int) -> SettledTask | None:
    """None where there is none, or it is open."""
    row = find_row(tx, TaskRow, task_id)
    if row is None or row.closed_at is None:
        return None
    return SettledTask(id=row.id, text=row.text, is_done=row.status == TaskStatus.DONE, at=row.closed_at)


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


def list_calls(tx: Transaction, now: datetime, *, limit: int = 200, offset: int = 0) -> list[Call]:
    """Patients to call, whoever has waited longest first; one call settles all of a patient's tasks."""
    waiting = (
        select(TaskRow.patient_id, func.min(TaskRow.due_at).label("since"))
        .where(_is_due(now), _is_call())
        .group_by(TaskRow.patient_id)
        .order_by("since", TaskRow.patient_id)
        .limit(limit)
        .offset(offset)
        .subquery("waiting")
    )
    rows = tx.execute(
        _select_tasks()
        .join(waiting, waiting.c.patient_id == TaskRow.patient_id)
        .where(_is_due(now), _is_call())
        .order_by(waiting.c.since, waiting.c.patient_id, TaskRow.due_at, TaskRow.id)
    ).all()
    reasons: dict[int, list[Task]] = defaultdict(list)
    patients = {patient.id: patient for _, patient, _ in rows if patient is not None}
    for row, patient, treatment in rows:
        if patient is not None:
            reasons[patient.id].append(_task(row, patient, treatment))
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


def count_calls(tx: Transaction, now: datetime) -> int:
    """How many patients there are to call."""
    query = select(func.count(TaskRow.patient_id.distinct())).where(_is_due(now), _is_call())
    return tx.scalar(query) or 0


def _is_call() -> ColumnElement[bool]:
    return TaskRow.rule.in_(CALLS) & TaskRow.patient_id.is_not(None)


# ---- for the command line ----------------------------------------------------------------------------------------


def list_tasks(tx: Transaction, now: datetime) -> list[dict[str, object]]:
    """Open tasks that are due, the oldest first."""
    rows = tx.scalars(select(TaskRow).where(_is_due(now)).order_by(TaskRow.due_at, TaskRow.id))
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
