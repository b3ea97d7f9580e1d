"""Commands about booked visits: book, move, unbook."""

from __future__ import annotations

import typer

from reminders.casework.sessions import book_session, move_session, unbook_session
from reminders.cli.answers import changing
from reminders.cli.options import Json, PatientId, SessionId, StartsAt, Treatment, cli
from reminders.cli.plans import PlanView, print_plan, view_plan
from reminders.cli.printing import print_json, say


@cli.command()
def book(
    context: typer.Context, patient: PatientId, treatment: Treatment, starts_at: StartsAt, as_json: Json = False
) -> None:
    """Book the next session."""
    with changing(context) as (app, tx):
        booked = book_session(tx, app.config.clinic, patient, treatment, starts_at, app.clock())
        shown = view_plan(app, tx, patient)
    _print_booked(booked.session_id, shown, as_json=as_json)


@cli.command()
def move(context: typer.Context, session: SessionId, starts_at: StartsAt, as_json: Json = False) -> None:
    """Move a booked session."""
    with changing(context) as (app, tx):
        booked = move_session(tx, app.config.clinic, session, starts_at, app.clock())
        shown = view_plan(app, tx, booked.replanned.case.patient_id)
    _print_booked(booked.session_id, shown, as_json=as_json)


def _print_booked(session_id: int, shown: PlanView, *, as_json: bool) -> None:
    if as_json:
        print_json([{"session": session_id, "patient": shown.patient_id}])
    else:
        say(f"Session {session_id} of patient {shown.patient_id} is booked.")
        print_plan(shown, as_json=False)


@cli.command()
def unbook(context: typer.Context, session: SessionId, as_json: Json = False) -> None:
    """Take a booking back."""
    with changing(context) as (app, tx):
        replanned = unbook_session(tx, app.config.clinic, session, app.clock())
        shown = view_plan(app, tx, replanned.case.patient_id)
    print_plan(shown, as_json=as_json)
