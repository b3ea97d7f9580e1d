"""The figures that a clinician sees and sets: what the form shows is what it gives back, in the words of the file."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from reminders.config import load_config
from reminders.config.overrides import override_rule, override_treatment
from reminders.describing import say_figure
from reminders.desk.figures import FigureLine, list_figure_lines, read_figure, write_figure
from reminders.desk.forms import Form
from reminders.model import InputRefusal
from reminders.notes import Override
from reminders.rules import Treatment
from tests.clinic import LASER, ROOT

SHEETS = Path(__file__).parents[1] / "sheets"
FILES = [ROOT / "config.toml", *sorted(SHEETS.glob("*/config.toml"))]


def treatments() -> Iterator[tuple[str, Treatment]]:
    for path in FILES:
        for treatment in load_config(path, {}).clinic.treatments.values():
            yield f"{path.parent.name}-{treatment.id}", treatment


TREATMENTS = dict(treatments())


def laser() -> Treatment:
    return next(each for each in TREATMENTS.values() if each.id == LASER)


def typed(line: FigureLine, **over: str) -> Form:
    return Form(tuple({**write_figure(line), **over}.items()))


def find(lines: list[FigureLine], rule: str, key: str) -> FigureLine:
    return next(line for line in lines if (line.rule, line.key) == (rule, key))


@pytest.mark.parametrize("name", TREATMENTS)
def test_each_figure_that_is_sent_back_as_it_was_shown_says_the_same(name: str) -> None:
    """Of the shipped rules and of every sheet that the language was tried on."""
    treatment = TREATMENTS[name]
    for line in list_figure_lines(treatment, []):
        if not line.may_be_set:
            continue
        fields = read_figure(line, typed(line))
        if line.of is None:
            said = override_treatment(treatment, fields).list_figures()
        else:
            said = override_rule(line.of, fields).list_figures()
        assert line.said in [say_figure(figure) for key, figure in said if key == line.key]


def test_a_figure_of_a_series_leaves_the_others_of_the_series() -> None:
    line = find(list_figure_lines(laser(), []), "next-session", "every")

    assert read_figure(line, typed(line, number="3")) == {"repeat": {"every": {"days": 3}, "times": {"count": 2}}}


def test_what_is_set_names_who_has_set_it_and_the_others_their_source() -> None:
    at = datetime(2026, 3, 10, tzinfo=UTC)
    set_by = Override(procedure_id=1, rule="swelling", fields={"from": {"days": 3}}, decided_by="Cora", decided_at=at)
    lines = list_figure_lines(laser(), [set_by])

    assert (find(lines, "swelling", "from").said, find(lines, "swelling", "from").set_by) == ("3 days", "set by Cora")
    assert find(lines, "swelling", "at").set_by is None
    assert "first 24 hours" in find(lines, "icing", "until").source


def test_a_range_has_two_ends() -> None:
    line = find(list_figure_lines(laser(), []), "swelling", "from")

    assert read_figure(line, typed(line, number="2", most="3")) == {"from": {"days": [2, 3]}}


@pytest.mark.parametrize("number", ["", "x", "1.5", "--1", "1" * 12, "٣"])
def test_what_is_no_number_is_refused(number: str) -> None:
    line = find(list_figure_lines(laser(), []), "swelling", "from")

    with pytest.raises(InputRefusal, match="whole number"):
        read_figure(line, typed(line, number=number))
