"""Commands about patients: add, edit and find them, and what they consent to."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from reminders.casework.patients import PatientEntry, add_patient, edit_patient, find_patients, opt_in, opt_out
from reminders.cli.answers import changing, errors, looking
from reminders.cli.options import (
    Attribute,
    ChannelOption,
    Email,
    Json,
    Language,
    Name,
    PatientId,
    Phone,
    TimeZone,
    cli,
    read_attributes,
)
from reminders.cli.plans import print_plan, view_plan
from reminders.cli.printing import print_json, say
from reminders.tables import PatientRow

patient_cli = typer.Typer(no_args_is_help=True, help="Add or edit a patient.")
cli.add_typer(patient_cli, name="patient")


@patient_cli.command("add")
def add(
    context: typer.Context,
    name: Name = None,
    phone: Phone = None,
    email: Email = None,
    time_zone: TimeZone = None,
    language: Language = None,
    attribute: Attribute = None,
    as_json: Json = False,
) -> None:
    """Add a patient."""
    with changing(context) as (app, tx):
        entry = PatientEntry(
            name=name,
            phone=phone,
            email=email,
            time_zone=time_zone,
            language=language,
            attributes=read_attributes(attribute or []),
        )
        patient_id = add_patient(tx, app.config.clinic, entry, app.clock()).id
    if as_json:
        print_json([{"patient": patient_id}])
    else:
        say(f"Patient {patient_id} is added.")


@patient_cli.command("edit")
def edit(
    context: typer.Context,
    patient: PatientId,
    name: Name = None,
    phone: Phone = None,
    email: Email = None,
    time_zone: TimeZone = None,
    language: Language = None,
    attribute: Attribute = None,
    as_json: Json = False,
) -> None:
    """Change what is known of a patient; an empty value clears it."""
    with changing(context) as (app, tx):
        entry = PatientEntry(
            name=name,
            phone=phone,
            email=email,
            time_zone=time_zone,
            language=language,
            attributes=read_attributes(attribute or []),
        )
        edit_patient(tx, app.config.clinic, patient, entry, app.clock())
        shown = view_plan(app, tx, patient)
    print_plan(shown, as_json=as_json)


@cli.command("patients")
def find(
    context: typer.Context,
    text: Annotated[str, typer.Argument(help="A part of a name, number or address.")] = "",
    as_json: Json = False,
) -> None:
    """Find patients."""
    with looking(context) as (app, tx):
        found = [_show(row) for row in find_patients(tx, app.config.clinic, text)]
    if as_json:
        print_json(found)
    for line in [] if as_json else found:
        known = [line[key] for key in ("phone", "email", "time_zone", "language") if line[key]]
        known += [f"{name}={value}" for name, value in line["attributes"].items()]
        say(f"{line['id']:>6}  {line['name']}  {', '.join(known)}")
    if not found:
        errors.print("No patient matches.")


def _show(row: PatientRow) -> dict[str, Any]:
    return {
        "id": row.id,
        "name": row.name,
        "phone": row.phone,
        "email": row.email,
        "time_zone": row.time_zone,
        "language": row.language,
        "attributes": row.attributes,
    }


@cli.command("opt-out")
def stop_channel(context: typer.Context, patient: PatientId, channel: ChannelOption, as_json: Json = False) -> None:
    """The patient wants nothing more by this channel."""
    with changing(context) as (app, tx):
        opt_out(tx, app.config.clinic, patient, channel, app.clock())
        shown = view_plan(app, tx, patient)
    print_plan(shown, as_json=as_json)


@cli.command("opt-in")
def allow_channel(context: typer.Context, patient: PatientId, channel: ChannelOption, as_json: Json = False) -> None:
    """The patient agrees to this channel."""
    with changing(context) as (app, tx):
        opt_in(tx, app.config.clinic, patient, channel, app.clock())
        shown = view_plan(app, tx, patient)
    print_plan(shown, as_json=as_json)
