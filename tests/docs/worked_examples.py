"""Reads the worked examples of a page, and plays them: a block of TOML, and tables of what must come of it."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any

from reminders.config import Config, load_config
from reminders.model import Audience, Channel
from reminders.simulation import Item, rehearse
from reminders.simulation.items import SEND, TASK
from reminders.simulation.scenario import build_scenario
from tests.sheets.calendars import copy_layout

_HEADER = "| when | the desk | what goes out |"
_WATCHED = timedelta(days=400)
"""How long after its last row a table must be right that nothing else happens."""

Row = tuple[str, str, str]
"""When, what the desk does or is asked, what goes out: as the page has it."""


@dataclass(frozen=True, kw_only=True)
class Example:
    line: int
    """Of the table."""
    heading: str
    toml: str
    rows: tuple[Row, ...]

    @property
    def asked_or_sent(self) -> list[Row]:
        return [row for row in self.rows if not _is_deed(row) and not _is_unsent(row)]

    @property
    def unsent(self) -> list[Row]:
        return [row for row in self.rows if _is_unsent(row)]

    @property
    def deeds(self) -> list[Row]:
        return [row for row in self.rows if _is_deed(row)]


@dataclass(kw_only=True)
class Page:
    blocks: list[str] = field(default_factory=list)
    """Every block of TOML."""
    examples: list[Example] = field(default_factory=list)
    """Each table with the block above it."""

    @property
    def clinic(self) -> str:
        """The first block: the clinic that all examples are of."""
        return self.blocks[0]


def _is_deed(row: Row) -> bool:
    return bool(row[1]) and not row[1].startswith("is asked: ")


def _is_unsent(row: Row) -> bool:
    return row[2].startswith("not ")


# ---- reading -----------------------------------------------------------------------------------------------------


def read_page(path: Path) -> Page:
    page, heading, toml = Page(), "", ""
    lines = path.read_text("utf-8").splitlines()
    for number, line in enumerate(lines):
        if line.startswith("## "):
            heading = line.removeprefix("## ")
        elif line == "```toml":
            toml = "\n".join(_until(lines[number + 1 :], lambda each: each == "```"))
            page.blocks.append(toml)
        elif line == _HEADER:
            rows = _until(lines[number + 2 :], lambda each: not each.startswith("|"))
            page.examples.append(Example(line=number + 1, heading=heading, toml=toml, rows=tuple(map(_read_row, rows))))
    return page


def _until(lines: Sequence[str], is_end: Callable[[str], bool]) -> list[str]:
    end = next((number for number, line in enumerate(lines) if is_end(line)), len(lines))
    return list(lines[:end])


def _read_row(line: str) -> Row:
    when, desk, out = (cell.strip() for cell in line.strip("|").split("|"))
    return when, desk, out


def read_time(text: str) -> datetime:
    """'Tue 10 Mar 2026, 14:30', with the right day of the week."""
    when = datetime.strptime(text, "%a %d %b %Y, %H:%M")  # noqa: DTZ007
    assert say_time(when) == text, f"{text} is a {when:%A}"
    return when


def say_time(when: datetime) -> str:
    return f"{when:%a} {when.day} {when:%b %Y, %H:%M}"


# ---- playing -----------------------------------------------------------------------------------------------------


def play(page: Page, example: Example, folder: Path) -> list[Item]:
    """What comes of an example, in a clinic's folder of its own."""
    scenario = build_scenario(_build_scenario(example), load_block(page, example.toml, folder))
    return list(rehearse(scenario).items)


def load_block(page: Page, toml: str, folder: Path) -> Config:
    """The configuration that a block is part of."""
    config = merge(tomllib.loads(page.clinic), tomllib.loads(toml))
    (folder / "config.toml").write_text(write_toml(config), "utf-8")
    _write_texts(config, folder / "templates" / "messages")
    return load_config(folder / "config.toml", {})


