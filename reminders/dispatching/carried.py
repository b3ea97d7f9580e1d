"""What a message carries: its reminders, or what staff wrote by hand. Both wait, leave and end in the same states."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import bindparam, select

from reminders.model import Reason, Status, TaskRule
from reminders.store.changes import close_tasks, leave_unclear, raise_task, unclear_key
from reminders.store.engine import Transaction
from reminders.tables import MessageRow, ReminderRow, WrittenRow

Carried = ReminderRow | WrittenRow


def list_carried(tx: Transaction, message: MessageRow) -> list[Carried]:
    if message.written_id is not None:
        written = tx.get(WrittenRow, message.written_id, populate_existing=True)
        return [written] if written is not None else []
    return list(tx.scalars(_REMINDERS_OF, {"message_id": message.id}))


_REMINDERS_OF = (
    select(ReminderRow)
    .where(ReminderRow.message_id == bindparam("message_id"))
    .order_by(ReminderRow.id)
    # What the receipt says of the attempt is written together with what follows for its reminders.
    .execution_options(populate_existing=True, autoflush=False)
)


def end_lease(row: Carried) -> None:
    """Nobody holds it any more."""
    row.lease_until = None
    if isinstance(row, ReminderRow):
        row.claimed_by = None


def leave_carried_unclear(tx: Transaction, row: Carried, now: datetime) -> None:
    """It may have left, and it is not sent again: a person must ask."""
    if isinstance(row, ReminderRow):
        leave_unclear(tx, row.id, row.patient_id, row.rule, now)
        return
    end_lease(row)
    row.status, row.reason, row.updated_at = Status.IN_DOUBT, Reason.UNCLEAR, now
    text = "Call the patient: it is unclear whether the message written by hand arrived, and it is not sent again."
    raise_task(tx, TaskRule.UNCLEAR_SEND, _unclear_key(row), text, now, patient_id=row.patient_id)


def close_unclear_task(tx: Transaction, row: Carried, now: datetime) -> None:
    """It is known by now what became of it."""
    close_tasks(tx, TaskRule.UNCLEAR_SEND, _unclear_key(row), now)


def _unclear_key(row: Carried) -> str:
    return unclear_key(row.id) if isinstance(row, ReminderRow) else f"written:{row.id}:unclear"


def close_unsent(tx: Transaction, row: WrittenRow, status: Status, reason: Reason, why: str, now: datetime) -> None:
    """A person meant it to be read, and it did not leave: a person must hear of that."""
    end_lease(row)
    row.status, row.reason, row.updated_at = status, reason, now
    text = f"Call the patient: the message written by hand did not leave ({why})."
    raise_task(tx, TaskRule.UNDELIVERABLE, f"written:{row.id}", text, now, patient_id=row.patient_id)
    tx.flush()
