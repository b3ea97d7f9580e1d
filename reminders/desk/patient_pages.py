"""Patients: finding one, all that is known of one, and that as data for the patient."""

from __future__ import annotations

import json
from datetime import datetime

from fastapi import APIRouter, HTTPException, Request
from starlette.responses import Response

from reminders.accounts.audit import Action, Subject, record_audit, record_look
from reminders.accounts.sign_ins import SignedIn
from reminders.accounts.users import Role
from reminders.casework.exports import export_patient
from reminders.casework.patients import find_patients
from reminders.desk.desk import Desk, Id, TheDesk
from reminders.desk.forms import Form, Typed
from reminders.desk.known import know_patient
from reminders.desk.pages import is_partial, render
from reminders.desk.patient_words import OUTCOMES, SOURCES, say_course
from reminders.desk.timeline import (
    KINDS,
    VISITS,
    group_moments,
    is_coming,
    may_send_again,
    say_label,
    say_state,
    say_why,
)
from reminders.desk.timeline_picture import draw_picture
from reminders.desk.visits import AtTheDesk, may
from reminders.overview import PatientPage, read_patient
from reminders.store.engine import writing

router = APIRouter()

MOST_MATCHES = 20
FEWEST_LETTERS = 2
"""Fewer name nobody."""


# ---- finding one -------------------------------------------------------------------------------------------------


@router.get("/patients")
def show_search(request: Request, user: AtTheDesk) -> Response:
    return render(request, "patient/find.html", form=Form(), matches=None, most_matches=MOST_MATCHES)


@router.post("/patients")
def find(request: Request, desk: TheDesk, form: Typed, user: AtTheDesk) -> Response:
    """A POST, so that no name stands in an address; htmx asks as somebody types."""
    text, matches = form.text("find"), None
    if sum(map(str.isalnum, text)) >= FEWEST_LETTERS:
        with writing(desk.engine) as tx:
            matches = find_patients(tx, desk.app.config.clinic, text, limit=MOST_MATCHES + 1)
            record_look(tx, user.user_id, desk.now(), Subject.LIST)
    template = "patient/matches.html" if is_partial(request) else "patient/find.html"
    return render(request, template, form=form, matches=matches, most_matches=MOST_MATCHES)


# ---- one ---------------------------------------------------------------------------------------------------------


@router.get("/patients/{patient_id}")
def show_patient(request: Request, desk: TheDesk, user: AtTheDesk, patient_id: Id) -> Response:
    app, now = desk.app, desk.now()
    with writing(desk.engine) as tx:
        page = read_patient(tx, app.config.clinic, app.templates, patient_id, now)
        if page is None:
            raise HTTPException(404)
        record_audit(
            tx, user.user_id, Action.VIEW, now, subject=Subject.PATIENT, subject_id=patient_id, patient_id=patient_id
        )
    return _show(request, desk, user, page, now)


def _show(request: Request, desk: Desk, user: SignedIn, page: PatientPage, now: datetime) -> Response:
    return render(
        request,
        "patient/page.html",
        page=page,
        treatments=desk.app.config.clinic.treatments,
        may_decide=may(user, Role.CLINICIAN),
        past=group_moments(entry for entry in page.timeline if not is_coming(entry, now)),
        coming=group_moments(entry for entry in page.timeline if is_coming(entry, now)),
        picture=draw_picture(page.timeline, page.zone, now) if page.timeline else None,
        may_send_again=lambda entry: may_send_again(entry, now),
        say_course=say_course,
        say_label=say_label,
        say_state=say_state,
        say_why=say_why,
        kinds=KINDS,
        outcomes=OUTCOMES,
        sources=SOURCES,
        visit_states=VISITS,
    )


@router.post("/patients/{patient_id}/export")
def export(desk: TheDesk, user: AtTheDesk, patient_id: Id) -> Response:
    """What the patient may ask for. The file's name tells nobody whose it is."""
    now = desk.now()
    with writing(desk.engine) as tx:
        know_patient(tx, patient_id)
        exported = export_patient(tx, patient_id)
        record_audit(
            tx, user.user_id, Action.EXPORT, now, subject=Subject.PATIENT, subject_id=patient_id, patient_id=patient_id
        )
    on = now.astimezone(desk.app.config.clinic.time_zone).date()
    return Response(
        json.dumps(exported, ensure_ascii=False, indent=2),
        media_type="application/json",
        headers={"Content-Disposition": f'attachment; filename="patient-{patient_id}-{on}.json"'},
    )
