"""From a scenario file to what will happen, placed in time; or every fault of the file at once, with its place."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from reminders.casework.patients import PatientEntry
from reminders.config import Config, ConfigFaults, Fault
from reminders.config.faults import find_near_match, list_choices
from reminders.config.lines import find_lines, find_nearest_line
from reminders.config.parsing import parse_table
from reminders.config.paths import join_path
from reminders.config.sources import parse_text
from reminders.model import Channel, InputRefusal, Precision
from reminders.rules import Clinic
from reminders.simulation.clinic import ClinicChanges, check_changes
from reminders.simulation.references import check_references
from reminders.simulation.tables import EVENTS, Event, Outage, PatientTable, ScenarioTable, Step
from reminders.typed import read_when


@dataclass(frozen=True, kw_only=True)
class Scenario:
    config: Config
    """With the clinic as the scenario changes it."""
    until: datetime
    """Exclusive."""
    patients: tuple[PatientTable, ...]
    steps: tuple[Step, ...]
    """By time; within a minute as in the file."""
    place: str = ""
    """Where the scenario itself stands, where that is inside another file."""
    file: str = ""
    lines: Mapping[str, int] = field(default_factory=dict)
    """The line of each of the file's keys, where the scenario is a file of its own."""


class ScenarioFaults(ConfigFaults):
    """The scenario cannot be played; `faults` lists all that is wrong with it."""


def read_scenario(path: Path, load: Callable[[Path | None], Config]) -> Scenario:
    """Read a scenario's file. `load` reads a configuration: the one that the scenario names, or the command's own.

    Raises ScenarioFaults, or ConfigFaults where it is the configuration that is wrong.
    """
    text = _read_text(path)
    try:
        raw = parse_text(text, path)
    except ConfigFaults as found:
        raise ScenarioFaults(found.faults) from None
    named = raw.get("config")
    config = load(path.parent / named if isinstance(named, str) else None)
    try:
        return replace(build_scenario(raw, config), file=path.name, lines=find_lines(text))
    except ScenarioFaults as found:
        raise ScenarioFaults(place_faults(found.faults, path.name, find_lines(text))) from None


def place_faults(faults: Sequence[Fault], file: str, lines: Mapping[str, int]) -> list[Fault]:
    return [replace(each, file=file, line=find_nearest_line(lines, _count_from_0(each.path))) for each in faults]


def _count_from_0(path: str) -> str:
    """People count a file's events from 1, and so do our faults; lines are kept as TOML counts."""
    return re.sub(r"\b\d+\b", lambda number: str(int(number[0]) - 1), path, count=1)


def _read_text(path: Path) -> str:
    try:
        return path.read_text("utf-8-sig")
    except OSError as error:
        sentence = f"The scenario cannot be read ({error.strerror}); check its path."
    except UnicodeDecodeError:
        sentence = "The file is not UTF-8 text; save it as UTF-8."
    raise ScenarioFaults([Fault(str(path), sentence)])


def build_scenario(raw: Mapping[str, Any], config: Config, place: str = "") -> Scenario:
    """The scenario that a table holds; `place` is where the table itself stands. Raises ScenarioFaults."""
    reading = _Reading(raw, config, place)
    if reading.faults:
        raise ScenarioFaults(reading.faults)
    assert reading.until is not None, "a scenario without faults has an end"
    return Scenario(
        config=replace(config, clinic=reading.clinic),
        until=reading.until,
        patients=tuple(reading.patients),
        steps=tuple(sorted(reading.steps, key=lambda step: step.at)),
        place=place,
    )


