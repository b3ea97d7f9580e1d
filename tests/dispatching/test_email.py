"""Each answer of a mail server ends in the right state, through the whole dispatch (R21, R22)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from tests.dispatching.conftest import OpenWired
from tests.dispatching.wired import WiredClinic, header
from tests.fakes.smtp import Act, MailServer, Script, ScriptedHandler, ScriptedServer

Serve = Callable[..., tuple[WiredClinic, MailServer]]
Follow = Callable[..., tuple[WiredClinic, ScriptedServer]]


@pytest.fixture
def serve(open_wired: OpenWired) -> Iterator[Serve]:
    """A clinic with one email due, and a real mail server that first gives these answers."""
    with ExitStack() as stack:

        def serve_one(consent: tuple[str, ...] = ("email",), **answers: list[str]) -> tuple[WiredClinic, MailServer]:
            server = stack.enter_context(MailServer(ScriptedHandler(**answers)))
            wired = open_wired(mail_port=server.port)
            wired.record_one(consent=consent)
            return wired, server

        yield serve_one


@pytest.fixture
def follow(open_wired: OpenWired) -> Iterator[Follow]:
    """The same with a server that follows scripts, one a connection, and may break off anywhere."""
    with ExitStack() as stack:

        def follow_one(*scripts: Script, **over: str) -> tuple[WiredClinic, ScriptedServer]:
            server = stack.enter_context(ScriptedServer(*scripts))
            wired = open_wired(mail_port=server.port, **over)
            wired.record_one(consent=("email",))
            return wired, server

        yield follow_one


def test_a_recipient_put_off_is_tried_again(serve: Serve) -> None:
    """R22."""
    wired, server = serve(rcpt=["450 greylisted"])
    wired.dispatch()
    assert wired.state().short == ("scheduled", None)

    wired.run_until("2026-03-11 09:05")
    assert wired.state().short == ("accepted", None)
    assert len(server.received) == 1


def test_a_refused_recipient_is_used_no_more(serve: Serve) -> None:
    """R22."""
    wired, _ = serve(rcpt=["550 5.1.1 no such user"])
    wired.dispatch().run_until("2026-03-25 00:00")

    assert wired.state().short == ("failed", "refused")
    assert wired.state(occurrence=2).status == "cancelled"
    assert wired.tasks_of("undeliverable")[0].text.startswith("Ask the patient for another email address")


def test_a_refused_recipient_gets_texts_where_that_is_allowed(serve: Serve) -> None:
    """R22."""
    wired, _ = serve(rcpt=["550 5.1.1 no such user"])
    wired.opt_in("sms")
    with wired.rows() as rows:
        rows[0].channel = "email"
    wired.dispatch().dispatch()

    assert (wired.state().channel, wired.state().status) == ("sms", "accepted")


def test_a_refused_login_pauses_email(follow: Follow) -> None:
    """R22, R9."""
    wired, _ = follow({"MAIL": "535 5.7.8 who are you"})
    wired.dispatch().pass_by(minutes=4)

    assert wired.status()["paused"] == ["email"]
    assert (wired.state().status, wired.state().attempts) == ("scheduled", 0)


def test_a_full_mailbox_is_tried_once_more(serve: Serve) -> None:
    wired, _ = serve(data=["552 5.2.2 mailbox full"])
    wired.dispatch().run_until("2026-03-11 10:00")

    assert wired.state().short == ("accepted", None)


def test_a_mailbox_that_stays_full_is_tried_no_third_time(serve: Serve) -> None:
    wired, _ = serve(data=["552 5.2.2 mailbox full"] * 100)
    wired.dispatch().run_until("2026-03-11 20:00")

    assert wired.state().short == ("failed", "retries_exhausted")
    assert wired.state().attempts == 2


# ---- the final dot ---------------------------------------------------------------------------------------------


def test_a_line_that_drops_after_the_dot_leaves_the_email_in_doubt(follow: Follow) -> None:
    """R21."""
    wired, _ = follow({"DOT": Act.DROP})
    wired.dispatch().pass_by(minutes=1)

    assert wired.state().short == ("in_doubt", None)


def test_an_email_in_doubt_is_sent_once_more_with_the_same_message_id(follow: Follow) -> None:
    """R21."""
    wired, server = follow({"DOT": Act.DROP}, {})
    wired.dispatch().run_until("2026-03-12 09:00")

    first, second = server.received
    assert header(first, "Message-ID") == header(second, "Message-ID")
    assert wired.state().short == ("accepted", "resent_after_unknown")


def test_an_email_in_doubt_twice_is_left_to_the_desk(follow: Follow) -> None:
    wired, server = follow({"DOT": Act.DROP})
    wired.dispatch().run_until("2026-03-11 13:00")

    to_patient = [content for content in server.received if "ana@example.org" in header(content, "To")]
    assert len(to_patient) == 2
    assert wired.state().short == ("in_doubt", "unclear")


def test_a_server_that_never_answers_the_dot_frees_the_worker(follow: Follow) -> None:
    """R21, R23."""
    wired, _ = follow({"DOT": Act.HANG}, REMINDERS_EMAIL__SMTP__TIMEOUT_SECONDS="0.3")
    wired.dispatch()

    assert wired.state().short == ("in_doubt", None)


def test_a_server_that_breaks_off_before_the_dot_has_nothing(follow: Follow) -> None:
    wired, server = follow({"DATA": Act.DROP}, {})
    wired.dispatch().run_until("2026-03-11 09:10")

    assert wired.state().short == ("accepted", None)
    assert len(server.received) == 1


def test_an_odd_farewell_does_not_undo_what_was_accepted(follow: Follow) -> None:
    """R21."""
    wired, server = follow({"QUIT": "421 too many connections"})
    wired.dispatch().run_until("2026-03-12 09:00")

    assert len(server.received) == 1
    assert wired.state().short == ("accepted", None)
