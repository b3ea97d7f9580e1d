"""Messages that may or may not have left: look at the provider's list, and never resend before looking.

Not found after the wait, a message is sent once more if it is still useful (again, where our own process was killed),
and its row says `resent_after_unknown`. Later every try is looked for again: where the list shows one of them and not
this one, this one never got there, and the flag goes. So it stays only where the list hides a message.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from reminders.dispatching.carried import Carried, leave_carried_unclear, list_carried
from reminders.dispatching.receipts import clear_flag, record_accepted
from reminders.dispatching.work import Work
from reminders.model import Channel, Reason, Search, SearchResult, Status, UnclearMessage
from reminders.sending_hours import is_useful
from reminders.store.cases import lock_patient
from reminders.store.engine import Transaction, writing
from reminders.store.trouble import DatabaseTrouble
from reminders.tables import AttemptRow, EventRow, MessageRow

_log = structlog.get_logger()

LOOK_FOR = timedelta(hours=24)
"""After a day of looking in vain a person must decide."""

_MOST_RESENDS = 8
"""Where an answer was lost, a message is sent once more. Where our own process was killed before there was one, and the
list does not show it, it most likely never left, and dying twice in a row must not cost the patient the text."""

_BATCH = 20


@dataclass(frozen=True, kw_only=True)
class _Look:
    """One attempt to look for, and another attempt of the same message that was accepted, if there is one."""

    channel: Channel
    attempt: UnclearMessage
    accepted: UnclearMessage | None


def settle_in_doubt(work: Work) -> int:
    """Look for every message whose time to be looked for has come; returns how many."""
    count = 0
    while looks := _take_looks(work):
        for look in looks:
            _settle_guarded(work, look)
            count += 1
    return count


def _settle_guarded(work: Work, look: _Look) -> None:
    try:
        _settle_one(work, look)
    except DatabaseTrouble:
        raise
    except Exception as fault:  # noqa: BLE001 - one bad row never stops the others; it is looked for again
        _log.error("message not settled", attempt=look.attempt.attempt_id, fault=type(fault).__name__)


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
    # Which try a text in the list came from cannot be told: an earlier one may have been given a later one's.
    other = tx.scalar(
        select(AttemptRow)
        .where(AttemptRow.message_id == message.id, AttemptRow.id != attempt.id, AttemptRow.provider_id.is_not(None))
        .order_by(AttemptRow.id)
        .limit(1)
    )
    accepted = other and replace(
        unclear,
        attempt_id=other.id,
        started_at=other.started_at,
        send_before=other.send_before,
        bound_ids=bound - {other.provider_id or ""},
    )
    return _Look(channel=Channel(message.channel), attempt=unclear, accepted=accepted or None)


def _settle_one(work: Work, look: _Look) -> None:
    provider = work.providers[look.channel]
    found = provider.find(look.attempt)
    shows_another = (
        found.result is Search.NOT_FOUND
        and look.accepted is not None
        and provider.find(look.accepted).result is Search.FOUND
    )
    now = work.now()
    with writing(work.engine) as tx:
        attempt = tx.get(AttemptRow, look.attempt.attempt_id)
        assert attempt is not None, "attempts are never deleted"
        message = tx.get(MessageRow, attempt.message_id)
        assert message is not None, "messages are never deleted"
        if message.patient_id is not None:
            lock_patient(tx, message.patient_id)
        tx.refresh(attempt)
        _record_search(tx, work, attempt, message, found, now, shows_another=shows_another)


def _record_search(
    tx: Transaction,
    work: Work,
    attempt: AttemptRow,
    message: MessageRow,
    found: SearchResult,
    now: datetime,
    *,
    shows_another: bool,
) -> None:
    tx.add(EventRow(attempt_id=attempt.id, at=now, kind="search", status=found.result, provider_id=found.provider_id))
    attempt.look_at = None
    if attempt.provider_id is not None:
        return
    if any(row.status == Status.SENDING for row in list_carried(tx, message)):
        # A later try is on its way: what the list shows may be that one, and its own word comes first.
        attempt.look_at = now + work.pace.in_doubt_wait
        return
    if found.result is Search.FOUND and _bind(tx, attempt, found):
        record_accepted(tx, attempt, message, found.provider_id, found.status, now)
    elif shows_another:
        # The list tells the truth, and one message got there.
        clear_flag(list_carried(tx, message), now)
    else:
        attempt.look_at = _decide_unseen(tx, work, attempt, message, found, now)
    tx.flush()


def _decide_unseen(
    tx: Transaction, work: Work, attempt: AttemptRow, message: MessageRow, found: SearchResult, now: datetime
) -> datetime | None:
    """What becomes of a message that the list does not show; returns when to look again."""
    rows = list_carried(tx, message)
    in_doubt = [row for row in rows if row.status == Status.IN_DOUBT]
    age = now - attempt.started_at
    # The older, the less often: a list that hides a message is asked some fifteen times in a day.
    next_look = now + max(work.pace.in_doubt_wait, age / 2) if age < LOOK_FOR else None
    if found.result is Search.UNAVAILABLE and next_look is not None:
        return now + work.pace.in_doubt_wait
    if _has_later_doubt(tx, attempt):
        return next_look
    may_repeat = attempt.finished_at is None and found.result is Search.NOT_FOUND
    useful = [row for row in in_doubt if _may_resend(row, now, _MOST_RESENDS if may_repeat else 1)]
    if found.result is not Search.UNAVAILABLE and useful:
        _resend(attempt, message, useful, now)
        next_look = now + work.pace.in_doubt_wait + work.pace.lease
    for row in in_doubt:
        if row.status == Status.IN_DOUBT:
            leave_carried_unclear(tx, row, now)
    is_open = any(row.reason in (Reason.RESENT_AFTER_UNKNOWN, Reason.UNCLEAR) for row in rows)
    return next_look if is_open and found.result is not Search.IMPOSSIBLE else None


def _has_later_doubt(tx: Transaction, attempt: AttemptRow) -> bool:
    """A later try of the same message is looked for, too, and that look will decide."""
    later = select(AttemptRow.id).where(
        AttemptRow.message_id == attempt.message_id, AttemptRow.id > attempt.id, AttemptRow.look_at.is_not(None)
    )
    return tx.scalar(later.limit(1)) is not None


def _may_resend(row: Carried, now: datetime, most: int) -> bool:
    return row.resends < most and is_useful(now, row.expires_at)


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


def _resend(attempt: AttemptRow, message: MessageRow, rows: list[Carried], now: datetime) -> None:
    """Not there after the wait: once more, flagged, and looked for again when the list has had time."""
    message.left_at = None
    for row in rows:
        row.status, row.reason, row.resends = Status.SCHEDULED, Reason.RESENT_AFTER_UNKNOWN, row.resends + 1
        row.left_at, row.next_attempt_at, row.updated_at = None, now, now
        _log.warning("sent again", message=message.id, attempt=attempt.id)
