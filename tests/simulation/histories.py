"""Random histories of a clinic's patients, as the tables of a scenario: the same seed gives the same history."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random
from typing import Any

from tests.simulation.oracle import LASER, NEEDLING

ZONES = ("America/New_York", "America/Los_Angeles", "Europe/Paris", "Australia/Sydney", "Asia/Kathmandu")
BEGINS = datetime.fromisoformat("2026-01-05")
ENDS = datetime.fromisoformat("2027-01-05")


def make_history(seed: int, patients: int = 3) -> dict[str, Any]:
    """A year in which everything is entered on time and every booking is kept."""
    chance = Random(seed)
    people = [_patient(chance, number) for number in range(1, patients + 1)]
    events = [event for person in people for event in _year_of(chance, person["id"])]
    return {
        "until": ENDS,
        "clinic": {"time_zone": chance.choice(ZONES)},
        "patients": people,
        "events": sorted((event for event in events if event["at"] < ENDS), key=lambda event: event["at"]),
    }


def _patient(chance: Random, number: int) -> dict[str, Any]:
    return {
        "id": f"patient-{number}",
        "phone": f"+1617555{100 + number:04d}",
        "email": f"patient{number}@example.org",
        "consent": chance.choice((["sms"], ["email"], ["sms", "email"], ["sms", "email"], [])),
        "time_zone": chance.choice(ZONES),
    }


def _year_of(chance: Random, patient: str) -> list[dict[str, Any]]:
    events = [event for treatment in (LASER, NEEDLING) for event in _course(chance, patient, treatment)]
    if chance.random() < 0.3:
        channel = chance.choice(("sms", "email"))
        events.append({"at": _moment(chance, BEGINS, 300), "do": "opt_out", "patient": patient, "channel": channel})
    return events


def _course(chance: Random, patient: str, treatment: str) -> list[dict[str, Any]]:
    count = chance.randint(0, 4)
    planned = {"planned_sessions": count + chance.randint(0, 2)} if count and chance.random() < 0.4 else {}
    events: list[dict[str, Any]] = []
    before, at = None, _moment(chance, BEGINS, 120)
    for number in range(1, count + 1):
        if before and chance.random() < 0.7:
            events.append(_booking(chance, patient, treatment, before, at))
        events.append(
            {
                "at": at,
                "do": "record_procedure",
                "id": f"{patient}-{treatment}-{number}",
                "patient": patient,
                "treatment": treatment,
                "performed_at": at,
                **(planned if number == 1 else {}),
            }
        )
        before, at = at, _moment(chance, at + timedelta(days=15), 45)
    return events


def _booking(chance: Random, patient: str, treatment: str, before: datetime, kept: datetime) -> dict[str, Any]:
    starts = kept - timedelta(minutes=chance.choice((20, 30, 45)))
    hours = int((starts - before).total_seconds() // 3600) - 2
    # Some visits are booked on the day itself: the text of the day before is late then.
    booked = starts - timedelta(
        hours=chance.choice((2, 10, 20, chance.randint(1, hours))), minutes=chance.randint(0, 59)
    )
    return {
        "at": booked,
        "do": "book_session",
        "id": f"{patient}-{treatment}-{kept:%m%d}",
        "patient": patient,
        "treatment": treatment,
        "starts_at": starts,
    }


def _moment(chance: Random, first: datetime, days: int) -> datetime:
    """On a day from then on, in the hours in which a clinic works, or a little later."""
    day = first.replace(hour=0, minute=0) + timedelta(days=chance.randint(0, days))
    return day + timedelta(minutes=chance.randint(9 * 60, 21 * 60))
