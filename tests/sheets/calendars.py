"""Calendars as people write them: one row for each text, and for each thing that the desk is asked to do."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path

from reminders.config import load_config
from reminders.model import Audience
from reminders.simulation import Item, Rehearsal, read_scenario, rehearse
from reminders.simulation.items import SEND, TASK
from tests.clinic import ROOT

SHEETS = Path(__file__).parent
_COLUMNS = 5

Row = tuple[str, ...]
"""Day, time, patient, by what, and what: ('Mon 2026-03-30', '10:00', 'ana', 'sms', 'iron 1 (may) + food 1 (may)')."""


def read_calendar(sheet: str) -> list[Row]:
    """The rows of a sheet's `calendar.txt`; what follows a # says why."""
    lines = (SHEETS / sheet / "calendar.txt").read_text("utf-8").splitlines()
    kept = [line.partition("#")[0].split() for line in lines]
    _, *rows = [words for words in kept if words]
    return [(f"{words[0]} {words[1]}", *words[2:_COLUMNS], " ".join(words[_COLUMNS:])) for words in rows]


def play_sheet(sheet: str, folder: Path) -> Rehearsal:
    """A sheet's scenario, with its own texts and the shipped layout around them."""
    clinic = copy_sheet(sheet, folder)
    return rehearse(read_scenario(clinic / "scenario.toml", lambda named: load_config(named or clinic, {})))


def copy_sheet(sheet: str, folder: Path) -> Path:
    clinic = folder / sheet
    shutil.copytree(SHEETS / sheet, clinic)
    copy_layout(clinic / "templates" / "messages")
    return clinic


def copy_layout(messages: Path) -> None:
    """The texts that belong to no rule of a clinic."""
    for shared in (ROOT / "templates" / "messages").iterdir():
        if shared.name.startswith("_") or shared.name == "correction":
            shutil.copytree(shared, messages / shared.name)


def show_calendar(items: Iterable[Item]) -> list[Row]:
    """The same rows, of a rehearsal: what left, and what the desk was asked."""
    shown = [item for item in items if item.is_shown]
    return [_show_together(list(same)) for _, same in groupby(shown, key=_together)]


def show_unsent(items: Iterable[Item]) -> list[Row]:
    """A row for each reminder that did not leave, with the reason."""
    return [_row(item, "unsent", f"{_name(item)}: {item.reason}") for item in items if not item.is_shown]


def _together(item: Item) -> tuple[object, ...]:
    return (item.at, item.message) if item.kind == SEND else (item.at, item.kind, item.rule, item.order)


def _show_together(items: list[Item]) -> Row:
    return _row(items[0], _by(items[0]), " + ".join(map(_name, items)))


def _row(item: Item, by: str, what: str) -> Row:
    return f"{item.local:%a %Y-%m-%d}", f"{item.local:%H:%M}", item.patient or "-", by, what


def _by(item: Item) -> str:
    if item.kind == TASK:
        return "desk"
    return "staff" if item.audience == Audience.STAFF else item.channel or "-"


def _name(item: Item) -> str:
    return " ".join(_words(item))


def _words(item: Item) -> Iterator[str]:
    """Such as 'drop 3 (right)'; a task is not counted."""
    yield item.rule
    if item.occurrence is not None:
        yield str(item.occurrence)
    if anchor := item.procedure or item.session:
        yield f"({anchor})"
