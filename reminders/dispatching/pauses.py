"""Pauses of a channel: rows that all daemons share, so that none hammers what another found closed."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

import structlog

from reminders.dispatching.work import Pace
from reminders.model import Channel, TaskRule
from reminders.store.changes import close_tasks, raise_task
from reminders.store.claims import load_channels, take_probe
from reminders.store.engine import Transaction
from reminders.tables import ChannelRow

_log = structlog.get_logger()

RATE = "rate"
"""The pause that a provider's 'too many requests' asks for: it simply ends."""

_DEFAULT_RATE_WAIT = 5.0
"""Seconds, where the provider names none."""


def list_open_channels(
    tx: Transaction, channels: Collection[Channel], now: datetime, pace: Pace
) -> dict[Channel, bool]:
    """The channels that may be used now; True where only one message may try, as a probe (R9)."""
    usable: dict[Channel, bool] = {}
    for row in load_channels(tx, channels):
        channel = Channel(row.channel)
        if row.free_at is not None and row.free_at > now + pace.horizon:
            continue  # the sender's slots of this tick are all taken
        if row.paused_until is None or (not row.needs_probe and row.paused_until <= now):
            usable[channel] = False
        elif row.needs_probe and take_probe(tx, channel, now, now + pace.probe_interval):
            usable[channel] = True
    return usable


def pause_channel(tx: Transaction, channel: Channel, code: str | None, now: datetime, interval: timedelta) -> None:
    """Nothing can go until a person mends it: pause, and tell the desk once."""
    row = _lock(tx, channel)
    is_new = not (row.needs_probe and row.paused_until)
    row.needs_probe, row.paused_reason, row.paused_until = True, code or "refused", now + interval
    if not is_new:
        return
    row.paused_since = now
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
    row = _lock(tx, channel)
    if row.needs_probe and row.paused_until:
        return
    until = now + timedelta(seconds=retry_after if retry_after is not None else _DEFAULT_RATE_WAIT)
    row.paused_until = max(until, row.paused_until or until)
    row.paused_reason, row.paused_since = RATE, row.paused_since or now
    tx.flush()


def end_pause(tx: Transaction, channel: Channel, now: datetime) -> None:
    """The provider took a message: the channel works."""
    paused = load_channels(tx, [channel])[0]
    if paused.paused_until is None or (paused.paused_reason == RATE and paused.paused_until > now):
        return
    row = _lock(tx, channel)
    row.needs_probe, row.paused_reason, row.paused_since, row.paused_until = False, None, None, None
    close_tasks(tx, TaskRule.CHANNEL_PAUSED, f"{channel}:", now)
    tx.flush()
    _log.info("channel open again", channel=channel)


def _lock(tx: Transaction, channel: Channel) -> ChannelRow:
    return load_channels(tx, [channel], for_update=True)[0]