def merge(base: Mapping[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    """Both tables as one; what stands in the second wins."""
    both = {
        key: merge(base[key], value) if isinstance(value, Mapping) and key in base else value
        for key, value in more.items()
    }
    return {**base, **both}


def write_toml(table: Mapping[str, Any]) -> str:
    return "".join(f"{json.dumps(key)} = {_write_value(value)}\n" for key, value in table.items())


def _write_value(value: Any) -> str:
    if isinstance(value, Mapping):
        pairs = (f"{json.dumps(key)} = {_write_value(each)}" for key, each in value.items())
        return f"{{ {', '.join(pairs)} }}"
    if isinstance(value, list):
        return f"[{', '.join(map(_write_value, value))}]"
    return value.isoformat() if isinstance(value, datetime) else json.dumps(value)


def _write_texts(config: Mapping[str, Any], messages: Path) -> None:
    """An example is about when a text leaves; what it says is the same for all."""
    for treatment in config["treatments"].values():
        for rule in treatment.get("rules", {}):
            (messages / rule).mkdir(parents=True, exist_ok=True)
            for name in ("sms.txt", "email.txt", "subject.txt"):
                (messages / rule / name).write_text(f"A note of ours: {rule}.", "utf-8")
    messages.mkdir(parents=True, exist_ok=True)
    copy_layout(messages)


def _build_scenario(example: Example) -> dict[str, Any]:
    ana = {"id": "ana", "phone": "+16175550143", "email": "ana@example.org", "consent": ["sms", "email"]}
    last = max(read_time(when) for when, _, _ in example.rows)
    return {
        "until": (last + _WATCHED).isoformat(),
        "patients": [ana],
        "events": list(_build_events(example)),
    }


def _build_events(example: Example) -> Iterator[dict[str, Any]]:
    recorded = booked = 0
    for when, deed, _ in example.deeds:
        at = read_time(when).isoformat()
        event = read_deed(deed)
        recorded += event["do"] == "record_procedure"
        booked += event["do"] == "book_session"
        yield {"at": at, **_fill_in(event["do"], at, f"procedure-{recorded}", f"session-{booked}"), **event}


def _fill_in(do: str, at: str, procedure: str, session: str) -> dict[str, str]:
    """What a deed leaves unsaid: it is Ana's, happens there and then, and speaks of the latest visit."""
    match do:
        case "record_procedure":
            return {"id": procedure, "patient": "ana", "performed_at": at}
        case "book_session":
            return {"id": session, "patient": "ana"}
        case "move_session":
            return {"session": session}
        case "opt_out":
            return {"patient": "ana"}
        case _:
            return {"procedure": procedure}


_ID = r"[\w-]+"
_TIME = r"\w{3} \d+ \w{3} \d{4}, \d\d:\d\d"
_DEEDS = {
    "record_procedure": rf"records `(?P<treatment>{_ID})`(?: of (?P<performed_at>{_TIME}))?"
    r"(?: \((?P<attributes>.+)\))?",
    "book_session": rf"books `(?P<treatment>{_ID})` for (?P<starts_at>{_TIME})",
    "move_session": rf"moves the visit to (?P<starts_at>{_TIME})",
    "event": rf"notes `(?P<name>{_ID})`",
    "answer": rf"notes the answer `(?P<question>{_ID})`: `(?P<answer>{_ID})`",
    "opt_out": r"notes STOP for (?P<channel>texts|emails)",
    "override": rf"sets `(?P<rule>{_ID})`: `(?P<fields>.+)`",
}
"""What the desk can do in an example, as the page says it; what the groups hold are the fields of the event."""


def read_deed(deed: str) -> dict[str, Any]:
    for do, pattern in _DEEDS.items():
        if found := re.fullmatch(pattern, deed):
            said = {key: text for key, text in found.groupdict().items() if text is not None}
            return {"do": do, **dict(pair for key, text in said.items() for pair in _read_field(key, text))}
    raise AssertionError(f"no example can play: {deed}")


def _read_field(key: str, text: str) -> Iterator[tuple[str, Any]]:
    match key:
        case "performed_at" | "starts_at":
            yield key, read_time(text).isoformat()
        case "attributes":
            yield key, dict(re.findall(rf"`({_ID})`: `({_ID})`", text))
        case "channel":
            yield key, {"texts": Channel.SMS, "emails": Channel.EMAIL}[text].value
        case "fields":
            yield from tomllib.loads(text).items()
        case _:
            yield key, text


# ---- showing -----------------------------------------------------------------------------------------------------


def show(items: Iterable[Item]) -> list[Row]:
    """What left and what the desk was asked, as the page writes it."""
    shown = (item for item in items if item.is_shown)
    return [_show_together(list(same)) for _, same in groupby(shown, key=_together)]


def show_unsent(items: Iterable[Item]) -> list[Row]:
    return [
        (say_time(item.local), "", f"not {_name(item)}: {(item.reason or '').replace('_', ' ')}")
        for item in items
        if not item.is_shown
    ]


def _together(item: Item) -> tuple[object, ...]:
    return (item.at, item.message) if item.kind == SEND else (item.at, item.rule, item.order)


def _show_together(items: list[Item]) -> Row:
    first = items[0]
    if first.kind == TASK:
        return say_time(first.local), f"is asked: `{first.rule}`", ""
    return say_time(first.local), "", _by(first) + " and ".join(map(_name, items))


def _by(item: Item) -> str:
    if item.audience == Audience.STAFF:
        return "to the staff: "
    return "by email: " if item.channel == Channel.EMAIL else ""


def _name(item: Item) -> str:
    return f"`{item.rule}` {item.occurrence}"
