"""A clock that jumps sends nothing twice (R15)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.dispatching.conftest import OpenWired
from tests.dispatching.wired import DUE, WiredClinic
from tests.fakes.twilio import ListMode

JUMPS = [
    timedelta(hours=1),
    timedelta(hours=-1),
    timedelta(days=1),
    timedelta(days=-1),
    timedelta(days=3653),
    timedelta(days=-3653),
]


@pytest.mark.parametrize("jump", JUMPS, ids=str)
def test_a_jump_and_its_correction_send_nothing_twice(wired: WiredClinic, jump: timedelta) -> None:
    """R15."""
    wired.record_many(3)
    wired.dispatch()
    wired.clock.now += jump
    wired.dispatch().dispatch()
    wired.clock.now -= jump
    wired.dispatch().pass_by(minutes=5)

    assert [len(wired.sent(n)) for n in (1, 2, 3)] == [1, 1, 1]
    assert wired.texts == wired.tries == 3


@pytest.mark.parametrize("jump", JUMPS, ids=str)
def test_a_jump_before_the_hand_over_sends_at_most_once(wired: WiredClinic, jump: timedelta) -> None:
    """R15."""
    wired.interrupt("sms", lambda: wired.wait(seconds=jump.total_seconds()))
    wired.record_one()
    wired.dispatch().dispatch()
    wired.at(DUE).pass_by(minutes=5).pass_by(minutes=5)

    assert wired.texts <= 1


def test_a_jump_during_the_hand_over_gives_it_the_time_to_end(wired: WiredClinic, open_wired: OpenWired) -> None:
    """R15: by the clock the lease is over, but the worker lives, and its text is not in the list yet."""
    other = open_wired(wired.config.database_url)
    wired.twilio.list_mode, wired.twilio.list_delay = ListMode.DELAYED, timedelta(hours=1, minutes=1)

    def jump() -> None:
        other.at(DUE).pass_by(hours=1)
        assert other.state().short == ("in_doubt", None)
        other.dispatch()
        wired.clock.now = other.clock.now

    wired.interrupt("sms", jump)
    wired.record_one()
    wired.dispatch()

    assert wired.tries == 0
    assert wired.state().short == ("scheduled", None)


def test_a_suspended_machine_sends_what_is_still_useful_and_no_more(wired: WiredClinic) -> None:
    """R15: asleep for eight hours in the middle of a batch."""
    wired.record_many(2)
    wired.interrupt("sms", lambda: wired.wait(hours=8))
    wired.dispatch().pass_by(seconds=10)

    assert wired.texts == wired.tries == 2
