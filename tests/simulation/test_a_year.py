"""A simulated year of many patients in five zones: `make test-year` plays it with 1,000 of them."""

from __future__ import annotations

import resource
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from reminders.model import Reason, Status
from reminders.sending_hours import LEAST_USEFUL
from reminders.simulation import Item
from reminders.simulation.items import list_items
from reminders.simulation.rehearsing import open_stage
from reminders.simulation.scenario import build_scenario
from reminders.store.engine import Transaction, reading
from reminders.tables import AttemptRow, PatientRow, ReminderRow
from tests.simulation.histories import ZONES, make_history
from tests.simulation.scenes import shipped

OUTCOMES = {"send", "withheld", "expired", "skipped", "cancelled", "superseded"}
"""Nothing was unclear or refused in this year, and nothing may still wait."""


@dataclass(frozen=True, kw_only=True)
class Year:
    until: datetime
    items: list[Item]
    reminders: list[ReminderRow]
    zones: dict[int, ZoneInfo]
    """Of each patient."""
    accepted: Counter[int]
    """How often each message was accepted."""


@pytest.fixture(
    scope="module", params=[10, pytest.param(1000, marks=pytest.mark.year)], ids=lambda patients: f"{patients} patients"
)
def year(request: pytest.FixtureRequest) -> Iterator[Year]:
    patients: int = request.param
    scenario = build_scenario(make_history(5, patients), shipped())
    began = time.process_time()
    with open_stage(scenario) as stage:
        stage.play()
        items = list_items(stage.app, stage.desk.names, scenario)
        seconds = time.process_time() - began
        with reading(stage.app.engine) as tx:
            yield _read_year(tx, scenario.until, items, scenario.config.clinic.time_zone)
    _report(request, patients, seconds, items)


def _read_year(tx: Transaction, until: datetime, items: list[Item], clinic_zone: ZoneInfo) -> Year:
    patients = tx.scalars(select(PatientRow))
    return Year(
        until=until,
        items=items,
        reminders=list(tx.scalars(select(ReminderRow))),
        zones={row.id: ZoneInfo(row.time_zone) if row.time_zone else clinic_zone for row in patients},
        accepted=Counter(tx.scalars(select(AttemptRow.message_id).where(AttemptRow.outcome == "accepted"))),
    )


def _report(request: pytest.FixtureRequest, patients: int, seconds: float, items: list[Item]) -> None:
    # Linux counts kilobytes.
    gigabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    sends = sum(item.kind == "send" for item in items)
    each = seconds / patients * 1000
    said = (
        f"A year of {patients} patients: {sends} sends, {seconds:.0f} s ({each:.0f} ms a patient), {gigabytes:.2f} GB"
    )
    with request.config.pluginmanager.getplugin("capturemanager").global_and_fixture_disabled():
        print(f"\n{said}")  # noqa: T201


def test_every_zone_is_there(year: Year) -> None:
    assert {zone.key for zone in year.zones.values()} == set(ZONES)


def test_nothing_leaves_outside_sending_hours(year: Year) -> None:
    hours = {item.local.hour for item in year.items if item.kind == "send"}

    assert hours
    assert hours <= set(range(8, 20))


def test_nothing_leaves_at_or_after_its_time(year: Year) -> None:
    left = [row for row in year.reminders if row.left_at]

    assert left
    assert [row.id for row in left if row.left_at and row.left_at > row.expires_at - LEAST_USEFUL] == []


def test_every_planned_item_has_exactly_one_outcome(year: Year) -> None:
    planned = Counter(
        (item.patient, item.procedure, item.session, item.rule, item.occurrence)
        for item in year.items
        if item.kind != "task"
    )

    assert set(planned.values()) == {1}
    assert {item.kind for item in year.items} - {"task"} <= OUTCOMES
    assert [item for item in year.items if item.kind in OUTCOMES - {"send"} and item.reason not in set(Reason)] == []


def test_what_still_waits_at_the_end_waits_for_a_later_moment(year: Year) -> None:
    waiting = [row for row in year.reminders if row.status in (Status.SCHEDULED, Status.CLAIMED, Status.SENDING)]

    assert {row.status for row in waiting} <= {"scheduled"}
    assert [row.id for row in waiting if row.next_attempt_at < year.until] == []


def test_each_message_was_accepted_once_and_each_text_belongs_to_one(year: Year) -> None:
    sent = [item for item in year.items if item.kind == "send"]

    assert {item.message for item in sent} == set(year.accepted)
    assert set(year.accepted.values()) == {1}
