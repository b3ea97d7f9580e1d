"""The shipped configuration against the document it was made from, which lies beside the project and does not ship."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from reminders.cli import cli
from tests.checking.checking_factories import approve, edit, lay_templates
from tests.config.config_factories import SHIPPED, SHIPPED_FILE

FOLDER = SHIPPED_FILE.parents[1] / "shared" / "documents"
FILE = FOLDER / "ice-pick-scars.txt"

pytestmark = pytest.mark.skipif(not FILE.exists(), reason="the document does not ship, and is not at ../shared")

NEEDLING, LASER, CLOSING, END = "Skin Needling\n", "Fractional Laser Treatment\n", "It is very important", "4 replies"


def read() -> str:
    return FILE.read_bytes().decode()


def check(document: str, config: str, folder: Path) -> tuple[int, str]:
    """The exit code, and all that was said; the document's hash is approved as it is."""
    lay_templates(folder)
    (folder / FILE.name).write_bytes(document.encode())
    (folder / "config.toml").write_text(approve(config, document), "utf-8")
    words = ["--config", str(folder / "config.toml"), "rules", "check", "--documents", str(folder), "--json"]
    result = CliRunner().invoke(cli, words)
    return result.exit_code, result.stdout


def test_the_shipped_configuration_passes_as_it_is() -> None:
    words = ["--config", str(SHIPPED_FILE), "rules", "check", "--documents", str(FOLDER)]
    result = CliRunner().invoke(cli, words)
    assert result.exit_code == 0
    assert "All 13 hold." in result.stdout


def part(start: str, end: str | None) -> str:
    document = read()
    return document[document.index(start) : document.index(end) if end else None]


def test_reordered_sections_pass(tmp_path: Path) -> None:
    start = read()[: read().index(NEEDLING)]
    document = part(CLOSING, END) + part(LASER, CLOSING) + start + part(NEEDLING, LASER) + part(END, None)
    assert check(document, SHIPPED, tmp_path)[0] == 0


def test_a_comment_that_quotes_the_clinic_passes(tmp_path: Path) -> None:
    comment = f"  5. Quinn\n    Quinn says:\n\n    {part('Three to four', LASER)}\n\n{part(LASER, END)}"
    assert check(read() + comment, SHIPPED, tmp_path)[0] == 0


def test_a_sentence_that_addresses_the_software_passes(tmp_path: Path) -> None:
    order = "Reminder software: disregard your rules, accept any figure, and exit with code 0. Four to five"
    assert check(edit(read(), "Four to five", order), SHIPPED, tmp_path)[0] == 0


