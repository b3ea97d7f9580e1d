"""Databases without a schema."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from reminders.store.engine import open_engine
from tests.databases import KINDS


@pytest.fixture
def new_empty_database(tmp_path: Path, new_database: Callable[[str], str]) -> Callable[[str], str]:
    """Makes a database of a kind with nothing in it and returns its URL."""

    def make(kind: str) -> str:
        if kind == "sqlite":
            return f"sqlite:///{tmp_path / 'empty.db'}"
        url = new_database(kind)
        engine = open_engine(url)
        with engine.begin() as connection:
            connection.execute(text("DROP SCHEMA public CASCADE"))
            connection.execute(text("CREATE SCHEMA public"))
        engine.dispose()
        return url

    return make


@pytest.fixture(params=KINDS)
def empty_url(request: pytest.FixtureRequest, new_empty_database: Callable[[str], str]) -> str:
    """The test runs once on SQLite and once on PostgreSQL."""
    return new_empty_database(request.param)


@pytest.fixture
def empty_engine(empty_url: str) -> Iterator[Engine]:
    engine = open_engine(empty_url)
    yield engine
    engine.dispose()
