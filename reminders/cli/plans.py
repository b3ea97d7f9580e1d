"""A patient's plan as commands show it: read within the transaction, printed after it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from reminders.cli.answers import errors
from reminders.cli.fields import say_fields
from reminders.cli.printing import print_lines, say, say_date, say_time
from reminders.model import Reason
from reminders.notes import Happening, Override, list_happenings, list_overrides
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
    happenings: list[Happening]
    overrides: list[Override]


def view_plan(app: App, tx: Transaction, patient_id: int) -> PlanView:
    clinic, now = app.config.clinic, app.clock()
    return PlanView(
        patient_id=patient_id,
        clinic=clinic,
        lines=list_plan(tx, clinic, app.templates, patient_id, now),
        dated_only=list_dated_only(tx, patient_id),
        tasks=[task for task in list_tasks(tx, now) if task["patient"] == patient_id],
        happenings=list_happenings(tx, patient_id),
        overrides=list_overrides(tx, [patient_id]).get(patient_id, []),
    )


def print_plan(view: PlanView, *, as_json: bool) -> None:
    """The plan, and on standard error what a person should see to."""
    print_lines(view.lines, as_json=as_json, clinic=view.clinic, title=f"Plan of patient {view.patient_id}")
    for sentence in [] if as_json else _say_notes(view):
        say(sentence)
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


def _say_notes(view: PlanView) -> Iterator[str]:
    """What was noted of the procedures since, in the order of the procedures."""
    zone = view.clinic.time_zone
    for each in view.happenings:
        said = say_time(each.at.astimezone(zone)) if each.has_time else say_date(each.at.astimezone(zone))
        what = each.name if each.answer is None else f"{each.name}: {each.answer}"
        yield f"Procedure {each.procedure_id}: {what} ({said})"
    for override in view.overrides:
        said = say_time(override.decided_at.astimezone(zone))
        yield (
            f"Procedure {override.procedure_id}: {override.rule} has {say_fields(override.fields)}, "
            f"set by {override.decided_by} ({said})"
        )
