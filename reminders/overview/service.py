"""How the service is: whether anything leaves, and what a person should look at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, select

from reminders.model import Channel, Status, TaskStatus
from reminders.store.claims import is_paused
from reminders.store.engine import Transaction
from reminders.tables import ChannelRow, DaemonRow, ReminderRow, TaskRow, WrittenRow

OVERDUE_AFTER = timedelta(minutes=10)
"""A reminder this late, by a channel that is not paused, says that nobody dispatches."""

DAEMON_LATE_AFTER = timedelta(minutes=2)


@dataclass(frozen=True, kw_only=True)
class PausedChannel:
    channel: Channel
    reason: str | None
    since: datetime | None
    tries_again_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class Service:
    """What the banner of every page says, where there is anything to say."""

    paused: tuple[PausedChannel, ...]
    ticked_at: datetime | None
    """The last sign of life of any daemon that was not stopped; None: there is none."""
    is_daemon_late: bool
    overdue: int
    in_doubt: int
    tasks: int

    @property
    def is_well(self) -> bool:
        return not self.paused and not self.overdue and not self.is_daemon_late


def read_service(tx: Transaction, now: datetime) -> Service:
    ticked_at = tx.scalar(select(func.max(DaemonRow.ticked_at)).where(DaemonRow.stopped_at.is_(None)))
    is_overdue = now - OVERDUE_AFTER
    return Service(
        paused=tuple(
            PausedChannel(
                channel=Channel(row.channel),
                reason=row.paused_reason,
                since=row.paused_since,
                tries_again_at=row.paused_until,
            )
            for row in tx.scalars(select(ChannelRow).order_by(ChannelRow.channel))
            if is_paused(row, now)
        ),
        ticked_at=ticked_at,
        is_daemon_late=ticked_at is not None and now - ticked_at > DAEMON_LATE_AFTER,
        overdue=_count(tx, ReminderRow, Status.SCHEDULED, ReminderRow.next_attempt_at <= is_overdue)
        + _count(tx, WrittenRow, Status.SCHEDULED, WrittenRow.next_attempt_at <= is_overdue),
        in_doubt=_count(tx, ReminderRow, Status.IN_DOUBT) + _count(tx, WrittenRow, Status.IN_DOUBT),
        tasks=count_tasks(tx, now),
    )


def count_tasks(tx: Transaction, now: datetime) -> int:
    """How many open tasks are due."""
    due = select(func.count()).where(TaskRow.status == TaskStatus.OPEN, TaskRow.due_at <= now)
    return tx.scalar(due) or 0


def read_status(tx: Transaction, now: datetime) -> Mapping[str, object]:
    """The same for monitoring; `ok` is false where a person should look."""
    service = read_service(tx, now)
    age = (now - service.ticked_at).total_seconds() if service.ticked_at else None
    return {
        "ok": service.is_well,
        "daemon_age_seconds": round(age) if age is not None else None,
        "overdue": service.overdue,
        "in_doubt": service.in_doubt,
        "paused": [each.channel for each in service.paused],
        "tasks": service.tasks,
    }


def _count(
    tx: Transaction, table: type[ReminderRow] | type[WrittenRow], status: Status, *conditions: ColumnElement[bool]
) -> int:
    return tx.scalar(select(func.count()).select_from(table).where(table.status == status, *conditions)) or 0
