"""Reads all that a plan depends on for one patient, in the words of the model."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cache
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy import Row, Select, bindparam, select

from reminders.model import (
    LEFT,
    PENDING,
    AnchorKind,
    Channel,
    Contact,
    Identity,
    PatientCase,
    Precision,
    Procedure,
    Reason,
    Session,
    SessionState,
    Status,
    StoredReminder,
)
from reminders.rules import Clinic
from reminders.sending_hours import SendingHours
from reminders.store.engine import Transaction
from reminders.store.statements import table_of
from reminders.tables import (
    AnswerRow,
    Base,
    ConsentRow,
    ContactBlockRow,
    OverrideRow,
    PatientRow,
    ProcedureEventRow,
    ProcedureRow,
    ReminderRow,
    SessionRow,
    WrittenRow,
)

_REMINDERS = table_of(ReminderRow)

_ValueT = TypeVar("_ValueT")
_RowT = TypeVar("_RowT", ProcedureRow, SessionRow)
_FoundT = TypeVar("_FoundT", bound=Base)

_LARGEST_ID = 2**31 - 1
"""What an INTEGER of PostgreSQL holds. A larger number, which somebody typed, is nobody's."""


def find_row(tx: Transaction, table: type[_FoundT], row_id: int) -> _FoundT | None:
    """The row of this id; None where there is none."""
    return tx.get(table, row_id) if 0 < row_id <= _LARGEST_ID else None


def lock_patient(tx: Transaction, patient_id: int) -> PatientRow | None:
    """Hold the patient's row until the transaction ends, so that one change at a time replans.

    SQLite holds the whole database already: its writers begin IMMEDIATE.
    """
    if patient_id > _LARGEST_ID:
        return None
    return tx.scalar(_HELD_PATIENT, {"patient_id": patient_id})


_HELD_PATIENT = (
    select(PatientRow)
    .where(PatientRow.id == bindparam("patient_id"))
    .with_for_update()
    .execution_options(populate_existing=True)
)


def lock_patients(tx: Transaction, patient_ids: Collection[int]) -> None:
    """Hold several patients, in the order of their ids, so that no two who do this can deadlock."""
    tx.scalars(_HELD_PATIENT_IDS, {"patient_ids": list(patient_ids)}).all()


_HELD_PATIENT_IDS = (
    select(PatientRow.id)
    .where(PatientRow.id.in_(bindparam("patient_ids", expanding=True)))
    .order_by(PatientRow.id)
    .with_for_update()
)


def list_patients_of(tx: Transaction, channel: Channel, contact: str) -> list[int]:
    """The ids of everyone who has this number or address."""
    column = PatientRow.phone if channel is Channel.SMS else PatientRow.email
    return list(tx.scalars(select(PatientRow.id).where(column == contact).order_by(PatientRow.id)))


def load_case(tx: Transaction, patient: PatientRow, stored: Sequence[StoredReminder]) -> PatientCase:
    """The patient's procedures, sessions, contacts and what the patient has been told."""
    return PatientCase(
        patient_id=patient.id,
        procedures=load_procedures(tx, patient.id),
        sessions=tuple(map(_session, _rows_of(tx, SessionRow, patient.id))),
        contacts=load_contacts(tx, [patient])[patient.id],
        time_zone=patient.time_zone,
        attributes=patient.attributes,
        is_paused=patient.paused_since is not None,
        left=tuple(
            sorted((row for row in stored if row.has_left), key=lambda row: (row.left_at or row.due_at, row.id))
        ),
        by_hand=tuple(tx.scalars(_TEXTS_BY_HAND, {"patient_id": patient.id})),
    )


_TEXTS_BY_HAND = select(WrittenRow.left_at).where(
    WrittenRow.patient_id == bindparam("patient_id"),
    WrittenRow.channel == Channel.SMS,
    WrittenRow.status.in_(LEFT),
    WrittenRow.left_at.is_not(None),
)


def load_procedures(tx: Transaction, patient_id: int) -> tuple[Procedure, ...]:
    """The patient's procedures with all that was noted of them since."""
    rows = list(_rows_of(tx, ProcedureRow, patient_id))
    if not rows:
        return ()
    events, _ = _load_noted(tx, _EVENTS, patient_id)
    answers, answered_at = _load_noted(tx, _ANSWERS, patient_id)
    overrides, overridden_at = _load_noted(tx, _OVERRIDES, patient_id)
    return tuple(
        replace(
            read_procedure(row),
            events=events.get(row.id, {}),
            answers=answers.get(row.id, {}),
            answered_at=answered_at.get(row.id, {}),
            overrides=overrides.get(row.id, {}),
            overridden_at=overridden_at.get(row.id, {}),
        )
        for row in rows
    )


_EVENTS = (
    select(
        ProcedureEventRow.procedure_id,
        ProcedureEventRow.name,
        ProcedureEventRow.happened_at,
        ProcedureEventRow.recorded_at,
    )
    .join(ProcedureRow)
    .where(ProcedureRow.patient_id == bindparam("patient_id"), ProcedureEventRow.undone_at.is_(None))
)

_ANSWERS = (
    select(AnswerRow.procedure_id, AnswerRow.question, AnswerRow.answer, AnswerRow.answered_at)
    .join(ProcedureRow)
    .where(ProcedureRow.patient_id == bindparam("patient_id"))
    # The latest comes last and so has the say.
    .order_by(AnswerRow.answered_at, AnswerRow.id)
)

_OVERRIDES = (
    select(OverrideRow.procedure_id, OverrideRow.rule, OverrideRow.fields, OverrideRow.decided_at)
    .join(ProcedureRow)
    .where(ProcedureRow.patient_id == bindparam("patient_id"), OverrideRow.cleared_at.is_(None))
)


