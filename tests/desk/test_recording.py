"""The page that records a procedure: who it is for, what will go out, and that it is saved once."""

from __future__ import annotations

import html
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from reminders.casework.previews import Effect
from reminders.casework.procedures import cancel_procedure, correct_procedure
from reminders.desk import create_app
from reminders.desk.plan_words import EFFECTS, REASONS, STATUSES
from reminders.model import Reason, Status
from reminders.store.engine import reading
from reminders.tables import AuditRow, Base, ConsentRow, PatientRow, ProcedureRow, ReminderRow
from tests.accounts.staff import hire
from tests.clinic import LASER, NEEDLING, ClinicDays
from tests.desk.browser import Browser, signed_in
from tests.desk.conftest import KEY

ANA = {"name": "Ana Diaz", "phone": "617 555 0142", "email": "ana@example.org"}
LASER_NOW = {"treatment": LASER, "on": "2026-03-10", "at": "10:00"}
NEW = {**ANA, **LASER_NOW, "is_new": "yes", "consent": ["sms", "email"]}
HTMX = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def _ten_past_ten(clinic: ClinicDays) -> None:
    clinic.at("2026-03-10 10:10")


def count(clinic: ClinicDays, table: type[Base]) -> int:
    with reading(clinic.app.engine) as tx:
        return tx.scalar(select(func.count()).select_from(table)) or 0


def words(page: str) -> str:
    """What a page says, without its markup."""
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", page)).split())


def field(page: str, name: str) -> str | None:
    """What a field of the page holds."""
    tag = re.search(rf'<input[^>]* name="{name}"[^>]*>', page)
    value = re.search(r' value="([^"]*)"', tag[0]) if tag else None
    return html.unescape(value[1]) if value else None


def choices(page: str) -> dict[str, str]:
    """What can be chosen, by what the button says."""
    found = re.findall(r'name="choose" value="(\w+)"[^>]*>(.*?)</button>', page, re.DOTALL)
    return {words(label): value for value, label in found}


def send(browser: Browser, path: str, fields: dict[str, Any], **headers: str) -> Any:
    return browser.send(path, {**fields, "form_token": browser.form_token("/record")}, **headers)


# ---- the patient -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("typed", ["ana", "DIAZ", "5550142", "ana@exa"])
def test_a_patient_is_found_by_a_part_of_name_number_or_address(clinic: ClinicDays, dora: Browser, typed: str) -> None:
    patient_id = clinic.add()
    clinic.add("Bo Chen", "+16175550143", "bo@example.org")

    for headers in ({}, HTMX):
        page = send(dora, "/record/find", {"find": typed}, **headers).text
        assert choices(page).get("Ana Diaz +16175550142") == str(patient_id)
        assert "Bo Chen" not in page


def test_looking_for_a_patient_keeps_what_else_is_typed(dora: Browser) -> None:
    page = send(dora, "/record/find", {"find": "ana", "treatment": NEEDLING, "on": "2026-03-09", "at": ""}).text

    assert (field(page, "on"), field(page, "at"), field(page, "find")) == ("2026-03-09", None, "ana")
    assert re.search(rf'value="{NEEDLING}" required checked', page)
    assert "Nobody found" in page


def test_one_letter_finds_nobody(clinic: ClinicDays, dora: Browser) -> None:
    clinic.add()

    page = send(dora, "/record/find", {"find": "a"}, **HTMX).text

    assert choices(page) == {}
    assert words(page) == "Type two letters or more."


def test_the_chosen_patient_is_shown_with_their_consent(clinic: ClinicDays, dora: Browser) -> None:
    clinic.record(NEEDLING, "2026-03-02 09:00", consent=("sms",))

    page = send(dora, "/record/patient", {"choose": "1", "find": "ana", "consent": "email"}).text

    assert field(page, "patient_id") == "1"
    assert "text message: agreed on 2026-03-10 10:10, noted by desk" in words(page)
    assert 'value="email"' in page
    # What was ticked for somebody else is not this patient's word.
    assert 'value="email" checked' not in page


def test_one_who_opted_out_cannot_be_ticked(clinic: ClinicDays, dora: Browser) -> None:
    """C4"""
    clinic.record(NEEDLING, "2026-03-02 09:00")
    clinic.opt_out("sms")

    page = dora.get("/record?patient=1").text

    assert "text message: the patient does not want it any more" in words(page)
    assert 'id="consent-sms"' not in page


