"""How a page changes something at a patient: its form, the difference, and saving exactly what was shown.

A form that has shown a difference carries the patient's version that it was made from, and a digest of it. Saving makes
the change, looks at the difference once more in the same transaction, and keeps it only if both are still the same.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from fastapi import HTTPException, Request
from starlette.responses import Response

from reminders.accounts.audit import Action, Subject, record_audit, record_look
from reminders.accounts.sign_ins import SignedIn
from reminders.casework.previews import preview_change, try_change
from reminders.casework.sessions import Booked
from reminders.casework.versions import StaleForm, require_unchanged
from reminders.desk.desk import Desk
from reminders.desk.differences import Difference, describe, is_typed_anew
from reminders.desk.forms import TOKEN_FIELD, Form
from reminders.desk.pages import go_to, render
from reminders.desk.words import _
from reminders.model import InputRefusal
from reminders.store.cases import find_row
from reminders.store.engine import Transaction, reading, writing
from reminders.tables import PatientRow

FORM = ["GET", "POST"]
"""A page that changes something is one route: its form, and what is sent with it."""


@dataclass(frozen=True, kw_only=True)
class Change:
    """One change, as its page asks for it and as the casework makes it.

    `make` runs for each look at the difference, and is rolled back; once more to save.
    """

    patient: PatientRow
    title: str
    about: str = ""
    make: Callable[[Transaction, datetime], object]
    """One function of the casework, with what is typed."""
    fields: str | None = None
    """The template of its fields; None where there is nothing to type, and the difference is shown at once."""
    offers: Mapping[str, Any] = field(default_factory=dict)
    """What that template is given."""
    offered: Mapping[str, str] = field(default_factory=dict)
    """What the fields hold at first."""
    save: str = _("Save")
    action: Action = Action.CHANGE
    subject: Subject
    subject_id: int | None = None
    """None: what the change adds."""
    columns: Collection[str] = ()
    """What the audit log says was changed."""
    is_done: Callable[[Transaction], bool] | None = None
    """Whether it was done meanwhile, where the casework refuses to do it twice."""
    leads_to: str | None = None
    """Where one is after saving; None: the patient's page."""


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What the form says was shown."""

    version: int
    digest: str


def look_at_patient(desk: Desk, user: SignedIn, patient_id: int) -> PatientRow:
    """The patient; that somebody saw them is written down. Raises a 404 where there is none."""
    with writing(desk.engine) as tx:
        patient = find_row(tx, PatientRow, patient_id)
        if patient is None:
            raise HTTPException(404)
        record_look(tx, user.user_id, desk.now(), Subject.PATIENT, patient_id)
    return patient


def patient_path(patient_id: int) -> str:
    return f"/patients/{patient_id}"


def require_moment(form: Form) -> str:
    """The day and time that were typed. Raises InputRefusal without a day."""
    if not form.moment():
        raise InputRefusal(_("Say on which day."))
    return form.moment()


def offer_moment(local: datetime, *, has_time: bool = True) -> dict[str, str]:
    """Day and time for the fields of `change/when.html`."""
    return {"on": f"{local:%Y-%m-%d}", "at": f"{local:%H:%M}" if has_time else ""}


# ---- the way of a change -----------------------------------------------------------------------------------------


def answer(request: Request, desk: Desk, user: SignedIn, change: Change, form: Form) -> Response:
    """The form; once something is typed the difference; saved once the difference was seen."""
    if request.method == "GET":
        offered = Form(tuple(change.offered.items()))
        return _show(request, change, offered, None if change.fields else _preview(desk, change, Form()))
    seen = _read_seen(form)
    if not form.text("save") or seen is None:
        difference = _preview(desk, change, form)
        return _show(request, change, form, difference, 422 if difference.preview.refusal else 200)
    return _save(request, desk, user, change, form, seen)


def _read_seen(form: Form) -> Seen | None:
    version, digest = form.text("version"), form.text("shown")
    is_number = version.isascii() and version.isdigit() and len(version) <= 9
    return Seen(version=int(version), digest=digest) if is_number and digest else None


def _typed(form: Form) -> list[tuple[str, str]]:
    """What a person has typed or chosen."""
    return sorted(each for each in form.fields if each[0] not in _OURS)


_OURS = (TOKEN_FIELD, "version", "shown", "save")


def _preview(desk: Desk, change: Change, form: Form) -> Difference:
    app, now = desk.app, desk.now()
    clinic, patient_id = app.config.clinic, change.patient.id
    made = preview_change(desk.engine, clinic, app.templates, patient_id, lambda tx: change.make(tx, now), now)
    return describe(made, _typed(form), now)


def _save(request: Request, desk: Desk, user: SignedIn, change: Change, form: Form, seen: Seen) -> Response:
    try:
        saved, is_saved = _try_to_save(desk, user, change, form, seen)
    except StaleForm as stale:
        difference = _preview(desk, change, form)
        if difference.preview.changes_nothing or _is_done(desk, change):
            # The button was pressed twice, or somebody else did the same.
            return go_to(_end_of(change))
        return _show(request, change, form, difference, 422, notice=stale.at_desk)
    if is_saved:
        return go_to(_end_of(change))
    return _show(request, change, form, saved, 422, notice=_say_why_not(saved, seen))


def _say_why_not(saved: Difference, seen: Seen) -> str:
    if saved.preview.refusal:
        return ""
    if is_typed_anew(seen.digest, saved.digest):
        return _("This is what your last change to the form would do: look at it, then save.")
    return _("Something has happened meanwhile, and this would now do something else.")


def _try_to_save(desk: Desk, user: SignedIn, change: Change, form: Form, seen: Seen) -> tuple[Difference, bool]:
    """The difference as it is now, and whether it was made: only where it is the one that was seen."""
    app, now = desk.app, desk.now()
    clinic, patient_id = app.config.clinic, change.patient.id
    with writing(desk.engine, by=user.name) as tx:
        require_unchanged(tx, clinic, patient_id, seen.version)
        made = try_change(tx, clinic, app.templates, patient_id, lambda tx: change.make(tx, now), now)
        difference = describe(made, _typed(form), now)
        is_saved = difference.preview.refusal is None and difference.digest == seen.digest
        if is_saved:
            _note(tx, user, change, difference, now)
        else:
            tx.rollback()
    return difference, is_saved


def _note(tx: Transaction, user: SignedIn, change: Change, difference: Difference, now: datetime) -> None:
    outcome = difference.preview.outcome
    added = outcome.session_id if isinstance(outcome, Booked) else None
    record_audit(
        tx,
        user.user_id,
        change.action,
        now,
        subject=change.subject,
        subject_id=change.subject_id or added,
        patient_id=change.patient.id,
        fields=change.columns,
    )


def _is_done(desk: Desk, change: Change) -> bool:
    if change.is_done is None:
        return False
    with reading(desk.engine) as tx:
        return change.is_done(tx)


def _end_of(change: Change) -> str:
    return change.leads_to or patient_path(change.patient.id)


def _show(
    request: Request,
    change: Change,
    form: Form,
    difference: Difference | None,
    status: int = 200,
    *,
    notice: str = "",
) -> Response:
    is_part = request.headers.get("hx-request") == "true"
    return render(
        request,
        "change/part.html" if is_part else "change/page.html",
        status,
        is_part=is_part,
        change=change,
        form=form,
        difference=difference,
        notice=notice,
        **change.offers,
    )
