"""The patient's page: finding one, all that is known of one, and that as data."""

from __future__ import annotations

import html
import json
import re

import pytest
from fastapi import FastAPI
from sqlalchemy import select

from reminders.casework.messages import MessageEntry, write_message
from reminders.casework.pauses import pause_patient
from reminders.desk import create_app
from reminders.desk.patient_pages import MOST_MATCHES
from reminders.desk.plan_words import REASONS, STATUSES
from reminders.desk.timeline import KINDS, VISITS, may_send_again
from reminders.model import Channel, Reason, SessionState, Status
from reminders.overview import PatientPage, read_patient
from reminders.overview.patient import EntryKind
from reminders.store.engine import reading, writing
from reminders.tables import AuditRow, ReminderRow
from tests.clinic import LASER, NEEDLING, ClinicDays
from tests.desk.browser import Browser, signed_in
from tests.desk.conftest import KEY
from tests.desk.test_recording import HTMX, words

HOSTILE = ["<script>alert(1)</script>", "\"'><img src=x onerror=alert(1)>", "{{ 7*7 }}"]


def find(browser: Browser, typed: str, **headers: str) -> str:
    answer = browser.send("/patients", {"find": typed, "form_token": browser.form_token("/patients")}, **headers)
    return str(answer.text)


def page_of(web: FastAPI, who: str = "dora") -> str:
    """Ana's page, for somebody who signs in now: days may have passed."""
    answer = signed_in(web, who).get("/patients/1")
    assert answer.status_code == 200
    return str(answer.text)


def said(page: str) -> str:
    """What it says, without its markup."""
    return re.sub(r" ([,:;.])", r"\1", words(page))


def known_of(clinic: ClinicDays) -> PatientPage:
    with reading(clinic.app.engine) as tx:
        page = read_patient(tx, clinic.config.clinic, clinic.app.templates, 1, clinic.clock.now)
    assert page is not None
    return page


def looks(clinic: ClinicDays) -> list[tuple[str, str | None, int | None]]:
    """What the audit log has of Dora, beside her signing in."""
    with reading(clinic.app.engine) as tx:
        rows = tx.scalars(select(AuditRow).where(AuditRow.user_id == 3).order_by(AuditRow.id))
        return [(row.action, row.subject, row.patient_id) for row in rows if row.subject not in (None, "user")]


# ---- finding -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("typed", ["ana", "DIAZ", "5550142", "ana@exa"])
@pytest.mark.parametrize("headers", [{}, HTMX])
def test_a_patient_is_found_and_their_page_is_linked(
    clinic: ClinicDays, dora: Browser, typed: str, headers: dict[str, str]
) -> None:
    clinic.add()
    clinic.add("Bo Chen", "+16175550143", "bo@example.org")

    page = find(dora, typed, **headers)

    assert re.findall(r'href="(/patients/\d+)"', page) == ["/patients/1"]
    assert ("<html" in page) is not bool(headers)


@pytest.mark.parametrize("typed", ["", "a", "-- a --", "!?"])
def test_fewer_than_two_letters_find_nobody(clinic: ClinicDays, dora: Browser, typed: str) -> None:
    clinic.add()

    page = find(dora, typed)

    assert 'href="/patients/1"' not in page
    assert looks(clinic) == []


def test_a_long_list_ends_and_says_so(clinic: ClinicDays, dora: Browser) -> None:
    for number in range(MOST_MATCHES + 1):
        clinic.add(f"Ana {number}", f"+161755501{number:02}", f"ana{number}@example.org")

    page = find(dora, "ana")

    assert page.count('href="/patients/') == MOST_MATCHES
    assert "There are more: type more of the name." in page


def test_nobody_is_found_in_plain_words(dora: Browser) -> None:
    assert "Nobody found." in find(dora, "zz")


def test_who_looked_at_a_list_and_at_a_patient_is_in_the_audit_log(clinic: ClinicDays, dora: Browser) -> None:
    """S10"""
    clinic.add()
    find(dora, "ana")
    dora.get("/patients/1")

    assert looks(clinic) == [("view", "list", None), ("view", "patient", 1)]


