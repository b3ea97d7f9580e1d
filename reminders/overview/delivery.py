"""Thirty days of outcomes, by day, channel and rule."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum

from sqlalchemy import CTE, Integer, Select, column, func, literal, select, values

from reminders.model import Channel, Status
from reminders.overview.messages import BY_HAND
from reminders.overview.moments import midnight_after, midnight_before, today_of
from reminders.rules import Clinic
from reminders.store.engine import Transaction
from reminders.tables import ReminderRow, UtcDateTime, WrittenRow

DAYS = 30


class DeliveryOutcome(StrEnum):
    """What became of a reminder, for people who look at thousands of them."""

    ARRIVED = "arrived"
    """The network says that the phone has it."""
    HANDED_OVER = "handed over"
    """The provider has it, and says no more."""
    NOT_ARRIVED = "not arrived"
    UNCLEAR = "unclear"
    TOO_LATE = "too late"
    DROPPED = "dropped"
    """By quiet hours, or one too many."""
    CALLED_OFF = "called off"
    """A change, a missing consent or a newer procedure ended it."""
    WAITING = "waiting"


_OUTCOMES = {
    Status.DELIVERED: DeliveryOutcome.ARRIVED,
    Status.SENT: DeliveryOutcome.HANDED_OVER,
    Status.ACCEPTED: DeliveryOutcome.HANDED_OVER,
    Status.UNDELIVERED: DeliveryOutcome.NOT_ARRIVED,
    Status.FAILED: DeliveryOutcome.NOT_ARRIVED,
    Status.IN_DOUBT: DeliveryOutcome.UNCLEAR,
    Status.EXPIRED: DeliveryOutcome.TOO_LATE,
    Status.SKIPPED: DeliveryOutcome.DROPPED,
    Status.CANCELLED: DeliveryOutcome.CALLED_OFF,
    Status.SUPERSEDED: DeliveryOutcome.CALLED_OFF,
    Status.SCHEDULED: DeliveryOutcome.WAITING,
    Status.CLAIMED: DeliveryOutcome.WAITING,
    Status.SENDING: DeliveryOutcome.WAITING,
}


@dataclass(frozen=True, kw_only=True)
class DeliveryCell:
    """How many reminders of one day, channel and rule had one outcome."""

    on: date
    """The clinic's day on which they were due."""
    channel: Channel
    rule: str
    outcome: DeliveryOutcome
    count: int


@dataclass(frozen=True, kw_only=True)
class Delivery:
    days: tuple[date, ...]
    """Oldest first, without gaps."""
    cells: tuple[DeliveryCell, ...]

    def only(self, channel: Channel | None) -> Delivery:
        """What went by this channel; None: all of it."""
        return replace(self, cells=tuple(cell for cell in self.cells if channel in (None, cell.channel)))

    def count_by_day(self) -> dict[date, Counter[DeliveryOutcome]]:
        """For the chart: every day, also one on which nothing was due."""
        counted: dict[date, Counter[DeliveryOutcome]] = {day: Counter() for day in self.days}
        for cell in self.cells:
            counted[cell.on][cell.outcome] += cell.count
        return counted

    def count_by_rule(self) -> dict[tuple[Channel, str], Counter[DeliveryOutcome]]:
        """For the table beneath it."""
        counted: dict[tuple[Channel, str], Counter[DeliveryOutcome]] = {}
        for cell in self.cells:
            counted.setdefault((cell.channel, cell.rule), Counter())[cell.outcome] += cell.count
        return dict(sorted(counted.items()))


def read_delivery(tx: Transaction, clinic: Clinic, now: datetime, days: int = DAYS) -> Delivery:
    """Today and the days before it. Two statements, whatever was sent."""
    today = today_of(clinic, now)
    span = [today - timedelta(days=back) for back in range(days - 1, -1, -1)]
    counts: Counter[tuple[date, Channel, str, DeliveryOutcome]] = Counter()
    for query in (_count_reminders(clinic, span), _count_written(clinic, span)):
        for index, channel, rule, status, count in tx.execute(query):
            counts[span[index], Channel(channel), rule, _OUTCOMES[Status(status)]] += count
    return Delivery(
        days=tuple(span),
        cells=tuple(
            DeliveryCell(on=on, channel=channel, rule=rule, outcome=outcome, count=count)
            for (on, channel, rule, outcome), count in sorted(counts.items())
        ),
    )


_Count = Select[int, str, str, str, int]


def _count_reminders(clinic: Clinic, span: list[date]) -> _Count:
    days = _list_days(clinic, span)
    return (
        select(days.c.day, ReminderRow.channel, ReminderRow.rule, ReminderRow.status, func.count())
        .join(ReminderRow, (ReminderRow.due_at >= days.c.begins_at) & (ReminderRow.due_at < days.c.ends_at))
        .group_by(days.c.day, ReminderRow.channel, ReminderRow.rule, ReminderRow.status)
    )


def _count_written(clinic: Clinic, span: list[date]) -> _Count:
    days = _list_days(clinic, span)
    return (
        select(days.c.day, WrittenRow.channel, literal(BY_HAND), WrittenRow.status, func.count())
        .join(WrittenRow, (WrittenRow.due_at >= days.c.begins_at) & (WrittenRow.due_at < days.c.ends_at))
        .group_by(days.c.day, WrittenRow.channel, WrittenRow.status)
    )


def _list_days(clinic: Clinic, span: list[date]) -> CTE:
    """The clinic's midnights, which neither database knows, across a change of the clocks too."""
    days = values(
        column("day", Integer), column("begins_at", UtcDateTime), column("ends_at", UtcDateTime), name="given"
    )
    rows = [(number, midnight_before(clinic, day), midnight_after(clinic, day)) for number, day in enumerate(span)]
    return days.data(rows).cte("days")
