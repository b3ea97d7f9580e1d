"""What is typed to change a patient's details: only what differs from what is known counts as typed.

The form carries what each field held when it was opened. So if somebody else has changed the patient meanwhile, their
fields are shown as they are now, and one's own as they were typed.
"""

from __future__ import annotations

from collections.abc import Mapping

from reminders.casework.patients import PatientEntry, declared_attributes
from reminders.desk.forms import Form
from reminders.desk.words import _
from reminders.model import InputRefusal
from reminders.rules import Clinic
from reminders.tables import PatientRow

COLUMNS = ("name", "phone", "email", "language", "time_zone")
ATTRIBUTE = "attribute."
"""Before the name of what is noted of the patient."""
BEFORE = "before."
"""Before the name of a field: what it held."""
NEW_ATTRIBUTE = "new_attribute"


def list_fields(patient: PatientRow, clinic: Clinic) -> dict[str, str]:
    """What the fields hold at first."""
    noted = {name: patient.attributes.get(name, "") for name in (*declared_attributes(clinic), *patient.attributes)}
    return {
        **{column: getattr(patient, column) or "" for column in COLUMNS},
        **{ATTRIBUTE + name: value for name, value in noted.items()},
    }


def offer_fields(known: Mapping[str, str], version: int) -> Form:
    before = tuple((BEFORE + name, value) for name, value in known.items())
    return Form((*known.items(), *before, ("version", str(version))))


def offer_again(form: Form, known: Mapping[str, str], version: int) -> Form:
    """What was typed over what is known by now; the form has seen this version."""
    kept = {name: form.text(name) for name in known if has_typed(form, name)}
    added = tuple((name, form.text(name)) for name in (NEW_ATTRIBUTE, f"{NEW_ATTRIBUTE}_value"))
    return Form((*kept.items(), *added, *offer_fields(known, version).fields))


def has_typed(form: Form, name: str) -> bool:
    return any(key == name for key, _value in form.fields) and form.text(name) != form.text(BEFORE + name)


def read_entry(form: Form, known: Mapping[str, str]) -> PatientEntry:
    """Raises InputRefusal for a note without a name."""
    typed = {name: form.text(name) for name in known if has_typed(form, name) and form.text(name) != known[name]}
    attributes = {name.removeprefix(ATTRIBUTE): text for name, text in typed.items() if name.startswith(ATTRIBUTE)}
    name, value = form.text(NEW_ATTRIBUTE), form.text(f"{NEW_ATTRIBUTE}_value")
    if value and not name:
        raise InputRefusal(_("Say what it is that you noted."))
    if name and value and known.get(ATTRIBUTE + name) != value:
        attributes[name] = value
    columns = {name: text for name, text in typed.items() if name in COLUMNS}
    return PatientEntry(attributes=attributes, **columns)


def list_changed(entry: PatientEntry) -> list[str]:
    """The names of the columns, for the audit log."""
    changed = [column for column in COLUMNS if getattr(entry, column) is not None]
    return [*changed, *(["attributes"] if entry.attributes else [])]
