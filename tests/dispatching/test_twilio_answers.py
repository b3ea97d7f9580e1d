"""Each answer of Twilio ends in the right state: the real client, through the whole dispatch."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from reminders.store.engine import reading
from reminders.tables import ContactBlockRow
from tests.clinic import LASER, NEEDLING
from tests.dispatching.conftest import OpenWired
from tests.dispatching.wired import DUE, WiredClinic
from tests.fakes.openapi import check_call, load_openapi
from tests.fakes.smtp import MailServer
from tests.fakes.twilio import HANG, OK, RESET, UNAUTHORIZED, Fault, problem, refused, too_fast


def test_every_due_text_arrives_once(wired: WiredClinic) -> None:
    wired.record_many(30)
    wired.dispatch().dispatch()

    assert wired.texts == wired.tries == 30
    assert wired.states() == [("accepted", None)] * 30


def test_every_due_email_arrives_once(wired: WiredClinic, mail: MailServer) -> None:
    wired.record_many(30, consent=("email",))
    wired.dispatch().dispatch()

    assert sorted(each.recipients[0] for each in mail.received) == sorted(f"patient{n}@example.org" for n in range(30))
    assert wired.states() == [("accepted", None)] * 30


def test_an_accepted_text_keeps_the_sid(wired: WiredClinic) -> None:
    assert wired.dispatch_as(OK).short == ("accepted", None)
    assert wired.provider_id() == wired.twilio.accepted[0]["sid"]


def test_every_request_of_a_laser_s_whole_plan_is_as_twilio_describes_it(wired: WiredClinic) -> None:
    """R24."""
    wired.record_on_time(LASER, "2026-03-10 10:00")
    wired.run_until("2026-04-20 00:00")

    openapi = load_openapi()
    assert wired.tries > 10
    for call in wired.twilio.requests:
        check_call(openapi, call)


def test_the_look_for_a_lost_text_is_as_twilio_describes_it(wired: WiredClinic) -> None:
    """R24."""
    wired.dispatch_as(RESET)
    wired.pass_by(minutes=2)

    (look,) = [call for call in wired.twilio.requests if call.method == "GET"]
    check_call(load_openapi(), look)


# ---- the number ------------------------------------------------------------------------------------------------


def test_a_refused_number_falls_back_to_email(wired: WiredClinic, mail: MailServer) -> None:
    wired.dispatch_as(refused(21211))
    wired.dispatch()

    assert (wired.state().channel, wired.state().status) == ("email", "accepted")
    assert [each.recipients for each in mail.received[:1]] == [("ana@example.org",)]


def test_a_refused_number_asks_the_desk_for_another_one(wired: WiredClinic) -> None:
    wired.dispatch_as(refused(21211))

    assert wired.tasks() == [("undeliverable", "open")]


def test_a_refused_number_without_consent_for_email_ends_the_reminder(wired: WiredClinic) -> None:
    wired.record_one(consent=("sms",))
    wired.script(refused(21211))
    wired.dispatch().run_until("2026-03-25 00:00")

    assert wired.state().short == ("failed", "refused")
    assert wired.tries == 1


def test_a_refused_number_is_one_task_however_many_reminders_meet_it(wired: WiredClinic) -> None:
    wired.record_on_time(LASER, "2026-03-10 12:00")
    wired.at(DUE).script(refused(21211))
    wired.dispatch()

    assert [text.short for text in wired.sent()] == [(DUE, "icing 8 + sunscreen 1")]
    assert len(wired.tasks_of("undeliverable")) == 1


def test_an_opt_out_at_twilio_is_kept(wired: WiredClinic) -> None:
    """C4."""
    wired.dispatch_as(refused(21610))

    with reading(wired.app.engine) as tx:
        (block,) = tx.query(ContactBlockRow).all()
    assert (block.contact, block.reason, block.source) == ("+16175550142", "opted_out", "provider")


def test_an_opt_out_at_twilio_holds_for_others_with_that_number(wired: WiredClinic) -> None:
    """C4."""
    wired.record_on_time(NEEDLING, "2026-03-10 15:00", name="Ben Diaz", email=None, consent=("sms",))
    wired.dispatch_as(refused(21610))
    wired.run_until("2026-03-25 00:00")

    assert wired.tries == 1
    assert wired.state(patient_id=1, occurrence=2).short == ("cancelled", "opted_out")


def test_an_opt_out_at_twilio_falls_back_to_email_and_asks_nobody(wired: WiredClinic) -> None:
    wired.dispatch_as(refused(21610))
    wired.dispatch()

    assert (wired.state().channel, wired.state().status) == ("email", "accepted")
    assert wired.tasks(all_of_them=True) == []


# ---- the message -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", [refused(29999), refused(21617), problem(29999)])
def test_a_refused_text_ends_with_a_task(wired: WiredClinic, fault: Fault) -> None:
    """R10."""
    assert wired.dispatch_as(fault).short == ("failed", "refused")
    assert wired.tasks() == [("undeliverable", "open")]


def test_a_refused_text_is_never_tried_again(wired: WiredClinic) -> None:
    """R10."""
    wired.record_one()
    wired.twilio.script_number("+16175550142", refused(29999))
    wired.run_until("2026-03-17 00:00")

    assert wired.tries == 1


def test_a_refusal_told_by_rfc_9457_is_understood_as_well(wired: WiredClinic) -> None:
    wired.dispatch_as(problem(21211))

    assert wired.state().channel == "email"


# ---- the rate --------------------------------------------------------------------------------------------------


def test_too_many_requests_wait_as_long_as_twilio_says(wired: WiredClinic) -> None:
    """R8."""
    wired.dispatch_as(too_fast("7"))
    wired.pass_by(seconds=6.9)

    assert wired.tries == 1
    assert wired.pass_by(seconds=0.2).tries == 2


def test_too_many_requests_cost_no_attempt(wired: WiredClinic) -> None:
    """R8."""
    assert wired.dispatch_as(too_fast("7")).attempts == 0


def test_too_many_requests_hold_back_another_daemon(wired: WiredClinic, open_wired: OpenWired) -> None:
    """R8."""
    other = open_wired(wired.config.database_url)
    wired.dispatch_as(too_fast("7"))
    other.record_one(name="Ben Diaz", phone="+16175550143", email="ben@example.org")
    other.pass_by(seconds=6.9)

    assert wired.tries == 1
    assert other.pass_by(seconds=0.2).tries > 1


# ---- nothing left ----------------------------------------------------------------------------------------------


@pytest.fixture
def unreachable(open_wired: OpenWired) -> Iterator[WiredClinic]:
    """A port that is taken, so that no other server can come to listen there, and at which nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield open_wired(REMINDERS_SMS__TWILIO__BASE_URL=f"http://127.0.0.1:{taken.getsockname()[1]}")


def test_an_unreachable_provider_costs_the_reminder_no_attempt(unreachable: WiredClinic) -> None:
    """F6."""
    unreachable.record_one()
    unreachable.dispatch()

    assert unreachable.state().short == ("scheduled", None)
    assert unreachable.state().attempts == 0


def test_an_unreachable_provider_is_tried_no_longer_than_the_text_is_useful(unreachable: WiredClinic) -> None:
    """R10, F6."""
    unreachable.record_one()
    unreachable.at("2026-03-17 12:00").dispatch().at("2026-03-18 09:00").dispatch()

    assert unreachable.state().short == ("expired", "service_late")


def test_a_provider_that_never_answers_frees_the_worker(open_wired: OpenWired) -> None:
    """R23."""
    wired = open_wired(REMINDERS_SMS__TWILIO__TIMEOUT_SECONDS="0.3")

    assert wired.dispatch_as(HANG).short == ("in_doubt", None)


def test_a_refused_login_costs_the_reminder_no_attempt(wired: WiredClinic) -> None:
    """R9."""
    state = wired.dispatch_as(UNAUTHORIZED)

    assert (state.status, state.attempts) == ("scheduled", 0)
