"""A real chromium: the machine's own, which sees this machine alone."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

from reminders.model import InputRefusal

# As root it has no sandbox, and it opens nothing but our own pages. The rest keeps it from calling home.
_ARGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@contextmanager
def open_chromium() -> Iterator[Browser]:
    """Raises InputRefusal where none is installed."""
    path = shutil.which("chromium")
    if path is None:
        raise InputRefusal("There is no chromium on this machine: `scripts/chromium.sh` installs it, or says how.")
    with sync_playwright() as playwright, playwright.chromium.launch(executable_path=path, args=_ARGS) as browser:
        yield browser
