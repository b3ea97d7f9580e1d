"""What staff wrote goes through the same dispatch: refusals, lost answers, two daemons, one that was killed."""

from __future__ import annotations

import pytest
from sqlalchemy import select, update

from reminders.casework.messages import MessageEntry, write_message
from reminders.dispatching.written import begin_written
from reminders.model import Channel
from reminders.store.engine import reading, writing
from reminders.tables import WrittenRow
from tests.clinic import NEEDLING
from tests.databases import KINDS
from tests.dispatching.conftest import OpenWired
from tests.dispatching.wired import WiredClinic
from tests.fakes.twilio import ERROR_500, HANG_AFTER, RESET_AFTER, UNAUTHORIZED, ListMode, refused, too_fast

THANKS = "Thank you for the photo."


def write(wired: WiredClinic) -> WiredClinic:
    """One message by hand, due now."""
    wired.record_on_time(NEEDLING, "2026-03-10 14:00")
    entry = MessageEntry(patient_id=1, channel=Channel.SMS, body=THANKS)
    clinic, templates = wired.config.clinic, wired.app.templates
    wired.change(lambda tx: write_message(tx, clinic, templates, entry, wired.clock.now))
    return wired


def state(wired: WiredClinic) -> tuple[str, str | None, int]:
    with reading(wired.app.engine) as tx:
        row = tx.scalars(select(WrittenRow)).one()
        return row.status, row.reason, row.resends


def test_twilio_takes_it_once(wired: WiredClinic) -> None:
    write(wired).dispatch().dispatch()

    assert (wired.texts, state(wired)) == (1, ("accepted", None, 0))


def test_refused_for_now_it_is_tried_again(wired: WiredClinic) -> None:
    write(wired).script(too_fast("60"))
    wired.dispatch()
    assert (state(wired)[0], wired.texts) == ("scheduled", 0)

    wired.pass_by(minutes=2)
    assert (state(wired)[0], wired.texts) == ("accepted", 1)


def test_refused_for_good_it_becomes_a_task(wired: WiredClinic) -> None:
    write(wired).script(refused(21610))
    wired.dispatch()

    assert state(wired)[:2] == ("failed", "refused")
    assert "the message written by hand did not leave" in wired.tasks_of("undeliverable")[0].text


def test_a_lost_answer_is_looked_for_and_not_repeated(wired: WiredClinic) -> None:
    """R6, R7"""
    write(wired).script(RESET_AFTER)
    wired.dispatch()
    assert state(wired)[0] == "in_doubt"

    wired.pass_by(minutes=3)
    assert (state(wired)[:2], wired.tries) == (("accepted", None), 1)


def test_not_there_after_the_wait_it_is_sent_once_more_and_flagged(wired: WiredClinic) -> None:
    """R7"""
    write(wired).script(ERROR_500)
    wired.dispatch().pass_by(minutes=3).dispatch()

    assert (wired.texts, wired.tries) == (1, 2)
    assert state(wired)[0] == "accepted"
    wired.pass_by(minutes=10)
    assert state(wired) == ("accepted", None, 1)


def test_what_stays_unclear_becomes_a_task(wired: WiredClinic) -> None:
    write(wired).twilio.list_mode = ListMode.HIDES
    wired.script(HANG_AFTER, times=2)
    wired.dispatch().pass_by(minutes=3).dispatch().pass_by(minutes=10)

    assert state(wired)[:2] == ("in_doubt", "unclear")
    assert "by hand" in wired.tasks_of("unclear-send")[0].text


def test_found_later_the_task_closes(wired: WiredClinic) -> None:
    write(wired).twilio.list_mode = ListMode.HIDES
    wired.script(RESET_AFTER, times=2)
    wired.dispatch().pass_by(minutes=3).dispatch().pass_by(minutes=10)
    wired.twilio.list_mode = ListMode.TRUTHFUL
    wired.pass_by(minutes=30)

    assert state(wired)[:2] == ("accepted", None)
    assert [task.status for task in wired.tasks_of("unclear-send")] == ["closed"]


def test_a_worker_that_is_gone_leaves_it_in_doubt(wired: WiredClinic) -> None:
    """F3"""
    write(wired)
    assert begin_written(wired.work, Channel.SMS)

    wired.pass_by(minutes=3)
    assert state(wired)[0] == "in_doubt"
    wired.pass_by(minutes=3).dispatch()
    assert (state(wired)[0], wired.texts) == ("accepted", 1)


def test_a_suspended_account_pauses_the_channel_and_costs_no_attempt(wired: WiredClinic) -> None:
    """R9"""
    write(wired).script(UNAUTHORIZED)
    wired.dispatch()
    assert wired.status()["paused"] == ["sms"]

    wired.pass_by(minutes=6)
    assert (state(wired)[0], wired.status()["paused"]) == ("accepted", [])


@pytest.mark.parametrize("kind", KINDS)
def test_two_daemons_send_it_once(open_wired: OpenWired, new_database: object, kind: str) -> None:
    """R4"""
    assert callable(new_database)
    url = new_database(kind)
    first, second = open_wired(url), open_wired(url)
    write(first)
    second.clock.now = first.clock.now
    # The second one looks while the first one's message is on its way.
    first.interrupt("sms", lambda: second.dispatch())
    first.dispatch()

    assert first.texts == 1


def test_a_slot_of_the_sender_is_taken_for_it(open_wired: OpenWired) -> None:
    wired = write(open_wired(REMINDERS_SMS__SEGMENTS_PER_SECOND="1"))
    wired.dispatch()
    free_at = wired.sender_is_free_at()

    assert free_at is not None
    assert (free_at - wired.clock.now).total_seconds() == 1


def test_one_that_cannot_be_written_does_not_stop_the_reminders(wired: WiredClinic) -> None:
    """F18"""
    write(wired).at("2026-03-11 09:00")
    with writing(wired.app.engine) as tx:
        tx.execute(update(WrittenRow).values(body="x" * 5000, next_attempt_at=wired.clock.now))
    wired.dispatch()

    assert state(wired)[:2] == ("failed", "poisoned")
    assert wired.texts == 1
