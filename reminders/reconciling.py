"""Desired against stored: which rows to add, move, close or bring back. Pure.

`now` enters here only: for what is too late to leave (P5), and for what of a late series still counts (P6).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import groupby

from reminders.model import (
    CORRECTION,
    Channel,
    DesiredTask,
    Identity,
    Plan,
    PlannedReminder,
    Quiet,
    Reason,
    Status,
    StoredReminder,
    StoredTask,
    TaskStatus,
)
from reminders.sending_hours import SendingHours, is_useful
from reminders.text_limits import list_too_many

LATE_AFTER = timedelta(seconds=60)
"""What leaves sooner after it was due is on time. What is later is planned again first, and may be too near another."""

_LATE = frozenset({Reason.ENTERED_LATE, Reason.SERVICE_LATE, Reason.NEXT_IS_NEAR})

_STATUS_OF = {
    Reason.QUIET_HOURS: Status.SKIPPED,
    Reason.MAX_MESSAGES: Status.SKIPPED,
    Reason.TEXT_LIMIT: Status.SKIPPED,
    Reason.SUPERSEDED: Status.SUPERSEDED,
    **dict.fromkeys(_LATE, Status.EXPIRED),
}


def status_of(reason: Reason) -> Status:
    """The status in which a reminder closes unsent for this reason."""
    return _STATUS_OF.get(reason, Status.CANCELLED)


# ---- what the comparison yields --------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Add:
    """A row for an occurrence that has none; closed from the start where `closed` says why."""

    planned: PlannedReminder
    leave_at: datetime
    closed: Reason | None = None


@dataclass(frozen=True, kw_only=True)
class Move:
    """A pending row gets the plan's times and channel."""

    stored: StoredReminder
    planned: PlannedReminder
    leave_at: datetime


@dataclass(frozen=True, kw_only=True)
class Close:
    """A pending row ends unsent. `planned` is None where the plan has no such occurrence any more."""

    stored: StoredReminder
    reason: Reason
    planned: PlannedReminder | None = None


@dataclass(frozen=True, kw_only=True)
class Revive:
    """A row that closed unsent is wanted again."""

    stored: StoredReminder
    planned: PlannedReminder
    leave_at: datetime


Change = Add | Move | Close | Revive


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What becomes of one planned occurrence: it leaves at `leave_at`, or does not because of `reason`.

    Neither is set where the row has the last word: it has left, or it stays closed as it is.
    """

    planned: PlannedReminder
    stored: StoredReminder | None
    leave_at: datetime | None = None
    reason: Reason | None = None


@dataclass(frozen=True, kw_only=True)
class Difference:
    changes: tuple[Change, ...]
    decisions: tuple[Decision, ...]
    tasks: tuple[DesiredTask, ...]
    """The plan's tasks, and those of reminders that can no longer leave."""


def diff_reminders(plan: Plan, stored: Iterable[StoredReminder], now: datetime, hours: SendingHours) -> Difference:
    """Compare a patient's plan with the patient's rows. A row that has left is never in a change."""
    rows = {row.identity: row for row in stored}
    wanted = [
        decision
        for _, series in groupby(plan.reminders, key=lambda planned: planned.series)
        for decision in _decide_series([_Occurrence(each, rows.get(each.identity), now) for each in series], hours)
    ]
    decisions = _limit_texts(wanted, plan, rows.values(), hours) if plan.limits else wanted
    return Difference(
        changes=(
            *(change for decision in decisions if (change := _change(decision, now))),
            *_close_unplanned(plan, rows),
        ),
        decisions=tuple(decisions),
        tasks=(*plan.tasks, *(task for decision in decisions if (task := _task_if_unsent(decision)))),
    )


