"""All that is kept of one patient, as data: what a patient may ask for."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, inspect, select

from reminders.casework.patients import require_patient
from reminders.model import Channel
from reminders.store.engine import Transaction
from reminders.tables import (
    AnswerRow,
    AttemptRow,
    Base,
    ConsentRow,
    ContactBlockRow,
    EventRow,
    MessageRow,
    OverrideRow,
    PatientChangeRow,
    ProcedureEventRow,
    ProcedureRow,
    RecallRow,
    ReminderRow,
    SessionRow,
    TaskRow,
    WrittenRow,
)

_OURS = frozenset({"name_key", "search_key", "token", "claimed_by", "lease_until", "look_at", "key"})
"""How the service works, and nothing of the patient; a token would let its holder speak for the provider."""


def export_patient(tx: Transaction, patient_id: int) -> dict[str, Any]:
    """Everything of the patient as plain values: numbers, texts, lists; moments as ISO 8601 in UTC.

    Raises InputRefusal where there is no such patient.
    """
    patient = require_patient(tx, patient_id)
    own_procedures = select(ProcedureRow.id).where(ProcedureRow.patient_id == patient_id)
    own_messages = select(MessageRow.id).where(MessageRow.patient_id == patient_id)
    own_attempts = select(AttemptRow.id).where(AttemptRow.message_id.in_(own_messages))
    is_blocked = ((ContactBlockRow.channel == Channel.SMS) & (ContactBlockRow.contact == (patient.phone or ""))) | (
        (ContactBlockRow.channel == Channel.EMAIL) & (ContactBlockRow.contact == (patient.email or ""))
    )
    parts: dict[str, tuple[type[Base], ColumnElement[bool]]] = {
        "consents": (ConsentRow, ConsentRow.patient_id == patient_id),
        "contact_blocks": (ContactBlockRow, is_blocked),
        "procedures": (ProcedureRow, ProcedureRow.patient_id == patient_id),
        "procedure_events": (ProcedureEventRow, ProcedureEventRow.procedure_id.in_(own_procedures)),
        "answers": (AnswerRow, AnswerRow.procedure_id.in_(own_procedures)),
        "overrides": (OverrideRow, OverrideRow.procedure_id.in_(own_procedures)),
        "sessions": (SessionRow, SessionRow.patient_id == patient_id),
        "recalls": (RecallRow, RecallRow.patient_id == patient_id),
        "reminders": (ReminderRow, ReminderRow.patient_id == patient_id),
        "written_messages": (WrittenRow, WrittenRow.patient_id == patient_id),
        "messages": (MessageRow, MessageRow.patient_id == patient_id),
        "attempts": (AttemptRow, AttemptRow.message_id.in_(own_messages)),
        "events": (EventRow, EventRow.attempt_id.in_(own_attempts)),
        "tasks": (TaskRow, TaskRow.patient_id == patient_id),
        "changes": (PatientChangeRow, PatientChangeRow.patient_id == patient_id),
    }
    return {
        "patient": _describe(patient),
        **{
            name: [_describe(row) for row in _list_rows(tx, table, condition)]
            for name, (table, condition) in parts.items()
        },
    }


def _list_rows(tx: Transaction, table: type[Base], condition: ColumnElement[bool]) -> Iterable[Base]:
    return tx.scalars(select(table).where(condition).order_by(inspect(table).primary_key[0]))


def _describe(row: Base) -> dict[str, Any]:
    names = (column.key for column in inspect(type(row)).columns)
    return {name: _as_plain(getattr(row, name)) for name in names if name not in _OURS}


def _as_plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date | datetime) else value