class _Reading:
    """Every part of the scenario as far as it can be read, and the faults of all of them."""

    def __init__(self, raw: Mapping[str, Any], config: Config, place: str) -> None:
        self.faults: list[Fault] = []
        self._place = place
        table = parse_table(ScenarioTable, dict(raw), place, {"until": "?"})
        self.faults += table.faults
        self.clinic = self._read_clinic(table.table.clinic if table.table else {}, config.clinic)
        self.until = self._read_until(table.table) if table.table and table.is_sound("until") else None
        self.patients = list(self._read_patients(table.table.patients if table.table else []))
        self.steps = list(self._read_steps(table.table.events if table.table else []))
        self.faults += check_references(raw, self.patients, self.steps, self.clinic)

    def _read_clinic(self, raw: Mapping[str, Any], clinic: Clinic) -> Clinic:
        parsed = parse_table(ClinicChanges, raw, join_path(self._place, "clinic"))
        self.faults += parsed.faults
        if parsed.table is None:
            return clinic
        if not parsed.faults:
            self.faults += check_changes(parsed.table, clinic, join_path(self._place, "clinic"))
        return parsed.table.apply(clinic)

    def _read_until(self, table: ScenarioTable) -> datetime | None:
        return self._read_time(table.until, join_path(self._place, "until"))

    def _read_time(self, text: str, place: str) -> datetime | None:
        try:
            when = read_when(text, self.clinic.time_zone, self.clinic.default_procedure_time)
        except InputRefusal as refusal:
            self.faults.append(Fault(place, str(refusal)))
            return None
        if when.precision is Precision.DATE:
            self.faults.append(Fault(place, "Write the time as well, such as 2026-03-24T14:30:00."))
            return None
        return when.at

    # ---- patients ------------------------------------------------------------------------------------------------

    def _read_patients(self, raw: Sequence[Any]) -> Iterator[PatientTable]:
        for number, table in enumerate(raw, start=1):
            place = join_path(self._place, "patients", number)
            parsed = parse_table(PatientTable, table, place)
            self.faults += parsed.faults
            if parsed.table and not parsed.faults:
                self.faults += check_patient(parsed.table, place, self.clinic)
                yield parsed.table

    # ---- events --------------------------------------------------------------------------------------------------

    def _read_steps(self, raw: Sequence[Any]) -> Iterator[Step]:
        for number, table in enumerate(raw, start=1):
            place = join_path(self._place, "events", number)
            event = self._read_event(table, place)
            if event and (step := self._place_event(event, place)):
                yield step

    def _read_event(self, raw: Any, place: str) -> Event | None:
        do = raw.get("do") if isinstance(raw, dict) else None
        if not isinstance(do, str) or do not in EVENTS:
            self.faults.append(refuse_action(do, place))
            return None
        parsed = parse_table(EVENTS[do], raw, place)
        self.faults += parsed.faults
        return None if parsed.faults else parsed.table

    def _place_event(self, event: Event, place: str) -> Step | None:
        at = self._read_time(event.at, join_path(place, "at"))
        ends = join_path(place, "until")
        until = self._read_time(event.until, ends) if isinstance(event, Outage) else None
        if at is None or (until is None and isinstance(event, Outage)):
            return None
        if self.until is not None and at >= self.until:
            self.faults.append(Fault(join_path(place, "at"), "This lies at or after the scenario's own `until`."))
        if until is not None and until <= at:
            self.faults.append(Fault(ends, "An outage ends after it began: write a later time."))
        return Step(place=place, at=at, event=event, until=until)


def refuse_action(do: object, place: str) -> Fault:
    path = join_path(place, "do")
    near = find_near_match(do, EVENTS) if isinstance(do, str) else None
    hint = f'did you mean "{near}"?' if near else f"write {list_choices(list(EVENTS))}."
    return Fault(path, f"This says nothing that can happen; {hint}")


def check_patient(patient: PatientTable, place: str, clinic: Clinic) -> Iterable[Fault]:
    """What the front desk would refuse about the patient, field by field."""
    for key in ("phone", "email", "time_zone", "language"):
        text = getattr(patient, key)
        try:
            PatientEntry(**{key: text}).read(clinic)
        except InputRefusal as refusal:
            yield Fault(join_path(place, key), str(refusal))
    if not patient.phone and not patient.email:
        yield Fault(place, "There is no way to reach this patient: add a phone or an email.")
    for channel in patient.consent:
        key = "phone" if channel is Channel.SMS else "email"
        if not getattr(patient, key):
            yield Fault(join_path(place, "consent"), f"There is consent for {channel}, and no {key}: add it.")
