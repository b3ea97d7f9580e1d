"""Reminders that cannot be written: set aside after a few tries, so that the others flow (F18)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog

from reminders.model import Reason, Status, TaskRule
from reminders.store.changes import leave_unclear, raise_task
from reminders.store.engine import Transaction
from reminders.tables import ReminderRow

_log = structlog.get_logger()

MAX_TRIES = 3
_WAIT = timedelta(minutes=5)


def isolate(tx: Transaction, rows: Sequence[ReminderRow], fault: str, now: datetime) -> None:
    """Try again later, and after `MAX_TRIES` close the reminders and ask the desk."""
    for row in rows:
        row.attempts += 1
        row.claimed_by = row.lease_until = None
        row.updated_at = now
        row.status, row.next_attempt_at = Status.SCHEDULED, now + _WAIT
        if row.attempts >= MAX_TRIES:
            _give_up(tx, row, now)
        _log.error("reminder not written", reminder=row.id, tries=row.attempts, fault=fault)
    tx.flush()


def _give_up(tx: Transaction, row: ReminderRow, now: datetime) -> None:
    if row.resends:
        leave_unclear(tx, row.id, row.patient_id, row.rule, now)
        return
    row.status, row.reason = Status.FAILED, Reason.POISONED
    text = f"Call the patient: the text of '{row.rule}' could not be written. Tell whoever keeps the templates."
    raise_task(tx, TaskRule.UNDELIVERABLE, f"reminder:{row.id}", text, now, patient_id=row.patient_id)
