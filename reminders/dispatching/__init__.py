"""Dispatch: claim what is due, commit `sending`, hand over, record. Sending is always outside a transaction."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass

import structlog

from reminders.dispatching.doubt import settle_in_doubt
from reminders.dispatching.notices import mail_directly, queue_notice, send_notices
from reminders.dispatching.pauses import list_open_channels
from reminders.dispatching.receipts import in_batches, record_receipts
from reminders.dispatching.sending import begin_send
from reminders.dispatching.work import Pace, Work
from reminders.model import Channel, OutgoingMessage, Receipt
from reminders.replanning import list_lapsing_patients, replan_patient
from reminders.sending_hours import LEAST_USEFUL
from reminders.store.claims import claim_due, doubt_expired_sends, list_expiring_patients, release_expired_claims
from reminders.store.engine import writing

_log = structlog.get_logger()

_RECORD_EVERY = 25
"""Receipts are recorded this many at a time: few enough that a crash leaves few messages in doubt."""


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


def dispatch_due(work: Work, should_stop: Callable[[], bool] = lambda: False) -> int:
    """Hand over what is due until nothing is, or until asked to stop; returns how many messages were handed over."""
    handed_over = 0
    while not should_stop():
        messages = _claim_batch(work)
        if messages is None:
            break
        for receipts in in_batches(_hand_over(work, messages), _RECORD_EVERY):
            record_receipts(work, receipts)
            handed_over += len(receipts)
    return handed_over


def _claim_batch(work: Work) -> list[OutgoingMessage] | None:
    """Claim and begin one batch; None where nothing is due that may leave now."""
    now = work.now()
    worker = secrets.token_hex(8)
    with writing(work.engine) as tx:
        usable = list_open_channels(tx, work.providers, now, work.pace)
        claimed = [
            reminder_id
            for channels, limit in _limits(usable, work.pace.batch_size)
            for reminder_id in claim_due(
                tx, channels=channels, worker=worker, now=now, lease_until=now + work.pace.lease, limit=limit
            )
        ]
    if not claimed:
        return None
    return begin_send(work, usable, worker)


def _limits(usable: dict[Channel, bool], batch_size: int) -> Iterator[tuple[Collection[Channel], int]]:
    """One message tries a paused channel; the others share a batch."""
    open_channels = [channel for channel, is_probe in usable.items() if not is_probe]
    if open_channels:
        yield open_channels, batch_size
    for channel, is_probe in usable.items():
        if is_probe:
            yield [channel], 1


def _hand_over(work: Work, messages: Sequence[OutgoingMessage]) -> Iterator[Receipt]:
    for channel, provider in work.providers.items():
        batch = [message for message in messages if message.channel is channel]
        if batch:
            yield from provider.send(batch)


def tidy_up(work: Work) -> None:
    """Leases whose worker is gone, sessions whose day is long past, reminders whose time is over."""
    now = work.now()
    with writing(work.engine) as tx:
        released = release_expired_claims(tx, now)
        doubted = doubt_expired_sends(tx, now, work.pace.in_doubt_wait)
    if released or doubted:
        _log.warning("leases expired", released=released, in_doubt=doubted)
    with writing(work.engine) as tx:
        stale = {
            *list_lapsing_patients(tx, work.clinic, now),
            *list_expiring_patients(tx, now + LEAST_USEFUL, limit=1000),
        }
    for patient_id in sorted(stale):
        with writing(work.engine) as tx:
            replan_patient(tx, work.clinic, patient_id, now)


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
