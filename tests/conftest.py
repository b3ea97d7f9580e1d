"""Databases of both kinds, and the shipped configuration on them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import structlog

from tests.clinic import ClinicDays
from tests.databases import KINDS, fresh_database


@pytest.fixture(autouse=True)
def default_logs() -> Iterator[None]:
    """A command that a test runs in this process sets the logs up for itself alone."""
    yield
    structlog.reset_defaults()


@pytest.fixture(scope="session")
def server_folder(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """Where PostgreSQL keeps its data: one server for all test processes."""
    base = tmp_path_factory.getbasetemp()
    folder = (base if worker_id == "master" else base.parent) / "postgresql"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture
def new_database(tmp_path: Path, server_folder: Path) -> Callable[[str], str]:
    """Makes a fresh migrated database of a kind and returns its URL."""
    return lambda kind: fresh_database(kind, tmp_path, server_folder)


@pytest.fixture(params=KINDS)
def database_url(request: pytest.FixtureRequest, new_database: Callable[[str], str]) -> str:
    """The test runs once on SQLite and once on PostgreSQL."""
    return new_database(request.param)


@pytest.fixture
def clinic(new_database: Callable[[str], str]) -> Iterator[ClinicDays]:
    """The shipped configuration on SQLite, with the outbox and a clock that is set."""
    with ClinicDays(new_database("sqlite")) as days:
        yield days


@pytest.fixture
def any_clinic(database_url: str) -> Iterator[ClinicDays]:
    """The same, on each kind of database."""
    with ClinicDays(database_url) as days:
        yield days
