"""What the check says of a rule that its document does not bear out: a sentence for each fault."""

from __future__ import annotations

import pytest

from reminders.checking import FaultKind
from tests.checking.checking_factories import check, cite, edit_config, edit_sheet, list_failing, list_sentences

AT_LEAST = 'bound = "at_least"'
WORDS = "at least five weeks"
ROLLER, LAMP = "Roller Therapy", "Lamp Therapy"

WRONG = {
    # what is wrong: the figure, the section and words that it cites, and what is said of it
    "number": (f"weeks = 8, {AT_LEAST}", ROLLER, WORDS, ["number"]),
    "unit": (f"months = 5, {AT_LEAST}", ROLLER, WORDS, ["unit"]),
    "unit of the same kind": (f"days = 5, {AT_LEAST}", ROLLER, WORDS, ["unit"]),
    "number and unit": (f"months = 8, {AT_LEAST}", ROLLER, WORDS, ["number", "unit"]),
    "bound": ('weeks = 5, bound = "nominal"', ROLLER, WORDS, ["bound"]),
    "other bound": ('weeks = 5, bound = "at_most"', ROLLER, WORDS, ["bound"]),
    "number, unit and bound": ("months = 8", ROLLER, WORDS, ["number", "unit", "bound"]),
    "section": (f"weeks = 5, {AT_LEAST}", LAMP, WORDS, ["wrong_treatment", "not_quoted", "other_section"]),
    "unknown section": (f"weeks = 5, {AT_LEAST}", "Rolling", WORDS, ["section_unknown", "not_quoted", "other_section"]),
    "treatment": ("months = 2", LAMP, "two months apart", ["wrong_treatment"]),
    "a comment": ("weeks = 9", ROLLER, "9 weeks", ["not_quoted", "visitor"]),
    "words that nobody says": ("weeks = 7", ROLLER, "seven weeks", ["not_quoted", "number", "bound"]),
    "words without a figure": ("weeks = 5", ROLLER, "a gentle tool", ["no_figure"]),
    "a vague figure": ("days = 3", ROLLER, "a matter of days", ["vague", "bound"]),
    "a vague figure in another unit": ('months = 1, bound = "at_most"', ROLLER, "a matter of days", ["vague", "unit"]),
}  # fmt: skip


@pytest.mark.parametrize(("figure", "section", "words", "kinds"), WRONG.values(), ids=WRONG)
def test_each_fault_of_a_figure_is_listed(figure: str, section: str, words: str, kinds: list[str]) -> None:
    failing = list_failing(check(config=cite(figure, section, words)))
    assert failing == [("roller interval", kind) for kind in kinds]


def test_each_fault_has_a_sentence_of_its_own() -> None:
    sentences = list_sentences(check(config=cite("months = 8", LAMP, WORDS)))
    assert sentences == [
        "The section “Lamp Therapy” is not for roller.",
        "The clinic does not say “at least five weeks” in the section “Lamp Therapy”.",
        "These words stand in another section, “Roller Therapy”.",
        "The number differs: the document says “at least five weeks”, and the rule says 8 months.",
        "The unit differs: the document says “at least five weeks”, and the rule says 8 months.",
        'The bound differs: the document says “at least five weeks”, and the rule says bound = "nominal".',
    ]


EDITS = {
    # what is wrong: the words of the file, those in their place, where the fault is, and what is said of it
    "two months as 56 days": ("{ months = 2,", "{ days = 56,", "lamp interval", ["number", "unit"]),
    "two days for 48 hours": ("expires = { end_of_day = 2,", "expires = { hours = 48,", "lamp swelling expires",
                              ["number", "unit"]),
    "a part of a number": ("first forty-eight", "eight", "lamp icing until", []),
    "outside the range": ("{ days = 1, source", "{ days = 0, source", "lamp swelling from", ["outside_range"]),
    "not the end of the range": ("end_of_day = 2", "end_of_day = 1", "lamp swelling expires", ["range_end"]),
    "an end of its own": ("count = [5, 6]", "count = [5, 7]", "lamp sessions", ["outside_range"]),
    "a vague length": ("{ end_of_day = 28, clinic_supplied = true }",
                       '{ end_of_day = 28, source = { document = "sheet", section = "At the end", figure = "several weeks" } }',  # noqa: E501
                       "lamp sunscreen expires", ["vague"]),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new", "where", "kinds"), EDITS.values(), ids=EDITS)
def test_each_fault_of_a_rule_is_listed(old: str, new: str, where: str, kinds: list[str]) -> None:
    assert list_failing(check(config=edit_config(old, new))) == [(where, kind) for kind in kinds]


def test_one_value_within_a_range_is_no_fault() -> None:
    assert list_failing(check(config=edit_config("count = [5, 6]", "count = 6"))) == []


def test_a_week_may_be_written_in_days() -> None:
    assert list_failing(check(config=edit_config("{ weeks = 5,", "{ days = 35,"))) == []


def test_a_time_of_day_is_held_against_the_document_too() -> None:
    at = 'at = { time = "09:00", source = { document = "sheet", section = "At the end", figure = "FIGURE" } }'
    config = edit_config('at = { time = "09:00", clinic_supplied = true }', at)
    sheet_says = [("9 am", []), ("11 am", ["not_quoted", "number"]), ("several weeks", ["no_figure"])]
    for words, kinds in sheet_says:
        sheet = edit_sheet("wear a hat", "from 9 am wear a hat")
        failing = list_failing(check(sheet, config.replace("FIGURE", words)))
        assert failing == [("lamp sunscreen at", kind) for kind in kinds]


def test_words_that_stand_twice_are_taken_as_the_rule_means_them() -> None:
    sheet = edit_sheet("Two to three visits", "Nobody waits at most five weeks. Two to three visits")
    assert list_failing(check(sheet, edit_config("at least five weeks", "five weeks"))) == []


def test_a_section_without_treatments_is_for_all_of_them() -> None:
    config = cite("months = 2", LAMP, "two months apart").replace('treatments = ["lamp"]\n', "", 1)
    assert list_failing(check(config=config)) == []


def test_a_document_without_visitors_may_speak_of_itself() -> None:
    """A page of one doctor says "I"; where nobody else writes, nobody else can be meant."""
    sheet = edit_sheet("Two to three visits are usual", "I recommend two to three visits")
    assert list_failing(check(sheet)) != []
    assert list_failing(check(sheet, edit_config('clinic_text_ends_before = "2 replies"\n', ""))) == []


def test_a_document_that_nobody_approved_yet_says_what_to_write() -> None:
    findings = check(config=edit_config('sha256 = "APPROVED"\n', ""))
    assert (
        findings[0].faults[0].sentence.startswith("Nobody has approved this text yet; read it, and then write sha256")
    )


def test_a_document_that_names_no_file_says_so() -> None:
    findings = check(config=edit_config('file = "sheet.txt"\n', ""))
    assert findings[0].faults[0].kind is FaultKind.NO_FILE
    assert {kind for _, kind in list_failing(findings)} == {FaultKind.NO_FILE}


def test_a_document_that_nothing_cites_and_that_names_no_file_is_left_alone() -> None:
    config = edit_config("[treatments.roller]", '[documents.other]\ntitle = "Other"\n[treatments.roller]')
    assert [finding.document for finding in check(config=config) if not finding.treatment] == ["sheet"]
