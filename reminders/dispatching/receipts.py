"""`record_receipts`: what became of each hand-over, on its reminders, its attempt and its channel."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

import structlog
from sqlalchemy import bindparam, select

from reminders.delivery import next_status
from reminders.dispatching.carried import (
    Carried,
    close_unclear_task,
    close_unsent,
    end_lease,
    leave_carried_unclear,
    list_carried,
)
from reminders.dispatching.pauses import end_pause, pause_channel, wait_for_rate
from reminders.dispatching.work import Work
from reminders.model import PENDING, Channel, Outcome, Reason, Receipt, RefusalKind, Status, TaskRule
from reminders.replanning import replan_contact, replan_patient
from reminders.retrying import UNCOUNTED, GiveUp, RetryAt, decide_retry
from reminders.store.blocks import block_contact, list_standing_blocks
from reminders.store.cases import hours_of_patient, list_patients_of, lock_patients
from reminders.store.changes import raise_task
from reminders.store.engine import Transaction, writing
from reminders.store.statements import insert_row
from reminders.store.trouble import DatabaseTrouble
from reminders.tables import AttemptRow, EventRow, MessageRow, ReminderRow, WrittenRow

_log = structlog.get_logger()

_OURS = (Status.SENDING, Status.IN_DOUBT)
"""A receipt finds its reminders in these; anything else was settled meanwhile by another word of the provider."""


def record_receipts(work: Work, receipts: Sequence[Receipt]) -> None:
    """Record a batch in one transaction; where one of it cannot be recorded, each by itself."""
    try:
        _record_batch(work, receipts)
    except DatabaseTrouble:
        raise
    except Exception as fault:  # noqa: BLE001 - one bad row never stops the others
        if len(receipts) > 1:
            for receipt in receipts:
                record_receipts(work, [receipt])
            return
        # It stays `sending`: when its lease is over it is looked for.
        _log.error("receipt not recorded", attempt=receipts[0].attempt_id, fault=type(fault).__name__)


def _record_batch(work: Work, receipts: Sequence[Receipt]) -> None:
    with writing(work.engine) as tx:
        attempts = _load_attempts(tx, receipts)
        _lock_patients(tx, receipts, attempts)
        for receipt in receipts:
            attempt, message = attempts[receipt.attempt_id]
            record_receipt(tx, work, receipt, attempt, message, work.now())


def _load_attempts(tx: Transaction, receipts: Sequence[Receipt]) -> dict[int, tuple[AttemptRow, MessageRow]]:
    rows = tx.execute(_ATTEMPTS, {"ids": [receipt.attempt_id for receipt in receipts]})
    return {attempt.id: (attempt, message) for attempt, message in rows}


_ATTEMPTS = (
    select(AttemptRow, MessageRow)
    .join(MessageRow, MessageRow.id == AttemptRow.message_id)
    .where(AttemptRow.id.in_(bindparam("ids", expanding=True)))
)


def _lock_patients(
    tx: Transaction, receipts: Sequence[Receipt], attempts: Mapping[int, tuple[AttemptRow, MessageRow]]
) -> None:
    # Patients before reminders, as everywhere, so that a replan and a receipt cannot deadlock.
    ids = {message.patient_id for _, message in attempts.values() if message.patient_id is not None}
    for receipt in receipts:
        if receipt.kind in _BLOCKS:
            message = attempts[receipt.attempt_id][1]
            ids.update(list_patients_of(tx, Channel(message.channel), message.contact))
    lock_patients(tx, ids)


def record_receipt(
    tx: Transaction, work: Work, receipt: Receipt, attempt: AttemptRow, message: MessageRow, now: datetime
) -> None:
    """Write one attempt's outcome, once, and what follows from it."""
    status = receipt.status if receipt.outcome is Outcome.ACCEPTED else Status(_HEARD[receipt.outcome])
    heard = {"attempt_id": attempt.id, "at": now, "kind": "receipt", "status": status}
    insert_row(tx, EventRow, {**heard, "code": receipt.code, "provider_id": receipt.provider_id})
    attempt.finished_at, attempt.outcome, attempt.code = now, receipt.outcome, receipt.code
    attempt.look_at = None
    if receipt.outcome is Outcome.ACCEPTED:
        record_accepted(tx, attempt, message, receipt.provider_id, receipt.status, now)
    elif receipt.outcome is Outcome.IN_DOUBT:
        _record_in_doubt(tx, work, attempt, message, now)
    else:
        _record_refused(tx, work, receipt, attempt, message, now)


