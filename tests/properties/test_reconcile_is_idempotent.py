"""Reconciling converges whatever the case, whatever the rows: on random input, without a database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import cycle

from hypothesis import given, settings
from hypothesis import strategies as st

from reminders.model import (
    LEFT,
    Channel,
    Identity,
    PatientCase,
    PlannedReminder,
    Procedure,
    Reason,
    Session,
    SessionState,
    Status,
    StoredReminder,
)
from reminders.planning import plan_reminders, sending_hours_of
from reminders.reconciling import Add, Change, Close, Difference, diff_reminders, status_of
from reminders.sending_hours import is_useful
from tests.clinic import LASER, NEEDLING
from tests.factories import ANA, BEN, CLEO, CLINIC, Contacts, at, make_case, make_procedure, make_session

Rows = dict[Identity, StoredReminder]

BEGIN = at("2026-03-01 00:00")
MOMENTS = st.integers(0, 60 * 24 * 90).map(lambda minutes: BEGIN + timedelta(minutes=minutes))
"""Three months with a change of the clocks in them."""

PROCEDURES = st.builds(
    make_procedure,
    id=st.integers(1, 4),
    treatment=st.sampled_from([LASER, NEEDLING]),
    performed_at=MOMENTS,
    session_given=st.sampled_from([None, None, 1, 3, 4]),
    is_cancelled=st.booleans(),
)
SESSIONS = st.builds(
    make_session,
    id=st.integers(1, 3),
    visit=st.just(1),
    treatment=st.sampled_from([LASER, NEEDLING]),
    starts_at=MOMENTS,
    changed_at=MOMENTS,
    state=st.sampled_from([SessionState.OPEN, *SessionState]),
)


def _make_case(
    procedures: list[Procedure], sessions: list[Session], contacts: Contacts, zone: str | None
) -> PatientCase:
    return make_case(*procedures, *sessions, contacts=contacts, time_zone=zone)


CASES = st.builds(
    _make_case,
    st.lists(PROCEDURES, max_size=4, unique_by=lambda each: each.id),
    st.lists(SESSIONS, max_size=3, unique_by=lambda each: each.id),
    st.sampled_from([ANA, ANA, BEN, CLEO]),
    st.sampled_from([None, "America/Los_Angeles", "Asia/Tokyo"]),
)
STEPS = st.lists(st.tuples(CASES, MOMENTS), min_size=1, max_size=3).map(
    lambda steps: sorted(steps, key=lambda step: step[1])
)
TWO_MOMENTS = st.tuples(MOMENTS, MOMENTS).map(sorted)
ENDS = st.lists(st.sampled_from([None, None, *sorted(LEFT), Status.FAILED]), min_size=1, max_size=7)
"""What became of the rows that were due, round and round."""


def compare(case: PatientCase, rows: Rows, now: datetime) -> Difference:
    left = sorted((row for row in rows.values() if row.has_left), key=lambda row: (row.left_at or row.due_at, row.id))
    told = replace(case, left=tuple(left))
    return diff_reminders(plan_reminders(told, CLINIC), rows.values(), now, sending_hours_of(told, CLINIC))


def apply(rows: Rows, changes: Sequence[Change]) -> Rows:
    """What the store makes of the changes."""
    applied = dict(rows)
    for change in changes:
        row = _add(change, len(applied) + 1) if isinstance(change, Add) else _update(change)
        applied[row.identity] = row
    return applied


def _add(change: Add, row_id: int) -> StoredReminder:
    status = status_of(change.closed) if change.closed else Status.SCHEDULED
    return _of(change.planned, row_id, status, change.closed, change.leave_at)


def _update(change: Change) -> StoredReminder:
    assert not isinstance(change, Add)
    if not isinstance(change, Close):
        moved = _of(change.planned, change.stored.id, Status.SCHEDULED, None, change.leave_at)
        return replace(moved, contact=change.stored.contact)
    closed = replace(change.stored, status=status_of(change.reason), reason=change.reason, next_attempt_at=None)
    if change.planned is None:
        return closed
    return replace(closed, due_at=change.planned.due_at, expires_at=change.planned.expires_at)


def _of(
    planned: PlannedReminder, row_id: int, status: Status, reason: Reason | None, leave_at: datetime
) -> StoredReminder:
    return StoredReminder(
        id=row_id,
        identity=planned.identity,
        treatment=planned.treatment,
        channel=planned.channel,
        status=status,
        reason=reason,
        due_at=planned.due_at,
        expires_at=planned.expires_at,
        target_on=planned.target_on,
        visit_at=planned.visit_at,
        next_attempt_at=leave_at if status is Status.SCHEDULED else None,
    )


def let_pass(rows: Rows, ends: Sequence[Status | None], now: datetime) -> Rows:
    """Some of what was due has left, or failed."""
    due = [row for row in rows.values() if row.next_attempt_at and row.next_attempt_at <= now]
    return rows | {row.identity: _end(row, end) for row, end in zip(due, cycle(ends), strict=False) if end}


def _end(row: StoredReminder, status: Status) -> StoredReminder:
    return replace(
        row, status=status, left_at=row.next_attempt_at, next_attempt_at=None, contact=ANA[Channel.SMS].address
    )


@settings(derandomize=True, deadline=None, max_examples=300)
@given(steps=STEPS, ends=ENDS)
def test_a_second_reconcile_changes_nothing(
    steps: list[tuple[PatientCase, datetime]], ends: list[Status | None]
) -> None:
    rows: Rows = {}
    for case, now in steps:
        rows = let_pass(rows, ends, now)
        rows = apply(rows, compare(case, rows, now).changes)

        assert compare(case, rows, now).changes == ()


@settings(derandomize=True, deadline=None, max_examples=300)
@given(before=CASES, after=CASES, moments=TWO_MOMENTS, ends=ENDS)
def test_what_is_to_leave_does_so_in_sending_hours_and_before_it_expires(
    before: PatientCase, after: PatientCase, moments: list[datetime], ends: list[Status | None]
) -> None:
    """C1, P5."""
    first, now = moments
    rows = let_pass(apply({}, compare(before, {}, first).changes), ends, now)
    hours = sending_hours_of(after, CLINIC)

    for decision in compare(after, rows, now).decisions:
        if decision.leave_at:
            assert hours.is_open(decision.leave_at)
            assert decision.leave_at >= now
            assert is_useful(decision.leave_at, decision.planned.expires_at)


@settings(derandomize=True, deadline=None, max_examples=300)
@given(before=CASES, after=CASES, moments=TWO_MOMENTS, ends=ENDS)
def test_no_change_touches_what_left_and_none_adds_what_is_there(
    before: PatientCase, after: PatientCase, moments: list[datetime], ends: list[Status | None]
) -> None:
    first, now = moments
    rows = let_pass(apply({}, compare(before, {}, first).changes), ends, now)
    changes = compare(after, rows, now).changes
    added = [change.planned.identity for change in changes if isinstance(change, Add)]

    assert not any(change.stored.has_left for change in changes if not isinstance(change, Add))
    assert len(set(added) - rows.keys()) == len(added)
