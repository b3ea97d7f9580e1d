"""What people type: read once, and refused with a sentence that says what to do."""

from __future__ import annotations

from datetime import time
from zoneinfo import ZoneInfo

import pytest

from reminders.model import InputRefusal, Precision
from reminders.typed import (
    When,
    fold_name,
    read_email,
    read_name,
    read_phone,
    read_time_zone,
    read_when,
)
from tests.factories import NEW_YORK, at

NOON = time(12)


def read(text: str) -> When:
    return read_when(text, NEW_YORK, NOON)


def minute(typed: str) -> When:
    return When(at=at(typed), precision=Precision.MINUTE)


def day(typed: str) -> When:
    return When(at=at(f"{typed} 12:00"), precision=Precision.DATE)


# ---- moments -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["2026-03-10T14:30", "2026-03-10 14:30", " 2026-03-10T14:30 ", "2026-03-10t14:30"])
def test_a_time_is_read_on_the_clinics_clock(text: str) -> None:
    assert read(text) == minute("2026-03-10 14:30")


@pytest.mark.parametrize(
    "text", ["2026-03-10T14:30-04:00", "2026-03-10T18:30Z", "2026-03-10T18:30z", "2026-03-11T03:30+0900"]
)
def test_an_offset_has_the_say_over_the_clinics_clock(text: str) -> None:
    assert read(text) == minute("2026-03-10 14:30")


def test_a_date_alone_stands_at_the_clinics_default_time_and_says_so() -> None:
    """P9."""
    assert read("2026-03-10") == day("2026-03-10")


def test_seconds_are_dropped() -> None:
    assert read("2026-03-10T14:30:59") == minute("2026-03-10 14:30")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "today",
        "10.03.2026",
        "03/10/2026",
        "2026-3-10",
        "2026-03-10T9:30",
        "2026-03-10T14",
        "2026-03-10T14:30 EST",
        "2026-03-10Z",
        "20260310",
        "2026-03-10T14:30\n2026-03-11",
        "٢٠٢٦-03-10",
    ],
)
def test_what_is_no_time_is_refused_with_how_to_write_it(text: str) -> None:
    with pytest.raises(InputRefusal, match="write it as 2026-03-24 or"):
        read(text)


@pytest.mark.parametrize("text", ["2026-02-30", "2026-13-01", "2026-03-10T24:00", "2026-03-10T12:60", "2027-02-29"])
def test_a_time_that_does_not_exist_is_refused(text: str) -> None:
    with pytest.raises(InputRefusal, match="does not exist in the calendar"):
        read(text)


@pytest.mark.parametrize("text", ["0001-01-01", "0026-03-10T14:30", "9999-12-31T23:30", "9999-12-31T23:30-12:00"])
def test_a_year_at_the_ends_of_the_calendar_is_refused(text: str) -> None:
    with pytest.raises(InputRefusal, match="check the year"):
        read(text)


def test_an_offset_that_no_clock_has_is_refused() -> None:
    with pytest.raises(InputRefusal, match="is not an offset"):
        read("2026-03-10T14:30+25:00")


# ---- next to a change of the clocks (P8) -------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["2026-03-08T02:00", "2026-03-08T02:59"])
def test_a_typed_time_in_the_gap_is_refused(text: str) -> None:
    """P8."""
    with pytest.raises(InputRefusal, match="the clocks went forward"):
        read(text)


@pytest.mark.parametrize("text", ["2026-03-08T01:59", "2026-03-08T03:00"])
def test_a_typed_time_beside_the_gap_is_read(text: str) -> None:
    assert read(text) == minute(text)


def test_a_typed_time_in_the_gap_may_be_given_with_an_offset() -> None:
    """02:30 of winter time is 03:30 on the clock."""
    assert read("2026-03-08T02:30-05:00") == minute("2026-03-08 03:30")


def test_a_typed_time_in_the_overlap_is_the_first() -> None:
    """P8."""
    assert read("2026-11-01T01:30").at == at("2026-11-01 05:30", ZoneInfo("UTC"))


