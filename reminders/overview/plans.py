"""Plans and lists of reminders as the command line prints them. Changes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select

from reminders.composing import Facts, Said, compose, is_first_text, load_facts, named_target
from reminders.messages import Templates, Unrenderable
from reminders.model import (
    AnchorKind,
    Audience,
    Channel,
    PlannedReminder,
    Precision,
    Reason,
    Status,
)
from reminders.notes import Override, find_overridden
from reminders.overview.moments import utc
from reminders.planning import plan_reminders, sending_hours_of
from reminders.reconciling import Add, Decision, diff_reminders, status_of
from reminders.rules import Clinic
from reminders.store.cases import identity_of, load_case, load_stored_reminders
from reminders.store.engine import Transaction
from reminders.tables import (
    AttemptRow,
    MessageRow,
    PatientRow,
    ProcedureRow,
    ReminderRow,
)


@dataclass(frozen=True, kw_only=True)
class Line:
    """One reminder, as `record`, `plan` and `list` print it."""

    id: int | None
    patient: int
    procedure: int | None
    session: int | None
    treatment: str
    rule: str
    occurrence: int
    audience: str
    channel: str
    due_at: str
    due_local: str
    expires_at: str
    target_on: str | None
    status: str
    reason: str | None
    overridden: bool
    attempts: int
    provider_id: str | None
    message: int | None
    body: str | None

    def as_json(self) -> dict[str, object]:
        return asdict(self)


@dataclass(frozen=True, kw_only=True)
class PlanLine:
    """A line, when it leaves where that is later than due, and the figures that a clinician has set for it."""

    line: Line
    leaves_local: datetime | None
    overrides: tuple[Override, ...] = ()


def list_plan(tx: Transaction, clinic: Clinic, templates: Templates, patient_id: int, now: datetime) -> list[PlanLine]:
    """A patient's whole plan, by time: rows, and what is withheld without ever having had one."""
    patient = tx.get(PatientRow, patient_id)
    assert patient is not None, "the caller has found the patient"
    stored = load_stored_reminders(tx, patient_id)
    case = load_case(tx, patient, stored)
    difference = diff_reminders(plan_reminders(case, clinic), stored, now, sending_hours_of(case, clinic))
    added = {change.planned.identity: change.closed for change in difference.changes if isinstance(change, Add)}
    lines = _Lines(tx, clinic, templates, [patient], now)
    rows = {identity_of(row): row for row in _rows_of(tx, [patient_id])}
    lines.load_messages(rows.values())
    shown = []
    # By time, because the first text to a number carries a line of its own.
    for decision in sorted(difference.decisions, key=lambda each: each.leave_at or each.planned.due_at):
        row = rows.pop(decision.planned.identity, None)
        if row is not None:
            shown.append(lines.of_row(row, withheld=_withheld_now(decision, row)))
        else:
            closed = added.get(decision.planned.identity)
            shown.append(lines.of_planned(patient, decision.planned, decision.reason, closed))
    shown.extend(lines.of_row(row) for row in rows.values())
    return sorted(shown, key=lambda each: (each.line.due_at, each.line.rule, each.line.occurrence))


def _withheld_now(decision: Decision, row: ReminderRow) -> Reason | None:
    """What closed for a reason that still stands is shown withheld: it may come back."""
    is_closed = row.status in (Status.CANCELLED, Status.SUPERSEDED)
    stands = decision.reason is not None and status_of(decision.reason) is not Status.EXPIRED
    return decision.reason if is_closed and stands else None


