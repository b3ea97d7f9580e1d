"""What the desk should see before it saves a procedure, beside the plan itself. Each a sentence."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from reminders.casework.procedures import Recorded
from reminders.forecasting import Forecast, ForecastLine
from reminders.local_time import local_date
from reminders.model import Audience, Precision, Reason, TaskRule
from reminders.planning import sending_hours_of
from reminders.planning.wording import say_visit
from reminders.rules import Clinic
from reminders.tables import PatientRow


class CautionKind(StrEnum):
    ALREADY_THERE = "already-there"
    VISITS = "visits"
    """Too early, too late, or an overlap: a task of the plan."""
    CANNOT_REACH = "cannot-reach"
    PAUSED = "paused"
    QUIET_HOURS = "quiet-hours"
    FIRST_TEXT_WAITS = "first-text-waits"
    TOO_LATE = "too-late"
    NO_TIME = "no-time"


@dataclass(frozen=True, kw_only=True)
class Caution:
    kind: CautionKind
    sentence: str


def list_cautions(
    clinic: Clinic,
    patient: PatientRow,
    forecast: Forecast,
    lines: Collection[ForecastLine],
    recorded: Recorded,
    known: Collection[tuple[TaskRule, str]],
    now: datetime,
) -> Iterator[Caution]:
    """`lines` are the procedure's own, and `known` the tasks that the desk is asked already."""
    zone = ZoneInfo(patient.time_zone) if patient.time_zone else clinic.time_zone
    if not recorded.is_new:
        yield _caution(
            CautionKind.ALREADY_THERE,
            f"This is procedure {recorded.procedure_id}, which is there already: saving adds nothing.",
        )
    for task in forecast.difference.tasks:
        if (task.rule, task.key) not in known:
            yield _caution(CautionKind.VISITS, task.text)
    yield from _caution_of_reach(lines)
    if patient.paused_since is not None:
        yield _caution(CautionKind.PAUSED, "The patient's reminders are paused: nothing leaves until they are resumed.")
    yield from _caution_of_hours(clinic, forecast, lines, zone, now)
    if any(line.reason is Reason.ENTERED_LATE for line in lines):
        late = sum(line.reason is Reason.ENTERED_LATE for line in lines)
        yield _caution(CautionKind.TOO_LATE, f"Entered late: {late} reminders that were due before now do not leave.")
    if _has_no_time(forecast, recorded.procedure_id):
        yield _caution(
            CautionKind.NO_TIME,
            f"There is no time of day: hours are counted from {clinic.default_procedure_time:%H:%M}.",
        )


def _caution(kind: CautionKind, sentence: str) -> Caution:
    return Caution(kind=kind, sentence=sentence)


_REACH = {
    Reason.NO_CONSENT: "There is no consent for {channel}, so what would leave there is withheld: ask the patient.",
    Reason.OPTED_OUT: "The patient does not want {channel}, so what would leave there is withheld.",
    Reason.NO_CONTACT: "There is no number or address for {channel}, so what would leave there is withheld.",
    Reason.CONTACT_REFUSED: "The provider refuses the patient's {channel}: ask for another number or address.",
}


def _caution_of_reach(lines: Collection[ForecastLine]) -> Iterator[Caution]:
    unreached = {(line.reason, line.channel) for line in lines if line.reason in _REACH}
    for reason, channel in sorted(unreached, key=str):
        if reason is not None:
            yield _caution(CautionKind.CANNOT_REACH, _REACH[reason].format(channel=channel))


def _caution_of_hours(
    clinic: Clinic, forecast: Forecast, lines: Collection[ForecastLine], zone: ZoneInfo, now: datetime
) -> Iterator[Caution]:
    hours = sending_hours_of(forecast.case, clinic)
    if not hours.is_open(now):
        opens = say_visit(hours.next_allowed(now), zone)
        yield _caution(
            CautionKind.QUIET_HOURS, f"It is outside the patient's sending hours: nothing leaves before {opens}."
        )
    hourly = {each.identity for each in forecast.plan.reminders if each.interval and each.audience is Audience.PATIENT}
    series: dict[str, ForecastLine] = {}
    for line in lines:
        if line.identity in hourly and line.leaves_at is not None:
            series.setdefault(line.rule, line)
    for rule, first in series.items():
        assert first.leaves_at is not None, "only what leaves is first"
        if local_date(first.leaves_at, zone) > local_date(now, zone):
            yield _caution(
                CautionKind.FIRST_TEXT_WAITS,
                f"The first text of '{rule}' leaves only on {say_visit(first.leaves_at, zone)}: "
                "tell the patient now what it would say.",
            )


def _has_no_time(forecast: Forecast, procedure_id: int) -> bool:
    found = next(each for each in forecast.case.procedures if each.id == procedure_id)
    return found.precision is Precision.DATE
