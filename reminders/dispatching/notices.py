"""One mail to the clinic's staff for each urgent task and each unwell state, without any patient's data."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

import structlog
from sqlalchemy import String, cast, select, update
from sqlalchemy.exc import IntegrityError

from reminders.dispatching.work import Work
from reminders.messages import StaffMail
from reminders.messages.sandbox import Plain
from reminders.model import URGENT_TASKS, Channel, Outcome, OutgoingMessage, TaskStatus
from reminders.store.engine import Transaction, writing
from reminders.tables import AttemptRow, MessageRow, NoticeRow, TaskRow

_log = structlog.get_logger()

_FIRST_WAIT = timedelta(minutes=5)
_LONGEST_WAIT = timedelta(hours=6)
MAX_TRIES = 12
"""With the waits above over almost two days; the desk shows the task in any case."""

_GOOD_FOR = timedelta(hours=10)


def send_notices(work: Work) -> int:
    """Queue a notice for each urgent task that has none, then mail what is due. Returns how many were mailed."""
    now = work.now()
    with writing(work.engine) as tx:
        _queue_tasks(tx, work, now)
        due = _take_due(tx, now)
        outgoing = [(notice_id, _begin(tx, work, notice, now)) for notice_id, notice in due.items()]
    return sum(_send_one(work, notice_id, message) for notice_id, message in outgoing)


def queue_notice(tx: Transaction, work: Work, key: str, problem: str, now: datetime) -> None:
    """One mail for an unwell state; the same key again is the same state."""
    mail = work.templates.render_staff_mail(StaffMail.UNWELL, {"problem": problem})
    _add(tx, key, mail.subject, mail.text, now)


def _queue_tasks(tx: Transaction, work: Work, now: datetime) -> None:
    mailed = select(NoticeRow.key)
    urgent = tx.scalars(
        select(TaskRow).where(
            TaskRow.status == TaskStatus.OPEN,
            TaskRow.rule.in_(URGENT_TASKS),
            TaskRow.due_at <= now,
            ("task:" + cast(TaskRow.id, String)).not_in(mailed),
        )
    ).all()
    for task in urgent:
        values: dict[str, Plain] = {
            "rule_sentence": task.rule.replace("-", " "),
            "task_id": task.id,
            "task_text": task.text,
        }
        mail = work.templates.render_staff_mail(StaffMail.TASK, values)
        _add(tx, f"task:{task.id}", mail.subject, mail.text, now)


def _add(tx: Transaction, key: str, subject: str, body: str, now: datetime) -> None:
    try:
        with tx.begin_nested():
            tx.add(NoticeRow(key=key, subject=subject, body=body, created_at=now, next_attempt_at=now, attempts=0))
    except IntegrityError:
        pass  # another daemon was first


def _take_due(tx: Transaction, now: datetime) -> dict[int, NoticeRow]:
    """Notices nobody else is mailing: taken by pushing their next try ahead."""
    due = tx.scalars(
        select(NoticeRow)
        .where(NoticeRow.sent_at.is_(None), NoticeRow.next_attempt_at <= now, NoticeRow.attempts < MAX_TRIES)
        .order_by(NoticeRow.id)
        .limit(20)
        .with_for_update(skip_locked=True)
    ).all()
    for notice in due:
        notice.next_attempt_at = now + min(_FIRST_WAIT * 2**notice.attempts, _LONGEST_WAIT)
        notice.attempts += 1
    return {notice.id: notice for notice in due}


def _begin(tx: Transaction, work: Work, notice: NoticeRow, now: datetime) -> OutgoingMessage:
    message = MessageRow(
        channel=Channel.EMAIL,
        contact=work.staff_email,
        subject=notice.subject,
        body=notice.body,
        segments=0,
        created_at=now,
    )
    tx.add(message)
    tx.flush()
    attempt = AttemptRow(
        message_id=message.id,
        token=secrets.token_urlsafe(24),
        provider=work.providers[Channel.EMAIL].name,
        started_at=now,
        send_before=now + work.pace.lease,
    )
    tx.add(attempt)
    tx.flush()
    return OutgoingMessage(
        attempt_id=attempt.id,
        token=attempt.token,
        channel=Channel.EMAIL,
        to=work.staff_email,
        subject=notice.subject,
        body=notice.body,
        send_before=attempt.send_before,
        good_until=now + _GOOD_FOR,
        message_key=f"notice-{notice.id}-{notice.created_at:%Y%m%d%H%M%S}",
    )


def _send_one(work: Work, notice_id: int, message: OutgoingMessage) -> bool:
    receipt = next(iter(work.providers[Channel.EMAIL].send([message])))
    now = work.now()
    with writing(work.engine) as tx:
        attempt = tx.get(AttemptRow, message.attempt_id)
        assert attempt is not None, "the attempt was written just now"
        attempt.finished_at, attempt.outcome, attempt.code = now, receipt.outcome, receipt.code
        attempt.provider_id = receipt.provider_id
        if receipt.outcome is Outcome.REFUSED:
            _log.warning("staff mail refused", notice=notice_id, code=receipt.code)
            return False
        # A mail that may have left counts as sent: the desk shows the task anyway.
        tx.execute(update(MessageRow).where(MessageRow.id == attempt.message_id).values(left_at=now))
        tx.execute(update(NoticeRow).where(NoticeRow.id == notice_id).values(sent_at=now))
    return True


def mail_directly(work: Work, problem: str) -> None:
    """Mail an unwell state without the database, once and without record."""
    now = work.now()
    mail = work.templates.render_staff_mail(StaffMail.UNWELL, {"problem": problem})
    message = OutgoingMessage(
        attempt_id=0,
        token="",
        channel=Channel.EMAIL,
        to=work.staff_email,
        subject=mail.subject,
        body=mail.text,
        send_before=now + work.pace.lease,
        good_until=now + _GOOD_FOR,
        message_key=f"unwell-{secrets.token_hex(8)}",
    )
    for receipt in work.providers[Channel.EMAIL].send([message]):
        _log.info("staff mailed without the database", outcome=receipt.outcome, code=receipt.code)
