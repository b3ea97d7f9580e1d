"""A mail server that hangs, drops the line or lies: what left surely not, what surely did, and what is in doubt."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta

import pytest

from reminders.clock import SetClock
from reminders.model import Channel, Outcome, OutgoingMessage, Receipt, RefusalKind
from reminders.providers.smtp import SmtpProvider, SmtpSettings
from tests.fakes.smtp import Act, Script, ScriptedServer, server_context, trusting_context

NOW = datetime(2027, 3, 1, 10, 0, tzinfo=UTC)
BIG = "x" * 70 + "\n"
BIG_BODY = BIG * 200_000
"""More than the buffers of a connection hold: it cannot be sent to somebody who is gone."""


def make_message(attempt_id: int, *, body: str = "Ice the treated area.\n") -> OutgoingMessage:
    return OutgoingMessage(
        attempt_id=attempt_id,
        token="t",
        channel=Channel.EMAIL,
        to="ana@patients.example",
        body=body,
        subject="A reminder",
        send_before=NOW + timedelta(hours=1),
        good_until=NOW + timedelta(hours=1),
        message_key=f"rem-{attempt_id}.1",
    )


def make_provider(port: int, *, timeout_seconds: float = 10.0) -> SmtpProvider:
    settings = SmtpSettings(
        host="127.0.0.1",
        port=port,
        security="none",
        from_address="care@clinic.example",
        timeout_seconds=timeout_seconds,
    )
    return SmtpProvider(settings, SetClock(NOW))


def send(
    server: ScriptedServer, *, count: int = 2, body: str = "Ice it.\n", timeout_seconds: float = 10.0
) -> list[str]:
    """Each receipt in a word or two: accepted, or outcome and code."""
    messages = [make_message(number, body=body) for number in range(1, count + 1)]
    return [words(each) for each in make_provider(server.port, timeout_seconds=timeout_seconds).send(messages)]


def words(receipt: Receipt) -> str:
    if receipt.outcome is Outcome.ACCEPTED:
        return "accepted"
    # A line that never came about says nothing of the message: it costs no try.
    assert (receipt.kind is RefusalKind.UNREACHABLE) == (receipt.code == "connect")
    assert not receipt.is_permanent
    return f"{receipt.outcome} {receipt.code}"


# ---- after the final dot: in doubt, or accepted ----------------------------------------------------------------


@pytest.mark.parametrize("act", [Act.DROP, Act.RESET])
def test_a_line_that_drops_after_the_final_dot_leaves_the_message_in_doubt(act: Act) -> None:
    """R21, F17: the server may have it, and here it has. The next message takes a new line."""
    with ScriptedServer({"DOT": act}, {}) as server:
        assert send(server) == ["in_doubt disconnected", "accepted"]
        assert (len(server.received), server.connections) == (2, 2)


def test_a_hang_after_the_final_dot_leaves_the_message_in_doubt() -> None:
    """R21, R23"""
    with ScriptedServer({"DOT": Act.HANG}, {}) as server:
        assert send(server, timeout_seconds=1.0) == ["in_doubt timeout", "accepted"]


@pytest.mark.parametrize("answer", ["what?", "199 hm", "354 go on"])
def test_an_unreadable_answer_to_the_final_dot_leaves_the_message_in_doubt(answer: str) -> None:
    with ScriptedServer({"DOT": answer}, {}) as server:
        assert send(server) == ["in_doubt unreadable", "accepted"]


def test_an_endless_answer_to_the_final_dot_leaves_the_message_in_doubt() -> None:
    """smtplib raises a made-up 500 here, which is no answer of the server's."""
    with ScriptedServer({"DOT": "250 " + "x" * 9000}, {}) as server:
        assert send(server) == ["in_doubt disconnected", "accepted"]


def test_goodbye_in_answer_to_the_final_dot_is_a_refusal() -> None:
    with ScriptedServer({"DOT": "421 closing"}, {}) as server:
        assert send(server) == ["refused 421", "accepted"]


@pytest.mark.parametrize("answer", ["421 busy", "500 what?", Act.DROP, Act.RESET, Act.HANG])
def test_a_failing_quit_after_accept_changes_nothing(answer: str | Act) -> None:
    """R21: QUIT 421 after accept is sent once."""
    with ScriptedServer({"QUIT": answer}) as server:
        assert send(server, timeout_seconds=1.0) == ["accepted", "accepted"]
        assert len(server.received) == 2


