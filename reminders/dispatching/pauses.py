"""Pauses of a channel: rows that all daemons share, so that none hammers what another found closed."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import Enum, auto

import structlog
from sqlalchemy import bindparam, select

from reminders.dispatching.work import Pace
from reminders.model import Channel, TaskRule
from reminders.store.changes import close_tasks, raise_task
from reminders.store.claims import is_paused, load_channel, take_probe
from reminders.store.engine import Transaction
from reminders.tables import ChannelRow

_log = structlog.get_logger()

RATE = "rate"
"""The pause that a provider's 'too many requests' asks for: it simply ends."""

_DEFAULT_RATE_WAIT = 5.0
"""Seconds, where the provider names none."""


class Access(Enum):
    """How a channel may be used now."""

    OPEN = auto()
    PROBE = auto()
    """By one message only, which shows whether the pause is over (R9)."""
    CLOSED = auto()


def enter_channel(tx: Transaction, channel: Channel, now: datetime, pace: Pace) -> Access:
    """How the channel may be used now. A probe is taken here: nobody else has one until the interval is over."""
    row = load_channel(tx, channel)
    if row.free_at is not None and row.free_at > now + pace.horizon:
        return Access.CLOSED  # the sender's slots of this tick are all taken
    if not is_paused(row, now):
        return Access.OPEN
    is_taken = row.needs_probe and take_probe(tx, channel, now, now + pace.probe_interval)
    return Access.PROBE if is_taken else Access.CLOSED


def pause_channel(tx: Transaction, channel: Channel, code: str | None, now: datetime, interval: timedelta) -> None:
    """Nothing can go until a person mends it: pause, and tell the desk once."""
    row = load_channel(tx, channel, for_update=True)
    is_new = not (row.needs_probe and row.paused_until)
    row.needs_probe, row.paused_reason, row.paused_until = True, code or "refused", now + interval
    if not is_new:
        tx.flush()
        return
    row.paused_since = now
    tx.flush()
    raise_task(
        tx,
        TaskRule.CHANNEL_PAUSED,
        f"{channel}:{now.isoformat()}",
        f"Nothing leaves by {channel}: the provider refuses us (code {row.paused_reason}). Check the account, the "
        "credentials and the sender; reminders wait, and one tries again every few minutes.",
        now,
    )
    _log.error("channel paused", channel=channel, code=code)


def wait_for_rate(tx: Transaction, channel: Channel, now: datetime, retry_after: float | None) -> None:
    """Too many requests: nobody asks again before the provider's own time is over (R8)."""
    row = load_channel(tx, channel, for_update=True)
    until = now + timedelta(seconds=retry_after if retry_after is not None else _DEFAULT_RATE_WAIT)
    is_new = not is_paused(row, now)
    row.paused_until = until if is_new or row.paused_until is None else max(until, row.paused_until)
    if is_new:
        row.paused_reason, row.paused_since = RATE, now
    tx.flush()


_PAUSE = (
    select(ChannelRow.paused_until, ChannelRow.paused_reason, ChannelRow.paused_since)
    .where(ChannelRow.channel == bindparam("channel"))
    # Whoever changes a pause writes it at once.
    .execution_options(autoflush=False)
)


def end_pause(tx: Transaction, channel: Channel, begun_at: datetime, now: datetime) -> None:
    """The provider took a message: the channel works, unless the message was begun before the pause was."""
    paused = tx.execute(_PAUSE, {"channel": channel}).one()
    if paused.paused_until is None or (paused.paused_reason == RATE and paused.paused_until > now):
        return
    if paused.paused_since is not None and begun_at <= paused.paused_since:
        return
    row = load_channel(tx, channel, for_update=True)
    row.needs_probe, row.paused_reason, row.paused_since, row.paused_until = False, None, None, None
    close_tasks(tx, TaskRule.CHANNEL_PAUSED, f"{channel}:", now)
    tx.flush()
    _log.info("channel open again", channel=channel)
