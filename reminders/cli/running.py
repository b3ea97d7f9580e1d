"""Commands for whoever runs the service: replan, daemon, dispatch, migrate, backup."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Annotated

import typer

from reminders.cli.answers import answering, opened, start_logs
from reminders.cli.options import Json, cli
from reminders.cli.printing import print_json, say
from reminders.replanning import count_changes, list_patient_ids, replan_patient
from reminders.store import schema
from reminders.store.backup import backup
from reminders.store.engine import reading, writing
from reminders.wiring import App, open_work


@cli.command()
def replan(
    context: typer.Context,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Count the changes and make none.")] = False,
    as_json: Json = False,
) -> None:
    """Plan every patient again, after a rule was edited."""
    with opened(context) as app:
        with reading(app.engine) as tx:
            patient_ids = list_patient_ids(tx)
        changed = sum(_replan_one(app, patient_id, is_dry_run=dry_run) for patient_id in patient_ids)
    if as_json:
        print_json([{"patients": len(patient_ids), "changes": changed, "dry_run": dry_run}])
    else:
        verb = "would change" if dry_run else "changed"
        say(f"{changed} reminders of {len(patient_ids)} patients {verb}.")


def _replan_one(app: App, patient_id: int, *, is_dry_run: bool) -> int:
    # One transaction a patient: the whole can be stopped and run again.
    with writing(app.engine) as tx:
        changed = count_changes(replan_patient(tx, app.config.clinic, patient_id, app.clock()))
        if is_dry_run:
            tx.rollback()
    return changed


@cli.command()
def daemon(context: typer.Context) -> None:
    """Send what falls due, until stopped."""
    # APScheduler takes a moment to import, and no other command needs it.
    from reminders.daemon import run_daemon

    with answering():
        start_logs("INFO")
    with opened(context) as app:
        stopping = threading.Event()
        code = run_daemon(open_work(app, stopping.is_set), app.config.dispatch, stopping)
    raise typer.Exit(code)


@cli.command()
def dispatch(context: typer.Context, as_json: Json = False) -> None:
    """Send what is due now, once, and exit: for cron."""
    from reminders.dispatching import dispatch_pass

    with opened(context) as app:
        report = dispatch_pass(open_work(app))
    if as_json:
        print_json([{"handed_over": report.handed_over, "settled": report.settled, "notices": report.notices}])
    else:
        say(f"{report.handed_over} messages handed over.")


@cli.command()
def migrate(context: typer.Context) -> None:
    """Bring the database to this release's schema."""
    with opened(context, is_prepared=False) as app:
        schema.migrate(app.engine)
    say("The database is up to date.")


@cli.command("backup")
def back_up(context: typer.Context, file: Annotated[Path, typer.Argument(metavar="FILE")]) -> None:
    """Copy the database to a new file, while the daemon runs."""
    # As it is: a backup is what one wants before the schema changes.
    with opened(context, is_prepared=False) as app:
        backup(app.engine, file)
    say(f"The backup is in {file}. It holds patients' data: keep it safe.")
