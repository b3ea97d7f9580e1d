"""Puts the sections together: one `Config`, or one `ConfigFaults` with everything that is wrong."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import reminders
from reminders.config.clinic import ClinicTable, VisitsTable, build_clinic, check_clinic, check_visits, list_windows
from reminders.config.database import place_database
from reminders.config.documents import DocumentSettings, check_sections
from reminders.config.faults import ConfigFaults, Fault, UnknownKey
from reminders.config.figures import PARTS_OF_DAY, check_sources
from reminders.config.lines import find_nearest_line
from reminders.config.parsing import Parsed, TableT, parse_table
from reminders.config.paths import join_path
from reminders.config.rule_parsing import Surroundings, check_id, parse_treatments
from reminders.config.sentences import unknown_key
from reminders.config.settings import (
    DatabaseSettings,
    DispatchSettings,
    EmailSettings,
    MessagesSettings,
    SmsSettings,
    WebSettings,
    check_providers,
)
from reminders.config.sources import describe_unknown_variable, read_sources
from reminders.rules import Clinic, Treatment

SECTIONS = [
    *("clinic", "visits", "database", "sms", "email", "web", "messages", "dispatch"),
    *("documents", "treatments", "examples"),
]


@dataclass(frozen=True, kw_only=True)
class Config:
    clinic: Clinic
    staff_email: str
    database_url: str = field(repr=False)
    """May hold a password."""
    sms: SmsSettings
    email: EmailSettings
    web: WebSettings
    messages: MessagesSettings
    dispatch: DispatchSettings
    documents: Mapping[str, DocumentSettings]
    templates_dir: Path
    examples: tuple[Mapping[str, Any], ...] = ()
    """As they stand in the file. A wrong one keeps no reminder from leaving: it is found where they are played."""


def load_config(path: Path, environ: Mapping[str, str]) -> Config:
    """Raises `ConfigFaults` with every fault of the file and of the `REMINDERS_*` variables."""
    sources = read_sources(path, environ)
    sections = _Sections(sources.data)
    known = {fault.path for fault in sources.faults}
    # A secret that was taken out of the file is not missing as well.
    later = (fault for fault in sections.faults if fault.path not in known)
    faults = [*sources.faults, *name_variables(later, sources.set_by)]
    if faults:
        raise ConfigFaults(place_faults(faults, str(path), sources.lines))
    return sections.build(path.absolute().parent)


class _Sections:
    """Every section as far as it can be read, and the faults of all of them."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        self.data = data
        self.faults: list[Fault] = [unknown_key(key, SECTIONS, "") for key in data if key not in SECTIONS]
        self.clinic = self.parse(ClinicTable, "clinic")
        self.visits = self.parse(VisitsTable, "visits")
        self.database = self.parse(DatabaseSettings, "database")
        self.sms = self.parse(SmsSettings, "sms")
        self.email = self.parse(EmailSettings, "email")
        self.web = self.parse(WebSettings, "web")
        self.messages = self.parse(MessagesSettings, "messages")
        self.dispatch = self.parse(DispatchSettings, "dispatch")
        self.documents = self.parse_documents()
        self.treatments = self.parse_treatments(self.documents)
        self.examples = self.list_examples()
        self.faults += check_sections(self.documents, self.data.get("treatments"))
        self.faults += check_sources(self.visits, "visits", self.documents)
        self.faults += check_clinic(self.clinic)
        self.faults += check_visits(self.visits)
        self.faults += check_providers(self.sms, self.email, self.dispatch)

    def parse(self, model: type[TableT], section: str) -> Parsed[TableT]:
        parsed = parse_table(model, self.data.get(section, {}), section)
        self.faults += parsed.faults
        return parsed

    def parse_documents(self) -> dict[str, Parsed[DocumentSettings]]:
        raw = self.data.get("documents", {})
        if not isinstance(raw, dict):
            self.faults.append(Fault("documents", "Write a section [documents.<id>] for each document."))
            return {}
        parsed = {key: parse_table(DocumentSettings, table, f"documents.{key}") for key, table in raw.items()}
        for key, document in parsed.items():
            self.faults += [*check_id(key, join_path("documents", key)), *document.faults]
        return parsed

    def parse_treatments(self, documents: Collection[str]) -> dict[str, Treatment]:
        clinic = self.clinic.table
        around = Surroundings(
            documents=documents,
            parts_of_day=clinic.parts_of_day if clinic and self.clinic.is_sound("parts_of_day") else PARTS_OF_DAY,
            has_opening_hours=not self.clinic.is_sound("opening_hours")
            or clinic is None
            or clinic.opening_hours is not None,
            sending_hours=list_windows(clinic.sending_hours)
            if clinic and self.clinic.is_sound("sending_hours")
            else None,
        )
        treatments, faults = parse_treatments(self.data.get("treatments"), around)
        self.faults += faults
        return treatments

    def list_examples(self) -> tuple[Mapping[str, Any], ...]:
        raw = self.data.get("examples", [])
        if isinstance(raw, list) and all(isinstance(example, dict) for example in raw):
            return tuple(raw)
        self.faults.append(Fault("examples", "Begin each example with [[examples]], in two brackets."))
        return ()

    def build(self, folder: Path) -> Config:
        """Only where there are no faults."""
        clinic = _sound(self.clinic)
        return Config(
            clinic=build_clinic(clinic, _sound(self.visits), self.treatments),
            staff_email=clinic.staff_email,
            database_url=place_database(_sound(self.database).url, folder),
            sms=_sound(self.sms),
            email=_sound(self.email),
            web=_sound(self.web),
            messages=_sound(self.messages),
            dispatch=_sound(self.dispatch),
            documents={key: _sound(parsed) for key, parsed in self.documents.items()},
            templates_dir=find_templates(folder),
            examples=self.examples,
        )


