"""Each command: read what was typed, do one thing, print what came of it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from reminders.casework.patients import (
    PatientEntry,
    add_patient,
    edit_patient,
    find_patients,
    opt_in,
    opt_out,
    require_patient,
)
from reminders.casework.procedures import (
    ProcedureEntry,
    cancel_procedure,
    correct_procedure,
    decide_course,
    record_procedure,
)
from reminders.casework.sessions import book_session, move_session, unbook_session
from reminders.casework.tasks import complete_task
from reminders.cli.answers import REFUSED, answering, changing, errors, looking, open_configured, opened
from reminders.cli.printing import (
    console,
    print_json,
    print_lines,
    print_outbox,
    print_rules,
    print_tasks,
)
from reminders.logs import configure_logs
from reminders.model import Channel, InputRefusal, Reason, Status
from reminders.overview import list_outbox, list_plan, list_reminders, list_tasks, read_status
from reminders.replanning import count_changes, list_patient_ids, replan_patient
from reminders.store import schema
from reminders.store.backup import backup
from reminders.store.engine import Transaction, reading, writing
from reminders.wiring import App, open_work

cli = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Sends a clinic's aftercare reminders by SMS and email.",
)
patient_cli = typer.Typer(no_args_is_help=True, help="Add or edit a patient.")
cli.add_typer(patient_cli, name="patient")

Json = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]
PatientId = Annotated[int, typer.Argument(metavar="PATIENT", help="The patient's number.")]
ProcedureId = Annotated[int, typer.Argument(metavar="PROCEDURE", help="The procedure's number.")]
SessionId = Annotated[int, typer.Argument(metavar="SESSION", help="The booked session's number.")]
Treatment = Annotated[str, typer.Option(help="A treatment of config.toml.")]
PerformedAt = Annotated[str, typer.Option(metavar="WHEN", help="YYYY-MM-DD[THH:MM], clinic-local or with an offset.")]
StartsAt = Annotated[str, typer.Option(metavar="WHEN", help="YYYY-MM-DD[THH:MM], clinic-local or with an offset.")]
Name = Annotated[str | None, typer.Option(help="The patient's name.")]
Phone = Annotated[str | None, typer.Option(help="The number that texts go to.")]
Email = Annotated[str | None, typer.Option(help="The address that emails go to.")]
TimeZone = Annotated[str | None, typer.Option(metavar="ZONE", help="Where it differs from the clinic's.")]
Language = Annotated[str | None, typer.Option(help="Such as en.")]
ChannelOption = Annotated[Channel, typer.Option(help="sms or email.")]


@cli.callback()
def choose_config(
    context: typer.Context,
    config: Annotated[
        Path | None, typer.Option(help="The clinic's file; else REMINDERS_CONFIG, else config.toml.")
    ] = None,
) -> None:
    context.obj = config


# ---- procedures ------------------------------------------------------------------------------------------------


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
    attribute: Annotated[
        list[str] | None, typer.Option(metavar="KEY=VALUE", help="Such as site=left; may be repeated.")
    ] = None,
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
            attributes=_read_attributes(attribute or []),
            consent=tuple(consent or []),
        )
        recorded = record_procedure(tx, app.config.clinic, entry, app.clock())
        patient_id = recorded.replanned.case.patient_id
        if not as_json:
            _say_recorded(recorded.procedure_id, patient_id, is_new=recorded.is_new, is_dry_run=dry_run)
        _print_plan(app, tx, patient_id, as_json=as_json)
        if dry_run:
            tx.rollback()


def _read_attributes(typed: list[str]) -> dict[str, str]:
    pairs = [each.partition("=") for each in typed]
    if any(not key.strip() or not equals for key, equals, _ in pairs):
        raise InputRefusal("An attribute is written as KEY=VALUE, such as --attribute site=left.")
    return {key.strip(): value.strip() for key, _, value in pairs}


def _say_recorded(procedure_id: int, patient_id: int, *, is_new: bool, is_dry_run: bool) -> None:
    if is_dry_run:
        console.print("Nothing is saved. This is what would be planned:")
    elif is_new:
        console.print(f"Procedure {procedure_id} of patient {patient_id} is recorded.")
    else:
        console.print(f"This is procedure {procedure_id} of patient {patient_id}, which was there already.")


def _print_plan(app: App, tx: Transaction, patient_id: int, *, as_json: bool) -> None:
    """The plan, and on standard error what a person should see to."""
    clinic = app.config.clinic
    lines = list_plan(tx, clinic, app.templates, patient_id, app.clock())
    print_lines(lines, as_json=as_json, clinic=clinic, title=f"Plan of patient {patient_id}")
    if any(each.line.reason == Reason.NO_CONSENT for each in lines):
        errors.print("Warning: there is no consent for a channel, so what would leave there is withheld. "
                     "Ask the patient, then run `reminders opt-in`.")  # fmt: skip
    for task in list_tasks(tx, app.clock()):
        if task["patient"] == patient_id:
            errors.print(f"Task {task['id']}: {task['text']}", markup=False)


@cli.command()
def correct(context: typer.Context, procedure: ProcedureId, performed_at: PerformedAt, as_json: Json = False) -> None:
    """Put a procedure's date or time right; its reminders follow."""
    with changing(context) as (app, tx):
        replanned = correct_procedure(tx, app.config.clinic, procedure, performed_at, app.clock())
        _print_plan(app, tx, replanned.case.patient_id, as_json=as_json)


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
        _print_plan(app, tx, replanned.case.patient_id, as_json=as_json)
        gone = [row for row in replanned.case.left if row.identity[:2] == ("procedure", procedure)]
        if gone:
            errors.print(f"{len(gone)} of its messages had left already. A text to withdraw them, ready to send:")
            errors.print(app.templates.render_withdrawal_sms().body, markup=False)


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
        _print_plan(app, tx, patient, as_json=as_json)


