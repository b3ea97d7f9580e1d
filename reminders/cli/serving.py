"""Commands that serve the front desk: serve, web."""

from __future__ import annotations

import os
from importlib import import_module
from importlib.util import find_spec
from typing import Annotated

import typer
from sqlalchemy import select

from reminders.accounts.users import FIRST_ADMIN, invite_first_admin
from reminders.cli.answers import config_path, opened, start_logs
from reminders.cli.options import cli
from reminders.cli.printing import say
from reminders.config.secret_key import load_secret_key
from reminders.model import InputRefusal
from reminders.store.engine import reading, writing
from reminders.tables import PatientRow
from reminders.wiring import App

Host = Annotated[str, typer.Option(help="The address to listen on.")]
Port = Annotated[int, typer.Option(min=1, max=65535, help="The port to listen on.")]

LOOPBACK = "127.0.0.1"
PORT = 8000

_SEEDING = "reminders.seeding"
"""By its name: it comes with the demonstration clinic."""


@cli.command()
def serve(
    context: typer.Context,
    host: Host = LOOPBACK,
    port: Port = PORT,
    demo: Annotated[bool, typer.Option("--demo", help="Fill an empty database with an invented clinic.")] = False,
) -> None:
    """Serve the front desk and send what falls due, in one process, until stopped."""
    from reminders.web import Address, require_safe, serve_all

    address = Address(host=host, port=port)
    with opened(context) as app:
        start_logs("INFO")
        require_safe(app.config, address)
        key = load_secret_key(app.config, os.environ)
        if demo:
            _seed_demo(app)
        base = app.config.web.public_url or address.url
        say(f"The front desk is at {base}")
        _invite(app, base)
        code = serve_all(app, key, address)
    raise typer.Exit(code)


def _seed_demo(app: App) -> None:
    """Only where nobody's data can be mixed with invented ones."""
    if find_spec(_SEEDING) is None:
        raise InputRefusal("This release has no demonstration clinic: leave --demo out.")
    with reading(app.engine) as tx:
        is_empty = tx.scalar(select(PatientRow.id).limit(1)) is None
    if is_empty:
        import_module(_SEEDING).seed_demo(app.engine, app.config, app.clock())
    else:
        say("The database holds patients already: the demonstration clinic is not added.")


def _invite(app: App, base: str) -> None:
    """At the first start nobody can sign in yet."""
    with writing(app.engine) as tx:
        token = invite_first_admin(tx, app.clock())
    if token is not None:
        say(f"Nobody can sign in yet. Choose the password of {FIRST_ADMIN!r} here, within a day: {base}/setup/{token}")


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
