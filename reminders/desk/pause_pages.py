"""Pausing a patient's reminders, and resuming them."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from reminders.accounts.audit import Subject
from reminders.casework.pauses import pause_patient, resume_patient
from reminders.desk.changing import FORM, Change, answer, look_at_patient, offer_moment, patient_path
from reminders.desk.desk import Id, TheDesk
from reminders.desk.forms import Form, Typed
from reminders.desk.pages import go_to
from reminders.desk.visits import AtTheDesk
from reminders.desk.words import _
from reminders.model import InputRefusal
from reminders.store.cases import find_row
from reminders.store.engine import Transaction
from reminders.tables import PatientRow

router = APIRouter()


@router.api_route("/patients/{patient_id}/pause", methods=FORM)
def pause(request: Request, desk: TheDesk, form: Typed, user: AtTheDesk, patient_id: Id) -> Response:
    """Of a patient who is paused already, the reason and the end can be changed."""
    patient, clinic = look_at_patient(desk, user, patient_id), desk.app.config.clinic
    ends_at = patient.paused_until
    change = Change(
        patient=patient,
        title=_("Change the pause") if patient.paused_since else _("Pause the reminders"),
        make=lambda tx, now: pause_patient(tx, clinic, patient.id, form.text("reason"), _read_end(form), now),
        fields="change/pause.html",
        offers={"zone": clinic.time_zone.key},
        offered={
            "reason": patient.pause_reason or "",
            **(offer_moment(ends_at.astimezone(clinic.time_zone)) if ends_at else {}),
        },
        save=_("Pause"),
        subject=Subject.PATIENT,
        subject_id=patient.id,
        columns=["paused_since", "paused_until", "pause_reason"],
    )
    return answer(request, desk, user, change, form)


def _read_end(form: Form) -> str | None:
    """None: until somebody resumes. A time alone would be taken for that, and the patient would hear no more."""
    if form.text("at") and not form.text("on"):
        raise InputRefusal(_("Say on which day."))
    return form.moment() or None


@router.api_route("/patients/{patient_id}/resume", methods=FORM)
def resume(request: Request, desk: TheDesk, form: Typed, user: AtTheDesk, patient_id: Id) -> Response:
    patient = look_at_patient(desk, user, patient_id)
    if patient.paused_since is None:
        return go_to(patient_path(patient.id))
    change = Change(
        patient=patient,
        title=_("Resume the reminders"),
        about=patient.pause_reason or "",
        make=lambda tx, now: resume_patient(tx, desk.app.config.clinic, patient.id, now),
        save=_("Resume"),
        is_done=lambda tx: not _is_paused(tx, patient.id),
        subject=Subject.PATIENT,
        subject_id=patient.id,
        columns=["paused_since", "paused_until", "pause_reason"],
    )
    return answer(request, desk, user, change, form)


def _is_paused(tx: Transaction, patient_id: int) -> bool:
    row = find_row(tx, PatientRow, patient_id)
    return row is not None and row.paused_since is not None
