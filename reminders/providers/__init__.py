"""What carries a channel. A provider raises nothing: it yields one Receipt for each message it was given."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from reminders.model import OutgoingMessage, Receipt, SearchResult, UnclearMessage


class Provider(Protocol):
    """Hands messages over, and looks for those whose fate is unclear."""

    name: str

    def send(self, messages: Sequence[OutgoingMessage]) -> Iterator[Receipt]:
        """Yield a receipt for each message, in the order they finish.

        Right before each hand-over the provider reads the clock: a message at or past `send_before` is
        refused for now with `RefusalKind.DEADLINE`, and one with a later `send_after` waits for its slot. So is
        every message that has not left yet when the process is told to stop.
        """

    def find(self, message: UnclearMessage) -> SearchResult:
        """Look for a message that may have been accepted. Never sends anything."""
