"""How the service is: whether anything leaves, and what a person should look at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, func, select, union_all

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
    """What Today, the command line and monitoring say of it."""

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
    ticked_at = _read_ticked_at(tx)
    is_overdue = now - OVERDUE_AFTER
    return Service(
        paused=_list_paused(tx, now),
        ticked_at=ticked_at,
        is_daemon_late=ticked_at is not None and now - ticked_at > DAEMON_LATE_AFTER,
        overdue=_count(tx, ReminderRow, Status.SCHEDULED, ReminderRow.next_attempt_at <= is_overdue)
        + _count(tx, WrittenRow, Status.SCHEDULED, WrittenRow.next_attempt_at <= is_overdue),
        in_doubt=_count(tx, ReminderRow, Status.IN_DOUBT) + _count(tx, WrittenRow, Status.IN_DOUBT),
        tasks=count_tasks(tx, now),
    )


def _read_ticked_at(tx: Transaction) -> datetime | None:
    return tx.scalar(select(func.max(DaemonRow.ticked_at)).where(DaemonRow.stopped_at.is_(None)))


def _list_paused(tx: Transaction, now: datetime) -> tuple[PausedChannel, ...]:
    return tuple(
        PausedChannel(
            channel=Channel(row.channel),
            reason=row.paused_reason,
            since=row.paused_since,
            tries_again_at=row.paused_until,
        )
        for row in tx.scalars(select(ChannelRow).order_by(ChannelRow.channel))
        if is_paused(row, now)
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


# ---- the banner --------------------------------------------------------------------------------------------------

MOST_OVERDUE = 100
"""So many are looked at for the banner, however many there are: every page pays for it."""


@dataclass(frozen=True, kw_only=True)
class Banner:
    """What is said on every page while something keeps messages from leaving."""

    paused: tuple[PausedChannel, ...]
    ticked_at: datetime | None
    """The last sign of life of any daemon; None: none was started, or the last one was stopped."""
    is_daemon_gone: bool
    overdue: int
    """By channels that are not paused; counted up to MOST_OVERDUE."""

    @property
    def is_needed(self) -> bool:
        return bool(self.paused or self.is_daemon_gone or self.overdue)


def read_banner(tx: Transaction, now: datetime) -> Banner:
    """Three small statements, whatever the database holds."""
    paused, ticked_at = _list_paused(tx, now), _read_ticked_at(tx)
    closed = {each.channel for each in paused}
    return Banner(
        paused=paused,
        ticked_at=ticked_at,
        is_daemon_gone=ticked_at is None or now - ticked_at > DAEMON_LATE_AFTER,
        overdue=sum(channel not in closed for channel in _list_overdue_channels(tx, now)),
    )


def _list_overdue_channels(tx: Transaction, now: datetime) -> list[str]:
    """Of the first ones only. Behind a pause there may be thousands, and the banner says that it is paused."""
    first = [_select_overdue(table, now).subquery() for table in (ReminderRow, WrittenRow)]
    return list(tx.scalars(union_all(*(select(each.c.channel) for each in first)).limit(MOST_OVERDUE)))


def _select_overdue(table: type[ReminderRow] | type[WrittenRow], now: datetime) -> Select[str]:
    return (
        select(table.channel)
        .where(table.status == Status.SCHEDULED, table.next_attempt_at <= now - OVERDUE_AFTER)
        .order_by(table.next_attempt_at)
        .limit(MOST_OVERDUE)
    )
