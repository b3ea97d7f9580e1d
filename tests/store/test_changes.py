"""Guarded changes: a row is changed only where it still stands as it was read."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Engine, select

from reminders.model import (
    AnchorKind,
    Channel,
    Identity,
    PlannedReminder,
    Reason,
    Status,
    StoredReminder,
    TaskRule,
)
from reminders.reconciling import Change, Close, Move, Revive
from reminders.store.cases import load_stored_reminders
from reminders.store.changes import apply_changes, close_tasks, raise_task
from reminders.store.engine import reading, writing
from reminders.tables import TaskRow
from tests.store.rows import NOW, fill, read_row, status_of

AFTERWARDS = NOW + timedelta(hours=3)
PLANNED = PlannedReminder(
    identity=Identity(AnchorKind.PROCEDURE, 1, "icing", 1),
    treatment="fractional-laser",
    due_at=AFTERWARDS,
    expires_at=AFTERWARDS + timedelta(hours=1),
    channel=Channel.EMAIL,
)


def read_stored(engine: Engine, status: Status) -> StoredReminder:
    """The only reminder, as somebody read it while it still had this status."""
    with reading(engine) as tx:
        (stored,) = load_stored_reminders(tx, 1)
    return replace(stored, status=status)


def apply(engine: Engine, change: Change) -> None:
    with writing(engine) as tx:
        apply_changes(tx, 1, [change], NOW)


@pytest.mark.parametrize("gone", ["sending", "in_doubt", "accepted", "sent", "delivered", "undelivered"])
def test_no_change_touches_a_row_that_has_left_meanwhile(engine: Engine, gone: str) -> None:
    (row_id,) = fill(engine, status=gone)
    pending, closed = read_stored(engine, Status.SCHEDULED), read_stored(engine, Status.EXPIRED)

    apply(engine, Move(stored=pending, planned=PLANNED, leave_at=AFTERWARDS))
    apply(engine, Close(stored=pending, reason=Reason.PROCEDURE_CANCELLED, planned=PLANNED))
    apply(engine, Revive(stored=closed, planned=PLANNED, leave_at=AFTERWARDS))

    with reading(engine) as tx:
        row = read_row(tx, row_id)
    assert (row.status, row.reason, row.channel, row.due_at) == (gone, None, "sms", NOW)


def test_a_change_voids_the_claim_of_a_worker(engine: Engine) -> None:
    """R25"""
    (row_id,) = fill(engine, status="claimed", claimed_by="w1", lease_until=AFTERWARDS)

    apply(engine, Move(stored=read_stored(engine, Status.CLAIMED), planned=PLANNED, leave_at=AFTERWARDS))

    with reading(engine) as tx:
        row = read_row(tx, row_id)
    assert (row.status, row.claimed_by, row.next_attempt_at, row.channel) == ("scheduled", None, AFTERWARDS, "email")


def test_a_row_that_closed_meanwhile_is_not_moved(engine: Engine) -> None:
    (row_id,) = fill(engine, status="cancelled")

    apply(engine, Move(stored=read_stored(engine, Status.SCHEDULED), planned=PLANNED, leave_at=AFTERWARDS))

    assert status_of(engine, row_id) == "cancelled"


def test_a_closed_row_comes_back_as_scheduled(engine: Engine) -> None:
    (row_id,) = fill(engine, status="expired", reason="entered_late")

    apply(engine, Revive(stored=read_stored(engine, Status.EXPIRED), planned=PLANNED, leave_at=AFTERWARDS))

    with reading(engine) as tx:
        row = read_row(tx, row_id)
    assert (row.status, row.reason, row.due_at) == ("scheduled", None, AFTERWARDS)


def test_a_resend_keeps_its_flag_wherever_it_moves(engine: Engine) -> None:
    (row_id,) = fill(engine, resends=1, reason="resent_after_unknown")

    apply(engine, Move(stored=read_stored(engine, Status.SCHEDULED), planned=PLANNED, leave_at=AFTERWARDS))

    with reading(engine) as tx:
        assert read_row(tx, row_id).reason == "resent_after_unknown"


@pytest.mark.parametrize(("channel", "attempts"), [("sms", 0), ("email", 7)])
def test_a_reminder_that_changes_its_channel_starts_its_tries_afresh(
    engine: Engine, channel: str, attempts: int
) -> None:
    (row_id,) = fill(engine, channel=channel, attempts=7)

    apply(engine, Move(stored=read_stored(engine, Status.SCHEDULED), planned=PLANNED, leave_at=AFTERWARDS))

    with reading(engine) as tx:
        assert read_row(tx, row_id).attempts == attempts


def test_a_task_is_raised_once_per_key_and_stays_done(engine: Engine) -> None:
    for _ in range(2):
        with writing(engine) as tx:
            raise_task(tx, TaskRule.UNDELIVERABLE, "reminder:1", "Call the patient.", NOW)
            tx.scalars(select(TaskRow)).one().status = "done"

    with reading(engine) as tx:
        assert [row.status for row in tx.scalars(select(TaskRow))] == ["done"]


def test_tasks_close_by_the_beginning_of_their_key(engine: Engine) -> None:
    with writing(engine) as tx:
        raise_task(tx, TaskRule.CHANNEL_PAUSED, "sms:1", "Check the account.", NOW)
        raise_task(tx, TaskRule.CHANNEL_PAUSED, "email:1", "Check the account.", NOW)
        close_tasks(tx, TaskRule.CHANNEL_PAUSED, "sms:", NOW)

    with reading(engine) as tx:
        assert {row.key: row.status for row in tx.scalars(select(TaskRow))} == {"sms:1": "closed", "email:1": "open"}
