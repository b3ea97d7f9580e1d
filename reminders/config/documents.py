"""From `[documents.<id>]` to settings: which text figures may cite, and how its sections are found."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from typing import Annotated, Any

from pydantic import AfterValidator

from reminders.config.faults import Fault, find_near_match
from reminders.config.parsing import Parsed, Table
from reminders.config.paths import join_path
from reminders.config.values import Line


def check_hash(sha256: str) -> str:
    if not re.fullmatch(r"[0-9a-f]{64}", sha256):
        raise ValueError("Write the 64 characters from 0-9 and a-f that `reminders rules check` shows.")
    return sha256


class SectionSettings(Table):
    name: Line
    """As `source.section` of a figure has it."""
    starts_with: Line | None = None
    """Left out: its name."""
    treatments: tuple[Line, ...] | None = None
    """Left out: it is for every treatment."""


class DocumentSettings(Table):
    title: Line
    file: Line | None = None
    """Its name in the folder of documents."""
    sha256: Annotated[str, AfterValidator(check_hash)] | None = None
    """Of the file as a person read and approved it."""
    clinic_text_ends_before: Line | None = None
    """The first words of what visitors wrote below."""
    sections: tuple[SectionSettings, ...] = ()


def check_sections(documents: Mapping[str, Parsed[DocumentSettings]], treatments: Any) -> Iterator[Fault]:
    """A section has a name of its own, and is for treatments that exist. `treatments` is the raw table of them."""
    for key, parsed in documents.items():
        path = join_path("documents", key, "sections")
        if parsed.table and parsed.is_sound("sections"):
            yield from _check_names(parsed.table.sections, path)
            if isinstance(treatments, dict):
                yield from _check_treatments(parsed.table.sections, treatments, path)


def _check_names(sections: tuple[SectionSettings, ...], path: str) -> Iterator[Fault]:
    for name, count in Counter(section.name for section in sections).items():
        if count > 1:
            places = [number for number, section in enumerate(sections) if section.name == name]
            yield Fault(join_path(path, places[-1], "name"), "Two sections have this name; give each its own.")


def _check_treatments(sections: tuple[SectionSettings, ...], treatments: Collection[str], path: str) -> Iterator[Fault]:
    for number, section in enumerate(sections):
        for treatment in section.treatments or ():
            if treatment not in treatments:
                near = find_near_match(treatment, treatments)
                hint = f'did you mean "{near}"?' if near else "write the id of one in [treatments.<id>]."
                yield Fault(join_path(path, number, "treatments"), f"No treatment has this id; {hint}")