def _sound(parsed: Parsed[TableT]) -> TableT:
    assert parsed.table is not None, "a section without faults was read"
    return parsed.table


def find_templates(folder: Path) -> Path:
    """The clinic's own texts, else those shipped inside the package, else those of the checkout."""
    own = folder / "templates"
    return own if own.is_dir() else shipped_templates()


def shipped_templates() -> Path:
    """Those inside the package, else those of the checkout."""
    package = Path(reminders.__file__).resolve().parent
    inside = package / "_templates"
    return inside if inside.is_dir() else package.parent / "templates"


def place_faults(faults: Iterable[Fault], file: str, lines: Mapping[str, int]) -> list[Fault]:
    """Each with its line, in the order of the file; what a variable or a missing section causes has none."""
    placed = (
        fault if fault.variable else replace(fault, file=file, line=find_nearest_line(lines, fault.path))
        for fault in faults
    )
    return sorted(placed, key=lambda fault: fault.line or 0)


def name_variables(faults: Iterable[Fault], set_by: Mapping[str, str]) -> Iterator[Fault]:
    """Where a variable is at fault, the sentence says so: the file may look right."""
    for fault in faults:
        if not isinstance(fault, UnknownKey):
            yield _mention_variable(fault, set_by)
        elif variables := [path for path in set_by if path == fault.path or path.startswith(f"{fault.path}.")]:
            yield from (_unknown_variable(fault, path, set_by[path]) for path in variables)
        else:
            yield fault


def _mention_variable(fault: Fault, set_by: Mapping[str, str]) -> Fault:
    for path, variable in set_by.items():
        if fault.path == path or fault.path.startswith(f"{path}."):
            return Fault(fault.path, f"{fault.sentence} (It is set by {variable}.)", variable=variable)
    return fault


def _unknown_variable(fault: UnknownKey, path: str, variable: str) -> Fault:
    meant = fault.meant and fault.meant + path.removeprefix(fault.path)
    return Fault(variable, describe_unknown_variable(variable, meant), variable=variable)
