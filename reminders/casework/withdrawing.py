"""What had left of a procedure when it was cancelled: the desk is told, also of what is on its way at that moment."""

from __future__ import annotations

from collections.abc import Collection

from reminders.describing.figures import join_words
from reminders.model import AnchorKind, Status, StoredReminder
from reminders.replanning import Replanned

UNDER_WAY = frozenset({Status.SENDING, Status.IN_DOUBT})
"""Handed over, and no answer yet: it can no longer be called back."""


def list_gone(replanned: Replanned, procedure_id: int) -> list[StoredReminder]:
    """The procedure's reminders that left, or may have left, in that order."""
    anchor = (AnchorKind.PROCEDURE, procedure_id)
    return [row for row in replanned.case.left if row.identity[:2] == anchor]


def say_gone(gone: Collection[StoredReminder]) -> list[str]:
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


def _name(rows: Collection[StoredReminder]) -> str:
    return join_words(f"{row.identity.rule} {row.identity.occurrence} by {row.channel}" for row in rows)
