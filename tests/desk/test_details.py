"""A patient's details: what is changed, what is refused, and two people at once."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import select

from reminders.desk import create_app
from reminders.store.engine import reading
from reminders.tables import AuditRow, PatientRow
from tests.clinic import LASER, ClinicDays
from tests.desk.browser import Browser, signed_in
from tests.desk.conftest import KEY
from tests.desk.test_recording import field, words

PATH = "/patients/1/details"


def open_form(browser: Browser) -> dict[str, str]:
    """Every field of the form as the page holds it; of a choice what is chosen."""
    page = browser.get(PATH).text
    form = page[page.index(f'action="{PATH}"') :]
    fields = dict(re.findall(r'<input[^>]* name="([^"]*)"(?:[^>]* value="([^"]*)")?', form))
    for name, options in re.findall(r'<select[^>]* name="([^"]*)">(.*?)</select>', form, re.DOTALL):
        chosen = re.search(r'value="([^"]*)" selected', options)
        fields[name] = chosen[1] if chosen else ""
    return {html.unescape(name): html.unescape(value) for name, value in fields.items()}


def row(clinic: ClinicDays) -> PatientRow:
    with reading(clinic.app.engine) as tx:
        return tx.get_one(PatientRow, 1)


def test_the_form_holds_what_is_known(clinic: ClinicDays, dora: Browser) -> None:
    clinic.add()
    clinic.edit(language="es", time_zone="Europe/Paris", attributes={"skin": "fair"})

    known = open_form(dora)

    assert {name: known[name] for name in ("name", "phone", "email", "language", "time_zone", "attribute.skin")} == {
        "name": "Ana Diaz",
        "phone": "+16175550142",
        "email": "ana@example.org",
        "language": "es",
        "time_zone": "Europe/Paris",
        "attribute.skin": "fair",
    }


def test_what_is_changed_is_kept_and_the_audit_log_names_the_fields(clinic: ClinicDays, dora: Browser) -> None:
    """S10"""
    clinic.add()
    clinic.edit(attributes={"skin": "fair"})
    typed = {"phone": "617 555 0143", "language": "es", "attribute.skin": ""}

    answer = dora.send(PATH, {**open_form(dora), **typed, "new_attribute": "allergy", "new_attribute_value": "latex"})

    assert (answer.status_code, answer.headers["location"]) == (303, "/patients/1")
    found = row(clinic)
    assert (found.phone, found.language, found.attributes) == ("+16175550143", "es", {"allergy": "latex"})
    with reading(clinic.app.engine) as tx:
        line = tx.scalars(select(AuditRow).order_by(AuditRow.id.desc())).first()
    assert line is not None
    assert (line.action, line.patient_id, line.fields) == ("change", 1, "phone,language,attributes")
    assert "Dora edited the phone and the language and skin and allergy" in words(dora.get("/patients/1").text)


def test_what_is_not_changed_makes_no_new_version(clinic: ClinicDays, dora: Browser) -> None:
    """A double click, too: the second finds what the first has done."""
    clinic.add()
    fields = {**open_form(dora), "phone": "+16175550143"}

    answers = [dora.send(PATH, fields).status_code for _ in range(2)]

    assert answers == [303, 303]
    assert row(clinic).version == 2


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"name": ""}, "The name must be one line"),
        ({"phone": "12"}, "This is not a phone number"),
        ({"email": "ana@"}, "This is not an email address"),
        ({"phone": "", "email": ""}, "There is no way to reach this patient"),
        ({"language": "Spanish, please"}, "is not a language"),
        ({"time_zone": "Mars"}, "is not a time zone"),
        ({"new_attribute_value": "latex"}, "Say what it is that you noted."),
        ({"new_attribute": "x" * 300, "new_attribute_value": "latex"}, "The name of what is noted must be one line"),
    ],
)
def test_a_fault_is_said_and_nothing_typed_is_lost(
    clinic: ClinicDays, dora: Browser, typed: dict[str, str], sentence: str
) -> None:
    clinic.add()
    fields = {**open_form(dora), "language": "fr", **typed}

    answer = dora.send(PATH, fields)

    assert answer.status_code == 422
    assert sentence in words(answer.text)
    assert {name: field(answer.text, name) or "" for name in typed} == typed
    assert row(clinic).version == 1


def test_only_a_version_is_a_version(clinic: ClinicDays, dora: Browser) -> None:
    clinic.add()
    for version in ("", "x", "-1", "9" * 12):
        fields = {**open_form(dora), "phone": "+16175550143", "version": version}
        assert dora.send(PATH, fields).status_code == 400


# ---- two people --------------------------------------------------------------------------------------------------


def test_a_stale_form_is_refused_and_names_who_changed_what(clinic: ClinicDays, web: FastAPI, dora: Browser) -> None:
    """Acceptance 7: nobody's change is lost, and what was typed is still there."""
    clinic.add()
    cora = signed_in(web, "cora")
    old = open_form(dora)
    cora.send(PATH, {**open_form(cora), "email": "ana.diaz@example.org"})

    answer = dora.send(PATH, {**old, "phone": "+16175550143"})

    assert answer.status_code == 422
    assert "Cora edited the email" in words(answer.text)
    assert (row(clinic).email, row(clinic).phone) == ("ana.diaz@example.org", "+16175550142")
    assert (field(answer.text, "email"), field(answer.text, "phone")) == ("ana.diaz@example.org", "+16175550143")


