"""A text may state the figures of its rule and those of the document for its treatment, and no others."""

from __future__ import annotations

import pytest

from reminders.checking import Subject
from reminders.checking.texts import Reading, list_stated
from tests.checking.checking_factories import check, edit_config, edit_sheet, list_failing, list_hints, list_sentences

NO_FIGURES = {
    "a date": "Your visit is on Tuesday, March 24.",
    "a date in British": "Your visit is on the 24th of March 2026.",
    "a date in digits": "See you on 2026-03-24, that is 24/03/2026.",
    "a time": "Come at 10:30, at 2:30 PM or at 4 pm.",
    "a number to call": "Call (617) 555-0142, +1 617 555 0142 or 617-555-0142.",
    "an address": "See https://pebblelane.example.org/24 or write to desk24@pebblelane.example.org.",
    "what is vague": "A few notes for the next several days.",
    "a bare one": "One of us is there once you call.",
}


@pytest.mark.parametrize("text", NO_FIGURES.values(), ids=NO_FIGURES)
def test_what_is_no_claim_is_no_figure(text: str) -> None:
    assert list_stated(Reading(treatment="lamp", rule="icing", text=text)) == []


def test_what_was_put_into_a_template_is_no_figure() -> None:
    reading = Reading(treatment="lamp", rule="icing", text="Clinic 24 says: 3 days.", values=("Clinic 24",))
    assert [amount.words for amount in list_stated(reading)] == ["3 days"]


def test_the_texts_of_a_rule_are_one_finding() -> None:
    texts = [finding for finding in check() if finding.subject is Subject.TEXT]
    assert [(finding.rule, finding.figure) for finding in texts] == [
        ("icing", "20 minutes; 48 hours"),
        ("swelling", "4 to 6 days; 1 or 2 days; 20-30 minutes; a quarter of an hour"),
    ]


FOREIGN = {
    "a figure of nobody's": ("Use sun cream of factor 50.", "50"),
    "another number": ("Puffy for 1 or 3 days.", "1 or 3 days"),
    "another unit": ("Puffy for 1 or 2 weeks.", "1 or 2 weeks"),
    "half a range": ("Rosy for 6 days.", "6 days"),
    "a stricter bound": ("Puffy for at least 1 or 2 days.", "at least 1 or 2 days"),
    "the other treatment's": ("Come again in at least five weeks.", "at least five weeks"),
    "a visitor's": ("Cool it hourly.", "hourly"),
}


@pytest.mark.parametrize(("text", "words"), FOREIGN.values(), ids=FOREIGN)
def test_a_figure_that_neither_rule_nor_document_has_fails(text: str, words: str) -> None:
    findings = check(texts={"swelling": text})
    assert list_failing(findings) == [("lamp swelling text", "unknown_figure")]
    assert list_sentences(findings) == [f"The text says “{words}”; neither the rule nor a section for lamp has this figure."]  # fmt: skip  # noqa: E501


OWN = {
    "its own end": "Useful for 28 days.",
    "its own end in weeks": "Useful for four weeks.",
    "the time between sessions": "Come again two months later.",
    "the number of sessions": "It takes five to six visits.",
    "the number of the reminder": "This is note {{ occurrence }}.",
}


@pytest.mark.parametrize("text", OWN.values(), ids=OWN)
def test_a_rules_own_figures_may_be_said(text: str) -> None:
    assert list_failing(check(texts={"sunscreen": text})) == []


def test_another_rules_figures_may_not_be_said() -> None:
    findings = check(texts={"icing": "Useful for 28 days."})
    assert list_failing(findings) == [("lamp icing text", "unknown_figure")]


def test_a_figure_of_the_document_that_nobody_uses_is_a_hint() -> None:
    findings = check(texts={"swelling": "It may be puffy for 1 or 2 days."})
    assert list_hints(findings) == [
        ("lamp", "20 minutes to half an hour"),
        ("lamp", "a quarter of an hour"),
        ("lamp sunscreen", "4 to 6 days"),
    ]


def test_what_is_told_as_vaguely_as_the_document_no_longer_tells_it_is_a_hint() -> None:
    findings = check(edit_sheet("several weeks", "several months"))
    assert list_failing(findings) == []
    assert list_hints(findings) == [("lamp sunscreen text", "")]
    (hint,) = [fault.sentence for finding in findings for fault in finding.faults]
    assert hint == "The text says “several weeks”; no section for lamp says so. See if it still holds."


def test_without_the_document_no_text_is_blamed() -> None:
    findings = check(config=edit_config('file = "sheet.txt"', 'file = "gone.txt"'))
    assert {finding.subject for finding in findings} == {Subject.DOCUMENT, Subject.FIGURE}


WITHDRAWN = "Please forget our notes. Call within 9 days."


@pytest.mark.parametrize("file", ["_withdraw/sms.txt", "_withdraw/email.txt", "_withdraw/subject.txt"])
def test_a_withdrawal_is_read_for_every_treatment(file: str) -> None:
    findings = check(files={file: WITHDRAWN})
    assert list_failing(findings) == [
        ("roller withdrawal text", "unknown_figure"),
        ("lamp withdrawal text", "unknown_figure"),
    ]


def test_a_withdrawal_may_say_what_holds_for_the_treatment_alone() -> None:
    findings = check(files={"_withdraw/sms.txt": "Please forget our notes. It takes at least five weeks."})
    assert list_failing(findings) == [("lamp withdrawal text", "unknown_figure")]


MAILS = ["_staff/task/body.txt", "_staff/task/subject.txt", "_staff/unwell/body.txt", "_staff/unwell/subject.txt"]


@pytest.mark.parametrize("file", MAILS)
def test_a_mail_to_staff_that_tells_a_figure_of_nobodys_fails(file: str) -> None:
    (sentence,) = list_sentences(check(files={file: "9 days"}))
    assert sentence == "The text says “9 days”; no rule and no document has this figure."


@pytest.mark.parametrize("text", ["After at least five weeks.", "Two months later.", "Seen {{ task_id }} of 28 days."])
def test_a_mail_to_staff_may_tell_the_figures_of_any_treatment(text: str) -> None:
    assert list_failing(check(files={"_staff/task/body.txt": text})) == []


def test_without_a_document_no_mail_to_staff_is_blamed() -> None:
    config = edit_config('file = "sheet.txt"', 'file = "gone.txt"')
    findings = check(config=config, files={"_staff/task/body.txt": "9 days"})
    assert {finding.subject for finding in findings} == {Subject.DOCUMENT, Subject.FIGURE}
