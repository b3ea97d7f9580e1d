"""Six kinds of sheet, of invented clinics, each against a calendar that was worked out by hand.

A folder holds the sheet (`documents/sheet.txt`), the rules that say it (`config.toml`), what happens to some patients
(`scenario.toml`), and what must come of it (`calendar.txt`).
"""

from __future__ import annotations

from pathlib import Path

import pytest

from reminders.simulation.items import SEND
from tests.cli.desk import Desk
from tests.sheets.calendars import SHEETS, Row, copy_sheet, play_sheet, read_calendar, show_calendar, show_unsent

KINDS = sorted(path.parent.name for path in SHEETS.glob("*/calendar.txt"))


def split_unsent(rows: list[Row]) -> tuple[list[Row], list[Row]]:
    return [row for row in rows if row[3] != "unsent"], [row for row in rows if row[3] == "unsent"]


def test_there_are_six_kinds_of_sheet() -> None:
    assert KINDS == ["business-days", "course", "drop-taper", "injection", "preparation", "stitches"]


@pytest.mark.parametrize("kind", KINDS)
def test_the_rules_of_a_sheet_give_its_calendar(kind: str, tmp_path: Path) -> None:
    shown, _ = split_unsent(read_calendar(kind))

    assert show_calendar(play_sheet(kind, tmp_path).items) == shown


@pytest.mark.parametrize("kind", [kind for kind in KINDS if split_unsent(read_calendar(kind))[1]])
def test_what_a_calendar_says_does_not_leave_is_shown_with_the_reason(kind: str, tmp_path: Path) -> None:
    _, unsent = split_unsent(read_calendar(kind))

    assert set(unsent) <= set(show_unsent(play_sheet(kind, tmp_path).items))


def test_each_text_about_drops_names_its_eye(tmp_path: Path) -> None:
    sent = [item for item in play_sheet("drop-taper", tmp_path).items if item.kind == SEND]

    assert [item for item in sent if f"your {item.procedure} eye" not in (item.body or "").lower()] == []


def test_a_step_of_the_taper_says_what_changes(tmp_path: Path) -> None:
    steps = [item for item in play_sheet("drop-taper", tmp_path).items if item.rule == "step" and item.kind == SEND]

    said = {item.occurrence: item.body or "" for item in steps}
    assert ["four times" in said[1], "twice" in said[2], "once" in said[3], "no more" in said[4]] == [True] * 4


@pytest.mark.parametrize("kind", KINDS)
def test_every_figure_that_is_not_the_clinics_own_stands_in_the_sheet(kind: str, tmp_path: Path) -> None:
    assert Desk(folder=copy_sheet(kind, tmp_path)).run("rules", "check").code == 0
