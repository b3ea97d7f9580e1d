"""A provider whose behaviour a scenario sets. What it takes, the outbox keeps; nothing leaves the machine."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reminders.clock import Clock
from reminders.model import Channel, Outcome, OutgoingMessage, Receipt, Search, SearchResult, UnclearMessage
from reminders.providers.outbox import OutboxProvider
from reminders.simulation.tables import Mode


class ScriptedProvider:
    """The outbox, until a scenario says otherwise."""

    name = OutboxProvider.name

    def __init__(self, channel: Channel, clock: Clock) -> None:
        self.mode = Mode.OK
        self._channel = channel
        self._outbox = OutboxProvider(clock)

    def send(self, messages: Sequence[OutgoingMessage]) -> Iterator[Receipt]:
        if self.mode is Mode.OK:
            return self._outbox.send(messages)
        return (_answer(self.mode, message.attempt_id) for message in messages)

    def find(self, message: UnclearMessage) -> SearchResult:
        """What was met with silence never got there. A mail server keeps no list in which that could be seen."""
        if self._channel is Channel.EMAIL:
            return SearchResult(result=Search.IMPOSSIBLE)
        return SearchResult(result=Search.UNAVAILABLE if self.mode is Mode.SILENT else Search.NOT_FOUND)


def _answer(mode: Mode, attempt_id: int) -> Receipt:
    if mode is Mode.SILENT:
        return Receipt(attempt_id=attempt_id, outcome=Outcome.IN_DOUBT, code="silent")
    is_permanent = mode is Mode.REFUSES_FOR_GOOD
    return Receipt(attempt_id=attempt_id, outcome=Outcome.REFUSED, is_permanent=is_permanent, code=mode)
