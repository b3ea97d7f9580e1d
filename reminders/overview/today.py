"""The desk's first page: what needs a human, what goes out today, what went out, what did not and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, func, select

from reminders.model import CLOSED, PENDING, Channel, Status
from reminders.overview.messages import BY_HAND, list_said
from reminders.overview.moments import midnight_after, midnight_before, today_of, zone_of
from reminders.overview.service import count_tasks
from reminders.overview.tasks import Task, list_open_tasks
from reminders.rules import Clinic
from reminders.store.engine import Transaction
from reminders.tables import MessageRow, PatientRow, ReminderRow, WrittenRow

_UNSENT = (*CLOSED, Status.UNDELIVERED, Status.IN_DOUBT)
"""What a person may ask about: it did not go, did not arrive, or nobody knows."""


@dataclass(frozen=True, kw_only=True)
class TodayLine:
    """One reminder, or one message by hand."""

    patient_id: int
    patient_name: str
    says: tuple[str, ...]
    channel: Channel
    at: datetime
    local: datetime
    """On the patient's clock."""
    status: Status
    reason: str | None
    reminder_id: int | None = None
    message_id: int | None = None


@dataclass(frozen=True, kw_only=True)
class Part:
    """As much of a list as a page shows, and how long it is."""

    lines: tuple[TodayLine, ...]
    count: int


@dataclass(frozen=True, kw_only=True)
class Today:
    on: date
    tasks: tuple[Task, ...]
    """The most pressing."""
    task_count: int
    """However many of them are shown."""
    leaving: Part
    """Still to go out today, and what is overdue."""
    left: Part
    unsent: Part


def read_today(
    tx: Transaction,
    clinic: Clinic,
    now: datetime,
    *,
    limit: int = 50,
    most_tasks: int = 50,
    skip_tasks: int = 0,
) -> Today:
    """Each list holds at most `limit` lines, and the tasks are `most_tasks` after the first `skip_tasks`."""
    today = today_of(clinic, now)
    return Today(
        on=today,
        tasks=tuple(list_open_tasks(tx, now, limit=most_tasks, offset=skip_tasks)),
        task_count=count_tasks(tx, now),
        leaving=_read_leaving(tx, clinic, midnight_after(clinic, today), limit),
        left=_read_left(tx, clinic, midnight_before(clinic, today), limit),
        unsent=_read_unsent(tx, clinic, midnight_before(clinic, today), now, limit),
    )


def _read_leaving(tx: Transaction, clinic: Clinic, until: datetime, limit: int) -> Part:
    return _read_both(
        tx,
        clinic,
        (ReminderRow.status == Status.SCHEDULED) & (ReminderRow.next_attempt_at < until),
        (WrittenRow.status == Status.SCHEDULED) & (WrittenRow.next_attempt_at < until),
        limit,
    )


def _read_unsent(tx: Transaction, clinic: Clinic, since: datetime, now: datetime, limit: int) -> Part:
    return _read_both(
        tx,
        clinic,
        ReminderRow.due_at.between(since, now) & ReminderRow.status.in_(_UNSENT),
        WrittenRow.due_at.between(since, now) & WrittenRow.status.in_(_UNSENT),
        limit,
    )


def _read_both(
    tx: Transaction, clinic: Clinic, is_reminder: ColumnElement[bool], is_written: ColumnElement[bool], limit: int
) -> Part:
    """Reminders and messages by hand, by time."""
    reminders = tx.execute(
        select(ReminderRow, PatientRow.name, PatientRow.time_zone)
        .join(PatientRow, PatientRow.id == ReminderRow.patient_id)
        .where(is_reminder)
        .order_by(ReminderRow.next_attempt_at, ReminderRow.id)
        .limit(limit)
    )
    written = tx.execute(
        select(WrittenRow, PatientRow.name, PatientRow.time_zone)
        .join(PatientRow, PatientRow.id == WrittenRow.patient_id)
        .where(is_written)
        .order_by(WrittenRow.next_attempt_at, WrittenRow.id)
        .limit(limit)
    )
    lines = [_line(row, name, zone, clinic) for found in (reminders, written) for row, name, zone in found]
    return Part(
        lines=tuple(sorted(lines, key=lambda each: each.at)[:limit]),
        count=(tx.scalar(select(func.count()).select_from(ReminderRow).where(is_reminder)) or 0)
        + (tx.scalar(select(func.count()).select_from(WrittenRow).where(is_written)) or 0),
    )


def _line(row: ReminderRow | WrittenRow, name: str, zone: str | None, clinic: Clinic) -> TodayLine:
    at = row.next_attempt_at if row.status in PENDING else row.left_at or row.due_at
    return TodayLine(
        patient_id=row.patient_id,
        patient_name=name,
        says=(f"{row.rule} {row.occurrence}" if isinstance(row, ReminderRow) else BY_HAND,),
        channel=Channel(row.channel),
        at=at,
        local=at.astimezone(zone_of(clinic, zone)),
        status=Status(row.status),
        reason=row.reason,
        reminder_id=row.id if isinstance(row, ReminderRow) else None,
    )


def _read_left(tx: Transaction, clinic: Clinic, since: datetime, limit: int) -> Part:
    """The newest first, each message once."""
    is_left = (MessageRow.left_at >= since, MessageRow.patient_id.is_not(None))
    rows = tx.execute(
        select(MessageRow, PatientRow.name, PatientRow.time_zone)
        .join(PatientRow, PatientRow.id == MessageRow.patient_id)
        .where(*is_left)
        .order_by(MessageRow.left_at.desc(), MessageRow.id.desc())
        .limit(limit)
    ).all()
    messages = [message for message, _, _ in rows]
    said, statuses = list_said(tx, messages), _list_statuses(tx, messages)
    return Part(
        lines=tuple(
            TodayLine(
                patient_id=message.patient_id or 0,
                patient_name=name,
                says=said[message.id],
                channel=Channel(message.channel),
                at=message.left_at,
                local=message.left_at.astimezone(zone_of(clinic, zone)),
                status=statuses.get(message.id, Status.SENT),
                reason=None,
                message_id=message.id,
            )
            for message, name, zone in rows
            if message.left_at is not None
        ),
        count=tx.scalar(select(func.count()).select_from(MessageRow).where(*is_left)) or 0,
    )


def _list_statuses(tx: Transaction, messages: list[MessageRow]) -> dict[int, Status]:
    """How far each message has come: what it carries has one status."""
    reminders = tx.execute(
        select(ReminderRow.message_id, ReminderRow.status).where(
            ReminderRow.message_id.in_([message.id for message in messages])
        )
    )
    numbers = [message.written_id for message in messages if message.written_id]
    rows = tx.scalars(select(WrittenRow).where(WrittenRow.id.in_(numbers)))
    written = {row.id: row.status for row in rows}
    by_hand = {each.id: Status(written[each.written_id]) for each in messages if each.written_id in written}
    return {number: Status(status) for number, status in reminders if number is not None} | by_hand
