"""`kill -9` of real daemons at random moments: nothing lost, nothing accepted twice (R1, R4)."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.clinic import ROOT
from tests.daemon.processes import PresentClinic, make_folder, quick_settings, wait_until
from tests.fakes.smtp import MailServer
from tests.fakes.twilio import FakeTwilio

pytestmark = pytest.mark.faults

KILLS = 50
PATIENTS = 500

SLOW = {
    "REMINDERS_DISPATCH__BATCH_SIZE": "8",
    "REMINDERS_SMS__TWILIO__CONCURRENCY": "3",
    "REMINDERS_LOG_LEVEL": "CRITICAL",
}
"""So that fifty daemons find something to do, and most are killed in the middle of it."""


@pytest.mark.parametrize(("kind", "daemons"), [("sqlite", 1), ("postgresql", 2)])
def test_daemons_killed_at_random_moments_lose_and_double_nothing(
    kind: str, daemons: int, new_database: Callable[[str], str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """R1, R4."""
    url = new_database(kind)
    with FakeTwilio(delay_seconds=0.1) as twilio, MailServer() as mail:
        settings = quick_settings(url, twilio, mail.port, **SLOW)
        with PresentClinic(url, twilio, mail.port, settings) as clinic:
            clinic.owe(PATIENTS)
            handed_over = kill_daemons(make_folder(tmp_path / "clinic"), settings, daemons, twilio)
            twilio.delay_seconds = 0
            clinic.dispatch_until(clinic.is_settled)
            flagged = clinic.count_flagged()
            clinic.dispatch_until(lambda: not clinic.count_flagged())
            with capsys.disabled():
                sys.stdout.write(
                    f"\n{kind}, {daemons} at a time: {KILLS} killed while {handed_over} of {PATIENTS} left; "
                    f"{clinic.count_doubted()} went through in doubt, {flagged} flagged meanwhile, "
                    f"{clinic.count_flagged()} at the end\n"
                )
            assert clinic.dues() == [("accepted", None)] * PATIENTS
            assert len(twilio.accepted) == len({text["to"] for text in twilio.accepted}) == PATIENTS


def kill_daemons(folder: Path, settings: dict[str, str], count: int, twilio: FakeTwilio) -> int:
    """Keep `count` daemons running and kill one after the other; returns how many texts had been taken by then."""
    moments = random.Random(1)
    with nursery(folder, settings) as fork:
        running = [fork() for _ in range(count)]
        for _ in range(KILLS):
            time.sleep(moments.uniform(0.05, 1.2) / count)
            kill(running.pop(moments.randrange(count)))
            running.append(fork())
        for pid in running:
            kill(pid)
    return len(twilio.accepted)


@contextmanager
def nursery(folder: Path, settings: dict[str, str]) -> Iterator[Callable[[], int]]:
    """Yields what forks a daemon and returns its process id."""
    environ = {**os.environ, **settings, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "tests.faults.nursery"]
    with subprocess.Popen(
        command, cwd=folder, env=environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdin is not None
        assert parent.stdout is not None
        orders, births = parent.stdin, parent.stdout

        def fork() -> int:
            orders.write("\n")
            orders.flush()
            return int(births.readline())

        yield fork


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not _is_there(pid), step_seconds=0.005)


def _is_there(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
