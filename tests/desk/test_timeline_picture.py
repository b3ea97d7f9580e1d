"""The picture of a patient's timeline: a mark for each entry, on its side of now, and told apart by its shape."""

from __future__ import annotations

import re
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest

from reminders.desk.timeline_marks import APART, list_lanes, make_frame
from reminders.desk.timeline_picture import draw_picture
from reminders.desk.timeline_signs import SIGNS, WORDS, Shape
from reminders.forecasting import ForecastLine
from reminders.model import AnchorKind, Audience, Channel, Identity, Reason, Status
from reminders.overview.patient import Entry, EntryKind
from tests.factories import NEW_YORK, at

NOW = at("2026-03-24 14:00")
LEFT_EDGE, RIGHT_EDGE = 100, 800


def make_entry(moment: str, **over: Any) -> Entry:
    """A procedure, performed."""
    instant = at(moment)
    values: dict[str, Any] = {"kind": EntryKind.PROCEDURE, "label": "Laser", "status": "performed", **over}
    return Entry(at=instant, local=instant.astimezone(NEW_YORK), has_time=True, **values)


def make_reminder(moment: str, status: Status, rule: str = "icing", number: int = 1, **over: Any) -> Entry:
    instant = at(moment)
    line = ForecastLine(
        identity=Identity(AnchorKind.PROCEDURE, 1, rule, number),
        reminder_id=number,
        treatment="laser",
        audience=Audience.PATIENT,
        channel=Channel.SMS,
        status=status,
        reason=over.get("reason"),
        due_at=instant,
        leaves_at=None if status is Status.WITHHELD else instant,
        local=instant.astimezone(NEW_YORK),
        expires_at=instant + timedelta(days=1),
    )
    return make_entry(moment, kind=EntryKind.REMINDER, label=f"{rule} {number}", status=status, line=line, **over)


STORY = [
    make_entry("2026-03-10 10:00"),
    *(make_reminder(f"2026-03-10 {hour}:00", Status.SENT, number=hour - 9) for hour in (10, 13, 16, 19)),
    *(
        make_reminder(
            f"2026-03-{11 + hour // 24} {hour % 24:02}:00", Status.WITHHELD, number=hour, reason=Reason.PAUSED
        )
        for hour in (1, 4, 7)
    ),
    make_reminder("2026-03-24 13:58", Status.SENT, "sunscreen", 1),
    make_reminder("2026-03-24 14:02", Status.SCHEDULED, "sunscreen", 2),
    make_entry("2026-04-14 10:00", kind=EntryKind.VISIT, status="open"),
]


def places() -> dict[str, list[tuple[float, str, int]]]:
    """By lane: where each mark is, its shape, and how many entries it stands for."""
    frame = make_frame(STORY, NEW_YORK, NOW, LEFT_EDGE, RIGHT_EDGE)
    return {
        lane.label: [(mark.x, mark.shape.value, len(mark.entries)) for mark in lane.marks]
        for lane in list_lanes(STORY, frame)
    }


def test_neighbours_of_one_kind_are_one_mark_with_their_number() -> None:
    assert [(shape, count) for _, shape, count in places()["icing"]] == [("left", 4), ("unsent", 3)]


def test_no_entry_is_lost_and_no_two_marks_of_a_lane_touch() -> None:
    lanes = places()

    assert sum(count for marks in lanes.values() for _, _, count in marks) == len(STORY)
    for marks in lanes.values():
        xs = [x for x, _, _ in marks]
        assert all(right - left >= APART - 0.2 for left, right in pairwise(xs))


def test_what_is_over_stands_left_of_now_and_what_is_to_come_right_of_it() -> None:
    """Also where both are minutes away."""
    at_now = make_frame(STORY, NEW_YORK, NOW, LEFT_EDGE, RIGHT_EDGE).x(NOW)
    (before, shape, _), (after, other, _) = places()["sunscreen"]

    assert (shape, other) == ("left", "coming")
    assert before < at_now < after


def test_a_mark_never_stands_before_the_procedure_it_follows() -> None:
    lanes = places()

    assert lanes["icing"][0][0] >= lanes["procedures, visits"][0][0]


def test_each_shape_looks_different_and_has_its_words() -> None:
    """Not by colour alone."""
    assert len(set(SIGNS.values())) == len(Shape)
    assert set(SIGNS) == set(WORDS) == set(Shape)


@pytest.mark.parametrize("name", ["wide", "narrow"])
def test_the_picture_says_what_it_shows(name: str) -> None:
    drawn = str(getattr(draw_picture(STORY, NEW_YORK, NOW), name))

    assert f'role="img" aria-labelledby="picture-{name}-title picture-{name}-what"' in drawn
    assert "icing: 4 has left, 3 does not leave." in drawn
    assert re.search(r"<title>icing 1, Tue 10 Mar 2026, 10:00: sent; icing 4, Tue 10 Mar 2026, 13:00: sent", drawn)


def test_the_legend_names_the_signs_that_occur() -> None:
    words = [said for _, said in draw_picture(STORY, NEW_YORK, NOW).legend]

    assert words == ["procedure", "visit", "has left", "will leave", "does not leave"]


def test_what_lies_more_than_half_a_year_away_is_left_to_the_list() -> None:
    old = make_entry("2024-03-10 10:00")

    picture = draw_picture([old, *STORY], NEW_YORK, NOW)

    assert picture.left_out == 1
    assert "2024" not in picture.wide


def test_names_in_the_picture_are_text() -> None:
    """S9"""
    hostile = "<script>alert(1)</script>"

    drawn = str(draw_picture([make_reminder("2026-03-24 13:00", Status.SENT, hostile)], NEW_YORK, NOW).wide)

    assert "<script" not in drawn
    assert "&lt;script&gt;" in drawn
    assert "style=" not in drawn
