"""The shipped texts: the document's figures and no others, no telling word (C9), within their segments (C8)."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from reminders.messages import Encoding, Part
from reminders.messages.parts import part_values
from reminders.rules import Bound, Duration, Unit
from tests.messages.messages_factories import (
    LASER,
    NEEDLING,
    PAIRS,
    RULES_OF,
    SHIPPED,
    TARGET_ON,
    VISIT_AT,
    list_cases,
    list_readings,
    load_shipped,
    make_clinic,
    make_part,
)

TEXTS = load_shipped(make_clinic(name="Sample Clinic", sms_name="Sample Clinic"))
IN_COUNTRY = {country: load_shipped(make_clinic(country, sms_name="Sample Clinic")) for country in ("US", "GB")}
CASES = [part for treatment, rule in PAIRS for part in list_cases(rule, treatment)]

FIGURES = {
    "icing": {"10", "24", "first"},
    "swelling": {"2", "3"},
    "pinkness": {"3", "5"},
    "sunscreen": {"several"},
    "preparation": {"45", "half"},
}
PHRASES = [
    ("icing", "If there's swelling"),
    ("icing", "every 10 minutes"),
    ("icing", "first 24 hours"),
    ("swelling", "If the treated area is swollen"),
    ("swelling", "2 or 3 days"),
    ("pinkness", "3 to 5 days"),
    ("sunscreen", "several weeks"),
    ("preparation", "for 45 minutes to an hour"),
    ("preparation", "about half an hour"),
]
FIGURE = re.compile(
    r"\d+|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|first|second|third|once|twice|half"
    r"|quarter|couple|several|few|dozen|daily|hourly|weekly|monthly)\b"
)

NEVER = (
    r"make-?up|wash|exercis|sport|alcohol|drink|pain|spf|factor|moistur|cleans|finish|complete|last (?:visit|session)"
    r"|final|overdue|late\b|result|heal|offer|discount|price|tomorrow|today|early|numb|needle|doctor"
)
NEVER_OF = {
    NEEDLING: r"ice\b|icing|pack|pink|red\b|swell|swollen|cream|month|minute|hour|days|half|around",
    LASER: r"six|6 weeks|at least|(?:from|after) (?:mon|tues|wednes|thurs|fri|satur|sun)day",
}
LISTED = r"laser|needl|peel|scar|acne|face|cheek|skin|dermat|fractional"


def _without_values(text: str, part: Part) -> str:
    """What the template itself says: dates, times and the phone number are the caller's."""
    for value in part_values(part, TEXTS.clinic).values():
        text = text.replace(value, "…") if isinstance(value, str) and len(value) > 4 else text
    return text.casefold()


@pytest.mark.parametrize("part", CASES)
def test_a_text_holds_no_figure_but_those_of_the_document(part: Part) -> None:
    for text in list_readings(TEXTS, [part]):
        assert set(FIGURE.findall(_without_values(text, part))) <= FIGURES.get(part.rule, set())


@pytest.mark.parametrize(("rule", "phrase"), PHRASES)
def test_a_text_says_the_documents_figure_with_its_unit(rule: str, phrase: str) -> None:
    part = make_part(rule, visit_at=VISIT_AT) if rule == "preparation" else make_part(rule)
    sms, _, email = list_readings(TEXTS, [part])
    assert phrase in sms
    assert phrase.replace("on for", "on the treated area for") in email


@pytest.mark.parametrize("part", CASES)
def test_a_text_says_nothing_that_is_never_derived(part: Part) -> None:
    never = re.compile(rf"\b(?:{NEVER}|{NEVER_OF[part.treatment]})")
    for text in list_readings(TEXTS, [part]):
        assert never.findall(text.casefold()) == []


@pytest.mark.parametrize("part", CASES)
def test_a_text_tells_a_stranger_nothing(part: Part) -> None:
    """C9"""
    for text in [*list_readings(TEXTS, [part]), TEXTS.render_email([part], "Ana Sample").html or ""]:
        assert re.findall(LISTED, text.casefold()) == []


def test_no_shipped_file_holds_a_listed_word() -> None:
    """C9, in the layouts, the withdrawal and the mails to staff too."""
    sources = {path.name: path.read_text() for path in SHIPPED.rglob("*.*")}
    assert [name for name, source in sources.items() if re.search(LISTED, source, re.IGNORECASE)] == []


@pytest.mark.parametrize("country", IN_COUNTRY)
@pytest.mark.parametrize("part", CASES)
def test_a_text_is_one_segment_and_the_first_text_two(part: Part, country: str) -> None:
    """C8 allows 2 and 3."""
    texts = IN_COUNTRY[country]
    alone, first = texts.render_sms([part], is_first=False), texts.render_sms([part], is_first=True)
    assert (alone.segments, alone.encoding) == (1, Encoding.GSM7)
    assert first.segments <= 2


