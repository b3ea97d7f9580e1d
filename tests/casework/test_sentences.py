"""What the casework refuses in words of the command line, it refuses in words of the pages, too."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import reminders
from reminders.model import Refusal

CASEWORK = Path(reminders.__file__).parent / "casework"
COMMAND = re.compile(r"`reminders|(^|[\s`(])--\w")


def list_refusals() -> Iterator[tuple[str, ast.Call]]:
    for path in sorted(CASEWORK.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "").endswith("Refusal"):
                yield f"{path.name}:{node.lineno}", node


def fixed_words(node: ast.AST) -> str:
    return " ".join(
        each.value for each in ast.walk(node) if isinstance(each, ast.Constant) and isinstance(each.value, str)
    )


REFUSALS = dict(list_refusals())


def test_the_refusals_are_found() -> None:
    assert len(REFUSALS) > 40
    assert sum(bool(COMMAND.search(fixed_words(call))) for call in REFUSALS.values()) > 10


@pytest.mark.parametrize("place", REFUSALS)
def test_no_page_is_told_to_run_a_command(place: str) -> None:
    call = REFUSALS[place]
    at_desk = [keyword.value for keyword in call.keywords if keyword.arg == "at_desk"]
    said = fixed_words(at_desk[0]) if at_desk else fixed_words(call)

    assert not COMMAND.search(said), said


def test_the_sentence_of_the_pages_is_the_one_that_is_shown() -> None:
    assert Refusal("Run `reminders plan`.", at_desk="Look at the page.").at_desk == "Look at the page."
