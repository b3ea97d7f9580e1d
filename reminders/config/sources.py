"""Reads the file, lays `REMINDERS_*` variables over it, and keeps secrets out of the file."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reminders.config.database import holds_password
from reminders.config.faults import ConfigFaults, Fault, UnknownKey, find_near_match
from reminders.config.lines import find_lines
from reminders.config.paths import PREFIX, KeyPath, get_at, join_path, pop_at, variable_name

RESERVED = frozenset({"REMINDERS_CONFIG", "REMINDERS_LOG_LEVEL", "REMINDERS_SECRET_KEY", "REMINDERS_TEST_DATABASE"})
"""Names read elsewhere; they override no key."""

DATABASE_URL: KeyPath = ("database", "url")
SECRETS: tuple[KeyPath, ...] = (("sms", "twilio", "auth_token"), ("email", "smtp", "password"))


@dataclass(frozen=True, kw_only=True)
class Sources:
    """The file with the variables laid over it, not yet validated."""

    data: dict[str, Any]
    set_by: Mapping[str, str]
    """Which variable set the key at a path."""
    lines: Mapping[str, int]
    """Where the file has each key."""
    faults: list[Fault]


def read_sources(path: Path, environ: Mapping[str, str]) -> Sources:
    """Raises `ConfigFaults` where the file cannot be read as TOML at all."""
    text = read_text(path)
    data = parse_text(text, path)
    faults = list(refuse_secrets(data))
    set_by: dict[str, str] = {}
    # Shorter names first, so that a variable for a whole section does not undo one for a key in it.
    for variable in sorted(overrides(environ), key=lambda name: (len(name), name)):
        target = locate(data, variable)
        if refusal := _refuse_new_entry(variable, target, data):
            faults.append(refusal)
        elif put(data, target, decode(environ[variable], target)):
            set_by[join_path(*target)] = variable
        else:
            faults.append(UnknownKey(variable, describe_unknown_variable(variable, None), variable=variable))
    return Sources(data=data, set_by=set_by, lines=find_lines(text), faults=faults)


def read_text(path: Path) -> str:
    try:
        # Notepad writes a byte order mark, which tomllib refuses.
        return path.read_text("utf-8-sig")
    except FileNotFoundError:
        sentence = "There is no such file; copy the shipped config.toml there, or let REMINDERS_CONFIG name yours."
    except OSError as error:
        sentence = f"The file cannot be read ({error.strerror}); check its path and its permissions."
    except UnicodeDecodeError:
        sentence = "The file is not UTF-8 text; save it as UTF-8."
    raise ConfigFaults([Fault(str(path), sentence, file=str(path))])


def parse_text(text: str, path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        place = re.search(r"at line (\d+), column (\d+)", str(error))
        line = int(place[1]) if place else len(text.splitlines())
        sentence = describe_syntax_error(str(error), line, column=int(place[2]) if place else None)
    raise ConfigFaults([Fault(str(path), sentence, file=str(path), line=line)])


def describe_syntax_error(message: str, line: int, column: int | None) -> str:
    if column is None:
        return f"The file ends too early, in line {line}; close the last quote or bracket."
    line_and_column = f"line {line}, column {column}"
    if "overwrite" in message or "twice" in message or "immutable" in message:
        return f"Near {line_and_column} a key or section stands a second time; keep one of the two."
    return f"Near {line_and_column} the file is not valid TOML; check the quotes, brackets and '=' there."


def refuse_secrets(data: dict[str, Any]) -> Iterator[Fault]:
    """Takes secrets out of what the file says, so that nothing later can print them."""
    for secret in SECRETS:
        if pop_at(data, secret) is not None:
            yield _move_to_environment(secret, "a secret does not belong in the file")
    url = get_at(data, DATABASE_URL)
    if isinstance(url, str) and holds_password(url):
        pop_at(data, DATABASE_URL)
        yield _move_to_environment(DATABASE_URL, "this url holds a password")


def _move_to_environment(path: KeyPath, why: str) -> Fault:
    return Fault(join_path(*path), f"Remove it from the file and set {variable_name(path)} instead: {why}.")


def overrides(environ: Mapping[str, str]) -> list[str]:
    """An empty variable counts as not set: that is how compose files pass on what nobody gave."""
    return [name for name, value in environ.items() if name.startswith(PREFIX) and name not in RESERVED and value]


def locate(data: Mapping[str, Any], variable: str) -> KeyPath:
    """The key a variable names. A variable cannot hold a dash, so `FRACTIONAL_LASER` finds `fractional-laser`."""
    path: list[str] = []
    table: Any = data
    for word in variable.removeprefix(PREFIX).lower().split("__"):
        keys = list(table) if isinstance(table, dict) else []
        key = next((key for key in keys if key.lower().replace("-", "_") == word), word)
        path.append(key)
        table = table.get(key) if isinstance(table, dict) else None
    return tuple(path)


def decode(value: str, path: KeyPath) -> Any:
    """Lists and tables are written as JSON. A password that looks like JSON is still a password."""
    if path in SECRETS or not value.startswith(("[", "{")):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value


def put(data: dict[str, Any], path: KeyPath, value: Any) -> bool:
    """False where a plain value stands in place of a table along the path."""
    table: Any = data
    for section in path[:-1]:
        table = table.setdefault(section, {}) if isinstance(table, dict) else None
    if isinstance(table, dict):
        table[path[-1]] = value
    return isinstance(table, dict)


def _refuse_new_entry(variable: str, path: KeyPath, data: Mapping[str, Any]) -> Fault | None:
    """A variable changes a document, treatment or rule that the file has; it does not make one."""
    for table in _open_tables(path):
        entries, (entry, *rest) = get_at(data, table), path[len(table) :]
        if isinstance(entries, dict) and entry not in entries:
            near = find_near_match(entry.replace("_", "-"), entries)
            meant = join_path(*table, near, *rest) if near else None
            return UnknownKey(variable, describe_unknown_variable(variable, meant), meant, variable=variable)
    return None


def _open_tables(path: KeyPath) -> Iterator[KeyPath]:
    """The tables along the path whose entries the clinic names itself."""
    if path[0] in ("documents", "treatments") and len(path) > 1:
        yield path[:1]
    if path[0] == "treatments" and path[2:3] == ("rules",) and len(path) > 3:
        yield path[:3]


def describe_unknown_variable(variable: str, meant: str | None) -> str:
    """`meant` is the path of the key whose variable it nearly is; else it may nearly be a reserved name."""
    near = variable_name(tuple(meant.split("."))) if meant else find_reserved(variable)
    return f"This variable names no key; did you mean {near}?" if near else "This variable names no key; unset it."


def find_reserved(variable: str) -> str | None:
    # Without the prefix, which would make any two names look alike.
    near = find_near_match(variable.removeprefix(PREFIX), [name.removeprefix(PREFIX) for name in RESERVED])
    return PREFIX + near if near else None
