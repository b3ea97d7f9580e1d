"""Acceptance 8 of the front desk: each page takes as many statements whatever there is, and each has its index."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select

from reminders.casework.exports import export_patient
from reminders.casework.patients import find_patients
from reminders.desk import create_app
from reminders.overview import (
    RecallFilter,
    RecallSort,
    count_calls,
    list_calls,
    list_open_tasks,
    read_banner,
    read_consent,
    read_delivery,
    read_outbox,
    read_patient,
    read_recall,
    read_service,
    read_today,
)
from reminders.rule_verdicts import read_verdict
from reminders.store.engine import Transaction, reading
from reminders.tables import PatientRow
from tests.accounts.staff import hire
from tests.casework.pages import DeskClinic
from tests.clinic import NEEDLING
from tests.desk.browser import Browser, signed_in
from tests.desk.conftest import KEY
from tests.queries import count_statements, explain, listening

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
    "recall": (_recall(RecallFilter()), 5),
    "recall by name": (_recall(RecallFilter(sort=RecallSort.NAME, text="mar")), 5),
    "a late page of recall": (_recall(RecallFilter(offset=20)), 5),
    "recall by name, narrowed": (
        _recall(RecallFilter(sort=RecallSort.NAME, is_descending=True, treatment=NEEDLING, is_booked=False)),
        5,
    ),
    "recall by visit": (_recall(RecallFilter(sort=RecallSort.VISIT, is_booked=True)), 5),
    "delivery": (lambda tx, desk: read_delivery(tx, desk.config.clinic, desk.clock.now), 2),
    "outbox": (lambda tx, desk: read_outbox(tx), 2),
    "an old page of the outbox": (lambda tx, desk: read_outbox(tx, before_id=40), 2),
    "patient": (_patient, 40),
    "consent": (lambda tx, desk: read_consent(tx, 1), 8),
    "service": (lambda tx, desk: read_service(tx, desk.clock.now), 7),
    "rule verdict": (lambda tx, desk: read_verdict(tx), 1),
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


@pytest.mark.parametrize("sort", [RecallSort.DUE, RecallSort.NAME])
def test_what_comes_before_a_late_page_is_left_out_within_indexes(crowds: Crowds, sort: RecallSort) -> None:
    """Looking up each patient in front of it, the last page took 34 times as long as the first of a few."""
    _, desk = crowds
    if desk.app.engine.dialect.name != "sqlite":
        pytest.skip("PostgreSQL chooses by size")
    ids, *_, counted = explain(desk.app.engine, lambda tx: _recall(RecallFilter(sort=sort, offset=500))(tx, desk))
    looked_up = [line for line in (ids + "\n" + counted).splitlines() if line.startswith(("SCAN", "SEARCH"))]

    assert looked_up
    assert [line for line in looked_up if "COVERING INDEX" not in line] == []


def test_the_outcomes_of_a_month_are_counted_without_looking_a_row_up(crowds: Crowds) -> None:
    """Rows of one day lie all over the table: looked up, they were most of the page's time."""
    _, desk = crowds
    if desk.app.engine.dialect.name != "sqlite":
        pytest.skip("PostgreSQL chooses by what it has vacuumed")
    read, _ = PAGES["delivery"]
    reminders, _ = explain(desk.app.engine, lambda tx: read(tx, desk))

    assert "USING COVERING INDEX ix_reminders_outcomes" in reminders


OVER_HTTP = {
    "/today": 35,
    "/record": 5,
    "/recall": 11,
    "/recall?sort=name&booked=no": 11,
    "/outbox": 8,
    "/outbox/newest": 10,
    "/delivery": 7,
}
"""Of the whole answer: who it is, the banner, what they see, and that they saw it."""


@pytest.fixture(scope="module")
def doras(crowds: Crowds) -> tuple[Browser, Browser]:
    """Somebody at each desk, who has looked at everything just now."""
    few, many = (_open_browser(desk) for desk in crowds)
    return few, many


def _open_browser(desk: DeskClinic) -> Browser:
    hire(desk.app.engine, desk.clock.now)
    browser = signed_in(create_app(desk.app, KEY), "dora")
    for path in OVER_HTTP:
        assert browser.get(path).status_code == 200, path
    return browser


@pytest.mark.parametrize("path", OVER_HTTP)
def test_a_whole_answer_takes_as_many_statements_whatever_there_is(
    crowds: Crowds, doras: tuple[Browser, Browser], path: str
) -> None:
    counts = []
    for desk, dora in zip(crowds, doras, strict=True):
        with listening(desk.app.engine) as asked:
            assert dora.get(path).status_code == 200
        counts.append(len(asked))

    assert counts[0] == counts[1]
    assert 0 < counts[1] <= OVER_HTTP[path]


@pytest.mark.parametrize(
    "page", ["today", "delivery", "outbox", "patient", "consent", "recall", "tasks", "calls", "banner"]
)
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
