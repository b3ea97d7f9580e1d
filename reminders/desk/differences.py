"""What a change does, as its page shows it before it is saved; and a digest of just that."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from reminders.casework.messages import Written
from reminders.casework.previews import ChangedLine, ChangePreview, Effect
from reminders.casework.withdrawing import UNDER_WAY, say_gone
from reminders.forecasting import ForecastLine

_SHOWN = (Effect.MOVED, Effect.CANCELLED, Effect.ADDED, Effect.WITHHELD, Effect.KEPT, Effect.ALREADY_SENT)


@dataclass(frozen=True, kw_only=True)
class Difference:
    """A preview, sorted by what happens to the reminders."""

    preview: ChangePreview
    groups: tuple[tuple[Effect, tuple[ChangedLine, ...]], ...]
    """What there is of each effect, what changes first."""
    under_way: tuple[str, ...]
    """What is being sent at this very moment."""
    message: Written | None
    """What would be sent by hand."""
    digest: str
    """Of what was typed, and of what comes of it."""

    @property
    def changes_plan(self) -> bool:
        return any(effect in (Effect.MOVED, Effect.CANCELLED, Effect.ADDED) for effect, _ in self.groups)


def describe(preview: ChangePreview, typed: Sequence[tuple[str, str]], now: datetime) -> Difference:
    lines = [each for each in preview.lines if _is_told(each)]
    groups = ((effect, tuple(each for each in lines if each.effect is effect)) for effect in _SHOWN)
    gone = [each.after for each in lines if each.after and each.after.status in UNDER_WAY]
    return Difference(
        preview=preview,
        groups=tuple((effect, found) for effect, found in groups if found),
        under_way=tuple(say_gone(gone)),
        message=preview.outcome if isinstance(preview.outcome, Written) else None,
        digest=f"{_hash([list(each) for each in typed])}.{make_digest(preview, now)}",
    )


def _is_told(each: ChangedLine) -> bool:
    """What does not leave, as before and for the same reason, is no news."""
    if each.effect is not Effect.WITHHELD:
        return True
    return each.after is not None and (each.before is None or each.before.reason is not each.after.reason)


def make_digest(preview: ChangePreview, now: datetime) -> str:
    """The same as long as the page says the same, whichever minute it is."""
    said: list[Any] = [list(_say_line(each, now)) for each in preview.lines if _is_told(each)]
    said += [*preview.tasks, _say_message(preview.outcome, now)]
    return _hash(said)


def _hash(said: list[Any]) -> str:
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()


def is_typed_anew(seen: str, digest: str) -> bool:
    """Whether something else was typed since the difference was shown."""
    return seen.partition(".")[0] != digest.partition(".")[0]


def _say_line(each: ChangedLine, now: datetime) -> Iterator[Any]:
    yield each.effect
    yield _say_identity(each)
    if each.effect is not Effect.ALREADY_SENT:
        # What has left may still come to be called delivered: that is no other difference.
        yield from (_say_when(line, now) for line in (each.before, each.after))


def _say_identity(each: ChangedLine) -> list[Any]:
    """A visit that the change itself books has no number yet: PostgreSQL gives out another one each time."""
    if each.before is not None:
        return list(each.before.identity)
    assert each.after is not None, "a line is there before or after"
    kind, _number, rule, occurrence = each.after.identity
    return [kind, rule, occurrence]


def _say_when(line: ForecastLine | None, now: datetime) -> list[Any]:
    if line is None:
        return []
    leaves = _say_moment(line.leaves_at, now) if line.leaves_at else [f"{line.due_at:%F %R}", line.reason]
    return [line.channel, leaves, line.subject, line.text]


def _say_moment(leaves_at: datetime, now: datetime) -> str:
    """Empty for what is due: it leaves at once, and its minute moves on with the clock."""
    return "" if leaves_at <= now else f"{leaves_at:%F %R}"


def _say_message(outcome: object, now: datetime) -> list[Any]:
    if not isinstance(outcome, Written):
        return []
    composed = outcome.composed
    return [outcome.contact, _say_moment(outcome.leaves_at, now), composed.subject, composed.body, composed.segments]
