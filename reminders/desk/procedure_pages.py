"""What is changed of a procedure: its time, that it was at all, what happened since, and the figures of its rules."""

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter, HTTPException, Request
from starlette.responses import Response

from reminders.accounts.audit import Action, Subject
from reminders.casework.events import record_answer, record_event, undo_event
from reminders.casework.procedures import cancel_procedure, correct_procedure
from reminders.casework.withdrawing import list_gone, say_gone
from reminders.desk.changing import FORM, Change, answer, look_at_patient, offer_moment, patient_path, require_moment
from reminders.desk.desk import Desk, Id, TheDesk
from reminders.desk.forms import Form, Typed
from reminders.desk.pages import go_to, render
from reminders.desk.plan_words import say_moment
from reminders.desk.visits import AtTheDesk
from reminders.desk.words import _
from reminders.model import AnchorKind, Channel, InputRefusal, Precision
from reminders.notes import Happening, list_happenings
from reminders.planning.wording import say_day
from reminders.rules import Treatment
from reminders.store.cases import find_row, load_stored_reminders
from reminders.store.engine import Transaction, reading
from reminders.tables import PatientRow, ProcedureRow

router = APIRouter()

PROCEDURE = "/patients/{patient_id}/procedures/{procedure_id}"


def find_procedure(desk: Desk, patient: PatientRow, procedure_id: int) -> ProcedureRow:
    """Raises a 404 where the patient has no such procedure."""
    with reading(desk.engine) as tx:
        row = find_row(tx, ProcedureRow, procedure_id)
    if row is None or row.patient_id != patient.id:
        raise HTTPException(404)
    return row


def treatment_of(desk: Desk, row: ProcedureRow) -> Treatment:
    """Raises a 404 where it has left the configuration: nothing can be noted of it any more."""
    treatment = desk.app.config.clinic.treatments.get(row.treatment)
    if treatment is None:
        raise HTTPException(404)
    return treatment


def say_procedure(desk: Desk, row: ProcedureRow) -> str:
    """Such as 'Skin needling, Tue 10 Mar 2026, 10:00'."""
    clinic = desk.app.config.clinic
    name = clinic.treatments[row.treatment].name if row.treatment in clinic.treatments else row.treatment
    noted = ", ".join(row.attributes.values())
    local = row.performed_at.astimezone(clinic.time_zone)
    when = say_moment(local) if row.precision == Precision.MINUTE else say_day(local.date())
    return ", ".join(filter(None, (name, noted, when)))


def is_over(request: Request, row: ProcedureRow) -> bool:
    """Nothing is asked of a cancelled procedure any more; what was typed of it before is told so."""
    return row.cancelled_at is not None and request.method == "GET"


def cancel_path(row: ProcedureRow) -> str:
    return f"{patient_path(row.patient_id)}/procedures/{row.id}/cancel"


# ---- its time, and that it was at all ----------------------------------------------------------------------------


@router.api_route(f"{PROCEDURE}/correct", methods=FORM)
def correct(
    request: Request, desk: TheDesk, form: Typed, user: AtTheDesk, patient_id: Id, procedure_id: Id
) -> Response:
    patient, clinic = look_at_patient(desk, user, patient_id), desk.app.config.clinic
    row = find_procedure(desk, patient, procedure_id)
    if is_over(request, row):
        return go_to(cancel_path(row))
    local = row.performed_at.astimezone(clinic.time_zone)
    change = Change(
        patient=patient,
        title=_("Correct the date or time"),
        about=say_procedure(desk, row),
        make=lambda tx, now: correct_procedure(tx, clinic, row.id, require_moment(form), now),
        fields="change/when.html",
        offers={"legend": _("When it ended"), "may_lack_time": True, "zone": clinic.time_zone.key},
        offered=offer_moment(local, has_time=row.precision == Precision.MINUTE),
        subject=Subject.PROCEDURE,
        subject_id=row.id,
        columns=["performed_at"],
    )
    return answer(request, desk, user, change, form)


@router.api_route(f"{PROCEDURE}/cancel", methods=FORM)
def cancel(request: Request, desk: TheDesk, form: Typed, user: AtTheDesk, patient_id: Id, procedure_id: Id) -> Response:
    """Once it is cancelled, this page says so, and what had left of it."""
    patient = look_at_patient(desk, user, patient_id)
    row = find_procedure(desk, patient, procedure_id)
    if row.cancelled_at is not None:
        return _show_cancelled(request, desk, patient, row) if request.method == "GET" else go_to(cancel_path(row))
    change = Change(
        patient=patient,
        title=_("Cancel the procedure"),
        about=say_procedure(desk, row),
        make=lambda tx, now: cancel_procedure(tx, desk.app.config.clinic, row.id, form.text("reason"), now),
        fields="change/reason.html",
        offers={
            "label": _("Why"),
            "hint": _("Such as: it did not take place, or it was entered for the wrong patient."),
        },
        save=_("Cancel the procedure"),
        action=Action.CANCEL,
        subject=Subject.PROCEDURE,
        subject_id=row.id,
        columns=["cancelled_at", "cancel_reason"],
        is_done=lambda tx: _is_cancelled(tx, row.id),
        leads_to=cancel_path(row),
    )
    return answer(request, desk, user, change, form)


