"""What staff wrote by hand travels with the reminders, and behind the same guards."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select

from reminders.casework.messages import MessageEntry, write_message
from reminders.casework.pauses import pause_patient
from reminders.model import Channel
from reminders.store.engine import reading
from reminders.tables import MessageRow, TaskRow, WrittenRow
from tests.dispatching.wired import WiredClinic
from tests.fakes.twilio import RESET, RESET_AFTER, UNAUTHORIZED

BODY = "Your bag is at the front desk."


def write(clinic: WiredClinic, patient_id: int = 1, body: str = BODY) -> None:
    entry = MessageEntry(patient_id=patient_id, channel=Channel.SMS, body=body)
    clinic.change(lambda tx: write_message(tx, clinic.config.clinic, clinic.app.templates, entry, clinic.clock.now))


def written(clinic: WiredClinic) -> list[tuple[str, str | None]]:
    with reading(clinic.app.engine) as tx:
        return [(row.status, row.reason) for row in tx.scalars(select(WrittenRow).order_by(WrittenRow.id))]


def bodies(clinic: WiredClinic) -> list[str]:
    with reading(clinic.app.engine) as tx:
        return list(tx.scalars(select(MessageRow.body).order_by(MessageRow.id)))


def tasks(clinic: WiredClinic) -> list[str]:
    with reading(clinic.app.engine) as tx:
        return list(tx.scalars(select(TaskRow.text).order_by(TaskRow.id)))


def test_what_a_person_wrote_goes_before_the_reminders(wired: WiredClinic) -> None:
    """C8: so it is the first text, and carries what that one says."""
    wired.record_one()
    write(wired)
    wired.dispatch()

    assert wired.texts == 2
    assert [BODY in body for body in bodies(wired)] == [True, False]
    assert ["STOP" in body for body in bodies(wired)] == [True, False]
    assert (written(wired), wired.state().short) == ([("accepted", None)], ("accepted", None))


def test_more_than_one_batch_of_it_leaves_in_one_pass(wired: WiredClinic) -> None:
    wired.record_many(3)
    wired.work = replace(wired.work, pace=replace(wired.work.pace, batch_size=2))
    for patient_id in (1, 2, 3):
        write(wired, patient_id)
    wired.dispatch()

    assert written(wired) == [("accepted", None)] * 3
    assert wired.states() == [("accepted", None)] * 3


def test_a_stop_that_came_after_it_was_written_holds_it_back(wired: WiredClinic) -> None:
    """C2, R25: and a person hears that it was not read."""
    wired.record_one()
    write(wired)
    wired.opt_out("sms")
    wired.dispatch()

    assert (wired.texts, written(wired)) == (0, [("cancelled", "opted_out")])
    assert any("by hand did not leave" in task for task in tasks(wired))


def test_it_waits_for_the_sending_hours(wired: WiredClinic) -> None:
    """C1"""
    wired.record_one()
    wired.dispatch()
    wired.at("2026-03-11 21:00")
    write(wired)
    wired.dispatch()
    assert written(wired) == [("scheduled", None)]

    wired.at("2026-03-12 08:00").dispatch()
    assert written(wired) == [("accepted", None)]


def test_a_pause_holds_it_back_until_it_is_of_no_use(wired: WiredClinic) -> None:
    wired.record_one()
    write(wired)
    wired.change(lambda tx: pause_patient(tx, wired.config.clinic, 1, "in hospital", None, wired.clock.now))
    wired.dispatch()
    assert (wired.texts, written(wired)) == (0, [("scheduled", None)])

    wired.pass_by(hours=25)
    assert (wired.texts, written(wired)) == (0, [("expired", "service_late")])


def test_one_whose_answer_is_lost_is_looked_for_and_not_sent_again(wired: WiredClinic) -> None:
    """R6, R7"""
    wired.record_one()
    wired.dispatch()
    write(wired)
    wired.script(RESET_AFTER)
    wired.dispatch()
    assert written(wired) == [("in_doubt", None)]

    for _ in range(5):
        wired.pass_by(minutes=3)
    assert (wired.texts, len(written(wired))) == (2, 1)
    assert written(wired)[0][0] in ("accepted", "sent", "delivered")


def test_one_that_never_got_there_is_sent_once_more(wired: WiredClinic) -> None:
    """R7"""
    wired.record_one()
    wired.dispatch()
    write(wired)
    wired.script(RESET)
    for _ in range(6):
        wired.pass_by(minutes=3)

    assert (wired.texts, wired.tries, written(wired)) == (2, 3, [("accepted", None)])


def test_a_dead_workers_one_is_looked_for(wired: WiredClinic) -> None:
    """F3: it was handed over, and the worker died before it could write that down."""
    wired.record_one()
    wired.dispatch()
    write(wired)

    class Killed(BaseException):
        pass

    def die() -> None:
        raise Killed

    wired.interrupt("sms", die)
    with pytest.raises(Killed):
        wired.dispatch()
    assert written(wired) == [("sending", None)]

    wired.wait(minutes=3).dispatch()
    assert written(wired) == [("in_doubt", None)]


def test_a_paused_channel_is_tried_by_one_message_however_many_kinds_wait(wired: WiredClinic) -> None:
    """R9"""
    wired.record_one()
    write(wired)
    wired.script(UNAUTHORIZED, 100)
    wired.dispatch()
    before = wired.tries
    wired.pass_by(minutes=30)

    assert wired.tries == before + 1
