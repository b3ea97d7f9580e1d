"""All that the patient's page shows: contacts and consent, courses, visits, the timeline, the messages as sent."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from sqlalchemy import select

from reminders.forecasting import Forecast, ForecastLine, forecast_patient
from reminders.messages import Templates
from reminders.model import Channel, Precision, Reason, SessionState, Status
from reminders.notes import Happening, Override, list_happenings, list_overrides
from reminders.overview.messages import BY_HAND, list_said
from reminders.overview.moments import zone_of
from reminders.overview.tasks import Task, list_open_tasks
from reminders.planning.courses import list_performed_sessions
from reminders.rules import Clinic
from reminders.store.cases import find_row
from reminders.store.engine import Transaction
from reminders.store.versions import list_changes
from reminders.tables import (
    AttemptRow,
    ConsentRow,
    MessageRow,
    PatientRow,
    ProcedureRow,
    SessionRow,
    WrittenRow,
)


@dataclass(frozen=True, kw_only=True)
class ContactView:
    """A number or address, and whether it may be used."""

    channel: Channel
    address: str | None
    blocked: Reason | None
    """None: it may be used."""


@dataclass(frozen=True, kw_only=True)
class ConsentView:
    channel: Channel
    given_at: datetime
    recorded_by: str
    source: str
    withdrawn_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class PauseView:
    reason: str
    since: datetime
    until: datetime | None
    """None: until somebody resumes."""


@dataclass(frozen=True, kw_only=True)
class CourseView:
    """The present course of one treatment, such as 'session 2 of 4 to 5'."""

    treatment: str
    name: str
    session_number: int
    planned_sessions: int | None
    """None: undecided."""
    usual_least: int | None
    usual_most: int | None
    last_on: date
    due_on: date | None
    """The day that the next session may be; None: there is none, or it is over."""
    session_id: int | None
    starts_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class ProcedureView:
    id: int
    treatment: str
    name: str
    performed_at: datetime
    has_time: bool
    session_number: int | None
    attributes: Mapping[str, str]
    recorded_at: datetime
    cancelled_at: datetime | None
    cancel_reason: str | None


@dataclass(frozen=True, kw_only=True)
class SessionView:
    id: int
    treatment: str
    name: str
    starts_at: datetime
    has_time: bool
    state: SessionState


@dataclass(frozen=True, kw_only=True)
class AttemptView:
    started_at: datetime
    provider: str
    outcome: str | None
    code: str | None


@dataclass(frozen=True, kw_only=True)
class MessageView:
    """One message as it was sent."""

    id: int
    channel: Channel
    to: str
    created_at: datetime
    left_at: datetime | None
    """None: it has not left, or it is known not to have."""
    subject: str | None
    body: str
    segments: int
    says: tuple[str, ...]
    attempts: tuple[AttemptView, ...]


@dataclass(frozen=True, kw_only=True)
class WrittenView:
    """What staff wrote by hand, whether or not it has left."""

    id: int
    channel: Channel
    subject: str | None
    body: str
    again_of: int | None
    written_by: str
    status: Status
    reason: Reason | None
    at: datetime
    """When it left, or is to leave."""


class EntryKind(StrEnum):
    PROCEDURE = "procedure"
    VISIT = "visit"
    REMINDER = "reminder"
    WRITTEN = "written"
    EVENT = "event"
    ANSWER = "answer"


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One line of the timeline."""

    at: datetime
    local: datetime
    """On the patient's clock; procedures and visits on the clinic's."""
    has_time: bool
    kind: EntryKind
    label: str
    status: str
    reason: str | None = None
    line: ForecastLine | None = None
    """Of a reminder."""
    procedure_id: int | None = None
    session_id: int | None = None


@dataclass(frozen=True, kw_only=True)
class ChangeView:
    what: str
    changed_by: str
    changed_at: datetime


@dataclass(frozen=True, kw_only=True)
class PatientPage:
    id: int
    name: str
    language: str | None
    own_zone: str | None
    """Where it differs from the clinic's."""
    zone: ZoneInfo
    attributes: Mapping[str, str]
    version: int
    """What every form of the page carries."""
    pause: PauseView | None
    contacts: tuple[ContactView, ...]
    consents: tuple[ConsentView, ...]
    courses: tuple[CourseView, ...]
    procedures: tuple[ProcedureView, ...]
    sessions: tuple[SessionView, ...]
    happenings: tuple[Happening, ...]
    overrides: tuple[Override, ...]
    tasks: tuple[Task, ...]
    timeline: tuple[Entry, ...]
    messages: tuple[MessageView, ...]
    """The newest first."""
    written: tuple[WrittenView, ...]
    changes: tuple[ChangeView, ...]
    """Who changed what, the newest first."""


