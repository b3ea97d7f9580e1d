"""C8: segment counts agree with values worked out by hand from 3GPP TS 23.038 and 23.040."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reminders.messages import Encoding, Segments, count_segments
from reminders.messages.segments import tidy_for_sms

EMOJI = "\U0001f9ca"


@pytest.mark.parametrize(
    ("text", "units", "count"),
    [
        ("hello", 5, 1),
        ("a" * 160, 160, 1),
        ("a" * 161, 161, 2),
        ("a" * 306, 306, 2),
        ("a" * 307, 307, 3),
        ("a" * 459, 459, 3),
        ("a" * 460, 460, 4),
        ("é£¥ñ\n", 5, 1),
        ("€" * 80, 160, 1),
        ("a" * 158 + "€", 160, 1),
        ("a" * 159 + "€", 161, 2),
        (r"^{}\[~]|€" + "\f", 20, 1),
        # 76 pairs fill 152 of 153 septets: a pair is not cut, so each segment loses one.
        ("€" * 153, 306, 3),
        ("€" * 152, 304, 2),
    ],
)
def test_gsm7_counts_septets(text: str, units: int, count: int) -> None:
    assert count_segments(text) == Segments(encoding=Encoding.GSM7, units=units, count=count)


@pytest.mark.parametrize(
    ("text", "units", "count"),
    [
        ("ж", 1, 1),
        ("ж" * 70, 70, 1),
        ("ж" * 71, 71, 2),
        ("ж" * 134, 134, 2),
        ("ж" * 135, 135, 3),
        (EMOJI, 2, 1),
        (EMOJI * 35, 70, 1),
        # 33 pairs fill 66 of 67 units.
        (EMOJI * 66, 132, 2),
        (EMOJI * 67, 134, 3),
        ("ж" * 66 + EMOJI + "ж" * 65, 133, 2),
        ("ж" * 66 + EMOJI + "ж" * 66, 134, 3),
        ("a" * 150 + EMOJI, 152, 3),
        ("a" * 69 + "\u00a0", 70, 1),
        ("it`s", 4, 1),
    ],
)
def test_one_character_outside_gsm7_turns_all_to_utf16_units(text: str, units: int, count: int) -> None:
    assert count_segments(text) == Segments(encoding=Encoding.UCS2, units=units, count=count)


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=400))
def test_units_of_ucs2_are_what_utf16_takes(text: str) -> None:
    segments = count_segments("ж" + text)
    assert segments.units == len(("ж" + text).encode("utf-16-be")) // 2


def test_typographic_characters_become_plain_ones() -> None:
    assert tidy_for_sms("\u201cIt\u2019s\u00a0here\u201d \u2013 soon\u2026\u200b") == '"It\'s here" - soon...'


def test_decomposed_letters_are_joined() -> None:
    assert count_segments(tidy_for_sms("cafe\u0301")).encoding is Encoding.GSM7


def test_tidying_keeps_line_breaks() -> None:
    assert tidy_for_sms("one \r\n  two\n") == "one\ntwo"