_HEARD = {Outcome.IN_DOUBT: Status.IN_DOUBT, Outcome.REFUSED: Status.FAILED}


# ---- accepted --------------------------------------------------------------------------------------------------


def record_accepted(
    tx: Transaction, attempt: AttemptRow, message: MessageRow, provider_id: str | None, status: Status, now: datetime
) -> None:
    """The provider has it: the first word on the attempt's id, and its status if the rank grows."""
    attempt.provider_id = attempt.provider_id or provider_id
    message.left_at = message.left_at or attempt.started_at
    end_pause(tx, Channel(message.channel), attempt.started_at, now)
    for row in list_carried(tx, message):
        if row.status in PENDING:
            # A resend that has not begun yet is called off: the first try did get there after all.
            row.status, row.reason, row.resends = Status.IN_DOUBT, None, 0
        if row.reason == Reason.UNCLEAR:
            row.reason = None
            close_unclear_task(tx, row, now)
        row.status = next_status(Status(row.status), status)
        end_lease(row)
        row.left_at = row.left_at or attempt.started_at
        row.updated_at = now
    tx.flush()


# ---- in doubt --------------------------------------------------------------------------------------------------


def _record_in_doubt(tx: Transaction, work: Work, attempt: AttemptRow, message: MessageRow, now: datetime) -> None:
    attempt.look_at = max(now, attempt.started_at + work.pace.in_doubt_wait)
    if not _is_latest(tx, attempt):
        return
    # It may have left: for the first text to a number (C8) and for the desk it counts as said.
    message.left_at = message.left_at or attempt.started_at
    for row in list_carried(tx, message):
        if row.status == Status.SENDING:
            end_lease(row)
            row.status, row.updated_at = Status.IN_DOUBT, now
    tx.flush()


def _is_latest(tx: Transaction, attempt: AttemptRow) -> bool:
    """A worker that slept through its lease may come back when another has begun the next try."""
    later = select(AttemptRow.id).where(AttemptRow.message_id == attempt.message_id, AttemptRow.id > attempt.id)
    return tx.scalar(later.limit(1)) is None


# ---- refused ---------------------------------------------------------------------------------------------------


def _record_refused(
    tx: Transaction, work: Work, receipt: Receipt, attempt: AttemptRow, message: MessageRow, now: datetime
) -> None:
    _heed_refusal(tx, work, receipt, message, now)
    rows = list_carried(tx, message)
    ours = [row for row in rows if row.status in _OURS] if _is_latest(tx, attempt) else []
    for row in ours:
        _set_back(tx, work, receipt, row, now)
    if not ours:
        # Sent again meanwhile, or about to be: now it is known that this try did not leave.
        clear_flag(rows, now)
    tx.flush()
    if receipt.kind in _BLOCKS:
        replan_contact(tx, work.clinic, Channel(message.channel), message.contact, now)
    elif any(row.status != Status.SCHEDULED for row in ours) and message.patient_id is not None:
        # What closed here may make room for another text, or ask for a call instead.
        replan_patient(tx, work.clinic, message.patient_id, now)


def _heed_refusal(tx: Transaction, work: Work, receipt: Receipt, message: MessageRow, now: datetime) -> None:
    """What a refusal says of more than its own message: of the channel, or of the number."""
    channel = Channel(message.channel)
    if receipt.kind is RefusalKind.CHANNEL:
        pause_channel(tx, channel, receipt.code, now, work.pace.probe_interval)
    elif receipt.kind is RefusalKind.RATE:
        wait_for_rate(tx, channel, now, receipt.retry_after)
    elif receipt.kind in _BLOCKS:
        reason = _BLOCKS[receipt.kind]
        block_contact(tx, channel, message.contact, reason, source="provider", now=now, code=receipt.code)


