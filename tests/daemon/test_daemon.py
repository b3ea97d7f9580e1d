"""The daemon as a real process: it sends, stops in an orderly way, and survives or ends by what goes wrong."""

from __future__ import annotations

import pytest
from sqlalchemy import select, text

from reminders.store.engine import reading, writing
from reminders.tables import DaemonRow
from tests.daemon.conftest import Start
from tests.daemon.processes import PresentClinic, wait_until
from tests.fakes.smtp import MailServer
from tests.fakes.twilio import HANG, FakeTwilio

pytestmark = pytest.mark.faults


def test_a_daemon_sends_what_is_due(clinic: PresentClinic, start: Start, twilio: FakeTwilio) -> None:
    clinic.owe(5)
    start()
    wait_until(clinic.is_settled)

    assert len(twilio.accepted) == len(twilio.posts) == 5


def test_a_daemon_that_is_told_to_stop_exits_0(clinic: PresentClinic, start: Start) -> None:
    """R20."""
    daemon = start()
    daemon.wait_until_said("daemon started")

    assert daemon.stop() == 0


def test_a_daemon_that_stops_leaves_nothing_between_two_states(
    clinic: PresentClinic, start: Start, twilio: FakeTwilio
) -> None:
    """R20."""
    clinic.owe(20)
    twilio.delay_seconds = 0.3
    daemon = start(REMINDERS_SMS__TWILIO__CONCURRENCY="2")
    wait_until(lambda: len(twilio.posts) >= 2)

    assert daemon.stop() == 0
    statuses = [status for status, _ in clinic.dues()]
    assert set(statuses) == {"accepted", "scheduled"}
    assert statuses.count("accepted") == len(twilio.accepted)


def test_a_daemon_whose_provider_hangs_stops_when_the_grace_period_is_over(
    clinic: PresentClinic, start: Start, twilio: FakeTwilio
) -> None:
    """R20: what it was handing over is found in doubt when its lease is over."""
    clinic.owe(1)
    twilio.script(HANG)
    daemon = start(
        REMINDERS_DISPATCH__GRACE_SECONDS="0.5",
        REMINDERS_DISPATCH__LEASE_SECONDS="60",
        REMINDERS_SMS__TWILIO__TIMEOUT_SECONDS="50",
    )
    wait_until(lambda: len(twilio.posts) == 1)

    assert daemon.stop() == 0
    assert clinic.dues() == [("sending", None)]


def test_two_daemons_send_each_text_once(clinic: PresentClinic, start: Start, twilio: FakeTwilio) -> None:
    """R4."""
    clinic.owe(40)
    daemons = [start(), start()]
    for daemon in daemons:
        # On a busy machine one of them may send everything before the other is there to be stopped.
        daemon.wait_until_said("daemon started")
    wait_until(clinic.is_settled)

    assert [daemon.stop() for daemon in daemons] == [0, 0]
    assert len(twilio.posts) == 40


def test_a_daemon_that_stopped_is_not_missed(clinic: PresentClinic, start: Start) -> None:
    daemon = start()
    daemon.wait_until_said("daemon started")
    wait_until(lambda: bool(_daemon_rows(clinic)))
    daemon.stop()

    assert [row.stopped_at is None for row in _daemon_rows(clinic)] == [False]


def _daemon_rows(clinic: PresentClinic) -> list[DaemonRow]:
    with reading(clinic.app.engine) as tx:
        return list(tx.scalars(select(DaemonRow)))


# ---- what goes wrong -------------------------------------------------------------------------------------------


def test_a_tick_that_fails_is_followed_by_the_next(clinic: PresentClinic, start: Start, twilio: FakeTwilio) -> None:
    """R16."""
    _rename_table(clinic, "reminders", "hidden")
    daemon = start()
    daemon.wait_until_said("unwell")
    _rename_table(clinic, "hidden", "reminders")
    clinic.owe(1)
    wait_until(clinic.is_settled)

    assert len(twilio.accepted) == 1


def test_an_unwell_state_is_mailed_once(clinic: PresentClinic, start: Start, mail: MailServer) -> None:
    """R16."""
    _rename_table(clinic, "reminders", "hidden")
    start()
    wait_until(lambda: len(mail.received) >= 1)
    ticks = _count_heartbeats(clinic)
    wait_until(lambda: _count_heartbeats(clinic) > ticks)  # others went on failing meanwhile
    wait_until(lambda: _count_heartbeats(clinic) > ticks + 1)

    assert len(mail.received) == 1


def _rename_table(clinic: PresentClinic, before: str, after: str) -> None:
    with writing(clinic.app.engine) as tx:
        tx.execute(text(f"ALTER TABLE {before} RENAME TO {after}"))


def _count_heartbeats(clinic: PresentClinic) -> float:
    return sum(row.ticked_at.timestamp() for row in _daemon_rows(clinic))


def test_a_dead_scheduler_ends_the_process(clinic: PresentClinic, start: Start) -> None:
    """R16, F12: so that a supervisor starts another."""
    daemon = start("tests.daemon.odd_daemon", "lose-scheduler")

    assert daemon.wait() == 1
    assert [line["tick"] for line in daemon.said("ticks are dead")] == ["scheduler"]


def test_a_dead_scheduler_is_mailed_before_the_end(clinic: PresentClinic, start: Start, mail: MailServer) -> None:
    """R16."""
    start("tests.daemon.odd_daemon", "lose-scheduler").wait()

    assert len(mail.received) == 1


def test_a_daemon_that_died_is_missed(clinic: PresentClinic, start: Start) -> None:
    start("tests.daemon.odd_daemon", "lose-scheduler").wait()

    assert [row.stopped_at for row in _daemon_rows(clinic)] == [None]


def test_a_clock_that_is_set_back_stops_no_tick(clinic: PresentClinic, start: Start) -> None:
    """R15: the scheduler would wait an hour longer for its next tick."""
    daemon = start("tests.daemon.odd_daemon", "set-clock-back", REMINDERS_DISPATCH__TICK_SECONDS="3600")
    daemon.wait_until_said("the clock went back")
    (before,) = [row.started_at for row in _daemon_rows(clinic)]

    wait_until(lambda: _daemon_rows(clinic)[0].ticked_at < before)


def test_a_daemon_says_at_start_what_a_replan_would_change(clinic: PresentClinic, start: Start) -> None:
    clinic.owe(3)
    clinic.dispatch_until(clinic.is_settled)
    daemon = start(**{"REMINDERS_TREATMENTS__FRACTIONAL-LASER__RULES__SWELLING__AT__TIME": "11:00"})
    daemon.wait_until_said("a replan would change reminders: run `reminders replan`")

    assert [line["reminders"] for line in daemon.said("a replan would change reminders: run `reminders replan`")] == [3]