def test_a_line_that_drops_between_two_messages_costs_the_second_one_a_retry() -> None:
    with ScriptedServer({"MAIL#2": Act.DROP}, {}) as server:
        assert send(server, count=3) == ["accepted", "refused disconnected", "accepted"]


# ---- before the final dot: refused for now ---------------------------------------------------------------------


@pytest.mark.parametrize("step", ["MAIL", "RCPT", "DATA"])
def test_goodbye_in_mid_session_is_a_refusal_for_now(step: str) -> None:
    """F17: 421 mid-session; the next message takes a new line."""
    with ScriptedServer({step: "421 closing"}, {}) as server:
        assert send(server) == ["refused 421", "accepted"]
        assert server.connections == 2


@pytest.mark.parametrize("step", ["MAIL", "RCPT", "DATA"])
def test_a_line_that_drops_before_the_content_is_a_refusal_for_now(step: str) -> None:
    with ScriptedServer({step: Act.DROP}, {}) as server:
        assert send(server) == ["refused disconnected", "accepted"]


@pytest.mark.parametrize("act", [Act.DROP, Act.RESET])
def test_a_line_that_drops_within_the_content_is_a_refusal_for_now(act: Act) -> None:
    """The dot was never sent, so no server can have accepted it."""
    with ScriptedServer({"CONTENT": act}) as server:
        assert send(server, count=1, body=BIG_BODY) == ["refused disconnected"]
        assert server.received == []


def test_a_hang_within_the_content_is_a_refusal_for_now() -> None:
    """R23"""
    with ScriptedServer({"CONTENT": Act.HANG}) as server:
        assert send(server, count=1, body=BIG_BODY, timeout_seconds=1.0) == ["refused timeout"]


@pytest.mark.parametrize("step", ["MAIL", "RCPT", "DATA"])
def test_a_hang_before_the_content_is_a_refusal_for_now(step: str) -> None:
    """R23"""
    with ScriptedServer({step: Act.HANG}) as server:
        assert send(server, count=1, timeout_seconds=1.0) == ["refused timeout"]


@pytest.mark.parametrize(("answer", "words"), [("451 later", "refused 451"), ("250 odd", "refused unreadable")])
def test_a_refused_data_command_is_a_refusal_for_now(answer: str, words: str) -> None:
    with ScriptedServer({"DATA": answer}, {}) as server:
        assert send(server, count=1) == [words]
        assert server.received == []


def test_a_refused_recipient_is_taken_back_before_the_next_one() -> None:
    """Else the second message would have the first one's sender and state."""
    with ScriptedServer({"RCPT#1": "450 later"}) as server:
        assert send(server) == ["refused 450", "accepted"]
        assert (server.count("RSET"), server.connections) == (1, 1)


def test_where_taking_back_fails_a_new_line_does_it() -> None:
    with ScriptedServer({"RCPT": "450 later", "RSET": "502 what?"}, {}) as server:
        assert send(server) == ["refused 450", "accepted"]
        assert server.connections == 2


# ---- no line at all --------------------------------------------------------------------------------------------

UNREACHABLE: list[Script] = [
    {"GREETING": "421 too busy"},
    {"GREETING": "554 go away"},
    {"GREETING": Act.DROP},
    {"GREETING": Act.RESET},
    {"EHLO": "421 closing"},
    {"EHLO": Act.DROP},
]


@pytest.mark.parametrize("script", UNREACHABLE)
def test_an_unreachable_server_is_tried_twice_for_the_whole_batch(script: Script) -> None:
    """F17: no message is lost and the server is not hammered."""
    with ScriptedServer(script) as server:
        assert send(server, count=5) == ["refused connect"] * 5
        assert server.connections == 2


def test_a_server_that_comes_back_serves_the_rest_of_the_batch() -> None:
    with ScriptedServer({"GREETING": "421 too busy"}, {}) as server:
        assert send(server, count=3) == ["refused connect", "accepted", "accepted"]


def test_nobody_listening_is_a_refusal_for_now() -> None:
    with ScriptedServer() as server:
        pass

    assert send(server, count=3) == ["refused connect"] * 3


