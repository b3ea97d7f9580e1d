"""What is changed of booked visits: booking one, moving it, taking it back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from fastapi import APIRouter, HTTPException, Request
from sqlalchemy import select
from starlette.responses import Response

from reminders.accounts.audit import Action, Subject
from reminders.casework.sessions import book_session, move_session, unbook_session
from reminders.casework.withdrawing import list_gone, say_gone
from reminders.desk.changing import FORM, Change, answer, look_at_patient, offer_moment, patient_path, require_moment
from reminders.desk.desk import Desk, Id, TheDesk
from reminders.desk.forms import Form, Typed
from reminders.desk.pages import go_to, render
from reminders.desk.plan_words import say_moment
from reminders.desk.visits import AtTheDesk
from reminders.desk.words import _
from reminders.model import AnchorKind, InputRefusal, Precision, SessionState
from reminders.planning.wording import say_day
from reminders.store.cases import find_row, load_stored_reminders
from reminders.store.engine import Transaction, reading
from reminders.tables import PatientRow, RecallRow, SessionRow

router = APIRouter()

SESSION = "/patients/{patient_id}/sessions/{session_id}"


@router.api_route("/patients/{patient_id}/book", methods=FORM)
def book(request: Request, desk: TheDesk, form: Typed, user: AtTheDesk, patient_id: Id) -> Response:
    patient, clinic = look_at_patient(desk, user, patient_id), desk.app.config.clinic
    recalls = _list_recalls(desk, patient_id)
    change = Change(
        patient=patient,
        title=_("Book a visit"),
        make=lambda tx, now: _book(tx, desk, patient, form, now),
        fields="change/book.html",
        offers={
            "treatments": list(clinic.treatments.values()),
            "recalls": {recall.treatment: say_day(recall.due_on) for recall in recalls if recall.session_id is None},
            "zone": clinic.time_zone.key,
        },
        offered={"treatment": recalls[0].treatment if len(recalls) == 1 else ""},
        save=_("Book the visit"),
        action=Action.ADD,
        subject=Subject.SESSION,
        columns=["treatment", "starts_at"],
    )
    return answer(request, desk, user, change, form)


def _book(tx: Transaction, desk: Desk, patient: PatientRow, form: Form, now: datetime) -> object:
    treatment = form.text("treatment")
    if not treatment:
        raise InputRefusal(_("Choose the treatment."))
    return book_session(tx, desk.app.config.clinic, patient.id, treatment, require_moment(form), now)


def _list_recalls(desk: Desk, patient_id: int) -> list[RecallRow]:
    """Which next sessions the patient's courses ask for."""
    known = desk.app.config.clinic.treatments
    with reading(desk.engine) as tx:
        rows = tx.scalars(select(RecallRow).where(RecallRow.patient_id == patient_id).order_by(RecallRow.due_on))
        return [row for row in rows if row.treatment in known]


# ---- a visit that is booked --------------------------------------------------------------------------------------


@router.api_route(f"{SESSION}/move", methods=FORM)
def move(request: Request, desk: TheDesk, form: Typed, user: AtTheDesk, patient_id: Id, session_id: Id) -> Response:
    patient, clinic = look_at_patient(desk, user, patient_id), desk.app.config.clinic
    row = _find_session(desk, patient, session_id)
    if not _is_booked(row) and request.method == "GET":
        return go_to(_unbook_path(row))
    change = Change(
        patient=patient,
        title=_("Move the visit"),
        about=_say_session(desk, row),
        make=lambda tx, now: move_session(tx, clinic, row.id, require_moment(form), now),
        fields="change/when.html",
        offers={"legend": _("New day and time"), "may_lack_time": True, "zone": clinic.time_zone.key},
        offered=offer_moment(row.starts_at.astimezone(clinic.time_zone), has_time=_has_time(row)),
        save=_("Move the visit"),
        subject=Subject.SESSION,
        subject_id=row.id,
        columns=["starts_at"],
    )
    return answer(request, desk, user, change, form)


@router.api_route(f"{SESSION}/unbook", methods=FORM)
def unbook(request: Request, desk: TheDesk, form: Typed, user: AtTheDesk, patient_id: Id, session_id: Id) -> Response:
    """Once it is taken back, this page says so, and what is being sent of it."""
    patient = look_at_patient(desk, user, patient_id)
    row = _find_session(desk, patient, session_id)
    if not _is_booked(row):
        return _show_unbooked(request, desk, patient, row) if request.method == "GET" else go_to(_unbook_path(row))
    change = Change(
        patient=patient,
        title=_("Unbook the visit"),
        about=_say_session(desk, row),
        make=lambda tx, now: unbook_session(tx, desk.app.config.clinic, row.id, now),
        save=_("Unbook the visit"),
        action=Action.CANCEL,
        subject=Subject.SESSION,
        subject_id=row.id,
        columns=["state"],
        is_done=lambda tx: not _is_booked(_find_again(tx, row)),
        leads_to=_unbook_path(row),
    )
    return answer(request, desk, user, change, form)


def _find_session(desk: Desk, patient: PatientRow, session_id: int) -> SessionRow:
    """Raises a 404 where the patient has no such visit."""
    with reading(desk.engine) as tx:
        row = find_row(tx, SessionRow, session_id)
    if row is None or row.patient_id != patient.id:
        raise HTTPException(404)
    return row


def _find_again(tx: Transaction, row: SessionRow) -> SessionRow:
    return find_row(tx, SessionRow, row.id) or row


def _is_booked(row: SessionRow) -> bool:
    """One whose day is past may still be moved or unbooked."""
    return row.state in (SessionState.OPEN, SessionState.LAPSED)


def _has_time(row: SessionRow) -> bool:
    return row.precision == Precision.MINUTE


def _unbook_path(row: SessionRow) -> str:
    return f"{patient_path(row.patient_id)}/sessions/{row.id}/unbook"


def _say_session(desk: Desk, row: SessionRow) -> str:
    clinic = desk.app.config.clinic
    name = clinic.treatments[row.treatment].name if row.treatment in clinic.treatments else row.treatment
    local = row.starts_at.astimezone(clinic.time_zone)
    return f"{name}, {say_moment(local) if _has_time(row) else say_day(local.date())}"


_WHY_NOT: Mapping[str, str] = {
    SessionState.MOVED: _("It was moved to another day."),
    SessionState.PERFORMED: _("It took place, and the procedure is recorded."),
}


def _show_unbooked(request: Request, desk: Desk, patient: PatientRow, row: SessionRow) -> Response:
    with reading(desk.engine) as tx:
        gone = list_gone(load_stored_reminders(tx, patient.id), AnchorKind.SESSION, row.id)
    context: dict[str, Any] = {
        "title": _("This visit is not booked any more"),
        "about": _say_session(desk, row),
        "reason": _WHY_NOT.get(row.state),
        "gone": say_gone(gone),
        # Where a text had named the visit, a correction follows by itself.
        "withdrawals": [],
    }
    return render(request, "change/taken-back.html", patient=patient, **context)
