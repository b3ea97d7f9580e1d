"""What should exist for one patient: reminders, what is withheld and why, tasks. Pure: no clock, no database.

`plan_reminders` takes no `now`. A planner that drops the past would make the reconciler cancel a reminder which is
due and not yet sent; what is late is decided in `reconciling`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from reminders.local_time import elapsed, local_date, resolve_local
from reminders.model import (
    AnchorKind,
    Audience,
    Channel,
    Contact,
    Identity,
    PatientCase,
    Plan,
    PlannedReminder,
    Quiet,
    Reason,
    SessionState,
)
from reminders.planning.contacts import choose_contact
from reminders.planning.corrections import plan_corrections, tell_of_targets
from reminders.planning.courses import PerformedSession, list_performed_sessions
from reminders.planning.occurrences import AnchorPoint, Moment, list_moments
from reminders.planning.tasks import Performed, list_tasks, open_treatments
from reminders.rules import Anchor, Clinic, Rule
from reminders.sending_hours import SendingHours, is_useful

_ENDED_BY = {
    SessionState.PERFORMED: Reason.SESSION_ENDED,
    SessionState.MOVED: Reason.SESSION_MOVED,
    SessionState.UNBOOKED: Reason.SESSION_UNBOOKED,
    SessionState.LAPSED: Reason.SESSION_ENDED,
}


def plan_reminders(case: PatientCase, clinic: Clinic) -> Plan:
    """Everything the rules yield for the patient's procedures and sessions, in configuration order."""
    hours = sending_hours_of(case, clinic)
    performed = {
        treatment.id: list_performed_sessions(case.procedures, treatment, clinic.time_zone)
        for treatment in clinic.treatments.values()
    }
    all_performed = [session for sessions in performed.values() for session in sessions]
    return Plan(
        reminders=(
            *(reminder for series in _list_series(case, clinic, performed) for reminder in _plan_series(series, hours)),
            *plan_corrections(case, clinic, hours),
        ),
        tasks=(
            *list_tasks(case, clinic, performed),
            *tell_of_targets(case, all_performed, _rules_naming_a_target(clinic)),
        ),
        ended=_list_ended(case, all_performed),
    )


def sending_hours_of(case: PatientCase, clinic: Clinic) -> SendingHours:
    """The clinic's hours in the patient's own zone, where there is one (P3)."""
    zone = ZoneInfo(case.time_zone) if case.time_zone else clinic.time_zone
    return SendingHours(windows=clinic.sending_hours, zone=zone)


def _rules_naming_a_target(clinic: Clinic) -> frozenset[tuple[str, str]]:
    rules = (rule for treatment in clinic.treatments.values() for rule in treatment.rules)
    return frozenset((rule.treatment, rule.id) for rule in rules if rule.anchor is Anchor.TARGET)


def _list_ended(case: PatientCase, performed: Sequence[PerformedSession]) -> Mapping[tuple[AnchorKind, int], Reason]:
    """Anchors whose pending reminders close, with the reason."""
    anchors = {session.anchor_id for session in performed}
    treatments = {session.treatment.id for session in performed}
    ended = {
        (AnchorKind.PROCEDURE, each.id): Reason.PROCEDURE_CANCELLED if each.is_cancelled else Reason.SAME_SESSION
        for each in case.procedures
        # A treatment that is no longer in the configuration has lost its rules, and ended nothing.
        if each.id not in anchors and (each.is_cancelled or each.treatment in treatments)
    }
    for session in case.sessions:
        if session.state in _ENDED_BY:
            ended[AnchorKind.SESSION, session.id] = _ENDED_BY[session.state]
    return ended


# ---- one rule for one anchor -----------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class _Series:
    """The occurrences of one rule for one anchor, before quiet hours."""

    rule: Rule
    kind: AnchorKind
    anchor_id: int
    point: AnchorPoint
    contact: Contact
    withheld: Reason | None
    superseded_from: datetime | None = None
    """t0 of the newer procedure that ends this series."""
    names: datetime | None = None
    """The visit or the target that its texts name."""
    zone: ZoneInfo
    """Where named dates are read: the clinic's."""


def _choose_contact(case: PatientCase, rule: Rule) -> Contact:
    if rule.audience is Audience.STAFF:
        # The staff's address is the configuration's, and dispatch fills it in.
        return Contact(channel=Channel.EMAIL, address=None)
    return choose_contact(case.contacts, rule.channels)


def _list_series(case: PatientCase, clinic: Clinic, performed: Performed) -> Iterator[_Series]:
    for treatment in clinic.treatments.values():
        for rule in treatment.rules:
            if rule.anchor is Anchor.SESSION:
                yield from _series_of_sessions(case, clinic, rule, performed)
            else:
                yield from _series_of_procedures(case, clinic, rule, performed)


