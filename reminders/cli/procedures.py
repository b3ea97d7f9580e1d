"""Commands about procedures and courses: record, correct, cancel, decide."""

from __future__ import annotations

from typing import Annotated

import typer

from reminders.casework.patients import PatientEntry, require_patient
from reminders.casework.procedures import (
    ProcedureEntry,
    Recorded,
    cancel_procedure,
    correct_procedure,
    decide_course,
    record_procedure,
)
from reminders.casework.withdrawing import list_gone, say_gone
from reminders.cli.answers import changing, errors
from reminders.cli.options import (
    Attribute,
    Email,
    Json,
    Language,
    Name,
    PatientId,
    PerformedAt,
    Phone,
    ProcedureId,
    TimeZone,
    Treatment,
    cli,
    read_attributes,
)
from reminders.cli.plans import print_plan, view_plan
from reminders.cli.printing import say
from reminders.model import AnchorKind, Channel
from reminders.wiring import App


@cli.command()
def record(
    context: typer.Context,
    treatment: Treatment,
    performed_at: PerformedAt,
    name: Name = None,
    phone: Phone = None,
    email: Email = None,
    patient: Annotated[int | None, typer.Option(help="A known patient's number.")] = None,
    session: Annotated[int | None, typer.Option(help="The session's number, where it is not the next one.")] = None,
    planned_sessions: Annotated[int | None, typer.Option(help="How many the clinician has decided on.")] = None,
    time_zone: TimeZone = None,
    language: Language = None,
    consent: Annotated[
        list[Channel] | None, typer.Option(help="A channel the patient agrees to; may be repeated.")
    ] = None,
    attribute: Attribute = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the plan and save nothing.")] = False,
    as_json: Json = False,
) -> None:
    """Record a procedure and print what will be sent, and when."""
    with changing(context) as (app, tx):
        entry = ProcedureEntry(
            treatment=treatment,
            performed_at=performed_at,
            patient=PatientEntry(name=name, phone=phone, email=email, time_zone=time_zone, language=language),
            patient_id=patient,
            session=session,
            planned_sessions=planned_sessions,
            attributes=read_attributes(attribute or []),
            consent=tuple(consent or []),
        )
        recorded = record_procedure(tx, app.config.clinic, entry, app.clock())
        shown = view_plan(app, tx, recorded.replanned.case.patient_id)
        if dry_run:
            tx.rollback()
    if not as_json:
        say(_say_recorded(recorded, is_dry_run=dry_run))
    print_plan(shown, as_json=as_json)


def _say_recorded(recorded: Recorded, *, is_dry_run: bool) -> str:
    procedure, patient = recorded.procedure_id, recorded.replanned.case.patient_id
    if is_dry_run:
        return "Nothing is saved. This is what would be planned:"
    if recorded.is_new:
        return f"Procedure {procedure} of patient {patient} is recorded."
    return f"This is procedure {procedure} of patient {patient}, which was there already."


@cli.command()
def correct(context: typer.Context, procedure: ProcedureId, performed_at: PerformedAt, as_json: Json = False) -> None:
    """Put a procedure's date or time right; its reminders follow."""
    with changing(context) as (app, tx):
        replanned = correct_procedure(tx, app.config.clinic, procedure, performed_at, app.clock())
        shown = view_plan(app, tx, replanned.case.patient_id)
    print_plan(shown, as_json=as_json)


@cli.command()
def cancel(
    context: typer.Context,
    procedure: ProcedureId,
    reason: Annotated[str, typer.Option(help="Why: not performed, wrong patient …")],
    as_json: Json = False,
) -> None:
    """Cancel a procedure: nothing more of it leaves."""
    with changing(context) as (app, tx):
        replanned = cancel_procedure(tx, app.config.clinic, procedure, reason, app.clock())
        shown = view_plan(app, tx, replanned.case.patient_id)
        name = require_patient(tx, replanned.case.patient_id).name
    print_plan(shown, as_json=as_json)
    if gone := list_gone(replanned.case.left, AnchorKind.PROCEDURE, procedure):
        errors.print(*say_gone(gone), "A message to withdraw them, ready to send:", markup=False)
        for channel in sorted({row.channel for row in gone}):
            errors.print(_ready_withdrawal(app, channel, name), markup=False)


def _ready_withdrawal(app: App, channel: Channel, patient_name: str) -> str:
    if channel is Channel.SMS:
        return app.templates.render_withdrawal_sms().body
    mail = app.templates.render_withdrawal_email(patient_name)
    return f"Subject: {mail.subject}\n\n{mail.text}"


@cli.command()
def decide(
    context: typer.Context,
    patient: PatientId,
    treatment: Treatment,
    planned_sessions: Annotated[int, typer.Option(help="How many sessions the course has.")],
    as_json: Json = False,
) -> None:
    """Enter how many sessions the clinician has decided on."""
    with changing(context) as (app, tx):
        decide_course(tx, app.config.clinic, patient, treatment, planned_sessions, app.clock())
        shown = view_plan(app, tx, patient)
    print_plan(shown, as_json=as_json)
