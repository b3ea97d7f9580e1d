"""`reminders rules` and its picture at the command line."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.cli.desk import Desk, make_folder, start
from tests.clinic import LASER

TIMELINE = ("rules", "--timeline", LASER)
COLOUR = re.compile(r"\x1b\[[0-9;]*3\d")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return make_folder(tmp_path / "clinic")


@pytest.fixture
def clinic(folder: Path) -> Desk:
    """Rules are shown without a database."""
    return Desk(folder=folder)


def test_rules_are_sentences_with_their_sources_beneath(clinic: Desk) -> None:
    told = " ".join(clinic.ok("rules").out.split())

    assert "swelling 2 days (“2 or 3 days”) after the procedure, at 10:00*." in told
    assert "Ice Pick Scars, Fractional Laser Treatment: “Four to five”, “one month apart”" in told
    assert told.endswith("* the clinic's own figure")


def test_json_has_the_sentence_and_the_source_of_each_figure(clinic: Desk) -> None:
    swelling = next(line for line in clinic.ask("rules") if line["rule"] == "swelling")
    source = {"document": "ice-pick-scars", "section": "Fractional Laser Treatment", "figure": "2 or 3 days"}

    assert swelling == {
        "treatment": LASER,
        "rule": "swelling",
        "sentence": "2 days after the procedure, at 10:00. It is useful to the end of day 3 after the procedure.",
        "figures": {
            "from": {"value": "2 days", "source": source},
            "at": {"value": "10:00", "source": None},
            "expires": {"value": "end of day 3", "source": source},
        },
    }


def test_a_timeline_tells_its_example_draws_it_and_names_the_sources(clinic: Desk) -> None:
    shown = clinic.ok(*TIMELINE).out

    assert shown.startswith("Fractional laser treatment, for a procedure that ends on Tue 3 Mar 2026, 15:00.\n")
    assert "\nicing         ●─────●─────○─────○─────○─────○─────●─────●─────\n" in shown
    told = " ".join(shown.split())
    assert "from 2 days (“2 or 3 days”), at 10:00*, expires end of day 3 (“2 or 3 days”)." in told
    assert "Drawn with a visit booked for Fri 3 Apr 2026, 15:00." in told


def test_a_timeline_can_begin_at_any_time(clinic: Desk) -> None:
    shown = clinic.ok(*TIMELINE, "--performed-at", "2026-01-31T09:00").out

    assert "◆ Sat 28 Feb 2026" in shown


def test_a_timeline_as_json_is_a_line_for_each_mark(clinic: Desk) -> None:
    marks = clinic.ask(*TIMELINE)

    assert [mark["occurrence"] for mark in marks if mark["reason"]] == [3, 4, 5, 6]
    assert marks[-1] == {
        "treatment": LASER,
        "rule": "preparation",
        "occurrence": 1,
        "due_at": "2026-04-02T10:00:00-04:00",
        "expires_at": "2026-04-03T15:00:00-04:00",
        "reason": None,
        "assumed": ["a visit booked for Fri 3 Apr 2026, 15:00"],
    }


def test_the_picture_can_be_written_as_svg(clinic: Desk, tmp_path: Path) -> None:
    file = tmp_path / "course.svg"

    assert clinic.ok(*TIMELINE, "--svg", str(file)).out == f"The picture is in {file}.\n"
    assert file.read_text("utf-8").startswith("<svg")


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        (("rules", "--timeline", "laser"), "There is no treatment 'laser': use one of"),
        ((*TIMELINE, "--performed-at", "yesterday"), "write it as 2026-03-24 or 2026-03-24T14:30"),
        (("rules", "--svg", "course.svg"), "A picture is of one treatment: say which with --timeline TREATMENT."),
        ((*TIMELINE, "--svg", "no/such/folder/course.svg"), "cannot be written (No such file or directory); check"),
    ],
)
def test_what_cannot_be_drawn_is_refused_with_what_to_do(clinic: Desk, typed: tuple[str, ...], sentence: str) -> None:
    answer = clinic.run(*typed)

    assert (answer.code, sentence in answer.err) == (2, True), answer.err


@pytest.mark.parametrize(
    ("environ", "is_coloured"),
    [({}, False), ({"FORCE_COLOR": "1"}, True), ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False)],
)
def test_the_picture_has_colours_only_where_they_are_wanted(
    folder: Path, environ: Mapping[str, str], is_coloured: bool
) -> None:
    shown = start(folder, *TIMELINE, environ=environ)

    assert (shown.returncode, COLOUR.search(shown.stdout) is not None) == (0, is_coloured), shown.stderr


@pytest.mark.parametrize("typed", [("rules",), TIMELINE])
def test_a_terminal_without_unicode_gets_plain_ascii(folder: Path, typed: tuple[str, ...]) -> None:
    shown = start(folder, *typed, environ={"PYTHONIOENCODING": "ascii"})

    assert (shown.returncode, shown.stdout.isascii()) == (0, True), shown.stderr
    assert '("2 or 3 days")' in shown.stdout