def test_what_was_looked_for_in_vain_is_the_new_patients(dora: Browser) -> None:
    for typed, name in (("Ana Diaz", "name"), ("617 555 0142", "phone"), ("ana@example.org", "email")):
        page = send(dora, "/record/patient", {"choose": "new", "find": typed}, **HTMX).text
        assert [field(page, each) for each in ANA if field(page, each)] == [typed]
        assert field(page, name) == typed


def test_the_plan_follows_the_choice_of_a_patient(dora: Browser) -> None:
    answer = send(dora, "/record/patient", {"choose": "new"}, **HTMX)

    assert answer.headers["HX-Trigger-After-Swap"] == "patient-changed"
    assert "<html" not in answer.text


@pytest.mark.parametrize("chosen", ["x", "0", "-1", "9" * 12, "1e3"])
def test_what_is_no_patient_is_refused(dora: Browser, chosen: str) -> None:
    """S3"""
    assert send(dora, "/record/patient", {"choose": chosen}).status_code == 400
    assert send(dora, "/record/plan", {"patient_id": chosen}).status_code == 400


def test_a_patient_who_is_not_there_is_not_recorded_for(clinic: ClinicDays, dora: Browser) -> None:
    """S3"""
    assert dora.get("/record?patient=9999").status_code == 404
    answer = send(dora, "/record", {**LASER_NOW, "patient_id": "9999"})
    assert answer.status_code == 422
    assert "There is no patient 9999: look for the name." in words(answer.text)
    assert count(clinic, ProcedureRow) == 0


# ---- the plan ----------------------------------------------------------------------------------------------------


def test_the_form_begins_with_now(dora: Browser) -> None:
    page = dora.get("/record").text

    assert (field(page, "on"), field(page, "at")) == ("2026-03-10", "10:10")


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_the_plan_shows_each_text_before_anything_is_saved(
    clinic: ClinicDays, dora: Browser, headers: dict[str, str]
) -> None:
    """Time, channel, segments, words and sources; and what does not leave, with the reason."""
    plan = words(send(dora, "/record/plan", NEW, **headers).text)

    assert "This is session 1." in plan
    assert "12 messages will leave. Nothing is saved yet." in plan
    assert "Tue 10 Mar 2026, 10:10 text message, 2 segments" in plan
    assert "Sun 15 Mar 2026, 10:00 text message" in plan
    assert "ice" in plan
    assert "Fractional Laser Treatment" in plan
    assert re.search(r"icing 5.* it falls outside the sending hours", plan)
    assert [count(clinic, table) for table in (PatientRow, ProcedureRow, ReminderRow, ConsentRow)] == [0] * 4


def test_only_htmx_gets_a_part_of_the_page(dora: Browser) -> None:
    part, whole = (send(dora, "/record/plan", NEW, **headers).text for headers in (HTMX, {}))

    assert ("<html" in part, "<html" in whole) == (False, True)
    assert ("hx-swap-oob" in part, "hx-swap-oob" in whole) == (True, False)


def test_no_two_parts_of_the_page_have_one_id(dora: Browser) -> None:
    """Else htmx, labels and readers take the wrong one."""
    for page in (send(dora, "/record/plan", NEW).text, send(dora, "/record/plan", {**NEW, "phone": "1"}).text):
        ids = re.findall(r' id="([^"]*)"', page)
        assert sorted(ids) == sorted(set(ids))


def test_a_page_without_a_script_has_a_button_for_each_step(dora: Browser) -> None:
    page = dora.get("/record").text

    for path in ("/record/find", "/record/patient", "/record/plan"):
        assert f'formaction="{path}" formnovalidate' in page


def test_the_plan_is_shown_before_the_patient_is_known(dora: Browser) -> None:
    plan = words(send(dora, "/record/plan", LASER_NOW, **HTMX).text)

    assert "This is session 1." in plan
    assert "There is no consent for sms" in plan or "no number or address" in plan


