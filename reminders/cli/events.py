"""Commands about what comes after a procedure: event, answer."""

from __future__ import annotations

from typing import Annotated

import typer

from reminders.casework.events import record_answer, record_event, undo_event
from reminders.cli.answers import changing
from reminders.cli.options import Json, ProcedureId, cli
from reminders.cli.plans import print_plan, view_plan
from reminders.model import InputRefusal


@cli.command()
def event(
    context: typer.Context,
    procedure: ProcedureId,
    name: Annotated[str, typer.Argument(metavar="NAME", help="One of the treatment's events, such as healed.")],
    at: Annotated[
        str | None, typer.Option(metavar="WHEN", help="YYYY-MM-DD[THH:MM], clinic-local or with an offset; else now.")
    ] = None,
    undo: Annotated[bool, typer.Option("--undo", help="It did not happen after all.")] = False,
    as_json: Json = False,
) -> None:
    """Record what has happened since a procedure; its reminders follow."""
    with changing(context) as (app, tx):
        if undo and at is not None:
            raise InputRefusal("Give --at or --undo, not both: what is undone has no time.")
        clinic, now = app.config.clinic, app.clock()
        if undo:
            replanned = undo_event(tx, clinic, procedure, name, now)
        else:
            replanned = record_event(tx, clinic, procedure, name, at, now)
        shown = view_plan(app, tx, replanned.case.patient_id)
    print_plan(shown, as_json=as_json)


@cli.command()
def answer(
    context: typer.Context,
    procedure: ProcedureId,
    question: Annotated[str, typer.Argument(metavar="QUESTION", help="One of the treatment's questions.")],
    answer: Annotated[str, typer.Argument(metavar="ANSWER", help="One of its answers.")],
    as_json: Json = False,
) -> None:
    """Record a patient's answer; the latest counts."""
    with changing(context) as (app, tx):
        replanned = record_answer(tx, app.config.clinic, procedure, question, answer, app.clock())
        shown = view_plan(app, tx, replanned.case.patient_id)
    print_plan(shown, as_json=as_json)