def test_the_pages_of_record_lead_to_the_patient(clinic: ClinicDays, web: FastAPI) -> None:
    clinic.record_on_time(LASER, "2026-03-10 10:00")
    dora = signed_in(web, "dora")

    for path in ("/record?patient=1", "/record/1"):
        assert 'href="/patients/1"' in dora.get(path).text


# ---- one ---------------------------------------------------------------------------------------------------------


def test_the_page_says_who_it_is_and_what_they_agreed_to(clinic: ClinicDays, web: FastAPI) -> None:
    clinic.record_on_time(LASER, "2026-03-10 10:00", time_zone="America/Los_Angeles", consent=("sms",))
    clinic.edit(language="es", attributes={"skin": "fair"})

    page = said(page_of(web))

    assert "Ana Diaz number 1" in page
    assert "Phone +16175550142 Texts may leave" in page
    assert "Email ana@example.org Nothing leaves here: the patient has not agreed to it" in page
    assert "Language es Time zone America/Los_Angeles skin fair" in page
    assert "Text message: on 2026-03-10 10:00, at the desk, noted by desk" in page


def test_the_page_says_how_far_the_course_is(clinic: ClinicDays, web: FastAPI) -> None:
    clinic.record_on_time(NEEDLING, "2026-03-10 10:00")
    clinic.book(NEEDLING, "2026-04-24 14:00")
    assert "Session 1 of usually 3 to 4; the number is not decided Last on Tue 10 Mar 2026" in said(page_of(web))
    clinic.decide(NEEDLING, 4)

    page = said(page_of(web))

    assert "Session 1 of 4 Last on Tue 10 Mar 2026 The next may be on Tue 21 Apr 2026" in page
    assert "Booked for Fri 24 Apr 2026, 14:00" in page


def test_a_pause_is_said_first_with_its_reason_and_end(clinic: ClinicDays, web: FastAPI) -> None:
    clinic.record_on_time(LASER, "2026-03-10 10:00")
    pause(clinic, "in hospital", "2026-04-01")

    page = said(page_of(web))

    assert page.index("The reminders are paused. in hospital.") < page.index("Contact and consent")
    assert "until Wed 1 Apr 2026, 00:00." in page
    assert "Resume the reminders" in page
    assert "Write a message" not in page


def pause(clinic: ClinicDays, reason: str, until: str | None = None) -> None:
    clinic.change(lambda tx: pause_patient(tx, clinic.config.clinic, 1, reason, until, clinic.clock.now))


def test_open_tasks_are_there_with_what_to_do(clinic: ClinicDays, web: FastAPI) -> None:
    clinic.record_on_time(NEEDLING, "2026-03-10 10:00", session=3)

    at_the_desk, to_a_clinician = (said(page_of(web, who)) for who in ("dora", "cora"))

    assert "To do Ask the clinician how many sessions" in at_the_desk
    assert "Decide" not in at_the_desk
    assert "Decide" in to_a_clinician


def test_each_reminder_stands_there_as_the_read_model_has_it(clinic: ClinicDays, web: FastAPI) -> None:
    """Sent, waiting, left out in quiet hours, withheld for a booked visit: each with its moment and its reason."""
    clinic.record_on_time(LASER, "2026-03-10 17:30")
    clinic.book(LASER, "2026-04-14 10:00")
    clinic.run_until("2026-03-11 12:00").replan()

    known, page = known_of(clinic), said(page_of(web))

    lines = [entry.line for entry in known.timeline if entry.line is not None]
    assert {line.status for line in lines} >= {Status.SCHEDULED, Status.SENT, Status.SKIPPED, Status.WITHHELD}
    for line in lines:
        label = f"{line.rule.replace('-', ' ')} {line.identity.occurrence}"
        state = STATUSES[line.status] + (f", {REASONS[line.reason]}" if line.reason else "")
        assert re.search(rf"Reminder [^:]*{label}[^:]*: {re.escape(state)}", page), label


