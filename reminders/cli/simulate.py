"""`reminders simulate`: rehearse a history on a clock that is set, before a patient sees what would come of it."""

from __future__ import annotations

import os
from itertools import groupby
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from reminders.cli.answers import WRONG, answering, config_path, errors, start_logs
from reminders.cli.options import Json, cli
from reminders.cli.printing import console, print_json
from reminders.config import Config, load_config
from reminders.simulation import Item, Rehearsal, ScenarioFaults, read_scenario, rehearse
from reminders.simulation.items import SEND, TASK

_COLOURS = {SEND: "green", TASK: "yellow"}


@cli.command()
def simulate(
    context: typer.Context,
    scenario: Annotated[Path, typer.Argument(metavar="SCENARIO.toml", help="What happens, and when.")],
    as_json: Json = False,
    show_all: Annotated[bool, typer.Option("--all", help="Also what does not leave, and why.")] = False,
) -> None:
    """Rehearse a history: what would leave, when, and what the desk would be asked. Nothing is sent or kept."""
    with answering():
        # What fails in a rehearsal is shown in it, and is no news for a log.
        start_logs("CRITICAL")
        rehearsal = _rehearse(context, scenario)
        items = [item for item in rehearsal.items if show_all or item.is_shown]
        if as_json:
            print_json(item.as_json() for item in items)
        else:
            print_calendars(rehearsal, items)


def _rehearse(context: typer.Context, path: Path) -> Rehearsal:
    def load(named: Path | None) -> Config:
        return load_config(named or config_path(context), os.environ)

    try:
        return rehearse(read_scenario(path, load))
    except ScenarioFaults as faults:
        lines = "\n".join(f"  {fault}" for fault in faults.faults)
        errors.print(f"The scenario is not right yet:\n{lines}", markup=False)
        raise typer.Exit(WRONG) from None


# ---- for people ------------------------------------------------------------------------------------------------


def print_calendars(rehearsal: Rehearsal, items: list[Item]) -> None:
    """A calendar for each patient, and what concerns none of them."""
    for patient in rehearsal.scenario.patients:
        own = [item for item in items if item.patient == patient.id]
        zone = patient.time_zone or rehearsal.scenario.config.clinic.time_zone.key
        _print_calendar(f"{patient.name or patient.id} ({patient.id}), {zone}", own)
    if others := [item for item in items if item.patient is None]:
        _print_calendar("The front desk", others)


def _print_calendar(title: str, items: list[Item]) -> None:
    if not items:
        console.print(f"{title}: nothing.", markup=False)
        return
    table = Table(title=Text(title), title_justify="left", show_lines=True)
    for column in ("day", "time", "what", "by"):
        table.add_column(column, no_wrap=True)
    table.add_column("text, or why not", ratio=1)
    day = None
    for _, same in groupby(items, key=_together):
        rows = list(same)
        table.add_row(*_cells(rows, is_new_day=rows[0].local.date() != day))
        day = rows[0].local.date()
    console.print(table)


def _together(item: Item) -> tuple[object, ...]:
    """What leaves in one text stands in one row."""
    return (item.message, item.at) if item.kind == SEND else (item.kind, item.rule, item.occurrence, item.at, item.body)


def _cells(items: list[Item], *, is_new_day: bool) -> list[Text]:
    first = items[0]
    local = first.local
    what = "\n".join(item.rule if item.occurrence is None else f"{item.rule} {item.occurrence}" for item in items)
    return [
        Text(f"{local:%a} {local.day} {local:%b %Y}" if is_new_day else ""),
        Text(f"{local:%H:%M}"),
        Text(what, style=_COLOURS.get(first.kind, "dim")),
        Text("desk" if first.kind == TASK else first.channel or ""),
        Text(first.body or "") if first.is_shown else Text(_say_why_not(first), style="dim"),
    ]


def _say_why_not(item: Item) -> str:
    kind, reason = item.kind.replace("_", " "), (item.reason or "").replace("_", " ")
    return f"{kind}: {reason}" if reason and reason != kind else kind
