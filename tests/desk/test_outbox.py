"""The outbox page: messages as they would have left, the newest by themselves."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from fastapi import FastAPI
from sqlalchemy import select

from reminders.desk import create_app
from reminders.store.engine import reading, writing
from reminders.tables import AttemptRow, AuditRow, MessageRow
from tests.accounts.staff import hire
from tests.clinic import NEEDLING, ClinicDays
from tests.desk.browser import Browser, signed_in
from tests.desk.conftest import KEY

HTMX = {"HX-Request": "true", "X-Unattended": "yes"}
TWILIO = {
    "REMINDERS_SMS__PROVIDER": "twilio",
    "REMINDERS_SMS__TWILIO__ACCOUNT_SID": "AC" + "0" * 32,
    "REMINDERS_SMS__TWILIO__AUTH_TOKEN": "secret",
    "REMINDERS_SMS__TWILIO__FROM_NUMBER": "+16175550199",
}

SMTP = {
    "REMINDERS_EMAIL__PROVIDER": "smtp",
    "REMINDERS_EMAIL__SMTP__HOST": "mail.example.org",
    "REMINDERS_EMAIL__SMTP__FROM_ADDRESS": "clinic@example.org",
}


def words(markup: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", markup)).split())


def keep(clinic: ClinicDays, count: int, body: str = "Text {}") -> None:
    """So many texts that the outbox keeps."""
    with writing(clinic.app.engine) as tx:
        for number in range(count):
            now = clinic.clock.now
            row = MessageRow(
                channel="sms", contact="+16175550142", body=body.format(number), segments=1, created_at=now
            )
            tx.add(row)
            tx.flush()
            values = {"provider": "outbox", "started_at": now, "send_before": now, "outcome": "accepted"}
            tx.add(AttemptRow(message_id=row.id, token=f"t{row.id}", provider_id=f"outbox-{row.id}", **values))


def test_a_message_is_shown_as_it_would_have_left(clinic: ClinicDays, web: FastAPI) -> None:
    clinic.record_on_time(NEEDLING, "2026-03-09 10:00")
    clinic.run_until("2026-03-10 10:00")
    (sent,) = clinic.sent()
    page = signed_in(web, "dora").get("/outbox").text

    assert "Nothing has left the house" in words(page)
    assert "2026-03-10 09:00, text message to Ana Diaz +16175550142; 2 segments; sunscreen 1" in words(page)
    assert sent.body in html.unescape(page)
    assert 'href="/patients/1"' in page


def test_an_email_has_its_subject(clinic: ClinicDays, web: FastAPI) -> None:
    clinic.record_on_time(NEEDLING, "2026-03-09 10:00", consent=("email",))
    clinic.run_until("2026-03-10 10:00")
    page = words(signed_in(web, "dora").get("/outbox").text)

    assert "email to Ana Diaz ana@example.org; sunscreen 1" in page
    with reading(clinic.app.engine) as tx:
        subject = tx.scalars(select(MessageRow.subject)).one()
    assert subject
    assert subject in page


def test_a_mail_to_the_staff_says_so(clinic: ClinicDays, dora: Browser) -> None:
    keep(clinic, 1)

    assert "text message to the staff" in words(dora.get("/outbox").text)


def test_an_empty_outbox_says_what_will_come(dora: Browser) -> None:
    assert "No message yet. The next one shows here by itself." in dora.get("/outbox").text


def test_old_messages_are_read_page_by_page(clinic: ClinicDays, dora: Browser) -> None:
    keep(clinic, 70)
    path, seen = "/outbox", []
    for _ in range(3):
        page = dora.get(path).text
        seen += re.findall(r"Text (\d+)", page)
        older = re.search(r'href="(/outbox\?before=\d+)"', page)
        path = older[1] if older else ""

    assert seen == [str(number) for number in reversed(range(70))]
    assert path == ""


def test_what_is_no_message_is_no_page(dora: Browser) -> None:
    for before in ("0", "x", "-1", "9" * 20):
        assert dora.get(f"/outbox?before={before}").status_code == 404


# ---- by itself ---------------------------------------------------------------------------------------------------


def list_asks(page: str) -> list[str]:
    return [html.unescape(path) for path in re.findall(r'hx-get="([^"]*)"', page)]


def test_a_new_message_shows_by_itself(clinic: ClinicDays, dora: Browser) -> None:
    keep(clinic, 1, "The first")
    (ask,) = list_asks(dora.get("/outbox").text)
    assert dora.get(ask, **HTMX).status_code == 204

    keep(clinic, 1, "The second")
    answer = dora.get(ask, **HTMX)
    assert (answer.status_code, "The second" in answer.text, "<html" in answer.text) == (200, True, False)
    (ask,) = list_asks(answer.text)
    assert dora.get(ask, **HTMX).status_code == 204


def test_an_older_page_stays_as_it_is(clinic: ClinicDays, dora: Browser) -> None:
    keep(clinic, 40)

    assert list_asks(dora.get("/outbox?before=20").text) == []


def test_a_page_that_asks_by_itself_keeps_nobody_signed_in(clinic: ClinicDays, dora: Browser) -> None:
    """S4: who has gone home with the outbox open is signed out when the idle time is over."""
    ended = []
    for _ in range(8):
        clinic.clock.now += timedelta(minutes=5)
        answer = dora.get("/outbox/newest", **HTMX)
        ended.append((answer.status_code, "You are signed out" in answer.text))

    assert ended[0] == (204, False)
    assert ended[-1] == (403, True)


def test_looking_for_hours_is_one_line_an_interval_and_nothing_where_nothing_came(
    clinic: ClinicDays, dora: Browser
) -> None:
    """S10"""
    dora.get("/outbox")
    for _ in range(5):
        dora.get("/outbox/newest", **HTMX)

    with reading(clinic.app.engine) as tx:
        looks = tx.scalars(select(AuditRow.subject).where(AuditRow.action == "view")).all()
    assert looks == ["list"]


# ---- while a channel uses it -------------------------------------------------------------------------------------


def test_there_is_no_outbox_where_no_channel_uses_it(new_database: Callable[[str], str]) -> None:
    with ClinicDays(new_database("sqlite"), {**TWILIO, **SMTP}) as clinic:
        hire(clinic.app.engine, clinic.clock.now)
        dora = signed_in(create_app(clinic.app, KEY), "dora")

        assert [dora.get(path).status_code for path in ("/outbox", "/outbox/newest")] == [404, 404]
        assert 'href="/outbox"' not in dora.get("/today").text


def test_one_channel_alone_is_said(new_database: Callable[[str], str]) -> None:
    with ClinicDays(new_database("sqlite"), TWILIO) as clinic:
        hire(clinic.app.engine, clinic.clock.now)
        page = signed_in(create_app(clinic.app, KEY), "dora").get("/outbox").text

        assert "No email has left the house" in page
        assert "Text messages are really sent" in page


@pytest.mark.parametrize("hostile", ["<script>alert(1)</script>", "\"'><img src=x onerror=alert(1)>", "{{ 7*7 }}"])
def test_a_text_is_text(clinic: ClinicDays, dora: Browser, hostile: str) -> None:
    """S9"""
    keep(clinic, 1)
    with writing(clinic.app.engine) as tx:
        row = tx.scalars(select(MessageRow)).one()
        row.body = row.subject = row.contact = hostile
    page = dora.get("/outbox").text

    assert "<script>alert" not in page
    assert "<img" not in page
    assert html.unescape(page).count(hostile) == 3
