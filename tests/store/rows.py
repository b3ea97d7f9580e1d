"""Rows to work on: a patient, reminders that are due, and hand-overs that have begun."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Engine, select

from reminders.model import Status
from reminders.store.engine import Transaction, reading, writing
from reminders.tables import AttemptRow, MessageRow, PatientRow, ReminderRow

NOW = datetime(2026, 3, 10, 15, 0, tzinfo=UTC)
LATER = NOW + timedelta(minutes=2)


def add_patient(tx: Transaction, **over: Any) -> PatientRow:
    values = {"name": "Ana Diaz", "name_key": "ana diaz", "phone": "+16175550142", "created_at": NOW, **over}
    row = PatientRow(**values)
    tx.add(row)
    tx.flush()
    return row


def add_reminders(tx: Transaction, count: int, **over: Any) -> list[int]:
    """Reminders of one patient, due now unless said otherwise."""
    patient = tx.scalars(select(PatientRow)).first() or add_patient(tx)
    first = len(tx.scalars(select(ReminderRow.id)).all()) + 1
    rows = [_make_reminder(patient.id, occurrence, **over) for occurrence in range(first, first + count)]
    tx.add_all(rows)
    tx.flush()
    return [row.id for row in rows]


def _make_reminder(patient_id: int, occurrence: int, **over: Any) -> ReminderRow:
    values = {
        "patient_id": patient_id,
        "anchor_kind": "procedure",
        "anchor_id": 1,
        "rule": "icing",
        "occurrence": occurrence,
        "treatment": "fractional-laser",
        "audience": "patient",
        "channel": "sms",
        "status": "scheduled",
        "due_at": NOW,
        "next_attempt_at": NOW,
        "expires_at": NOW + timedelta(hours=1),
        "attempts": 0,
        "resends": 0,
        "created_at": NOW,
        "updated_at": NOW,
        **over,
    }
    return ReminderRow(**values)


def fill(engine: Engine, count: int = 1, **over: Any) -> list[int]:
    """The same in a transaction of its own."""
    with writing(engine) as tx:
        return add_reminders(tx, count, **over)


def begin_hand_over(engine: Engine, lease_until: datetime, *, finished_at: datetime | None = None) -> int:
    """A reminder that a worker is handing over; returns its id."""
    with writing(engine) as tx:
        (reminder_id,) = add_reminders(tx, 1, status="sending", claimed_by="w1", lease_until=lease_until)
        row = read_row(tx, reminder_id)
        message = MessageRow(
            patient_id=row.patient_id, channel="sms", contact="+16175550142", body="A text", segments=1, created_at=NOW
        )
        tx.add(message)
        tx.flush()
        row.message_id = message.id
        tx.add(
            AttemptRow(
                message_id=message.id,
                token=f"token-{message.id}",
                provider="outbox",
                started_at=NOW,
                send_before=LATER,
                finished_at=finished_at,
            )
        )
    return reminder_id


def read_row(tx: Transaction, reminder_id: int) -> ReminderRow:
    row = tx.get(ReminderRow, reminder_id)
    assert row is not None, f"there is no reminder {reminder_id}"
    return row


def status_of(engine: Engine, reminder_id: int) -> Status:
    with reading(engine) as tx:
        return Status(read_row(tx, reminder_id).status)
