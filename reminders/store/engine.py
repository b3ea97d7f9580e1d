"""Engines and transactions, with what each database needs to be safe."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session
from sqlalchemy.pool import StaticPool

from reminders.store.trouble import DatabaseTrouble, describe

Transaction = Session
"""SQLAlchemy's unit of work. Called so because a session, here, is a patient's booked visit."""

WAL_RESET_FIXED_IN = (3, 51, 3)
"""Older SQLite can corrupt a WAL that two connections write or checkpoint at once, which is what we do."""

_BUSY_TIMEOUT_MS = 30_000

_POSTGRES_ARGS = {
    "connect_timeout": 10,
    # A half-open connection is noticed in about a minute instead of hours.
    "keepalives_idle": 20,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 60_000,
    "options": "-c lock_timeout=30s -c idle_in_transaction_session_timeout=120s",
}


def open_engine(url: str) -> Engine:
    """An engine for the configured database. Connects to nothing yet."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        return _open_sqlite(url, is_in_memory=parsed.database in (None, "", ":memory:"))
    return create_engine(
        parsed.set(drivername="postgresql+psycopg"),
        pool_pre_ping=True,
        pool_timeout=30,
        connect_args=_POSTGRES_ARGS,
        hide_parameters=True,
    )


def _open_sqlite(url: str, *, is_in_memory: bool) -> Engine:
    pool: dict[str, Any] = {"poolclass": StaticPool} if is_in_memory else {}
    # Parameters are patients' data: they stand in no error, so that no log can print them.
    engine = create_engine(url, connect_args={"check_same_thread": False}, hide_parameters=True, **pool)
    if not is_in_memory:
        event.listen(engine, "do_connect", _create_private)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _create_private(dialect: object, record: object, arguments: list[Any], options: dict[str, Any]) -> None:
    """A new database file is its owner's alone, as a backup is: it holds patients' data."""
    # Where it exists already, or cannot be made, connecting says what there is to say.
    with suppress(OSError):
        os.close(os.open(arguments[0], os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))


def choose_journal(version: tuple[int, ...]) -> str:
    """SQLite's journal mode for its version: a rollback journal where a WAL could be corrupted (R18)."""
    return "WAL" if version >= WAL_RESET_FIXED_IN else "TRUNCATE"


def _prepare_sqlite(connection: sqlite3.Connection, record: object) -> None:
    # SQLAlchemy's own BEGIN below, instead of the driver's, which comes only before the first write.
    connection.isolation_level = None
    journal = choose_journal(sqlite3.sqlite_version_info)
    for pragma in (
        f"busy_timeout = {_BUSY_TIMEOUT_MS}",
        f"journal_mode = {journal}",
        "synchronous = FULL",
        "foreign_keys = ON",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    # A reader that turns writer fails at once when another wrote in between; a writer from the start waits its turn.
    is_reader = connection.get_execution_options().get("reads_only", False)
    connection.exec_driver_sql("BEGIN" if is_reader else "BEGIN IMMEDIATE")


DESK = "desk"
"""Who changed it, where nobody has signed in: the command line."""


@contextmanager
def writing(engine: Engine, *, by: str = DESK) -> Iterator[Transaction]:
    """A transaction that commits at the end and rolls back on any error. Raises DatabaseTrouble.

    `by` names the person who changes something; what is recorded with a name takes it from here (`who`).
    """
    try:
        with Session(engine, expire_on_commit=False, info={"by": by}) as transaction, transaction.begin():
            yield transaction
    except SQLAlchemyError as error:
        raise _trouble(error) from error


def who(tx: Transaction) -> str:
    """In whose name this transaction changes something."""
    return str(tx.info.get("by", DESK))


@contextmanager
def reading(engine: Engine) -> Iterator[Transaction]:
    """A transaction that changes nothing. Raises DatabaseTrouble."""
    try:
        with Session(engine.execution_options(reads_only=True), expire_on_commit=False) as transaction:
            yield transaction
    except SQLAlchemyError as error:
        raise _trouble(error) from error


def _trouble(error: SQLAlchemyError) -> Exception:
    sentence = describe(error)
    return DatabaseTrouble(sentence) if sentence else error