def _series_of_procedures(case: PatientCase, clinic: Clinic, rule: Rule, performed: Performed) -> Iterator[_Series]:
    zone = sending_hours_of(case, clinic).zone
    for done in performed[rule.treatment]:
        target = resolve_local(done.target_on, time(0), clinic.time_zone) if rule.anchor is Anchor.TARGET else None
        yield _Series(
            rule=rule,
            kind=AnchorKind.PROCEDURE,
            anchor_id=done.anchor_id,
            point=AnchorPoint(
                at=target or done.performed_at,
                on=done.target_on if target else local_date(done.performed_at, zone),
                not_before=done.performed_at,
            ),
            contact=_choose_contact(case, rule),
            withheld=_why_withheld(case, rule, done),
            superseded_from=_superseded_from(clinic, rule, done, performed),
            names=target,
            zone=clinic.time_zone,
        )


def _series_of_sessions(case: PatientCase, clinic: Clinic, rule: Rule, performed: Performed) -> Iterator[_Series]:
    zone = sending_hours_of(case, clinic).zone
    latest = next(reversed(performed[rule.treatment]), None)
    for session in case.sessions:
        if session.treatment != rule.treatment or session.state is not SessionState.OPEN:
            continue
        yield _Series(
            rule=rule,
            kind=AnchorKind.SESSION,
            anchor_id=session.id,
            point=AnchorPoint(at=session.starts_at, on=local_date(session.starts_at, zone)),
            contact=_choose_contact(case, rule),
            withheld=_why_withheld(case, rule, latest),
            names=session.starts_at,
            zone=clinic.time_zone,
        )


def _why_withheld(case: PatientCase, rule: Rule, done: PerformedSession | None) -> Reason | None:
    """The first condition of the rule that does not hold."""
    when = rule.when
    if when.session_due is True and done and (why_none := done.why_no_next_session()):
        return why_none
    if when.session_booked is not None and (rule.treatment in open_treatments(case.sessions)) != when.session_booked:
        return Reason.SESSION_NOT_BOOKED if when.session_booked else Reason.SESSION_BOOKED
    is_decided = done is not None and done.planned_sessions is not None
    if when.total_decided is not None and is_decided != when.total_decided:
        return Reason.COURSE_UNDECIDED if when.total_decided else Reason.COURSE_DECIDED
    return None


def _superseded_from(clinic: Clinic, rule: Rule, done: PerformedSession, performed: Performed) -> datetime | None:
    """t0 of the first newer procedure, of any treatment, that has a rule of the same key."""
    if rule.supersede_key is None:
        return None
    keyed = [
        treatment.id
        for treatment in clinic.treatments.values()
        if any(other.supersede_key == rule.supersede_key for other in treatment.rules)
    ]
    newer = [each.performed_at for treatment in keyed for each in performed[treatment] if each.order > done.order]
    return min(newer, default=None)


def _plan_series(series: _Series, hours: SendingHours) -> Iterator[PlannedReminder]:
    for moment in list_moments(series.rule, series.point, hours.zone):
        planned = _plan_moment(series, moment, hours)
        is_superseded = series.superseded_from is not None and planned.due_at >= series.superseded_from
        yield replace(planned, withheld=Reason.SUPERSEDED) if is_superseded else planned


def _plan_moment(series: _Series, moment: Moment, hours: SendingHours) -> PlannedReminder:
    rule = series.rule
    quiet = rule.quiet_for(moment.occurrence)
    leave_at = _leave_at(moment, quiet, hours, series.point.not_before)
    return PlannedReminder(
        identity=Identity(series.kind, series.anchor_id, rule.id, moment.occurrence),
        treatment=rule.treatment,
        due_at=leave_at or moment.due_at,
        expires_at=moment.expires_at,
        channel=series.contact.channel,
        contact=series.contact.address,
        audience=rule.audience,
        quiet=quiet,
        withheld=series.withheld or series.contact.blocked or (None if leave_at else Reason.QUIET_HOURS),
        target_on=local_date(series.names, series.zone) if series.names else None,
        visit_at=series.names if series.kind is AnchorKind.SESSION else None,
        interval=_hourly_interval(rule),
        max_messages=rule.max_messages.most if rule.max_messages else None,
    )


def _leave_at(moment: Moment, quiet: Quiet, hours: SendingHours, not_before: datetime | None) -> datetime | None:
    """When it may leave (P4), or None where quiet hours leave no room for it."""
    if hours.is_open(moment.due_at):
        return moment.due_at
    if quiet is Quiet.SKIP:
        return None
    if quiet is Quiet.ADVANCE:
        earlier = hours.last_allowed(moment.due_at)
        if not_before is None or earlier >= not_before:
            return earlier
    later = hours.next_allowed(moment.due_at)
    return later if is_useful(later, moment.expires_at) else None


def _hourly_interval(rule: Rule) -> timedelta | None:
    """Only a series that repeats in hours can have its next text too near (P6)."""
    return elapsed(rule.repeat.every) if rule.repeat and rule.repeat.every.unit.is_elapsed else None


__all__ = ["plan_reminders", "sending_hours_of"]