def _change(decision: Decision, now: datetime) -> Change | None:
    """The difference between a decision and its row, if there is one."""
    planned, row, leave_at, reason = decision.planned, decision.stored, decision.leave_at, decision.reason
    if leave_at is not None:
        if row is None:
            return Add(planned=planned, leave_at=leave_at)
        if not row.is_pending:
            return Revive(stored=row, planned=planned, leave_at=leave_at)
        if not _agrees(row, planned, max(leave_at, now)):
            return Move(stored=row, planned=planned, leave_at=leave_at)
    elif reason is not None:
        if row is not None:
            return Close(stored=row, reason=reason, planned=planned) if row.is_pending else None
        is_closed_by_time = planned.due_at <= now and status_of(reason) in (Status.EXPIRED, Status.SKIPPED)
        if is_closed_by_time or reason in (Reason.SUPERSEDED, Reason.TEXT_LIMIT):
            # What time has closed is shown closed, even where it never had a row; and what was superseded or one too
            # many has one, so that it does not leave late once the newer procedure is cancelled, or the day is over.
            return Add(planned=planned, leave_at=planned.due_at, closed=reason)
    return None


def _agrees(row: StoredReminder, planned: PlannedReminder, leave_at: datetime) -> bool:
    # A row whose turn has come keeps its place in the queue: `next_attempt_at` is the dispatcher's.
    turn_at = max(row.next_attempt_at or planned.due_at, leave_at)
    return turn_at == leave_at and (row.due_at, row.expires_at, row.channel, row.target_on, row.visit_at) == (
        planned.due_at,
        planned.expires_at,
        planned.channel,
        planned.target_on,
        planned.visit_at,
    )


def _close_unplanned(plan: Plan, rows: Mapping[Identity, StoredReminder]) -> list[Close]:
    planned = {reminder.identity for reminder in plan.reminders}
    return [
        Close(stored=row, reason=_why_unplanned(plan, row))
        for row in rows.values()
        if row.is_pending and row.identity not in planned
    ]


def _why_unplanned(plan: Plan, row: StoredReminder) -> Reason:
    if row.identity.rule == CORRECTION:
        return Reason.CHANGED_BACK
    if row.identity[:2] in plan.ended:
        return plan.ended[row.identity[:2]]
    if row.identity[:3] in plan.missing:
        return plan.missing[row.identity[:3]]
    return Reason.DOES_NOT_APPLY if (row.treatment, row.identity.rule) in plan.rules else Reason.RULE_REMOVED


def _task_if_unsent(decision: Decision) -> DesiredTask | None:
    has_left = decision.stored is not None and decision.stored.has_left
    return None if decision.leave_at or has_left else decision.planned.task_if_unsent


# ---- one series: what is late, what stands in, what is too many --------------------------------------------------


@dataclass(frozen=True)
class _Occurrence:
    """One planned occurrence beside its row."""

    planned: PlannedReminder
    row: StoredReminder | None
    now: datetime

    @property
    def is_quiet_skipped(self) -> bool:
        return self.planned.withheld is Reason.QUIET_HOURS

    @property
    def counts(self) -> bool:
        """Nothing but quiet hours keeps it from leaving."""
        return self.planned.withheld is None or self.is_quiet_skipped

    @property
    def is_past(self) -> bool:
        return self.planned.due_at <= self.now

    @property
    def has_left(self) -> bool:
        return self.row is not None and self.row.has_left

    @property
    def is_waiting(self) -> bool:
        """It has a pending row, and the plan has not moved it."""
        return self.row is not None and self.row.is_pending and not self._is_moved(self.row)

    @property
    def turn_at(self) -> datetime:
        """The earliest it may leave: a retry keeps its wait."""
        if self.is_waiting and self.row and self.row.next_attempt_at:
            return max(self.row.next_attempt_at, self.planned.due_at)
        return self.planned.due_at

    @property
    def may_leave(self) -> bool:
        """Nothing has left for it, and nothing has closed it for good."""
        row = self.row
        if row is None or row.is_pending:
            return True
        return not row.has_left and self._may_return(row)

    def _may_return(self, row: StoredReminder) -> bool:
        if row.status is Status.FAILED:
            # What the provider refused goes out again only to another address.
            return row.contact is not None and row.contact != self.planned.contact
        if row.reason is Reason.SUPERSEDED:
            return not self.is_past
        if row.reason in _LATE:
            return self._is_moved(row)
        if row.reason in (Reason.QUIET_HOURS, Reason.TEXT_LIMIT):
            return self._is_moved(row) or not self.is_past
        return True

    def _is_moved(self, row: StoredReminder) -> bool:
        return (row.due_at, row.expires_at) != (self.planned.due_at, self.planned.expires_at)


