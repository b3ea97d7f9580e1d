"""A patient is paused: what is held back, what still leaves, and what comes back."""

from __future__ import annotations

import pytest

from reminders.model import InputRefusal, Refusal
from tests.casework.pages import DeskClinic
from tests.clinic import LASER, NEEDLING


def test_nothing_leaves_while_the_patient_is_paused(desk: DeskClinic) -> None:
    desk.record_on_time(LASER, "2026-03-10 10:00")
    desk.run_until("2026-03-11 12:00").pause()
    before = desk.sent_short()

    assert desk.run_until("2026-04-20 12:00").sent_short() == before


def test_the_plan_shows_what_a_pause_withholds(desk: DeskClinic) -> None:
    desk.record_on_time(NEEDLING, "2026-03-10 10:00")
    desk.pause()

    assert {(line.status, line.reason) for line in desk.plan()} == {("withheld", "paused")}


def test_what_is_still_due_comes_back_when_the_pause_ends(desk: DeskClinic) -> None:
    desk.record_on_time(LASER, "2026-03-10 10:00")
    desk.run_until("2026-03-12 09:00").pause()
    desk.run_until("2026-03-12 15:00").resume()

    assert desk.run_until("2026-03-12 15:30").sent_short()[-1] == ("2026-03-12 15:00", "swelling 1")


def test_what_has_expired_meanwhile_does_not_come_back(desk: DeskClinic) -> None:
    desk.record_on_time(LASER, "2026-03-10 10:00")
    desk.run_until("2026-03-11 12:00").pause()
    desk.run_until("2026-03-16 12:00").resume()
    desk.run_until("2026-03-19 12:00")

    assert [rule for at, rule in desk.sent_short() if at > "2026-03-11 12:00"] == ["pinkness 1", "sunscreen 2"]


def test_the_daemon_resumes_by_itself_on_the_day_that_was_given(desk: DeskClinic) -> None:
    desk.record_on_time(NEEDLING, "2026-03-10 10:00")
    desk.pause(until="2026-03-18")
    desk.run_until("2026-03-19 12:00")

    assert desk.sent_short() == [("2026-03-18 08:00", "sunscreen 1"), ("2026-03-18 09:00", "sunscreen 2")]


def test_a_correction_leaves_all_the_same(desk: DeskClinic) -> None:
    desk.record_on_time(NEEDLING, "2026-03-10 10:00")
    session = desk.book(NEEDLING, "2026-04-24 14:00")
    desk.run_until("2026-04-23 12:00").pause()
    desk.move(session, "2026-04-27 14:00")
    desk.run_until("2026-04-28 12:00")

    assert desk.sent_short()[-1] == ("2026-04-23 12:00", "correction 1")


def test_a_procedure_recorded_during_a_pause_waits_with_the_rest(desk: DeskClinic) -> None:
    desk.record_on_time(NEEDLING, "2026-03-10 10:00")
    desk.pause()
    desk.record_on_time(LASER, "2026-03-12 10:00")

    assert {(status, reason) for _, _, status, reason in desk.plan_of("swelling")} == {("withheld", "paused")}


@pytest.mark.parametrize("until", ["2026-03-10", "2026-03-10T09:00", "2036-01-01"])
def test_an_end_that_cannot_be_right_is_refused(desk: DeskClinic, until: str) -> None:
    desk.record_on_time(NEEDLING, "2026-03-10 10:00")

    with pytest.raises(InputRefusal, match="pause"):
        desk.pause(until=until)


def test_a_pause_wants_a_reason(desk: DeskClinic) -> None:
    desk.record_on_time(NEEDLING, "2026-03-10 10:00")

    with pytest.raises(InputRefusal, match="Say why"):
        desk.pause(reason=" ")


def test_resuming_who_is_not_paused_is_refused(desk: DeskClinic) -> None:
    desk.record_on_time(NEEDLING, "2026-03-10 10:00")

    with pytest.raises(Refusal, match="not paused"):
        desk.resume()


def test_pausing_and_resuming_leaves_nothing_to_reconcile(desk: DeskClinic) -> None:
    desk.record_on_time(LASER, "2026-03-10 10:00")
    desk.pause()
    assert desk.replan() == 0

    desk.resume()
    assert desk.replan() == 0
