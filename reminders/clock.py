"""The clock that wiring passes in. Nothing below the wiring asks the operating system for the time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
"""Returns the current instant as aware UTC."""


def system_clock() -> datetime:
    """The machine's time."""
    return datetime.now(UTC)


class SetClock:
    """A clock that stands still until it is set; for the demo and for rehearsals, never for a real provider."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now
