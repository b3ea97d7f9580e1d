"""Whether a refused message is tried again, and when."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from reminders.model import Reason, RefusalKind, Status
from reminders.retrying import MAX_ATTEMPTS, GiveUp, RetryAt, decide_retry
from tests.factories import at, make_hours, make_receipt

NOW = at("2026-03-10 12:00")


def decide(
    *, attempts: int = 1, now: Any = NOW, expires: str = "2026-03-12 12:00", jitter: float = 0.5, **over: Any
) -> RetryAt | GiveUp:
    return decide_retry(
        make_receipt(**over), attempts=attempts, now=now, expires_at=at(expires), hours=make_hours(), jitter=jitter
    )


def wait(**over: Any) -> float:
    """Seconds until the next try."""
    decision = decide(**over)
    assert isinstance(decision, RetryAt), f"it gave up: {decision}"
    return (decision.at - NOW).total_seconds()


@pytest.mark.parametrize(("attempts", "seconds"), [(1, 30), (2, 60), (3, 120), (7, 1920)])
def test_the_wait_doubles_with_each_try(attempts: int, seconds: float) -> None:
    assert wait(attempts=attempts) == seconds


@pytest.mark.parametrize(("jitter", "seconds"), [(0.0, 22.5), (0.5, 30.0), (0.98, 37.2)])
def test_jitter_spreads_the_wait_by_a_quarter_either_way(jitter: float, seconds: float) -> None:
    assert wait(jitter=jitter) == pytest.approx(seconds)


def test_no_wait_is_longer_than_an_hour_and_its_jitter() -> None:
    longest = max(wait(attempts=attempts, jitter=0.999) for attempts in range(MAX_ATTEMPTS))

    assert timedelta(seconds=longest) <= timedelta(hours=1.25)


def test_a_refusal_before_any_counted_try_waits_as_after_the_first() -> None:
    assert wait(attempts=0) == wait(attempts=1)


def test_a_wait_that_the_provider_names_is_kept() -> None:
    """R8."""
    assert wait(kind=RefusalKind.RATE, retry_after=7.0, attempts=0) == 7


def test_a_message_whose_turn_came_too_late_is_looked_at_again_in_five_seconds() -> None:
    assert wait(kind=RefusalKind.DEADLINE, retry_after=600.0) == 5


def test_a_refusal_for_good_closes_the_reminder() -> None:
    assert decide(is_permanent=True) == GiveUp(status=Status.FAILED, reason=Reason.REFUSED)


def test_the_last_try_closes_the_reminder() -> None:
    """R10."""
    assert isinstance(decide(attempts=MAX_ATTEMPTS - 1), RetryAt)
    assert decide(attempts=MAX_ATTEMPTS) == GiveUp(status=Status.FAILED, reason=Reason.RETRIES_EXHAUSTED)


@pytest.mark.parametrize(("expires", "is_tried"), [("2026-03-10 12:01:00", True), ("2026-03-10 12:00:59", False)])
def test_a_try_that_would_come_too_late_to_be_useful_is_not_made(expires: str, is_tried: bool) -> None:
    """P5, R13: 30 seconds to wait, and 30 seconds to be useful."""
    decision = decide(expires=expires)

    assert decision == (
        RetryAt(at=at("2026-03-10 12:00:30")) if is_tried else GiveUp(status=Status.EXPIRED, reason=Reason.SERVICE_LATE)
    )


def test_a_try_in_quiet_hours_waits_for_the_morning() -> None:
    """F6: no text at night because a provider came back then."""
    assert decide(now=at("2026-03-10 19:59:45")) == RetryAt(at=at("2026-03-11 08:00"))


def test_a_try_in_quiet_hours_that_expires_before_the_morning_is_not_made() -> None:
    decision = decide(now=at("2026-03-10 19:59:45"), expires="2026-03-11 08:00:29")

    assert decision == GiveUp(status=Status.EXPIRED, reason=Reason.SERVICE_LATE)
