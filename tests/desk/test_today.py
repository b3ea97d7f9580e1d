"""Today: what needs a human and the button that settles it, and what becomes of the day's messages."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import select

from reminders.desk import create_app, today_pages
from reminders.store.engine import reading, writing
from reminders.tables import AuditRow, TaskRow
from tests.accounts.staff import hire
from tests.clinic import LASER, NEEDLING, ClinicDays
from tests.desk.browser import Browser, signed_in
from tests.desk.conftest import KEY
from tests.desk.test_recording import words


def add_task(clinic: ClinicDays, rule: str, text: str = "Do it.", patient_id: int | None = 1, **over: Any) -> int:
    now = clinic.clock.now
    values = {"key": f"{rule} {text}", "due_at": now, "status": "open", "created_at": now, **over}
    with writing(clinic.app.engine) as tx:
        row = TaskRow(rule=rule, text=text, patient_id=patient_id, **values)
        tx.add(row)
        tx.flush()
        return row.id


def items(page: str) -> list[str]:
    """The tasks of the page, each with its markup."""
    found = re.search(r'<ol class="today-tasks".*?</ol>', page, re.DOTALL)
    return re.findall(r"<li>.*?</li>", found[0], re.DOTALL) if found else []


def section(page: str, name: str) -> str:
    found = re.search(rf'<section [^>]*aria-labelledby="{name}">.*?</section>', page, re.DOTALL)
    assert found is not None
    return found[0]


def press(browser: Browser, task_id: int, verb: str = "done", **fields: str) -> Any:
    return browser.submit(f"/tasks/{task_id}/{verb}", fields, page="/today")


def changes_of_tasks(clinic: ClinicDays) -> list[tuple[int | None, int | None, int | None]]:
    with reading(clinic.app.engine) as tx:
        rows = tx.scalars(select(AuditRow).where(AuditRow.subject == "task", AuditRow.action == "change"))
        return [(row.user_id, row.subject_id, row.patient_id) for row in rows]


# ---- what needs a human ------------------------------------------------------------------------------------------


def test_a_day_without_anything_says_so(dora: Browser) -> None:
    page = dora.get("/today").text

    assert "<title>Today - " in page
    assert "Nothing waits for you." in page
    assert "Nothing more goes out today." in page


def test_urgent_tasks_come_first_and_the_title_says_how_many_there_are(clinic: ClinicDays, dora: Browser) -> None:
    clinic.add()
    add_task(clinic, "overlap", "Check it.")
    add_task(clinic, "undeliverable", "Call the patient: <b>nothing</b> arrived.")

    page = dora.get("/today").text

    first, second = map(words, items(page))
    assert "<title>(2) Today - " in page
    assert first == "Ana Diaz +16175550142 urgent Call the patient: <b>nothing</b> arrived. Called : Ana Diaz"
    assert second == "Ana Diaz Check it. Asked the clinician : Ana Diaz"
    assert "<b>nothing" not in page


def test_a_course_to_decide_leads_the_clinician_to_the_decision(clinic: ClinicDays, web: FastAPI) -> None:
    clinic.record_on_time(NEEDLING, "2026-03-10 10:00", session=3)

    (seen_by_clinician,) = items(signed_in(web, "cora").get("/today").text)
    (seen_at_desk,) = items(signed_in(web, "dora").get("/today").text)

    assert f'href="/patients/1/decide/{NEEDLING}"' in seen_by_clinician
    assert "/decide/" not in seen_at_desk
    assert "A clinician decides it here." in seen_at_desk


def test_a_visit_without_a_procedure_is_recorded_moved_or_unbooked(clinic: ClinicDays, dora: Browser) -> None:
    clinic.at("2026-03-02 10:00").add()
    session_id = clinic.book(NEEDLING, "2026-03-10 10:00")
    clinic.at("2026-03-11 11:00")

    (item,) = items(signed_in(dora.client.app, "dora").get("/today").text)  # type: ignore[arg-type]

    assert re.findall(r'href="([^"]*)"', item) == [
        "/patients/1",
        "/record?patient=1",
        f"/patients/1/sessions/{session_id}/move",
        f"/patients/1/sessions/{session_id}/unbook",
    ]


def test_a_paused_channel_has_words_and_no_button(clinic: ClinicDays, dora: Browser) -> None:
    add_task(clinic, "channel-paused", "Check the account.", patient_id=None)

    (item,) = items(dora.get("/today").text)

    assert words(item) == "The clinic urgent Check the account. For an admin. It ends by itself."
    assert "<button" not in item


def test_many_tasks_are_shown_page_by_page(clinic: ClinicDays, dora: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(today_pages, "TASKS", 2)
    clinic.add()
    for number in range(5):
        add_task(clinic, "overlap", f"Number {number}.")

    pages = [dora.get(f"/today?page={number}").text for number in (1, 2, 3, 4)]

    assert [re.findall(r"Number \d", page) for page in pages] == [
        ["Number 0", "Number 1"],
        ["Number 2", "Number 3"],
        ["Number 4"],
        [],
    ]
    assert "3 to 4 of 5" in pages[1]
    assert 'href="/today?page=3"' in pages[1]
    assert "There are no more on this page." in pages[3]


# ---- the button --------------------------------------------------------------------------------------------------


def test_a_button_settles_its_task_and_the_page_says_so(clinic: ClinicDays, dora: Browser, staff: Any) -> None:
    """S10"""
    clinic.add()
    task_id = add_task(clinic, "tell-patient", "Call about <i>Monday</i>.")

    answer = press(dora, task_id)
    page = dora.get(answer.headers["location"]).text

    assert answer.status_code == 303
    assert items(page) == []
    assert "Done: Call about &lt;i&gt;Monday&lt;/i&gt;." in page
    assert changes_of_tasks(clinic) == [(staff.dora, task_id, 1)]


def test_a_button_pressed_twice_has_done_it_once(clinic: ClinicDays, dora: Browser) -> None:
    task_id = add_task(clinic, "overlap", patient_id=None)

    answers = [press(dora, task_id) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [303, 303]
    assert "Done: Do it." in dora.get(answers[1].headers["location"]).text
    assert len(changes_of_tasks(clinic)) == 1


def test_what_a_colleague_has_done_already_is_said_with_their_name(
    clinic: ClinicDays, dora: Browser, olive: Browser
) -> None:
    task_id = add_task(clinic, "overlap", patient_id=None)
    press(olive, task_id)
    clinic.clock.now += timedelta(minutes=5)

    page = dora.get(press(dora, task_id).headers["location"]).text

    assert "Olive has done this already, on 2026-03-02 10:00: Do it." in words(page)
    assert "Undo" not in page


def test_what_has_settled_itself_is_said(clinic: ClinicDays, dora: Browser) -> None:
    task_id = add_task(clinic, "overlap", patient_id=None, status="closed", closed_at=clinic.clock.now)

    assert "This has settled itself meanwhile: Do it." in dora.get(press(dora, task_id).headers["location"]).text
    assert changes_of_tasks(clinic) == []


def test_of_many_who_press_at_once_one_has_done_it(any_clinic: ClinicDays) -> None:
    """On a server, too, where they do not wait for each other by themselves."""
    hire(any_clinic.app.engine, any_clinic.clock.now)
    web = create_app(any_clinic.app, KEY)
    task_id = add_task(any_clinic, "overlap", patient_id=None)
    browsers = [signed_in(web, "dora") for _ in range(4)]
    token = {browser: browser.form_token("/today") for browser in browsers}

    with ThreadPoolExecutor(4) as pool:
        answers = list(
            pool.map(lambda each: each.send(f"/tasks/{task_id}/done", {"form_token": token[each]}), browsers)
        )

    assert [answer.status_code for answer in answers] == [303] * 4
    assert len(changes_of_tasks(any_clinic)) == 1


def test_a_button_pressed_by_mistake_is_taken_back(clinic: ClinicDays, dora: Browser) -> None:
    task_id = add_task(clinic, "overlap", patient_id=None)
    press(dora, task_id)

    for _ in range(2):
        assert press(dora, task_id, "reopen").headers["location"] == "/today"

    assert len(items(dora.get("/today").text)) == 1
    assert len(changes_of_tasks(clinic)) == 2


@pytest.mark.parametrize("back", ["https://evil.example", "//evil.example", "/today\r\nX-Injected: yes", "/users"])
def test_the_button_leads_back_to_its_own_page_alone(clinic: ClinicDays, dora: Browser, back: str) -> None:
    """S9"""
    task_id = add_task(clinic, "overlap", patient_id=None)

    assert press(dora, task_id, back=back).headers["location"] == f"/today?settled={task_id}"


@pytest.mark.parametrize("path", ["/today?settled=9999", "/today?settled=0", "/today?page=0", "/today?page=2147483647"])
def test_an_address_with_a_number_of_nothing_is_the_page(dora: Browser, path: str) -> None:
    assert dora.get(path).status_code in (200, 404)


# ---- what goes out and what went ---------------------------------------------------------------------------------


def test_the_day_says_what_goes_went_and_did_not_and_why(clinic: ClinicDays, web: FastAPI) -> None:
    clinic.record_on_time(LASER, "2026-03-10 17:30")
    clinic.run_until("2026-03-11 08:40").replan()

    page = signed_in(web, "dora").get("/today").text

    leaving, left, unsent = (words(section(page, name)) for name in ("leaving", "left", "unsent"))
    assert "09:00 Ana Diaz sunscreen 1 text message" in leaving
    assert "08:30 Ana Diaz icing 6 text message" in left
    assert "left out: it falls outside the sending hours" in unsent
    assert 'href="/patients/1"' in section(page, "unsent")


def test_a_list_that_is_cut_says_how_long_it_is(
    clinic: ClinicDays, web: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(today_pages, "LINES", 1)
    clinic.record_on_time(LASER, "2026-03-10 17:30")
    clinic.run_until("2026-03-11 08:40").replan()

    leaving = words(section(signed_in(web, "dora").get("/today").text, "leaving"))

    assert "Goes out today (3)" in leaving
    assert "1 of 3 are shown here." in leaving


def test_a_text_that_failed_offers_to_be_sent_again_and_one_left_out_does_not(clinic: ClinicDays, web: FastAPI) -> None:
    clinic.record_on_time(LASER, "2026-03-10 10:00")
    clinic.run_until("2026-03-10 12:00").replan()
    with writing(clinic.app.engine) as tx:
        tx.connection().exec_driver_sql("UPDATE reminders SET status = 'undelivered' WHERE message_id IS NOT NULL")

    unsent = section(signed_in(web, "dora").get("/today").text, "unsent")

    assert re.findall(r'href="(/patients/1/reminders/\d+/again)"', unsent) == ["/patients/1/reminders/1/again"]
    assert "did not arrive" in unsent
