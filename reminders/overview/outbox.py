"""The messages that the outbox keeps."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from reminders.model import Channel
from reminders.overview.messages import list_said
from reminders.overview.moments import utc
from reminders.store.engine import Transaction
from reminders.tables import AttemptRow, MessageRow, PatientRow


@dataclass(frozen=True, kw_only=True)
class KeptMessage:
    id: int
    """The attempt's: the newest has the highest."""
    message_id: int
    patient_id: int | None
    """None: a mail to the staff."""
    patient_name: str | None
    channel: Channel
    to: str
    left_at: datetime
    subject: str | None
    body: str
    segments: int
    says: tuple[str, ...]
    """The reminders in it, such as 'icing 1'; 'by hand' where staff wrote it."""


@dataclass(frozen=True, kw_only=True)
class OutboxPage:
    messages: tuple[KeptMessage, ...]
    has_more: bool
    """Older ones are there. How many is not counted: after years of them that would take longer than the page."""


def read_outbox(tx: Transaction, *, limit: int = 50, before_id: int | None = None) -> OutboxPage:
    """The newest first; `before_id` is the last one of the page before."""
    query = (
        select(AttemptRow, MessageRow, PatientRow.name)
        .join(MessageRow, MessageRow.id == AttemptRow.message_id)
        .outerjoin(PatientRow, PatientRow.id == MessageRow.patient_id)
        # What is kept has an id. Asked for plainly, SQLite would find them by their ids, and then sort them all.
        .where(AttemptRow.provider == "outbox", func.coalesce(AttemptRow.provider_id, "") != "")
        .order_by(AttemptRow.id.desc())
        .limit(limit + 1)
    )
    if before_id is not None:
        query = query.where(AttemptRow.id < before_id)
    rows = tx.execute(query).all()
    said = list_said(tx, [message for _, message, _ in rows])
    return OutboxPage(
        messages=tuple(
            KeptMessage(
                id=attempt.id,
                message_id=message.id,
                patient_id=message.patient_id,
                patient_name=name,
                channel=Channel(message.channel),
                to=message.contact,
                left_at=attempt.started_at,
                subject=message.subject,
                body=message.body,
                segments=message.segments,
                says=said[message.id],
            )
            for attempt, message, name in rows[:limit]
        ),
        has_more=len(rows) > limit,
    )


# ---- for the command line ----------------------------------------------------------------------------------------


def list_outbox(tx: Transaction) -> list[dict[str, object]]:
    """The messages that the outbox keeps, in the order they would have left."""
    rows = tx.execute(
        select(MessageRow, AttemptRow)
        .join(AttemptRow, AttemptRow.message_id == MessageRow.id)
        # What is kept has an id. Asked for plainly, SQLite would find them by their ids, and then sort them all.
        .where(AttemptRow.provider == "outbox", AttemptRow.provider_id.is_not(None))
        .order_by(AttemptRow.finished_at, AttemptRow.id)
    )
    return [
        {
            "message": message.id,
            "patient": message.patient_id,
            "channel": message.channel,
            "to": message.contact,
            "sent_at": utc(attempt.started_at),
            "subject": message.subject,
            "body": message.body,
            "segments": message.segments,
        }
        for message, attempt in rows
    ]
