"""All of a patient's data: complete, plain, and nobody else's."""

from __future__ import annotations

import json
from typing import Any

import pytest

from reminders.casework.exports import export_patient
from reminders.model import InputRefusal
from reminders.store.engine import reading
from tests.casework.pages import DeskClinic
from tests.clinic import NEEDLING


def export(desk: DeskClinic, patient_id: int = 1) -> dict[str, Any]:
    with reading(desk.app.engine) as tx:
        found: dict[str, Any] = json.loads(json.dumps(export_patient(tx, patient_id)))
    return found


def test_the_export_has_what_was_entered_planned_and_sent(desk: DeskClinic) -> None:
    desk.record_on_time(NEEDLING, "2026-03-10 10:00")
    desk.book(NEEDLING, "2026-04-24 14:00")
    desk.write("See you soon.")
    desk.run_until("2026-03-11 10:00").opt_out()
    found = export(desk)

    assert (found["patient"]["name"], found["patient"]["phone"]) == ("Ana Diaz", "+16175550142")
    assert {name: len(rows) for name, rows in found.items() if name != "patient" and rows} == {
        "consents": 2,
        "contact_blocks": 1,
        "procedures": 1,
        "sessions": 1,
        "recalls": 1,
        "reminders": 7,
        "written_messages": 1,
        "messages": 2,
        "attempts": 2,
        "events": 2,
        "tasks": 1,
        "changes": 4,
    }


def test_the_export_holds_nobody_else_s_data(desk: DeskClinic) -> None:
    desk.record_on_time(NEEDLING, "2026-03-10 10:00")
    desk.record(NEEDLING, "2026-03-10 10:00", name="Ben Ode", phone="+16175550143", email="ben@example.org")
    desk.run_until("2026-03-11 10:00")

    assert "Ben" not in json.dumps(export(desk))


def test_the_export_holds_no_token(desk: DeskClinic) -> None:
    """Who has an attempt's token could speak for the provider."""
    desk.record_on_time(NEEDLING, "2026-03-10 10:00")
    desk.run_until("2026-03-11 10:00")

    assert "token" not in json.dumps(export(desk))


def test_nobody_is_not_exported(desk: DeskClinic) -> None:
    with pytest.raises(InputRefusal, match="no patient 7"):
        export(desk, 7)
