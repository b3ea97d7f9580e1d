"""The figures of an override, read and written as `config.toml` has them."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping, Sequence
from typing import Any

from reminders.model import InputRefusal


def read_fields(typed: Sequence[str]) -> dict[str, Any]:
    """From `from = { days = 5 }`. Raises InputRefusal."""
    fields: dict[str, Any] = {}
    for text in typed:
        try:
            read = tomllib.loads(text)
        except (tomllib.TOMLDecodeError, RecursionError, ValueError):
            raise InputRefusal(
                f"'{text}' cannot be read: write a figure as config.toml does, such as --set 'from = {{ days = 5 }}'."
            ) from None
        if twice := fields.keys() & read.keys():
            raise InputRefusal(f"Set '{min(twice)}' once, with all that it shall say.")
        fields |= read
    return fields


def say_fields(fields: Mapping[str, Any]) -> str:
    """Such as 'from = { days = 5 }, at = { time = "11:00" }'."""
    return ", ".join(f"{key} = {_write(value)}" for key, value in fields.items())


def _write(value: object) -> str:
    if isinstance(value, Mapping):
        return f"{{ {say_fields(value)} }}"
    if isinstance(value, list):
        return f"[{', '.join(map(_write, value))}]"
    # JSON's texts, numbers and truths read the same in the file.
    return json.dumps(value, ensure_ascii=False)
