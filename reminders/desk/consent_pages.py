"""What a patient agrees to: giving consent, withdrawing it, and taking that back."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import APIRouter, HTTPException, Request
from starlette.responses import Response

from reminders.accounts.audit import Action, Subject, record_audit, record_look
from reminders.accounts.sign_ins import SignedIn
from reminders.casework.patients import opt_in, opt_out
from reminders.casework.versions import require_unchanged
from reminders.desk.desk import Desk, Id, TheDesk
from reminders.desk.forms import Form, Typed
from reminders.desk.known import know_patient, read_version
from reminders.desk.pages import go_to, render
from reminders.desk.patient_words import SOURCES
from reminders.desk.visits import AtTheDesk
from reminders.model import Channel, Refusal
from reminders.overview import read_consent
from reminders.store.engine import Transaction, writing

router = APIRouter()

_CHANGES: dict[str, Callable[..., object]] = {"give": opt_in, "withdraw": opt_out}
"""By what the pressed button says."""


@router.get("/patients/{patient_id}/consent")
def show_consent(request: Request, desk: TheDesk, user: AtTheDesk, patient_id: Id) -> Response:
    return _show(request, desk, user, patient_id)


def _show(
    request: Request, desk: Desk, user: SignedIn, patient_id: int, status: int = 200, *, refusal: str | None = None
) -> Response:
    with writing(desk.engine) as tx:
        page = read_consent(tx, patient_id)
        if page is None:
            raise HTTPException(404)
        record_look(tx, user.user_id, desk.now(), Subject.PATIENT, patient_id)
    return render(request, "patient/consent.html", status, page=page, refusal=refusal, sources=SOURCES)


@router.post("/patients/{patient_id}/consent")
def change_consent(request: Request, desk: TheDesk, form: Typed, user: AtTheDesk, patient_id: Id) -> Response:
    try:
        _change(desk, user, form, patient_id)
    except Refusal as refusal:
        return _show(request, desk, user, patient_id, 422, refusal=refusal.at_desk)
    return go_to(f"/patients/{patient_id}/consent")


def _change(desk: Desk, user: SignedIn, form: Form, patient_id: int) -> None:
    clinic, now = desk.app.config.clinic, desk.now()
    with writing(desk.engine, by=user.name) as tx:
        know_patient(tx, patient_id)
        change, channel = _read_wish(form)
        if _is_so(tx, patient_id, change, channel):
            # The button was pressed twice.
            return
        require_unchanged(tx, clinic, patient_id, read_version(form))
        _CHANGES[change](tx, clinic, patient_id, channel, now)
        record_audit(
            tx,
            user.user_id,
            Action.CONSENT,
            now,
            subject=Subject.PATIENT,
            subject_id=patient_id,
            patient_id=patient_id,
            fields=[change, channel],
        )


def _read_wish(form: Form) -> tuple[str, Channel]:
    """Raises HTTPException for what the page never sends."""
    change, channel = form.text("change"), form.text("channel")
    if change not in _CHANGES or channel not in tuple(Channel):
        raise HTTPException(400)
    return change, Channel(channel)


def _is_so(tx: Transaction, patient_id: int, change: str, channel: Channel) -> bool:
    page = read_consent(tx, patient_id)
    assert page is not None, "the caller has found the patient"
    found = next(each for each in page.channels if each.channel is channel)
    if change == "withdraw":
        return found.opted_out_at is not None
    return found.given is not None and found.opted_out_at is None and not found.is_refused
