"""Every fault of a scenario is listed at once, each with its place and what to do."""

from __future__ import annotations

from datetime import date, time
from pathlib import Path

import pytest

from reminders.simulation import ScenarioFaults, read_scenario
from reminders.simulation.scenario import build_scenario
from tests.clinic import LASER
from tests.simulation.scenes import ANA, event, faults_of, scenario, shipped, write_scenario


def test_all_faults_are_listed_together() -> None:
    found = faults_of(
        "2026-06-01 00:00",
        event("2026-05-01 10:00", "record_procedure", treatment="fractional-lazer"),
        event("2026-05-02 10:00", "book_sesion"),
        event("2026-05-03 10:00", "opt_out", patient="bob", channel="fax"),
        patients=[{**ANA, "phone": "12"}],
        clinic={"time_zone": "America/New_Yorck"},
    )

    assert [fault.partition(":")[0] for fault in found] == [
        "clinic.time_zone",
        "patients.1.phone",
        "events.2.do",
        "events.3.channel",
        "events.1.treatment",
    ]


@pytest.mark.parametrize(
    ("deed", "sentence"),
    [
        ({"do": "event", "name": "healed"}, "Nothing can be recorded of fractional-laser"),
        ({"do": "answer", "question": "pain", "answer": "yes"}, "Nothing is asked of fractional-laser"),
        ({"do": "override", "rule": "pinknes", "from": {"days": 6}}, "There is no rule 'pinknes'"),
        ({"do": "override", "rule": "pinkness", "form": {"days": 6}}, "This cannot be set for 'pinkness':"),
        ({"do": "override", "rule": "pinkness"}, "This cannot be set for 'pinkness':"),
    ],
)
def test_what_cannot_be_noted_or_set_is_refused_as_at_the_desk(deed: dict[str, object], sentence: str) -> None:
    recorded = event("2026-05-01 10:00", "record_procedure", treatment=LASER, id="first")
    (found,) = faults_of("2026-06-01 00:00", recorded, {"at": "2026-05-02 10:00", "procedure": "first", **deed})

    assert found.startswith(f"events.2: {sentence}")


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"at": "2026-06-01 10:00"}, "events.1.at: This lies at or after the scenario's own `until`."),
        ({"at": "2026-03-08 02:30"}, "events.1.at: 02:30 did not exist on 2026-03-08: the clocks went forward."),
        ({"at": "2026-05-01"}, "events.1.at: Write the time as well"),
        ({"patient": "anna"}, 'events.1.patient: There is no patient "anna"; did you mean "ana"?'),
        ({"performed": "2026-05-01"}, "events.1.performed: There is no key `performed` here; did you mean"),
        ({"performed_at": "2026-05-02 10:00"}, "events.1: A procedure cannot be in the future."),
        ({"attributes": {"site": 3}}, "events.1.attributes: Write words in quotes"),
    ],
)
def test_a_fault_names_its_place(change: dict[str, object], sentence: str) -> None:
    recorded = event("2026-05-01 10:00", "record_procedure", treatment=LASER) | change

    assert [fault[: len(sentence)] for fault in faults_of("2026-06-01 00:00", recorded)] == [sentence]


def test_nothing_can_be_done_to_what_is_not_there_yet() -> None:
    found = faults_of(
        "2026-06-01 00:00",
        event("2026-05-02 10:00", "record_procedure", treatment=LASER, id="first"),
        event("2026-05-01 10:00", "cancel_procedure", procedure="first", reason="not performed"),
    )

    assert found == ['events.2.at: The procedure "first" is not there yet at this time.']


def test_an_id_stands_for_one_thing() -> None:
    found = faults_of(
        "2026-06-01 00:00",
        event("2026-05-01 10:00", "record_procedure", treatment=LASER, id="first"),
        event("2026-05-02 10:00", "record_procedure", treatment=LASER, id="first"),
    )

    assert found == ['events: The id "first" stands here 2 times: give each its own.']


def test_all_that_the_desk_refuses_is_listed_and_what_follows_from_it_is_not() -> None:
    found = faults_of(
        "2026-06-01 00:00",
        event("2026-05-01 10:00", "record_procedure", treatment=LASER, performed_at="2026-05-09", id="first"),
        event("2026-05-02 10:00", "cancel_procedure", procedure="first", reason="not performed"),
        event("2026-05-03 10:00", "book_session", treatment=LASER, starts_at="2026-05-01 10:00"),
    )

    assert [fault.partition(":")[0] for fault in found] == ["events.1", "events.3"]


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"parts_of_day": {"evening": "18:00"}}, "clinic.parts_of_day: Set the parts of the day in the configuration"),
        ({"staff_email": "desk@example.org"}, "clinic.staff_email: Leave this out"),
        ({"closed_on": ["2026-05-05"]}, "clinic.closed_on: Add `opening_hours`"),
        ({"holidays": "US-MA"}, "clinic.holidays: Add `opening_hours`"),
    ],
)
def test_what_a_scenario_cannot_change_about_the_clinic_is_said(change: dict[str, object], fault: str) -> None:
    (found,) = faults_of("2026-06-01 00:00", clinic=change)

    assert found.startswith(fault)


def test_a_scenario_may_change_when_the_clinic_is_open() -> None:
    base = scenario("2026-06-01 00:00", clinic={"opening_hours": ["09:00", "17:00"], "closed_on": ["2026-05-05"]})
    changed = {"until": "2026-06-01 00:00", "clinic": {"holidays": "US-MA"}}

    hours = build_scenario(changed, base.config).config.clinic.opening_hours

    assert hours is not None
    assert [hours.window_on(date(2026, 5, day)) for day in (4, 5, 25)] == [(time(9), time(17)), None, None]


def test_consent_needs_something_to_reach_the_patient_by() -> None:
    found = faults_of("2026-06-01 00:00", patients=[{"id": "ana", "phone": "+16175550142", "consent": ["email"]}])

    assert found == ["patients.1.consent: There is consent for email, and no email: add it."]


def test_a_file_that_is_no_toml_says_where(tmp_path: Path) -> None:
    path = write_scenario(tmp_path, 'until = 2026-06-01T00:00:00\nclinic = "\n')

    with pytest.raises(ScenarioFaults, match="line 2"):
        read_scenario(path, lambda _: shipped())


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ScenarioFaults, match="check its path"):
        read_scenario(tmp_path / "none.toml", lambda _: shipped())
