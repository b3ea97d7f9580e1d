"""Whether to try again after a refusal, and when. Pure: the jitter comes in as a number."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from reminders.model import Reason, Receipt, RefusalKind, Status
from reminders.sending_hours import SendingHours, is_useful

MAX_ATTEMPTS = 8
"""With the waits below a provider that refuses for now is asked over about three hours."""

_FIRST_WAIT = timedelta(seconds=30)
_LONGEST_WAIT = timedelta(hours=1)
_DEADLINE_WAIT = timedelta(seconds=5)

UNCOUNTED = frozenset({RefusalKind.UNREACHABLE, RefusalKind.RATE, RefusalKind.CHANNEL, RefusalKind.DEADLINE})
"""Refusals that say nothing about the message: they cost it no attempt."""


@dataclass(frozen=True, kw_only=True)
class RetryAt:
    at: datetime


@dataclass(frozen=True, kw_only=True)
class GiveUp:
    """The reminder closes in this status, for this reason."""

    status: Status
    reason: Reason


def decide_retry(
    receipt: Receipt, *, attempts: int, now: datetime, expires_at: datetime, hours: SendingHours, jitter: float
) -> RetryAt | GiveUp:
    """When to try a refused message again, inside its useful time and its sending hours.

    `attempts` counts this one where it counts; `jitter` is in [0, 1) and spreads tries that failed together.
    """
    if receipt.is_permanent:
        return GiveUp(status=Status.FAILED, reason=Reason.REFUSED)
    if attempts >= (receipt.max_attempts or MAX_ATTEMPTS):
        return GiveUp(status=Status.FAILED, reason=Reason.RETRIES_EXHAUSTED)
    at = hours.next_allowed(now + _wait(receipt, attempts, jitter))
    if is_useful(at, expires_at):
        return RetryAt(at=at)
    return GiveUp(status=Status.EXPIRED, reason=Reason.SERVICE_LATE)


def _wait(receipt: Receipt, attempts: int, jitter: float) -> timedelta:
    if receipt.kind is RefusalKind.DEADLINE:
        # Its time was over when its turn came; planned again at the next look, it moves or closes.
        return _DEADLINE_WAIT
    if receipt.retry_after is not None:
        return timedelta(seconds=receipt.retry_after)
    wait: timedelta = min(_FIRST_WAIT * 2 ** max(attempts - 1, 0), _LONGEST_WAIT)
    return wait * (0.75 + jitter / 2)
