"""Claims and leases: which worker may hand a reminder over, and until when."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Integer, bindparam, select, update

from reminders.model import Channel, Status
from reminders.store.engine import Transaction
from reminders.store.statements import table_of
from reminders.tables import AttemptRow, ChannelRow, EventRow, MessageRow, ReminderRow, WrittenRow

_REMINDERS = table_of(ReminderRow)


_DUE = (
    select(ReminderRow.id)
    .where(
        ReminderRow.status == Status.SCHEDULED,
        ReminderRow.next_attempt_at <= bindparam("now"),
        ReminderRow.channel.in_(bindparam("channels", expanding=True)),
    )
    .order_by(ReminderRow.next_attempt_at, ReminderRow.id)
    .limit(bindparam("most", type_=Integer))
    .with_for_update(skip_locked=True)
    # A bare IN-subquery can pass its LIMIT on PostgreSQL; a CTE is run once.
    .cte("due")
)

_CLAIM = (
    update(_REMINDERS)
    .where(_REMINDERS.c.id.in_(select(_DUE.c.id)), _REMINDERS.c.status == Status.SCHEDULED)
    .values(status=Status.CLAIMED, claimed_by=bindparam("worker"), lease_until=bindparam("until"))
    .returning(_REMINDERS.c.id)
)


def claim_due(
    tx: Transaction, *, channels: Collection[Channel], worker: str, now: datetime, lease_until: datetime, limit: int
) -> list[int]:
    """Take up to `limit` due reminders for one worker; each goes to exactly one (R4, R5). Returns their ids."""
    claim = {"channels": list(channels), "worker": worker, "now": now, "until": lease_until, "most": limit}
    return sorted(tx.scalars(_CLAIM, claim).all())


def release_expired_claims(tx: Transaction, now: datetime) -> int:
    """Claims whose worker is gone before anything was handed over: back into the queue."""
    released = tx.scalars(
        update(ReminderRow)
        .where(_is_abandoned(Status.CLAIMED, now), ReminderRow.status == Status.CLAIMED)
        .values(status=Status.SCHEDULED, claimed_by=None, lease_until=None)
        .returning(ReminderRow.id)
        .execution_options(synchronize_session=False)
    )
    return len(released.all())


def doubt_expired_sends(tx: Transaction, now: datetime, wait: timedelta) -> int:
    """Hand-overs whose worker is gone: nobody knows whether they left, so they are looked for, `wait` from now."""
    message_ids = set(
        tx.scalars(
            update(ReminderRow)
            .where(_is_abandoned(Status.SENDING, now), ReminderRow.status == Status.SENDING)
            .values(status=Status.IN_DOUBT, claimed_by=None, lease_until=None, updated_at=now)
            .returning(ReminderRow.message_id)
            .execution_options(synchronize_session=False)
        )
    )
    written_ids = set(
        tx.scalars(
            update(WrittenRow)
            .where(_is_left_behind(now), WrittenRow.status == Status.SENDING)
            .values(status=Status.IN_DOUBT, lease_until=None, updated_at=now)
            .returning(WrittenRow.id)
            .execution_options(synchronize_session=False)
        )
    )
    unfinished = tx.execute(
        select(AttemptRow, MessageRow)
        .join(MessageRow, MessageRow.id == AttemptRow.message_id)
        .where(
            MessageRow.id.in_(message_ids) | MessageRow.written_id.in_(written_ids), AttemptRow.finished_at.is_(None)
        )
    )
    for attempt, message in unfinished.all():
        attempt.look_at = now + wait
        message.left_at = message.left_at or attempt.started_at
        tx.add(EventRow(attempt_id=attempt.id, at=now, kind="lease_lost", status=Status.IN_DOUBT))
    tx.flush()
    return len(message_ids) + len(written_ids)


def _is_abandoned(status: Status, now: datetime) -> ColumnElement[bool]:
    """Its lease is over. Rows that another transaction holds are left to the next look, so that no two can deadlock."""
    abandoned = (
        select(ReminderRow.id)
        .where(ReminderRow.status == status, ReminderRow.lease_until <= now)
        .with_for_update(skip_locked=True)
        .cte("abandoned")
    )
    return ReminderRow.id.in_(select(abandoned.c.id))


def _is_left_behind(now: datetime) -> ColumnElement[bool]:
    """The same of what staff wrote by hand."""
    left_behind = (
        select(WrittenRow.id)
        .where(WrittenRow.status == Status.SENDING, WrittenRow.lease_until <= now)
        .with_for_update(skip_locked=True)
        .cte("left_behind")
    )
    return WrittenRow.id.in_(select(left_behind.c.id))


_CHANNEL = select(ChannelRow).where(ChannelRow.channel == bindparam("channel"))
_HELD_CHANNEL = _CHANNEL.with_for_update().execution_options(populate_existing=True)


def load_channel(tx: Transaction, channel: Channel, *, for_update: bool = False) -> ChannelRow:
    return tx.scalars(_HELD_CHANNEL if for_update else _CHANNEL, {"channel": channel}).one()


def is_paused(row: ChannelRow, now: datetime) -> bool:
    """A pause that needs a probe lasts until one gets through; one for the rate ends by itself."""
    return row.paused_until is not None and (row.needs_probe or row.paused_until > now)


def take_probe(tx: Transaction, channel: Channel, now: datetime, next_probe_at: datetime) -> bool:
    """Whether this worker may try a paused channel with one message: one a probe interval, over all daemons (R9)."""
    taken = tx.scalars(
        update(ChannelRow)
        .where(ChannelRow.channel == channel, ChannelRow.needs_probe, ChannelRow.paused_until <= now)
        .values(paused_until=next_probe_at)
        .returning(ChannelRow.channel)
        .execution_options(synchronize_session=False)
    )
    return bool(taken.all())


def list_expiring_patients(tx: Transaction, before: datetime, limit: int) -> list[int]:
    """Patients with a waiting reminder that is over: where its channel is paused, no claim comes to it."""
    rows = tx.scalars(
        select(ReminderRow.patient_id)
        .where(ReminderRow.status == Status.SCHEDULED, ReminderRow.expires_at <= before)
        .order_by(ReminderRow.expires_at)
        .limit(limit)
    )
    return sorted(set(rows))


_CLAIMED = (
    select(ReminderRow)
    .where(ReminderRow.status == Status.CLAIMED, ReminderRow.claimed_by == bindparam("worker"))
    .order_by(ReminderRow.next_attempt_at, ReminderRow.id)
    .execution_options(populate_existing=True)
)


def load_claimed(tx: Transaction, worker: str) -> list[ReminderRow]:
    """The reminders that this worker still holds, in the order of their turn."""
    return list(tx.scalars(_CLAIMED, {"worker": worker}))


_CLAIMED_PATIENTS = select(_REMINDERS.c.patient_id).where(
    _REMINDERS.c.status == Status.CLAIMED, _REMINDERS.c.claimed_by == bindparam("worker")
)


def list_claimed_patients(tx: Transaction, worker: str) -> set[int]:
    """Whose reminders this worker holds."""
    return set(tx.scalars(_CLAIMED_PATIENTS, {"worker": worker}).all())


def pass_claims(tx: Transaction, worker: str, heir: str, patient_id: int) -> None:
    """Let another worker have one patient's share of a claim."""
    tx.execute(
        update(ReminderRow)
        .where(
            ReminderRow.status == Status.CLAIMED,
            ReminderRow.claimed_by == worker,
            ReminderRow.patient_id == patient_id,
        )
        .values(claimed_by=heir)
        .execution_options(synchronize_session=False)
    )


_PUT_BACK = (
    update(_REMINDERS)
    .where(_REMINDERS.c.status == Status.CLAIMED, _REMINDERS.c.claimed_by == bindparam("worker"))
    .values(status=Status.SCHEDULED, claimed_by=None, lease_until=None)
)


def put_back_claims(tx: Transaction, worker: str) -> None:
    """What this worker still holds goes back into the queue."""
    tx.execute(_PUT_BACK, {"worker": worker})