@dataclass(frozen=True, kw_only=True)
class _LateChoice:
    """The one past-due occurrence of a series that still leaves, or the one that would have but is too near another."""

    leaves: _Occurrence | None = None
    leave_at: datetime | None = None
    too_near: _Occurrence | None = None


def _decide_series(series: Sequence[_Occurrence], hours: SendingHours) -> list[Decision]:
    chosen = _choose_late(series, hours)
    return _cap([_decide(each, chosen) for each in series], series[0].planned.max_messages)


def _choose_late(series: Sequence[_Occurrence], hours: SendingHours) -> _LateChoice:
    """P6: of the past-due occurrences only the latest counts; where quiet hours drop it, the first stands in."""
    candidate = _late_candidate([each for each in series if each.counts], hours)
    if candidate is None or not candidate.may_leave:
        return _LateChoice()
    leave_at = hours.next_allowed(max(candidate.now, candidate.turn_at))
    if not is_useful(leave_at, candidate.planned.expires_at) or _is_overtaken(candidate, leave_at, series):
        return _LateChoice()
    if _is_near_another(candidate, leave_at, series):
        return _LateChoice(too_near=candidate)
    return _LateChoice(leaves=candidate, leave_at=leave_at)


def _late_candidate(counting: Sequence[_Occurrence], hours: SendingHours) -> _Occurrence | None:
    past = [each for each in counting if each.is_past]
    if not past:
        return None
    latest = max(past, key=lambda each: (each.planned.due_at, each.planned.identity.occurrence))
    is_dropped_now = latest.planned.quiet is Quiet.SKIP and not hours.is_open(latest.now)
    if not latest.is_quiet_skipped and not is_dropped_now:
        return latest
    first = counting[0]
    may_stand_in = first.is_past and not first.is_quiet_skipped and not any(each.has_left for each in counting)
    return first if may_stand_in else None


def _is_overtaken(candidate: _Occurrence, leave_at: datetime, series: Sequence[_Occurrence]) -> bool:
    """By the time it could leave, one that quiet hours skip will be the latest; and where something of the series has
    left, nothing stands in for that one. Said now: the desk must not be shown a text that will not leave."""
    if not any(each.has_left for each in series if each.counts):
        return False
    by_then = [each for each in series if each.counts and each.planned.due_at <= leave_at]
    latest = max(by_then, key=lambda each: (each.planned.due_at, each.planned.identity.occurrence))
    return latest is not candidate and latest.is_quiet_skipped


def _is_near_another(candidate: _Occurrence, leave_at: datetime, series: Sequence[_Occurrence]) -> bool:
    """In a series that repeats in hours a late text is dropped less than half the interval beside another."""
    interval = candidate.planned.interval
    if interval is None or leave_at - candidate.planned.due_at < LATE_AFTER:
        return False
    coming = [each.planned.due_at for each in series if _will_leave(each)]
    left = [each.row.left_at for each in series if each.row and each.has_left and each.row.left_at]
    gaps = [due_at - leave_at for due_at in coming] + [leave_at - left_at for left_at in left]
    return min(gaps, default=timedelta.max) < interval / 2


def _will_leave(each: _Occurrence) -> bool:
    return not each.is_past and each.planned.withheld is None and each.may_leave


def _decide(each: _Occurrence, chosen: _LateChoice) -> Decision:
    decision = Decision(planned=each.planned, stored=each.row)
    if each.has_left:
        return decision
    if not each.counts:
        return replace(decision, reason=each.planned.withheld)
    if not each.may_leave:
        return decision
    if each is chosen.leaves:
        return replace(decision, leave_at=chosen.leave_at)
    if each.is_quiet_skipped:
        return replace(decision, reason=Reason.QUIET_HOURS)
    if each is chosen.too_near:
        return replace(decision, reason=Reason.NEXT_IS_NEAR)
    if each.is_past:
        return replace(decision, reason=Reason.SERVICE_LATE if each.is_waiting else Reason.ENTERED_LATE)
    return replace(decision, leave_at=each.planned.due_at)


