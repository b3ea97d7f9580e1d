"""Courses: which procedures make one session, which number it has, and whether there is a next one. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from reminders.config.faults import ConfigFaults
from reminders.config.overrides import override_treatment
from reminders.local_time import add_calendar, local_date
from reminders.model import TREATMENT, Procedure, Reason
from reminders.planning.business_days import BusinessDays, rolls_back
from reminders.rules import Bound, Calendar, Clinic, Duration, Treatment, Unit


@dataclass(frozen=True, kw_only=True)
class PerformedSession:
    """The procedures of one treatment on one clinic-local day: one session with one set of reminders."""

    treatment: Treatment
    on: date
    """D0, the clinic-local day."""
    performed_at: datetime
    """t0: the latest of the day."""
    procedure_ids: tuple[int, ...]
    """In the order of `performed_at`."""
    anchor_id: int
    """The procedure that the reminders hang on: the first entered, so that a second site moves no identity."""
    number: int
    course: int
    planned_sessions: int | None
    is_latest: bool
    """Of the latest course of this treatment."""
    business_days: BusinessDays | None = None
    """Where the treatment's interval falls on them."""
    attributes: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """What the procedures of the day have of each."""
    events: Mapping[str, datetime] = field(default_factory=dict)
    answers: Mapping[str, str] = field(default_factory=dict)
    overrides: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    procedures: tuple[Procedure, ...] = ()
    is_override_faulty: bool = False
    """What was set of the treatment's own figures no longer fits the file."""

    @property
    def order(self) -> tuple[datetime, int]:
        """Newer is later, then higher."""
        return self.performed_at, max(self.procedure_ids)

    @property
    def earliest_on(self) -> date | None:
        """The day the next session may be, whether or not the clinic is open; None: there is no next session."""
        interval = self.treatment.interval
        return self._count(interval) if interval else None

    @property
    def target_on(self) -> date | None:
        """The day that texts name for the next session: never a closed one where business days count."""
        earliest_on = self.earliest_on
        if earliest_on is None or self.business_days is None:
            return earliest_on
        assert self.treatment.interval is not None, "an earliest day comes of an interval"
        return self.business_days.roll(earliest_on, back=rolls_back(self.treatment.interval))

    @property
    def latest_on(self) -> date | None:
        """The last day on which the next session is not too late; None: there is none."""
        limit = self.treatment.late_limit or _as_limit(self.treatment.interval)
        return self._count(limit.longest) if limit else None

    def _count(self, length: Duration) -> date:
        if self.business_days is not None and length.unit is Unit.DAYS:
            return self.business_days.add(self.on, length.value, back=rolls_back(length))
        return add_calendar(self.on, length)

    def only(self, procedures: Sequence[Procedure]) -> PerformedSession:
        """The same session, with what was noted of these of its procedures alone."""
        return replace(self, **_gather_noted(procedures))

    def why_no_next_session(self) -> Reason | None:
        """None where there is a next session to speak of (domain: 'Is there a next one?')."""
        if not self.is_latest:
            return Reason.NEWER_PROCEDURE
        if self.treatment.interval is None:
            return Reason.LAST_SESSION
        if self.planned_sessions is not None:
            return None if self.number < self.planned_sessions else Reason.LAST_SESSION
        usual = self.treatment.sessions
        return None if usual is None or self.number < usual.least else Reason.COURSE_UNDECIDED


def _as_limit(interval: Duration | None) -> Duration | None:
    return interval if interval and interval.bound is Bound.AT_MOST else None


def list_performed_sessions(
    procedures: Iterable[Procedure], treatment: Treatment, clinic: Clinic
) -> list[PerformedSession]:
    """The sessions performed with one treatment, oldest first, with course and number worked out anew."""
    zone = clinic.time_zone
    entered = [each for each in procedures if each.treatment == treatment.id]
    days = _group_by_day(entered, zone)
    numbers = _number_days(days)
    sessions = []
    for day, (course, number) in zip(days, numbers, strict=True):
        overridden = _override(treatment, day)
        sessions.append(
            PerformedSession(
                treatment=overridden or treatment,
                is_override_faulty=overridden is None,
                on=local_date(day[-1].performed_at, zone),
                performed_at=day[-1].performed_at,
                procedure_ids=tuple(procedure.id for procedure in day),
                anchor_id=_find_anchor(day, entered, zone),
                number=number,
                course=course,
                planned_sessions=_planned_sessions(days, numbers, course),
                is_latest=day is days[-1],
                business_days=business_days_of(clinic) if treatment.calendar is Calendar.BUSINESS_DAYS else None,
                attributes=_attributes_of(day),
                procedures=tuple(day),
                **_gather_noted(day),
            )
        )
    return sessions


