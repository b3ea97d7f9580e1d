"""The command by which a clinician's decision for one patient replaces a rule's own figures."""

from __future__ import annotations

from typing import Annotated

import typer

from reminders.casework.overrides import clear_override, set_override
from reminders.cli.answers import changing
from reminders.cli.fields import read_fields
from reminders.cli.options import Json, ProcedureId, cli
from reminders.cli.plans import print_plan, view_plan
from reminders.model import InputRefusal


@cli.command()
def override(
    context: typer.Context,
    procedure: ProcedureId,
    rule: Annotated[str, typer.Argument(metavar="RULE", help="A rule's id; or treatment, for its interval and limit.")],
    fields: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="FIGURE", help="Such as 'from = { days = 5 }'; may be repeated."),
    ] = None,
    decided_by: Annotated[str, typer.Option("--by", metavar="NAME", help="The clinician who has decided it.")] = "",
    clear: Annotated[bool, typer.Option("--clear", help="Take back all that is set for the rule.")] = False,
    as_json: Json = False,
) -> None:
    """Set figures of a rule for one patient, beside those set before; or take them back."""
    with changing(context) as (app, tx):
        if bool(fields) == clear:
            raise InputRefusal("Say what is set, such as --set 'from = { days = 5 }', or take it back with --clear.")
        clinic, now = app.config.clinic, app.clock()
        if clear:
            replanned = clear_override(tx, clinic, procedure, rule, now)
        else:
            replanned = set_override(tx, clinic, procedure, rule, read_fields(fields or []), decided_by, now)
        shown = view_plan(app, tx, replanned.case.patient_id)
    print_plan(shown, as_json=as_json)
