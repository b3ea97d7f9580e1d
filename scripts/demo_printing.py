"""What the demo prints, readable at 80 columns and without colours."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from itertools import groupby

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from reminders.describing import list_timed_figures, say_figure, say_source
from reminders.model import CLOSED, Channel, Reason, Status
from reminders.overview import Line
from reminders.rules import Clinic, Rule

_WHY = {
    Reason.QUIET_HOURS: "quiet hours",
    Reason.SESSION_BOOKED: "the next visit is booked",
}
"""In plain words; any other reason is shown as it is."""


def say(console: Console, sentence: str) -> None:
    console.print(Padding(Text(sentence), (0, 0, 0, 2)))


def print_plan(console: Console, lines: Iterable[Line], clinic: Clinic, treatment: str) -> None:
    """Of each rule: when its messages leave, what is withheld, and where each figure stands."""
    lines = list(lines)
    table = _open_table("reminder", "when, and where each figure stands")
    for rule in clinic.treatments[treatment].rules:
        of_rule = [line for line in lines if line.rule == rule.id]
        if of_rule:
            table.add_row(Text(rule.id, style="bold"), _describe_rule(rule, of_rule, clinic))
    console.print(Padding(table, (1, 0, 0, 2)))


def _describe_rule(rule: Rule, lines: list[Line], clinic: Clinic) -> Text:
    text = Text(_say_due(line for line in lines if line.status == Status.SCHEDULED), style="green")
    for reason, withheld in _by_reason(line for line in lines if line.status != Status.SCHEDULED):
        text.append(f"\nnot sent, {reason}: {_say_due(withheld)}", style="yellow")
    for source, said in _figures_by_source(rule, clinic).items():
        text.append(f"\n{source}: {', '.join(said)}", style="default")
    return text


def _figures_by_source(rule: Rule, clinic: Clinic) -> Mapping[str, list[str]]:
    figures: dict[str, list[str]] = {}
    for key, figure in list_timed_figures(rule, clinic.treatments[rule.treatment]):
        figures.setdefault(say_source(figure), []).append(f"{key.replace('_', ' ')} {say_figure(figure)}")
    return figures


def print_message(console: Console, message: Mapping[str, object], head: str, *, with_body: bool) -> None:
    how = "text" if message["channel"] == Channel.SMS else "email"
    console.print(Text.assemble("  ", (f"{how:<5}", "green"), "  ", head))
    if with_body:
        console.print(Padding(Text(str(message["body"]).strip(), style="italic"), (0, 2, 0, 9)))


def print_summary(
    console: Console, lines: Iterable[Line], messages: list[dict[str, object]], tasks: list[dict[str, object]]
) -> None:
    """What went out, what did not and why, and what the desk must do."""
    lines = list(lines)
    left = sum(line.status == Status.SENT for line in lines)
    say(console, f"{left} reminders went out, in {len(messages)} messages.")
    table = _open_table("not sent", "when, and why")
    for rule, of_rule in groupby(lines, key=lambda line: line.rule):
        for reason, closed in _by_reason(line for line in of_rule if line.status in {*CLOSED, Status.WITHHELD}):
            table.add_row(Text(rule, style="bold"), Text(f"{_say_due(closed)} ({reason})"))
    console.print(Padding(table, (1, 0, 1, 2)))
    for task in tasks:
        console.print(Padding(Text.assemble(("For the desk: ", "bold"), str(task["text"])), (0, 0, 0, 2)))


def _open_table(*columns: str) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="default")
    for column in columns:
        table.add_column(column)
    return table


def _by_reason(lines: Iterable[Line]) -> Iterator[tuple[str, list[Line]]]:
    for reason, each in groupby(sorted(lines, key=lambda line: line.reason or ""), key=lambda line: line.reason):
        yield _say_reason(reason), list(each)


def _say_reason(reason: str | None) -> str:
    return _WHY.get(Reason(reason), reason.replace("_", " ")) if reason else "closed"


def _say_due(lines: Iterable[Line]) -> str:
    """The times, each day named once: '3 Mar 15:00, 18:00 · 4 Mar 09:00'."""
    due = [datetime.fromisoformat(line.due_local) for line in lines]
    return " · ".join(
        f"{day.day} {day:%b} " + ", ".join(f"{each:%H:%M}" for each in times)
        for day, times in groupby(due, key=lambda each: each.date())
    )
