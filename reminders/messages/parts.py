"""What one reminder says, as plain values for its template."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from reminders.messages.dates import name_day, name_time
from reminders.messages.sandbox import Attributes, Plain
from reminders.model import CORRECTION
from reminders.rules import Bound, Clinic, Treatment


@dataclass(frozen=True, kw_only=True)
class Part:
    """One reminder of a message. Days and times are the clinic's local ones."""

    rule: str
    treatment: str
    occurrence: int = 1
    target_on: date | None = None
    """The day the next session may be; None once it has passed: then the text names none."""
    visit_at: datetime | None = None
    """The booked visit; in a correction the new time, or the old one where `is_unbooked`."""
    visit_has_time: bool = True
    is_unbooked: bool = False
    """Of a correction: the visit no longer stands."""
    attributes: Mapping[str, str] = field(default_factory=dict)
    """What is noted of the procedures that it is about."""


def list_attributes(rule: str, treatment: Treatment) -> dict[str, tuple[str, ...]]:
    """The attributes that a rule's text may name, each with the values it may have there.

    Where the rule is for some values alone, its text is about them: never about the other site of that day.
    """
    found = next((each for each in treatment.rules if each.id == rule), None)
    own = found.applies_to.attributes if found else {}
    return {name: own.get(name, values) for name, values in treatment.attributes.items()}


def clinic_values(clinic: Clinic) -> dict[str, Plain]:
    return {"clinic_name": clinic.name, "clinic_sms_name": clinic.sms_name, "clinic_phone": clinic.phone}


def part_values(part: Part, clinic: Clinic) -> dict[str, Plain]:
    """Every template of a rule may use these; what a reminder does not have is None."""
    has_time = part.visit_at is not None and part.visit_has_time
    return {
        **clinic_values(clinic),
        "occurrence": part.occurrence,
        "target_date": name_day(part.target_on, clinic.country) if part.target_on else None,
        "treatment_bound": str(_bound_of(part, clinic)),
        "visit_date": name_day(part.visit_at.date(), clinic.country) if part.visit_at else None,
        "visit_time": name_time(part.visit_at.time(), clinic.country) if part.visit_at and has_time else None,
        "attributes": _attributes_of(part, clinic),
        "is_unbooked": part.is_unbooked or (part.rule == CORRECTION and part.visit_at is None),
    }


def _bound_of(part: Part, clinic: Clinic) -> Bound:
    # A treatment may have left the configuration since the reminder was planned.
    treatment = clinic.treatments.get(part.treatment)
    return treatment.interval.bound if treatment and treatment.interval else Bound.NOMINAL


def _attributes_of(part: Part, clinic: Clinic) -> Attributes:
    """Every declared one, as a template writes its name; None where nothing is noted."""
    treatment = clinic.treatments.get(part.treatment)
    return {attribute_key(name): part.attributes.get(name) for name in (treatment.attributes if treatment else ())}


def attribute_key(name: str) -> str:
    """As a template writes it, which knows no dashes."""
    return name.replace("-", "_")
