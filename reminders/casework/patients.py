"""Patients: finding, adding and editing them, and what they consent to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import ColumnElement, Select, and_, case, or_, select, union
from sqlalchemy.exc import IntegrityError

from reminders.casework.known import Declared, require_attributes
from reminders.model import Channel, InputRefusal, Reason, Refusal
from reminders.replanning import Replanned, replan_contact, replan_patient
from reminders.rules import Clinic
from reminders.store.blocks import block_contact, list_standing_blocks
from reminders.store.cases import find_row, list_patients_of, lock_patient, lock_patients
from reminders.store.engine import DESK, Transaction, who
from reminders.store.versions import OPTED_IN, OPTED_OUT, note_change
from reminders.tables import ConsentRow, PatientRow
from reminders.typed import (
    fold_for_search,
    fold_name,
    is_readable,
    read_email,
    read_name,
    read_phone,
    read_time_zone,
)


@dataclass(frozen=True, kw_only=True)
class PatientEntry:
    """What was typed about a patient; None was not typed, an empty text clears."""

    name: str | None = None
    phone: str | None = None
    email: str | None = None
    time_zone: str | None = None
    language: str | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)
    """An empty value clears. Not for a patient who is found while a procedure is recorded."""

    def read(self, clinic: Clinic) -> dict[str, str | None]:
        """The typed fields as the row holds them. Raises InputRefusal."""
        readers = {
            "name": read_name,
            "phone": lambda text: read_phone(text, clinic.country),
            "email": read_email,
            "time_zone": lambda text: _unless_clinics_own(read_time_zone(text), clinic),
            "language": _read_language,
        }
        typed = {field: getattr(self, field) for field in readers}
        values = {
            field: readers[field](text) if text or field == "name" else None
            for field, text in typed.items()
            if text is not None
        }
        return values | (_keys_of(str(values["name"])) if "name" in values else {})

    def read_attributes(self, clinic: Clinic, known: Mapping[str, str]) -> dict[str, str]:
        """What is known, changed by what was typed. Raises InputRefusal."""
        given = {name: value for name, value in self.attributes.items() if value}
        require_attributes(given, declared_attributes(clinic))
        return {name: value for name, value in {**known, **self.attributes}.items() if value}


def _keys_of(name: str) -> dict[str, str]:
    return {"name_key": fold_name(name), "search_key": fold_for_search(name)}


def declared_attributes(clinic: Clinic) -> Declared:
    """What any treatment wants to know."""
    declared: dict[str, tuple[str, ...]] = {}
    for treatment in clinic.treatments.values():
        for name, values in treatment.attributes.items():
            declared[name] = tuple(dict.fromkeys((*declared.get(name, ()), *values)))
    return declared


def _unless_clinics_own(zone: str, clinic: Clinic) -> str | None:
    return None if zone == clinic.time_zone.key else zone


def _read_language(text: str) -> str:
    if not (2 <= len(text) <= 10 and text.replace("-", "").isalnum()):
        raise InputRefusal(f"'{text}' is not a language: write it as en or es.")
    return text.lower()


def add_patient(tx: Transaction, clinic: Clinic, entry: PatientEntry, now: datetime) -> PatientRow:
    """A new patient. Refuses one who is there already: the same name with the same number or address."""
    values = entry.read(clinic)
    if found := _find_same(tx, values):
        raise Refusal(
            f"This patient is there already, as number {found.id}: record the procedure with --patient {found.id}.",
            at_desk=f"This patient is there already, as number {found.id}: look for the name.",
        )
    attributes = entry.read_attributes(clinic, known={})
    with _refusing_twins(tx):
        return _insert(tx, values, attributes, now)


def find_or_add_patient(tx: Transaction, clinic: Clinic, entry: PatientEntry, now: datetime) -> PatientRow:
    """The patient of this name with this number or address, else a new one. What was typed newly is filled in."""
    values = entry.read(clinic)
    found = _find_same(tx, values)
    if found is None:
        attributes = entry.read_attributes(clinic, known={})
        try:
            with tx.begin_nested():
                return _insert(tx, values, attributes, now)
        except IntegrityError:
            # Another process entered the same patient in this very moment: theirs is the one.
            found = _find_same(tx, values)
            if found is None:
                raise
    return _fill_in(tx, found, values, now)


def fill_in_patient(tx: Transaction, clinic: Clinic, patient_id: int, entry: PatientEntry, now: datetime) -> PatientRow:
    """The patient of this number. What was typed newly is filled in; what differs from what is known is refused."""
    known = require_patient(tx, patient_id)
    values = entry.read(clinic)
    if values.get("name_key", known.name_key) != known.name_key:
        raise Refusal(
            f"Patient {patient_id} has another name: check the number, or leave --name out.",
            at_desk=f"Patient {patient_id} has another name: choose the patient again.",
        )
    return _fill_in(tx, known, values, now)


def _insert(tx: Transaction, values: dict[str, str | None], attributes: dict[str, str], now: datetime) -> PatientRow:
    if "name" not in values:
        raise InputRefusal("A new patient needs a name: add --name.", at_desk="A new patient needs a name.")
    _require_contact(values.get("phone"), values.get("email"))
    row = PatientRow(**values, attributes=attributes, created_at=now)
    tx.add(row)
    tx.flush()
    return row


def _require_contact(phone: str | None, email: str | None) -> None:
    if not phone and not email:
        raise InputRefusal("There is no way to reach this patient: add a phone number or an email address.")


def _find_same(tx: Transaction, values: dict[str, str | None]) -> PatientRow | None:
    reachable: list[ColumnElement[bool]] = [
        column == values[name]
        for name, column in (("phone", PatientRow.phone), ("email", PatientRow.email))
        if values.get(name)
    ]
    if not reachable or "name_key" not in values:
        return None
    return tx.scalars(
        select(PatientRow)
        .where(and_(PatientRow.name_key == values["name_key"], or_(*reachable)))
        .order_by(PatientRow.id)
    ).first()


def _fill_in(tx: Transaction, patient: PatientRow, values: dict[str, str | None], now: datetime) -> PatientRow:
    locked = lock_patient(tx, patient.id)
    assert locked is not None, "patients are never deleted"
    filled = []
    for key in ("phone", "email", "time_zone", "language"):
        typed, known = values.get(key), getattr(locked, key)
        if typed and known and typed != known:
            raise Refusal(
                f"Patient {locked.id} is known with another {key.replace('_', ' ')}: if it changed, run "
                f"`reminders patient edit {locked.id}` first; "
                "if it is another person, add them with `reminders patient add`.",
                at_desk=f"Patient {locked.id} is known with another {key.replace('_', ' ')}: if it changed, change it "
                "on the patient's page first.",
            )
        if typed and not known:
            setattr(locked, key, typed)
            filled.append(key.replace("_", " "))
    with _refusing_twins(tx):
        tx.flush()
    if filled:
        note_change(tx, locked, f"filled in the {' and the '.join(filled)}", now)
    return locked


@contextmanager
def _refusing_twins(tx: Transaction) -> Iterator[None]:
    """Refuse what would make two patients with one name and one number or address."""
    try:
        with tx.begin_nested():
            yield
    except IntegrityError:
        raise Refusal(
            "Another patient has this name and this number or address already: are they the same person?"
        ) from None


def edit_patient(tx: Transaction, clinic: Clinic, patient_id: int, entry: PatientEntry, now: datetime) -> Replanned:
    """Change what was typed, and replan."""
    row = require_patient(tx, patient_id)
    for key, value in entry.read(clinic).items():
        setattr(row, key, value)
    row.attributes = entry.read_attributes(clinic, known=row.attributes)
    _require_contact(row.phone, row.email)
    with _refusing_twins(tx):
        tx.flush()
    note_change(tx, row, f"edited {_say_edited(entry)}", now)
    return replan_patient(tx, clinic, patient_id, now)


def _say_edited(entry: PatientEntry) -> str:
    named = ("name", "phone", "email", "time_zone", "language")
    typed = [field.replace("_", " ") for field in named if getattr(entry, field) is not None]
    return " and ".join([*(f"the {each}" for each in typed), *entry.attributes]) or "nothing"


def require_patient(tx: Transaction, patient_id: int) -> PatientRow:
    """The patient's row, held. Raises InputRefusal where there is none."""
    row = lock_patient(tx, patient_id)
    if row is None:
        raise InputRefusal(
            f"There is no patient {patient_id}: find the number with `reminders patients NAME`.",
            at_desk=f"There is no patient {patient_id}: look for the name.",
        )
    return row


