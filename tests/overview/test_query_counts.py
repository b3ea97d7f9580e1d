"""Acceptance 8 of the front desk: each page takes as many statements whatever there is, and each has its index."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select

from reminders.casework.exports import export_patient
from reminders.casework.patients import find_patients
from reminders.overview import (
    RecallFilter,
    RecallSort,
    count_calls,
    list_calls,
    list_open_tasks,
    read_banner,
    read_delivery,
    read_outbox,
    read_patient,
    read_recall,
    read_service,
    read_today,
)
from reminders.store.engine import Transaction, reading
from reminders.tables import PatientRow
from tests.casework.pages import DeskClinic
from tests.queries import count_statements, explain

Crowds = tuple[DeskClinic, DeskClinic]
Read = Callable[[Transaction, DeskClinic], object]


def _patient(tx: Transaction, desk: DeskClinic) -> object:
    # One with the same story in each: the dozen come first.
    return read_patient(tx, desk.config.clinic, desk.app.templates, 1, desk.clock.now)


def _recall(wanted: RecallFilter) -> Read:
    return lambda tx, desk: read_recall(tx, desk.config.clinic, wanted, desk.clock.now)


PAGES: dict[str, tuple[Read, int]] = {
    "today": (lambda tx, desk: read_today(tx, desk.config.clinic, desk.clock.now), 15),
    "tasks": (lambda tx, desk: list_open_tasks(tx, desk.clock.now), 1),
    "calls": (lambda tx, desk: list_calls(tx, desk.clock.now), 1),
    "count of calls": (lambda tx, desk: count_calls(tx, desk.clock.now), 1),
    "banner": (lambda tx, desk: read_banner(tx, desk.clock.now), 3),
    "recall": (_recall(RecallFilter()), 4),
    "recall by name": (_recall(RecallFilter(sort=RecallSort.NAME, text="mar")), 4),
    "recall by visit": (_recall(RecallFilter(sort=RecallSort.VISIT, is_booked=True)), 4),
    "delivery": (lambda tx, desk: read_delivery(tx, desk.config.clinic, desk.clock.now), 2),
    "outbox": (lambda tx, desk: read_outbox(tx), 2),
    "patient": (_patient, 40),
    "service": (lambda tx, desk: read_service(tx, desk.clock.now), 7),
    "find by name": (lambda tx, desk: find_patients(tx, desk.config.clinic, "mar", 10), 1),
    "find by number": (lambda tx, desk: find_patients(tx, desk.config.clinic, "(617) 555", 10), 1),
    "export": (lambda tx, desk: export_patient(tx, 1), 17),
}


@pytest.mark.parametrize("page", PAGES)
def test_a_page_takes_as_many_statements_whatever_there_is(crowds: Crowds, page: str) -> None:
    read, most = PAGES[page]
    few, many = (count_statements(desk.app.engine, lambda tx, desk=desk: read(tx, desk)) for desk in crowds)  # type: ignore[misc]

    assert few == many
    assert many <= most


def test_a_patient_with_more_behind_them_takes_no_more_statements(crowds: Crowds) -> None:
    _, desk = crowds
    with reading(desk.app.engine) as tx:
        ids = list(tx.scalars(select(PatientRow.id).where(PatientRow.id > 12).limit(30)))

    def read(patient_id: int) -> Callable[[Transaction], object]:
        return lambda tx: read_patient(tx, desk.config.clinic, desk.app.templates, patient_id, desk.clock.now)

    assert max(count_statements(desk.app.engine, read(each)) for each in ids) <= 40


LARGE = ("reminders", "written_messages", "messages", "attempts", "tasks", "procedures", "consents", "recalls")


@pytest.mark.parametrize("page", PAGES)
def test_no_page_looks_through_a_large_table(crowds: Crowds, page: str) -> None:
    """`SCAN` without an index is SQLite's word for it."""
    _, desk = crowds
    if desk.app.engine.dialect.name != "sqlite":
        pytest.skip("PostgreSQL chooses by size: see the next test")
    read, _ = PAGES[page]
    scans = [
        line.strip()
        for plan in explain(desk.app.engine, lambda tx: read(tx, desk))
        for line in plan.splitlines()
        if line.strip().startswith(tuple(f"SCAN {table}" for table in LARGE)) and "USING" not in line
    ]

    assert scans == []


@pytest.mark.parametrize("page", ["today", "delivery", "outbox", "patient", "recall", "tasks", "calls", "banner"])
def test_postgresql_has_an_index_for_each_statement(crowds: Crowds, page: str) -> None:
    """A small table is read as a whole whatever indexes it has; forbidden to, the server shows which there are."""
    _, desk = crowds
    if desk.app.engine.dialect.name != "postgresql":
        pytest.skip("of PostgreSQL")
    read, _ = PAGES[page]

    plans = explain(desk.app.engine, lambda tx: read(tx, desk), before="SET enable_seqscan = off")

    scans = [
        line for plan in plans for line in plan.splitlines() if any(f"Seq Scan on {table}" in line for table in LARGE)
    ]
    assert scans == []