def test_sent_once_more_a_stale_form_keeps_the_other_s_change(clinic: ClinicDays, web: FastAPI, dora: Browser) -> None:
    """Acceptance 7: fields that one has not touched are as the other left them."""
    clinic.add()
    cora = signed_in(web, "cora")
    old: dict[str, Any] = open_form(dora)
    cora.send(PATH, {**open_form(cora), "email": "ana.diaz@example.org"})
    refused = dora.send(PATH, {**old, "phone": "+16175550143"}).text
    names = ("version", *(name for name in old if name != "form_token"))

    answer = dora.send(PATH, {name: field(refused, name) or "" for name in names} | {"form_token": old["form_token"]})

    assert answer.status_code == 303
    assert (row(clinic).email, row(clinic).phone) == ("ana.diaz@example.org", "+16175550143")


# ---- what an edit means ------------------------------------------------------------------------------------------


def test_consent_stays_with_the_patient_and_an_opt_out_with_the_number(clinic: ClinicDays, web: FastAPI) -> None:
    """C11: as the page says it."""
    clinic.record_on_time(LASER, "2026-03-10 10:00")
    clinic.opt_out("sms")
    assert {line.channel for line in clinic.plan() if line.status == "scheduled"} == {"email"}
    dora = signed_in(web, "dora")

    page = words(dora.get(PATH).text)
    dora.send(PATH, {**open_form(dora), "phone": "+16175550143"})

    assert "An opt-out is the number's and stays with the old one" in page
    assert {line.channel for line in clinic.plan() if line.status == "scheduled"} == {"sms"}


def test_what_a_treatment_wants_to_know_is_chosen(clinic: ClinicDays, staff: object) -> None:
    name = 'name = "Fractional laser treatment"'
    clinic.add()
    clinic.edit(attributes={"side": "both", "skin": "fair"})
    clinic.edit_config(name, name + '\nattributes = { side = ["left", "right"] }')
    dora = signed_in(create_app(clinic.app, KEY), "dora")

    known = open_form(dora)
    dora.send(PATH, {**known, "attribute.skin": ""})
    assert row(clinic).attributes == {"side": "both"}
    dora.send(PATH, {**open_form(dora), "attribute.side": "left"})

    assert (known["attribute.side"], "new_attribute" in known) == ("both", False)
    assert row(clinic).attributes == {"side": "left"}
