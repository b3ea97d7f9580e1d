"""What came of a rehearsal, item by item: what left, what did not and why, and what the desk was asked to do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select

from reminders.model import Audience, Reason, Status, TaskRule, TaskStatus
from reminders.overview import Line, list_plan, utc
from reminders.rules import Clinic
from reminders.simulation.desk import Names
from reminders.simulation.scenario import Scenario
from reminders.store.engine import Transaction, reading
from reminders.tables import PatientRow, ProcedureRow, ReminderRow, SessionRow, TaskRow
from reminders.wiring import App

SEND = "send"
TASK = "task"
_SENT = frozenset({Status.ACCEPTED, Status.SENT, Status.DELIVERED, Status.UNDELIVERED})


@dataclass(frozen=True, kw_only=True)
class Item:
    """One line of `reminders simulate`."""

    at: datetime
    """When it left, or was due; for a task, when the desk was asked."""
    zone: ZoneInfo
    """Of the clock that the patient reads."""
    kind: str
    """`send`, `task`, or the state in which it ended unsent."""
    audience: str
    patient: str | None
    procedure: str | None
    session: str | None
    treatment: str | None
    rule: str
    occurrence: int | None
    channel: str | None
    message: int | None
    target_on: str | None
    body: str | None
    reason: str | None = None
    order: tuple[int, ...] = field(default=(), repr=False)
    """Its place in the configuration."""

    @property
    def local(self) -> datetime:
        return self.at.astimezone(self.zone)

    @property
    def is_shown(self) -> bool:
        """Without `--all` only what somebody gets to see."""
        return self.kind in (SEND, TASK)

    def as_json(self) -> dict[str, object]:
        line: dict[str, object] = {
            "at": self.local.isoformat(timespec="seconds"),
            "at_utc": utc(self.at),
            "kind": self.kind,
            "audience": self.audience,
            "patient": self.patient,
            "procedure": self.procedure,
            "session": self.session,
            "treatment": self.treatment,
            "rule": self.rule,
            "occurrence": self.occurrence,
            "channel": self.channel,
            "message": self.message,
            "target_on": self.target_on,
            "body": self.body,
        }
        return line if self.is_shown else {**line, "reason": self.reason}


def list_items(app: App, names: Names, scenario: Scenario) -> list[Item]:
    """Everything before the scenario's end, by time, then patient, then its place in the configuration."""
    with reading(app.engine) as tx:
        items = [
            *(item for patient_id in names.of_patient for item in _reminders_of(tx, app, names, patient_id)),
            *_tasks(tx, app.config.clinic, names),
        ]
    return sorted(
        (item for item in items if item.at < scenario.until),
        key=lambda item: (item.at, item.patient or "", item.order),
    )


# ---- reminders -------------------------------------------------------------------------------------------------

_Places = Mapping[tuple[str, str], tuple[int, int]]
"""Where each rule of each treatment stands in the configuration."""


def _places(clinic: Clinic) -> _Places:
    return {
        (treatment.id, rule.id): (number, place)
        for number, treatment in enumerate(clinic.treatments.values())
        for place, rule in enumerate(treatment.rules)
    }


def _reminders_of(tx: Transaction, app: App, names: Names, patient_id: int) -> Iterator[Item]:
    clinic, places = app.config.clinic, _places(app.config.clinic)
    zone, left = _zone_of(tx, clinic, patient_id), _left_times(tx, patient_id)
    for each in list_plan(tx, clinic, app.templates, patient_id, app.clock()):
        line = each.line
        left_at = left.get(line.id) if line.id and line.status in _SENT else None
        yield _reminder(line, left_at, zone, names, places)


def _zone_of(tx: Transaction, clinic: Clinic, patient_id: int | None) -> ZoneInfo:
    patient = tx.get(PatientRow, patient_id) if patient_id else None
    return ZoneInfo(patient.time_zone) if patient and patient.time_zone else clinic.time_zone


def _left_times(tx: Transaction, patient_id: int) -> dict[int, datetime | None]:
    rows = tx.execute(select(ReminderRow.id, ReminderRow.left_at).where(ReminderRow.patient_id == patient_id))
    return {row.id: row.left_at for row in rows}


def _reminder(line: Line, left_at: datetime | None, zone: ZoneInfo, names: Names, places: _Places) -> Item:
    # A correction is built in and stands in no configuration: it comes after the rules that do.
    place = places.get((line.treatment, line.rule), (len(places), 0))
    return Item(
        at=left_at or datetime.fromisoformat(line.due_at),
        zone=zone,
        kind=_kind(line),
        audience=line.audience,
        patient=names.of_patient[line.patient],
        procedure=names.of_procedure.get(line.procedure or 0),
        session=names.of_session.get(line.session or 0),
        treatment=line.treatment,
        rule=line.rule,
        occurrence=line.occurrence,
        channel=line.channel,
        message=line.message,
        target_on=line.target_on,
        body=line.body,
        reason=line.reason,
        order=(0, *place, line.procedure or line.session or 0, line.occurrence),
    )


def _kind(line: Line) -> str:
    if line.status in _SENT:
        return SEND
    # Whether it ever had a row is nobody's concern.
    return Status.SUPERSEDED if line.reason == Reason.SUPERSEDED else line.status


# ---- tasks -----------------------------------------------------------------------------------------------------


def _tasks(tx: Transaction, clinic: Clinic, names: Names) -> Iterator[Item]:
    for row in tx.scalars(select(TaskRow).order_by(TaskRow.id)):
        if _was_seen(row):
            yield _task(tx, row, clinic, names)


def _was_seen(row: TaskRow) -> bool:
    """What went away by itself before its time was never asked of anybody."""
    return row.status != TaskStatus.CLOSED or row.closed_at is None or row.closed_at > row.due_at


def _task(tx: Transaction, row: TaskRow, clinic: Clinic, names: Names) -> Item:
    return Item(
        at=row.due_at,
        zone=_zone_of(tx, clinic, row.patient_id),
        kind=TASK,
        audience=Audience.STAFF,
        patient=names.of_patient[row.patient_id] if row.patient_id else None,
        procedure=names.of_procedure.get(row.procedure_id or 0),
        session=names.of_session.get(row.session_id or 0),
        treatment=_treatment_of(tx, row),
        rule=row.rule,
        occurrence=None,
        channel=None,
        message=None,
        target_on=None,
        body=row.text,
        order=(1, list(TaskRule).index(TaskRule(row.rule)), row.id),
    )


def _treatment_of(tx: Transaction, row: TaskRow) -> str | None:
    procedure = tx.get(ProcedureRow, row.procedure_id) if row.procedure_id else None
    session = tx.get(SessionRow, row.session_id) if row.session_id else None
    anchor = procedure or session
    return anchor.treatment if anchor else None