def read_patient(
    tx: Transaction, clinic: Clinic, templates: Templates, patient_id: int, now: datetime
) -> PatientPage | None:
    """None where there is no such patient. As many statements whatever the patient has."""
    patient = find_row(tx, PatientRow, patient_id)
    if patient is None:
        return None
    forecast = forecast_patient(tx, clinic, templates, patient, now)
    procedures = _list_procedures(tx, clinic, patient_id, forecast)
    sessions = _list_sessions(tx, clinic, patient_id)
    written = _list_written(tx, patient_id)
    happenings = list_happenings(tx, patient_id)
    zone = zone_of(clinic, patient.time_zone)
    entries = _list_entries(clinic, zone, forecast, procedures, sessions, written, happenings)
    return PatientPage(
        id=patient.id,
        name=patient.name,
        language=patient.language,
        own_zone=patient.time_zone,
        zone=zone,
        attributes=patient.attributes,
        version=patient.version,
        pause=_pause_of(patient),
        contacts=tuple(
            ContactView(channel=channel, address=contact.address, blocked=contact.blocked)
            for channel, contact in forecast.case.contacts.items()
        ),
        consents=list_consents(tx, patient_id),
        courses=tuple(_list_courses(clinic, forecast)),
        procedures=procedures,
        sessions=sessions,
        happenings=tuple(happenings),
        overrides=tuple(list_overrides(tx, [patient_id]).get(patient_id, ())),
        tasks=tuple(list_open_tasks(tx, now, patient_id=patient_id)),
        timeline=tuple(sorted(entries, key=lambda each: (each.at, each.kind, each.label))),
        messages=_list_messages(tx, patient_id),
        written=written,
        changes=tuple(
            ChangeView(what=row.what, changed_by=row.changed_by, changed_at=row.changed_at)
            for row in reversed(list_changes(tx, patient_id))
        ),
    )


def _pause_of(patient: PatientRow) -> PauseView | None:
    if patient.paused_since is None:
        return None
    return PauseView(reason=patient.pause_reason or "", since=patient.paused_since, until=patient.paused_until)


def list_consents(tx: Transaction, patient_id: int) -> tuple[ConsentView, ...]:
    rows = tx.scalars(select(ConsentRow).where(ConsentRow.patient_id == patient_id).order_by(ConsentRow.id))
    return tuple(
        ConsentView(
            channel=Channel(row.channel),
            given_at=row.given_at,
            recorded_by=row.recorded_by,
            source=row.source,
            withdrawn_at=row.withdrawn_at,
        )
        for row in rows
    )


# ---- courses and visits ------------------------------------------------------------------------------------------


def _list_courses(clinic: Clinic, forecast: Forecast) -> Iterator[CourseView]:
    recalls = {recall.treatment: recall for recall in forecast.plan.recalls}
    for treatment in clinic.treatments.values():
        for latest in list_performed_sessions(forecast.case.procedures, treatment, clinic)[-1:]:
            recall = recalls.get(treatment.id)
            yield CourseView(
                treatment=treatment.id,
                name=treatment.name,
                session_number=latest.number,
                planned_sessions=latest.planned_sessions,
                usual_least=treatment.sessions.least if treatment.sessions else None,
                usual_most=treatment.sessions.most if treatment.sessions else None,
                last_on=latest.on,
                due_on=recall.due_on if recall else None,
                session_id=recall.session_id if recall else None,
                starts_at=recall.starts_at if recall else None,
            )


def _list_procedures(tx: Transaction, clinic: Clinic, patient_id: int, forecast: Forecast) -> tuple[ProcedureView, ...]:
    numbers = {
        procedure_id: performed.number
        for treatment in clinic.treatments.values()
        for performed in list_performed_sessions(forecast.case.procedures, treatment, clinic)
        for procedure_id in performed.procedure_ids
    }
    rows = tx.scalars(
        select(ProcedureRow)
        .where(ProcedureRow.patient_id == patient_id)
        .order_by(ProcedureRow.performed_at, ProcedureRow.id)
    )
    return tuple(
        ProcedureView(
            id=row.id,
            treatment=row.treatment,
            name=_name_treatment(clinic, row.treatment),
            performed_at=row.performed_at,
            has_time=row.precision != Precision.DATE,
            session_number=numbers.get(row.id),
            attributes=row.attributes,
            recorded_at=row.recorded_at,
            cancelled_at=row.cancelled_at,
            cancel_reason=row.cancel_reason,
        )
        for row in rows
    )


