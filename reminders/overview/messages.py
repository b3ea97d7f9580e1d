"""Messages as they left, and what each of them says."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from sqlalchemy import select

from reminders.store.engine import Transaction
from reminders.tables import MessageRow, ReminderRow

BY_HAND = "by hand"
"""In place of a rule: what staff wrote."""


def list_said(tx: Transaction, messages: Iterable[MessageRow]) -> dict[int, tuple[str, ...]]:
    """By message: its reminders, such as 'icing 1', or that it was written by hand."""
    said: dict[int, list[str]] = defaultdict(list)
    ids = []
    for message in messages:
        said[message.id] = [BY_HAND] if message.written_id is not None else []
        ids.append(message.id)
    rows = tx.execute(
        select(ReminderRow.message_id, ReminderRow.rule, ReminderRow.occurrence)
        .where(ReminderRow.message_id.in_(ids))
        .order_by(ReminderRow.id)
    )
    for message_id, rule, occurrence in rows:
        if message_id is not None:
            said[message_id].append(f"{rule} {occurrence}")
    return {message_id: tuple(names) for message_id, names in said.items()}