def _cap(decisions: list[Decision], max_messages: int | None) -> list[Decision]:
    """`max_messages` counts texts that leave: the earliest keep their place."""
    if max_messages is None:
        return decisions
    left = [each.planned.due_at for each in decisions if each.stored is not None and each.stored.has_left]
    room = max_messages - len(left)
    leaving = sorted((each.leave_at, each.planned.identity) for each in decisions if each.leave_at)
    too_many = {identity for _, identity in leaving[max(room, 0) :]}
    # Of one whose time is over meanwhile it was not the lateness that held it back.
    too_many |= {
        each.planned.identity
        for each in decisions
        if each.reason in _LATE and sum(due_at <= each.planned.due_at for due_at in left) >= max_messages
    }
    return [
        replace(each, leave_at=None, reason=Reason.MAX_MESSAGES) if each.planned.identity in too_many else each
        for each in decisions
    ]


# ---- all series: how many texts are enough -----------------------------------------------------------------------


def _limit_texts(
    decisions: Sequence[Decision], plan: Plan, stored: Iterable[StoredReminder], hours: SendingHours
) -> list[Decision]:
    """C7: what would be one text too many goes by email where that may be, and is left out where not."""
    assert plan.limits is not None, "there is a limit to hold"
    left = {row.left_at or row.due_at for row in stored if row.has_left and row.channel is Channel.SMS}
    # A correction puts right what a text said: it always leaves.
    corrections = {_minute_of(each) for each in decisions if _is_text(each) and _is_correction(each)}
    texts: dict[datetime, int] = {}
    for each in decisions:
        if _is_text(each) and _minute_of(each) not in corrections:
            texts[_minute_of(each)] = max(each.planned.priority, texts.get(_minute_of(each), 0))
    too_many = list_too_many(texts, [*left, *plan.by_hand, *corrections], plan.limits, hours.zone)
    return [_by_email(each) if _is_text(each) and _minute_of(each) in too_many else each for each in decisions]


def _is_text(decision: Decision) -> bool:
    return decision.leave_at is not None and decision.planned.channel is Channel.SMS


def _is_correction(decision: Decision) -> bool:
    return decision.planned.identity.rule == CORRECTION


def _minute_of(decision: Decision) -> datetime:
    """What is due in one minute leaves as one text (P7)."""
    assert decision.leave_at is not None, "it leaves"
    return decision.leave_at.replace(second=0, microsecond=0)


def _by_email(decision: Decision) -> Decision:
    instead = decision.planned.instead
    if instead is None:
        return replace(decision, leave_at=None, reason=Reason.TEXT_LIMIT)
    return replace(
        decision, planned=replace(decision.planned, channel=instead.channel, contact=instead.address, instead=None)
    )


# ---- tasks -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class TaskDifference:
    add: tuple[DesiredTask, ...]
    reopen: tuple[tuple[StoredTask, DesiredTask], ...]
    close: tuple[StoredTask, ...]


def diff_tasks(desired: Iterable[DesiredTask], stored: Iterable[StoredTask]) -> TaskDifference:
    """Tasks are reconciled by their facts: a done one stays done, one whose facts went away closes by itself."""
    rows = {(row.rule, row.key): row for row in stored}
    wanted = {(task.rule, task.key): task for task in desired}
    return TaskDifference(
        add=tuple(task for key, task in wanted.items() if key not in rows),
        reopen=tuple(
            (row, wanted[key]) for key, row in rows.items() if key in wanted and row.status is TaskStatus.CLOSED
        ),
        close=tuple(row for key, row in rows.items() if key not in wanted and row.status is TaskStatus.OPEN),
    )
