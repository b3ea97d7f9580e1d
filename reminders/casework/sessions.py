"""Sessions, the booked next visits: booking, moving and unbooking them, and which procedure performed which."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, select

from reminders.casework.patients import require_patient
from reminders.local_time import add_calendar, local_date
from reminders.model import InputRefusal, Precision, Refusal, SessionState
from reminders.replanning import Replanned, lapse_sessions, replan_patient
from reminders.rules import Clinic, Treatment
from reminders.store.cases import find_row, lock_patient
from reminders.store.engine import Transaction
from reminders.store.versions import note_change
from reminders.tables import ProcedureRow, SessionRow
from reminders.typed import LATEST, When, read_when


@dataclass(frozen=True, kw_only=True)
class Booked:
    session_id: int
    replanned: Replanned


def book_session(
    tx: Transaction, clinic: Clinic, patient_id: int, treatment: str, starts_at: str, now: datetime
) -> Booked:
    """Book the next visit. The same booking entered twice returns the first."""
    patient = require_patient(tx, patient_id)
    require_treatment(clinic, treatment)
    when = _read_starts_at(clinic, starts_at, now)
    lapse_sessions(tx, clinic, patient_id, now)
    row = _find_booked(tx, clinic, patient_id, treatment, when)
    if row is None:
        row = _insert(tx, patient_id, treatment, when, now, visit=None)
        note_change(tx, patient, f"booked session {row.id}", now)
    return Booked(session_id=row.id, replanned=replan_patient(tx, clinic, patient_id, now))


def require_treatment(clinic: Clinic, name: str) -> Treatment:
    if name not in clinic.treatments:
        known = ", ".join(clinic.treatments)
        raise InputRefusal(f"There is no treatment '{name}': use one of {known}.")
    return clinic.treatments[name]


def _read_starts_at(clinic: Clinic, text: str, now: datetime) -> When:
    when = read_when(text, clinic.time_zone, clinic.default_procedure_time)
    if when.is_past(now, clinic.time_zone):
        raise InputRefusal("A booking cannot lie in the past. If the visit took place, record the procedure.")
    if when.at - now > LATEST:
        raise InputRefusal("This booking lies more than five years ahead: check the year.")
    return when


def _find_booked(tx: Transaction, clinic: Clinic, patient_id: int, treatment: str, when: When) -> SessionRow | None:
    """The same booking, where it is there already. Raises Refusal where only its time differs."""
    row = _find_on_day(tx, clinic, patient_id, treatment, when)
    if row is None or when.precision is Precision.DATE or row.starts_at == when.at:
        return row
    raise Refusal(
        f"Session {row.id} is booked on that day already, at another time: move it with "
        f"`reminders move {row.id} --starts-at …`.",
        at_desk="A visit is booked on that day already, at another time: move that one instead.",
    )


def _find_on_day(tx: Transaction, clinic: Clinic, patient_id: int, treatment: str, when: When) -> SessionRow | None:
    day = local_date(when.at, clinic.time_zone)
    on_day = (
        row for row in _open_sessions(tx, patient_id, treatment) if local_date(row.starts_at, clinic.time_zone) == day
    )
    return next(on_day, None)


def _open_sessions(
    tx: Transaction, patient_id: int, treatment: str, states: Collection[SessionState] = (SessionState.OPEN,)
) -> list[SessionRow]:
    asked = {"patient_id": patient_id, "treatment": treatment, "states": list(states)}
    return list(tx.scalars(_SESSIONS_IN, asked))


_SESSIONS_IN = (
    select(SessionRow)
    .where(
        SessionRow.patient_id == bindparam("patient_id"),
        SessionRow.treatment == bindparam("treatment"),
        SessionRow.state.in_(bindparam("states", expanding=True)),
    )
    .order_by(SessionRow.starts_at, SessionRow.id)
)


def _insert(
    tx: Transaction, patient_id: int, treatment: str, when: When, now: datetime, visit: int | None
) -> SessionRow:
    row = SessionRow(
        patient_id=patient_id,
        treatment=treatment,
        starts_at=when.at,
        precision=when.precision,
        state=SessionState.OPEN,
        visit=visit,
        booked_at=now,
        changed_at=now,
    )
    tx.add(row)
    tx.flush()
    return row


def move_session(tx: Transaction, clinic: Clinic, session_id: int, starts_at: str, now: datetime) -> Booked:
    """Move a booking: within its day it stays the same session, to another day it is a new one of the same visit."""
    row = _require_open(tx, session_id)
    when = _read_starts_at(clinic, starts_at, now)
    has_moved = (when.at, when.precision) != (row.starts_at, row.precision)
    if local_date(when.at, clinic.time_zone) == local_date(row.starts_at, clinic.time_zone):
        if has_moved:
            row.starts_at, row.precision, row.changed_at = when.at, when.precision, now
        moved = row
    else:
        _refuse_second_booking(tx, clinic, row, when)
        row.state, row.changed_at = SessionState.MOVED, now
        moved = _insert(tx, row.patient_id, row.treatment, when, now, visit=row.visit or row.id)
    if has_moved:
        note_change(tx, require_patient(tx, row.patient_id), f"moved session {row.id}", now)
    return Booked(session_id=moved.id, replanned=replan_patient(tx, clinic, row.patient_id, now))


def _refuse_second_booking(tx: Transaction, clinic: Clinic, row: SessionRow, when: When) -> None:
    if other := _find_on_day(tx, clinic, row.patient_id, row.treatment, when):
        raise Refusal(
            f"Session {other.id} is booked on that day already: unbook session {row.id} instead of moving it.",
            at_desk="Another visit is booked on that day already: unbook this one instead of moving it.",
        )


def unbook_session(tx: Transaction, clinic: Clinic, session_id: int, now: datetime) -> Replanned:
    """Take a booking back; the texts about the next session return where they are still due."""
    row = _require_open(tx, session_id)
    row.state, row.changed_at = SessionState.UNBOOKED, now
    note_change(tx, require_patient(tx, row.patient_id), f"unbooked session {row.id}", now)
    return replan_patient(tx, clinic, row.patient_id, now)


def _require_open(tx: Transaction, session_id: int) -> SessionRow:
    row = find_row(tx, SessionRow, session_id)
    if row is None:
        raise InputRefusal(
            f"There is no session {session_id}: find it with `reminders plan PATIENT`.",
            at_desk="There is no such visit: find it on the patient's page.",
        )
    lock_patient(tx, row.patient_id)
    tx.refresh(row)
    # A session whose day is past may still be moved or unbooked: that is how the desk says what became of it.
    if row.state not in (SessionState.OPEN, SessionState.LAPSED):
        raise Refusal(
            f"Session {session_id} is not booked any more ({row.state}): book a new one if need be.",
            at_desk=f"This visit is not booked any more ({row.state}): book a new one if need be.",
        )
    return row


# ---- which procedure performed which session -------------------------------------------------------------------


_PERFORMABLE = (SessionState.OPEN, SessionState.LAPSED)
"""A visit that took place may be entered after its booking has lapsed: that is how the desk says what became of it."""


def match_session(
    tx: Transaction, clinic: Clinic, procedure: ProcedureRow, also: Collection[int] = ()
) -> SessionRow | None:
    """Close the open session of the treatment nearest to the procedure's day, at most the clinic's days away.

    The second procedure of a day closes none. Sessions booked after the day's first one was recorded are later visits,
    except those named in `also`.
    """
    others = _list_others_of_day(tx, clinic, procedure)
    if _have_performed(tx, others):
        return None
    recorded_at = min(each.recorded_at for each in (procedure, *others))
    day = local_date(procedure.performed_at, clinic.time_zone)
    near = [
        row
        for row in _open_sessions(tx, procedure.patient_id, procedure.treatment, _PERFORMABLE)
        if (row.booked_at <= recorded_at or row.id in also) and _is_near(clinic, row, procedure)
    ]
    if not near:
        return None
    nearest = min(near, key=lambda row: (abs(local_date(row.starts_at, clinic.time_zone) - day), row.starts_at))
    nearest.state, nearest.performed_by = SessionState.PERFORMED, procedure.id
    tx.flush()
    return nearest


def _list_others_of_day(tx: Transaction, clinic: Clinic, procedure: ProcedureRow) -> list[ProcedureRow]:
    """The other procedures of this treatment on this day: together they are one session."""
    asked = {"patient_id": procedure.patient_id, "treatment": procedure.treatment, "procedure_id": procedure.id}
    others = tx.scalars(_OTHERS, asked)
    day = local_date(procedure.performed_at, clinic.time_zone)
    return [other for other in others if local_date(other.performed_at, clinic.time_zone) == day]


_OTHERS = select(ProcedureRow).where(
    ProcedureRow.patient_id == bindparam("patient_id"),
    ProcedureRow.treatment == bindparam("treatment"),
    ProcedureRow.id != bindparam("procedure_id"),
    ProcedureRow.cancelled_at.is_(None),
)


def _have_performed(tx: Transaction, procedures: Collection[ProcedureRow]) -> bool:
    """Whether one of them has performed a booked session."""
    ids = [procedure.id for procedure in procedures]
    return bool(ids) and tx.scalar(_PERFORMED_BY, {"ids": ids}) is not None


_PERFORMED_BY = select(SessionRow.id).where(SessionRow.performed_by.in_(bindparam("ids", expanding=True))).limit(1)


def _is_near(clinic: Clinic, session: SessionRow, procedure: ProcedureRow) -> bool:
    booked_on = local_date(session.starts_at, clinic.time_zone)
    day = local_date(procedure.performed_at, clinic.time_zone)
    first, last = sorted((booked_on, day))
    return last <= add_calendar(first, clinic.visits.matches_within)


def release_sessions(tx: Transaction, procedure: ProcedureRow) -> list[int]:
    """Open the sessions that this procedure had performed again; returns their ids."""
    rows = tx.scalars(select(SessionRow).where(SessionRow.performed_by == procedure.id)).all()
    for row in rows:
        row.state, row.performed_by = SessionState.OPEN, None
    tx.flush()
    return [row.id for row in rows]
