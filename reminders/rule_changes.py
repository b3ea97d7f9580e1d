"""What an edit of the rules does to what is planned: counted while a replan is done, or only tried."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import Engine

from reminders.reconciling import Add, Change, Close, Move
from reminders.replanning import Replanned, list_patient_ids, replan_patient
from reminders.rules import Clinic
from reminders.store.engine import reading, writing


@dataclass(frozen=True, kw_only=True)
class Effect:
    """What becomes of one patient's reminders, or of everybody's."""

    kept: int = 0
    """Waiting, and left as they are."""
    moved: int = 0
    """Waiting, and given another time, channel or named day."""
    cancelled: int = 0
    """Waiting, and not to leave any more."""
    added: int = 0
    """New, or wanted again."""
    noted: int = 0
    """Due before now and not sent: only written down, which the next change of the patient would do as well."""
    already_sent: int = 0
    """Left before; no edit changes them."""

    @property
    def changes(self) -> int:
        return self.moved + self.cancelled + self.added

    def as_json(self) -> dict[str, int]:
        return asdict(self)

    def __add__(self, other: Effect) -> Effect:
        return Effect(**Counter(self.as_json()) + Counter(other.as_json()))


def replan_one(engine: Engine, clinic: Clinic, patient_id: int, now: datetime, *, is_dry_run: bool) -> Effect:
    """Replan a patient by the rules of `clinic`, in a transaction of its own, and say what that did.

    A dry run does the same and keeps nothing, so that what it says is what will be done.
    """
    with writing(engine) as tx:
        effect = measure(replan_patient(tx, clinic, patient_id, now))
        if is_dry_run:
            tx.rollback()
    return effect


def list_everyone(engine: Engine) -> list[int]:
    with reading(engine) as tx:
        return list_patient_ids(tx)


def measure(replanned: Replanned) -> Effect:
    """Count what a replan found and changed."""
    counts = Counter(map(_say_change, replanned.difference.changes))
    touched = {change.stored.id for change in replanned.difference.changes if not isinstance(change, Add)}
    waiting = [each.stored for each in replanned.difference.decisions if each.stored and each.stored.is_pending]
    return Effect(
        # A row that waits and is no longer planned at all is among the changes.
        kept=sum(row.id not in touched for row in waiting),
        already_sent=len(replanned.case.left),
        **counts,
    )


def _say_change(change: Change) -> str:
    match change:
        case Move():
            return "moved"
        case Close():
            return "cancelled"
        case Add(closed=reason) if reason is not None:
            return "noted"
        case _:
            return "added"
