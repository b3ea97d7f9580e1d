"""Keeps messages on this machine: the message's own row is the outbox, and nothing leaves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reminders.clock import Clock
from reminders.model import Outcome, OutgoingMessage, Receipt, RefusalKind, Search, SearchResult, Status, UnclearMessage


class OutboxProvider:
    """Takes every message that is in time. Ignores `send_after`: a table has no rate to respect."""

    name = "outbox"

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def send(self, messages: Sequence[OutgoingMessage]) -> Iterator[Receipt]:
        for message in messages:
            yield self._keep_one(message)

    def find(self, message: UnclearMessage) -> SearchResult:
        """Always there: the row was written before the hand-over, so nothing can get lost between the two."""
        return SearchResult(result=Search.FOUND, provider_id=_provider_id(message.attempt_id), status=Status.SENT)

    def _keep_one(self, message: OutgoingMessage) -> Receipt:
        if self._clock() >= message.send_before:
            return Receipt(
                attempt_id=message.attempt_id,
                outcome=Outcome.REFUSED,
                kind=RefusalKind.DEADLINE,
                code="deadline",
            )
        return Receipt(
            attempt_id=message.attempt_id,
            outcome=Outcome.ACCEPTED,
            provider_id=_provider_id(message.attempt_id),
            status=Status.SENT,
        )


def _provider_id(attempt_id: int) -> str:
    return f"outbox-{attempt_id}"