def test_the_session_number_and_the_planned_sessions_are_filled_in(clinic: ClinicDays, dora: Browser) -> None:
    clinic.record(LASER, "2026-02-02 09:00", planned_sessions=4)

    assert "This is session 2 of 4." in send(dora, "/record/plan", {**LASER_NOW, "patient_id": "1"}, **HTMX).text


def test_a_visit_that_is_too_early_is_warned_of(clinic: ClinicDays, dora: Browser) -> None:
    clinic.record(NEEDLING, "2026-03-02 09:00")
    fields = {**LASER_NOW, "treatment": NEEDLING, "patient_id": "1"}

    assert "alert-warning" in send(dora, "/record/plan", fields, **HTMX).text


def test_what_becomes_of_the_patients_other_reminders_is_shown(clinic: ClinicDays, dora: Browser) -> None:
    clinic.record(LASER, "2026-02-27 09:00")

    plan = words(send(dora, "/record/plan", {**LASER_NOW, "patient_id": "1"}, **HTMX).text)

    assert "Other reminders of this patient" in plan
    assert "is cancelled" in plan or "does not leave" in plan


def test_every_reason_status_and_effect_has_its_words() -> None:
    assert set(REASONS) == set(Reason)
    assert set(STATUSES) == set(Status)
    assert set(EFFECTS) == set(Effect)


# ---- what is wrong -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("over", "sentence"),
    [
        ({"phone": "12"}, "This is not a phone number"),
        ({"email": "ana@"}, "This is not an email address"),
        ({"at": "25:00"}, "does not exist in the calendar"),
        ({"on": "10.3."}, "is not a time"),
        ({"at": "11:00"}, "cannot be in the future"),
        ({"session": "two"}, "Write the number of sessions in digits."),
        ({"planned_sessions": "0"}, "leave the number out"),
        ({"treatment": "peel"}, "There is no treatment 'peel'"),
        ({"treatment": ""}, "Choose the treatment."),
        ({"on": ""}, "Say on which day it was."),
        ({"name": ""}, "Choose the patient, or add a new one."),
        ({"phone": "", "email": ""}, "There is no way to reach this patient"),
        ({"phone": "", "consent": "sms"}, "add the phone number, or take the consent back"),
        ({"time_zone": "Mars"}, "is not a time zone"),
    ],
)
def test_a_fault_is_said_beside_the_form_and_nothing_typed_is_lost(
    clinic: ClinicDays, dora: Browser, over: dict[str, str], sentence: str
) -> None:
    answer = send(dora, "/record", {**NEW, **over})

    assert answer.status_code == 422
    assert sentence in words(answer.text)
    # No page tells anybody to run a command.
    assert "`" not in words(answer.text)
    assert "--" not in words(answer.text)
    kept = {**NEW, **over}
    assert [field(answer.text, name) or "" for name in ("name", "phone", "email", "on")] == [
        kept[name] for name in ("name", "phone", "email", "on")
    ]
    assert [count(clinic, table) for table in (PatientRow, ProcedureRow)] == [0, 0]


def test_all_faults_are_said_at_once(dora: Browser) -> None:
    page = words(send(dora, "/record", {**NEW, "phone": "12", "email": "ana@", "at": "11:00", "session": "two"}).text)

    for sentence in ("not a phone number", "not an email address", "in the future", "in digits"):
        assert sentence in page


def test_a_fault_leads_to_its_field(dora: Browser) -> None:
    """Also one that saving finds once more."""
    page = send(dora, "/record", {**NEW, "at": "11:00"}).text

    assert re.search(r'<a [^>]*href="#on">A procedure cannot be in the future', page)
    assert re.search(r'id="on-fault">A procedure cannot be in the future', page)


def test_what_is_half_typed_raises_no_alarm(dora: Browser) -> None:
    part = send(dora, "/record/plan", {**NEW, "phone": "617"}, **HTMX).text

    assert "This is not a phone number" in words(part)
    assert "alert" not in part


def test_a_channel_that_is_none_is_refused(dora: Browser) -> None:
    assert send(dora, "/record", {**NEW, "consent": "fax"}).status_code == 400


def test_another_time_on_the_same_day_is_refused(clinic: ClinicDays, dora: Browser) -> None:
    clinic.record(LASER, "2026-03-10 09:00")

    answer = send(dora, "/record", NEW)

    assert answer.status_code == 422
    assert "Procedure 1 of that day is there already with another time." in words(answer.text)