def _load_noted(
    tx: Transaction, query: Select[int, str, _ValueT, datetime], patient_id: int
) -> tuple[dict[int, dict[str, _ValueT]], dict[int, dict[str, datetime]]]:
    """By procedure: what stands under each name, and since when."""
    noted: dict[int, dict[str, _ValueT]] = defaultdict(dict)
    noted_at: dict[int, dict[str, datetime]] = defaultdict(dict)
    for procedure_id, name, value, at in tx.execute(query, {"patient_id": patient_id}):
        noted[procedure_id][name], noted_at[procedure_id][name] = value, at
    return noted, noted_at


def hours_of_patient(tx: Transaction, clinic: Clinic, patient_id: int) -> SendingHours:
    """The clinic's sending hours in the patient's zone."""
    own = tx.scalar(select(PatientRow.time_zone).where(PatientRow.id == patient_id))
    return SendingHours(windows=clinic.sending_hours, zone=ZoneInfo(own) if own else clinic.time_zone)


def load_stored_reminders(tx: Transaction, patient_id: int) -> list[StoredReminder]:
    """What the rows hold, without a row object for each: most of them are long settled."""
    # All at once: on SQLite a row that cannot be read would leave the others unread, and with them a lock held.
    rows = tx.execute(_REMINDERS_OF, {"patient_id": patient_id}).all()
    return [read_reminder(row) for row in rows]


_REMINDERS_OF = select(_REMINDERS).where(_REMINDERS.c.patient_id == bindparam("patient_id")).order_by(_REMINDERS.c.id)


def _rows_of(tx: Transaction, table: type[_RowT], patient_id: int) -> Iterable[_RowT]:
    return tx.scalars(_rows_query(table), {"patient_id": patient_id})


@cache
def _rows_query(table: type[_RowT]) -> Select[_RowT]:
    return select(table).where(table.patient_id == bindparam("patient_id")).order_by(table.id)


def load_contacts(tx: Transaction, patients: Sequence[PatientRow]) -> dict[int, Mapping[Channel, Contact]]:
    """For each patient and channel: the address, or why nothing may leave there."""
    ids = [patient.id for patient in patients]
    consented = {(patient_id, channel) for patient_id, channel in tx.execute(_CONSENTED, {"patient_ids": ids})}
    addresses = [address for patient in patients for address in (patient.phone, patient.email) if address]
    blocked = _load_blocks(tx, addresses)
    return {
        patient.id: {
            channel: _contact(channel, address, (patient.id, channel) in consented, blocked)
            for channel, address in ((Channel.SMS, patient.phone), (Channel.EMAIL, patient.email))
        }
        for patient in patients
    }


_CONSENTED = select(ConsentRow.patient_id, ConsentRow.channel).where(
    ConsentRow.patient_id.in_(bindparam("patient_ids", expanding=True)), ConsentRow.withdrawn_at.is_(None)
)


def _load_blocks(tx: Transaction, addresses: Sequence[str]) -> dict[tuple[str, str], Reason]:
    rows = tx.execute(_BLOCKED, {"addresses": addresses})
    return {(channel, contact): Reason(reason) for channel, contact, reason in rows}


_BLOCKED = (
    select(ContactBlockRow.channel, ContactBlockRow.contact, ContactBlockRow.reason)
    .where(ContactBlockRow.contact.in_(bindparam("addresses", expanding=True)), ContactBlockRow.lifted_at.is_(None))
    # `opted_out` comes last and so has the say over `contact_refused`.
    .order_by(ContactBlockRow.reason)
)


def _contact(
    channel: Channel, address: str | None, has_consent: bool, blocked: Mapping[tuple[str, str], Reason]
) -> Contact:
    if address is None:
        return Contact(channel=channel, address=None, blocked=Reason.NO_CONTACT)
    no_consent = None if has_consent else Reason.NO_CONSENT
    return Contact(channel=channel, address=address, blocked=blocked.get((channel, address)) or no_consent)


def read_procedure(row: ProcedureRow) -> Procedure:
    return Procedure(
        id=row.id,
        treatment=row.treatment,
        performed_at=row.performed_at,
        precision=Precision(row.precision),
        session_given=row.session_given,
        planned_sessions=row.planned_sessions,
        decided_at=row.decided_at,
        is_cancelled=row.cancelled_at is not None,
        recorded_at=row.recorded_at,
        cancelled_at=row.cancelled_at,
        attributes=row.attributes,
    )


def _session(row: SessionRow) -> Session:
    return Session(
        id=row.id,
        treatment=row.treatment,
        starts_at=row.starts_at,
        visit=row.visit or row.id,
        changed_at=row.changed_at,
        precision=Precision(row.precision),
        state=SessionState(row.state),
    )


def read_reminder(row: ReminderRow | Row[Any]) -> StoredReminder:
    status = Status(row.status)
    return StoredReminder(
        id=row.id,
        identity=identity_of(row),
        treatment=row.treatment,
        channel=Channel(row.channel),
        status=status,
        due_at=row.due_at,
        expires_at=row.expires_at,
        reason=Reason(row.reason) if row.reason else None,
        target_on=row.target_on,
        visit_at=row.visit_at,
        next_attempt_at=row.next_attempt_at if status in PENDING else None,
        left_at=row.left_at,
        contact=row.contact,
    )


def identity_of(row: ReminderRow | Row[Any]) -> Identity:
    return Identity(AnchorKind(row.anchor_kind), row.anchor_id, row.rule, row.occurrence)
