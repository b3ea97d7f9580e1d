"""A desk with a keyboard: a clinic's folder, and the real command on it."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import structlog
from freezegun import freeze_time
from typer.testing import CliRunner

# FastAPI takes clocks apart when it is imported, so it must see the real one and not one that stands still.
import reminders.web  # noqa: F401
from reminders.cli import cli
from tests.clinic import LASER, ROOT

NOW = "2026-03-10T14:30:00+00:00"
"""Tuesday, 10:30 on the clinic's clock."""

ANA = ("--name", "Ana Diaz", "--phone", "+16175550142", "--email", "ana@example.org")
ICED = ("--treatment", LASER, "--performed-at", "2026-03-10T10:00")
"""A laser treatment that ended half an hour ago."""


DECLARED = (
    'name = "Fractional laser treatment"\n',
    'name = "Fractional laser treatment"\n'
    'attributes = { side = ["left", "right"] }\n'
    'events = ["healed", "first-dose"]\n'
    'questions = { pain = ["yes", "no"] }\n',
)
"""An edit of the configuration: what can be noted of the laser, and recorded of it later."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[dict[str, Any]]:
        """The answer to `--json`: one object a line."""
        return [json.loads(line) for line in self.out.splitlines()]


@dataclass(kw_only=True)
class Desk:
    """Runs commands in this process, on a clock that stands still until it is set."""

    folder: Path
    now: str = NOW

    @property
    def config(self) -> Path:
        return self.folder / "config.toml"

    def run(self, *typed: str, environ: Mapping[str, str] | None = None) -> Answer:
        """One command. An error that nobody foresaw rises."""
        # A folder's own secrets and a developer's settings are not the test's.
        ambient = {name: None for name in os.environ if name.startswith("REMINDERS_")}
        with freeze_time(self.now):
            result = CliRunner().invoke(
                cli, ["--config", str(self.config), *typed], env={**ambient, **(environ or {})}, catch_exceptions=False
            )
        # The command logs to an error stream that is closed by now.
        structlog.reset_defaults()
        return Answer(code=result.exit_code, out=result.stdout, err=result.stderr)

    def ok(self, *typed: str, environ: Mapping[str, str] | None = None) -> Answer:
        """The same, where the command must succeed."""
        answer = self.run(*typed, environ=environ)
        assert answer.code == 0, answer.err
        return answer

    def ask(self, *typed: str) -> list[dict[str, Any]]:
        """What `--json` prints."""
        return self.ok(*typed, "--json").lines

    def record(self, *over: str) -> list[dict[str, Any]]:
        """Ana's laser treatment, with consent for everything."""
        return self.ask("record", *ANA, *ICED, "--consent", "sms", "--consent", "email", *over)

    def edit_config(self, old: str, new: str) -> None:
        text = self.config.read_text("utf-8")
        assert old in text, f"the configuration has no {old!r}"
        self.config.write_text(text.replace(old, new, 1), "utf-8")

    def dump(self) -> list[str]:
        """All that the database holds, to see whether a command changed it."""
        with closing(sqlite3.connect(self.folder / "reminders.db")) as connection:
            return list(connection.iterdump())


def make_folder(folder: Path) -> Path:
    """A clinic's folder with the configuration and the texts that ship."""
    folder.mkdir()
    shutil.copy(ROOT / "config.toml", folder)
    shutil.copytree(ROOT / "templates", folder / "templates")
    return folder


def days_ago(days: int) -> str:
    """A date as it is typed, by the machine's own clock: a process cannot be given another."""
    return (datetime.now(UTC) - timedelta(days=days)).date().isoformat()


def clean_environ(over: Mapping[str, str] | None = None) -> dict[str, str]:
    """This process's variables without a developer's own settings of the service."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("REMINDERS_")}
    return {**clean, "PYTHONPATH": str(ROOT), **(over or {})}


def start(
    folder: Path, *typed: str, environ: Mapping[str, str] | None = None, seconds: float = 120
) -> subprocess.CompletedProcess[str]:
    """The command as a process of its own, on the machine's own clock, started in `folder`."""
    return subprocess.run(
        [sys.executable, "-m", "reminders", *typed],
        cwd=folder,
        env=clean_environ(environ),
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )
