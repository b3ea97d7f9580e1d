"""The banner of every page: that nothing leaves, since when and why; and what it costs."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from fastapi import FastAPI

from reminders.casework.messages import MessageEntry, write_message
from reminders.model import Channel
from reminders.overview import read_banner
from reminders.store.engine import writing
from reminders.tables import ChannelRow, DaemonRow
from tests.clinic import NEEDLING, ClinicDays
from tests.desk.browser import Browser, signed_in
from tests.desk.test_recording import HTMX, words
from tests.queries import listening


def banner(browser: Browser, path: str = "/password") -> str | None:
    """What the banner of a page says; None where it has none."""
    found = re.search(r'<section class="desk-banner.*?</section>', browser.get(path).text, re.DOTALL)
    return words(found[0]) if found else None


def beat(clinic: ClinicDays, *, ago: timedelta = timedelta(0), is_stopped: bool = False) -> None:
    """A sign of life from the daemon."""
    at = clinic.clock.now - ago
    with writing(clinic.app.engine) as tx:
        tx.merge(DaemonRow(id="host:1", started_at=at, ticked_at=at, stopped_at=at if is_stopped else None))


def pause(clinic: ClinicDays, code: str, channel: str = "sms", *, needs_probe: bool = True) -> None:
    with writing(clinic.app.engine) as tx:
        row = tx.get(ChannelRow, channel)
        assert row is not None
        row.paused_reason, row.needs_probe, row.paused_since = code, needs_probe, clinic.clock.now
        row.paused_until = clinic.clock.now + timedelta(minutes=5)


def test_a_service_that_is_well_has_none(clinic: ClinicDays, dora: Browser) -> None:
    beat(clinic, ago=timedelta(minutes=2))

    assert banner(dora) is None


def test_a_daemon_that_was_never_started_is_told_on_every_page(clinic: ClinicDays, olive: Browser) -> None:
    for path in ("/today", "/today/calls", "/record", "/users", "/audit", "/password", "/nowhere"):
        said = banner(olive, path)
        assert said is not None, path
        assert said.startswith("Nothing leaves at present: the part of the service that sends is not running."), path


def test_a_daemon_that_was_stopped_is_told(clinic: ClinicDays, dora: Browser) -> None:
    beat(clinic, is_stopped=True)

    assert "is not running" in (banner(dora) or "")


def test_a_daemon_that_is_late_is_told_with_its_last_sign_of_life(clinic: ClinicDays, dora: Browser) -> None:
    beat(clinic, ago=timedelta(minutes=3))

    assert "has not been heard of since 2026-03-02 09:57." in (banner(dora) or "")


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("20003", "the provider does not accept our name or password"),
        ("30002", "the provider has closed our account, or does not know it"),
        ("30032", "the provider does not let us send from this number or address"),
        ("refused", "the provider refuses us"),
        ("99999", "the provider refuses us (code 99999)"),
        ("<script>", "the provider refuses us (code <script>)"),
    ],
)
def test_a_paused_channel_is_told_with_since_when_why_and_when_it_is_tried_again(
    clinic: ClinicDays, dora: Browser, code: str, why: str
) -> None:
    """R9"""
    beat(clinic)
    pause(clinic, code)

    since, again = "2026-03-02 10:00", "2026-03-02 10:05"
    assert banner(dora) == f"Text messages have been waiting since {since}: {why}. It is tried again from {again} on."
    assert "<script>alert" not in dora.get("/today").text


def test_a_provider_that_suspends_us_is_told_and_one_that_takes_us_back_is_not(
    clinic: ClinicDays, web: FastAPI
) -> None:
    """R9: by the dispatcher, not by rows of a test."""
    clinic.record_on_time(NEEDLING, "2026-03-10 08:30")
    clinic.suspend()
    clinic.at("2026-03-11 09:00").dispatch()
    beat(clinic)
    dora = signed_in(web, "dora")
    assert "Text messages have been waiting since 2026-03-11 09:00" in (banner(dora) or "")

    clinic.reinstate()
    clinic.at("2026-03-11 09:06").dispatch()
    beat(clinic)

    assert banner(dora) is None


def test_a_pause_for_the_rate_is_over_by_itself(clinic: ClinicDays, dora: Browser) -> None:
    beat(clinic)
    pause(clinic, "rate", "email", needs_probe=False)
    assert "Emails have been waiting since 2026-03-02 10:00: the provider asks us to be slower." in (banner(dora) or "")

    clinic.clock.now += timedelta(minutes=5)
    beat(clinic)
    assert banner(dora) is None


def wait_for_nobody(clinic: ClinicDays, messages: int) -> None:
    """Messages by hand that should have left a while ago."""
    clinic.record_on_time(NEEDLING, "2026-03-10 10:00")
    with writing(clinic.app.engine) as tx:
        for number in range(messages):
            entry = MessageEntry(patient_id=1, channel=Channel.SMS, body=f"Message {number}.")
            write_message(tx, clinic.config.clinic, clinic.app.templates, entry, clinic.clock.now)
    clinic.clock.now += timedelta(minutes=11)
    beat(clinic)


@pytest.mark.parametrize(
    ("messages", "said"),
    [(1, "1 message is overdue. The service runs,"), (3, "3 messages are overdue. The service runs,")],
)
def test_overdue_messages_are_told(clinic: ClinicDays, web: FastAPI, messages: int, said: str) -> None:
    wait_for_nobody(clinic, messages)

    assert said in (banner(signed_in(web, "dora")) or "")


def test_what_waits_behind_a_pause_is_not_overdue(clinic: ClinicDays, web: FastAPI) -> None:
    wait_for_nobody(clinic, 1)
    pause(clinic, "20003")

    assert "overdue" not in (banner(signed_in(web, "dora")) or "")


def test_strangers_are_told_nothing(clinic: ClinicDays, stranger: Browser) -> None:
    """S8"""
    assert banner(stranger, "/sign-in") is None
    assert banner(stranger, "/nowhere") is None


# ---- what it costs -----------------------------------------------------------------------------------------------


def test_it_takes_three_statements_and_a_part_of_a_page_takes_none(clinic: ClinicDays, dora: Browser) -> None:
    token = dora.form_token("/password")
    with listening(clinic.app.engine) as page:
        dora.get("/password")
    with listening(clinic.app.engine) as part:
        dora.send("/record/patient", {"choose": "new", "form_token": token}, **HTMX)

    assert len(page) == 2 + 3  # who it is, whether all is invented, and the banner
    assert len(part) == 2


def test_a_database_that_fails_after_the_page_was_read_costs_the_banner_alone(
    clinic: ClinicDays, dora: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its table of daemons is gone: for real, but for this one read."""
    with clinic.app.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE daemons RENAME TO elsewhere")

    answer = dora.get("/password")

    assert answer.status_code == 200
    assert "desk-banner" not in answer.text


def test_a_page_about_a_database_that_is_down_does_not_ask_it_again(clinic: ClinicDays, olive: Browser) -> None:
    """A locked one would make everybody wait once more."""
    with clinic.app.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE audit RENAME TO elsewhere")
    with listening(clinic.app.engine) as asked:
        answer = olive.get("/audit")

    assert answer.status_code == 503
    assert not [each for each in asked.statements if "daemons" in each.sql]


def test_however_many_are_overdue_only_the_first_are_looked_at(clinic: ClinicDays) -> None:
    clinic.record_on_time(NEEDLING, "2026-03-10 10:00")
    clinic.clock.now += timedelta(days=1)
    insert = """
        INSERT INTO written_messages (patient_id, channel, body, written_by, status, due_at, next_attempt_at,
            expires_at, attempts, resends, created_at, updated_at)
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500)
        SELECT 1, 'sms', 'x', 'x', 'scheduled', '2026-03-01', '2026-03-01', '2027-01-01', 0, 0, '2026-03-01',
            '2026-03-01' FROM n
    """
    with writing(clinic.app.engine) as tx:
        tx.connection().exec_driver_sql(insert)

        assert read_banner(tx, clinic.clock.now).overdue == 100
