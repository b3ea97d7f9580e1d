"""A database with staff: Olive runs it, Dora is at the desk."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from reminders.store.engine import open_engine
from tests.accounts.staff import Staff, hire


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    engine = open_engine(database_url)
    yield engine
    engine.dispose()


@pytest.fixture
def staff(engine: Engine) -> Staff:
    return hire(engine)
