"""What a clinician decides for one patient: how many sessions a course has, and other figures of a rule."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from fastapi import APIRouter, HTTPException, Request
from starlette.responses import Response

from reminders.accounts.audit import Subject
from reminders.accounts.sign_ins import SignedIn
from reminders.casework.overrides import clear_override, set_override
from reminders.casework.procedures import decide_course
from reminders.desk.changing import FORM, Change, answer, look_at_patient
from reminders.desk.desk import Desk, Id, TheDesk
from reminders.desk.figures import KINDS, FigureLine, list_figure_lines, read_figure, write_figure
from reminders.desk.forms import Form, Typed
from reminders.desk.pages import go_to, render
from reminders.desk.procedure_pages import (
    PROCEDURE,
    cancel_path,
    find_procedure,
    is_over,
    say_procedure,
    treatment_of,
)
from reminders.desk.visits import AsClinician
from reminders.desk.words import _
from reminders.model import InputRefusal
from reminders.notes import list_overrides
from reminders.store.engine import Transaction, reading
from reminders.tables import PatientRow, ProcedureRow

router = APIRouter()


# ---- the length of a course --------------------------------------------------------------------------------------


@router.api_route("/patients/{patient_id}/decide/{treatment}", methods=FORM)
def decide(request: Request, desk: TheDesk, form: Typed, user: AsClinician, patient_id: Id, treatment: str) -> Response:
    patient, known = look_at_patient(desk, user, patient_id), desk.app.config.clinic.treatments.get(treatment)
    if known is None:
        raise HTTPException(404)
    change = Change(
        patient=patient,
        title=_("Decide on the number of sessions"),
        about=known.name,
        make=lambda tx, now: _decide(tx, desk, patient, treatment, form, now),
        fields="change/decide.html",
        offers={"usual": known.sessions},
        subject=Subject.PATIENT,
        subject_id=patient.id,
        columns=["planned_sessions"],
    )
    return answer(request, desk, user, change, form)


def _decide(tx: Transaction, desk: Desk, patient: PatientRow, treatment: str, form: Form, now: datetime) -> object:
    typed = form.text("planned_sessions")
    if not (typed.isascii() and typed.isdigit() and len(typed) <= 9):
        raise InputRefusal(_("Write the number of sessions in digits."))
    return decide_course(tx, desk.app.config.clinic, patient.id, treatment, int(typed), now)


# ---- the figures of a rule ---------------------------------------------------------------------------------------


@router.api_route(f"{PROCEDURE}/figures", methods=FORM)
def show_figures(
    request: Request,
    desk: TheDesk,
    form: Typed,
    user: AsClinician,
    patient_id: Id,
    procedure_id: Id,
    rule: str = "",
    figure: str = "",
) -> Response:
    """All figures; one of them to be set; or a rule's, to be taken back."""
    patient = look_at_patient(desk, user, patient_id)
    row = find_procedure(desk, patient, procedure_id)
    lines = _list_lines(desk, row)
    if is_over(request, row):
        return go_to(cancel_path(row))
    chosen = form.text("rule") or rule, form.text("figure") or figure
    if not any(chosen):
        return render(request, "change/figures.html", patient=patient, about=say_procedure(desk, row), lines=lines)
    if not chosen[1]:
        return answer(request, desk, user, _clearing(desk, patient, row, chosen[0], lines), form)
    line = next((line for line in lines if (line.rule, line.key) == chosen and line.may_be_set), None)
    if line is None:
        raise HTTPException(404)
    return answer(request, desk, user, _setting(desk, user, patient, row, line, form), form)


def _list_lines(desk: Desk, row: ProcedureRow) -> list[FigureLine]:
    treatment = treatment_of(desk, row)
    with reading(desk.engine) as tx:
        overrides = list_overrides(tx, [row.patient_id]).get(row.patient_id, [])
    return list_figure_lines(treatment, [each for each in overrides if each.procedure_id == row.id])


def _setting(
    desk: Desk, user: SignedIn, patient: PatientRow, row: ProcedureRow, line: FigureLine, form: Form
) -> Change:
    def make(tx: Transaction, now: datetime) -> object:
        fields = read_figure(line, form)
        return set_override(tx, desk.app.config.clinic, row.id, line.rule, fields, user.name, now)

    return _change(
        desk,
        patient,
        row,
        title=_("Set a figure for this patient"),
        make=make,
        fields="change/figure.html",
        offers={"line": line, "kind": KINDS[type(line.figure)]},
        offered=write_figure(line),
    )


def _clearing(desk: Desk, patient: PatientRow, row: ProcedureRow, rule: str, lines: list[FigureLine]) -> Change:
    if not any(line.rule == rule for line in lines):
        raise HTTPException(404)
    return _change(
        desk,
        patient,
        row,
        title=_("Take back what is set"),
        make=lambda tx, now: clear_override(tx, desk.app.config.clinic, row.id, rule, now),
        fields="change/cleared.html",
        offers={"rule": rule, "lines": [line for line in lines if line.rule == rule and line.set_by]},
    )


def _change(desk: Desk, patient: PatientRow, row: ProcedureRow, **over: Any) -> Change:
    own: Mapping[str, Any] = {"subject": Subject.PROCEDURE, "subject_id": row.id, "columns": ["overrides"]}
    return Change(patient=patient, about=say_procedure(desk, row), **own, **over)
