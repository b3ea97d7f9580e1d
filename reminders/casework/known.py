"""Words that the desk types and the configuration must know; where it does not, the sentence names those it does."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from reminders.config.faults import find_near_match
from reminders.model import InputRefusal
from reminders.typed import read_line

Declared = Mapping[str, tuple[str, ...]]
"""Each word with those that may go with it: attributes and their values, questions and their answers."""


def require_known(word: str, known: Collection[str], what: str) -> None:
    """Raises InputRefusal where `word` is none of those there are."""
    if word in known:
        return
    near = find_near_match(word, known)
    there_are = ", ".join(known)
    hint = f"did you mean '{near}'? There are {there_are}." if near else f"use one of {there_are}."
    raise InputRefusal(f"There is no {what} '{word}': {hint if len(known) > 1 else f'use {there_are}.'}")


def require_attributes(attributes: Mapping[str, str], declared: Declared) -> None:
    """Raises InputRefusal where one is not declared so; where nothing is declared, any line can be noted."""
    for name, value in attributes.items():
        if not declared:
            read_line(name, "The name of what is noted")
            read_line(value, "What is noted")
            continue
        require_known(name, declared, "attribute")
        require_known(value, declared[name], name)
