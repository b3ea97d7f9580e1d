"""Whether a scenario's events speak of patients, treatments, procedures and sessions that it has."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from reminders.config import Fault
from reminders.config.faults import find_near_match
from reminders.config.paths import join_path
from reminders.rules import Clinic
from reminders.simulation.tables import BookSession, PatientTable, RecordProcedure, Step


def check_references(
    raw: Mapping[str, Any], patients: Sequence[PatientTable], steps: Sequence[Step], clinic: Clinic
) -> Iterator[Fault]:
    """An id that stands in a faulty table counts as there: one fault is not to look like two."""
    patient_ids = list(_ids(raw.get("patients")))
    known = {
        "patient": patient_ids,
        "treatment": list(clinic.treatments),
        "procedure": list(_ids(raw.get("events"), "record_procedure")),
        "session": list(_ids(raw.get("events"), "book_session")),
    }
    yield from _repeated("patients", patient_ids)
    yield from _repeated("events", known["procedure"])
    yield from _repeated("events", known["session"])
    for step in steps:
        yield from _unknown(step, known)
    yield from _too_soon(steps)


def _ids(tables: object, do: str | None = None) -> Iterator[str]:
    for table in tables if isinstance(tables, list) else []:
        if isinstance(table, dict) and isinstance(table.get("id"), str) and do in (None, table.get("do")):
            yield table["id"].strip()


def _repeated(place: str, ids: Iterable[str]) -> Iterator[Fault]:
    for word, count in Counter(ids).items():
        if count > 1:
            yield Fault(place, f'The id "{word}" stands here {count} times: give each its own.')


def _unknown(step: Step, known: Mapping[str, Collection[str]]) -> Iterator[Fault]:
    for key, words in known.items():
        word = getattr(step.event, key, None)
        # A procedure's `session` is its number, and no id.
        if isinstance(word, str) and word not in words:
            near = find_near_match(word, words)
            hint = f'did you mean "{near}"?' if near else "check its id."
            yield Fault(join_path(step.place, key), f'There is no {key} "{word}"; {hint}')


def _too_soon(steps: Sequence[Step]) -> Iterator[Fault]:
    """Nothing can be done to a procedure or a session before it is there."""
    begins = {
        (key, step.event.id): (step.at, number)
        for number, step in enumerate(steps)
        for key, kind in (("procedure", RecordProcedure), ("session", BookSession))
        if isinstance(step.event, kind) and step.event.id
    }
    for number, step in enumerate(steps):
        for key in ("procedure", "session"):
            word = getattr(step.event, key, None)
            begun = begins.get((key, word)) if isinstance(word, str) else None
            if begun and (step.at, number) < begun:
                yield Fault(join_path(step.place, "at"), f'The {key} "{word}" is not there yet at this time.')