def clear_flag(rows: Sequence[Carried], now: datetime) -> None:
    """One try got there, or can: nothing was sent twice."""
    for row in rows:
        if row.reason == Reason.RESENT_AFTER_UNKNOWN:
            row.reason, row.updated_at = None, now


_BLOCKS = {RefusalKind.CONTACT: Reason.CONTACT_REFUSED, RefusalKind.OPT_OUT: Reason.OPTED_OUT}


def _set_back(tx: Transaction, work: Work, receipt: Receipt, row: Carried, now: datetime) -> None:
    """Nothing left: it waits for another try, or closes."""
    end_lease(row)
    row.left_at, row.updated_at = None, now
    if receipt.kind not in UNCOUNTED:
        row.attempts += 1
    decision = decide_retry(
        receipt,
        attempts=row.attempts,
        now=now,
        expires_at=row.expires_at,
        hours=hours_of_patient(tx, work.clinic, row.patient_id),
        jitter=work.jitter(),
    )
    if isinstance(decision, RetryAt):
        row.status, row.next_attempt_at = Status.SCHEDULED, max(decision.at, row.due_at)
    else:
        _close(tx, receipt, decision, row, now)


def _close(tx: Transaction, receipt: Receipt, decision: GiveUp, row: Carried, now: datetime) -> None:
    if row.resends:
        leave_carried_unclear(tx, row, now)
        return
    if isinstance(row, WrittenRow):
        _log.warning("message not sent", written=row.id, reason=decision.reason, code=receipt.code)
        close_unsent(tx, row, decision.status, decision.reason, f"code {receipt.code}", now)
        return
    row.status, row.reason = decision.status, decision.reason
    _log.warning("reminder not sent", reminder=row.id, reason=decision.reason, code=receipt.code)
    if decision.reason is Reason.SERVICE_LATE or receipt.kind is RefusalKind.OPT_OUT:
        return
    raise_task(
        tx,
        TaskRule.UNDELIVERABLE,
        _undeliverable_key(tx, receipt, row),
        _undeliverable_text(receipt, row),
        now,
        patient_id=row.patient_id,
    )


def _undeliverable_key(tx: Transaction, receipt: Receipt, row: ReminderRow) -> str:
    if receipt.kind is not RefusalKind.CONTACT or row.contact is None:
        # The message stands for the address: failing at another one is another question.
        return f"reminder:{row.id}:{row.message_id}"
    # A bad number is one question for the desk, however many reminders meet it; the key holds no number (a log may).
    block = list_standing_blocks(tx, Channel(row.channel), row.contact)[0]
    return f"contact:{row.patient_id}:{block.id}:{block.blocked_at.isoformat()}"


def _undeliverable_text(receipt: Receipt, row: ReminderRow) -> str:
    what = "phone number" if row.channel == Channel.SMS else "email address"
    if receipt.kind is RefusalKind.CONTACT:
        return f"Ask the patient for another {what}: this one was refused for good (code {receipt.code})."
    return f"Call the patient: '{row.rule}' could not be sent (code {receipt.code})."


# ---- batches of receipts -------------------------------------------------------------------------------------------

_RECORD_EVERY = 25
_RECORD_WITHIN_SECONDS = 0.2


def in_batches(receipts: Iterable[Receipt]) -> Iterator[list[Receipt]]:
    """Receipts as they come, a few at a time and none kept back for long: what is recorded is not in doubt any more."""
    batch: list[Receipt] = []
    recorded_at = -math.inf
    for receipt in receipts:
        batch.append(receipt)
        if len(batch) >= _RECORD_EVERY or time.monotonic() - recorded_at >= _RECORD_WITHIN_SECONDS:
            yield batch
            batch, recorded_at = [], time.monotonic()
    if batch:
        yield batch