def find_patients(tx: Transaction, clinic: Clinic, text: str = "", limit: int | None = None) -> list[PatientRow]:
    """Patients by a part of the name, in any case and without accents, or of the address; or by number as it is typed.

    Those whose name begins with it come first. All of them without a text.
    """
    if not is_readable(text) or len(text) > _LONGEST_SEARCH:
        return []
    query = select(PatientRow).order_by(*_best_first(text), PatientRow.search_key, PatientRow.id)
    if text.strip():
        query = query.where(PatientRow.id.in_(build_search(clinic, text)))
    return list(tx.scalars(query.limit(limit)))


def build_search(clinic: Clinic, text: str) -> Select[int]:
    """The ids of those who match. Looks through one index, not through the table: a few milliseconds at 20,000."""
    typed = text.strip()
    digits = "".join(character for character in typed if character.isdigit())
    if not any(character.isalpha() for character in typed) and len(digits) >= _FEWEST_DIGITS:
        return _search_number(clinic, typed, digits)
    if "@" in typed:
        return select(PatientRow.id).where(PatientRow.email.contains(typed.casefold(), autoescape=True))
    words = fold_for_search(typed).split()
    by_name = select(PatientRow.id).where(*(PatientRow.search_key.contains(word, autoescape=True) for word in words))
    if len(words) > 1:
        return by_name
    return select(
        union(by_name, select(PatientRow.id).where(PatientRow.email.contains(typed.casefold(), autoescape=True)))
        .subquery()
        .c.id
    )


