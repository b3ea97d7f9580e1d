"""Statements that run with every reminder are built once, when their module is imported.

SQLAlchemy takes several times longer to build a statement than SQLite to run it. What writes is addressed to the table
and not to the row class, which saves the search for rows in memory; whoever holds such a row reads it again.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, cast

from sqlalchemy import CursorResult, Insert, Table, insert

from reminders.store.engine import Transaction
from reminders.tables import Base


def table_of(row_class: type[Base]) -> Table:
    """The table of a row class."""
    return cast(Table, row_class.__table__)


def insert_row(tx: Transaction, row_class: type[Base], values: Mapping[str, object]) -> int:
    """Write a row that this transaction does not read again; returns its id. What is not named is NULL."""
    written = cast("CursorResult[Any]", tx.execute(_insert_into(row_class), values))
    assert written.inserted_primary_key is not None, "one row was written"
    row_id: int = written.inserted_primary_key[0]
    return row_id


@cache
def _insert_into(row_class: type[Base]) -> Insert:
    return insert(table_of(row_class))
