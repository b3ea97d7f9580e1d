"""Clinics whose daemons are processes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.daemon.processes import DaemonProcess, PresentClinic, make_folder, quick_settings
from tests.fakes.smtp import MailServer
from tests.fakes.twilio import FakeTwilio

Start = Callable[..., DaemonProcess]


@pytest.fixture
def twilio() -> Iterator[FakeTwilio]:
    with FakeTwilio() as fake:
        yield fake


@pytest.fixture
def mail() -> Iterator[MailServer]:
    with MailServer() as server:
        yield server


@pytest.fixture
def settings(new_database: Callable[[str], str], twilio: FakeTwilio, mail: MailServer) -> dict[str, str]:
    return quick_settings(new_database("sqlite"), twilio, mail.port)


@pytest.fixture
def clinic(settings: dict[str, str], twilio: FakeTwilio, mail: MailServer) -> Iterator[PresentClinic]:
    with PresentClinic(settings["REMINDERS_DATABASE__URL"], twilio, mail.port, settings) as clinic:
        yield clinic


@pytest.fixture
def start(tmp_path: Path, settings: dict[str, str]) -> Iterator[Start]:
    """Starts a daemon in the clinic's folder, as a process; whatever is left of it ends with the test."""
    with ExitStack() as stack:

        def start_one(*module: str, **over: str) -> DaemonProcess:
            folder = make_folder(tmp_path / "clinic")
            daemon = DaemonProcess(folder, settings | over, module or ("reminders", "daemon"))
            return stack.enter_context(daemon)

        yield start_one
