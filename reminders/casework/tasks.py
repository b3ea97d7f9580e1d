"""Tasks: what the desk has seen to."""

from __future__ import annotations

from datetime import datetime

from reminders.model import InputRefusal, Refusal, TaskStatus
from reminders.store.cases import find_row
from reminders.store.engine import Transaction
from reminders.tables import TaskRow


def complete_task(tx: Transaction, task_id: int, now: datetime) -> None:
    """Mark a task as done; it returns only if its facts change."""
    row = find_row(tx, TaskRow, task_id)
    if row is None:
        raise InputRefusal(
            f"There is no task {task_id}: see `reminders tasks`.", at_desk="There is no such task: see Today."
        )
    if row.status != TaskStatus.OPEN:
        raise Refusal(f"Task {task_id} is {row.status} already.")
    row.status, row.closed_at = TaskStatus.DONE, now
    tx.flush()