def _is_cancelled(tx: Transaction, procedure_id: int) -> bool:
    row = find_row(tx, ProcedureRow, procedure_id)
    return row is not None and row.cancelled_at is not None


def _show_cancelled(request: Request, desk: Desk, patient: PatientRow, row: ProcedureRow) -> Response:
    with reading(desk.engine) as tx:
        gone = list_gone(load_stored_reminders(tx, patient.id), AnchorKind.PROCEDURE, row.id)
    words = [(channel, *desk.app.templates.withdrawal_words(channel)) for channel in Channel]
    used = {each.channel for each in gone}
    return render(
        request,
        "change/taken-back.html",
        patient=patient,
        title=_("The procedure is cancelled"),
        about=say_procedure(desk, row),
        reason=row.cancel_reason,
        gone=say_gone(gone),
        withdrawals=[each for each in words if each[0] in used],
    )


# ---- what happened since -----------------------------------------------------------------------------------------


@router.api_route(f"{PROCEDURE}/event", methods=FORM)
def note_event(
    request: Request, desk: TheDesk, form: Typed, user: AtTheDesk, patient_id: Id, procedure_id: Id
) -> Response:
    patient, clinic = look_at_patient(desk, user, patient_id), desk.app.config.clinic
    row = find_procedure(desk, patient, procedure_id)
    events = treatment_of(desk, row).events
    if not events:
        raise HTTPException(404)
    if is_over(request, row):
        return go_to(cancel_path(row))
    change = Change(
        patient=patient,
        title=_("What has happened"),
        about=say_procedure(desk, row),
        make=lambda tx, now: _note_event(tx, desk, row, form, now),
        fields="change/event.html",
        offers={
            "events": events,
            "standing": {each.name: each for each in _list_happenings(desk, row) if each.answer is None},
            "zone": clinic.time_zone.key,
        },
        offered={
            "event": events[0] if len(events) == 1 else "",
            "happened": "yes",
            **offer_moment(desk.now().astimezone(clinic.time_zone)),
        },
        subject=Subject.PROCEDURE,
        subject_id=row.id,
        columns=["events"],
    )
    return answer(request, desk, user, change, form)


def _note_event(tx: Transaction, desk: Desk, row: ProcedureRow, form: Form, now: datetime) -> object:
    clinic, name = desk.app.config.clinic, form.text("event")
    if not name:
        raise InputRefusal(_("Choose what has happened."))
    if form.text("happened") == "no":
        return undo_event(tx, clinic, row.id, name, now)
    return record_event(tx, clinic, row.id, name, require_moment(form), now)


def _list_happenings(desk: Desk, row: ProcedureRow) -> list[Happening]:
    with reading(desk.engine) as tx:
        return [each for each in list_happenings(tx, row.patient_id) if each.procedure_id == row.id]


@router.api_route(f"{PROCEDURE}/answer", methods=FORM)
def note_answer(
    request: Request, desk: TheDesk, form: Typed, user: AtTheDesk, patient_id: Id, procedure_id: Id
) -> Response:
    """Each choice is a question with its answer."""
    patient = look_at_patient(desk, user, patient_id)
    row = find_procedure(desk, patient, procedure_id)
    questions = treatment_of(desk, row).questions
    if not questions:
        raise HTTPException(404)
    if is_over(request, row):
        return go_to(cancel_path(row))
    change = Change(
        patient=patient,
        title=_("What the patient answers"),
        about=say_procedure(desk, row),
        make=lambda tx, now: _note_answer(tx, desk, row, form, now),
        fields="change/answer.html",
        offers={
            "questions": questions,
            "answers": {each.name: each for each in _list_happenings(desk, row) if each.answer is not None},
        },
        subject=Subject.PROCEDURE,
        subject_id=row.id,
        columns=["answers"],
    )
    return answer(request, desk, user, change, form)


def _note_answer(tx: Transaction, desk: Desk, row: ProcedureRow, form: Form, now: datetime) -> object:
    question, is_chosen, said = form.text("answer").partition("=")
    if not is_chosen:
        raise InputRefusal(_("Choose an answer."))
    return record_answer(tx, desk.app.config.clinic, row.id, question, said, now)
