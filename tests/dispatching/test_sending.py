"""Between the claim and the hand-over: what is read again, what is merged, and what must not leave any more."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from reminders.dispatching import dispatch_due
from reminders.dispatching.sending import begin_send
from reminders.model import Channel, OutgoingMessage
from reminders.store.claims import claim_due
from reminders.store.engine import writing
from reminders.tables import PatientRow
from reminders.wiring import open_work
from tests.clinic import LASER, NEEDLING
from tests.dispatching.conftest import OpenWired
from tests.dispatching.wired import DUE, WiredClinic
from tests.fakes.twilio import too_fast


def claim(wired: WiredClinic, worker: str = "one") -> list[int]:
    now, lease_until = wired.clock.now, wired.clock.now + wired.work.pace.lease
    with writing(wired.app.engine) as tx:
        return claim_due(tx, channels=[Channel.SMS], worker=worker, now=now, lease_until=lease_until, limit=100)


def begin(wired: WiredClinic, worker: str = "one") -> list[OutgoingMessage]:
    return list(begin_send(wired.work, Channel.SMS, worker).messages)


# ---- what changes between the claim and the hand-over ----------------------------------------------------------


def test_a_procedure_cancelled_after_the_claim_sends_nothing(wired: WiredClinic) -> None:
    """R25."""
    wired.record_one()
    claim(wired)
    wired.cancel(1)

    assert begin(wired) == []
    assert wired.state().short == ("cancelled", "procedure_cancelled")


def test_a_procedure_corrected_after_the_claim_moves_the_text(wired: WiredClinic) -> None:
    """R25."""
    wired.record_one()
    claim(wired)
    wired.correct(1, "2026-03-11 08:00")

    assert begin(wired) == []
    assert wired.plan_of("sunscreen")[0] == (1, "2026-03-12 09:00", "scheduled", None)


def test_an_opt_out_after_the_claim_sends_nothing_to_the_number(wired: WiredClinic) -> None:
    """R25, C2."""
    wired.record_one()
    claim(wired)
    wired.opt_out("sms")

    assert begin(wired) == []
    assert wired.state().channel == "email"


def test_a_reminder_that_expires_after_the_claim_does_not_leave(wired: WiredClinic) -> None:
    """P5."""
    wired.record_one()
    claim(wired)
    wired.at("2026-03-18 09:00")
    begin(wired)

    assert wired.state().short == ("expired", "service_late")


def test_a_claim_given_away_meanwhile_begins_nothing(wired: WiredClinic) -> None:
    """F10."""
    wired.record_one()
    claim(wired)
    wired.pass_by(seconds=121)

    assert begin(wired) == []
    assert wired.tries == 1


def test_a_channel_paused_after_the_claim_begins_nothing(wired: WiredClinic, open_wired: OpenWired) -> None:
    """R8, over two daemons."""
    wired.record_many(2)
    other = open_wired(wired.config.database_url).at(DUE)
    other.record_one(name="Eve Stone", phone="+16175550199", email="eve@example.org")
    claim(wired)
    _claim_only(other, patient_id=3)
    wired.script(too_fast("7"))
    other.dispatch()

    assert begin(wired) == []
    assert wired.state().short == ("scheduled", None)


def _claim_only(wired: WiredClinic, patient_id: int) -> None:
    """Let another daemon find this patient's text only."""
    with wired.rows(patient_id) as rows:
        rows[0].status, rows[0].claimed_by, rows[0].lease_until = "scheduled", None, None


def test_what_is_begun_is_committed_as_sending_before_it_leaves(wired: WiredClinic) -> None:
    seen: list[str] = []
    wired.interrupt("sms", lambda: seen.append(wired.state().status))
    wired.record_one()
    wired.dispatch()

    assert seen == ["sending"]


