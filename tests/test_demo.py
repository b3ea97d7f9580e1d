"""What a newcomer sees first: `make demo`."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from scripts import demo


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> str:
    """All that the demo prints in a window of 80 columns."""
    console = Console(file=StringIO(), width=80, highlight=False)
    folder: Path = tmp_path_factory.mktemp("demo")
    with demo.opened(folder, console) as opened:
        demo.play(opened)
    assert isinstance(console.file, StringIO)
    return console.file.getvalue()


def flat(text: str) -> str:
    """Without the line breaks that only the window asks for."""
    return " ".join(text.split())


@pytest.mark.parametrize(
    "sentence",
    [
        "icing 3 Mar 15:00, 18:00 · 4 Mar 09:00, 12:00",
        "Fractional Laser Treatment: “first 24 hours”: until 24 hours",
        "next-session 7 Apr 10:00 · 14 Apr 10:00",
        "Skin Needling: “at least six weeks”: interval at least 6 weeks",
    ],
)
def test_both_plans_are_shown_with_their_sources(shown: str, sentence: str) -> None:
    assert sentence in flat(shown)


@pytest.mark.parametrize(
    "line",
    [
        "text Wed 4 Mar 2026 09:00 to Mara: icing + sunscreen",
        "text Tue 10 Mar 2026 09:00 to Theo: sunscreen",
        "email Tue 24 Mar 2026 09:00 to Theo: sunscreen",
        "text Mon 6 Apr 2026 12:00 to Mara: correction",
    ],
)
def test_what_goes_out_follows_every_change(shown: str, line: str) -> None:
    assert line in flat(shown)


def test_what_is_withheld_is_shown_with_the_reason(shown: str) -> None:
    summary = flat(shown).partition("In all:")[2]

    assert "icing 3 Mar 21:00 · 4 Mar 00:00, 03:00, 06:00 (quiet hours)" in summary
    assert "next-session 3 Apr 10:00 (the next visit is booked)" in summary


def test_the_desk_is_asked_what_came_of_the_visit(shown: str) -> None:
    assert "For the desk: No procedure was recorded for the session booked on Thu 9 Apr 2026" in flat(shown)


def test_nothing_is_wider_than_80_columns(shown: str) -> None:
    assert max(map(len, shown.splitlines())) <= 80


def test_the_demo_of_a_clinic_that_sends_for_real_sends_nothing(tmp_path: Path) -> None:
    config = tmp_path / "real.toml"
    shipped = (demo.ROOT / "config.toml").read_text("utf-8")
    config.write_text(shipped.replace('provider = "outbox"', 'provider = "twilio"', 1), "utf-8")

    with demo.opened(tmp_path, Console(file=StringIO()), config) as opened:
        assert {provider.name for provider in opened.work.providers.values()} == {"outbox"}
