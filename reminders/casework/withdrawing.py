"""What had left of a procedure or a visit when it was taken back: the desk is told, also of what is on its way then."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Protocol

from reminders.describing.figures import join_words
from reminders.model import AnchorKind, Channel, Identity, Status, StoredReminder

UNDER_WAY = frozenset({Status.SENDING, Status.IN_DOUBT})
"""Handed over, and no answer yet: it can no longer be called back."""


class Gone(Protocol):
    """A reminder that left, or may have left."""

    @property
    def identity(self) -> Identity: ...
    @property
    def channel(self) -> Channel: ...
    @property
    def status(self) -> Status: ...


def list_gone(stored: Iterable[StoredReminder], kind: AnchorKind, anchor_id: int) -> list[StoredReminder]:
    """The reminders of a procedure or a session that left, or may have left, in that order."""
    return [row for row in stored if row.has_left and row.identity[:2] == (kind, anchor_id)]


def say_gone(gone: Collection[Gone]) -> list[str]:
    """A sentence for what had left, and one for what is just being sent."""
    under_way = [row for row in gone if row.status in UNDER_WAY]
    left = [row for row in gone if row.status not in UNDER_WAY]
    sentences = [f"These had left already: {_name(left)}."] if left else []
    if under_way:
        sentences.append(
            f"{_name(under_way)}: being sent at this very moment, and can no longer be called back. Look at the "
            "patient again in a few minutes to see what became of it."
        )
    return sentences


def _name(rows: Collection[Gone]) -> str:
    return join_words(f"{row.identity.rule} {row.identity.occurrence} by {row.channel}" for row in rows)
