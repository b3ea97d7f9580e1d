"""The invented clinic: it shows what the pages are for, its rows are those of the planner, nobody real is in it."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import func, select

from reminders.model import Reason, Refusal, Status
from reminders.replanning import count_changes, replan_patient
from reminders.seeding import seed_demo
from reminders.store.engine import reading, writing
from reminders.tables import PatientRow, ReminderRow, TaskRow
from tests.casework.pages import DeskClinic

MOMENTS = ["2026-11-23 15:00", "2026-11-23 00:30", "2026-03-08 12:00", "2026-11-01 23:30"]


def count(desk: DeskClinic, *conditions: object) -> int:
    with reading(desk.app.engine) as tx:
        return tx.scalar(select(func.count()).select_from(ReminderRow).where(*conditions)) or 0  # type: ignore[arg-type]


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_dozen_patients_with_something_sent_and_something_to_come(desk: DeskClinic, moment: str) -> None:
    seeded = seed_demo(desk.app.engine, desk.config, desk.at(moment).clock.now)

    assert seeded == 12
    assert count(desk, ReminderRow.status == Status.SENT) > 50
    assert count(desk, ReminderRow.status == Status.SCHEDULED) > 10
    assert count(desk, ReminderRow.reason == Reason.PAUSED) > 0


def test_each_patient_is_as_the_planner_would_have_it(desk: DeskClinic) -> None:
    seed_demo(desk.app.engine, desk.config, desk.at(MOMENTS[0]).clock.now, patients=60)
    with writing(desk.app.engine) as tx:
        ids = list(tx.scalars(select(PatientRow.id)))
        changes = [count_changes(replan_patient(tx, desk.config.clinic, each, desk.clock.now)) for each in ids]

    assert (len(ids), sum(changes)) == (60, 0)


def test_what_is_to_come_leaves(desk: DeskClinic) -> None:
    seed_demo(desk.app.engine, desk.config, desk.at(MOMENTS[0]).clock.now, patients=20)
    before = count(desk, ReminderRow.status == Status.SENT)
    desk.run_until("2026-11-24 12:00")

    assert count(desk, ReminderRow.status == Status.SENT) > before


def test_new_patients_get_numbers_of_their_own(desk: DeskClinic) -> None:
    """PostgreSQL counts beside the table."""
    seed_demo(desk.app.engine, desk.config, desk.at(MOMENTS[0]).clock.now, patients=15)

    assert desk.add("Ana Diaz", "+16175550199", "ana@example.net") == 16


def test_all_numbers_are_those_kept_for_stories(desk: DeskClinic) -> None:
    seed_demo(desk.app.engine, desk.config, desk.at(MOMENTS[0]).clock.now, patients=200)
    with reading(desk.app.engine) as tx:
        rows = tx.execute(select(PatientRow.phone, PatientRow.email)).all()

    assert all(phone and re.fullmatch(r"\+1\d{3}55501\d\d", phone) for phone, _ in rows)
    assert all(email and email.endswith("@example.org") for _, email in rows)
    assert len(set(rows)) == 200


def test_a_database_with_patients_is_left_alone(desk: DeskClinic) -> None:
    desk.add()

    with pytest.raises(Refusal, match="has patients already"):
        seed_demo(desk.app.engine, desk.config, desk.clock.now)


def test_progress_is_told(desk: DeskClinic) -> None:
    told: list[tuple[int, int]] = []
    seed_demo(
        desk.app.engine,
        desk.config,
        desk.at(MOMENTS[0]).clock.now,
        patients=30,
        progress=lambda done, total: told.append((done, total)),
    )

    assert told == [(12, 30), (30, 30)]


def test_there_is_something_for_a_human(desk: DeskClinic) -> None:
    seed_demo(desk.app.engine, desk.config, desk.at(MOMENTS[0]).clock.now)
    with reading(desk.app.engine) as tx:
        open_now = select(TaskRow.rule).where(TaskRow.status == "open", TaskRow.due_at <= desk.clock.now)
        assert set(tx.scalars(open_now)) == {"decide-course", "session-outcome"}
