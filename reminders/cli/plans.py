"""A patient's plan as commands show it: read within the transaction, printed after it."""

from __future__ import annotations

from dataclasses import dataclass

from reminders.cli.answers import errors
from reminders.cli.printing import print_lines
from reminders.model import Reason
from reminders.overview import PlanLine, list_dated_only, list_plan, list_tasks
from reminders.rules import Clinic
from reminders.store.engine import Transaction
from reminders.wiring import App


@dataclass(frozen=True, kw_only=True)
class PlanView:
    """What a person reads after a change, or instead of one."""

    patient_id: int
    clinic: Clinic
    lines: list[PlanLine]
    dated_only: list[int]
    """Procedures whose time of day is not known."""
    tasks: list[dict[str, object]]


def view_plan(app: App, tx: Transaction, patient_id: int) -> PlanView:
    clinic, now = app.config.clinic, app.clock()
    return PlanView(
        patient_id=patient_id,
        clinic=clinic,
        lines=list_plan(tx, clinic, app.templates, patient_id, now),
        dated_only=list_dated_only(tx, patient_id),
        tasks=[task for task in list_tasks(tx, now) if task["patient"] == patient_id],
    )


def print_plan(view: PlanView, *, as_json: bool) -> None:
    """The plan, and on standard error what a person should see to."""
    print_lines(view.lines, as_json=as_json, clinic=view.clinic, title=f"Plan of patient {view.patient_id}")
    for channel in sorted({each.line.channel for each in view.lines if each.line.reason == Reason.NO_CONSENT}):
        errors.print(
            f"Warning: there is no consent for {channel}, so what would leave there is withheld. Ask the patient, "
            f"then run `reminders opt-in {view.patient_id} --channel {channel}`."
        )
    for procedure_id in view.dated_only:
        errors.print(
            f"Procedure {procedure_id} was entered without a time: hours are counted from "
            f"{view.clinic.default_procedure_time:%H:%M}."
        )
    for task in view.tasks:
        errors.print(f"Task {task['id']}: {task['text']}", markup=False)