def test_a_typed_time_in_the_overlap_with_an_offset_may_be_the_second() -> None:
    """P8."""
    assert read("2026-11-01T01:30-05:00").at == at("2026-11-01 06:30", ZoneInfo("UTC"))


def test_a_date_alone_whose_default_time_is_in_the_gap_is_read() -> None:
    assert read_when("2026-03-08", NEW_YORK, time(2, 30)).at == at("2026-03-08 03:00")


# ---- past and future (P9, P10) -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("when", "is_future", "is_past"),
    [
        (minute("2026-03-10 09:59"), False, True),
        (minute("2026-03-10 10:00"), False, True),
        (minute("2026-03-10 10:01"), True, False),
        (day("2026-03-09"), False, True),
        (day("2026-03-10"), False, False),
        (day("2026-03-11"), True, False),
    ],
)
def test_a_time_is_compared_by_its_minute_and_a_date_by_its_day(when: When, is_future: bool, is_past: bool) -> None:
    """P9: a date alone is not midnight, and noon of today is not the future."""
    now = at("2026-03-10 10:00")

    assert (when.is_future(now, NEW_YORK), when.is_past(now, NEW_YORK)) == (is_future, is_past)


def test_the_day_of_a_date_alone_is_the_clinics() -> None:
    late_evening = at("2026-03-10 23:30")

    assert day("2026-03-11").is_future(late_evening, NEW_YORK)


# ---- numbers and addresses ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["(617) 555-0142", "617-555-0142", "6175550142", "+1 617 555 0142", "1 617.555.0142"])
def test_a_number_is_kept_in_one_form(text: str) -> None:
    assert read_phone(text, "US") == "+16175550142"


def test_a_number_is_read_as_the_clinics_country_dials_it() -> None:
    assert read_phone("001 617 555 0142", "DE") == "+16175550142"


@pytest.mark.parametrize(
    "text", ["", "12", "call me", "617-555-014", "+1 999 555 0142 9", "617-555-0142 ext. 5", "ana@example.org"]
)
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(InputRefusal, match="not a phone number"):
        read_phone(text, "US")


def test_a_refused_number_is_not_repeated_in_the_sentence() -> None:
    """S6: the sentence may end in a log."""
    with pytest.raises(InputRefusal) as refusal:
        read_phone("617-555-014", "US")

    assert "555" not in str(refusal.value)


@pytest.mark.parametrize("text", ["ana@example.org", " Ana@Example.ORG ", "ANA@EXAMPLE.ORG"])
def test_an_address_is_kept_in_one_form(text: str) -> None:
    assert read_email(text) == "ana@example.org"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ana",
        "ana@",
        "@example.org",
        "ana@example",
        "ana@exa mple.org",
        "a@b@example.org",
        "ana@example.org\nBcc: x@example.org",
    ],
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(InputRefusal, match="not an email address"):
        read_email(text)


# ---- zones and names ---------------------------------------------------------------------------------------------


def test_a_zone_is_read_by_its_name() -> None:
    assert read_time_zone("America/Los_Angeles") == "America/Los_Angeles"


@pytest.mark.parametrize("text", ["", "Eastern", "America/Boston", "../UTC", "america/new_york"])
def test_an_unknown_zone_is_refused(text: str) -> None:
    with pytest.raises(InputRefusal, match="is not a time zone"):
        read_time_zone(text)


def test_a_name_is_kept_as_typed_but_for_its_spaces() -> None:
    assert read_name("  Ana   María  Díaz ") == "Ana María Díaz"


@pytest.mark.parametrize("text", ["", "   ", "Ana\x00", "Ana\x1b[31m", "A" * 201])
def test_what_is_no_name_is_refused(text: str) -> None:
    with pytest.raises(InputRefusal):
        read_name(text)


@pytest.mark.parametrize("text", ["ana diaz", "ANA DIAZ", " Ana  Diaz "])
def test_case_and_spacing_do_not_make_another_person(text: str) -> None:
    assert fold_name(text) == fold_name("Ana Diaz")