# ---- sessions --------------------------------------------------------------------------------------------------


@cli.command()
def book(
    context: typer.Context, patient: PatientId, treatment: Treatment, starts_at: StartsAt, as_json: Json = False
) -> None:
    """Book the next session."""
    with changing(context) as (app, tx):
        booked = book_session(tx, app.config.clinic, patient, treatment, starts_at, app.clock())
        _say_session(app, tx, booked.session_id, patient, as_json=as_json)


@cli.command()
def move(context: typer.Context, session: SessionId, starts_at: StartsAt, as_json: Json = False) -> None:
    """Move a booked session."""
    with changing(context) as (app, tx):
        booked = move_session(tx, app.config.clinic, session, starts_at, app.clock())
        _say_session(app, tx, booked.session_id, booked.replanned.case.patient_id, as_json=as_json)


def _say_session(app: App, tx: Transaction, session_id: int, patient_id: int, *, as_json: bool) -> None:
    if as_json:
        print_json([{"session": session_id, "patient": patient_id}])
    else:
        console.print(f"Session {session_id} of patient {patient_id} is booked.")
        _print_plan(app, tx, patient_id, as_json=False)


@cli.command()
def unbook(context: typer.Context, session: SessionId, as_json: Json = False) -> None:
    """Take a booking back."""
    with changing(context) as (app, tx):
        replanned = unbook_session(tx, app.config.clinic, session, app.clock())
        _print_plan(app, tx, replanned.case.patient_id, as_json=as_json)


# ---- patients --------------------------------------------------------------------------------------------------


@patient_cli.command("add")
def add(
    context: typer.Context,
    name: Name = None,
    phone: Phone = None,
    email: Email = None,
    time_zone: TimeZone = None,
    language: Language = None,
    as_json: Json = False,
) -> None:
    """Add a patient."""
    entry = PatientEntry(name=name, phone=phone, email=email, time_zone=time_zone, language=language)
    with changing(context) as (app, tx):
        row = add_patient(tx, app.config.clinic, entry, app.clock())
        if as_json:
            print_json([{"patient": row.id}])
        else:
            console.print(f"Patient {row.id} is added.")


@patient_cli.command("edit")
def edit(
    context: typer.Context,
    patient: PatientId,
    name: Name = None,
    phone: Phone = None,
    email: Email = None,
    time_zone: TimeZone = None,
    language: Language = None,
    as_json: Json = False,
) -> None:
    """Change a patient's name, number, address, zone or language; an empty value clears it."""
    entry = PatientEntry(name=name, phone=phone, email=email, time_zone=time_zone, language=language)
    with changing(context) as (app, tx):
        edit_patient(tx, app.config.clinic, patient, entry, app.clock())
        _print_plan(app, tx, patient, as_json=as_json)


@cli.command()
def patients(
    context: typer.Context,
    text: Annotated[str, typer.Argument(help="A part of a name, number or address.")] = "",
    as_json: Json = False,
) -> None:
    """Find patients."""
    with looking(context) as (_, tx):
        found = [
            {"id": row.id, "name": row.name, "phone": row.phone, "email": row.email, "time_zone": row.time_zone}
            for row in find_patients(tx, text)
        ]
        if as_json:
            print_json(found)
        for row in [] if as_json else found:
            reach = ", ".join(str(row[key]) for key in ("phone", "email", "time_zone") if row[key])
            console.print(f"{row['id']:>6}  {row['name']}  {reach}", markup=False)
        if not found:
            errors.print("No patient matches.")


