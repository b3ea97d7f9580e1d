"""`docs/rules.md` is true: its examples come out as it says, and no word of the language is missing on it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from reminders.config.rule_parsing import RuleTable, TreatmentTable
from reminders.simulation import check_examples
from reminders.simulation.tables import EVENTS, PatientTable
from tests.clinic import ROOT
from tests.docs.worked_examples import Example, load_block, play, read_page, show, show_unsent

RULES = ROOT / "docs" / "rules.md"
PAGE = read_page(RULES)
TEXT = RULES.read_text("utf-8")
STORIES = [block for block in PAGE.blocks if "[[examples]]" in block]


def name_example(example: Example) -> str:
    return f"line-{example.line}"


def find_row(word: str) -> str:
    """The row of a table that explains the word."""
    return next((line for line in TEXT.splitlines() if line.startswith(f"| `{word}` |")), "")


def test_each_of_the_18_fields_has_an_example() -> None:
    numbers = {int(found[1]) for example in PAGE.examples if (found := re.match(r"(\d+)\. ", example.heading))}

    assert sorted(numbers) == list(range(1, 19))


@pytest.mark.parametrize("example", PAGE.examples, ids=name_example)
def test_an_example_comes_out_as_the_page_says(example: Example, tmp_path: Path) -> None:
    items = play(PAGE, example, tmp_path)

    assert show(items) == example.asked_or_sent
    assert set(example.unsent) <= set(show_unsent(items))


@pytest.mark.parametrize("block", STORIES)
def test_a_story_in_the_file_comes_out_as_it_says(block: str, tmp_path: Path) -> None:
    assert check_examples(load_block(PAGE, block, tmp_path)) == []


def test_every_key_of_a_rule_is_shown_in_an_example() -> None:
    keys = [field.alias or name for name, field in RuleTable.model_fields.items()]
    shown = "\n".join(PAGE.blocks)

    assert [key for key in keys if not re.search(rf"^({key} = |\[\[.*\.{key}\]\])", shown, re.MULTILINE)] == []


def test_every_key_of_a_treatment_is_explained() -> None:
    assert [key for key in TreatmentTable.model_fields if not find_row(key)] == []


@pytest.mark.parametrize("do", EVENTS)
def test_every_event_of_a_story_is_explained_with_its_fields(do: str) -> None:
    fields = [name for name in EVENTS[do].model_fields if name not in ("at", "do")]

    assert find_row(do)
    assert [name for name in fields if f"`{name}`" not in find_row(do)] == []


def test_every_field_of_a_patient_is_named() -> None:
    assert [name for name in PatientTable.model_fields if f"`{name}`" not in TEXT] == []


def test_every_link_within_the_page_leads_to_a_heading() -> None:
    headings = re.findall(r"^#+ (.+)$", TEXT, re.MULTILINE)
    anchors = {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}

    assert [link for link in re.findall(r"\]\(#([^)]*)\)", TEXT) if link not in anchors] == []
