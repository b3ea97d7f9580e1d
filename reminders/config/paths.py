"""Where a key stands: as a path, as dotted words, and as the name of the variable that overrides it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

KeyPath = tuple[str, ...]

PREFIX = "REMINDERS_"


def join_path(*parts: object) -> str:
    return ".".join(str(part) for part in parts if part != "")


def variable_name(path: KeyPath) -> str:
    return PREFIX + "__".join(path).upper().replace("-", "_")


def get_at(data: Mapping[str, Any], path: KeyPath) -> Any:
    value: Any = data
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def pop_at(data: dict[str, Any], path: KeyPath) -> Any:
    table = get_at(data, path[:-1])
    return table.pop(path[-1], None) if isinstance(table, dict) else None
