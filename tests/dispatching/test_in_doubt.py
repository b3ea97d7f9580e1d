"""A text that may or may not have left: looked for before anything else, and sent again only where it is not there."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from reminders.model import Channel, Search, SearchResult, UnclearMessage
from reminders.providers import Provider
from tests.clinic import LASER
from tests.dispatching.conftest import OpenWired
from tests.dispatching.wired import WiredClinic
from tests.fakes.twilio import (
    CUT_AFTER,
    ERROR_500,
    ERROR_500_AFTER,
    HANG_AFTER,
    HTML_502,
    HTML_502_AFTER,
    RESET,
    RESET_AFTER,
    TRUNCATED_AFTER,
    Fault,
    ListMode,
    refused,
)

LOST_ANSWERS = [ERROR_500_AFTER, RESET_AFTER, HANG_AFTER, HTML_502_AFTER, TRUNCATED_AFTER, CUT_AFTER]
LOST_REQUESTS = [ERROR_500, RESET, HTML_502]


@pytest.fixture
def wired(open_wired: OpenWired) -> WiredClinic:
    return open_wired(REMINDERS_SMS__TWILIO__TIMEOUT_SECONDS="0.5")


# ---- accepted, and the answer lost -----------------------------------------------------------------------------


@pytest.mark.parametrize("fault", LOST_ANSWERS, ids=lambda fault: f"{fault.how}-{fault.status}")
def test_a_lost_answer_leaves_one_post_in_doubt(wired: WiredClinic, fault: Fault) -> None:
    """R6."""
    assert wired.dispatch_as(fault).short == ("in_doubt", None)
    assert wired.dispatch().tries == 1


@pytest.mark.parametrize("fault", LOST_ANSWERS, ids=lambda fault: f"{fault.how}-{fault.status}")
def test_a_text_found_in_the_list_gets_twilio_s_status_and_sid(wired: WiredClinic, fault: Fault) -> None:
    """R7."""
    wired.dispatch_as(fault)
    wired.twilio.set_status(wired.twilio.accepted[0]["sid"], "delivered")
    wired.pass_by(minutes=2)

    assert wired.state().short == ("delivered", None)
    assert wired.provider_id() == wired.twilio.accepted[0]["sid"]


def test_a_text_found_in_the_list_is_not_sent_again(wired: WiredClinic) -> None:
    """R7."""
    wired.dispatch_as(RESET_AFTER)
    wired.run_until("2026-03-12 09:00")

    assert wired.tries == 1


def test_a_text_is_not_looked_for_before_the_wait_is_over(wired: WiredClinic) -> None:
    wired.dispatch_as(RESET_AFTER)
    wired.pass_by(seconds=119)

    assert len(wired.twilio.requests) == 1


def test_the_same_words_sent_earlier_to_that_number_are_no_match(wired: WiredClinic) -> None:
    wired.record_one()
    wired.dispatch()
    wired.record_one(name="Ben Diaz", email="ben@example.org")
    wired.script(RESET)
    wired.dispatch().pass_by(minutes=2)

    assert wired.state(patient_id=2).short == ("scheduled", "resent_after_unknown")


# ---- not found -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", LOST_REQUESTS, ids=lambda fault: f"{fault.how}-{fault.status}")
def test_a_text_that_is_not_in_the_list_is_sent_once_more_and_flagged(wired: WiredClinic, fault: Fault) -> None:
    """R7."""
    wired.dispatch_as(fault)
    wired.pass_by(minutes=2).dispatch()

    assert (wired.texts, wired.tries) == (1, 2)
    assert wired.state().short == ("accepted", "resent_after_unknown")


def test_nothing_is_sent_again_before_looking(wired: WiredClinic) -> None:
    wired.dispatch_as(RESET)
    wired.pass_by(minutes=2).dispatch()

    assert [call.method for call in wired.twilio.requests] == ["POST", "GET", "POST"]


def test_a_text_sent_again_reads_as_the_first_time(wired: WiredClinic) -> None:
    wired.dispatch_as(RESET)
    wired.record_one(name="Ben Diaz", email="ben@example.org")
    wired.dispatch().pass_by(minutes=2).dispatch()

    bodies = [post.form["Body"] for post in wired.twilio.posts]
    assert len(bodies) == 3
    assert bodies[0] == bodies[2]


def test_the_flag_goes_when_the_list_shows_the_second_text_only(wired: WiredClinic) -> None:
    wired.dispatch_as(RESET)
    wired.pass_by(minutes=2).dispatch().pass_by(minutes=5)

    assert wired.state().short == ("accepted", None)


def test_the_flag_stays_while_the_list_hides_both_texts(wired: WiredClinic) -> None:
    wired.twilio.list_mode = ListMode.HIDES
    wired.dispatch_as(RESET_AFTER)
    wired.run_until("2026-03-14 09:00")

    assert wired.texts == 2
    assert wired.state().short == ("accepted", "resent_after_unknown")


def test_the_flag_stays_when_the_list_shows_both_texts_later(wired: WiredClinic) -> None:
    wired.twilio.list_mode = ListMode.HIDES
    wired.dispatch_as(RESET_AFTER)
    wired.pass_by(minutes=2).dispatch()
    wired.twilio.list_mode = ListMode.TRUTHFUL
    wired.run_until("2026-03-12 09:00")

    assert wired.texts == 2
    assert wired.state().short == ("accepted", "resent_after_unknown")


def test_a_list_that_is_down_clears_no_flag(wired: WiredClinic) -> None:
    wired.dispatch_as(RESET)
    wired.pass_by(minutes=2).dispatch()
    wired.twilio.list_mode = ListMode.ERROR
    wired.pass_by(minutes=5)

    assert wired.state().short == ("accepted", "resent_after_unknown")


def test_a_list_that_fails_for_the_first_text_only_clears_no_flag(wired: WiredClinic) -> None:
    """It showed the second one, and said nothing of the first."""
    wired.dispatch_as(RESET)
    wired.pass_by(minutes=2).dispatch()
    providers = wired.work.providers
    wired.work = replace(wired.work, providers={**providers, Channel.SMS: FailingOnce(providers[Channel.SMS])})
    wired.pass_by(minutes=5)

    assert wired.state().short == ("accepted", "resent_after_unknown")


class FailingOnce:
    """A provider whose list is down for the first look."""

    def __init__(self, inner: Provider) -> None:
        self.name, self.send = inner.name, inner.send
        self._inner = inner
        self._is_down = True

    def find(self, message: UnclearMessage) -> SearchResult:
        if self._is_down:
            self._is_down = False
            return SearchResult(result=Search.UNAVAILABLE)
        return self._inner.find(message)


def test_a_slow_list_calls_the_second_text_off(wired: WiredClinic) -> None:
    wired.twilio.list_mode, wired.twilio.list_delay = ListMode.DELAYED, timedelta(minutes=3)
    wired.dispatch_as(RESET_AFTER)
    wired.pass_by(minutes=2)
    wired.clock.now = wired.instant("2026-03-11 20:00")  # quiet hours keep the second text back
    wired.dispatch().pass_by(minutes=5)

    assert wired.state().short == ("accepted", None)
    assert wired.tries == 1


def test_a_second_text_whose_answer_is_lost_too_is_found(wired: WiredClinic) -> None:
    wired.dispatch_as(RESET)
    wired.script(RESET_AFTER)
    wired.pass_by(minutes=2).dispatch().pass_by(minutes=10).pass_by(minutes=10)

    assert (wired.texts, wired.tries) == (1, 2)
    assert wired.state().status == "accepted"
    assert wired.tasks(all_of_them=True) == []


def test_a_text_is_never_sent_a_third_time(wired: WiredClinic) -> None:
    """R10."""
    wired.twilio.script_number("+16175550142", RESET)
    wired.record_one(consent=("sms",))
    wired.dispatch().run_until("2026-03-12 09:00")

    assert wired.tries == 2
    assert wired.state().short == ("in_doubt", "unclear")


# ---- a person must ask -----------------------------------------------------------------------------------------


def test_a_list_that_is_down_is_waited_for(wired: WiredClinic) -> None:
    wired.twilio.list_mode = ListMode.ERROR
    wired.dispatch_as(RESET)
    wired.pass_by(minutes=30)

    assert wired.state().short == ("in_doubt", None)
    assert wired.tries == 1


def test_a_list_that_is_back_settles_what_waited_for_it(wired: WiredClinic) -> None:
    wired.twilio.list_mode = ListMode.ERROR
    wired.dispatch_as(RESET_AFTER)
    wired.pass_by(minutes=30)
    wired.twilio.list_mode = ListMode.TRUTHFUL
    wired.pass_by(minutes=2)

    assert wired.state().short == ("accepted", None)


def test_a_list_that_is_down_for_a_day_leaves_it_to_the_desk(wired: WiredClinic) -> None:
    """Never sent again without having looked."""
    wired.twilio.list_mode = ListMode.ERROR
    wired.dispatch_as(RESET)
    wired.pass_by(hours=25)

    assert wired.state().short == ("in_doubt", "unclear")
    assert ("unclear-send", "open") in wired.tasks()


def test_a_text_that_is_no_longer_useful_is_not_sent_again(wired: WiredClinic) -> None:
    _lose_the_last_icing(wired)
    wired.at("2026-03-11 12:00").dispatch()

    assert wired.state(rule="icing", occurrence=8).short == ("in_doubt", "unclear")
    assert wired.tasks() == [("unclear-send", "open")]


def _lose_the_last_icing(wired: WiredClinic) -> None:
    """Its 24 hours are over at 12:00."""
    wired.record_on_time(LASER, "2026-03-10 12:00")
    wired.at("2026-03-11 09:00").script(RESET)
    wired.dispatch()


def test_the_task_closes_when_the_text_is_found_after_all(wired: WiredClinic) -> None:
    _lose_the_last_icing(wired)
    wired.at("2026-03-11 12:00").dispatch()
    wired.twilio.accept(wired.twilio.posts[0].form, date_created="Wed, 11 Mar 2026 13:00:00 +0000")
    wired.pass_by(hours=2)

    assert wired.state(rule="icing", occurrence=8).short == ("accepted", None)
    assert wired.tasks_of("unclear-send")[0].status == "closed"


def test_a_second_text_called_off_by_the_desk_leaves_open_whether_the_first_left(wired: WiredClinic) -> None:
    wired.dispatch_as(RESET)
    wired.pass_by(minutes=2)
    wired.cancel(1)

    assert wired.state().short == ("in_doubt", "unclear")
    assert wired.tasks() == [("unclear-send", "open")]


def test_a_second_text_that_comes_too_late_leaves_open_whether_the_first_left(wired: WiredClinic) -> None:
    wired.dispatch_as(RESET)
    wired.pass_by(minutes=2)
    wired.at("2026-03-18 09:00").dispatch()

    assert wired.state().short == ("in_doubt", "unclear")


def test_a_second_text_that_is_refused_leaves_open_whether_the_first_left(wired: WiredClinic) -> None:
    wired.dispatch_as(RESET)
    wired.script(refused(29999))
    wired.pass_by(minutes=2).dispatch()

    assert wired.state().short == ("in_doubt", "unclear")


def test_a_text_in_doubt_counts_as_said_for_the_next_one(wired: WiredClinic) -> None:
    """C8: the line of the first text is not repeated while the first may have got there."""
    wired.dispatch_as(RESET_AFTER)
    wired.record_one(name="Ben Diaz", email="ben@example.org")
    wired.dispatch()

    assert ["STOP to stop" in text["body"] for text in wired.twilio.accepted] == [True, False]
