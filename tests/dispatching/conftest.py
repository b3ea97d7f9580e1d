"""The fakes, and clinics that are wired to them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from tests.dispatching.wired import WiredClinic
from tests.fakes.smtp import MailServer
from tests.fakes.twilio import FakeTwilio

OpenWired = Callable[..., WiredClinic]


@pytest.fixture
def twilio() -> Iterator[FakeTwilio]:
    with FakeTwilio() as fake:
        yield fake


@pytest.fixture
def mail() -> Iterator[MailServer]:
    with MailServer() as server:
        yield server


@pytest.fixture
def open_wired(new_database: Callable[[str], str], twilio: FakeTwilio, mail: MailServer) -> Iterator[OpenWired]:
    """Opens a clinic on a fresh SQLite, or on the database that another one has."""
    with ExitStack() as stack:

        def open_one(database_url: str | None = None, mail_port: int | None = None, **over: str) -> WiredClinic:
            clinic = WiredClinic(database_url or new_database("sqlite"), twilio, mail_port or mail.port, **over)
            return stack.enter_context(clinic)

        yield open_one


@pytest.fixture
def wired(open_wired: OpenWired) -> WiredClinic:
    return open_wired()
