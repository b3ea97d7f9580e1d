"""Numbers and addresses that must not be used: opted out, or refused for good."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from reminders.model import Channel, Reason
from reminders.store.engine import Transaction
from reminders.tables import ContactBlockRow


def block_contact(
    tx: Transaction,
    channel: Channel,
    contact: str,
    reason: Reason,
    *,
    source: str,
    now: datetime,
    code: str | None = None,
) -> None:
    """Use this number or address no more. Keyed by itself, so that entering it again does not undo it."""
    row = tx.scalar(
        select(ContactBlockRow).where(
            ContactBlockRow.channel == channel, ContactBlockRow.contact == contact, ContactBlockRow.reason == reason
        )
    )
    if row is None:
        row = ContactBlockRow(channel=channel, contact=contact, reason=reason)
        tx.add(row)
    elif row.lifted_at is None:
        return
    row.source, row.code, row.blocked_at, row.lifted_at = source, code, now, None
    tx.flush()


def list_standing_blocks(tx: Transaction, channel: Channel, contact: str) -> list[ContactBlockRow]:
    return list(
        tx.scalars(
            select(ContactBlockRow).where(
                ContactBlockRow.channel == channel,
                ContactBlockRow.contact == contact,
                ContactBlockRow.lifted_at.is_(None),
            )
        )
    )
