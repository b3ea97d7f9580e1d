"""What dispatching works with; wiring fills it in."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Engine

from reminders.clock import Clock
from reminders.messages import Templates
from reminders.model import Channel
from reminders.providers import Provider
from reminders.rules import Clinic


@dataclass(frozen=True, kw_only=True)
class Pace:
    """How much at a time, and how long to wait."""

    batch_size: int = 100
    lease: timedelta = timedelta(seconds=120)
    """How long a claim holds; longer than any provider's timeout."""
    hand_over: timedelta = timedelta(seconds=35)
    """The longest that one hand-over can take: nothing is handed over with less of the lease left."""
    in_doubt_wait: timedelta = timedelta(seconds=120)
    """How long an unclear message gets to show up in the provider's list."""
    horizon: timedelta = timedelta(seconds=5)
    """How far ahead a sender's slots are filled: one tick."""
    segments_per_second: float | None = None
    """The SMS sender's rate; None where nothing limits it."""
    probe_interval: timedelta = timedelta(minutes=5)
    """How often a paused channel is tried with one message (R9)."""


@dataclass(frozen=True, kw_only=True)
class Work:
    engine: Engine
    clock: Clock
    clinic: Clinic
    templates: Templates
    providers: Mapping[Channel, Provider]
    staff_email: str
    pace: Pace
    jitter: Callable[[], float] = random.random
    """Spreads tries that failed together; a number in [0, 1)."""

    def now(self) -> datetime:
        return self.clock()
