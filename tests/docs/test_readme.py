"""What README shows is what the command prints."""

from __future__ import annotations

import os
import re
import subprocess
import sys

from tests.clinic import ROOT


def test_the_rehearsal_begins_as_readme_shows_it() -> None:
    shown = re.search(
        r"\$ \.venv/bin/reminders (simulate \S+)\n(.*?)\n```", (ROOT / "README.md").read_text("utf-8"), re.S
    )
    assert shown is not None
    printed = subprocess.run(
        [sys.executable, "-m", "reminders", *shown[1].split()],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout

    lines = [line.rstrip() for line in printed.splitlines()]
    assert lines[: len(shown[2].splitlines())] == shown[2].splitlines()
