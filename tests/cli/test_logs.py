"""Logs hold ids: never a number, an address, a name or a text, whatever goes wrong and however much is logged."""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import date, timedelta
from io import StringIO
from pathlib import Path

import pytest
import structlog

from reminders.logs import redact, trace_error
from tests.cli.desk import clean_environ, make_folder, start
from tests.clinic import LASER

DEBUG = {"REMINDERS_LOG_LEVEL": "DEBUG"}
SEEDED = ("Ana", "Diaz", "16175550142", "555-0142", "ana@example.org", "Harbour", "swelling")
"""What must not be in a log: of Ana, and of the texts that she gets."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A clinic in which Ana's first texts are due: her treatment was yesterday."""
    folder = make_folder(tmp_path / "clinic")
    yesterday = date.today() - timedelta(days=1)
    person = ("--name", "Ana Diaz", "--phone", "+16175550142", "--email", "ana@example.org")
    treatment = ("--treatment", LASER, "--performed-at", yesterday.isoformat(), "--consent", "sms")
    assert start(folder, "record", *person, *treatment).returncode == 0
    return folder


def make_due(folder: Path, **over: str) -> None:
    """Ana's reminders are due at any hour, as if it were always day."""
    changes = ", ".join(f"{column} = '{value}'" for column, value in over.items())
    with closing(sqlite3.connect(folder / "reminders.db")) as connection, connection:
        connection.execute(f"UPDATE reminders SET {changes}")


def require_no_patient(log: str) -> None:
    assert [word for word in SEEDED if word in log] == []


def test_dispatching_logs_no_patient(folder: Path) -> None:
    """S6"""
    answer = start(folder, "dispatch", environ=DEBUG)

    assert answer.returncode == 0, answer.stderr
    require_no_patient(answer.stderr)


def test_an_error_inside_the_program_shows_no_trace_and_no_patient(folder: Path) -> None:
    """A row such as no release writes it."""
    make_due(folder, status="lost")

    answer = start(folder, "plan", "1")

    assert (answer.returncode, answer.stdout) == (1, "")
    assert answer.stderr == (
        "Something went wrong inside the program (ValueError). See with `reminders list` what was saved; "
        "for a report to whoever keeps the program, run it again with REMINDERS_LOG_LEVEL=DEBUG.\n"
    )


def test_at_debug_the_place_of_an_error_is_told_without_its_words(folder: Path) -> None:
    """S6"""
    make_due(folder, status="Ana Diaz")

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
        env=clean_environ(DEBUG),
        stderr=subprocess.PIPE,
        text=True,
    )
    yield process
    process.kill()
    process.communicate()


def test_a_daemon_logs_no_patient_when_its_ticks_fail(folder: Path, daemon: subprocess.Popen[str]) -> None:
    """S6, R16: a database that turns bad under it is logged by what it is."""
    assert daemon.stderr is not None
    first = daemon.stderr.readline()
    make_due(folder, channel="Ana Diaz", lease_until="2026-01-01 00:00:00", status="claimed", anchor_kind="Ana Diaz")
    while "tick failed" not in (line := daemon.stderr.readline()):
        assert line, "the daemon ended"

    daemon.send_signal(signal.SIGTERM)
    rest = daemon.stderr.read()

    require_no_patient(first + line + rest)
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