def test_a_reminder_in_doubt_says_so(clinic: ClinicDays, web: FastAPI) -> None:
    clinic.record_on_time(LASER, "2026-03-10 10:00")
    clinic.run_until("2026-03-10 10:10")
    with writing(clinic.app.engine) as tx:
        row = tx.get_one(ReminderRow, 1)
        row.status, row.reason = Status.IN_DOUBT, Reason.UNCLEAR

    page = page_of(web)

    assert "icing 1, text message: unclear whether it left, whether it arrived is unclear" in said(page)
    assert "picture-trouble" in page


def test_what_is_to_leave_shows_its_words_and_what_has_left_too(clinic: ClinicDays, web: FastAPI) -> None:
    clinic.record_on_time(LASER, "2026-03-10 10:00")
    clinic.run_until("2026-03-11 12:00")

    page = said(page_of(web))

    texts = [entry.line.text for entry in known_of(clinic).timeline if entry.line and entry.line.text]
    assert len(texts) > 8
    assert [text for text in texts if " ".join(text.split()) not in page] == []
    for message in clinic.sent():
        assert " ".join(message.body.split()) in page.partition("Messages as sent")[2]


def test_a_message_shows_where_it_went_and_each_try(clinic: ClinicDays, web: FastAPI) -> None:
    clinic.record_on_time(NEEDLING, "2026-03-10 10:00")
    clinic.run_until("2026-03-11 10:00")

    page = said(page_of(web)).partition("Messages as sent")[2]

    assert "2026-03-11 09:00 text message to +16175550142: sunscreen 1, 2 segments" in page
    assert "Handed to outbox on 2026-03-11 09:00: taken" in page


def test_what_was_written_by_hand_stands_there_with_who_wrote_it(clinic: ClinicDays, web: FastAPI) -> None:
    clinic.record_on_time(NEEDLING, "2026-03-10 10:00")
    entry = MessageEntry(patient_id=1, channel=Channel.SMS, body="See you soon.")
    with writing(clinic.app.engine, by="Robin") as tx:
        write_message(tx, clinic.config.clinic, clinic.app.templates, entry, clinic.clock.now)

    page = said(page_of(web))

    assert "By hand written by hand: waits" in page
    assert "text message, by Robin: waits See you soon." in page
    assert "Robin wrote a message by sms" in page.partition("Who changed what")[2]


def test_what_was_noted_and_set_stands_there(clinic: ClinicDays, staff: object) -> None:
    name = 'name = "Skin needling"'
    clinic.edit_config(name, name + '\nevents = ["healed"]\nquestions = { pain = ["yes", "no"] }')
    clinic.record_on_time(NEEDLING, "2026-03-10 10:00")
    clinic.at("2026-03-12 10:00").happen(1, "healed")
    clinic.answer(1, "pain", "no")
    clinic.override(1, "sunscreen", "from = { days = 2 }")

    page = page_of(create_app(clinic.app, KEY))

    assert "healed, 2026-03-12 10:00 (Skin needling, 2026-03-10)" in said(page)
    assert "pain: no" in said(page)
    assert "Dr. Lee has set figures on 2026-03-12 10:00: sunscreen, from" in said(page)
    assert "/procedures/1/event" in page
    assert "/procedures/1/answer" in page


# ---- what can be done --------------------------------------------------------------------------------------------


def list_links(page: str) -> set[str]:
    return {link.removeprefix("/patients/1/") for link in re.findall(r'href="(/patients/1/[^"]*)"', page)}


def test_only_what_makes_sense_is_offered(clinic: ClinicDays, web: FastAPI) -> None:
    clinic.record_on_time(LASER, "2026-03-10 10:00")
    clinic.record(NEEDLING, "2026-03-10 09:00")
    session = clinic.book(LASER, "2026-04-14 10:00")
    clinic.cancel(2)

    at_the_desk = list_links(page_of(web))

    assert {f"sessions/{session}/move", f"sessions/{session}/unbook", "procedures/1/correct"} <= at_the_desk
    assert {"book", "write", "pause", "details", "consent", "procedures/1/cancel"} <= at_the_desk
    assert not any(link.startswith(("procedures/2", "decide", "resume")) for link in at_the_desk)
    assert "procedures/1/figures" not in at_the_desk
    assert list_links(page_of(web, "cora")) - at_the_desk == {
        "procedures/1/figures",
        f"decide/{LASER}",
    }