@cli.command("opt-out")
def opt_out_command(context: typer.Context, patient: PatientId, channel: ChannelOption, as_json: Json = False) -> None:
    """The patient wants nothing more by this channel."""
    with changing(context) as (app, tx):
        opt_out(tx, app.config.clinic, patient, channel, app.clock())
        _print_plan(app, tx, patient, as_json=as_json)


@cli.command("opt-in")
def opt_in_command(context: typer.Context, patient: PatientId, channel: ChannelOption, as_json: Json = False) -> None:
    """The patient agrees to this channel."""
    with changing(context) as (app, tx):
        opt_in(tx, app.config.clinic, patient, channel, app.clock())
        _print_plan(app, tx, patient, as_json=as_json)


# ---- looking ---------------------------------------------------------------------------------------------------


@cli.command()
def plan(context: typer.Context, patient: PatientId, as_json: Json = False) -> None:
    """What a patient got, will get, and will not get, and why."""
    with looking(context) as (app, tx):
        require_patient(tx, patient)
        _print_plan(app, tx, patient, as_json=as_json)


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
        print_tasks(list_tasks(tx, app.clock()), as_json=as_json)


@cli.command()
def done(context: typer.Context, task: Annotated[int, typer.Argument(metavar="TASK")]) -> None:
    """Mark a task as done."""
    with changing(context) as (app, tx):
        complete_task(tx, task, app.clock())
        console.print(f"Task {task} is done.")


@cli.command()
def outbox(context: typer.Context, as_json: Json = False) -> None:
    """The messages that the outbox keeps."""
    with looking(context) as (_, tx):
        print_outbox(list_outbox(tx), as_json=as_json)


@cli.command()
def rules(context: typer.Context, as_json: Json = False) -> None:
    """The clinic's rules: every figure with its source."""
    with answering():
        print_rules(open_configured(context).config.clinic, as_json=as_json)


@cli.command()
def replan(
    context: typer.Context,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Count the changes and make none.")] = False,
    as_json: Json = False,
) -> None:
    """Plan every patient again, after a rule was edited."""
    with opened(context) as app:
        changed = 0
        with reading(app.engine) as tx:
            patient_ids = list_patient_ids(tx)
        for patient_id in patient_ids:
            # One transaction a patient: it can be stopped and run again.
            with writing(app.engine) as tx:
                changed += count_changes(replan_patient(tx, app.config.clinic, patient_id, app.clock()))
                if dry_run:
                    tx.rollback()
        if as_json:
            print_json([{"patients": len(patient_ids), "changes": changed, "dry_run": dry_run}])
        else:
            verb = "would change" if dry_run else "changed"
            console.print(f"{changed} reminders of {len(patient_ids)} patients {verb}.")


# ---- running ---------------------------------------------------------------------------------------------------


@cli.command()
def daemon(context: typer.Context) -> None:
    """Send what falls due, until stopped."""
    # APScheduler takes a moment to import, and no other command needs it.
    from reminders.daemon import run_daemon

    configure_logs(os.environ.get("REMINDERS_LOG_LEVEL", "INFO"))
    with opened(context) as app:
        code = run_daemon(open_work(app), app.config.dispatch)
    raise typer.Exit(code)


@cli.command()
def dispatch(context: typer.Context, as_json: Json = False) -> None:
    """Send what is due now, once, and exit: for cron."""
    from reminders.dispatching import dispatch_pass

    configure_logs(os.environ.get("REMINDERS_LOG_LEVEL", "WARNING"))
    with opened(context) as app:
        report = dispatch_pass(open_work(app))
    if as_json:
        print_json([{"handed_over": report.handed_over, "settled": report.settled, "notices": report.notices}])
    else:
        console.print(f"{report.handed_over} messages handed over.")


@cli.command()
def migrate(context: typer.Context) -> None:
    """Bring the database to this release's schema."""
    with answering():
        app = open_configured(context)
        schema.migrate(app.engine)
        app.close()
        console.print("The database is up to date.")


@cli.command("backup")
def backup_command(context: typer.Context, file: Annotated[Path, typer.Argument(metavar="FILE")]) -> None:
    """Copy the database to a new file, while the daemon runs."""
    with opened(context) as app:
        backup(app.engine, file)
        console.print(f"The backup is in {file}. It holds patients' data: keep it safe.", markup=False)


@cli.command()
def status(context: typer.Context, as_json: Json = False) -> None:
    """How the service is; exit 1 if somebody should look."""
    with looking(context) as (app, tx):
        found = read_status(tx, app.clock())
        if as_json:
            print_json([found])
        else:
            for key, value in found.items():
                console.print(f"{key.replace('_', ' ')}: {_say(value)}")
    if not found["ok"]:
        raise typer.Exit(REFUSED)


def _say(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "no daemon yet" if value is None else str(value)
