"""Commands that serve the front desk: serve, web."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer
from sqlalchemy import select

from reminders.accounts.users import FIRST_ADMIN, invite_first_admin
from reminders.cli.answers import config_path, opened, start_logs
from reminders.cli.options import cli
from reminders.cli.printing import say
from reminders.cli.seeding import fill
from reminders.config.secret_key import load_secret_key
from reminders.store.engine import reading, writing
from reminders.tables import PatientRow, UserRow
from reminders.wiring import App, require_harmless, require_outbox, uses_outbox

Host = Annotated[str, typer.Option(help="The address to listen on.")]
Port = Annotated[int, typer.Option(min=1, max=65535, help="The port to listen on.")]

LOOPBACK = "127.0.0.1"
PORT = 8000


@cli.command()
def serve(
    context: typer.Context,
    host: Host = LOOPBACK,
    port: Port = PORT,
    demo: Annotated[
        bool | None,
        typer.Option("--demo/--no-demo", help="Fill an empty database with an invented clinic."),
    ] = None,
) -> None:
    """Serve the front desk and send what falls due, in one process, until stopped."""
    from reminders.web import Address, require_safe, serve_all

    address = Address(host=host, port=port)
    with opened(context) as app:
        # Who sits at a terminal wants to see where the desk is, and not each tick; a supervisor keeps the log.
        start_logs("WARNING" if sys.stderr.isatty() else "INFO")
        require_safe(app.config, address)
        key = load_secret_key(app.config, os.environ)
        if demo or (demo is None and _asks_for_demo(app)):
            _fill_empty(app)
        require_harmless(app)
        base = app.config.web.public_url or address.url
        code = serve_all(app, key, address, on_start=lambda: _announce(app, base))
    raise typer.Exit(code)


def _asks_for_demo(app: App) -> bool:
    """Once: at the very first start, with somebody there to answer, and where nothing can really leave."""
    with reading(app.engine) as tx:
        is_new = all(tx.scalar(select(row.id).limit(1)) is None for row in (PatientRow, UserRow))
    if not (is_new and sys.stdin.isatty() and sys.stdout.isatty() and uses_outbox(app.config)):
        return False
    return typer.confirm("The database is empty. Fill it with an invented clinic to look around?")


def _fill_empty(app: App) -> None:
    """Only where nobody's data can be mixed with invented ones."""
    require_outbox(app.config)
    with reading(app.engine) as tx:
        is_empty = tx.scalar(select(PatientRow.id).limit(1)) is None
    if is_empty:
        say(f"{fill(app)} invented patients are in the database.")
    else:
        say("The database holds patients already: the demonstration clinic is not added.")


def _announce(app: App, base: str) -> None:
    """The last that is said, so that it stands there to be read."""
    with writing(app.engine) as tx:
        token = invite_first_admin(tx, app.clock())
    say(f"\nThe front desk is at    {base}")
    if token is not None:
        say(f"Nobody can sign in yet. Choose the password of {FIRST_ADMIN!r} here, within a day:")
        say(f"    {base}/setup/{token}")
    say("To stop it, press Ctrl+C.")


@cli.command()
def web(
    context: typer.Context,
    host: Host = LOOPBACK,
    port: Port = PORT,
    workers: Annotated[int, typer.Option(min=1, help="How many processes.")] = 1,
) -> None:
    """Serve the front desk alone; a daemon elsewhere sends what falls due."""
    from reminders.web import Address, require_safe, serve_web

    with opened(context) as app:
        start_logs("INFO")
        address = Address(host=host, port=port)
        require_safe(app.config, address)
        # Found out here, not by each worker anew.
        load_secret_key(app.config, os.environ)
        config = app.config
    serve_web(config_path(context), config, address, workers)
