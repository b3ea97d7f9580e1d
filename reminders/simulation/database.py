"""An empty database in memory for each rehearsal, ready within a millisecond."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import cast

from sqlalchemy import Engine

from reminders.store.engine import open_engine
from reminders.store.schema import migrate

_rested: list[Engine] = []
"""Engines that no rehearsal uses now. An engine learns how to say each statement, which takes longer than to run it."""


@contextmanager
def empty_database() -> Iterator[Engine]:
    """A migrated database that is gone afterwards."""
    engine = _rested.pop() if _rested else open_engine("sqlite://")
    try:
        _template().backup(_connection_of(engine))
        yield engine
    finally:
        # With its only connection goes what it held.
        engine.dispose()
        _rested.append(engine)


@cache
def _template() -> sqlite3.Connection:
    """The schema, migrated once."""
    engine = open_engine("sqlite://")
    migrate(engine)
    return _connection_of(engine)


def _connection_of(engine: Engine) -> sqlite3.Connection:
    return cast(sqlite3.Connection, engine.raw_connection().driver_connection)
