"""Record a procedure: the patient, the treatment and the time, with the plan beside them before anything is saved."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from fastapi import APIRouter, HTTPException, Request
from starlette.responses import Response

from reminders.accounts.audit import Action, Subject, record_audit, record_look
from reminders.accounts.sign_ins import SignedIn
from reminders.accounts.users import Role
from reminders.casework.patients import find_patients
from reminders.casework.previews import FieldFault, ProcedurePreview, preview_procedure
from reminders.casework.procedures import ProcedureEntry, Recorded, find_decided, record_procedure
from reminders.desk.desk import Desk, Id, MaybeId, TheDesk
from reminders.desk.forms import Form, Typed
from reminders.desk.pages import go_to, is_partial, render
from reminders.desk.procedure_form import ONCE, TypedProcedure, list_missing, offer_now, read_patient_id, read_typed
from reminders.desk.visits import AtTheDesk, may
from reminders.desk.words import _
from reminders.model import Refusal
from reminders.overview import KnownPatient, read_known_patient, read_recorded
from reminders.store.engine import Transaction, reading, writing
from reminders.tables import PatientRow

router = APIRouter()

MOST_MATCHES = 8
FEWEST_LETTERS = 2
"""Fewer name nobody."""

NEW = "new"
NOBODY = "nobody"
"""What `choose` says beside a patient's number."""


@router.get("/record")
def show_record(request: Request, desk: TheDesk, user: AtTheDesk, patient: MaybeId = None) -> Response:
    form = offer_now(Form((("patient_id", str(patient)),) if patient else ()), desk.app.config.clinic, desk.now())
    known = _look_at(desk, user, patient)
    if patient is not None and known is None:
        raise HTTPException(404)
    return _show(request, desk, form, known)


def _look_at(desk: Desk, user: SignedIn, patient_id: int | None) -> KnownPatient | None:
    """The chosen patient; that somebody saw them is written down."""
    if patient_id is None:
        return None
    with writing(desk.engine) as tx:
        known = read_known_patient(tx, patient_id)
        if known is not None:
            record_look(tx, user.user_id, desk.now(), Subject.PATIENT, known.id)
    return known


def _show(
    request: Request,
    desk: Desk,
    form: Form,
    known: KnownPatient | None,
    status: int = 200,
    *,
    template: str = "record/page.html",
    is_new: bool = False,
    matches: Sequence[PatientRow] | None = None,
    plan: ProcedurePreview | None = None,
    faults: Sequence[FieldFault] = (),
) -> Response:
    clinic = desk.app.config.clinic
    context: dict[str, Any] = {
        "form": form,
        "once": form.text(ONCE) or secrets.token_urlsafe(16),
        "known": known,
        "is_new": is_new,
        "matches": matches,
        "most_matches": MOST_MATCHES,
        "fewest_letters": FEWEST_LETTERS,
        "is_part": is_partial(request),
        "plan": plan,
        "faults": faults,
        "wrong": {fault.field: fault.sentence for fault in reversed(faults)},
        "treatments": list(clinic.treatments.values()),
        "zone": clinic.time_zone.key,
    }
    return render(request, template, status, **context)


# ---- the patient -------------------------------------------------------------------------------------------------


@router.post("/record/find")
def find(request: Request, desk: TheDesk, form: Typed, user: AtTheDesk) -> Response:
    """As somebody types: a POST, so that no name stands in an address."""
    text, matches = form.text("find"), []
    if len(text) >= FEWEST_LETTERS:
        with writing(desk.engine) as tx:
            matches = find_patients(tx, desk.app.config.clinic, text, limit=MOST_MATCHES + 1)
            record_look(tx, user.user_id, desk.now(), Subject.LIST)
    template = "record/matches.html" if is_partial(request) else "record/page.html"
    return _show(request, desk, form, None, template=template, matches=matches)


@router.post("/record/patient")
def choose(request: Request, desk: TheDesk, form: Typed, user: AtTheDesk) -> Response:
    """One of those found, a new one, or somebody else after all. What else is typed stays."""
    chosen = form.text("choose")
    is_new = chosen == NEW
    patient_id = None if is_new or chosen == NOBODY else read_patient_id(chosen)
    known = _look_at(desk, user, patient_id)
    kept = _without_patient(form)
    if known is not None:
        kept = Form((*kept.fields, ("patient_id", str(known.id))))
    elif is_new:
        kept = Form((*kept.fields, *_guess(form.text("find"))))
    if is_partial(request):
        response = _show(request, desk, kept, known, template="record/patient.html", is_new=is_new)
        response.headers["HX-Trigger-After-Swap"] = "patient-changed"
        return response
    return _show_with_plan(request, desk, kept, known, is_new=is_new)


def _without_patient(form: Form) -> Form:
    """Another patient: nothing that was typed of the one before is true of them, consent least of all."""
    theirs = {"patient_id", "is_new", "name", "phone", "email", "time_zone", "consent"}
    return Form(tuple((name, value) for name, value in form.fields if name not in theirs))


