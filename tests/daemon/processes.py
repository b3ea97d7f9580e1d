"""Daemons as real processes, in a clinic's folder of their own, on the machine's own clock."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import select

from reminders.clock import system_clock
from reminders.dispatching import dispatch_pass
from reminders.store.engine import reading
from reminders.tables import EventRow, ReminderRow
from tests.clinic import LASER, ROOT
from tests.dispatching.wired import WiredClinic, settings_for
from tests.fakes.twilio import FakeTwilio

PATIENCE_SECONDS = 60
"""For a busy machine: nothing below is expected to take nearly as long."""


def quick_settings(database_url: str, twilio: FakeTwilio, mail_port: int, **over: str) -> dict[str, str]:
    """Short ticks, short leases, and a clinic where it is noon now."""
    return settings_for(
        twilio,
        mail_port,
        REMINDERS_DATABASE__URL=database_url,
        REMINDERS_CLINIC__TIME_ZONE=zone_at_noon(),
        REMINDERS_DISPATCH__TICK_SECONDS="0.2",
        REMINDERS_DISPATCH__LEASE_SECONDS="4",
        REMINDERS_DISPATCH__IN_DOUBT_WAIT_SECONDS="1",
        REMINDERS_DISPATCH__GRACE_SECONDS="5",
        REMINDERS_SMS__TWILIO__TIMEOUT_SECONDS="1",
        REMINDERS_EMAIL__SMTP__TIMEOUT_SECONDS="1",
        **over,
    )


def zone_at_noon() -> str:
    # The signs of these names are turned round: Etc/GMT-3 is three hours ahead.
    ahead = 12 - datetime.now(UTC).hour
    return f"Etc/GMT{-ahead:+d}" if ahead else "Etc/GMT"


def make_folder(folder: Path) -> Path:
    """A clinic's folder with the shipped configuration."""
    folder.mkdir(exist_ok=True)
    shutil.copy(ROOT / "config.toml", folder)
    return folder


class PresentClinic(WiredClinic):
    """The desk of a clinic whose daemons are processes: its clock is the machine's."""

    def __init__(self, database_url: str, twilio: FakeTwilio, mail_port: int, settings: dict[str, str]) -> None:
        super().__init__(database_url, twilio, mail_port, **settings)
        twilio.clock = system_clock
        self.clock.now = system_clock().replace(second=0, microsecond=0)

    def owe(self, count: int, first: int = 0) -> None:
        """As many patients with one text due now: the first icing after a laser that ended this minute."""
        performed_at = self.clock.now.astimezone(self.config.clinic.time_zone).strftime("%Y-%m-%d %H:%M")
        for number in range(first, first + count):
            phone, email = f"+1617555{100 + number:04}", f"patient{number}@example.org"
            self.record(LASER, performed_at, name=f"Patient {number}", phone=phone, email=email)

    def dues(self) -> list[tuple[str, str | None]]:
        """(status, reason) of every text that was due."""
        with reading(self.app.engine) as tx:
            query = select(ReminderRow).where(ReminderRow.rule == "icing", ReminderRow.occurrence == 1)
            return [(row.status, row.reason) for row in tx.scalars(query.order_by(ReminderRow.id))]

    def is_settled(self) -> bool:
        return all(status not in ("scheduled", "claimed", "sending", "in_doubt") for status, _ in self.dues())

    def count_flagged(self) -> int:
        return sum(reason == "resent_after_unknown" for _, reason in self.dues())

    def count_doubted(self) -> int:
        """How many attempts went through in doubt."""
        with reading(self.app.engine) as tx:
            return len(set(tx.scalars(select(EventRow.attempt_id).where(EventRow.status == "in_doubt"))))

    def dispatch_until(self, is_done: Callable[[], bool]) -> None:
        """Dispatch in this process, on the machine's clock, until it is."""

        def is_done_now() -> bool:
            self.clock.now = datetime.now(UTC)
            dispatch_pass(self.work)
            return is_done()

        # The older a doubt, the less often it is looked at: what was killed again and again takes minutes.
        wait_until(is_done_now, patience_seconds=5 * PATIENCE_SECONDS)


def wait_until(
    is_so: Callable[[], bool], step_seconds: float = 0.05, patience_seconds: float = PATIENCE_SECONDS
) -> None:
    """Wait for something that must come about, however slow the machine is."""
    end = time.monotonic() + patience_seconds
    while not is_so():
        assert time.monotonic() < end, "it never came about"
        time.sleep(step_seconds)


@dataclass
class DaemonProcess:
    """`python -m reminders daemon`, or another module that runs one."""

    folder: Path
    settings: dict[str, str]
    module: tuple[str, ...] = ("reminders", "daemon")

    def __post_init__(self) -> None:
        self.log = self.folder / f"daemon-{time.monotonic_ns()}.log"
        environ = {**os.environ, **self.settings, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "error"}
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", *self.module], cwd=self.folder, env=environ, stdout=log, stderr=log
            )

    def __enter__(self) -> DaemonProcess:
        return self

    def __exit__(self, *error: object) -> None:
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        """Ask it to end, as a supervisor does, and return its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.wait()

    def wait(self) -> int:
        return self.process.wait(PATIENCE_SECONDS)

    def lines(self) -> list[dict[str, object]]:
        """What it logged."""
        return [json.loads(line) for line in self.log.read_text().splitlines() if line.startswith("{")]

    def said(self, event: str) -> list[dict[str, object]]:
        return [line for line in self.lines() if line.get("event") == event]

    def wait_until_said(self, event: str) -> None:
        wait_until(lambda: bool(self.said(event)) or self.process.poll() is not None)
        assert self.said(event), f"it ended without saying {event!r}"
