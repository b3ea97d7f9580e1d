"""A procedure is cancelled: nothing more of it leaves, and the desk knows what had gone out."""

from __future__ import annotations

import json
import os
import sys
from datetime import timedelta
from subprocess import CompletedProcess, run

import pytest
from sqlalchemy import select

from reminders.dispatching.sending import begin_send
from reminders.model import Channel, Refusal
from reminders.store.claims import claim_due
from reminders.store.engine import reading
from reminders.tables import AttemptRow
from tests.clinic import LASER, NEEDLING, ROOT, ClinicDays


def test_cancelling_a_procedure_cancels_all_that_is_pending_of_it(any_clinic: ClinicDays) -> None:
    procedure = any_clinic.record_on_time(LASER, "2026-03-10 10:00")
    any_clinic.dispatch().cancel(procedure)

    assert {(line.status, line.reason) for line in any_clinic.plan() if line.id} == {
        ("sent", None),
        ("cancelled", "procedure_cancelled"),
    }


def test_after_cancelling_nothing_more_leaves(clinic: ClinicDays) -> None:
    procedure = clinic.record_on_time(LASER, "2026-03-10 10:00")
    clinic.dispatch().cancel(procedure)
    clinic.run_until("2026-03-13 12:00")

    assert clinic.sent_short() == [("2026-03-10 10:00", "icing 1")]


def test_a_procedure_entered_for_the_wrong_patient_is_cancelled_there_and_recorded_here(clinic: ClinicDays) -> None:
    procedure = clinic.record_on_time(LASER, "2026-03-10 10:00")
    clinic.cancel(procedure, reason="wrong patient")
    clinic.record(LASER, "2026-03-10 10:00", name="Ben Roy", phone="+16175550143", email="ben@example.org")
    clinic.dispatch()

    assert (clinic.sent(1), [sent.to for sent in clinic.sent(2)]) == ([], ["+16175550143"])


def test_cancelling_leaves_the_reminders_of_other_procedures_alone(clinic: ClinicDays) -> None:
    clinic.record_on_time(NEEDLING, "2026-03-09 10:00")
    laser = clinic.record_on_time(LASER, "2026-03-10 10:00")
    clinic.cancel(laser)

    assert {line.status for line in clinic.plan() if line.procedure == 1} == {"scheduled"}


def test_cancelling_closes_what_the_desk_was_asked_about_it(clinic: ClinicDays) -> None:
    clinic.record_on_time(NEEDLING, "2026-03-09 10:00")
    laser = clinic.record_on_time(LASER, "2026-03-10 10:00")
    assert clinic.tasks() == [("overlap", "open")]

    clinic.cancel(laser)

    assert clinic.tasks() == []


def test_what_it_had_superseded_comes_back(clinic: ClinicDays) -> None:
    clinic.record_on_time(NEEDLING, "2026-03-03 10:00")
    laser = clinic.record_on_time(LASER, "2026-03-10 10:00")
    clinic.cancel(laser)
    clinic.run_until("2026-03-12 12:00")

    assert clinic.sent_short()[-1] == ("2026-03-11 09:00", "sunscreen 2")


def test_what_it_had_superseded_stays_closed_where_it_was_due_by_now(clinic: ClinicDays) -> None:
    clinic.record_on_time(NEEDLING, "2026-03-03 10:00")
    laser = clinic.record_on_time(LASER, "2026-03-10 10:00")
    clinic.at("2026-03-11 09:00").cancel(laser)
    clinic.dispatch()

    assert clinic.sent() == []


def test_a_cancelled_newer_procedure_gives_the_older_one_its_texts_about_booking_back(clinic: ClinicDays) -> None:
    clinic.record_on_time(LASER, "2026-03-03 10:00")
    newer = clinic.record_on_time(LASER, "2026-03-31 10:00")
    clinic.cancel(newer)

    of_the_older = [each for each in clinic.plan_of("next-session") if each[1] < "2026-04-05"]
    assert of_the_older[-1] == (2, "2026-04-03 10:00", "scheduled", None)


def test_a_claimed_reminder_does_not_leave_once_its_procedure_is_cancelled(any_clinic: ClinicDays) -> None:
    """R25"""
    procedure = any_clinic.record_on_time(LASER, "2026-03-10 10:00")
    now = any_clinic.clock.now
    until = now + timedelta(minutes=2)
    any_clinic.change(
        lambda tx: claim_due(tx, channels=[Channel.SMS], worker="other", now=now, lease_until=until, limit=9)
    )
    any_clinic.cancel(procedure)

    assert begin_send(any_clinic.work, Channel.SMS, "other").messages == []
    with reading(any_clinic.app.engine) as tx:
        assert tx.scalars(select(AttemptRow)).all() == []


def test_cancelling_twice_is_refused(clinic: ClinicDays) -> None:
    procedure = clinic.record_on_time(LASER, "2026-03-10 10:00")
    clinic.cancel(procedure)

    with pytest.raises(Refusal, match="cancelled already"):
        clinic.cancel(procedure)


def test_the_desk_sees_which_texts_had_gone_out_and_is_offered_one_to_withdraw_them(clinic: ClinicDays) -> None:
    procedure = clinic.record_on_time(LASER, "2026-03-10 10:00")
    clinic.dispatch().at("2026-03-10 13:00").dispatch()

    shown = reminders_command(clinic, "cancel", str(procedure), "--reason", "not performed", "--json")

    lines = [json.loads(line) for line in shown.stdout.splitlines()]
    assert [(line["rule"], line["occurrence"]) for line in lines if line["status"] == "sent"] == [
        ("icing", 1),
        ("icing", 2),
    ]
    assert "Please ignore our earlier texts about aftercare." in shown.stderr


def reminders_command(clinic: ClinicDays, *arguments: str) -> CompletedProcess[str]:
    """What a person at the desk types, on the clinic's database."""
    environ = os.environ | {
        "REMINDERS_CONFIG": str(ROOT / "config.toml"),
        "REMINDERS_DATABASE__URL": clinic.config.database_url,
    }
    return run([sys.executable, "-m", "reminders", *arguments], env=environ, capture_output=True, text=True, check=True)
