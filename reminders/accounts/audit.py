"""The audit log: who saw, changed or sent what, and when. Append-only; ids and words of ours, never a text (S10)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import select

from reminders.store.engine import Transaction
from reminders.tables import AuditRow, UserRow

ONE_LOOK = timedelta(minutes=10)
"""Looking again within this time is the same look."""

_FIELD = re.compile(r"[a-z_]+")


class Action(StrEnum):
    """What somebody did."""

    VIEW = "view"
    ADD = "add"
    CHANGE = "change"
    CANCEL = "cancel"
    SEND = "send"
    CONSENT = "consent"
    EXPORT = "export"
    SIGN_IN = "sign_in"
    SIGN_IN_REFUSED = "sign_in_refused"
    SIGN_OUT = "sign_out"
    MAKE_LINK = "make_link"
    SET_PASSWORD = "set_password"
    DISABLE = "disable"
    ENABLE = "enable"


class Subject(StrEnum):
    """What it was done to."""

    PATIENT = "patient"
    PROCEDURE = "procedure"
    SESSION = "session"
    REMINDER = "reminder"
    MESSAGE = "message"
    TASK = "task"
    USER = "user"
    LIST = "list"
    """A page that names several patients."""


@dataclass(frozen=True, kw_only=True)
class AuditLine:
    id: int
    at: datetime
    user: str | None
    action: str
    subject: str | None
    subject_id: int | None
    patient_id: int | None
    fields: tuple[str, ...]


def record_audit(
    tx: Transaction,
    user_id: int | None,
    action: Action,
    now: datetime,
    *,
    subject: Subject | None = None,
    subject_id: int | None = None,
    patient_id: int | None = None,
    fields: Iterable[str] = (),
) -> None:
    """Write one line, in the transaction of what it tells. `user_id` None is the command line, or nobody yet."""
    names = list(fields)
    assert all(_FIELD.fullmatch(name) for name in names), "fields are names of columns, never what they hold"
    tx.add(
        AuditRow(
            at=now,
            user_id=user_id,
            action=action,
            subject=subject,
            subject_id=subject_id,
            patient_id=patient_id,
            fields=",".join(names),
        )
    )
    tx.flush()


def record_look(tx: Transaction, user_id: int, now: datetime, subject: Subject, patient_id: int | None = None) -> None:
    """Write down that somebody saw a patient, or a list; a page that follows the typing asks anew with every letter."""
    earlier = select(AuditRow.id).where(
        AuditRow.user_id == user_id,
        AuditRow.action == Action.VIEW,
        AuditRow.subject == subject,
        AuditRow.patient_id.is_not_distinct_from(patient_id),
        AuditRow.at > now - ONE_LOOK,
    )
    if tx.scalar(earlier.limit(1)) is None:
        record_audit(tx, user_id, Action.VIEW, now, subject=subject, subject_id=patient_id, patient_id=patient_id)


@dataclass(frozen=True, kw_only=True)
class Author:
    user_id: int
    name: str


def find_author(tx: Transaction, at: datetime, subject: Subject, subject_id: int) -> Author | None:
    """Who did something to this at this very moment: a change and the line that tells it have one. None: nobody
    who was signed in."""
    row = tx.execute(
        select(UserRow.id, UserRow.name)
        .join(AuditRow, AuditRow.user_id == UserRow.id)
        .where(AuditRow.at == at, AuditRow.subject == subject, AuditRow.subject_id == subject_id)
        .limit(1)
    ).first()
    return Author(user_id=row.id, name=row.name) if row else None


def list_audit(
    tx: Transaction,
    *,
    before_id: int | None = None,
    user_id: int | None = None,
    patient_id: int | None = None,
    limit: int = 100,
) -> Sequence[AuditLine]:
    """The newest lines first; `before_id` is the last one of the page before."""
    query = select(AuditRow, UserRow.name).outerjoin(UserRow, UserRow.id == AuditRow.user_id)
    for column, wanted in ((AuditRow.user_id, user_id), (AuditRow.patient_id, patient_id)):
        if wanted is not None:
            query = query.where(column == wanted)
    if before_id is not None:
        query = query.where(AuditRow.id < before_id)
    return [_line(row, name) for row, name in tx.execute(query.order_by(AuditRow.id.desc()).limit(limit))]


def _line(row: AuditRow, name: str | None) -> AuditLine:
    return AuditLine(
        id=row.id,
        at=row.at,
        user=name,
        action=row.action,
        subject=row.subject,
        subject_id=row.subject_id,
        patient_id=row.patient_id,
        fields=tuple(row.fields.split(",")) if row.fields else (),
    )
