"""A patient's timeline in the words of the page: what is over, what is to come, and what its lines say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from reminders.desk.plan_words import REASONS, STATUSES, say_rule
from reminders.desk.words import _
from reminders.model import CLOSED, PENDING, SessionState, Status
from reminders.overview.patient import Entry, EntryKind

KINDS: Mapping[str, str] = {
    EntryKind.PROCEDURE: _("Procedure"),
    EntryKind.VISIT: _("Visit"),
    EntryKind.REMINDER: _("Reminder"),
    EntryKind.WRITTEN: _("By hand"),
    EntryKind.EVENT: _("Noted"),
    EntryKind.ANSWER: _("Answer"),
}

VISITS: Mapping[str, str] = {
    SessionState.OPEN: _("booked"),
    SessionState.PERFORMED: _("took place"),
    SessionState.MOVED: _("moved to another day"),
    SessionState.UNBOOKED: _("unbooked"),
    SessionState.LAPSED: _("nothing was recorded of it"),
}

_PROCEDURES: Mapping[str, str] = {"performed": _("performed"), "cancelled": _("cancelled")}


@dataclass(frozen=True, kw_only=True)
class Moment:
    """One line: an entry, reminders that leave together, or reminders that do not leave for one reason."""

    entries: tuple[Entry, ...]

    @property
    def first(self) -> Entry:
        return self.entries[0]

    @property
    def last(self) -> Entry:
        return self.entries[-1]


def is_coming(entry: Entry, now: datetime) -> bool:
    """What is overdue is still to come."""
    return entry.at > now or entry.status in PENDING


def group_moments(entries: Iterable[Entry]) -> list[Moment]:
    """In the order they have."""
    return [Moment(entries=tuple(group)) for _key, group in groupby(entries, key=_alike)]


def _alike(entry: Entry) -> object:
    line = entry.line
    if line is None:
        return entry.kind, entry.at, entry.procedure_id, entry.session_id, entry.label
    if line.leaves_at is None:
        return line.treatment, line.rule, line.channel, line.status, line.reason, line.identity[:2]
    return line.channel, frozenset((line.identity, *line.together_with))


def may_send_again(entry: Entry, now: datetime) -> bool:
    """Whether it makes sense to ask for it; the page that asks says what else speaks against it."""
    line = entry.line
    has_ended = entry.status in _ENDED or (entry.status == Status.IN_DOUBT and entry.reason is not None)
    return line is not None and line.message_id is not None and has_ended and line.expires_at > now


_ENDED = frozenset({Status.ACCEPTED, Status.SENT, Status.DELIVERED, Status.UNDELIVERED, Status.FAILED})


# ---- words -------------------------------------------------------------------------------------------------------


def say_label(entry: Entry) -> str:
    if entry.line is not None:
        return f"{say_rule(entry.line.rule)} {entry.line.identity.occurrence}"
    return _("written by hand") if entry.kind is EntryKind.WRITTEN else say_rule(entry.label)


def say_state(entry: Entry) -> str:
    """Where it stands."""
    if entry.kind is EntryKind.PROCEDURE:
        return _PROCEDURES[entry.status]
    if entry.kind is EntryKind.VISIT:
        return VISITS[entry.status]
    if entry.kind is EntryKind.EVENT:
        return _("noted")
    return entry.status if entry.kind is EntryKind.ANSWER else STATUSES[entry.status]


def say_why(entry: Entry) -> str:
    """Why it does not leave, or is marked; why a procedure was cancelled."""
    if not entry.reason:
        return ""
    return entry.reason if entry.kind is EntryKind.PROCEDURE else REASONS[entry.reason]


def needs_look(entry: Entry) -> bool:
    """It failed, did not arrive, or nobody knows."""
    return entry.status in (Status.IN_DOUBT, Status.UNDELIVERED, Status.FAILED)


def does_not_leave(entry: Entry) -> bool:
    return entry.status == Status.WITHHELD or entry.status in CLOSED