def test_only_what_has_left_and_is_still_of_use_can_be_sent_again(clinic: ClinicDays, web: FastAPI) -> None:
    clinic.record_on_time(LASER, "2026-03-10 10:00")
    clinic.run_until("2026-03-12 12:00")

    offered = {int(link.split("/")[1]) for link in list_links(page_of(web)) if link.endswith("/again")}

    known = {entry.line.reminder_id: entry.line for entry in known_of(clinic).timeline if entry.line}
    assert {(known[number].rule, known[number].status) for number in offered} == {
        ("swelling", "sent"),
        ("sunscreen", "sent"),
    }
    assert not any(may_send_again(entry, clinic.clock.now) for entry in known_of(clinic).timeline if not entry.line)


def test_every_kind_and_state_has_its_words() -> None:
    assert set(KINDS) == set(EntryKind)
    assert set(VISITS) == set(SessionState)


# ---- hostile, missing, as data -----------------------------------------------------------------------------------


@pytest.mark.parametrize("hostile", HOSTILE)
def test_what_was_typed_is_text_wherever_it_is_shown(clinic: ClinicDays, web: FastAPI, hostile: str) -> None:
    """S9: names, attributes, reasons, messages."""
    clinic.record_on_time(LASER, "2026-03-10 10:00", name=hostile)
    clinic.edit(attributes={hostile: hostile})
    clinic.record(NEEDLING, "2026-03-10 09:00", name=hostile)
    clinic.cancel(2, hostile)
    entry = MessageEntry(patient_id=1, channel=Channel.SMS, body=hostile)
    clinic.change(lambda tx: write_message(tx, clinic.config.clinic, clinic.app.templates, entry, clinic.clock.now))
    pause(clinic, hostile)
    dora = signed_in(web, "dora")
    pages = [page_of(web), find(dora, "55501"), dora.get("/patients/1/details").text]
    pages.append(dora.get("/patients/1/consent").text)

    for page in pages:
        assert "<script>alert" not in page
        assert "<img" not in page
        assert hostile in html.unescape(page)


def test_no_style_and_no_script_stands_in_the_page(clinic: ClinicDays, web: FastAPI) -> None:
    """S11: nor two parts with one id."""
    clinic.record_on_time(LASER, "2026-03-10 10:00")
    page = page_of(web)

    assert re.findall(r"<style|\sstyle=|\son\w+=|<script(?! src)", page) == []
    ids = re.findall(r' id="([^"]*)"', page)
    assert sorted(ids) == sorted(set(ids))


def test_the_data_come_as_a_file_that_names_nobody(clinic: ClinicDays, web: FastAPI) -> None:
    """S9, S10"""
    clinic.record_on_time(LASER, "2026-03-10 10:00", name='Ana "; X=1 Diaz')

    answer = signed_in(web, "dora").submit("/patients/1/export", page="/patients/1")

    assert answer.headers["content-disposition"] == 'attachment; filename="patient-1-2026-03-10.json"'
    assert (answer.headers["content-type"], answer.headers["cache-control"]) == ("application/json", "no-store")
    assert json.loads(answer.text)["patient"]["phone"] == "+16175550142"
    assert looks(clinic)[-1] == ("export", "patient", 1)


def test_the_browser_keeps_neither_the_page_nor_the_name(clinic: ClinicDays, dora: Browser) -> None:
    """S11: a title stays in its history."""
    clinic.add()

    for path in ("/patients/1", "/patients/1/details", "/patients/1/consent"):
        answer = dora.get(path)
        assert answer.headers["cache-control"] == "no-store"
        assert re.search("<title>[^<]*patient 1 - ", answer.text, re.IGNORECASE)
