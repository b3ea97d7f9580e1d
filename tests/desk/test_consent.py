"""The page on which consent is given, withdrawn and given again."""

from __future__ import annotations

import re

import pytest
from fastapi import FastAPI
from sqlalchemy import select

from reminders.casework.patients import opt_out
from reminders.model import Channel, Reason
from reminders.store.blocks import block_contact
from reminders.store.engine import reading
from reminders.tables import AuditRow, ConsentRow, PatientRow
from tests.clinic import LASER, ClinicDays
from tests.desk.browser import Browser, signed_in
from tests.desk.test_recording import words

PATH = "/patients/1/consent"


def press(browser: Browser, change: str, channel: str, **over: str) -> tuple[int, str]:
    """One of the page's buttons."""
    page = browser.get(PATH).text
    version = re.search(r'name="version" value="(\d+)"', page)
    fields = {"version": version[1] if version else "1", "change": change, "channel": channel, **over}
    answer = browser.submit(PATH, fields, page=PATH)
    return answer.status_code, words(answer.text)


def scheduled(clinic: ClinicDays) -> set[str]:
    return {line.channel for line in clinic.plan() if line.status == "scheduled"}


def test_consent_is_given_with_who_and_when_and_the_plan_follows(clinic: ClinicDays, web: FastAPI) -> None:
    """C6"""
    clinic.record_on_time(LASER, "2026-03-10 10:00", consent=())
    dora = signed_in(web, "dora")
    assert scheduled(clinic) == set()

    assert press(dora, "give", "email")[0] == 303

    with reading(clinic.app.engine) as tx:
        consent = tx.scalars(select(ConsentRow)).one()
        line = tx.scalars(select(AuditRow).where(AuditRow.action == "consent")).one()
    assert (consent.channel, consent.recorded_by, consent.source) == ("email", "Dora", "desk")
    assert (line.user_id, line.patient_id, line.fields) == (3, 1, "give,email")
    assert scheduled(clinic) == {"email"}
    assert "Agreed on 2026-03-10 10:00, at the desk, noted by Dora." in words(dora.get(PATH).text)


def test_an_opt_out_is_kept_and_can_be_taken_back(clinic: ClinicDays, web: FastAPI) -> None:
    """C2"""
    clinic.record_on_time(LASER, "2026-03-10 10:00")
    dora = signed_in(web, "dora")
    seen = []
    for change in ("withdraw", "give"):
        assert press(dora, change, "sms")[0] == 303
        seen.append(
            (
                scheduled(clinic),
                "Wants nothing more, since 2026-03-10 10:00. Noted by Dora." in words(dora.get(PATH).text),
            )
        )

    assert seen == [({"email"}, True), ({"sms"}, False)]


def test_whom_else_an_opt_out_concerns_is_said(clinic: ClinicDays, dora: Browser) -> None:
    clinic.add()
    clinic.add("Bo Diaz", "+16175550142", "bo@example.org")

    page = dora.get(PATH).text

    assert "Other patients have this number, too: it counts for them as well. number 2" in words(page)
    assert 'href="/patients/2"' in page


def test_where_the_number_itself_said_stop_only_it_can_lift_that(clinic: ClinicDays, dora: Browser) -> None:
    """C4"""
    clinic.add()
    stop = {"reason": Reason.OPTED_OUT, "source": "reply", "now": clinic.clock.now}
    clinic.change(lambda tx: block_contact(tx, Channel.SMS, "+16175550142", **stop))  # type: ignore[arg-type]

    page = dora.get(PATH).text
    status, sentence = press(dora, "give", "sms")

    assert "Only a START sent from it can lift that." in words(page)
    assert "(text messages)" not in page
    assert (status, "Only a START sent from it can lift that." in sentence) == (422, True)


def test_a_channel_without_an_address_says_where_to_add_one(clinic: ClinicDays, dora: Browser) -> None:
    clinic.add()
    clinic.edit(email="")

    status, sentence = press(dora, "give", "email")

    assert "There is no email address." in words(dora.get(PATH).text)
    assert (status, "add the email address" in sentence) == (422, True)


def test_a_stale_form_is_refused_and_names_who_changed_what(clinic: ClinicDays, web: FastAPI, dora: Browser) -> None:
    """Acceptance 7"""
    clinic.add()
    press(signed_in(web, "cora"), "give", "email")

    status, sentence = press(dora, "give", "sms", version="1")

    assert (status, "Cora recorded consent for email" in sentence) == (422, True)
    with reading(clinic.app.engine) as tx:
        assert list(tx.scalars(select(ConsentRow.channel))) == ["email"]


def test_a_page_from_before_somebody_else_s_opt_out_lifts_nothing(clinic: ClinicDays, dora: Browser) -> None:
    """C2: the number is another patient's, too, and that one's page took the opt-out."""
    clinic.add()
    clinic.add("Bo Diaz", "+16175550142", "bo@example.org")
    seen = re.search(r'name="version" value="(\d+)"', dora.get(PATH).text)
    clinic.change(lambda tx: opt_out(tx, clinic.config.clinic, 2, Channel.SMS, clinic.clock.now))

    status, sentence = press(dora, "give", "sms", version=seen[1] if seen else "")

    assert (status, "was changed since you opened the page" in sentence) == (422, True)


@pytest.mark.parametrize("change", ["give", "withdraw"])
def test_a_double_click_is_one_change(clinic: ClinicDays, dora: Browser, change: str) -> None:
    clinic.add()

    answers = [press(dora, change, "sms", version="1")[0] for _ in range(2)]

    assert answers == [303, 303]
    with reading(clinic.app.engine) as tx:
        assert tx.get_one(PatientRow, 1).version == 2


@pytest.mark.parametrize(
    "over", [{"change": "forget"}, {"channel": "fax"}, {"version": "x"}, {"change": ""}, {"channel": ""}]
)
def test_what_the_page_never_sends_is_refused(clinic: ClinicDays, dora: Browser, over: dict[str, str]) -> None:
    """S3"""
    clinic.add()
    fields = {"change": "give", "channel": "sms", **over}

    assert press(dora, fields.pop("change"), fields.pop("channel"), **fields)[0] == 400
