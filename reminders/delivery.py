"""How far a message has come: provider statuses arrive late, twice and out of order. Pure."""

from __future__ import annotations

from reminders.model import Status

_RANK = {
    Status.SENDING: 0,
    Status.IN_DOUBT: 1,
    Status.ACCEPTED: 2,
    Status.SENT: 3,
    # Terminal: the first word of the provider stays the last.
    Status.DELIVERED: 4,
    Status.UNDELIVERED: 4,
}


def next_status(current: Status, heard: Status) -> Status:
    """Apply what the provider says only if its rank grows; a reminder that never left stays as it is."""
    if current not in _RANK or heard not in _RANK:
        return current
    return heard if _RANK[heard] > _RANK[current] else current
