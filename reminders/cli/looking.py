"""Commands that look: plan, list, tasks, outbox, status. And `done`, which ends a task."""

from __future__ import annotations

from typing import Annotated

import typer

from reminders.casework.patients import require_patient
from reminders.casework.tasks import complete_task
from reminders.cli.answers import REFUSED, changing, looking
from reminders.cli.options import Json, PatientId, TaskId, cli
from reminders.cli.plans import print_plan, view_plan
from reminders.cli.printing import (
    print_json,
    print_lines,
    print_outbox,
    print_status,
    print_tasks,
    say,
)
from reminders.model import Status
from reminders.overview import list_outbox, list_reminders, list_tasks, read_status


@cli.command()
def plan(context: typer.Context, patient: PatientId, as_json: Json = False) -> None:
    """What a patient got, will get, and will not get, and why."""
    with looking(context) as (app, tx):
        require_patient(tx, patient)
        shown = view_plan(app, tx, patient)
    print_plan(shown, as_json=as_json)


@cli.command("list")
def list_command(
    context: typer.Context,
    status: Annotated[Status | None, typer.Option(help="Only those in this state.")] = None,
    patient: Annotated[int | None, typer.Option(help="Only this patient's.")] = None,
    as_json: Json = False,
) -> None:
    """List reminders by time."""
    with looking(context) as (app, tx):
        if patient is not None:
            require_patient(tx, patient)
        clinic = app.config.clinic
        lines = list_reminders(tx, clinic, app.templates, app.clock(), status=status, patient_id=patient)
    print_lines(lines, as_json=as_json, clinic=clinic, title="Reminders")


@cli.command()
def tasks(context: typer.Context, as_json: Json = False) -> None:
    """What needs a human."""
    with looking(context) as (app, tx):
        found = list_tasks(tx, app.clock())
    print_tasks(found, as_json=as_json)


@cli.command()
def done(context: typer.Context, task: TaskId, as_json: Json = False) -> None:
    """Mark a task as done."""
    with changing(context) as (app, tx):
        complete_task(tx, task, app.clock())
    if as_json:
        print_json([{"task": task}])
    else:
        say(f"Task {task} is done.")


@cli.command()
def outbox(context: typer.Context, as_json: Json = False) -> None:
    """The messages that the outbox keeps."""
    with looking(context) as (_, tx):
        messages = list_outbox(tx)
    print_outbox(messages, as_json=as_json)


@cli.command()
def status(context: typer.Context, as_json: Json = False) -> None:
    """How the service is; exit 1 if somebody should look."""
    with looking(context) as (app, tx):
        found = read_status(tx, app.clock())
    print_status(found, as_json=as_json)
    if not found["ok"]:
        raise typer.Exit(REFUSED)
