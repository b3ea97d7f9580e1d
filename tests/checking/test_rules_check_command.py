"""`reminders rules check` at the command line: the table, the JSON lines, the exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from reminders.cli import cli
from reminders.config import load_config
from reminders.rule_verdicts import Failing, RuleVerdict, digest_rules, read_verdict
from reminders.store.engine import reading
from reminders.wiring import open_app
from tests.checking.checking_factories import SHEET, approve, lay_templates
from tests.cli.desk import make_folder
from tests.config.config_factories import SHIPPED_FILE, SMALL, edit_shipped


def run(*words: str, config: Path = SHIPPED_FILE) -> Result:
    return CliRunner().invoke(cli, ["--config", str(config), *words])


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A clinic with one cited figure, its document beside it."""
    described = """title = "Sheet"
file = "sheet.txt"
sha256 = "HASH"
[[documents.sheet.sections]]
name = "Roller Therapy"
""".replace("HASH", "0" * 64)
    cited = '{ weeks = 5, bound = "at_least", source = { document = "sheet", section = "Roller Therapy", figure = "at least five weeks" } }'  # noqa: E501
    text = SMALL.replace('title = "Sheet"\n', described).replace("{ weeks = 4, clinic_supplied = true }", cited)
    lay_templates(tmp_path)
    (tmp_path / "documents").mkdir()
    (tmp_path / "documents" / "sheet.txt").write_bytes(SHEET.encode())
    (tmp_path / "config.toml").write_text(approve(text, SHEET), "utf-8")
    return tmp_path / "config.toml"


def test_the_rules_are_still_shown_without_a_further_word() -> None:
    shown, lines = run("rules"), run("rules", "--json")
    assert shown.exit_code == lines.exit_code == 0
    assert "clinic's own" in shown.stdout
    assert json.loads(lines.stdout.splitlines()[0])["rule"] == "icing"


def test_a_clinic_that_keeps_to_its_document_passes(small: Path) -> None:
    result = run("rules", "check", config=small)
    assert result.exit_code == 0
    assert "“at least five weeks”" in result.stdout
    assert "All 2 hold" in result.stdout


def test_one_failing_figure_is_exit_1(small: Path) -> None:
    small.write_text(small.read_text().replace("weeks = 5", "weeks = 6"))
    result = run("rules", "check", config=small)
    assert result.exit_code == 1
    assert "1 of 2 fail" in result.stdout


def test_each_line_of_json_is_one_finding(small: Path) -> None:
    small.write_text(small.read_text().replace("weeks = 5", "weeks = 6"))
    document, figure, *hints = [
        json.loads(line) for line in run("rules", "check", "--json", config=small).stdout.splitlines()
    ]
    assert (document["subject"], document["document"], document["verdict"]) == ("document", "sheet", "holds")
    assert figure["faults"] == [{"fault": "number", "sentence": "The number differs: the document says “at least five weeks”, and the rule says 6 weeks."}]  # fmt: skip  # noqa: E501
    assert (figure["treatment"], figure["key"], figure["figure"]) == ("peel", "interval", "at least 6 weeks")
    assert {hint["verdict"] for hint in hints} <= {"hint"}


def test_a_document_that_is_not_there_is_exit_1_and_says_how_to_name_its_folder(tmp_path: Path) -> None:
    result = run("rules", "check", "--documents", str(tmp_path))
    assert result.exit_code == 1
    assert "“ice-pick-scars.txt” is not in" in result.stdout
    assert "--documents DIR" in result.stdout


def test_a_document_that_is_no_text_is_exit_1(small: Path) -> None:
    (small.parent / "documents" / "sheet.txt").write_bytes(b"\xff\xfe\x00")
    result = run("rules", "check", config=small)
    assert result.exit_code == 1
    assert "not UTF-8 text; save it as UTF-8" in result.stdout


def test_a_document_that_is_a_folder_is_exit_2(small: Path) -> None:
    (small.parent / "documents" / "sheet.txt").unlink()
    (small.parent / "documents" / "sheet.txt").mkdir()
    result = run("rules", "check", config=small)
    assert result.exit_code == 2
    assert "cannot be read" in result.stderr


def test_a_wrong_configuration_is_exit_2(tmp_path: Path) -> None:
    lay_templates(tmp_path)
    (tmp_path / "config.toml").write_text(edit_shipped('bound = "nominal"', 'bound = "nearly"'), "utf-8")
    result = run("rules", "check", config=tmp_path / "config.toml")
    assert result.exit_code == 2
    assert "treatments.fractional-laser.interval.bound" in result.stderr


# ---- kept for the pages ----------------------------------------------------------------------------------------------


def kept(config: Path) -> RuleVerdict | None:
    app = open_app(load_config(config, {}))
    try:
        with reading(app.engine) as tx:
            return read_verdict(tx)
    finally:
        app.close()


def test_without_a_database_the_verdict_is_said_and_none_is_made(small: Path) -> None:
    result = run("rules", "check", config=small)

    assert (result.exit_code, "All 2 hold" in result.stdout) == (0, True)
    assert "The pages of the desk do not show this verdict." in result.stderr
    assert not (small.parent / "reminders.db").exists()


def test_the_verdict_is_kept_for_the_pages_and_replaces_the_one_before(small: Path) -> None:
    run("migrate", config=small)
    run("rules", "check", config=small)
    first = kept(small)
    small.write_text(small.read_text().replace("weeks = 5", "weeks = 6"))
    answer = run("rules", "check", config=small)
    second = kept(small)

    assert first is not None
    assert second is not None
    assert (first.holding, first.failing, second.holding) == (2, (), 1)
    assert second.failing == (Failing(where="peel interval", sentence="The number differs: the document says “at least five weeks”, and the rule says 6 weeks."),)  # fmt: skip  # noqa: E501
    assert first.digest != second.digest
    assert "do not show" not in answer.stderr


def test_an_example_that_fails_is_part_of_the_verdict(small: Path) -> None:
    run("migrate", config=small)
    example = '\n[[examples]]\nname = "Nothing"\nuntil = 2026-05-01T00:00:00\npatients = []\nsends = ["2026-03-10 10:00 icing 1"]\n'  # noqa: E501
    small.write_text(small.read_text() + example)

    assert run("rules", "check", config=small).exit_code == 1
    found = kept(small)
    assert found is not None
    assert found.failing[0].where.startswith("examples.")


def test_a_text_that_was_changed_is_another_thing_to_check(tmp_path: Path) -> None:
    """The documents' own words are no part of it: a page does not have them."""
    folder = make_folder(tmp_path / "clinic")

    def digest() -> str:
        config = load_config(folder / "config.toml", {})
        return digest_rules(config, open_app(config).templates)

    before = digest()
    assert digest() == before
    text = folder / "templates" / "messages" / "icing" / "sms.txt"
    text.write_text(text.read_text("utf-8") + " Thank you.", "utf-8")

    assert digest() != before