def list_reminders(
    tx: Transaction,
    clinic: Clinic,
    templates: Templates,
    now: datetime,
    *,
    status: Status | None = None,
    patient_id: int | None = None,
) -> list[PlanLine]:
    """Every reminder that matches, by time; what is withheld without a row stands in a patient's plan."""
    if status is Status.WITHHELD:
        return _list_withheld(tx, clinic, templates, now, patient_id)
    query = select(PatientRow).order_by(PatientRow.id)
    patients = list(tx.scalars(query if patient_id is None else query.where(PatientRow.id == patient_id)))
    lines = _Lines(tx, clinic, templates, patients, now)
    rows = list(_rows_of(tx, [patient.id for patient in patients], status))
    lines.load_messages(rows)
    return [lines.of_row(row) for row in rows]


def _list_withheld(
    tx: Transaction, clinic: Clinic, templates: Templates, now: datetime, patient_id: int | None
) -> list[PlanLine]:
    ids = [patient_id] if patient_id is not None else list(tx.scalars(select(PatientRow.id)))
    planned = (each for one in ids for each in list_plan(tx, clinic, templates, one, now))
    withheld = [each for each in planned if each.line.status == Status.WITHHELD]
    return sorted(withheld, key=lambda each: (each.line.due_at, each.line.patient))


def _rows_of(tx: Transaction, patient_ids: Sequence[int], status: Status | None = None) -> Iterator[ReminderRow]:
    query = select(ReminderRow).order_by(ReminderRow.due_at, ReminderRow.id)
    if status is not None:
        query = query.where(ReminderRow.status == status)
    for ids in _in_parts(patient_ids):
        yield from tx.scalars(query.where(ReminderRow.patient_id.in_(ids)))