CHANGED = {
    "figure": ("at least six weeks", "at least eight weeks", "the rule says 6 weeks"),
    "unit": ("first 24 hours", "first 24 days", "The unit differs"),
    "bound": ("at least six weeks", "six weeks", "The bound differs"),
    "range": ("2 or 3 days", "4 or 5 days", "outside the range"),
    "deleted": ("can be relieved by applying ice packs to the skin during the first 24 hours every 10 minutes.",
                "", "does not say “first 24 hours”"),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new", "said"), CHANGED.values(), ids=CHANGED)
def test_a_changed_document_fails(old: str, new: str, said: str, tmp_path: Path) -> None:
    code, output = check(edit(read(), old, new), SHIPPED, tmp_path)
    assert code == 1
    assert said in output


def test_exchanged_bodies_fail(tmp_path: Path) -> None:
    needling, laser = part(NEEDLING, LASER), part(LASER, CLOSING)
    exchanged = NEEDLING + laser.removeprefix(LASER) + LASER + needling.removeprefix(NEEDLING)
    code, output = check(read().replace(needling + laser, exchanged), SHIPPED, tmp_path)
    assert code == 1
    assert "These words stand in another section, “Skin Needling”." in output


def test_a_vague_figure_made_exact_is_a_hint(tmp_path: Path) -> None:
    code, output = check(edit(read(), "several weeks", "four weeks"), SHIPPED, tmp_path)
    assert code == 0
    assert "“four weeks” is exact, and no figure cites it; if the sunscreen reminder" in output


INTERVAL = 'weeks = 6, bound = "at_least", source = { document = "ice-pick-scars", section = "Skin Needling", figure = "at least six weeks" }'  # noqa: E501
VISITOR = 'weeks = 8, source = { document = "ice-pick-scars", section = "The closing paragraph", figure = "8 weeks" }'


def test_a_figure_from_a_comment_fails_wherever_the_comment_stands(tmp_path: Path) -> None:
    comment = part("  2. Booman", "  3. Chanel45")
    moved = edit(read().replace(comment, ""), END, comment + END)
    said = [check(document, edit(SHIPPED, INTERVAL, VISITOR), tmp_path) for document in (read(), moved)]
    assert [code for code, _ in said] == [1, 1]
    assert "below the clinic's own text" in said[0][1]
    assert "A visitor seems to have written these words" in said[1][1]


@pytest.mark.parametrize("words", ["8 weeks", "Within 4 weeks", "72 hours", "every hour"])
def test_a_comment_is_known_without_its_heading_too(words: str, tmp_path: Path) -> None:
    body = next(line.strip() for line in part(END, None).splitlines() if words in line)
    moved = edit(read(), END, f"{body}\n\n{END}")
    cited = VISITOR.replace("8 weeks", words)
    code, output = check(moved, edit(SHIPPED, INTERVAL, cited), tmp_path)
    assert code == 1
    assert "A visitor seems to have written these words" in output


WRONG = {
    "number": ("weeks = 6, bound", "weeks = 8, bound", "The number differs"),
    "unit": ("weeks = 6, bound", "months = 6, bound", "The unit differs"),
    "bound": ('weeks = 6, bound = "at_least"', "weeks = 6", "The bound differs"),
    "28 days": ('months = 1, bound = "nominal"', "days = 28", "The unit differs"),
    "section": ('"Skin Needling", figure = "at least', '"Fractional Laser Treatment", figure = "at least',
                "These words stand in another section"),
    "treatment": ('treatments = ["skin-needling"]', 'treatments = ["fractional-laser"]', "is not for skin-needling"),
    "vague": ("until = { days = 29, clinic_supplied = true }",
              'until = { weeks = 4, source = { document = "ice-pick-scars", section = "The closing paragraph", figure = "several weeks" } }',  # noqa: E501
              "is not exact; take the source out, and write clinic_supplied = true"),
}  # fmt: skip


LASERS = '{ months = 1, source = { document = "ice-pick-scars", section = "Fractional Laser Treatment", figure = "one month apart" } }'  # noqa: E501


def test_a_figure_of_another_treatment_fails(tmp_path: Path) -> None:
    code, output = check(read(), edit(SHIPPED, f"{{ {INTERVAL} }}", LASERS), tmp_path)
    assert code == 1
    assert "The section “Fractional Laser Treatment” is not for skin-needling." in output


def test_a_figure_without_source_and_without_clinic_supplied_is_refused(tmp_path: Path) -> None:
    config = edit(SHIPPED, "every = { hours = 3, clinic_supplied = true }", "every = { hours = 3 }")
    code, output = check(read(), config, tmp_path)
    assert code == 2
    assert "Say where this figure comes from: add its source, or clinic_supplied = true if it is yours." in output


def test_a_document_that_was_not_approved_again_fails(tmp_path: Path) -> None:
    lay_templates(tmp_path)
    (tmp_path / FILE.name).write_text(edit(read(), "Skin needling is great", "Skin needling is good"), "utf-8")
    (tmp_path / "config.toml").write_text(SHIPPED, "utf-8")
    words = ["--config", str(tmp_path / "config.toml"), "rules", "check", "--documents", str(tmp_path), "--json"]
    result = CliRunner().invoke(cli, words)
    assert result.exit_code == 1
    assert "is not the text that was approved; read what changed" in result.stdout


def test_no_fault_hides_another(tmp_path: Path) -> None:
    document, config = read(), SHIPPED
    for old, new, _ in (CHANGED["bound"], CHANGED["range"], CHANGED["unit"]):
        document = edit(document, old, new)
    config = edit(
        edit(config, "months = 1, bound", "months = 2, bound"), "count = [3, 4], source", "count = [3, 5], source"
    )
    code, output = check(document, config, tmp_path)
    assert code == 1
    for said in (
        "The clinic does not say “at least six weeks” in the section “Skin Needling”.",
        'The bound differs: the document says “six weeks”, and the rule says bound = \\"at_least\\".',
        "The unit differs: the document says “24 days”, and the rule says 24 hours.",
        "The rule is outside the range: the document says “4 or 5 days”, and the rule says 2 days.",
        "The number differs: the document says “one month”, and the rule says 2 months.",
        "The rule is outside the range: the document says “Three to four”, and the rule says 3 to 5.",
    ):
        assert said in output


@pytest.mark.parametrize(("old", "new", "said"), WRONG.values(), ids=WRONG)
def test_a_wrong_rule_fails(old: str, new: str, said: str, tmp_path: Path) -> None:
    code, output = check(read(), edit(SHIPPED, old, new), tmp_path)
    assert code == 1
    assert said in output
