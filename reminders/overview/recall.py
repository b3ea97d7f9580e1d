"""Whose next session is due, when, and whether it is booked: by the page, or all of it as a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Engine, Select, func, select

from reminders.overview.messages import list_said
from reminders.overview.moments import today_of, zone_of
from reminders.overview.spreadsheets import make_inert
from reminders.rules import Clinic
from reminders.store.engine import Transaction, reading
from reminders.tables import MessageRow, PatientRow, RecallRow
from reminders.typed import fold_for_search


class RecallSort(StrEnum):
    DUE = "due"
    VISIT = "visit"
    NAME = "name"


@dataclass(frozen=True, kw_only=True)
class RecallFilter:
    """None: no matter."""

    treatment: str | None = None
    is_booked: bool | None = None
    is_undecided: bool | None = None
    due_from: date | None = None
    due_until: date | None = None
    text: str = ""
    """A part of the name."""
    sort: RecallSort = RecallSort.DUE
    is_descending: bool = False
    limit: int = 50
    offset: int = 0


@dataclass(frozen=True, kw_only=True)
class RecallLine:
    patient_id: int
    name: str
    phone: str | None
    email: str | None
    is_paused: bool
    treatment: str
    treatment_name: str
    sessions_done: int
    planned_sessions: int | None
    is_undecided: bool
    last_on: date
    due_on: date
    latest_on: date | None
    session_id: int | None
    starts_local: datetime | None
    """The booked visit on the clinic's clock; None: not booked."""
    needs_booking: bool
    """The day has passed, and no visit is booked."""
    last_text_at: datetime | None
    """When the last message left to the patient, on the patient's clock."""
    last_text_says: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class RecallPage:
    lines: tuple[RecallLine, ...]
    count: int


def read_recall(tx: Transaction, clinic: Clinic, wanted: RecallFilter, now: datetime) -> RecallPage:
    """As many statements whatever the page holds."""
    ids = tx.scalars(_choose_in_order(wanted).limit(wanted.limit).offset(wanted.offset)).all()
    return RecallPage(
        lines=tuple(_read_lines(tx, clinic, ids, now)),
        count=tx.scalar(select(func.count()).select_from(_choose(wanted).subquery())) or 0,
    )


def _choose(wanted: RecallFilter) -> Select[int]:
    """The numbers of the rows alone: what is left out before a late page is then read from indexes."""
    return select(RecallRow.id).where(*_list_conditions(wanted))


def _choose_in_order(wanted: RecallFilter) -> Select[int]:
    query = _choose(wanted).order_by(*_list_order(wanted))
    return query.join(PatientRow, _OF_PATIENT) if wanted.sort is RecallSort.NAME else query


_OF_PATIENT = PatientRow.id == RecallRow.patient_id


def _read_lines(tx: Transaction, clinic: Clinic, ids: Sequence[int], now: datetime) -> Iterator[RecallLine]:
    """In the order of the numbers. Three statements."""
    query = select(RecallRow, PatientRow).join(PatientRow, _OF_PATIENT).where(RecallRow.id.in_(ids))
    rows = {recall.id: (recall, patient) for recall, patient in tx.execute(query)}
    last = _load_last_texts(tx, [patient.id for _, patient in rows.values()])
    said = list_said(tx, list(last.values()))
    today = today_of(clinic, now)
    for recall, patient in (rows[each] for each in ids if each in rows):
        yield _line(clinic, recall, patient, last.get(patient.id), said, today)


