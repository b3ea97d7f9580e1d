"""Engines on fresh databases."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import Engine

from reminders.store.engine import open_engine


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """The test runs once on SQLite and once on PostgreSQL."""
    engine = open_engine(database_url)
    yield engine
    engine.dispose()


@pytest.fixture
def sqlite_engine(new_database: Callable[[str], str]) -> Iterator[Engine]:
    engine = open_engine(new_database("sqlite"))
    yield engine
    engine.dispose()


@pytest.fixture
def postgres_engine(new_database: Callable[[str], str]) -> Iterator[Engine]:
    engine = open_engine(new_database("postgresql"))
    yield engine
    engine.dispose()
