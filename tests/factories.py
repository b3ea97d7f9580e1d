"""What decisions read, made by hand: a clinic, its patients and their rows. Nothing here needs a database.

The cast: Ana consents to everything, Ben has opted out, Cleo has not been asked yet.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from reminders.model import (
    AnchorKind,
    Channel,
    Contact,
    DesiredTask,
    Identity,
    PatientCase,
    Plan,
    PlannedReminder,
    Procedure,
    Reason,
    Receipt,
    Session,
    SessionState,
    Status,
    StoredReminder,
    StoredTask,
    TaskRule,
    TaskStatus,
)
from reminders.model import Outcome as ReceiptOutcome
from reminders.planning import plan_reminders
from reminders.rules import Anchor, Clinic, ClockTime, Count, Duration, EndOfDay, Rule, Treatment, Unit
from reminders.sending_hours import SendingHours
from tests.clinic import LASER, NEEDLING, load_shipped

NEW_YORK = ZoneInfo("America/New_York")
LOS_ANGELES = ZoneInfo("America/Los_Angeles")
TOKYO = ZoneInfo("Asia/Tokyo")

CLINIC: Clinic = load_shipped("sqlite://").clinic
"""The clinic of the configuration that ships."""

DAILY = (time(8), time(20))
"""The sending hours that ship, on each day."""

Contacts = Mapping[Channel, Contact]


def at(typed: str, zone: ZoneInfo = NEW_YORK) -> datetime:
    """The instant of 'YYYY-MM-DD HH:MM' on the zone's clock; ':SS' may follow."""
    return datetime.fromisoformat(typed).replace(tzinfo=zone).astimezone(UTC)


def local(instant: datetime | None, zone: ZoneInfo = NEW_YORK) -> str:
    """The reverse of `at`, to the minute."""
    assert instant is not None, "there is no moment to show"
    return instant.astimezone(zone).strftime("%Y-%m-%d %H:%M")


# ---- the cast --------------------------------------------------------------------------------------------------


def _contacts(sms: str, email: str, blocked: Reason | None) -> Contacts:
    return {
        Channel.SMS: Contact(channel=Channel.SMS, address=sms, blocked=blocked),
        Channel.EMAIL: Contact(channel=Channel.EMAIL, address=email, blocked=blocked),
    }


ANA = _contacts("+16175550142", "ana@example.org", None)
BEN = _contacts("+16175550143", "ben@example.org", Reason.OPTED_OUT)
CLEO = _contacts("+16175550144", "cleo@example.org", Reason.NO_CONSENT)


def make_procedure(**over: Any) -> Procedure:
    """A laser treatment that ended on Tuesday, 10 March 2026, at 10:00."""
    return replace(Procedure(id=1, treatment=LASER, performed_at=at("2026-03-10 10:00")), **over)


def make_needling(**over: Any) -> Procedure:
    return make_procedure(**({"treatment": NEEDLING} | over))


def make_session(**over: Any) -> Session:
    """A laser visit booked for Tuesday, 14 April 2026, at 10:00."""
    values: dict[str, Any] = {"id": 1, "treatment": LASER, "starts_at": at("2026-04-14 10:00")} | over
    return Session(**({"visit": values["id"], "changed_at": at("2026-03-10 10:30")} | values))


def make_needling_session(**over: Any) -> Session:
    return make_session(**({"treatment": NEEDLING} | over))


def make_moved_visit(told: str, now: str | None, *, changed_at: str = "2026-04-13 12:00") -> tuple[Session, ...]:
    """A laser visit moved to another day, or unbooked where `now` is None."""
    first = make_session(starts_at=at(told), changed_at=at(changed_at))
    if now is None:
        return (replace(first, state=SessionState.UNBOOKED),)
    moved = make_session(id=2, visit=1, starts_at=at(now), changed_at=at(changed_at))
    return replace(first, state=SessionState.MOVED), moved


def make_case(*events: Procedure | Session, **over: Any) -> PatientCase:
    """Ana's case with these procedures and sessions."""
    case = PatientCase(
        patient_id=1,
        procedures=tuple(event for event in events if isinstance(event, Procedure)),
        sessions=tuple(event for event in events if isinstance(event, Session)),
        contacts=ANA,
    )
    return replace(case, **over)


# ---- rules and clinics -----------------------------------------------------------------------------------------


def length(value: int, unit: str) -> Duration:
    return Duration(value=value, unit=Unit(unit))


def clock(typed: str) -> ClockTime:
    return ClockTime(value=time.fromisoformat(typed))


def make_rule(**over: Any) -> Rule:
    """Once, on day 1 at 10:00, useful until the end of day 3."""
    rule = Rule(
        id="check",
        treatment=LASER,
        anchor=Anchor.PROCEDURE_DATE,
        starts=length(1, "days"),
        at=clock("10:00"),
        expires=EndOfDay(day=3),
    )
    return replace(rule, **over)


