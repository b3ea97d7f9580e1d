"""Scenarios against calendars worked out by hand from the domain's sentences."""

from __future__ import annotations

import pytest

from tests.clinic import LASER, NEEDLING
from tests.simulation.scenes import ANA, BEN, event, played, sends, tasks, unsent


def test_a_needling_gets_four_sunscreen_texts_and_two_about_the_next_session() -> None:
    rehearsal = played("2026-12-01 00:00", event("2026-05-05 11:00", "record_procedure", treatment=NEEDLING))

    assert sends(rehearsal) == [
        ("2026-05-06 09:00", "sunscreen 1"),
        ("2026-05-13 09:00", "sunscreen 2"),
        ("2026-05-20 09:00", "sunscreen 3"),
        ("2026-05-27 09:00", "sunscreen 4"),
        ("2026-06-09 10:00", "next-session 1"),
        ("2026-06-16 10:00", "next-session 2"),
    ]


def test_icings_of_the_night_are_shown_skipped() -> None:
    rehearsal = played("2026-03-11 09:00", event("2026-03-10 15:30", "record_procedure", treatment=LASER))

    assert sends(rehearsal) == [("2026-03-10 15:30", "icing 1"), ("2026-03-10 18:30", "icing 2")]
    assert unsent(rehearsal) == [
        ("2026-03-10 21:30", "icing 3", "skipped", "quiet_hours"),
        ("2026-03-11 00:30", "icing 4", "skipped", "quiet_hours"),
        ("2026-03-11 03:30", "icing 5", "skipped", "quiet_hours"),
        ("2026-03-11 06:30", "icing 6", "skipped", "quiet_hours"),
    ]


def test_the_end_is_exclusive() -> None:
    laser = event("2026-03-10 10:00", "record_procedure", treatment=LASER)

    assert sends(played("2026-03-10 13:00", laser)) == [("2026-03-10 10:00", "icing 1")]
    assert sends(played("2026-03-10 13:01", laser))[1:] == [("2026-03-10 13:00", "icing 2")]


def test_an_event_comes_before_what_leaves_in_the_same_minute() -> None:
    rehearsal = played(
        "2026-05-10 00:00",
        event("2026-05-05 11:00", "record_procedure", treatment=NEEDLING, id="first"),
        event("2026-05-06 09:00", "cancel_procedure", procedure="first", reason="not performed"),
    )

    assert sends(rehearsal) == []
    assert unsent(rehearsal) == [("2026-05-06 09:00", "sunscreen 1", "cancelled", "procedure_cancelled")]


def test_a_newer_procedure_of_another_treatment_ends_the_sunscreen_of_the_older() -> None:
    rehearsal = played(
        "2026-05-20 00:00",
        event("2026-05-05 11:00", "record_procedure", treatment=NEEDLING),
        event("2026-05-12 15:00", "record_procedure", treatment=LASER),
    )

    assert [each for each in sends(rehearsal) if "sunscreen" in each[1]] == [
        ("2026-05-06 09:00", "sunscreen 1"),
        ("2026-05-13 09:00", "sunscreen 1"),
    ]
    assert ("2026-05-13 09:00", "sunscreen 2", "superseded", "superseded") in unsent(rehearsal)


def test_a_patient_in_another_zone_gets_texts_by_their_own_clock() -> None:
    rehearsal = played(
        "2026-05-07 00:00",
        event("2026-05-05 11:00", "record_procedure", treatment=NEEDLING),
        patients=[{**ANA, "time_zone": "America/Los_Angeles"}],
    )

    line = rehearsal.items[0].as_json()
    assert (line["at"], line["at_utc"]) == ("2026-05-06T09:00:00-07:00", "2026-05-06T16:00:00Z")


def test_texts_of_one_minute_leave_as_one_message() -> None:
    rehearsal = played(
        "2026-03-11 10:01",
        event("2026-03-10 13:00", "record_procedure", treatment=LASER),
        clinic={"sending_hours": ["10:00", "20:00"]},
    )

    *_, icing, sunscreen = [item for item in rehearsal.items if item.kind == "send"]
    assert [icing.rule, sunscreen.rule] == ["icing", "sunscreen"]
    assert (icing.message, icing.body) == (sunscreen.message, sunscreen.body)


def test_a_kept_booking_brings_its_text_and_holds_back_the_next_session() -> None:
    rehearsal = played(
        "2026-04-20 00:00",
        event("2026-03-10 10:00", "record_procedure", treatment=LASER),
        event("2026-03-20 12:00", "book_session", treatment=LASER, starts_at="2026-04-14 14:30", id="second"),
        event("2026-04-14 15:10", "record_procedure", treatment=LASER, id="done"),
    )

    named = [(item.rule, item.session, item.procedure) for item in rehearsal.items if item.rule == "preparation"]
    assert named == [("preparation", "second", None)]
    assert ("2026-04-13 10:00", "preparation 1") in sends(rehearsal)
    assert [each for each in sends(rehearsal) if "next" in each[1]] == []


