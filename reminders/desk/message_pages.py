"""What staff sends by hand: a message of their own, or the text of a reminder once more."""

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter, HTTPException, Request
from starlette.responses import Response

from reminders.accounts.audit import Action, Subject
from reminders.casework.messages import MessageEntry, send_again, write_message
from reminders.desk.changing import FORM, Change, answer, look_at_patient
from reminders.desk.desk import Desk, Id, TheDesk
from reminders.desk.forms import Form, Typed
from reminders.desk.plan_words import CHANNELS, say_rule
from reminders.desk.visits import AtTheDesk
from reminders.desk.words import _
from reminders.model import Channel, InputRefusal
from reminders.store.cases import find_row, load_contacts
from reminders.store.engine import Transaction, reading
from reminders.tables import PatientRow, ReminderRow

router = APIRouter()


@router.api_route("/patients/{patient_id}/write", methods=FORM)
def write(request: Request, desk: TheDesk, form: Typed, user: AtTheDesk, patient_id: Id) -> Response:
    patient = look_at_patient(desk, user, patient_id)
    with reading(desk.engine) as tx:
        contacts = load_contacts(tx, [patient])[patient.id]
    change = Change(
        patient=patient,
        title=_("Write a message"),
        make=lambda tx, now: _write(tx, desk, patient, form, now),
        fields="change/write.html",
        offers={"contacts": contacts},
        offered={"channel": next((channel for channel, each in contacts.items() if each.blocked is None), "")},
        save=_("Send"),
        action=Action.SEND,
        subject=Subject.MESSAGE,
    )
    return answer(request, desk, user, change, form)


def _write(tx: Transaction, desk: Desk, patient: PatientRow, form: Form, now: datetime) -> object:
    config, channel = desk.app.config, form.text("channel")
    if channel not in list(Channel):
        raise InputRefusal(_("Choose how to send it."))
    entry = MessageEntry(
        patient_id=patient.id,
        channel=Channel(channel),
        # Browsers end lines as Windows does.
        body=form.text("body").replace("\r\n", "\n"),
        subject=form.text("subject") if channel == Channel.EMAIL else None,
    )
    allowed = config.messages.allowed_words
    return write_message(tx, config.clinic, desk.app.templates, entry, now, allowed_words=allowed)


@router.api_route("/patients/{patient_id}/reminders/{reminder_id}/again", methods=FORM)
def again(request: Request, desk: TheDesk, form: Typed, user: AtTheDesk, patient_id: Id, reminder_id: Id) -> Response:
    patient = look_at_patient(desk, user, patient_id)
    with reading(desk.engine) as tx:
        row = find_row(tx, ReminderRow, reminder_id)
    if row is None or row.patient_id != patient.id:
        raise HTTPException(404)
    change = Change(
        patient=patient,
        title=_("Send a text once more"),
        about=f"{say_rule(row.rule)} {row.occurrence}, {CHANNELS[row.channel]}",
        make=lambda tx, now: send_again(tx, desk.app.config.clinic, desk.app.templates, reminder_id, now),
        save=_("Send it again"),
        action=Action.SEND,
        subject=Subject.REMINDER,
        subject_id=reminder_id,
    )
    return answer(request, desk, user, change, form)