def _list_conditions(wanted: RecallFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.treatment is not None:
        conditions.append(RecallRow.treatment == wanted.treatment)
    if wanted.is_booked is not None:
        conditions.append(RecallRow.starts_at.is_not(None) if wanted.is_booked else RecallRow.starts_at.is_(None))
    if wanted.is_undecided is not None:
        conditions.append(RecallRow.is_undecided.is_(wanted.is_undecided))
    if wanted.due_from is not None:
        conditions.append(RecallRow.due_on >= wanted.due_from)
    if wanted.due_until is not None:
        conditions.append(RecallRow.due_on <= wanted.due_until)
    words = fold_for_search(wanted.text).split()
    if words:
        named = select(PatientRow.id).where(*(PatientRow.search_key.contains(each, autoescape=True) for each in words))
        conditions.append(RecallRow.patient_id.in_(named))
    return conditions


def _list_order(wanted: RecallFilter) -> list[ColumnElement[Any]]:
    """With the row's number last, so that each line stands on one page only."""
    columns: dict[RecallSort, ColumnElement[Any]] = {
        RecallSort.DUE: RecallRow.due_on.expression,
        RecallSort.VISIT: RecallRow.starts_at.expression,
        RecallSort.NAME: PatientRow.search_key.expression,
    }
    column = columns[wanted.sort]
    ordered = [each.desc() if wanted.is_descending else each for each in (column, RecallRow.id.expression)]
    # Who has no visit comes last either way. Where only one kind is wanted, the index has the order.
    is_mixed = wanted.sort is RecallSort.VISIT and wanted.is_booked is None
    return [RecallRow.starts_at.is_(None), *ordered] if is_mixed else ordered


def _line(
    clinic: Clinic,
    recall: RecallRow,
    patient: PatientRow,
    last: MessageRow | None,
    said: dict[int, tuple[str, ...]],
    today: date,
) -> RecallLine:
    treatment = clinic.treatments.get(recall.treatment)
    left_at = last.left_at if last else None
    return RecallLine(
        patient_id=patient.id,
        name=patient.name,
        phone=patient.phone,
        email=patient.email,
        is_paused=patient.paused_since is not None,
        treatment=recall.treatment,
        treatment_name=treatment.name if treatment else recall.treatment,
        sessions_done=recall.sessions_done,
        planned_sessions=recall.planned_sessions,
        is_undecided=recall.is_undecided,
        last_on=recall.last_on,
        due_on=recall.due_on,
        latest_on=recall.latest_on,
        session_id=recall.session_id,
        starts_local=recall.starts_at.astimezone(clinic.time_zone) if recall.starts_at else None,
        needs_booking=recall.starts_at is None and recall.due_on < today,
        last_text_at=left_at.astimezone(zone_of(clinic, patient.time_zone)) if left_at else None,
        last_text_says=said.get(last.id, ()) if last else (),
    )


def _load_last_texts(tx: Transaction, patient_ids: Sequence[int]) -> dict[int, MessageRow]:
    latest = (
        select(func.max(MessageRow.id))
        .where(MessageRow.patient_id.in_(patient_ids), MessageRow.left_at.is_not(None))
        .group_by(MessageRow.patient_id)
    )
    rows = tx.scalars(select(MessageRow).where(MessageRow.id.in_(latest)))
    return {row.patient_id: row for row in rows if row.patient_id is not None}


# ---- as a spreadsheet --------------------------------------------------------------------------------------------

_HEAD = ("patient", "name", "phone", "email", "treatment", "sessions done", "planned", "last session", "due",
         "not later than", "booked for", "last message", "it said")  # fmt: skip
_CHUNK = 500


def write_recall_csv(engine: Engine, clinic: Clinic, wanted: RecallFilter, now: datetime) -> Iterator[str]:
    """All that matches, a few hundred lines at a time; no cell is a formula to whatever opens it (S9).

    Who matches is asked once, now. Each part is read in a short transaction of its own: one that waited for a slow
    download would hold up everybody who writes.
    """
    with reading(engine) as tx:
        ids = tx.scalars(_choose_in_order(wanted)).all()
    return _write_parts(engine, clinic, ids, now)


def _write_parts(engine: Engine, clinic: Clinic, ids: Sequence[int], now: datetime) -> Iterator[str]:
    yield _write_rows([_HEAD])
    for start in range(0, len(ids), _CHUNK):
        with reading(engine) as tx:
            rows = [_cells(line) for line in _read_lines(tx, clinic, ids[start : start + _CHUNK], now)]
        yield _write_rows(rows)


def _cells(line: RecallLine) -> tuple[object, ...]:
    return (
        line.patient_id,
        line.name,
        line.phone,
        line.email,
        line.treatment_name,
        line.sessions_done,
        line.planned_sessions or "undecided",
        line.last_on,
        line.due_on,
        line.latest_on,
        f"{line.starts_local:%Y-%m-%d %H:%M}" if line.starts_local else None,
        f"{line.last_text_at:%Y-%m-%d %H:%M}" if line.last_text_at else None,
        ", ".join(line.last_text_says),
    )


def _write_rows(rows: Sequence[Sequence[object]]) -> str:
    page = io.StringIO()
    csv.writer(page, lineterminator="\r\n").writerows([[make_inert(cell) for cell in row] for row in rows])
    return page.getvalue()
