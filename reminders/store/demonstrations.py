"""Whether the database holds an invented clinic, so that nobody takes it for the real one."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from reminders.store.engine import Transaction
from reminders.tables import DemonstrationRow


def mark_demonstration(tx: Transaction, now: datetime) -> None:
    """From here on the patients of this database are invented ones, whoever is added later."""
    tx.add(DemonstrationRow(seeded_at=now))


def is_demonstration(tx: Transaction) -> bool:
    return tx.scalar(select(DemonstrationRow.id).limit(1)) is not None
