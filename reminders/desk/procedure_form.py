"""What is typed to record a procedure, as the casework reads it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from fastapi import HTTPException

from reminders.casework.patients import PatientEntry
from reminders.casework.previews import FieldFault
from reminders.casework.procedures import ProcedureEntry
from reminders.desk.desk import LARGEST_ID
from reminders.desk.forms import Form
from reminders.desk.words import _
from reminders.model import Channel
from reminders.rules import Clinic


@dataclass(frozen=True, kw_only=True)
class TypedProcedure:
    entry: ProcedureEntry
    faults: tuple[FieldFault, ...]
    """Numbers that are none: the entry has them as not typed."""


def read_typed(form: Form, clinic: Clinic) -> TypedProcedure:
    """Raises HTTPException for what the page never sends."""
    counts = {name: form.text(name) for name in ("session", "planned_sessions")}
    wrong = [name for name, text in counts.items() if text and not _is_count(text)]
    numbers = {name: int(text) for name, text in counts.items() if text and name not in wrong}
    treatment = form.text("treatment")
    entry = ProcedureEntry(
        treatment=treatment,
        performed_at=form.moment(),
        patient=_read_patient(form),
        patient_id=read_patient_id(form.text("patient_id")),
        session=numbers.get("session"),
        planned_sessions=numbers.get("planned_sessions"),
        attributes=_read_attributes(form, clinic, treatment),
        consent=tuple(_read_channels(form)),
        key=_make_key(form),
    )
    faults = tuple(FieldFault(field=name, sentence=_("Write the number of sessions in digits.")) for name in wrong)
    return TypedProcedure(entry=entry, faults=faults)


ONCE = "once"
"""A random word in each page: the same form sent again, perhaps weeks later by a browser, is the same procedure."""

_WHAT_IT_IS = ("patient_id", "name", "phone", "email", "treatment", "on", "at")


def _make_key(form: Form) -> str | None:
    """Of the page and of what was done to whom: with another patient or day it is another procedure."""
    if not form.text(ONCE):
        return None
    said = [form.text(ONCE), *(form.text(name) for name in _WHAT_IT_IS), *sorted(_list_typed_attributes(form))]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()


def _list_typed_attributes(form: Form) -> Iterator[str]:
    return (f"{name}={value}" for name, value in form.fields if name.startswith("attribute."))


def _is_count(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 9


def _read_patient(form: Form) -> PatientEntry:
    """Only what was typed: of a patient who is known, an empty field says nothing."""
    return PatientEntry(
        name=form.text("name") or None,
        phone=form.text("phone") or None,
        email=form.text("email") or None,
        time_zone=form.text("time_zone") or None,
    )


def read_patient_id(text: str) -> int | None:
    if not text:
        return None
    if not _is_count(text) or not 1 <= int(text) <= LARGEST_ID:
        raise HTTPException(400)
    return int(text)


def _read_attributes(form: Form, clinic: Clinic, treatment: str) -> dict[str, str]:
    """Of the chosen treatment; the page shows those of each."""
    declared = clinic.treatments[treatment].attributes if treatment in clinic.treatments else {}
    typed = {name: form.text(attribute_field(treatment, name)) for name in declared}
    return {name: value for name, value in typed.items() if value}


def attribute_field(treatment: str, name: str) -> str:
    return f"attribute.{treatment}.{name}"


def _read_channels(form: Form) -> Iterator[Channel]:
    for text in dict.fromkeys(form.texts("consent")):
        try:
            yield Channel(text)
        except ValueError:
            raise HTTPException(400) from None


def list_missing(entry: ProcedureEntry) -> Iterator[FieldFault]:
    """What a procedure cannot be saved without."""
    if entry.patient_id is None and not entry.patient.name:
        yield FieldFault(field="patient", sentence=_("Choose the patient, or add a new one."))
    if not entry.treatment:
        yield FieldFault(field="treatment", sentence=_("Choose the treatment."))
    if not entry.performed_at:
        yield FieldFault(field="performed_at", sentence=_("Say on which day it was."))


def offer_now(form: Form, clinic: Clinic, now: datetime) -> Form:
    """The form with the present minute on the clinic's clock."""
    local = now.astimezone(clinic.time_zone)
    return Form((*form.fields, ("on", f"{local:%Y-%m-%d}"), ("at", f"{local:%H:%M}")))