# ---- deadlines -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("seconds", "tries"), [(115, 0), (113, 1)])
def test_a_worker_that_slept_into_the_end_of_its_lease_hands_nothing_over(
    wired: WiredClinic, seconds: int, tries: int
) -> None:
    """F10: the last seconds of the lease are kept for the hand-over itself."""
    wired.interrupt("sms", lambda: wired.wait(seconds=seconds))
    wired.record_one()
    claim(wired)
    list(wired.work.providers[Channel.SMS].send(begin(wired)))

    assert wired.tries == tries


def test_a_stale_worker_neither_sends_nor_disturbs_the_second_try(wired: WiredClinic, open_wired: OpenWired) -> None:
    """F10: it wakes when another daemon has looked for its text, missed it, and is sending it again."""
    other = open_wired(wired.config.database_url).at(DUE)
    wired.record_one()
    asleep, woken = threading.Event(), threading.Event()
    seen: list[str] = []

    def sleep() -> None:
        asleep.set()
        woken.wait(60)

    def wake() -> None:
        wired.clock.now = other.clock.now
        woken.set()
        stale.result()
        seen.append(wired.state().status)

    wired.interrupt("sms", sleep)
    with ThreadPoolExecutor(1) as pool:
        stale = pool.submit(wired.dispatch)
        asleep.wait(60)
        other.pass_by(seconds=121).pass_by(seconds=121).interrupt("sms", wake)
        other.dispatch()

    assert (seen, wired.tries) == (["sending"], 1)
    assert wired.state().short == ("accepted", None)


def test_half_a_minute_before_quiet_hours_twilio_gets_half_a_minute(wired: WiredClinic) -> None:
    """C1."""
    wired.record_on_time(LASER, "2026-03-10 19:59")
    wired.wait(seconds=30).dispatch()

    assert int(wired.twilio.posts[0].form["ValidityPeriod"]) == 30


def test_twilio_may_hold_a_text_no_longer_than_it_is_useful(wired: WiredClinic) -> None:
    wired.record_on_time(LASER, "2026-03-10 12:00")
    wired.at("2026-03-11 11:50").dispatch()

    assert int(wired.twilio.posts[0].form["ValidityPeriod"]) == 600


def test_a_text_whose_turn_comes_in_quiet_hours_waits_for_the_morning(wired: WiredClinic) -> None:
    """C1."""
    wired.record_on_time(NEEDLING, "2026-03-09 14:00")
    wired.interrupt("sms", lambda: wired.at("2026-03-10 20:00"))
    wired.at("2026-03-10 19:59").dispatch().run_until("2026-03-11 08:01")

    assert wired.sent_short() == [("2026-03-11 08:00", "sunscreen 1")]


# ---- one message for one minute (P7) ---------------------------------------------------------------------------


def test_reminders_of_one_minute_are_one_message(wired: WiredClinic) -> None:
    """P7."""
    wired.record_on_time(LASER, "2026-03-10 12:00")
    wired.at(DUE).dispatch()

    assert wired.sent_short() == [(DUE, "icing 8 + sunscreen 1")]


def test_a_reminder_claimed_by_another_worker_joins_the_message(wired: WiredClinic) -> None:
    """P7."""
    wired.record_on_time(LASER, "2026-03-10 12:00")
    wired.at(DUE)
    claim(wired, "one")
    with wired.rows() as rows:
        mine = next(row for row in rows if row.claimed_by == "one" and row.rule == "icing")
        mine.claimed_by = "two"

    assert len(begin(wired, "two")) == 1
    assert begin(wired, "one") == []


# ---- the first text to a number (C8) ---------------------------------------------------------------------------


def test_the_line_of_the_first_text_is_not_in_the_second(wired: WiredClinic) -> None:
    """C8."""
    wired.record_one()
    wired.dispatch().at("2026-03-18 09:00").dispatch()

    assert _introduced(wired) == [True, False]


