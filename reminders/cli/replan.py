"""`reminders replan`: what an edit of the rules does to everything unsent, shown first and then done."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import track
from rich.table import Table

from reminders.cli.answers import REFUSED, errors, opened
from reminders.cli.options import Json, cli
from reminders.cli.printing import console, print_json, say
from reminders.config import load_config
from reminders.model import InputRefusal
from reminders.rule_changes import Effect, list_everyone, replan_one
from reminders.rules import Clinic
from reminders.wiring import App, open_app


@cli.command()
def replan(
    context: typer.Context,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would change, and change nothing.")] = False,
    new_rules: Annotated[
        Path | None, typer.Option("--with", metavar="NEW.toml", help="The rules of another file; with --dry-run.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Plan every patient again, after a rule was edited."""
    with opened(context) as app:
        clinic = _choose_rules(app, new_rules, is_dry_run=dry_run)
        patient_ids = list_everyone(app.engine)
        effects: dict[int, Effect] = {}
        try:
            for patient_id in _with_progress(patient_ids):
                effects[patient_id] = replan_one(app.engine, clinic, patient_id, app.clock(), is_dry_run=dry_run)
        except KeyboardInterrupt:
            # Each patient is a transaction of its own: what is done stays done.
            errors.print(f"Stopped after {len(effects)} of {len(patient_ids)} patients: run it again for the others.")
            raise typer.Exit(REFUSED) from None
    if as_json:
        print_json(_list_json(effects, is_dry_run=dry_run))
    else:
        _print_effects(effects, is_dry_run=dry_run)


def _choose_rules(app: App, new_rules: Path | None, *, is_dry_run: bool) -> Clinic:
    if new_rules is None:
        return app.config.clinic
    if not is_dry_run:
        raise InputRefusal(
            "A file is only tried with --with: add --dry-run. To use it, put it in place of the clinic's own, "
            "restart the service and run `reminders replan`."
        )
    config = load_config(new_rules, os.environ)
    # With the texts that it will find once it stands in place of the clinic's own, unless it brings others.
    if not (new_rules.absolute().parent / "templates").is_dir():
        config = replace(config, templates_dir=app.config.templates_dir)
    open_app(config).close()  # refuses a rule without texts, as the start would
    return config.clinic


def _with_progress(patient_ids: Sequence[int]) -> Iterator[int]:
    bar = Console(stderr=True)
    yield from track(patient_ids, description="Replanning", console=bar, disable=not bar.is_terminal, transient=True)


def _list_json(effects: dict[int, Effect], *, is_dry_run: bool) -> Iterator[dict[str, object]]:
    for patient_id, effect in effects.items():
        yield {"patient": patient_id, **effect.as_json()}
    total = sum(effects.values(), Effect())
    yield {"patients": len(effects), "changes": total.changes, "dry_run": is_dry_run, **total.as_json()}


_COLUMNS = ("kept", "moved", "cancelled", "added", "noted", "already_sent")


def _print_effects(effects: dict[int, Effect], *, is_dry_run: bool) -> None:
    """A row for each patient with a change, and the total of all."""
    changed = {patient_id: effect for patient_id, effect in effects.items() if effect.changes}
    total = sum(effects.values(), Effect())
    if changed:
        table = Table(title="What would change" if is_dry_run else "What changed", title_justify="left")
        for column in ("patient", *(name.replace("_", " ") for name in _COLUMNS)):
            table.add_column(column, justify="right")
        for patient_id, effect in changed.items():
            table.add_row(str(patient_id), *_numbers(effect))
        table.add_section()
        table.add_row("all", *_numbers(total))
        console.print(table)
    verb = "would change" if is_dry_run else "changed"
    say(f"{total.changes} reminders of {len(effects)} patients {verb}.")


def _numbers(effect: Effect) -> list[str]:
    numbers = effect.as_json()
    return [str(numbers[name]) for name in _COLUMNS]
