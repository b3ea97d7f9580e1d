"""Messages by hand on their way: taken, checked again, and committed as `sending` before anything leaves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import ColumnElement, select

from reminders.composing import Composed, compose_written, is_first_text
from reminders.dispatching.bundling import hours_of
from reminders.dispatching.carried import close_unsent
from reminders.dispatching.pauses import Access, enter_channel
from reminders.dispatching.sending import Deadline, Envelope, is_first_under_way, start_attempt, take_slot
from reminders.dispatching.work import Work
from reminders.messages import Unrenderable
from reminders.model import Channel, Contact, OutgoingMessage, Reason, Status
from reminders.sending_hours import is_useful
from reminders.store.cases import load_contacts, lock_patients
from reminders.store.claims import is_paused, load_channel
from reminders.store.engine import Transaction, reading, writing
from reminders.tables import ChannelRow, MessageRow, PatientRow, WrittenRow

_log = structlog.get_logger()

_LOOK_AGAIN = timedelta(minutes=5)
"""When one that may not leave yet is looked at again: a paused patient, or a first text that is still on its way."""


@dataclass(frozen=True, kw_only=True)
class _Turn:
    tx: Transaction
    work: Work
    sender: ChannelRow
    now: datetime


def begin_written(work: Work, channel: Channel) -> list[OutgoingMessage] | None:
    """Begin what staff wrote and is due; None where nothing is that may leave now. Called before the reminders' turn.

    What may not leave any more closes here, with a task: a person meant it to be read.
    """
    now = work.now()
    with reading(work.engine) as tx:
        # Hardly ever is there any: a look that keeps nobody waiting.
        if not _list_due(tx, channel, now, limit=1):
            return None
    with writing(work.engine) as tx:
        access = enter_channel(tx, channel, now, work.pace)
        due = _list_due(tx, channel, now, limit=1 if access is Access.PROBE else work.pace.batch_size)
        if access is Access.CLOSED or not due:
            # A probe that found nothing to try with is not spent.
            tx.rollback()
            return None
    with writing(work.engine) as tx:
        # Patients first, as everywhere, so that no two can deadlock.
        lock_patients(tx, {patient_id for _, patient_id in due})
        rows = _hold(tx, [row_id for row_id, _ in due])
        sender = load_channel(tx, channel, for_update=True)
        if access is not Access.PROBE and is_paused(sender, now):
            return None
        turn = _Turn(tx=tx, work=work, sender=sender, now=now)
        outgoing = [message for row in rows for message in _begin_one(turn, row)]
        is_stuck = not outgoing and all(row.status == Status.SCHEDULED and row.next_attempt_at <= now for row in rows)
    return None if is_stuck else outgoing


def _list_due(tx: Transaction, channel: Channel, now: datetime, limit: int) -> list[tuple[int, int]]:
    due = tx.execute(
        select(WrittenRow.id, WrittenRow.patient_id)
        .where(WrittenRow.status == Status.SCHEDULED, WrittenRow.next_attempt_at <= now, WrittenRow.channel == channel)
        .order_by(WrittenRow.next_attempt_at, WrittenRow.id)
        .limit(limit)
    )
    return [(row_id, patient_id) for row_id, patient_id in due]


def _hold(tx: Transaction, ids: Sequence[int]) -> list[WrittenRow]:
    """Those that no other daemon has begun meanwhile."""
    return list(
        tx.scalars(
            select(WrittenRow)
            .where(WrittenRow.id.in_(ids), WrittenRow.status == Status.SCHEDULED)
            .order_by(WrittenRow.next_attempt_at, WrittenRow.id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
    )


def _begin_one(turn: _Turn, row: WrittenRow) -> Iterator[OutgoingMessage]:
    patient = turn.tx.get(PatientRow, row.patient_id, populate_existing=True)
    assert patient is not None, "patients are never deleted"
    contact = load_contacts(turn.tx, [patient])[patient.id][Channel(row.channel)]
    if _close_or_put_off(turn, row, patient, contact):
        return
    assert contact.address is not None, "one without an address is blocked"
    is_first = row.channel == Channel.SMS and is_first_text(turn.tx, contact.address)
    if is_first and is_first_under_way(turn.tx, contact.address):
        row.next_attempt_at = turn.now + _LOOK_AGAIN
        return
    earlier = _find_earlier(turn.tx, row, contact.address)
    try:
        composed = (
            _as_before(earlier)
            if earlier
            else compose_written(turn.work.templates, row, patient_name=patient.name, is_first=is_first)
        )
    except Unrenderable as fault:
        _log.error("message not written", written=row.id, fault=str(fault))
        close_unsent(turn.tx, row, Status.FAILED, Reason.POISONED, "it could not be written", turn.now)
        return
    slot = take_slot(turn.work, turn.sender, Channel(row.channel), composed.segments, turn.now)
    if slot is not None:
        message = earlier or _insert(turn, row, contact.address, composed)
        yield _hand_on(turn, row, patient, message, composed, slot)


def _close_or_put_off(turn: _Turn, row: WrittenRow, patient: PatientRow, contact: Contact) -> bool:
    """Whether it may not leave now."""
    leave_at = hours_of(turn.work.clinic, patient).next_allowed(turn.now)
    if contact.blocked is not None:
        close_unsent(turn.tx, row, Status.CANCELLED, contact.blocked, contact.blocked.replace("_", " "), turn.now)
    elif not is_useful(leave_at, row.expires_at):
        close_unsent(turn.tx, row, Status.EXPIRED, Reason.SERVICE_LATE, "its time was over", turn.now)
    elif patient.paused_since is not None:
        row.next_attempt_at = turn.now + _LOOK_AGAIN
    elif leave_at > turn.now:
        row.next_attempt_at = leave_at
    else:
        return False
    return True


def _find_earlier(tx: Transaction, row: WrittenRow, contact: str) -> MessageRow | None:
    """The message of an earlier try to the same address: another try is the same message."""
    return tx.scalar(
        select(MessageRow)
        .where(MessageRow.written_id == row.id, MessageRow.contact == contact)
        .order_by(MessageRow.id.desc())
        .limit(1)
    )


def _as_before(message: MessageRow) -> Composed:
    return Composed(body=message.body, segments=message.segments, subject=message.subject, html=message.html)


def _insert(turn: _Turn, row: WrittenRow, contact: str, composed: Composed) -> MessageRow:
    message = MessageRow(
        patient_id=row.patient_id,
        channel=row.channel,
        contact=contact,
        subject=composed.subject,
        body=composed.body,
        html=composed.html,
        segments=composed.segments,
        written_id=row.id,
        created_at=turn.now,
    )
    turn.tx.add(message)
    turn.tx.flush()
    return message


def _hand_on(
    turn: _Turn, row: WrittenRow, patient: PatientRow, message: MessageRow, composed: Composed, slot: datetime
) -> OutgoingMessage:
    deadline = Deadline.of(turn.work, hours_of(turn.work.clinic, patient), row.expires_at, turn.now)
    row.status, row.contact, row.left_at, row.updated_at = Status.SENDING, message.contact, turn.now, turn.now
    row.lease_until = turn.now + turn.work.pace.lease
    envelope = Envelope(
        message_id=message.id,
        created_at=message.created_at,
        channel=Channel(message.channel),
        contact=message.contact,
    )
    return start_attempt(turn.tx, turn.work, envelope, composed, deadline, slot)


def expire_written(work: Work) -> None:
    """Close what waits and is over: where its channel is paused, no turn comes to it."""
    now = work.now()
    with writing(work.engine) as tx:
        over = tx.execute(select(WrittenRow.id, WrittenRow.patient_id).where(_is_over(now)).limit(1000)).all()
        lock_patients(tx, {patient_id for _, patient_id in over})
        for row in _hold(tx, [row_id for row_id, _ in over]):
            close_unsent(tx, row, Status.EXPIRED, Reason.SERVICE_LATE, "its time was over", now)


def _is_over(now: datetime) -> ColumnElement[bool]:
    return (WrittenRow.status == Status.SCHEDULED) & (WrittenRow.expires_at <= now)