_LONGEST_SEARCH = 300
"""Longer than any name or address; SQLite refuses to look for 50,000 letters."""

_FEWEST_DIGITS = 3
"""Fewer are in too many numbers."""


def _search_number(clinic: Clinic, typed: str, digits: str) -> Select[int]:
    """Whole, it is found as it is kept; a part of it wherever it stands, without the zeros that are dialled at home."""
    is_it = PatientRow.phone.contains(digits.lstrip("0") or digits, autoescape=True)
    with suppress(InputRefusal):
        is_it |= PatientRow.phone == read_phone(typed, clinic.country)
    return select(PatientRow.id).where(is_it)


def _best_first(text: str) -> list[ColumnElement[int]]:
    words = fold_for_search(text).split()
    if not words:
        return []
    return [case((PatientRow.search_key.startswith(words[0], autoescape=True), 0), else_=1)]


# ---- consent ---------------------------------------------------------------------------------------------------


def give_consent(
    tx: Transaction, patient: PatientRow, channels: Iterable[Channel], now: datetime
) -> tuple[Channel, ...]:
    """Record the patient's word for channels that have none yet; returns these.

    Raises InputRefusal without a contact there.
    """
    standing = set(
        tx.scalars(
            select(ConsentRow.channel).where(ConsentRow.patient_id == patient.id, ConsentRow.withdrawn_at.is_(None))
        )
    )
    wanted = tuple(channels)
    for channel in wanted:
        require_contact(patient, channel)
    given = tuple(channel for channel in wanted if channel not in standing)
    for channel in given:
        tx.add(ConsentRow(patient_id=patient.id, channel=channel, given_at=now, source=DESK, recorded_by=who(tx)))
    tx.flush()
    return given


def require_contact(patient: PatientRow, channel: Channel) -> str:
    contact = patient.phone if channel is Channel.SMS else patient.email
    if not contact:
        what = "phone number" if channel is Channel.SMS else "email address"
        raise InputRefusal(
            f"Patient {patient.id} has no {what}: add it with `reminders patient edit {patient.id}`.",
            at_desk=f"The patient agrees to a way that cannot be used: add the {what}, or take the consent back.",
        )
    return contact


def opt_out(tx: Transaction, clinic: Clinic, patient_id: int, channel: Channel, now: datetime) -> list[Replanned]:
    """Nothing more to this number or address, whoever it is entered for. Replans everyone who has it."""
    _, contact = _hold_contact(tx, patient_id, channel)
    _note_for_all(tx, channel, contact, OPTED_OUT.format(channel=channel), now)
    block_contact(tx, channel, contact, Reason.OPTED_OUT, source=DESK, now=now)
    return replan_contact(tx, clinic, channel, contact, now)


def _hold_contact(tx: Transaction, patient_id: int, channel: Channel) -> tuple[PatientRow, str]:
    """Hold everyone who has the patient's number or address; returns the patient and the contact."""
    seen = find_row(tx, PatientRow, patient_id)
    contact = require_contact(seen, channel) if seen else ""
    lock_patients(tx, {patient_id, *list_patients_of(tx, channel, contact)})
    patient = require_patient(tx, patient_id)
    if require_contact(patient, channel) != contact:
        raise Refusal("Somebody has changed this patient's contact in this very moment: look at it, then try again.")
    return patient, contact


def _note_for_all(tx: Transaction, channel: Channel, contact: str, what: str, now: datetime) -> None:
    """For everyone who has it: whoever looks at one of them while another is changed must not overwrite it."""
    for patient_id in list_patients_of(tx, channel, contact):
        note_change(tx, require_patient(tx, patient_id), what, now)


def opt_in(tx: Transaction, clinic: Clinic, patient_id: int, channel: Channel, now: datetime) -> list[Replanned]:
    """The patient wants messages (again). Refused where the number itself said STOP: only it can say START."""
    patient, contact = _hold_contact(tx, patient_id, channel)
    for block in list_standing_blocks(tx, channel, contact):
        if block.reason == Reason.OPTED_OUT and block.source != DESK:
            raise Refusal("This number itself asked to stop. Only a START sent from it can lift that.")
        block.lifted_at = now
    _note_for_all(tx, channel, contact, OPTED_IN.format(channel=channel), now)
    give_consent(tx, patient, [channel], now)
    return replan_contact(tx, clinic, channel, contact, now)
