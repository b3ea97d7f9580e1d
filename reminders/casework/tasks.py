"""Tasks: what the desk has seen to."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import update

from reminders.model import InputRefusal, Refusal, TaskStatus
from reminders.store.cases import find_row
from reminders.store.engine import Transaction
from reminders.tables import TaskRow


class TaskSettled(Refusal):
    """Somebody else has seen to it meanwhile, or its facts went away."""


def complete_task(tx: Transaction, task_id: int, now: datetime) -> None:
    """Mark a task as done; it returns only if its facts change. Raises TaskSettled where it is not open."""
    row = find_row(tx, TaskRow, task_id)
    if row is None:
        raise InputRefusal(
            f"There is no task {task_id}: see `reminders tasks`.", at_desk="There is no such task: see Today."
        )
    if not _set_status(tx, task_id, TaskStatus.OPEN, TaskStatus.DONE, now):
        tx.refresh(row)
        raise TaskSettled(f"Task {task_id} is {row.status} already.")


def reopen_task(tx: Transaction, task_id: int) -> bool:
    """Take a completing back; False where there is none to take back."""
    return _set_status(tx, task_id, TaskStatus.DONE, TaskStatus.OPEN, None)


def _set_status(
    tx: Transaction, task_id: int, expected: TaskStatus, status: TaskStatus, closed_at: datetime | None
) -> bool:
    # One guarded update: of two who press the button at once, one has done it.
    changed = tx.scalars(
        update(TaskRow)
        .where(TaskRow.id == task_id, TaskRow.status == expected)
        .values(status=status, closed_at=closed_at)
        .returning(TaskRow.id)
    )
    return bool(changed.all())
