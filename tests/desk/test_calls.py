"""The call list: whom to call, why, and a button or a box to tick for each."""

from __future__ import annotations

import re

import pytest

from reminders.desk import today_pages
from reminders.store.engine import reading
from reminders.tables import AuditRow
from tests.clinic import ClinicDays
from tests.desk.browser import Browser
from tests.desk.test_recording import words
from tests.desk.test_today import add_task, press

FORMULA = '=HYPERLINK("http://evil.example")<script>alert(1)</script>'


def rows(page: str) -> list[str]:
    return re.findall(r"<tr>.*?</tr>", page.partition("<tbody>")[2], re.DOTALL)


def test_nobody_to_call_is_said(dora: Browser) -> None:
    assert "Nobody has to be called." in dora.get("/today/calls").text


def test_a_patient_stands_once_with_number_language_and_each_reason(clinic: ClinicDays, dora: Browser) -> None:
    clinic.add()
    clinic.edit(language="es")
    add_task(clinic, "undeliverable", "The first.")
    add_task(clinic, "tell-patient", "The second.")
    add_task(clinic, "overlap", "Not a call.")

    (row,) = rows(dora.get("/today/calls").text)

    assert words(row) == "Ana Diaz +16175550142 es The first. Called : Ana Diaz The second. Called : Ana Diaz"
    assert 'href="tel:+16175550142"' in row


def test_there_is_a_box_to_tick_and_room_for_a_note_on_paper(clinic: ClinicDays, dora: Browser) -> None:
    clinic.add()
    add_task(clinic, "tell-patient")

    page = dora.get("/today/calls").text

    assert page.count('class="today-box"') == 1
    assert '<th class="today-paper today-note" scope="col">Note</th>' in page


def test_the_button_of_a_call_leads_back_to_the_list(clinic: ClinicDays, dora: Browser) -> None:
    clinic.add()
    task_id = add_task(clinic, "tell-patient")

    answer = press(dora, task_id, back="/today/calls")

    assert answer.headers["location"] == f"/today/calls?settled={task_id}"
    page = dora.get(answer.headers["location"]).text
    assert "Done: Do it." in page
    assert rows(page) == []


def test_a_long_list_is_shown_by_patients_page_by_page(
    clinic: ClinicDays, dora: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No patient is torn apart: one call settles it all."""
    monkeypatch.setattr(today_pages, "CALLS", 2)
    for number in range(3):
        patient_id = clinic.add(f"Patient {number}", f"+1617555010{number}", f"{number}@example.org")
        for text in "ab":
            add_task(clinic, "tell-patient", f"{number}{text}", patient_id)

    pages = [dora.get(f"/today/calls?page={number}").text for number in (1, 2)]

    assert [re.findall(r"Patient \d(?=</a></th>)", page) for page in pages] == [
        ["Patient 0", "Patient 1"],
        ["Patient 2"],
    ]
    assert "1 to 2 of 3" in pages[0]
    assert "<title>(3) Call list" in pages[1]


def test_a_name_and_a_reason_that_are_more_than_words_are_words(clinic: ClinicDays, dora: Browser) -> None:
    """S9"""
    clinic.add(FORMULA)
    add_task(clinic, "tell-patient", FORMULA)

    for path in ("/today/calls", "/today"):
        page = dora.get(path).text
        assert "<script>alert" not in page
        assert FORMULA in words(page)


def test_that_somebody_looked_at_the_list_is_written_down(clinic: ClinicDays, dora: Browser) -> None:
    """S10"""
    dora.get("/today/calls")

    with reading(clinic.app.engine) as tx:
        assert tx.query(AuditRow).filter_by(action="view", subject="list").count() == 1
