"""Our own sentence for each thing that pydantic can find wrong."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, get_args

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from reminders.config.faults import Fault, UnknownKey, find_near_match, list_choices
from reminders.config.paths import join_path

Location = tuple[str | int, ...]


def strip_tags(location: Location) -> Location:
    """pydantic puts the branch of a choice into the path; ours are written `<so>`."""
    return tuple(part for part in location if not str(part).startswith("<"))


def describe_errors(model: type[BaseModel], found: list[ErrorDetails], path: str) -> Iterator[Fault]:
    faults = [_describe(model, item, path) for item in found]
    meant = {fault.meant for fault in faults if isinstance(fault, UnknownKey)}
    # A misspelt key is one fault, not also a missing one.
    return (
        fault
        for fault, item in zip(faults, found, strict=True)
        if not (item["type"] == "missing" and fault.path in meant)
    )


def _describe(model: type[BaseModel], item: ErrorDetails, path: str) -> Fault:
    location = strip_tags(item["loc"])
    if item["type"] == "extra_forbidden":
        return unknown_key(str(location[-1]), known_keys(model, location[:-1]), join_path(path, *location[:-1]))
    return Fault(join_path(path, *location), describe_error(item))


def unknown_key(key: str, known: list[str], path: str) -> UnknownKey:
    near = find_near_match(key, known)
    hint = f"did you mean `{near}`?" if near else f"the keys here are {list_choices(known, 'and')}."
    return UnknownKey(
        join_path(path, key), f"There is no key `{key}` here; {hint}", join_path(path, near) if near else None
    )


def known_keys(model: type[BaseModel], location: Location) -> list[str]:
    for part in location:
        annotation = {field.alias or name: field.annotation for name, field in model.model_fields.items()}.get(
            str(part)
        )
        model = next(_models_in(annotation), model)
    return [field.alias or name for name, field in model.model_fields.items()]


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _models_in(argument)


WRITE = {
    "bool": "Write true or false.",
    "dict": "Write a table of keys here, such as [section] with keys below it.",
    "finite": "Write a finite number.",
    "float": "Write a number, such as 2.5.",
    "int": "Write a whole number, such as 5.",
    "list": "Write a list in square brackets.",
    "missing": "This key is missing; add it.",
    "model": "Write a table of keys here, such as [section] with keys below it.",
    "string": "Write a text in quotes.",
    "tuple": "Write a list in square brackets.",
}
"""By the first word of pydantic's error type."""


def describe_error(item: ErrorDetails) -> str:
    kind, context = item["type"], item.get("ctx", {})
    if kind == "value_error":
        return str(context["error"])
    if kind in ("enum", "literal_error"):
        return describe_choice(item)
    if kind == "greater_than":
        return f"Write a number greater than {context['gt']:g}."
    if kind == "greater_than_equal":
        return f"Write a number of at least {context['ge']:g}."
    if kind == "less_than_equal":
        return f"Write a number of at most {context['le']:g}."
    return WRITE.get(kind.partition("_")[0], "Write a value of the kind that the shipped config.toml shows here.")


def describe_choice(item: ErrorDetails) -> str:
    """Names the near match, never what stands there."""
    allowed = re.findall(r"'([^']+)'", str(item["ctx"]["expected"]))
    near = find_near_match(str(item["input"]), allowed)
    words = list_choices([f'"{word}"' for word in allowed])
    return f'Write {words}; did you mean "{near}"?' if near else f"Write {words}."