def _list_sessions(tx: Transaction, clinic: Clinic, patient_id: int) -> tuple[SessionView, ...]:
    rows = tx.scalars(
        select(SessionRow).where(SessionRow.patient_id == patient_id).order_by(SessionRow.starts_at, SessionRow.id)
    )
    return tuple(
        SessionView(
            id=row.id,
            treatment=row.treatment,
            name=_name_treatment(clinic, row.treatment),
            starts_at=row.starts_at,
            has_time=row.precision != Precision.DATE,
            state=SessionState(row.state),
        )
        for row in rows
    )


def _name_treatment(clinic: Clinic, treatment: str) -> str:
    # It may have left the configuration since.
    return clinic.treatments[treatment].name if treatment in clinic.treatments else treatment


# ---- messages ----------------------------------------------------------------------------------------------------


def _list_messages(tx: Transaction, patient_id: int) -> tuple[MessageView, ...]:
    rows = tx.scalars(
        select(MessageRow).where(MessageRow.patient_id == patient_id).order_by(MessageRow.id.desc())
    ).all()
    said = list_said(tx, rows)
    attempts = _load_attempts(tx, patient_id)
    return tuple(
        MessageView(
            id=row.id,
            channel=Channel(row.channel),
            to=row.contact,
            created_at=row.created_at,
            left_at=row.left_at,
            subject=row.subject,
            body=row.body,
            segments=row.segments,
            says=said[row.id],
            attempts=tuple(attempts[row.id]),
        )
        for row in rows
    )


def _load_attempts(tx: Transaction, patient_id: int) -> Mapping[int, list[AttemptView]]:
    rows = tx.scalars(
        select(AttemptRow)
        .join(MessageRow, MessageRow.id == AttemptRow.message_id)
        .where(MessageRow.patient_id == patient_id)
        .order_by(AttemptRow.id)
    )
    found: dict[int, list[AttemptView]] = defaultdict(list)
    for row in rows:
        found[row.message_id].append(
            AttemptView(started_at=row.started_at, provider=row.provider, outcome=row.outcome, code=row.code)
        )
    return found


def _list_written(tx: Transaction, patient_id: int) -> tuple[WrittenView, ...]:
    rows = tx.scalars(select(WrittenRow).where(WrittenRow.patient_id == patient_id).order_by(WrittenRow.id.desc()))
    return tuple(
        WrittenView(
            id=row.id,
            channel=Channel(row.channel),
            subject=row.subject,
            body=row.body,
            again_of=row.again_of,
            written_by=row.written_by,
            status=Status(row.status),
            reason=Reason(row.reason) if row.reason else None,
            at=row.left_at or row.next_attempt_at,
        )
        for row in rows
    )


# ---- the timeline ------------------------------------------------------------------------------------------------


def _list_entries(
    clinic: Clinic,
    zone: ZoneInfo,
    forecast: Forecast,
    procedures: Sequence[ProcedureView],
    sessions: Sequence[SessionView],
    written: Sequence[WrittenView],
    happenings: Sequence[Happening],
) -> Iterator[Entry]:
    for done in procedures:
        yield Entry(
            at=done.performed_at,
            local=done.performed_at.astimezone(clinic.time_zone),
            has_time=done.has_time,
            kind=EntryKind.PROCEDURE,
            label=done.name,
            status="cancelled" if done.cancelled_at else "performed",
            reason=done.cancel_reason,
            procedure_id=done.id,
        )
    for visit in sessions:
        yield Entry(
            at=visit.starts_at,
            local=visit.starts_at.astimezone(clinic.time_zone),
            has_time=visit.has_time,
            kind=EntryKind.VISIT,
            label=visit.name,
            status=visit.state,
            session_id=visit.id,
        )
    for line in forecast.lines:
        yield Entry(
            at=line.leaves_at or line.due_at,
            local=line.local,
            has_time=True,
            kind=EntryKind.REMINDER,
            label=f"{line.rule} {line.identity.occurrence}",
            status=line.status,
            reason=line.reason,
            line=line,
            procedure_id=line.procedure_id,
            session_id=line.session_id,
        )
    for message in written:
        yield Entry(
            at=message.at,
            local=message.at.astimezone(zone),
            has_time=True,
            kind=EntryKind.WRITTEN,
            label=BY_HAND,
            status=message.status,
            reason=message.reason,
        )
    for happening in happenings:
        yield Entry(
            at=happening.at,
            local=happening.at.astimezone(clinic.time_zone),
            has_time=happening.has_time,
            kind=EntryKind.EVENT if happening.answer is None else EntryKind.ANSWER,
            label=happening.name,
            status=happening.answer or "recorded",
            procedure_id=happening.procedure_id,
        )
