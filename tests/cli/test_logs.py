"""Logs hold ids: never a number, an address, a name or a text, whatever goes wrong and however much is logged."""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from threading import Timer

import pytest
import structlog

from reminders.logs import redact, trace_error
from tests.cli.desk import Desk, clean_environ, make_folder, start
from tests.clinic import LASER

DEBUG = {"REMINDERS_LOG_LEVEL": "DEBUG"}
SEEDED = ("Ana", "Diaz", "16175550142", "555-0142", "ana@example.org", "Harbour", "swelling")
"""What must not be in a log: of Ana, and of the texts that she gets."""


def daytime() -> str:
    """A zone whose clocks show noon: there a text may leave now."""
    return f"Etc/GMT{datetime.now(UTC).hour - 12:+d}"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A clinic in which Ana's first text is due."""
    desk = Desk(folder=make_folder(tmp_path / "clinic"))
    desk.edit_config("America/New_York", daytime())
    person = ("--name", "Ana Diaz", "--phone", "+16175550142", "--email", "ana@example.org")
    an_hour_ago = (datetime.now(UTC) - timedelta(hours=1)).strftime("%Y-%m-%dT%H:%MZ")
    treatment = ("--treatment", LASER, "--performed-at", an_hour_ago, "--consent", "sms")
    assert start(desk.folder, "record", *person, *treatment).returncode == 0
    return desk.folder


def change_rows(folder: Path, **over: str) -> None:
    """Give every reminder values such as no release writes them."""
    changes = ", ".join(f"{column} = '{value}'" for column, value in over.items())
    with closing(sqlite3.connect(folder / "reminders.db")) as connection, connection:
        connection.execute(f"UPDATE reminders SET {changes}")


def require_no_patient(log: str) -> None:
    assert [word for word in SEEDED if word in log] == []


UNREACHABLE_TWILIO = {
    "REMINDERS_SMS__PROVIDER": "twilio",
    "REMINDERS_SMS__TWILIO__ACCOUNT_SID": "AC" + "0" * 32,
    "REMINDERS_SMS__TWILIO__AUTH_TOKEN": "a-token",
    "REMINDERS_SMS__TWILIO__FROM_NUMBER": "+16175550100",
    "REMINDERS_SMS__TWILIO__BASE_URL": "http://127.0.0.1:9",
}


@pytest.mark.parametrize("provider", [{}, UNREACHABLE_TWILIO], ids=["outbox", "twilio that does not answer"])
def test_dispatching_logs_no_patient(folder: Path, provider: dict[str, str]) -> None:
    """S6"""
    answer = start(folder, "dispatch", "--json", environ={**DEBUG, **provider})

    assert json.loads(answer.stdout)["handed_over"] == 1, answer.stderr
    require_no_patient(answer.stderr)
    assert "a-token" not in answer.stderr


def test_an_error_inside_the_program_shows_no_trace_and_no_patient(folder: Path) -> None:
    change_rows(folder, status="lost")

    answer = start(folder, "plan", "1")

    assert (answer.returncode, answer.stdout) == (1, "")
    assert answer.stderr == (
        "Something went wrong inside the program (ValueError). See with `reminders list` what was saved; "
        "for a report to whoever keeps the program, run it again with REMINDERS_LOG_LEVEL=DEBUG.\n"
    )


def test_at_debug_the_place_of_an_error_is_told_without_its_words(folder: Path) -> None:
    """S6"""
    change_rows(folder, status="Ana Diaz")

    answer = start(folder, "plan", "1", environ=DEBUG)

    told = json.loads(answer.stderr.splitlines()[0])
    assert told["trace"][0] == "ValueError"
    assert any(place.startswith("store/cases.py:") for place in told["trace"])
    assert "Traceback" not in answer.stderr
    require_no_patient(answer.stderr)


@pytest.fixture
def daemon(folder: Path) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "reminders", "daemon"],
        cwd=folder,
        env=clean_environ({**DEBUG, "REMINDERS_DISPATCH__TICK_SECONDS": "0.2"}),
        stderr=subprocess.PIPE,
        text=True,
    )
    # A daemon that stays silent fails the test instead of holding it.
    limit = Timer(60, process.kill)
    limit.start()
    yield process
    limit.cancel()
    process.kill()
    process.communicate()


def read_until(process: subprocess.Popen[str], event: str) -> str:
    assert process.stderr is not None, "it is a pipe"
    told = ""
    while event not in told:
        line = process.stderr.readline()
        assert line, f"the daemon ended without '{event}': {told}"
        told += line
    return told


def test_a_daemon_that_meets_a_broken_row_logs_no_patient_and_goes_on(
    folder: Path, daemon: subprocess.Popen[str]
) -> None:
    """S6, F18"""
    told = read_until(daemon, "daemon started")
    change_rows(folder, status="scheduled", anchor_kind="Ana Diaz", next_attempt_at="2026-01-01 00:00:00")

    told += read_until(daemon, "reminder not written")
    daemon.send_signal(signal.SIGTERM)
    told += read_until(daemon, "daemon stopped")

    require_no_patient(told)
    assert daemon.wait(timeout=60) == 0


# ---- the processors themselves ---------------------------------------------------------------------------------


def test_a_line_loses_what_looks_like_a_number_or_an_address() -> None:
    """S6"""
    line = {
        "event": "told",
        "words": "call (617) 555-0142",
        "more": ["ana@example.org", {"to": "+16175550142"}],
        "id": 7,
    }

    assert redact(None, "info", line) == {
        "event": "told",
        "words": "call ([number]",
        "more": ["[address]", {"to": "[number]"}],
        "id": 7,
    }


def fail_on(name: str) -> None:
    raise ValueError(f"{name} cannot be read")


def test_an_error_is_logged_without_its_words_and_variables() -> None:
    """S6"""
    stream = StringIO()
    log = structlog.wrap_logger(
        structlog.PrintLogger(stream), processors=[trace_error, redact, structlog.processors.JSONRenderer()]
    )

    try:
        fail_on("Ana Diaz")
    except ValueError:
        log.error("failed", exc_info=True)

    told = json.loads(stream.getvalue())
    assert told["trace"][0] == "ValueError"
    assert "Ana" not in stream.getvalue()