# ---- saving ------------------------------------------------------------------------------------------------------


def test_what_is_saved_is_what_the_plan_showed(clinic: ClinicDays, dora: Browser) -> None:
    shown = words(send(dora, "/record/plan", NEW, **HTMX).text)
    answer = send(dora, "/record", NEW)
    page = words(dora.get(answer.headers["location"]).text)

    assert (answer.status_code, answer.headers["location"]) == (303, "/record/1")
    plan = page.partition("What goes out")[2]
    assert plan
    assert plan in shown
    assert [line.status for line in clinic.plan()].count("scheduled") > 5


def test_a_new_patient_is_added_with_the_consent_and_who_heard_it(clinic: ClinicDays, dora: Browser) -> None:
    """C6"""
    send(dora, "/record", NEW)

    with reading(clinic.app.engine) as tx:
        patient = tx.scalars(select(PatientRow)).one()
        consents = [(row.channel, row.recorded_by) for row in tx.scalars(select(ConsentRow).order_by(ConsentRow.id))]
    assert (patient.name, patient.phone) == ("Ana Diaz", "+16175550142")
    assert consents == [("sms", "Dora"), ("email", "Dora")]


def test_a_day_without_a_time_is_kept_so(clinic: ClinicDays, dora: Browser) -> None:
    """P9"""
    plan = words(send(dora, "/record/plan", {**NEW, "at": ""}, **HTMX).text)
    send(dora, "/record", {**NEW, "at": ""})

    assert "There is no time of day: hours are counted from 12:00." in plan
    with reading(clinic.app.engine) as tx:
        assert tx.scalars(select(ProcedureRow.precision)).one() == "date"


def test_the_same_form_sent_twice_saves_one_procedure(clinic: ClinicDays, dora: Browser) -> None:
    """R3, S4: also minutes later, as by the browser's way back."""
    token = dora.form_token("/record")
    answers = []
    for _ in range(2):
        answers.append(dora.send("/record", {**NEW, "form_token": token}).headers["location"])
        clinic.clock.now += timedelta(minutes=3)

    assert answers == ["/record/1"] * 2
    assert [count(clinic, table) for table in (PatientRow, ProcedureRow, ConsentRow)] == [1, 1, 2]


def test_a_double_click_saves_one_procedure(any_clinic: ClinicDays) -> None:
    """R3: both at the same moment, on each kind of database."""
    any_clinic.at("2026-03-10 10:10")
    hire(any_clinic.app.engine, any_clinic.clock.now)
    web = create_app(any_clinic.app, KEY)
    browsers = [signed_in(web, "dora") for _ in range(2)]
    tokens = [browser.form_token("/record") for browser in browsers]

    with ThreadPoolExecutor(2) as pool:
        answers = list(
            pool.map(
                lambda each: each[0].send("/record", {**NEW, "form_token": each[1]}).headers["location"],
                zip(browsers, tokens, strict=True),
            )
        )

    assert answers == ["/record/1"] * 2
    assert [count(any_clinic, table) for table in (PatientRow, ProcedureRow)] == [1, 1]


def test_what_is_noted_of_a_treatment_is_noted(clinic: ClinicDays, staff: object) -> None:
    name = 'name = "Fractional laser treatment"'
    clinic.edit_config(name, name + '\nattributes = { side = ["left", "right"] }')
    dora = signed_in(create_app(clinic.app, KEY), "dora")

    page = dora.get("/record").text
    send(dora, "/record", {**NEW, f"attribute.{LASER}.side": "left"})

    assert f'name="attribute.{LASER}.side"' in page
    with reading(clinic.app.engine) as tx:
        assert tx.scalars(select(ProcedureRow.attributes)).one() == {"side": "left"}


def test_a_form_that_follows_the_typing_is_one_look(clinic: ClinicDays, dora: Browser) -> None:
    """S10: a plan asked for by hand is a look at its patient, too."""
    clinic.add()
    looks = []
    for minutes in (0, 1, 20):
        clinic.clock.now += timedelta(minutes=minutes)
        send(dora, "/record/plan", {**LASER_NOW, "patient_id": "1"}, **HTMX)
        with reading(clinic.app.engine) as tx:
            looks.append(tx.scalar(select(func.count()).where(AuditRow.action == "view", AuditRow.patient_id == 1)))

    assert looks == [1, 1, 2]


