"""A rule for one anchor: whom it applies to, what withholds it, and when its occurrences may leave. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, time

from reminders.config.faults import ConfigFaults
from reminders.config.overrides import override_rule
from reminders.local_time import add_calendar, elapsed, local_date, resolve_local
from reminders.model import (
    TREATMENT,
    AnchorKind,
    Audience,
    Channel,
    Contact,
    Identity,
    PatientCase,
    PlannedReminder,
    Quiet,
    Reason,
    Session,
    SessionState,
)
from reminders.planning.contacts import choose_contact
from reminders.planning.courses import PerformedSession, business_days_of
from reminders.planning.occurrences import AnchorPoint, Moment, list_moments
from reminders.planning.tasks import Performed, open_treatments
from reminders.rules import Anchor, Calendar, Clinic, Event, Rule, Unit
from reminders.sending_hours import SendingHours, is_useful


@dataclass(frozen=True, kw_only=True)
class Series:
    """The occurrences of one rule for one anchor, before quiet hours."""

    rule: Rule
    kind: AnchorKind
    anchor_id: int
    point: AnchorPoint
    contact: Contact
    instead: Contact | None
    """Where a text goes that would be one too many."""
    withheld: Reason | None
    is_overridden: bool = False
    superseded_from: datetime | None = None
    """t0 of the newer procedure that ends this series."""
    names: datetime | None = None
    """The visit or the target that its texts name."""


@dataclass(frozen=True, kw_only=True)
class _Scene:
    """What every series of one patient is planned from."""

    case: PatientCase
    clinic: Clinic
    performed: Performed
    hours: SendingHours


def list_series(case: PatientCase, clinic: Clinic, performed: Performed, hours: SendingHours) -> Iterator[Series]:
    """All series of the patient, in configuration order; a rule that does not apply has none."""
    scene = _Scene(case=case, clinic=clinic, performed=performed, hours=hours)
    for treatment in clinic.treatments.values():
        for rule in treatment.rules:
            if rule.anchor is Anchor.SESSION:
                yield from _series_of_sessions(scene, rule)
            else:
                yield from _series_of_procedures(scene, rule)


# ---- procedures and sessions -----------------------------------------------------------------------------------


def _series_of_procedures(scene: _Scene, configured: Rule) -> Iterator[Series]:
    for performed in scene.performed[configured.treatment]:
        done = _narrow(scene.case, configured, performed)
        applies = _applies_to_session(configured, performed.number, performed.planned_sessions)
        if done is None or applies is False:
            continue
        rule, fault = _override(configured, done)
        point = _place_anchor(scene, rule, done)
        if point is None:
            continue
        yield Series(
            rule=rule,
            kind=AnchorKind.PROCEDURE,
            anchor_id=done.anchor_id,
            point=point,
            contact=_choose_contact(scene.case, rule),
            instead=_choose_instead(scene.case, rule),
            withheld=fault
            or _why_undecided(applies)
            or _why_withheld(scene.case, rule, done)
            or _why_paused(scene, rule),
            is_overridden=rule is not configured or (rule.anchor is Anchor.TARGET and TREATMENT in done.overrides),
            superseded_from=_superseded_from(scene, rule, done),
            names=point.at if rule.anchor is Anchor.TARGET else None,
        )


def _series_of_sessions(scene: _Scene, configured: Rule) -> Iterator[Series]:
    performed = next(reversed(scene.performed[configured.treatment]), None)
    latest = _narrow(scene.case, configured, performed) if performed else None
    if latest is None and (performed or not _matches(configured, scene.case.attributes)):
        return
    rule, fault = _override(configured, latest)
    for number, session in _number_open_sessions(scene.case, rule.treatment, latest):
        applies = _applies_to_session(rule, number, latest.planned_sessions if latest else None)
        if applies is False:
            continue
        yield Series(
            rule=rule,
            kind=AnchorKind.SESSION,
            anchor_id=session.id,
            point=AnchorPoint(
                at=session.starts_at,
                on=local_date(session.starts_at, scene.hours.zone),
                events=latest.events if latest else {},
            ),
            contact=_choose_contact(scene.case, rule),
            instead=_choose_instead(scene.case, rule),
            withheld=fault
            or _why_undecided(applies)
            or _why_withheld(scene.case, rule, latest)
            or _why_paused(scene, rule),
            is_overridden=rule is not configured,
            names=session.starts_at,
        )


def _number_open_sessions(
    case: PatientCase, treatment: str, latest: PerformedSession | None
) -> Iterator[tuple[int, Session]]:
    """Each booked session with the number it will have in the course."""
    booked = [each for each in case.sessions if each.treatment == treatment and each.state is SessionState.OPEN]
    done = latest.number if latest else 0
    return iter(enumerate(sorted(booked, key=lambda each: (each.starts_at, each.id)), start=done + 1))


def _choose_contact(case: PatientCase, rule: Rule) -> Contact:
    if rule.audience is Audience.STAFF:
        # The staff's address is the configuration's, and dispatch fills it in.
        return Contact(channel=Channel.EMAIL, address=None)
    return choose_contact(case.contacts, rule.channels)


def _choose_instead(case: PatientCase, rule: Rule) -> Contact | None:
    """The email address, if the rule may use it and the patient agrees."""
    email = case.contacts.get(Channel.EMAIL) if Channel.EMAIL in rule.channels else None
    return email if email is not None and email.blocked is None else None


def _override(rule: Rule, done: PerformedSession | None) -> tuple[Rule, Reason | None]:
    """The rule with the figures that a clinician has set for this patient.

    Where an edit of the file has made them impossible nothing leaves by the file's own figures instead.
    """
    if done and done.is_override_faulty and rule.anchor is Anchor.TARGET:
        return rule, Reason.OVERRIDE_FAULTY
    fields = done.overrides.get(rule.id) if done else None
    if not fields:
        return rule, None
    try:
        return override_rule(rule, fields), None
    except ConfigFaults:
        return rule, Reason.OVERRIDE_FAULTY


def list_missing(case: PatientCase, clinic: Clinic, performed: Performed) -> dict[tuple[AnchorKind, int, str], Reason]:
    """The series that wait for an event, or that one has ended: why what they yield no longer is there."""
    missing = {}
    for treatment in clinic.treatments.values():
        for rule in treatment.rules:
            for each in performed[treatment.id]:
                done = _narrow(case, rule, each) or each
                series = AnchorKind.PROCEDURE, done.anchor_id, rule.id
                if isinstance(rule.anchor, Event) and rule.anchor.name not in done.events:
                    missing[series] = Reason.NOT_HAPPENED
                elif isinstance(rule.until, Event) and rule.until.name in done.events:
                    missing[series] = Reason.HAPPENED
    return missing


# ---- what a rule counts from -----------------------------------------------------------------------------------


def _place_anchor(scene: _Scene, rule: Rule, done: PerformedSession) -> AnchorPoint | None:
    """None where its event has not happened, or the treatment has no next session."""
    zone = scene.hours.zone
    if rule.anchor is Anchor.TARGET:
        if done.target_on is None:
            return None
        target = resolve_local(done.target_on, time(0), scene.clinic.time_zone)
        return AnchorPoint(at=target, on=done.target_on, not_before=done.performed_at, events=done.events)
    t0 = done.performed_at
    if not isinstance(rule.anchor, Event):
        return AnchorPoint(at=t0, on=local_date(t0, zone), not_before=t0, events=done.events)
    happened_at = done.events.get(rule.anchor.name)
    at = happened_at or _fall_back(scene, rule, rule.anchor, done)
    if at is None:
        return None
    # Nobody knows the hour of what is only taken to have happened: nothing of that day waits for it.
    return AnchorPoint(at=at, on=local_date(at, zone), not_before=happened_at or t0, events=done.events)


def _fall_back(scene: _Scene, rule: Rule, event: Event, done: PerformedSession) -> datetime | None:
    """When an event that nobody has recorded is taken to have happened."""
    if event.fallback is None:
        return None
    latest = event.fallback.longest
    if latest.unit.is_elapsed:
        return done.performed_at + elapsed(latest)
    t0_on = local_date(done.performed_at, scene.hours.zone)
    business_days = business_days_of(scene.clinic) if rule.calendar is Calendar.BUSINESS_DAYS else None
    is_counted_open = business_days is not None and latest.unit is Unit.DAYS
    day = business_days.add(t0_on, latest.value) if business_days and is_counted_open else add_calendar(t0_on, latest)
    return resolve_local(day, scene.clinic.default_procedure_time, scene.hours.zone)


# ---- whom it applies to, and what withholds it -----------------------------------------------------------------


def _applies_to_session(rule: Rule, number: int, planned: int | None) -> bool | None:
    """None: it depends on the number of sessions, which nobody has decided."""
    wanted, first = rule.applies_to.session, rule.applies_to.sessions_from
    if first is not None and number < first:
        return False
    if wanted == "last":
        return None if planned is None else number == planned
    return wanted is None or number == wanted


def _why_undecided(applies: bool | None) -> Reason | None:
    return Reason.COURSE_UNDECIDED if applies is None else None


def _narrow(case: PatientCase, rule: Rule, done: PerformedSession) -> PerformedSession | None:
    """The session as far as its procedures have what the rule is for, a body site say; None where none has."""
    if not rule.applies_to.attributes:
        return done
    matching = [each for each in done.procedures if _matches(rule, {**case.attributes, **each.attributes})]
    return done.only(matching) if matching else None


def _matches(rule: Rule, attributes: Mapping[str, str]) -> bool:
    return all(attributes.get(name) in wanted for name, wanted in rule.applies_to.attributes.items())


def _why_withheld(case: PatientCase, rule: Rule, done: PerformedSession | None) -> Reason | None:
    """The first condition of the rule that does not hold."""
    when = rule.when
    why_none = done.why_no_next_session() if done else None
    if when.session_due is True and why_none:
        return why_none
    if when.session_due is False and done and why_none is not Reason.LAST_SESSION:
        return why_none or Reason.SESSION_DUE
    if when.session_booked is not None and (rule.treatment in open_treatments(case.sessions)) != when.session_booked:
        return Reason.SESSION_NOT_BOOKED if when.session_booked else Reason.SESSION_BOOKED
    is_decided = done is not None and done.planned_sessions is not None
    if when.total_decided is not None and is_decided != when.total_decided:
        return Reason.COURSE_UNDECIDED if when.total_decided else Reason.COURSE_DECIDED
    return _why_not_answered(rule, done) or _why_not_happened(rule, done)


def _why_paused(scene: _Scene, rule: Rule) -> Reason | None:
    """A pause holds back what the patient would get; what the rules tell the staff still counts."""
    return Reason.PAUSED if scene.case.is_paused and rule.audience is Audience.PATIENT else None


def _why_not_answered(rule: Rule, done: PerformedSession | None) -> Reason | None:
    answers = done.answers if done else {}
    if any(question in answers for question in rule.when.unanswered):
        return Reason.ANSWERED
    for question, wanted in rule.when.answer.items():
        if answers.get(question) != wanted:
            return Reason.OTHER_ANSWER if question in answers else Reason.NO_ANSWER
    return None


def _why_not_happened(rule: Rule, done: PerformedSession | None) -> Reason | None:
    events = done.events if done else {}
    if any(name in events for name in rule.when.not_happened):
        return Reason.HAPPENED
    return Reason.NOT_HAPPENED if any(name not in events for name in rule.when.happened) else None


def _superseded_from(scene: _Scene, rule: Rule, done: PerformedSession) -> datetime | None:
    """t0 of the first newer procedure, of any treatment, that has a rule of the same key."""
    if rule.supersede_key is None:
        return None
    keyed = [
        other
        for treatment in scene.clinic.treatments.values()
        for other in treatment.rules
        if other.supersede_key == rule.supersede_key
    ]
    newer = [
        each.performed_at
        for other in keyed
        for each in scene.performed[other.treatment]
        if each.order > done.order and _applies(scene, other, each)
    ]
    return min(newer, default=None)


def _applies(scene: _Scene, rule: Rule, done: PerformedSession) -> bool:
    is_for_it = _applies_to_session(rule, done.number, done.planned_sessions) is True
    return is_for_it and _narrow(scene.case, rule, done) is not None


# ---- its occurrences -------------------------------------------------------------------------------------------


def plan_series(series: Series, clinic: Clinic, hours: SendingHours) -> Iterator[PlannedReminder]:
    """What the series yields, after quiet hours."""
    moments = list_moments(series.rule, series.point, hours.zone, business_days_of(clinic))
    for number, moment in enumerate(moments):
        planned = _plan_moment(series, moment, clinic, hours, is_first=number == 0)
        is_superseded = series.superseded_from is not None and planned.due_at >= series.superseded_from
        yield replace(planned, withheld=Reason.SUPERSEDED) if is_superseded else planned


def _plan_moment(
    series: Series, moment: Moment, clinic: Clinic, hours: SendingHours, *, is_first: bool
) -> PlannedReminder:
    rule = series.rule
    quiet = rule.quiet_first if is_first and rule.quiet_first else rule.quiet
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
        withheld=series.withheld or series.contact.blocked or _why_never(moment, leave_at),
        target_on=local_date(series.names, clinic.time_zone) if series.names else None,
        visit_at=series.names if series.kind is AnchorKind.SESSION else None,
        interval=moment.interval,
        max_messages=rule.max_messages.most if rule.max_messages else None,
        priority=rule.priority,
        instead=series.instead,
        is_overridden=series.is_overridden,
    )


def _why_never(moment: Moment, leave_at: datetime | None) -> Reason | None:
    if not is_useful(moment.due_at, moment.expires_at):
        return Reason.EXPIRES_BEFORE_DUE
    return None if leave_at else Reason.QUIET_HOURS


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
