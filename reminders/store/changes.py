"""Writes what reconciling decided: each change only where the row still stands as it was read."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import bindparam, case, insert, select, update

from reminders.model import CLOSED, PENDING, Reason, Status, StoredReminder, StoredTask, TaskRule, TaskStatus
from reminders.reconciling import Add, Change, Close, Move, Revive, TaskDifference, status_of
from reminders.store.engine import Transaction
from reminders.store.statements import table_of
from reminders.tables import ReminderRow, TaskRow

_REMINDERS = table_of(ReminderRow)

PLANNED_TASKS = (
    TaskRule.DECIDE_COURSE,
    TaskRule.TOO_EARLY,
    TaskRule.TOO_LATE,
    TaskRule.OVERLAP,
    TaskRule.SESSION_OUTCOME,
    TaskRule.TELL_PATIENT,
)
"""Tasks that follow from the plan; the others are raised where something failed, and stay until a person is done."""


def apply_changes(tx: Transaction, patient_id: int, changes: Iterable[Change], now: datetime) -> None:
    """Apply a patient's changes. The caller holds the patient's row."""
    added = []
    for change in changes:
        if isinstance(change, Add):
            added.append(_new_row(patient_id, change, now))
        elif isinstance(change, Close):
            _close(tx, patient_id, change, now)
        else:
            _place(tx, change, now)
    if added:
        tx.execute(_ADD, added)


# The guard of every change: a row that has gone out meanwhile is left alone, whatever was decided about it.
_IF_UNSENT = update(_REMINDERS).where(
    _REMINDERS.c.id == bindparam("reminder_id"), _REMINDERS.c.status.in_(bindparam("states", expanding=True))
)


def _unsent(stored: StoredReminder) -> dict[str, object]:
    return {"reminder_id": stored.id, "states": list(PENDING if stored.is_pending else CLOSED)}


_ADD = insert(_REMINDERS)


def _new_row(patient_id: int, change: Add, now: datetime) -> dict[str, object]:
    planned = change.planned
    return {
        "patient_id": patient_id,
        "anchor_kind": planned.identity.anchor_kind,
        "anchor_id": planned.identity.anchor_id,
        "rule": planned.identity.rule,
        "occurrence": planned.identity.occurrence,
        "treatment": planned.treatment,
        "audience": planned.audience,
        "channel": planned.channel,
        "status": status_of(change.closed) if change.closed else Status.SCHEDULED,
        "reason": change.closed,
        "due_at": planned.due_at,
        "next_attempt_at": change.leave_at,
        "expires_at": planned.expires_at,
        "target_on": planned.target_on,
        "visit_at": planned.visit_at,
        "attempts": 0,
        "resends": 0,
        "created_at": now,
        "updated_at": now,
    }


_PLACE = _IF_UNSENT.values(
    status=Status.SCHEDULED,
    # A resend keeps its flag wherever it moves.
    reason=case((_REMINDERS.c.resends > 0, Reason.RESENT_AFTER_UNKNOWN.value), else_=None),
    channel=bindparam("new_channel"),
    due_at=bindparam("new_due_at"),
    next_attempt_at=bindparam("leave_at"),
    expires_at=bindparam("new_expires_at"),
    target_on=bindparam("new_target_on"),
    visit_at=bindparam("new_visit_at"),
    claimed_by=None,
    lease_until=None,
    updated_at=bindparam("now"),
)
_REVIVE = _PLACE.values(attempts=0)
# Another address starts afresh: what the first one refused says nothing about it.
_MOVE = _PLACE.values(attempts=case((_REMINDERS.c.channel != bindparam("new_channel"), 0), else_=_REMINDERS.c.attempts))


def _place(tx: Transaction, change: Move | Revive, now: datetime) -> None:
    planned = change.planned
    # A claim that another daemon holds is void: it re-reads the row before anything leaves (R25).
    tx.execute(
        _REVIVE if isinstance(change, Revive) else _MOVE,
        {
            **_unsent(change.stored),
            "new_channel": planned.channel,
            "new_due_at": planned.due_at,
            "leave_at": change.leave_at,
            "new_expires_at": planned.expires_at,
            "new_target_on": planned.target_on,
            "new_visit_at": planned.visit_at,
            "now": now,
        },
    )


_CLOSE = _IF_UNSENT.values(
    status=bindparam("new_status"),
    reason=bindparam("why"),
    claimed_by=None,
    lease_until=None,
    updated_at=bindparam("now"),
)
_CLOSE_AS_PLANNED = _CLOSE.values(due_at=bindparam("new_due_at"), expires_at=bindparam("new_expires_at"))


def _close(tx: Transaction, patient_id: int, change: Close, now: datetime) -> None:
    if change.stored.reason is Reason.RESENT_AFTER_UNKNOWN:
        # The second try is called off. Whether the first one left nobody knows.
        leave_unclear(tx, change.stored.id, patient_id, change.stored.identity.rule, now)
        return
    closing = {**_unsent(change.stored), "new_status": status_of(change.reason), "why": change.reason, "now": now}
    if change.planned is None:
        tx.execute(_CLOSE, closing)
        return
    times = {"new_due_at": change.planned.due_at, "new_expires_at": change.planned.expires_at}
    tx.execute(_CLOSE_AS_PLANNED, {**closing, **times})


def leave_unclear(tx: Transaction, reminder_id: int, patient_id: int, rule: str, now: datetime) -> None:
    """It may have left, and it is not sent again: its fate stays open, and a person must ask."""
    tx.execute(
        update(ReminderRow)
        .where(ReminderRow.id == reminder_id, ReminderRow.status.in_({*PENDING, Status.SENDING, Status.IN_DOUBT}))
        .values(status=Status.IN_DOUBT, reason=Reason.UNCLEAR, claimed_by=None, lease_until=None, updated_at=now)
    )
    text = f"Call the patient: it is unclear whether '{rule}' arrived, and it is not sent again."
    raise_task(tx, TaskRule.UNCLEAR_SEND, unclear_key(reminder_id), text, now, patient_id=patient_id)


def unclear_key(reminder_id: int) -> str:
    return f"reminder:{reminder_id}:unclear"


# ---- tasks -----------------------------------------------------------------------------------------------------


def load_planned_tasks(tx: Transaction, patient_id: int) -> list[StoredTask]:
    rows = tx.execute(_PLANNED_TASKS, {"patient_id": patient_id})
    return [StoredTask(id=row.id, rule=TaskRule(row.rule), key=row.key, status=TaskStatus(row.status)) for row in rows]


_PLANNED_TASKS = select(TaskRow.id, TaskRow.rule, TaskRow.key, TaskRow.status).where(
    TaskRow.patient_id == bindparam("patient_id"), TaskRow.rule.in_(PLANNED_TASKS)
)


def apply_task_changes(tx: Transaction, patient_id: int, difference: TaskDifference, now: datetime) -> None:
    for task in difference.add:
        tx.add(
            TaskRow(
                patient_id=patient_id,
                rule=task.rule,
                key=task.key,
                procedure_id=task.procedure_id,
                session_id=task.session_id,
                text=task.text,
                due_at=task.due_at or now,
                status=TaskStatus.OPEN,
                created_at=now,
            )
        )
    for row, task in difference.reopen:
        _set_task(tx, row.id, status=TaskStatus.OPEN, closed_at=None, text=task.text, due_at=task.due_at or now)
    for row in difference.close:
        _set_task(tx, row.id, status=TaskStatus.CLOSED, closed_at=now)
    tx.flush()


def _set_task(tx: Transaction, task_id: int, **values: object) -> None:
    tx.execute(update(TaskRow).where(TaskRow.id == task_id).values(**values))


def raise_task(
    tx: Transaction, rule: TaskRule, key: str, text: str, now: datetime, *, patient_id: int | None = None
) -> None:
    """Open a task that a failure asks for, once per key; one that a person has done stays done."""
    found = tx.scalar(select(TaskRow).where(TaskRow.rule == rule, TaskRow.key == key))
    if found is None:
        tx.add(
            TaskRow(
                patient_id=patient_id,
                rule=rule,
                key=key,
                text=text,
                due_at=now,
                status=TaskStatus.OPEN,
                created_at=now,
            )
        )
        tx.flush()


def close_tasks(tx: Transaction, rule: TaskRule, key_prefix: str, now: datetime) -> None:
    """Close open tasks whose cause is over."""
    tx.execute(
        update(TaskRow)
        .where(TaskRow.rule == rule, TaskRow.key.startswith(key_prefix), TaskRow.status == TaskStatus.OPEN)
        .values(status=TaskStatus.CLOSED, closed_at=now)
    )