def test_who_saw_and_recorded_is_in_the_audit_log(clinic: ClinicDays, dora: Browser) -> None:
    """S10: and neither a name nor a number."""
    send(dora, "/record", NEW)
    send(dora, "/record/find", {"find": "Ana"})
    send(dora, "/record/patient", {"choose": "1"})

    with reading(clinic.app.engine) as tx:
        rows = [
            (row.action, row.subject, row.patient_id, row.fields)
            for row in tx.scalars(select(AuditRow).where(AuditRow.user_id == 3).order_by(AuditRow.id))
            if row.subject != "user" and row.action not in ("sign_in", "set_password")
        ]
    assert rows == [
        ("add", "procedure", 1, "name,phone,email"),
        ("consent", "patient", 1, "sms,email"),
        ("view", "list", None, ""),
        ("view", "patient", 1, ""),
    ]


@pytest.mark.parametrize("hostile", ["<script>alert(1)</script>", "\"'><img src=x onerror=alert(1)>", "{{ 7*7 }}"])
def test_what_is_typed_is_text_wherever_it_is_shown(clinic: ClinicDays, dora: Browser, hostile: str) -> None:
    """S9"""
    fields = {**NEW, "name": hostile, "find": hostile}
    pages = [send(dora, path, fields).text for path in ("/record/plan", "/record/find")]
    pages.append(send(dora, "/record", {**fields, "phone": "12"}).text)
    pages.append(dora.get(send(dora, "/record", fields).headers["location"]).text)
    pages.append(send(dora, "/record/find", fields, **HTMX).text)
    pages.append(dora.get("/record?patient=1").text)

    for page in pages:
        assert "<script>alert" not in page
        assert "<img" not in page
        assert hostile in html.unescape(page)


# ---- what a review found -----------------------------------------------------------------------------------------


def test_a_form_that_a_browser_sends_again_later_is_the_same_procedure(clinic: ClinicDays, dora: Browser) -> None:
    """R3, S4: also when the procedure was corrected or cancelled meanwhile."""
    patient_id = clinic.add()
    fields = {"patient_id": str(patient_id), **LASER_NOW, "once": "a-word-of-the-page"}
    assert send(dora, "/record", fields).headers["location"] == "/record/1"
    clinic.change(lambda tx: correct_procedure(tx, clinic.app.config.clinic, 1, "2026-03-09T10:00", clinic.clock.now))
    assert send(dora, "/record", fields).headers["location"] == "/record/1"
    clinic.change(lambda tx: cancel_procedure(tx, clinic.app.config.clinic, 1, "Entered twice", clinic.clock.now))

    assert send(dora, "/record", fields).headers["location"] == "/record/1"
    assert count(clinic, ProcedureRow) == 1
    assert send(dora, "/record", {**fields, "treatment": NEEDLING}).headers["location"] == "/record/2"


def test_what_a_clinician_has_decided_the_desk_does_not_overrule(clinic: ClinicDays, dora: Browser) -> None:
    """S3"""
    patient_id = clinic.add()
    fields = {"patient_id": str(patient_id), "treatment": LASER, "at": "10:00"}
    assert send(dora, "/record", {**fields, "on": "2026-02-05", "planned_sessions": "4"}).status_code == 303

    refused = send(dora, "/record", {**fields, "on": "2026-03-10", "planned_sessions": "9"})
    assert (refused.status_code, "4 sessions are decided" in refused.text) == (422, True)
    assert send(dora, "/record", {**fields, "on": "2026-03-10"}).status_code == 303


def test_consent_that_is_given_with_a_second_save_is_written_down(clinic: ClinicDays, dora: Browser) -> None:
    """S10, C6"""
    patient_id = clinic.add()
    fields = {"patient_id": str(patient_id), **LASER_NOW}
    send(dora, "/record", fields)
    send(dora, "/record", {**fields, "consent": ["sms"]})

    with reading(clinic.app.engine) as tx:
        consents = tx.scalars(select(AuditRow.fields).where(AuditRow.action == "consent")).all()
    assert (list(consents), count(clinic, ConsentRow)) == (["sms"], 1)
