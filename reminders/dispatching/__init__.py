"""Dispatch: claim what is due, commit `sending`, hand over, record. Sending is always outside a transaction."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog

from reminders.dispatching.doubt import settle_in_doubt
from reminders.dispatching.notices import mail_directly, queue_notice, send_notices
from reminders.dispatching.pauses import Access, enter_channel
from reminders.dispatching.receipts import in_batches, record_receipts
from reminders.dispatching.sending import Begun, begin_apart, begin_send
from reminders.dispatching.work import Pace, Work
from reminders.dispatching.written import begin_written, expire_written
from reminders.model import Channel, Outcome, OutgoingMessage, Receipt
from reminders.replanning import list_lapsing_patients, list_resuming_patients, replan_patient
from reminders.sending_hours import LEAST_USEFUL
from reminders.store.claims import claim_due, doubt_expired_sends, list_expiring_patients, release_expired_claims
from reminders.store.engine import writing
from reminders.store.trouble import DatabaseTrouble

_log = structlog.get_logger()


@dataclass(frozen=True, kw_only=True)
class PassReport:
    handed_over: int
    settled: int
    notices: int


def dispatch_pass(work: Work, should_stop: Callable[[], bool] = lambda: False) -> PassReport:
    """Everything once: what `reminders dispatch` runs, and what the daemon's ticks run in parts."""
    tidy_up(work)
    handed_over = dispatch_due(work, should_stop)
    settled = settle_in_doubt(work)
    return PassReport(handed_over=handed_over, settled=settled, notices=send_notices(work))


def dispatch_due(
    work: Work, should_stop: Callable[[], bool] = lambda: False, channels: Collection[Channel] | None = None
) -> int:
    """Hand over what is due until nothing is, or until asked to stop; returns how many messages were handed over.

    A channel is asked again where more may be due than the last batch took: see `_list_unfinished`. `channels` are
    those with something due, where the caller knows.
    """
    handed_over = 0
    unfinished = tuple(work.providers if channels is None else channels)
    while unfinished and not should_stop():
        began_at = work.now()
        # A batch of each in turn: a slow provider holds the other channel up by one batch at most.
        # What a person wrote goes first.
        steps = (_dispatch_written, _dispatch_batch)
        batches = [dispatch(work, channel) for channel in unfinished for dispatch in steps]
        handed_over += sum(batch.handed_over for batch in batches)
        unfinished = _list_unfinished(work, batches, began_at)
    return handed_over


@dataclass(frozen=True, kw_only=True)
class _Batch:
    channel: Channel
    handed_over: int = 0
    is_full: bool = False
    """It took as many as it might: there may be more."""
    is_plain: bool = True
    """All that was claimed left as planned, and no plan was touched."""


def _list_unfinished(work: Work, batches: Sequence[_Batch], began_at: datetime) -> tuple[Channel, ...]:
    """The channels on which something may be due still.

    A refusal or a replan can make something due at once, on the other channel, too; and so does time. What falls due
    within a tick is left to the next one.
    """
    took_long = any(batch.handed_over for batch in batches) and work.now() - began_at >= work.pace.horizon
    if took_long or not all(batch.is_plain for batch in batches):
        return tuple(work.providers)
    return tuple(dict.fromkeys(batch.channel for batch in batches if batch.is_full))


def _dispatch_written(work: Work, channel: Channel) -> _Batch:
    """The same of what staff wrote by hand."""
    try:
        messages = begin_written(work, channel)
    except DatabaseTrouble:
        raise
    except Exception as fault:  # noqa: BLE001 - whatever broke it, the reminders must not wait
        _log.error("messages by hand not begun", fault=type(fault).__name__)
        return _Batch(channel=channel)
    if not messages:
        return _Batch(channel=channel)
    taken = _hand_over(work, channel, messages)
    return _Batch(
        channel=channel,
        handed_over=len(taken),
        is_full=True,
        is_plain=all(receipt.outcome is Outcome.ACCEPTED for receipt in taken),
    )


def _dispatch_batch(work: Work, channel: Channel) -> _Batch:
    """Claim, begin and hand over one batch of what is due and may leave now."""
    now = work.now()
    worker = secrets.token_hex(8)
    with writing(work.engine) as tx:
        access = enter_channel(tx, channel, now, work.pace)
        if access is Access.CLOSED:
            return _Batch(channel=channel)
        limit = 1 if access is Access.PROBE else work.pace.batch_size
        lease_until = now + work.pace.lease
        claimed = claim_due(tx, channels=[channel], worker=worker, now=now, lease_until=lease_until, limit=limit)
        if not claimed:
            # A probe that found nothing to try with is not spent.
            tx.rollback()
            return _Batch(channel=channel)
    begun = _begin(work, channel, worker, access)
    taken = _hand_over(work, channel, begun.messages)
    return _Batch(
        channel=channel,
        handed_over=len(taken),
        is_full=len(claimed) == limit,
        is_plain=not begun.is_replanned and all(receipt.outcome is Outcome.ACCEPTED for receipt in taken),
    )


def _begin(work: Work, channel: Channel, worker: str, access: Access) -> Begun:
    try:
        return begin_send(work, channel, worker, is_probe=access is Access.PROBE)
    except DatabaseTrouble:
        raise
    except Exception as fault:  # noqa: BLE001 - whatever broke it, the batch's other patients must not wait
        _log.error("batch not begun", fault=type(fault).__name__)
        return begin_apart(work, channel, worker)


def _hand_over(work: Work, channel: Channel, messages: Sequence[OutgoingMessage]) -> list[Receipt]:
    taken: list[Receipt] = []
    for receipts in in_batches(work.providers[channel].send(messages)):
        record_receipts(work, receipts)
        taken += receipts
    return taken


def tidy_up(work: Work) -> None:
    """Leases whose worker is gone, sessions whose day is long past, reminders whose time is over."""
    now = work.now()
    with writing(work.engine) as tx:
        released = release_expired_claims(tx, now)
        # Where only the clock jumped, the worker lives: it gets the time to end what it was handing over.
        doubted = doubt_expired_sends(tx, now, max(work.pace.in_doubt_wait, work.pace.hand_over))
    expire_written(work)
    if released or doubted:
        _log.warning("leases expired", released=released, in_doubt=doubted)
    with writing(work.engine) as tx:
        stale = {
            *list_lapsing_patients(tx, work.clinic, now),
            *list_resuming_patients(tx, now),
            *list_expiring_patients(tx, now + LEAST_USEFUL, limit=1000),
        }
    for patient_id in sorted(stale):
        _replan_one(work, patient_id)


def _replan_one(work: Work, patient_id: int) -> None:
    try:
        with writing(work.engine) as tx:
            replan_patient(tx, work.clinic, patient_id, work.now())
    except DatabaseTrouble:
        raise
    except Exception as fault:  # noqa: BLE001 - one bad row never stops the others
        _log.error("patient not replanned", patient=patient_id, fault=type(fault).__name__)


__all__ = [
    "Pace",
    "PassReport",
    "Work",
    "dispatch_due",
    "dispatch_pass",
    "mail_directly",
    "queue_notice",
    "send_notices",
    "settle_in_doubt",
    "tidy_up",
]