def _in_parts(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    """A statement takes only so many parameters."""
    return (ids[start : start + 500] for start in range(0, len(ids), 500))


class _Lines:
    """Turns rows and planned occurrences of some patients into lines."""

    def __init__(
        self, tx: Transaction, clinic: Clinic, templates: Templates, patients: Iterable[PatientRow], now: datetime
    ) -> None:
        self._tx = tx
        self._clinic = clinic
        self._templates = templates
        self._now = now
        self._patients = {patient.id: patient for patient in patients}
        self._facts: Facts = load_facts(tx, clinic, self._patients)
        self._overridden = find_overridden(tx, clinic, self._patients)
        self._greeted: set[str] = set()
        self._messages: dict[int, MessageRow] = {}
        self._tries: dict[int, list[str | None]] = {}
        """By message: what the provider called each try, in their order."""

    def load_messages(self, rows: Iterable[ReminderRow]) -> None:
        """The messages of these rows, all at once."""
        for ids in _in_parts(sorted({row.message_id for row in rows if row.message_id})):
            self._messages |= {
                row.id: row for row in self._tx.scalars(select(MessageRow).where(MessageRow.id.in_(ids)))
            }
            tries = select(AttemptRow.message_id, AttemptRow.provider_id).where(AttemptRow.message_id.in_(ids))
            for message_id, provider_id in self._tx.execute(tries.order_by(AttemptRow.id)):
                self._tries.setdefault(message_id, []).append(provider_id)

    def of_row(self, row: ReminderRow, withheld: Reason | None = None) -> PlanLine:
        patient = self._patients[row.patient_id]
        message = self._messages.get(row.message_id or 0)
        tries = self._tries.get(row.message_id or 0, [])
        leaves_at = max(row.next_attempt_at, row.due_at)
        said = Said.of(row, leave_at=row.left_at or leaves_at)
        is_pending = row.status in (Status.SCHEDULED, Status.CLAIMED)
        overrides = self._overridden.get(identity_of(row), ())
        if row.left_at is not None:
            # What has left was told by the figures of that time.
            overrides = tuple(each for each in overrides if each.decided_at <= row.left_at)
        line = Line(
            id=row.id,
            patient=row.patient_id,
            procedure=row.anchor_id if row.anchor_kind == AnchorKind.PROCEDURE else None,
            session=row.anchor_id if row.anchor_kind == AnchorKind.SESSION else None,
            treatment=row.treatment,
            rule=row.rule,
            occurrence=row.occurrence,
            audience=row.audience,
            channel=row.channel,
            due_at=utc(row.due_at),
            due_local=self._local(patient, row.due_at).isoformat(timespec="seconds"),
            expires_at=utc(row.expires_at),
            target_on=_text(named_target(self._templates, said)),
            status=Status.WITHHELD if withheld else row.status,
            reason=withheld or row.reason,
            overridden=bool(overrides),
            # Every try to hand its message over; the row itself counts only those that say something of the message.
            attempts=len(tries),
            provider_id=next(filter(None, reversed(tries)), None),
            message=row.message_id,
            body=message.body if message and not is_pending else self._preview(patient, said, is_pending),
        )
        is_put_back = is_pending and leaves_at > row.due_at
        leaves_local = self._local(patient, leaves_at) if is_put_back else None
        return PlanLine(line=line, leaves_local=leaves_local, overrides=overrides)

    def of_planned(
        self, patient: PatientRow, planned: PlannedReminder, reason: Reason | None, closed: Reason | None
    ) -> PlanLine:
        said = Said(
            rule=planned.identity.rule,
            treatment=planned.treatment,
            occurrence=planned.identity.occurrence,
            audience=planned.audience,
            channel=planned.channel,
            leave_at=planned.due_at,
            anchor_kind=planned.identity.anchor_kind,
            anchor_id=planned.identity.anchor_id,
            target_on=planned.target_on,
            visit_at=planned.visit_at,
        )
        kind, anchor_id = planned.identity.anchor_kind, planned.identity.anchor_id
        overrides = self._overridden.get(planned.identity, ())
        line = Line(
            id=None,
            patient=patient.id,
            procedure=anchor_id if kind is AnchorKind.PROCEDURE else None,
            session=anchor_id if kind is AnchorKind.SESSION else None,
            treatment=planned.treatment,
            rule=planned.identity.rule,
            occurrence=planned.identity.occurrence,
            audience=planned.audience,
            channel=planned.channel,
            due_at=utc(planned.due_at),
            due_local=self._local(patient, planned.due_at).isoformat(timespec="seconds"),
            expires_at=utc(planned.expires_at),
            target_on=_text(named_target(self._templates, said)),
            status=status_of(closed) if closed else Status.WITHHELD,
            reason=closed or reason,
            overridden=bool(overrides),
            attempts=0,
            provider_id=None,
            message=None,
            body=None,
        )
        return PlanLine(line=line, leaves_local=None, overrides=overrides)

    def _local(self, patient: PatientRow, instant: datetime) -> datetime:
        return instant.astimezone(ZoneInfo(patient.time_zone) if patient.time_zone else self._clinic.time_zone)

    def _preview(self, patient: PatientRow, said: Said, is_pending: bool) -> str | None:
        """The text as it will be; None for what will not leave."""
        if not is_pending:
            return None
        try:
            is_first = self._greets(patient, said)
            return compose(self._templates, [said], self._facts, patient_name=patient.name, is_first=is_first).body
        except Unrenderable:
            return None

    def _greets(self, patient: PatientRow, said: Said) -> bool:
        """The first text to a number is the earliest of those still to come, if none has left yet."""
        if said.channel is not Channel.SMS or said.audience is Audience.STAFF or patient.phone is None:
            return False
        if patient.phone in self._greeted:
            return False
        self._greeted.add(patient.phone)
        return is_first_text(self._tx, patient.phone)


def _text(day: date | None) -> str | None:
    return day.isoformat() if day else None


def list_dated_only(tx: Transaction, patient_id: int) -> list[int]:
    """The patient's standing procedures that were entered without a time of day (P9)."""
    rows = tx.scalars(
        select(ProcedureRow.id)
        .where(
            ProcedureRow.patient_id == patient_id,
            ProcedureRow.cancelled_at.is_(None),
            ProcedureRow.precision == Precision.DATE,
        )
        .order_by(ProcedureRow.id)
    )
    return list(rows)
