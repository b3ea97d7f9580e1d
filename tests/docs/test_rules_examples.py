"""Every worked example of `docs/rules.md` comes out as the page says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.clinic import ROOT
from tests.docs.worked_examples import Example, play, read_page, show, show_unsent

PAGE = read_page(ROOT / "docs" / "rules.md")
FIELDS = {int(found[1]) for example in PAGE.examples if (found := re.match(r"(\d+)\. ", example.heading))}


def name_example(example: Example) -> str:
    return f"line-{example.line}"


def test_each_of_the_17_fields_has_an_example() -> None:
    assert sorted(FIELDS) == list(range(1, 18))


@pytest.mark.parametrize("example", PAGE.examples, ids=name_example)
def test_an_example_comes_out_as_the_page_says(example: Example, tmp_path: Path) -> None:
    items = play(PAGE, example, tmp_path)

    assert show(items) == example.asked_or_sent
    assert set(example.unsent) <= set(show_unsent(items))
