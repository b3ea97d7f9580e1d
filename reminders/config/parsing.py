"""From a raw table to a pydantic one, as far as it can be read, with our own sentence for each thing that is wrong."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from itertools import takewhile
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

from reminders.config.faults import Fault, UnknownKey
from reminders.config.paths import pop_at
from reminders.config.sentences import describe_errors, strip_tags


class Table(BaseModel):
    """A table of the file: no key that nothing reads, and no value in an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


TableT = TypeVar("TableT", bound=Table)


@dataclass(frozen=True, kw_only=True)
class Parsed(Generic[TableT]):
    """What could be read. Where something was faulty, `table` is what remains without it."""

    table: TableT | None
    faulty: frozenset[str]
    faults: list[Fault]

    def is_sound(self, *keys: str) -> bool:
        """Whether nothing is wrong at or below these keys: a faulty key must not cause a second fault elsewhere."""
        return not any(path == key or path.startswith(f"{key}.") for path in self.faulty for key in keys)


def parse_table(
    model: type[TableT],
    raw: Any,
    path: str,
    stand_ins: Mapping[str, Any] | None = None,
    context: Mapping[str, Any] | None = None,
) -> Parsed[TableT]:
    """Reads `raw`, and where that fails reads again what is sound, so that checks across keys can still run.

    `stand_ins` take the place of required keys that are faulty or missing; look at `is_sound` before using them.
    `context` is what validators need to know of other sections.
    """
    try:
        return Parsed(table=model.model_validate(raw, context=context), faulty=frozenset(), faults=[])
    except ValidationError as error:
        found = _list_errors(error)
    faults = list(describe_errors(model, found, path))
    return Parsed(
        table=_read_the_rest(model, deepcopy(raw), dict(stand_ins or {}), context),
        faulty=frozenset(_faulty_paths(faults, path)),
        faults=faults,
    )


def _list_errors(error: ValidationError) -> list[ErrorDetails]:
    # A default that hangs on a faulty key is no fault of its own.
    return [item for item in error.errors(include_url=False) if item["type"] != "default_factory_not_called"]


def _faulty_paths(faults: list[Fault], path: str) -> Iterator[str]:
    for fault in faults:
        yield fault.path.removeprefix(path).lstrip(".")
        if isinstance(fault, UnknownKey) and fault.meant:
            yield fault.meant.removeprefix(path).lstrip(".")


def _read_the_rest(
    model: type[TableT], raw: Any, stand_ins: dict[str, Any], context: Mapping[str, Any] | None
) -> TableT | None:
    while isinstance(raw, dict):
        try:
            return model.model_validate(raw, context=context)
        except ValidationError as error:
            found = _list_errors(error)
        if not all(_mend(raw, item, stand_ins) for item in found):
            return None
    return None


def _mend(raw: dict[str, Any], item: ErrorDetails, stand_ins: dict[str, Any]) -> bool:
    """Removes what is wrong, or fills in what is missing. False where nothing can be done."""
    path = tuple(str(part) for part in takewhile(lambda part: isinstance(part, str), strip_tags(item["loc"])))
    if item["type"] == "missing" and len(path) == 1:
        return _fill(raw, path[0], stand_ins)
    if item["type"] == "missing":
        path = path[:-1]
    if path:
        pop_at(raw, path)
    return bool(path)


def _fill(raw: dict[str, Any], key: str, stand_ins: dict[str, Any]) -> bool:
    if key in stand_ins:
        raw[key] = stand_ins.pop(key)
        return True
    return False
