"""What the planner makes of a treatment's rules for one example procedure: what a picture of the course shows. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from reminders.describing.examples import Example, find_target, make_example
from reminders.local_time import end_of_day, local_date, resolve_local
from reminders.model import Identity, PatientCase, Procedure, Reason
from reminders.planning import plan_reminders, sending_hours_of
from reminders.planning.wording import say_visit
from reminders.reconciling import Decision, diff_reminders
from reminders.rules import Clinic, Rule, Treatment
from reminders.sending_hours import SendingHours

SHOWN_REASONS = frozenset({Reason.QUIET_HOURS, Reason.MAX_MESSAGES, Reason.TEXT_LIMIT})
"""Why something of a rule that applies does not leave. All else depends on the patient."""

HOURS_APART = timedelta(hours=48)
"""What lies this close together, and counts in hours, is drawn by the hour."""

DAYS_APART = timedelta(days=70)
"""What lies this close together is drawn by the day."""

_A_MINUTE = timedelta(minutes=1)
_AN_HOUR = timedelta(hours=1)
_A_DAY = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class Mark:
    """One occurrence."""

    identity: Identity
    at: datetime
    expires_at: datetime
    reason: Reason | None = None
    """Why it does not leave."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """One rule."""

    rule: Rule
    marks: tuple[Mark, ...]
    around: str
    anchor_at: datetime
    assumed: tuple[str, ...]

    @property
    def starts_at(self) -> datetime:
        return min((self.anchor_at, *(mark.at for mark in self.marks)))

    @property
    def ends_at(self) -> datetime:
        ends = (mark.at + _A_MINUTE if mark.reason else mark.expires_at for mark in self.marks)
        return max((self.anchor_at, *ends))

    @property
    def is_hourly(self) -> bool:
        return self.rule.starts.unit.is_elapsed and self.ends_at - self.starts_at <= HOURS_APART


@dataclass(frozen=True, kw_only=True)
class Timeline:
    treatment: Treatment
    performed_at: datetime
    hours: SendingHours
    rows: tuple[Row, ...]
    target_on: date | None
    """The day the next session is due."""

    @property
    def performed_on(self) -> date:
        return local_date(self.performed_at, self.hours.zone)


def plan_timeline(treatment: Treatment, clinic: Clinic, performed_at: datetime) -> Timeline:
    """Each rule for a patient to whom it applies; `performed_at` is when the example's procedure ends."""
    procedure = Procedure(id=1, treatment=treatment.id, performed_at=performed_at)
    return Timeline(
        treatment=treatment,
        performed_at=performed_at,
        hours=sending_hours_of(PatientCase(patient_id=1), clinic),
        rows=tuple(_plan_row(rule, clinic, performed_at) for rule in treatment.rules),
        target_on=find_target(procedure, clinic),
    )


def _plan_row(rule: Rule, clinic: Clinic, performed_at: datetime) -> Row:
    example = make_example(rule, clinic, performed_at)
    return Row(
        rule=rule,
        marks=tuple(_list_marks(rule, decide_example(example, clinic, performed_at))),
        around=example.around,
        anchor_at=example.anchor_at,
        assumed=example.assumed,
    )


def decide_example(example: Example, clinic: Clinic, performed_at: datetime) -> tuple[Decision, ...]:
    """What becomes of each occurrence that the example has, entered in good time."""
    plan = plan_reminders(example.case, clinic)
    entered_at = min((performed_at, *(planned.due_at for planned in plan.reminders))) - timedelta(hours=1)
    return diff_reminders(plan, [], entered_at, sending_hours_of(example.case, clinic)).decisions


def _list_marks(rule: Rule, decisions: Sequence[Decision]) -> Iterator[Mark]:
    for decision in decisions:
        planned = decision.planned
        is_of_rule = (planned.treatment, planned.identity.rule) == (rule.treatment, rule.id)
        if is_of_rule and (decision.reason is None or decision.reason in SHOWN_REASONS):
            yield Mark(
                identity=planned.identity,
                at=decision.leave_at or planned.due_at,
                expires_at=planned.expires_at,
                reason=decision.reason,
            )


def say_example(timeline: Timeline) -> str:
    ends = say_visit(timeline.performed_at, timeline.hours.zone)
    return f"{timeline.treatment.name}, for a procedure that ends on {ends}."


# ---- panels ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Panel:
    """Rows that are drawn on one scale."""

    title: str
    rows: tuple[Row, ...]
    starts_at: datetime
    ends_at: datetime
    counts_from: datetime
    """Hour 0, or the day that is day 0."""
    zone: ZoneInfo
    is_hourly: bool = False
    target_on: date | None = None

    def place(self, instant: datetime) -> float:
        """Days from its start: as they pass where it is drawn by the hour, else as calendars and clocks show them."""
        if self.is_hourly:
            return (instant - self.starts_at) / _A_DAY
        started, local = self.starts_at.astimezone(self.zone), instant.astimezone(self.zone)
        return (local.replace(tzinfo=None) - started.replace(tzinfo=None)) / _A_DAY

    @property
    def length(self) -> float:
        """In days."""
        return self.place(self.ends_at)


def list_panels(timeline: Timeline) -> list[Panel]:
    """By the hour around each anchor, then by the day, then what takes longer: each rule on the finest that fits it."""
    hourly = [row for row in timeline.rows if row.is_hourly]
    rest = [row for row in timeline.rows if not row.is_hourly]
    near = [row for row in rest if row.ends_at - timeline.performed_at <= DAYS_APART]
    far = [row for row in rest if row not in near]
    return [*_list_hourly(timeline, hourly), *_list_daily(timeline, near, far)]


def _list_hourly(timeline: Timeline, rows: Sequence[Row]) -> Iterator[Panel]:
    for around in dict.fromkeys(row.around for row in rows):
        mine = tuple(row for row in rows if row.around == around)
        yield Panel(
            title=f"The hours around {around}" if _is_before(mine) else f"The hours after {around}",
            rows=mine,
            starts_at=min(row.starts_at for row in mine),
            # Where nothing leaves there is still an hour to show it in.
            ends_at=max(row.starts_at + _AN_HOUR if row.starts_at == row.ends_at else row.ends_at for row in mine),
            counts_from=mine[0].anchor_at,
            zone=timeline.hours.zone,
            is_hourly=True,
        )


def _is_before(rows: Sequence[Row]) -> bool:
    return any(row.starts_at < row.anchor_at for row in rows)


def _list_daily(timeline: Timeline, near: Sequence[Row], far: Sequence[Row]) -> Iterator[Panel]:
    target_on = timeline.target_on
    is_target_near = target_on is not None and target_on - timeline.performed_on <= DAYS_APART
    near_target, far_target = (target_on, None) if is_target_near else (None, target_on)
    if near or near_target:
        yield _make_panel(timeline, "The days and weeks", near, near_target)
    if far or far_target:
        yield _make_panel(timeline, "The months", far, far_target)


def _make_panel(timeline: Timeline, title: str, rows: Sequence[Row], target_on: date | None) -> Panel:
    zone = timeline.hours.zone
    first = local_date(min((timeline.performed_at, *(row.starts_at for row in rows))), zone)
    ends = [end_of_day(timeline.performed_on, zone), *(row.ends_at for row in rows)]
    return Panel(
        title=title,
        rows=tuple(rows),
        starts_at=resolve_local(first, time(0), zone),
        ends_at=max([*ends, end_of_day(target_on, zone)] if target_on else ends),
        counts_from=resolve_local(timeline.performed_on, time(0), zone),
        zone=zone,
        target_on=target_on,
    )
