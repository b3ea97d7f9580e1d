"""Tables for people, one JSON object a line for scripts."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping
from datetime import datetime

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from reminders.forecasting import say_sources
from reminders.model import Status
from reminders.overview import PlanLine
from reminders.rules import Clinic

console = Console(highlight=False, width=None if sys.stdout.isatty() else 120)
"""In a pipe there is no window to fit: wide enough to read in a log or an issue."""

_COLOURS = {
    Status.SCHEDULED: "cyan",
    Status.SENT: "green",
    Status.ACCEPTED: "green",
    Status.DELIVERED: "green",
    Status.FAILED: "red",
    Status.UNDELIVERED: "red",
    Status.IN_DOUBT: "yellow",
}


def say(sentence: str) -> None:
    """One sentence on one line, as it is."""
    console.print(sentence, markup=False, soft_wrap=True)


def print_json(lines: Iterable[Mapping[str, object]]) -> None:
    for line in lines:
        typer.echo(json.dumps(line, ensure_ascii=False))


def print_lines(lines: list[PlanLine], *, as_json: bool, clinic: Clinic, title: str) -> None:
    if as_json:
        print_json(each.line.as_json() for each in lines)
        return
    if not lines:
        say(f"{title}: nothing.")
        return
    table = Table(title=title, title_justify="left", show_lines=True)
    for column in ("due", "reminder", "by", "status"):
        table.add_column(column, no_wrap=True)
    table.add_column("text, and the source of its timing", ratio=1)
    for each in lines:
        table.add_row(*_cells(each, clinic))
    console.print(table)


def _cells(each: PlanLine, clinic: Clinic) -> list[Text]:
    line = each.line
    due = say_time(datetime.fromisoformat(line.due_local))
    if each.leaves_local:
        due += f"\nleaves {say_time(each.leaves_local)}"
    status = Text(line.status, style=_COLOURS.get(Status(line.status), "dim"))
    if line.reason:
        status.append(f"\n{line.reason.replace('_', ' ')}", style="dim")
    for who in dict.fromkeys(override.decided_by for override in each.overrides):
        status.append(f"\nset by {who}", style="bold")
    text = Text(line.body or "")
    if sources := say_sources(clinic, line.treatment, line.rule, each.overrides):
        text.append(("\n" if line.body else "") + "; ".join(sources), style="dim")
    return [Text(due), Text(f"{line.rule} {line.occurrence}"), Text(line.channel), status, text]


def say_time(local: datetime) -> str:
    """Such as 'Tue 24 Mar 2026 14:30'."""
    return f"{say_date(local)} {local:%H:%M}"


def say_date(local: datetime) -> str:
    return f"{local:%a} {local.day} {local:%b %Y}"


def print_tasks(tasks: list[dict[str, object]], *, as_json: bool) -> None:
    if as_json:
        print_json(tasks)
        return
    if not tasks:
        say("Nothing to do.")
        return
    table = Table(title="Tasks", title_justify="left")
    for column in ("no.", "task", "patient", "since", "what to do"):
        table.add_column(column, overflow="fold")
    for task in tasks:
        table.add_row(
            str(task["id"]), str(task["rule"]), str(task["patient"] or ""), str(task["due_at"]), str(task["text"])
        )
    console.print(table)


def print_outbox(messages: list[dict[str, object]], *, as_json: bool) -> None:
    if as_json:
        print_json(messages)
        return
    if not messages:
        say("The outbox is empty.")
    for message in messages:
        console.rule(f"{message['sent_at']} · {message['channel']} to {message['to']}", align="left")
        if message["subject"]:
            say(f"Subject: {message['subject']}")
        say(str(message["body"]))


def print_status(found: Mapping[str, object], *, as_json: bool) -> None:
    if as_json:
        print_json([found])
    for key, value in () if as_json else found.items():
        say(f"{key.replace('_', ' ')}: {_say_state(value)}")


def _say_state(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "no daemon yet" if value is None else str(value)
