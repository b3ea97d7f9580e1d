"""Finding a patient as it is typed: parts of a name, accents, numbers in any spelling."""

from __future__ import annotations

import pytest

from reminders.casework.patients import PatientEntry, add_patient, find_patients
from reminders.store.engine import reading, writing
from tests.casework.pages import DeskClinic

PEOPLE = {
    "José Ángel Núñez": "+16175550142",
    "Ana Diaz": "+16175550143",
    "Diana Aná": "+442079460018",
    "Björn Åkesson": "+16175550145",
}


@pytest.fixture
def desk_with_people(desk: DeskClinic) -> DeskClinic:
    with writing(desk.app.engine) as tx:
        for name, phone in PEOPLE.items():
            entry = PatientEntry(name=name, phone=phone, email=f"{phone[-4:]}@example.org")
            add_patient(tx, desk.config.clinic, entry, desk.clock.now)
    return desk


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("jose", ["José Ángel Núñez"]),
        ("NUÑ", ["José Ángel Núñez"]),
        ("nunez jose", ["José Ángel Núñez"]),
        ("åkes", ["Björn Åkesson"]),
        ("ana", ["Ana Diaz", "Diana Aná"]),
        ("diaz", ["Ana Diaz"]),
        ("(617) 555-0142", ["José Ángel Núñez"]),
        ("617.555.0142", ["José Ángel Núñez"]),
        ("+1 617 555 0142", ["José Ángel Núñez"]),
        ("0142", ["José Ángel Núñez"]),
        ("020 7946", ["Diana Aná"]),
        ("0143@example.org", ["Ana Diaz"]),
        ("%", []),
        ("12", []),
        ("nobody", []),
    ],
)
def test_a_patient_is_found_as_it_is_typed(desk_with_people: DeskClinic, typed: str, found: list[str]) -> None:
    with reading(desk_with_people.app.engine) as tx:
        names = [row.name for row in find_patients(tx, desk_with_people.config.clinic, typed, limit=10)]

    assert names == found


def test_what_is_too_long_for_a_name_finds_nobody(desk_with_people: DeskClinic) -> None:
    """SQLite refuses a question of so many words, and a page would have failed."""
    with reading(desk_with_people.app.engine) as tx:
        assert find_patients(tx, desk_with_people.config.clinic, "ana " * 1000) == []


def test_no_more_are_found_than_are_asked_for(desk_with_people: DeskClinic) -> None:
    with reading(desk_with_people.app.engine) as tx:
        assert len(find_patients(tx, desk_with_people.config.clinic, "a", limit=2)) == 2


def test_a_renamed_patient_is_found_by_the_new_name(desk_with_people: DeskClinic) -> None:
    desk_with_people.edit(2, name="Zoë Diaz")

    with reading(desk_with_people.app.engine) as tx:
        found = find_patients(tx, desk_with_people.config.clinic, "zoe", limit=10)
    assert [row.id for row in found] == [2]


@pytest.mark.parametrize("typed", ["x" * 60_000, "9" * 60_000, "a " * 30_000, "@" * 60_000])
def test_what_is_longer_than_any_name_finds_nobody(desk_with_people: DeskClinic, typed: str) -> None:
    """S9: SQLite refuses so long a pattern, and a thousand words are a thousand conditions."""
    with reading(desk_with_people.app.engine) as tx:
        assert find_patients(tx, desk_with_people.config.clinic, typed, 10) == []