def test_a_moved_visit_that_a_text_had_named_is_corrected() -> None:
    rehearsal = played(
        "2026-06-20 00:00",
        event("2026-05-05 11:00", "record_procedure", treatment=NEEDLING),
        event("2026-06-01 11:00", "book_session", treatment=NEEDLING, starts_at="2026-06-18 14:00", id="second"),
        event("2026-06-17 16:00", "move_session", session="second", starts_at="2026-06-19 09:30"),
    )

    last = [short for short in sends(rehearsal) if short[0] > "2026-06-17"]
    assert last == [
        ("2026-06-17 10:00", "appointment 1"),
        ("2026-06-17 16:00", "correction 1"),
        ("2026-06-18 10:00", "appointment 1"),
    ]
    assert {item.session for item in rehearsal.items if item.rule in ("appointment", "correction")} == {"second"}


def test_a_visit_of_which_nobody_says_what_became_is_asked_about_and_lapses() -> None:
    rehearsal = played(
        "2026-07-01 00:00",
        event("2026-05-05 11:00", "record_procedure", treatment=NEEDLING),
        event("2026-06-01 11:00", "book_session", treatment=NEEDLING, starts_at="2026-06-18 14:00", id="second"),
    )

    assert tasks(rehearsal) == [("2026-06-19 10:00", "session-outcome")]
    # Seven days later the booking no longer counts, and its week has not yet passed.
    assert sends(rehearsal)[-1] == ("2026-06-26 08:00", "next-session 2")


def test_tasks_name_whom_and_what_they_are_about() -> None:
    rehearsal = played(
        "2026-06-01 00:00",
        event("2026-05-05 11:00", "record_procedure", treatment=NEEDLING, id="first", session=3),
        event("2026-05-06 11:00", "book_session", treatment=NEEDLING, starts_at="2026-06-03 14:00", id="soon"),
    )

    asked = [item for item in rehearsal.items if item.kind == "task"]
    assert [(item.rule, item.patient, item.procedure, item.session, item.audience) for item in asked] == [
        ("decide-course", "ana", "first", None, "staff"),
        ("too-early", "ana", None, "soon", "staff"),
    ]


def test_a_decided_course_brings_the_next_session_back() -> None:
    rehearsal = played(
        "2026-07-01 00:00",
        event("2026-05-05 11:00", "record_procedure", treatment=NEEDLING, session=3),
        event("2026-05-20 11:00", "decide_course", treatment=NEEDLING, planned_sessions=5),
    )

    assert sends(rehearsal)[-2:] == [("2026-06-09 10:00", "next-session 1"), ("2026-06-16 10:00", "next-session 2")]


def test_after_stop_what_follows_goes_by_the_other_channel() -> None:
    rehearsal = played(
        "2026-05-21 00:00",
        event("2026-05-05 11:00", "record_procedure", treatment=NEEDLING),
        event("2026-05-10 11:00", "opt_out", channel="sms"),
    )

    assert [item.channel for item in rehearsal.items if item.kind == "send"] == ["sms", "email", "email"]


def test_without_consent_everything_is_withheld() -> None:
    rehearsal = played(
        "2026-05-14 00:00",
        event("2026-05-05 11:00", "record_procedure", treatment=NEEDLING),
        patients=[{**ANA, "consent": []}],
    )

    assert unsent(rehearsal) == [
        ("2026-05-06 09:00", "sunscreen 1", "withheld", "no_consent"),
        ("2026-05-13 09:00", "sunscreen 2", "withheld", "no_consent"),
    ]


def test_a_corrected_date_moves_what_has_not_left() -> None:
    rehearsal = played(
        "2026-05-16 00:00",
        event("2026-05-06 17:00", "record_procedure", treatment=NEEDLING, id="first"),
        event("2026-05-08 10:00", "correct_procedure", procedure="first", performed_at="2026-05-05 11:00"),
    )

    assert sends(rehearsal) == [("2026-05-07 09:00", "sunscreen 1"), ("2026-05-13 09:00", "sunscreen 2")]


@pytest.mark.parametrize(
    ("figures", "due"),
    [
        ({"from": {"days": 6}}, "2026-03-16 10:00"),
        ({"set": {"at": {"time": "11:00"}}}, "2026-03-15 11:00"),
        ({"from": {"days": 6}, "set": {"at": {"time": "11:00"}}}, "2026-03-16 11:00"),
    ],
)
def test_a_clinicians_figures_count_for_this_procedure(figures: dict[str, object], due: str) -> None:
    rehearsal = played(
        "2026-03-18 00:00",
        event("2026-03-10 10:00", "record_procedure", treatment=LASER, id="first"),
        event("2026-03-10 11:00", "override", procedure="first", rule="pinkness", **figures),
    )

    assert (due, "pinkness 1") in sends(rehearsal)


def test_items_stand_by_time_then_patient_then_the_order_of_the_rules() -> None:
    rehearsal = played(
        "2026-03-13 00:00",
        event("2026-03-10 10:00", "record_procedure", treatment=LASER, patient="ben"),
        event("2026-03-10 10:00", "record_procedure", treatment=LASER, patient="ana"),
        patients=[BEN, ANA],
    )

    lines = [item.as_json() for item in rehearsal.items]
    assert [(line["at_utc"], line["patient"]) for line in lines] == sorted(
        (line["at_utc"], line["patient"]) for line in lines
    )
    assert [line["patient"] for line in lines[:2]] == ["ana", "ben"]
