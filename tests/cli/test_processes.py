"""The command as people start it: a process with pipes, and several at once."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.cli.desk import Desk, clean_environ, days_ago, make_folder, start
from tests.clinic import LASER

RECORD = ("record", "--name", "Ana Diaz", "--phone", "+16175550142", "--consent", "sms")
RECORD_LASER = (*RECORD, "--treatment", LASER, "--performed-at", f"{days_ago(1)}T10:00")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return make_folder(tmp_path / "clinic")


def spawn(folder: Path, *typed: str, stdout: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "reminders", *typed],
        cwd=folder,
        env=clean_environ(),
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("form", [(), ("--json",)], ids=["table", "json"])
def test_a_reader_that_has_seen_enough_undoes_nothing(folder: Path, form: tuple[str, ...]) -> None:
    """As in `reminders record … | head -1`: what was entered is saved before anything is printed."""
    unread, write_end = os.pipe()
    os.close(unread)

    process = spawn(folder, *RECORD_LASER, *form, stdout=write_end)
    os.close(write_end)
    _, said = process.communicate(timeout=120)

    assert "Traceback" not in said
    assert len(start(folder, "patients", "--json").stdout.splitlines()) == 1


def test_the_same_procedure_entered_by_four_desks_at_once_is_one(folder: Path) -> None:
    """R3; the four also migrate the new database at once."""
    desks = [spawn(folder, *RECORD_LASER, "--json", stdout=subprocess.DEVNULL) for _ in range(4)]

    said = [process.communicate(timeout=120)[1] for process in desks]

    assert ([process.returncode for process in desks], said) == ([0] * 4, [""] * 4)
    lines = Desk(folder=folder, now=datetime.now(UTC).isoformat()).ask("plan", "1")
    assert {(line["patient"], line["procedure"]) for line in lines} == {(1, 1)}
    assert [line["rule"] for line in lines].count("swelling") == 1


def test_a_first_start_makes_the_database_by_itself(folder: Path) -> None:
    answer = start(folder, "status", "--json")

    assert (answer.returncode, answer.stderr) == (0, "")
    assert (folder / "reminders.db").exists()


def test_without_a_command_it_says_what_there_is(folder: Path) -> None:
    answer = start(folder)

    assert answer.returncode == 2
    assert "Commands:" in answer.stdout + answer.stderr