def test_two_first_texts_to_one_number_introduce_us_once(wired: WiredClinic) -> None:
    """C8: a mother and her child."""
    _share_a_number(wired)
    wired.dispatch().pass_by(seconds=5)

    assert _introduced(wired) == [True, False]


def test_a_first_text_that_is_put_off_leaves_its_line_to_the_next(wired: WiredClinic) -> None:
    """C8."""
    _share_a_number(wired)
    wired.script(too_fast("60"))
    wired.dispatch().pass_by(minutes=1).pass_by(seconds=5)

    assert _introduced(wired) == [True, False]


def _share_a_number(wired: WiredClinic) -> None:
    wired.record_one()
    wired.record_one(name="Ben Diaz", email="ben@example.org")


def _introduced(wired: WiredClinic) -> list[bool]:
    return ["STOP to stop" in text["body"] for text in wired.twilio.accepted]


# ---- texts that cannot be written (F18) ------------------------------------------------------------------------


def test_a_text_that_cannot_be_written_ends_after_three_tries(wired: WiredClinic) -> None:
    """F18."""
    wired.lose_template("sunscreen")
    wired.record_one()
    wired.dispatch().pass_by(minutes=5).pass_by(minutes=5)

    assert wired.state().short == ("failed", "poisoned")
    assert wired.tasks() == [("undeliverable", "open")]


def test_a_text_that_cannot_be_written_holds_up_no_other(wired: WiredClinic) -> None:
    """F18."""
    wired.lose_template("icing")
    wired.record_on_time(LASER, "2026-03-11 09:00", name="Ben Diaz", phone="+16175550143", email="ben@example.org")
    wired.record_one()
    wired.dispatch()

    assert wired.state(patient_id=2).short == ("accepted", None)


def test_a_text_that_cannot_be_written_holds_up_none_of_its_own_message(wired: WiredClinic) -> None:
    """F18, P7."""
    wired.lose_template("icing")
    wired.record_on_time(LASER, "2026-03-10 12:00")
    wired.at(DUE).dispatch()

    assert wired.sent_short() == [(DUE, "sunscreen 1")]
    assert wired.state(rule="icing", occurrence=8).short == ("scheduled", None)


def test_a_patient_whose_row_is_broken_holds_up_nobody(wired: WiredClinic) -> None:
    """F18."""
    wired.record_many(3)
    _break_zone(wired, patient_id=2)
    wired.dispatch()

    assert [wired.state(n).status for n in (1, 2, 3)] == ["accepted", "scheduled", "accepted"]


def test_a_patient_whose_row_is_broken_is_set_aside_after_three_tries(wired: WiredClinic) -> None:
    """F18."""
    wired.record_one()
    _break_zone(wired, patient_id=1)
    wired.dispatch().pass_by(minutes=5).pass_by(minutes=5)

    assert wired.state().short == ("failed", "poisoned")


def _break_zone(wired: WiredClinic, patient_id: int) -> None:
    with writing(wired.app.engine) as tx:
        patient = tx.get(PatientRow, patient_id)
        assert patient is not None
        patient.time_zone = "Atlantis/Capital"


# ---- told to stop (R20) ----------------------------------------------------------------------------------------


def test_what_has_not_left_when_we_must_stop_goes_back_into_the_queue(wired: WiredClinic) -> None:
    """R20."""
    wired.record_many(3)
    stopping = threading.Event()
    wired.work = replace(wired.work, providers=open_work(wired.app, stopping.is_set).providers)
    wired.interrupt("sms", stopping.set)
    wired.dispatch()

    assert wired.tries == 0
    assert [(wired.state(n).status, wired.state(n).attempts) for n in (1, 2, 3)] == [("scheduled", 0)] * 3


def test_no_batch_is_claimed_once_we_must_stop(wired: WiredClinic) -> None:
    """R20."""
    wired.record_one()

    assert dispatch_due(wired.work, lambda: True) == 0
    assert wired.state().short == ("scheduled", None)
