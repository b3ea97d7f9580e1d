"""`reminders seed-demo`: an invented clinic in an empty database, to look at the pages with."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress

from reminders.cli.answers import opened
from reminders.cli.options import Json, cli
from reminders.cli.printing import print_json, say
from reminders.wiring import App


@cli.command("seed-demo")
def seed(
    context: typer.Context,
    patients: Annotated[int, typer.Option(min=0, max=200_000, help="As many in all; at least the dozen.")] = 0,
    as_json: Json = False,
) -> None:
    """Fill an empty database with an invented clinic."""
    with opened(context) as app:
        count = fill(app, patients)
    if as_json:
        print_json([{"patients": count}])
    else:
        say(f"{count} invented patients are in the database.")


def fill(app: App, patients: int = 0) -> int:
    """Seed, with a bar where somebody watches; returns how many patients there are."""
    # It needs the rehearsal's parts, which no other command of the desk does.
    from reminders.seeding import seed_demo

    bar = Console(stderr=True)
    with Progress(console=bar, disable=not bar.is_terminal, transient=True) as shown:
        task = shown.add_task("Inventing patients", total=None)
        return seed_demo(
            app.engine,
            app.config,
            app.clock(),
            patients,
            progress=lambda done, total: shown.update(task, completed=done, total=total),
        )