def make_clinic(*rules: Rule, **over: Any) -> Clinic:
    """The shipped clinic, with these rules alone for the laser where any are given."""
    clinic = replace(CLINIC, **over)
    return with_treatment(clinic, rules=rules) if rules else clinic


def with_treatment(clinic: Clinic, treatment: str = LASER, **over: Any) -> Clinic:
    changed: Treatment = replace(clinic.treatments[treatment], **over)
    return replace(clinic, treatments={**clinic.treatments, treatment: changed})


def make_hours(zone: ZoneInfo = NEW_YORK, **days: tuple[str, str] | None) -> SendingHours:
    """08:00 to 20:00, but for the days named: `sat=("10:00", "14:00"), sun=None`."""
    return SendingHours(windows=make_windows(**days), zone=zone)


def make_windows(**days: tuple[str, str] | None) -> tuple[tuple[time, time] | None, ...]:
    windows: dict[str, tuple[time, time] | None] = dict.fromkeys(
        ("mon", "tue", "wed", "thu", "fri", "sat", "sun"), DAILY
    )
    for day, window in days.items():
        windows[day] = (time.fromisoformat(window[0]), time.fromisoformat(window[1])) if window else None
    return tuple(windows.values())


# ---- plans and rows --------------------------------------------------------------------------------------------


def make_planned(**over: Any) -> PlannedReminder:
    """Ana's text of 12 March 2026, 10:00, useful until the end of the day after."""
    planned = PlannedReminder(
        identity=identity(over.pop("rule", "swelling"), over.pop("occurrence", 1)),
        treatment=LASER,
        due_at=at("2026-03-12 10:00"),
        expires_at=at("2026-03-14 00:00"),
        channel=Channel.SMS,
        contact=ANA[Channel.SMS].address,
    )
    return replace(planned, **over)


def make_stored(planned: PlannedReminder | None = None, **over: Any) -> StoredReminder:
    """The row of a planned reminder, scheduled as it was planned."""
    planned = planned or make_planned()
    status = over.get("status", Status.SCHEDULED)
    row = StoredReminder(
        id=1,
        identity=planned.identity,
        treatment=planned.treatment,
        channel=planned.channel,
        status=status,
        due_at=planned.due_at,
        expires_at=planned.expires_at,
        target_on=planned.target_on,
        visit_at=planned.visit_at,
        next_attempt_at=planned.due_at if status is Status.SCHEDULED else None,
    )
    return replace(row, **over)


def make_sent(planned: PlannedReminder, left_at: datetime | None = None, **over: Any) -> StoredReminder:
    """The row of a planned reminder that left, when it was due unless said otherwise."""
    over = {"status": Status.SENT, "contact": planned.contact, "left_at": left_at or planned.due_at} | over
    return make_stored(planned, **over)


def make_series(*moments: str, expires: str, **over: Any) -> list[PlannedReminder]:
    """Occurrences 1, 2, … due at these moments, all useful until the same one."""
    return [
        make_planned(occurrence=number, due_at=at(moment), expires_at=at(expires), **over)
        for number, moment in enumerate(moments, start=1)
    ]


def identity(rule: str, occurrence: int = 1, anchor_id: int = 1) -> Identity:
    return Identity(AnchorKind.PROCEDURE, anchor_id, rule, occurrence)


def plan_of(case: PatientCase, rule: str, clinic: Clinic = CLINIC) -> list[PlannedReminder]:
    """What the plan has of one rule, for all anchors."""
    return [each for each in plan_reminders(case, clinic).reminders if each.identity.rule == rule]


def show(planned: Sequence[PlannedReminder], zone: ZoneInfo = NEW_YORK) -> list[tuple[str, str, Reason | None]]:
    """(due, expires, why it is withheld) of each, on the zone's clock."""
    return [(local(each.due_at, zone), local(each.expires_at, zone), each.withheld) for each in planned]


def make_plan(*reminders: PlannedReminder, **over: Any) -> Plan:
    return replace(Plan(reminders=reminders), **over)


def make_task(**over: Any) -> DesiredTask:
    return replace(DesiredTask(rule=TaskRule.TOO_EARLY, key="1:a:b", text="Check with the clinician."), **over)


def make_stored_task(**over: Any) -> StoredTask:
    return replace(StoredTask(id=1, rule=TaskRule.TOO_EARLY, key="1:a:b", status=TaskStatus.OPEN), **over)


def make_receipt(**over: Any) -> Receipt:
    """Refused for now."""
    return replace(Receipt(attempt_id=1, outcome=ReceiptOutcome.REFUSED), **over)


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


def count_of(number: int) -> Count:
    return Count(least=number, most=number)
