"""A patient's details: name, number, address, language, time zone, and what else is noted."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from reminders.accounts.audit import Action, Subject, record_audit, record_look
from reminders.accounts.sign_ins import SignedIn
from reminders.casework.patients import declared_attributes, edit_patient
from reminders.casework.versions import require_unchanged
from reminders.desk.desk import Desk, Id, TheDesk
from reminders.desk.detail_form import list_changed, list_fields, offer_again, offer_fields, read_entry
from reminders.desk.forms import Form, Typed
from reminders.desk.known import know_patient, read_version
from reminders.desk.pages import go_to, render
from reminders.desk.visits import AtTheDesk
from reminders.model import Refusal
from reminders.store.engine import writing

router = APIRouter()


@router.get("/patients/{patient_id}/details")
def show_details(request: Request, desk: TheDesk, user: AtTheDesk, patient_id: Id) -> Response:
    return _show(request, desk, user, patient_id)


def _show(
    request: Request,
    desk: Desk,
    user: SignedIn,
    patient_id: int,
    status: int = 200,
    *,
    form: Form | None = None,
    refusal: str | None = None,
) -> Response:
    clinic = desk.app.config.clinic
    with writing(desk.engine) as tx:
        patient = know_patient(tx, patient_id)
        known = list_fields(patient, clinic)
        record_look(tx, user.user_id, desk.now(), Subject.PATIENT, patient_id)
    return render(
        request,
        "patient/details.html",
        status,
        patient=patient,
        known=known,
        declared=declared_attributes(clinic),
        form=offer_again(form, known, patient.version) if form else offer_fields(known, patient.version),
        refusal=refusal,
        zone=clinic.time_zone.key,
    )


@router.post("/patients/{patient_id}/details")
def change_details(request: Request, desk: TheDesk, form: Typed, user: AtTheDesk, patient_id: Id) -> Response:
    try:
        _change(desk, user, form, patient_id)
    except Refusal as refusal:
        return _show(request, desk, user, patient_id, 422, form=form, refusal=refusal.at_desk)
    return go_to(f"/patients/{patient_id}")


def _change(desk: Desk, user: SignedIn, form: Form, patient_id: int) -> None:
    """Nothing where nothing differs, as after a double click: nobody else's form grows old for it."""
    clinic, now = desk.app.config.clinic, desk.now()
    with writing(desk.engine, by=user.name) as tx:
        if not list_changed(read_entry(form, list_fields(know_patient(tx, patient_id), clinic))):
            return
        patient = require_unchanged(tx, clinic, patient_id, read_version(form))
        entry = read_entry(form, list_fields(patient, clinic))
        edit_patient(tx, clinic, patient_id, entry, now)
        record_audit(
            tx,
            user.user_id,
            Action.CHANGE,
            now,
            subject=Subject.PATIENT,
            subject_id=patient_id,
            patient_id=patient_id,
            fields=list_changed(entry),
        )