def business_days_of(clinic: Clinic) -> BusinessDays | None:
    return BusinessDays(hours=clinic.opening_hours, zone=clinic.time_zone) if clinic.opening_hours else None


def _override(treatment: Treatment, day: Sequence[Procedure]) -> Treatment | None:
    """The treatment with the interval that a clinician has set for this patient; None where it no longer fits."""
    fields = _gather_overrides(day).get(TREATMENT)
    try:
        return override_treatment(treatment, fields) if fields else treatment
    except ConfigFaults:
        return None


def _gather_noted(procedures: Sequence[Procedure]) -> dict[str, Any]:
    """What was noted of several procedures of one day: of each question the latest answer."""
    answers = sorted(
        (procedure.answered_at.get(question, _LONG_AGO), question, answer)
        for procedure in procedures
        for question, answer in procedure.answers.items()
    )
    return {
        "events": {name: at for procedure in procedures for name, at in procedure.events.items()},
        "answers": {question: answer for _, question, answer in answers},
        "overrides": _gather_overrides(procedures),
    }


def _gather_overrides(procedures: Sequence[Procedure]) -> dict[str, Mapping[str, Any]]:
    """By rule: of each figure the latest decision."""
    decisions = [
        (procedure.overridden_at.get(rule, _LONG_AGO), rule, fields)
        for procedure in procedures
        for rule, fields in procedure.overrides.items()
    ]
    gathered: dict[str, Mapping[str, Any]] = {}
    for _, rule, fields in sorted(decisions, key=lambda decision: decision[0]):
        gathered[rule] = {**gathered.get(rule, {}), **fields}
    return gathered


_LONG_AGO = datetime.min.replace(tzinfo=UTC)


def _attributes_of(day: Sequence[Procedure]) -> dict[str, frozenset[str]]:
    names = {name for procedure in day for name in procedure.attributes}
    return {name: frozenset(each.attributes[name] for each in day if name in each.attributes) for name in names}


def _group_by_day(entered: Iterable[Procedure], zone: ZoneInfo) -> list[list[Procedure]]:
    counting = [each for each in entered if not each.is_cancelled]
    counting.sort(key=lambda each: (each.performed_at, each.id))
    return [list(day) for _, day in groupby(counting, key=lambda each: local_date(each.performed_at, zone))]


def _find_anchor(day: Sequence[Procedure], entered: Iterable[Procedure], zone: ZoneInfo) -> int:
    """The first entered of the day. A cancelled one still lends its id to those it shared its reminders with, so that
    what has left of their one set does not leave again under another id."""
    on = local_date(day[-1].performed_at, zone)
    cancelled = (each for each in entered if each.is_cancelled and local_date(each.performed_at, zone) == on)
    shared = (each for each in cancelled if any(_stood_together(each, other) for other in day))
    return min(each.id for each in (*day, *shared))


def _stood_together(cancelled: Procedure, standing: Procedure) -> bool:
    if cancelled.cancelled_at is None or standing.recorded_at is None:
        return False
    return standing.recorded_at < cancelled.cancelled_at


def _number_days(days: list[list[Procedure]]) -> list[tuple[int, int]]:
    """(course, session number) of each day: the number given, else one more; a given 1 starts a new course."""
    numbers: list[tuple[int, int]] = []
    course, number = 1, 0
    for day in days:
        given = [each.session_given for each in day if each.session_given is not None]
        number = given[-1] if given else number + 1
        if given and number == 1 and numbers:
            course += 1
        numbers.append((course, number))
    return numbers


def _planned_sessions(days: list[list[Procedure]], numbers: list[tuple[int, int]], course: int) -> int | None:
    """The clinician's latest decision for the course."""
    decisions = [
        (each.decided_at, each.id, each.planned_sessions)
        for day, (its_course, _) in zip(days, numbers, strict=True)
        if its_course == course
        for each in day
        if each.decided_at is not None
    ]
    return max(decisions)[2] if decisions else None