def test_a_silent_server_frees_the_worker_in_time() -> None:
    """R23: two greetings are waited for, however many messages wait."""
    with ScriptedServer({"GREETING": Act.HANG}) as server:
        assert send(server, count=20, timeout_seconds=0.5) == ["refused connect"] * 20
        assert server.connections == 2


def test_a_server_that_breaks_off_twice_in_a_row_is_left_alone() -> None:
    """R23: else each message of the batch would wait for its own timeout."""
    with ScriptedServer({"MAIL": Act.DROP}) as server:
        assert send(server, count=4) == ["refused disconnected"] * 2 + ["refused connect"] * 2
        assert server.connections == 2


def test_an_answer_between_two_breaks_shows_that_the_server_lives() -> None:
    scripts: list[Script] = [{"MAIL": Act.DROP}, {"RCPT": "450 later", "MAIL#2": Act.DROP}, {}]
    with ScriptedServer(*scripts) as server:
        assert send(server, count=4) == ["refused disconnected", "refused 450", "refused disconnected", "accepted"]


def test_a_server_that_takes_one_message_a_line_is_not_given_up() -> None:
    with ScriptedServer({"MAIL#2": "421 one is enough"}) as server:
        assert send(server, count=6) == ["accepted", "refused 421"] * 3


# ---- TLS and login ---------------------------------------------------------------------------------------------


def send_over_tls(server: ScriptedServer) -> list[Receipt]:
    settings = SmtpSettings(
        host="127.0.0.1",
        port=server.port,
        security="tls",
        username="clinic",
        password="correct horse",
        from_address="care@clinic.example",
        timeout_seconds=10.0,
    )
    return list(SmtpProvider(settings, SetClock(NOW), trusting_context()).send([make_message(1), make_message(2)]))


@pytest.mark.parametrize("code", ["454", "530", "534", "535"])
def test_a_refused_login_stops_the_channel(code: str) -> None:
    """R22, R9: one try for the batch."""
    with ScriptedServer({"AUTH": f"{code} no"}, context=server_context()) as server:
        receipts = send_over_tls(server)

    assert [(each.kind, each.is_permanent, each.code) for each in receipts] == [(RefusalKind.CHANNEL, False, code)] * 2
    assert (server.count("AUTH"), server.connections) == (1, 1)


@pytest.mark.parametrize("answer", ["421 closing", Act.DROP])
def test_a_line_that_drops_at_login_is_a_refusal_for_now(answer: str | Act) -> None:
    with ScriptedServer({"AUTH": answer}, {}, context=server_context()) as server:
        first, second = send_over_tls(server)

    assert words(first) == "refused connect"
    assert second.outcome is Outcome.ACCEPTED


@pytest.mark.parametrize("answer", ["454 TLS not available", "501 no", Act.DROP, "220 go on\r\n250 injected"])
def test_nothing_is_said_in_plain_where_tls_does_not_come_about(answer: str | Act) -> None:
    """F17: TLS downgrade."""
    with ScriptedServer({"EHLO": "250-fake\r\n250 STARTTLS", "STARTTLS": answer}) as server:
        settings = SmtpSettings(host="127.0.0.1", port=server.port, from_address="care@clinic.example")
        receipts = list(SmtpProvider(settings, SetClock(NOW), trusting_context()).send([make_message(1)]))

    assert [words(each) for each in receipts] == ["refused connect"]
    assert server.count("MAIL") == 0


# ---- what may be seen ------------------------------------------------------------------------------------------


def test_no_address_and_no_text_is_logged(caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> None:
    """S6: a server likes to repeat the address in what it answers."""
    caplog.set_level(logging.DEBUG)
    scripts: list[Script] = [
        {"RCPT#1": "550 <ana@patients.example> unknown", "RCPT#2": "421 ana@patients.example later"},
        {"DOT#2": Act.DROP},
        {"GREETING": "421 no mail for ana@patients.example"},
    ]
    with ScriptedServer(*scripts) as server:
        receipts = list(make_provider(server.port).send([make_message(number) for number in range(1, 6)]))

    assert [each.code for each in receipts] == ["550", "421", None, "disconnected", "connect"]
    seen = caplog.text + "".join(capfd.readouterr()) + repr(receipts)
    assert "no SMTP connection" in seen
    assert "SMTPConnectError" in seen
    for secret in ("ana", "patients.example", "Ice the"):
        assert secret not in seen