@pytest.mark.parametrize("treatment", RULES_OF)
def test_two_reminders_in_a_first_text_are_within_three_segments(treatment: str) -> None:
    parts = [part for part in CASES if part.treatment == treatment and part.rule != "correction"]
    assert all(TEXTS.render_sms([one, two], is_first=True).segments <= 3 for one in parts for two in parts)


def test_the_first_text_says_what_to_expect_and_how_to_stop() -> None:
    """C8"""
    body = TEXTS.render_sms([make_part("icing")], is_first=True).body
    reminder, extra = body.split("\n")
    assert reminder == TEXTS.render_sms([make_part("icing")], is_first=False).body
    assert extra.startswith("You'll get a few aftercare texts")
    assert extra.endswith("Msg & data rates may apply. Reply HELP for help, STOP to stop.")


@pytest.mark.parametrize("part", CASES)
def test_a_text_names_the_clinic_once_in_front_and_never_the_patient(part: Part) -> None:
    body = TEXTS.render_sms([part], is_first=True).body
    assert body.startswith("Sample Clinic: ")
    assert body.count("Sample Clinic") == 1
    assert "Ana" not in body


def test_the_next_session_of_the_laser_is_around_a_day() -> None:
    text = TEXTS.render_sms([make_part("next-session", LASER, target_on=TARGET_ON)], is_first=False).body
    assert "Your next visit is due around Tuesday, March 24." in text
    assert "call +1 555-010-0199" in text


def test_the_next_session_of_needling_is_from_a_day_on() -> None:
    text = TEXTS.render_sms([make_part("next-session", NEEDLING, target_on=TARGET_ON)], is_first=False).body
    assert "Your next visit can take place from Tuesday, March 24 on." in text


def test_the_next_session_of_a_treatment_with_a_maximum_is_by_a_day() -> None:
    clinic = make_clinic()
    interval = Duration(value=1, unit=Unit.MONTHS, bound=Bound.AT_MOST)
    texts = load_shipped(replace(clinic, treatments={LASER: replace(clinic.treatments[LASER], interval=interval)}))
    text = texts.render_sms([make_part("next-session", LASER, target_on=TARGET_ON)], is_first=False).body
    assert "Your next visit is due by Tuesday, March 24." in text


def test_a_treatment_that_left_the_configuration_still_has_its_texts() -> None:
    text = TEXTS.render_sms([make_part("next-session", "gone", target_on=TARGET_ON)], is_first=False).body
    assert "Your next visit is due around Tuesday, March 24." in text


@pytest.mark.parametrize("treatment", RULES_OF)
def test_a_next_session_text_that_leaves_after_the_day_names_none(treatment: str) -> None:
    text = TEXTS.render_sms([make_part("next-session", treatment)], is_first=False).body
    assert text == "Sample Clinic: It's time to plan your next visit. Please call +1 555-010-0199 to book it."


@pytest.mark.parametrize("rule", ["preparation", "appointment"])
def test_a_visit_without_a_time_is_named_by_its_day_alone(rule: str) -> None:
    with_time = make_part(rule, visit_at=VISIT_AT)
    without = make_part(rule, visit_at=VISIT_AT, visit_has_time=False)
    assert "on Tuesday, March 24 at 10:00 AM." in TEXTS.render_sms([with_time], is_first=False).body
    assert "on Tuesday, March 24." in TEXTS.render_sms([without], is_first=False).body


def test_a_correction_names_the_new_time() -> None:
    text = TEXTS.render_sms([make_part("correction", visit_at=VISIT_AT)], is_first=False).body
    assert text == "Sample Clinic: Your visit is now on Tuesday, March 24 at 10:00 AM, not as we wrote before."


@pytest.mark.parametrize(
    ("part", "start"),
    [
        (make_part("correction", visit_at=VISIT_AT, is_unbooked=True), "Your visit on Tuesday, March 24 is no longer"),
        (make_part("correction"), "Your visit is no longer"),
    ],
)
def test_a_correction_says_that_a_visit_is_unbooked(part: Part, start: str) -> None:
    text = TEXTS.render_sms([part], is_first=False).body
    assert text.startswith(f"Sample Clinic: {start} booked. Please call +1 555-010-0199")


def test_a_withdrawal_asks_to_ignore_what_was_sent() -> None:
    text, mail = TEXTS.render_withdrawal_sms(), TEXTS.render_withdrawal_email("Ana Sample")
    assert text.segments == 1
    assert "Please ignore our earlier texts" in text.body
    assert "Please ignore our earlier messages" in mail.text
    assert FIGURE.findall(text.body.replace("+1 555-010-0199", "") + mail.subject) == []
