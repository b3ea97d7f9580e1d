"""Commands for whoever runs the service: daemon, dispatch, migrate, backup."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Annotated

import typer

from reminders.cli.answers import answering, opened, start_logs
from reminders.cli.options import Json, cli
from reminders.cli.printing import print_json, say
from reminders.store import schema
from reminders.store.backup import backup
from reminders.wiring import open_work, require_harmless


@cli.command()
def daemon(context: typer.Context) -> None:
    """Send what falls due, until stopped."""
    # APScheduler takes a moment to import, and no other command needs it.
    from reminders.daemon import run_daemon

    with answering():
        start_logs("INFO")
    with opened(context) as app:
        require_harmless(app)
        stopping = threading.Event()
        code = run_daemon(open_work(app, stopping.is_set), app.config.dispatch, stopping)
    raise typer.Exit(code)


@cli.command()
def dispatch(context: typer.Context, as_json: Json = False) -> None:
    """Send what is due now, once, and exit: for cron."""
    from reminders.dispatching import dispatch_pass

    with opened(context) as app:
        require_harmless(app)
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