def _guess(text: str) -> list[tuple[str, str]]:
    """What was looked for in vain is most likely the name, the number or the address."""
    if "@" in text:
        return [("email", text)]
    return [("name" if any(map(str.isalpha, text)) else "phone", text)] if text else []


# ---- the plan ----------------------------------------------------------------------------------------------------


@router.post("/record/plan")
def show_plan(request: Request, desk: TheDesk, form: Typed, user: AtTheDesk) -> Response:
    """What would be sent. Nothing is kept."""
    known = _look_at(desk, user, read_patient_id(form.text("patient_id")))
    template = "record/plan.html" if is_partial(request) else "record/page.html"
    return _show_with_plan(request, desk, form, known, template=template)


def _show_with_plan(
    request: Request,
    desk: Desk,
    form: Form,
    known: KnownPatient | None,
    status: int = 200,
    *,
    template: str = "record/page.html",
    is_new: bool = False,
    faults: Sequence[FieldFault] = (),
) -> Response:
    app = desk.app
    typed = read_typed(form, app.config.clinic)
    plan = preview_procedure(desk.engine, app.config.clinic, app.templates, typed.entry, desk.now())
    return _show(
        request,
        desk,
        form,
        known,
        status,
        template=template,
        is_new=is_new or bool(form.text("is_new")),
        plan=plan,
        faults=_join_faults(faults, typed, plan),
    )


def _join_faults(faults: Sequence[FieldFault], typed: TypedProcedure, plan: ProcedurePreview) -> tuple[FieldFault, ...]:
    """All at once, each said once, and beside its field where one is known."""
    return tuple({fault.sentence: fault for fault in (*faults, *typed.faults, *plan.faults)}.values())


# ---- saving ------------------------------------------------------------------------------------------------------


@router.post("/record")
def record(request: Request, desk: TheDesk, form: Typed, user: AtTheDesk) -> Response:
    """One transaction. The same form sent twice finds what the first one saved."""
    typed = read_typed(form, desk.app.config.clinic)
    faults = [*list_missing(typed.entry), *typed.faults, *_list_overruled(desk, user, typed.entry)]
    if not faults:
        try:
            return go_to(f"/record/{_save(desk, user, typed.entry)}")
        except Refusal as refusal:
            faults = [FieldFault(field="", sentence=refusal.at_desk)]
    with writing(desk.engine) as tx:
        known = read_known_patient(tx, typed.entry.patient_id) if typed.entry.patient_id else None
    return _show_with_plan(request, desk, form, known, 422, faults=faults)


def _list_overruled(desk: Desk, user: SignedIn, entry: ProcedureEntry) -> Iterator[FieldFault]:
    """What a clinician has decided only a clinician changes."""
    clinic, wanted = desk.app.config.clinic, entry.planned_sessions
    if may(user, Role.CLINICIAN) or wanted is None or entry.patient_id is None:
        return
    if entry.treatment not in clinic.treatments:
        return
    with reading(desk.engine) as tx:
        decided = find_decided(tx, clinic, entry.patient_id, entry.treatment)
    if decided not in (None, wanted):
        sentence = _("%(count)s sessions are decided: leave the number out, or ask a clinician to change it.")
        yield FieldFault(field="planned_sessions", sentence=sentence % {"count": decided})


def _save(desk: Desk, user: SignedIn, entry: ProcedureEntry) -> int:
    now = desk.now()
    with writing(desk.engine, by=user.name) as tx:
        recorded = record_procedure(tx, desk.app.config.clinic, entry, now)
        _note_saved(tx, user, entry, recorded, now)
    return recorded.procedure_id


def _note_saved(tx: Transaction, user: SignedIn, entry: ProcedureEntry, recorded: Recorded, now: datetime) -> None:
    patient_id = recorded.replanned.case.patient_id
    typed = [name for name in ("name", "phone", "email", "time_zone") if getattr(entry.patient, name)]
    typed += [name for name in ("session", "planned_sessions") if getattr(entry, name) is not None]
    if recorded.is_new:
        record_audit(
            tx,
            user.user_id,
            Action.ADD,
            now,
            subject=Subject.PROCEDURE,
            subject_id=recorded.procedure_id,
            patient_id=patient_id,
            fields=typed,
        )
    if recorded.consent:
        record_audit(
            tx,
            user.user_id,
            Action.CONSENT,
            now,
            subject=Subject.PATIENT,
            subject_id=patient_id,
            patient_id=patient_id,
            fields=recorded.consent,
        )


@router.get("/record/{procedure_id}")
def show_recorded(request: Request, desk: TheDesk, user: AtTheDesk, procedure_id: Id) -> Response:
    app, now = desk.app, desk.now()
    with writing(desk.engine) as tx:
        recorded = read_recorded(tx, app.config.clinic, app.templates, procedure_id, now)
        if recorded is None:
            raise HTTPException(404)
        record_audit(
            tx,
            user.user_id,
            Action.VIEW,
            now,
            subject=Subject.PROCEDURE,
            subject_id=procedure_id,
            patient_id=recorded.patient_id,
        )
    return render(request, "record/saved.html", recorded=recorded)
