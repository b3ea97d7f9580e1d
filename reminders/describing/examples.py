"""For each rule a patient to whom it applies, so that the planner itself can say when its texts leave. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from reminders.local_time import local_date, resolve_local
from reminders.model import Channel, Contact, PatientCase, Procedure, Session
from reminders.planning.courses import list_performed_sessions
from reminders.planning.wording import say_day, say_visit
from reminders.rules import Anchor, Clinic, Event, Rule

EXAMPLE_AT = "2026-03-03T15:00"
"""When the procedure ends, where nobody says. A Tuesday in the afternoon: its first day holds a night, and in America
the clocks change in its first week."""

HAPPENS_AFTER = timedelta(days=7)
"""When an event is recorded that a rule waits for."""

VISITS_AFTER = timedelta(days=28)
"""When a visit is that no interval leads to."""

_CONTACTS = {channel: Contact(channel=channel, address="example") for channel in Channel}


@dataclass(frozen=True, kw_only=True)
class Example:
    case: PatientCase
    around: str
    """What the rule counts from, in a word or two."""
    anchor_at: datetime
    assumed: tuple[str, ...]
    """What must be so for the rule to apply, beyond the procedure itself."""


def make_example(rule: Rule, clinic: Clinic, performed_at: datetime) -> Example:
    """The procedure ends at `performed_at`; where none comes before the visit, the visit itself is then."""
    procedure = _make_procedure(rule, clinic, performed_at)
    case = PatientCase(patient_id=1, procedures=(procedure,), contacts=_CONTACTS, attributes=_choose_attributes(rule))
    if rule.anchor is Anchor.SESSION or rule.when.session_booked:
        case = _book(case, rule, clinic, performed_at)
    return Example(
        case=case,
        around=_name_anchor(rule),
        anchor_at=_find_anchor(rule, case, performed_at),
        assumed=tuple(_list_assumed(rule, case, clinic)),
    )


def find_target(procedure: Procedure, clinic: Clinic) -> date | None:
    """The day the next session is due, as the planner has it."""
    treatment = clinic.treatments[procedure.treatment]
    if treatment.interval is None:
        return None
    (performed,) = list_performed_sessions([procedure], treatment, clinic)
    return performed.target_on


# ---- the procedure ---------------------------------------------------------------------------------------------


def _make_procedure(rule: Rule, clinic: Clinic, performed_at: datetime) -> Procedure:
    number = _choose_number(rule)
    total = _choose_total(rule, clinic, number)
    return Procedure(
        id=1,
        treatment=rule.treatment,
        performed_at=performed_at,
        session_given=number,
        planned_sessions=total,
        decided_at=performed_at if total else None,
        recorded_at=performed_at,
        attributes=_choose_attributes(rule),
        events=dict.fromkeys(_list_needed_events(rule), _days_later(performed_at, HAPPENS_AFTER, clinic)),
        answers=rule.when.answer,
    )


def _choose_number(rule: Rule) -> int:
    """The procedure's; a booked visit is the session after it."""
    wanted = _wanted_number(rule)
    return max(1, wanted - 1) if rule.anchor is Anchor.SESSION else wanted


def _wanted_number(rule: Rule) -> int:
    """The lowest that the rule applies to."""
    applies_to = rule.applies_to
    if isinstance(applies_to.session, int):
        return applies_to.session
    return applies_to.sessions_from or (2 if rule.anchor is Anchor.SESSION else 1)


def _choose_total(rule: Rule, clinic: Clinic, number: int) -> int | None:
    """The number of sessions that the clinician decided on; None: undecided, as it is at first."""
    sessions = clinic.treatments[rule.treatment].sessions
    if rule.applies_to.session == "last":
        return _wanted_number(rule)
    if rule.when.session_due is False:
        return number
    is_needed = rule.when.session_due and sessions is not None and number >= sessions.least
    if rule.when.total_decided or (is_needed and rule.when.total_decided is None):
        return number + 1
    return None


