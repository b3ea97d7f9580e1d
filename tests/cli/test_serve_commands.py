"""Starts of the desk that are refused, with what to do."""

from __future__ import annotations

import socket

import pytest

from tests.cli.desk import Desk, start

REFUSED: dict[str, tuple[tuple[str, ...], dict[str, str], str]] = {
    "outside without https": (("serve", "--host", "0.0.0.0"), {}, "speaks https"),
    "public without https": (("web",), {"REMINDERS_WEB__PUBLIC_URL": "http://clinic.example.org"}, "https://"),
    "public without a key": (("web",), {"REMINDERS_WEB__PUBLIC_URL": "https://c.example.org"}, "REMINDERS_SECRET_KEY"),
    "a key to be guessed": (("serve",), {"REMINDERS_SECRET_KEY": "changeme"}, "can be guessed"),
}


@pytest.mark.parametrize(("typed", "environ", "said"), REFUSED.values(), ids=REFUSED.keys())
def test_a_start_that_would_not_be_safe_is_refused(
    desk: Desk, typed: tuple[str, ...], environ: dict[str, str], said: str
) -> None:
    """S8, S11"""
    answer = desk.run(*typed, environ=environ)

    assert (answer.code, said in answer.err) == (2, True)


def test_a_port_that_is_taken_is_a_sentence(desk: Desk) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        answer = desk.run("serve", "--port", str(port))

    assert (answer.code, f"Port {port} cannot be used" in answer.err) == (2, True)


# ---- an invented clinic ------------------------------------------------------------------------------------------

REAL = {
    "REMINDERS_EMAIL__PROVIDER": "smtp",
    "REMINDERS_EMAIL__SMTP__HOST": "127.0.0.1",
    "REMINDERS_EMAIL__SMTP__FROM_ADDRESS": "desk@example.org",
}


@pytest.mark.parametrize("command", [("serve", "--demo"), ("seed-demo",)])
def test_where_messages_really_leave_nobody_is_invented(desk: Desk, command: tuple[str, ...]) -> None:
    answer = desk.run(*command, environ=REAL)

    assert (answer.code, "an invented clinic is only for the outbox" in answer.err) == (1, True)
    assert desk.ask("list") == []


def test_nothing_is_sent_for_an_invented_clinic_where_messages_really_leave(desk: Desk) -> None:
    """Also if the providers are set later."""
    desk.ok("seed-demo")

    answer = desk.run("dispatch", environ=REAL)

    assert (answer.code, "an invented clinic is only for the outbox" in answer.err) == (1, True)


@pytest.mark.parametrize("command", [("serve", "--no-demo"), ("daemon",)])
def test_what_would_go_on_sending_for_an_invented_clinic_does_not_start(desk: Desk, command: tuple[str, ...]) -> None:
    """As processes: one that starts all the same must be stopped."""
    desk.ok("seed-demo")

    answer = start(desk.folder, *command, environ=REAL, seconds=30)

    assert (answer.returncode, "an invented clinic is only for the outbox" in answer.stderr) == (1, True)
