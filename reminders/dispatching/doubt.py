"""Messages that may or may not have left: look at the provider's list, and never resend before looking.

Not found after the wait, a message is sent once more if it is still useful, and its row says
`resent_after_unknown`. Later both tries are looked for again: where the list shows the second and not the first, the
first never got there, and the flag goes. So it stays only where the list hides a message.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from reminders.dispatching.receipts import list_reminders, record_accepted
from reminders.dispatching.work import Work
from reminders.model import Channel, Reason, Search, SearchResult, Status, TaskRule, UnclearMessage
from reminders.sending_hours import is_useful
from reminders.store.cases import lock_patient
from reminders.store.changes import raise_task
from reminders.store.engine import Transaction, writing
from reminders.tables import AttemptRow, EventRow, MessageRow, ReminderRow

_log = structlog.get_logger()

LOOK_FOR = timedelta(hours=24)
"""After a day of looking in vain a person must decide."""

_BATCH = 20


@dataclass(frozen=True, kw_only=True)
class _Look:
    """One attempt to look for, and the later attempt of the same message that was accepted, if there is one."""

    channel: Channel
    attempt: UnclearMessage
    resent: UnclearMessage | None


def settle_in_doubt(work: Work) -> int:
    """Look for every message whose time to be looked for has come; returns how many."""
    count = 0
    while looks := _take_looks(work):
        for look in looks:
            _settle_one(work, look)
            count += 1
    return count


def _take_looks(work: Work) -> list[_Look]:
    now = work.now()
    with writing(work.engine) as tx:
        rows = tx.execute(
            select(AttemptRow, MessageRow)
            .join(MessageRow, MessageRow.id == AttemptRow.message_id)
            .where(AttemptRow.look_at <= now)
            .order_by(AttemptRow.look_at, AttemptRow.id)
            .limit(_BATCH)
            .with_for_update(of=AttemptRow, skip_locked=True)
        ).all()
        for attempt, _ in rows:
            # Nobody else looks for it meanwhile; if this process dies, somebody does later.
            attempt.look_at = now + work.pace.lease
        return [_describe(tx, attempt, message) for attempt, message in rows]


def _describe(tx: Transaction, attempt: AttemptRow, message: MessageRow) -> _Look:
    bound = frozenset(
        provider_id
        for provider_id in tx.scalars(
            select(AttemptRow.provider_id)
            .join(MessageRow, MessageRow.id == AttemptRow.message_id)
            .where(MessageRow.channel == message.channel, MessageRow.contact == message.contact)
        )
        if provider_id
    )
    unclear = UnclearMessage(
        attempt_id=attempt.id,
        to=message.contact,
        body=message.body,
        started_at=attempt.started_at,
        send_before=attempt.send_before,
        bound_ids=bound,
    )
    later = tx.scalar(
        select(AttemptRow)
        .where(AttemptRow.message_id == message.id, AttemptRow.id > attempt.id, AttemptRow.provider_id.is_not(None))
        .order_by(AttemptRow.id)
        .limit(1)
    )
    resent = later and replace(
        unclear,
        attempt_id=later.id,
        started_at=later.started_at,
        send_before=later.send_before,
        bound_ids=bound - {later.provider_id or ""},
    )
    return _Look(channel=Channel(message.channel), attempt=unclear, resent=resent or None)


def _settle_one(work: Work, look: _Look) -> None:
    provider = work.providers[look.channel]
    found = provider.find(look.attempt)
    shows_resent = look.resent is not None and provider.find(look.resent).result is Search.FOUND
    now = work.now()
    with writing(work.engine) as tx:
        attempt = tx.get(AttemptRow, look.attempt.attempt_id)
        assert attempt is not None, "attempts are never deleted"
        message = tx.get(MessageRow, attempt.message_id)
        assert message is not None, "messages are never deleted"
        if message.patient_id is not None:
            lock_patient(tx, message.patient_id)
        _record_search(tx, work, attempt, message, found, now, shows_resent=shows_resent)


def _record_search(
    tx: Transaction,
    work: Work,
    attempt: AttemptRow,
    message: MessageRow,
    found: SearchResult,
    now: datetime,
    *,
    shows_resent: bool,
) -> None:
    tx.add(EventRow(attempt_id=attempt.id, at=now, kind="search", status=found.result, provider_id=found.provider_id))
    attempt.look_at = None
    if attempt.provider_id is not None:
        return
    if found.result is Search.FOUND and _bind(tx, attempt, found):
        record_accepted(tx, attempt, message, found.provider_id, found.status, now)
        return
    in_doubt = [row for row in list_reminders(tx, message) if row.status == Status.IN_DOUBT]
    if shows_resent:
        _clear_flag(list_reminders(tx, message), now)
    elif found.result is Search.UNAVAILABLE and now - attempt.started_at < LOOK_FOR:
        attempt.look_at = now + work.pace.in_doubt_wait
    elif any(is_useful(now, row.expires_at) and not row.resends for row in in_doubt):
        _resend(tx, work, attempt, message, in_doubt, now)
    elif in_doubt:
        _ask_desk(tx, in_doubt, now)
    elif _awaits_resend(tx, message) and now - attempt.started_at < LOOK_FOR:
        attempt.look_at = now + work.pace.in_doubt_wait
    tx.flush()


def _bind(tx: Transaction, attempt: AttemptRow, found: SearchResult) -> bool:
    """Tie the provider's message to this attempt; a message of another attempt never counts."""
    try:
        with tx.begin_nested():
            attempt.provider_id = found.provider_id
            tx.flush()
    except IntegrityError:
        tx.refresh(attempt)
        return False
    return True


def _resend(
    tx: Transaction, work: Work, attempt: AttemptRow, message: MessageRow, rows: list[ReminderRow], now: datetime
) -> None:
    # Not there after the wait: once more, flagged, and looked for again when the list has had time.
    message.left_at = None
    attempt.look_at = now + work.pace.in_doubt_wait + work.pace.lease
    for row in rows:
        row.status, row.reason, row.resends = Status.SCHEDULED, Reason.RESENT_AFTER_UNKNOWN, row.resends + 1
        row.left_at, row.next_attempt_at, row.updated_at = None, now, now
        _log.warning("reminder sent again", reminder=row.id, attempt=attempt.id)


def _awaits_resend(tx: Transaction, message: MessageRow) -> bool:
    return any(row.reason == Reason.RESENT_AFTER_UNKNOWN for row in list_reminders(tx, message))


def _clear_flag(rows: list[ReminderRow], now: datetime) -> None:
    """The list shows the second try and not the first: it tells the truth, and one message got there."""
    for row in rows:
        if row.reason == Reason.RESENT_AFTER_UNKNOWN:
            row.reason, row.updated_at = None, now


def _ask_desk(tx: Transaction, rows: list[ReminderRow], now: datetime) -> None:
    for row in rows:
        row.reason, row.updated_at = Reason.UNCLEAR, now
        raise_task(
            tx,
            TaskRule.UNCLEAR_SEND,
            f"reminder:{row.id}",
            f"Call the patient: it is unclear whether '{row.rule}' arrived, and it was too late to send it again.",
            now,
            patient_id=row.patient_id,
        )