def _choose_attributes(rule: Rule) -> dict[str, str]:
    return {name: values[0] for name, values in rule.applies_to.attributes.items()}


def _list_needed_events(rule: Rule) -> Iterator[str]:
    yield from rule.when.happened
    if isinstance(rule.anchor, Event) and rule.anchor.fallback is None:
        yield rule.anchor.name


# ---- the visit -------------------------------------------------------------------------------------------------


def _book(case: PatientCase, rule: Rule, clinic: Clinic, performed_at: datetime) -> PatientCase:
    """The visit on the day the next session is due, or a while later where none is; or at the example's time itself,
    with no procedure before it, where the rule asks for none."""
    target_on = find_target(case.procedures[0], clinic)
    is_first = rule.anchor is Anchor.SESSION and _is_first_visit(rule, target_on)
    starts_at = performed_at if is_first else _choose_visit(target_on, clinic, performed_at)
    visit = Session(id=1, treatment=rule.treatment, starts_at=starts_at, visit=1, changed_at=performed_at)
    return replace(case, procedures=() if is_first else case.procedures, sessions=(visit,))


def _is_first_visit(rule: Rule, target_on: date | None) -> bool:
    when, applies_to = rule.when, rule.applies_to
    asks_for_more = when.answer or when.happened or when.total_decided or applies_to.session == "last"
    return _wanted_number(rule) == 1 or (target_on is None and applies_to.sessions_from is None and not asks_for_more)


def _choose_visit(target_on: date | None, clinic: Clinic, performed_at: datetime) -> datetime:
    if target_on is None:
        return _days_later(performed_at, VISITS_AFTER, clinic)
    return resolve_local(target_on, performed_at.astimezone(clinic.time_zone).time(), clinic.time_zone)


def _days_later(instant: datetime, days: timedelta, clinic: Clinic) -> datetime:
    """At the same time of day."""
    local = instant.astimezone(clinic.time_zone)
    return resolve_local(local.date() + days, local.time(), clinic.time_zone)


# ---- in words --------------------------------------------------------------------------------------------------


def _name_anchor(rule: Rule) -> str:
    if isinstance(rule.anchor, Event):
        return f"“{rule.anchor.name}”"
    return "the booked visit" if rule.anchor is Anchor.SESSION else "the procedure"


def _find_anchor(rule: Rule, case: PatientCase, performed_at: datetime) -> datetime:
    if rule.anchor is Anchor.SESSION:
        return case.sessions[0].starts_at
    if isinstance(rule.anchor, Event):
        return case.procedures[0].events.get(rule.anchor.name, performed_at)
    return performed_at


def _list_assumed(rule: Rule, case: PatientCase, clinic: Clinic) -> Iterator[str]:
    applies_to, zone = rule.applies_to, clinic.time_zone
    if applies_to.session or applies_to.sessions_from:
        last = ", the last one" if applies_to.session == "last" else ""
        yield f"session {_wanted_number(rule)}{last}"
    yield from (f"{name} is {values[0]}" for name, values in applies_to.attributes.items())
    for procedure in case.procedures:
        yield from (f"“{name}” on {say_day(local_date(at, zone))}" for name, at in procedure.events.items())
        yield from (f"“{name}” not recorded" for name in _list_fallbacks(rule, procedure))
        if procedure.planned_sessions and applies_to.session != "last":
            yield f"{procedure.planned_sessions} sessions decided"
    yield from (f"“{question}” answered “{answer}”" for question, answer in rule.when.answer.items())
    yield from (f"a visit booked for {say_visit(session.starts_at, zone)}" for session in case.sessions)


def _list_fallbacks(rule: Rule, procedure: Procedure) -> Iterator[str]:
    """The events in whose place the rule's fallback stands."""
    named = dict.fromkeys(event.name for event in (rule.anchor, rule.until) if isinstance(event, Event))
    yield from (name for name in named if name not in procedure.events)
