"""What the front desk must look at, as far as it follows from procedures and sessions. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from reminders.local_time import local_date, resolve_local
from reminders.model import DesiredTask, PatientCase, Reason, Session, SessionState, TaskRule
from reminders.planning.courses import PerformedSession
from reminders.planning.wording import say_day
from reminders.rules import Bound, Clinic, Treatment

Performed = Mapping[str, Sequence[PerformedSession]]
"""The sessions performed, by treatment, oldest first."""


@dataclass(frozen=True, kw_only=True)
class _Visit:
    """A day that counts for intervals: booked or performed."""

    treatment: Treatment
    at: datetime
    on: date
    procedure_id: int | None = None
    session_id: int | None = None

    @property
    def order(self) -> tuple[datetime, float]:
        """Later, then entered later; a booked day comes after what was done at the same time."""
        return self.at, math.inf if self.procedure_id is None else self.procedure_id


def list_tasks(case: PatientCase, clinic: Clinic, performed: Performed) -> list[DesiredTask]:
    visits = sorted(_visits(case, clinic, performed), key=lambda visit: visit.order)
    tasks = [
        *_decide_course(performed),
        *(task for visit in visits for task in _intervals(case, visit, performed)),
        *_session_outcomes(case, clinic),
    ]
    # Two visits on one pair of dates are one question.
    return list({(task.rule, task.key): task for task in tasks}.values())


def _visits(case: PatientCase, clinic: Clinic, performed: Performed) -> Iterator[_Visit]:
    for sessions in performed.values():
        for done in sessions:
            yield _Visit(
                treatment=done.treatment, at=done.performed_at, on=done.on, procedure_id=max(done.procedure_ids)
            )
    for session in case.sessions:
        if session.state is SessionState.OPEN and session.treatment in clinic.treatments:
            yield _Visit(
                treatment=clinic.treatments[session.treatment],
                at=session.starts_at,
                on=local_date(session.starts_at, clinic.time_zone),
                session_id=session.id,
            )


def _decide_course(performed: Performed) -> Iterator[DesiredTask]:
    for sessions in performed.values():
        for latest in sessions[-1:]:
            if latest.why_no_next_session() is not Reason.COURSE_UNDECIDED:
                continue
            usual = latest.treatment.sessions
            assert usual is not None, "a course without a usual number is never undecided"
            yield DesiredTask(
                rule=TaskRule.DECIDE_COURSE,
                key=f"{latest.anchor_id}:{latest.number}",
                text=f"Ask the clinician how many sessions of {latest.treatment.name} are planned: session "
                f"{latest.number} of usually {usual.least} to {usual.most} is done.",
                procedure_id=latest.anchor_id,
            )


def _intervals(case: PatientCase, visit: _Visit, performed: Performed) -> Iterator[DesiredTask]:
    """What a visit breaks: the bounds of its own treatment's interval, the next-session day of another."""
    for treatment_id, sessions in performed.items():
        earlier = _latest_before(sessions, visit)
        if earlier is None or earlier.earliest_on is None:
            continue
        is_early = visit.on < earlier.earliest_on
        if treatment_id != visit.treatment.id:
            if is_early:
                yield _interval_task(TaskRule.OVERLAP, case, visit, earlier, "before", earlier.earliest_on)
            continue
        if is_early and earlier.treatment.interval and earlier.treatment.interval.bound is Bound.AT_LEAST:
            yield _interval_task(TaskRule.TOO_EARLY, case, visit, earlier, "before", earlier.earliest_on)
        if earlier.latest_on is not None and visit.on > earlier.latest_on:
            yield _interval_task(TaskRule.TOO_LATE, case, visit, earlier, "after", earlier.latest_on)


def _latest_before(sessions: Sequence[PerformedSession], visit: _Visit) -> PerformedSession | None:
    before = [each for each in sessions if each.order < visit.order and visit.procedure_id not in each.procedure_ids]
    return before[-1] if before else None


def _interval_task(
    rule: TaskRule, case: PatientCase, visit: _Visit, earlier: PerformedSession, side: str, bound_on: date
) -> DesiredTask:
    return DesiredTask(
        rule=rule,
        # The pair of dates: performing the flagged booking on its day asks nothing new.
        key=f"{case.patient_id}:{earlier.treatment.id}:{earlier.on}:{visit.treatment.id}:{visit.on}",
        text=f"Check with the clinician: {visit.treatment.name} on {say_day(visit.on)} comes {side} "
        f"{say_day(bound_on)}, counted from {earlier.treatment.name} on {say_day(earlier.on)}.",
        procedure_id=visit.procedure_id,
        session_id=visit.session_id,
    )


def _session_outcomes(case: PatientCase, clinic: Clinic) -> Iterator[DesiredTask]:
    for session in case.sessions:
        if session.state in (SessionState.OPEN, SessionState.LAPSED):
            yield _session_outcome(session, clinic)


def _session_outcome(session: Session, clinic: Clinic) -> DesiredTask:
    booked_on = local_date(session.starts_at, clinic.time_zone)
    return DesiredTask(
        rule=TaskRule.SESSION_OUTCOME,
        key=f"{session.id}:{booked_on}",
        text=f"No procedure was recorded for the session booked on {say_day(booked_on)}: record, move or unbook it.",
        due_at=resolve_local(booked_on + timedelta(days=1), clinic.visits.outcome_at.value, clinic.time_zone),
        session_id=session.id,
    )


def open_treatments(sessions: Iterable[Session]) -> frozenset[str]:
    """The treatments with a session booked and not yet performed."""
    return frozenset(session.treatment for session in sessions if session.state is SessionState.OPEN)
