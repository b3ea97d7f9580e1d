"""The outbox takes what is in time, and loses nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from reminders.clock import SetClock
from reminders.model import (
    Channel,
    Outcome,
    OutgoingMessage,
    RefusalKind,
    Search,
    Status,
    UnclearMessage,
)
from reminders.providers import Provider
from reminders.providers.outbox import OutboxProvider

NOW = datetime(2027, 3, 1, 10, 0, tzinfo=UTC)


def make_message(attempt_id: int = 7, *, send_before: datetime = NOW + timedelta(hours=1)) -> OutgoingMessage:
    return OutgoingMessage(
        attempt_id=attempt_id,
        token="t",
        channel=Channel.SMS,
        to="+12025550123",
        body="Hello",
        send_before=send_before,
        good_until=NOW + timedelta(hours=1),
        send_after=NOW + timedelta(minutes=5),
    )


def test_each_message_is_sent_under_its_attempts_id() -> None:
    provider: Provider = OutboxProvider(SetClock(NOW))

    receipts = list(provider.send([make_message(7), make_message(8)]))

    assert [(each.attempt_id, each.outcome, each.status, each.provider_id) for each in receipts] == [
        (7, Outcome.ACCEPTED, Status.SENT, "outbox-7"),
        (8, Outcome.ACCEPTED, Status.SENT, "outbox-8"),
    ]


def test_a_message_at_its_deadline_stays_and_the_next_one_goes() -> None:
    """P5: nothing leaves at or after its last moment."""
    late, timely = OutboxProvider(SetClock(NOW)).send([make_message(send_before=NOW), make_message(8)])

    assert (late.outcome, late.kind, late.is_permanent) == (Outcome.REFUSED, RefusalKind.DEADLINE, False)
    assert timely.outcome is Outcome.ACCEPTED


def test_the_clock_is_read_right_before_each_hand_over() -> None:
    """R25, F10: a worker that slept cannot send what became late meanwhile."""
    clock = SetClock(NOW)
    receipts = OutboxProvider(clock).send([make_message(7), make_message(8)])

    assert next(receipts).outcome is Outcome.ACCEPTED
    clock.now += timedelta(hours=1)
    assert next(receipts).kind is RefusalKind.DEADLINE


def test_an_unclear_message_is_always_found() -> None:
    """R7: the row is the outbox, so a crash before the receipt was recorded loses nothing."""
    unclear = UnclearMessage(attempt_id=7, to="+12025550123", body="Hello", started_at=NOW, send_before=NOW)

    found = OutboxProvider(SetClock(NOW)).find(unclear)

    assert (found.result, found.provider_id, found.status) == (Search.FOUND, "outbox-7", Status.SENT)
