"""`reminders seed-demo`: an invented clinic in an empty database, to look at the pages with."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress

from reminders.cli.answers import opened
from reminders.cli.options import Json, cli
from reminders.cli.printing import print_json, say


@cli.command("seed-demo")
def seed(
    context: typer.Context,
    patients: Annotated[int, typer.Option(min=0, max=200_000, help="As many in all; at least the dozen.")] = 0,
    as_json: Json = False,
) -> None:
    """Fill an empty database with an invented clinic."""
    # It needs the rehearsal's parts, which no other command of the desk does.
    from reminders.seeding import seed_demo

    bar = Console(stderr=True)
    with opened(context) as app, Progress(console=bar, disable=not bar.is_terminal, transient=True) as shown:
        task = shown.add_task("Inventing patients", total=None)
        count = seed_demo(
            app.engine,
            app.config,
            app.clock(),
            patients,
            progress=lambda done, total: shown.update(task, completed=done, total=total),
        )
    if as_json:
        print_json([{"patients": count}])
    else:
        say(f"{count} invented patients are in the database.")
