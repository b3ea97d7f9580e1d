"""A copy of the database that is whole, taken while the daemon runs."""

from __future__ import annotations

import os
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import URL, Engine
from sqlalchemy.exc import SQLAlchemyError

from reminders.store.trouble import DatabaseTrouble, describe


def backup(engine: Engine, target: Path) -> None:
    """Write a backup to a file that must not exist yet. Raises DatabaseTrouble; leaves no half file behind."""
    copy = _copy_sqlite if engine.dialect.name == "sqlite" else _dump_postgres
    try:
        if target.exists():
            raise DatabaseTrouble(f"{target} exists already: choose another name.")
        with _private_file(target.with_name(target.name + ".partial")) as partial:
            copy(engine, partial)
            partial.rename(target)
    except OSError as error:
        raise DatabaseTrouble(f"The backup could not be written ({error.strerror}): check {target}.") from error


@contextmanager
def _private_file(path: Path) -> Iterator[Path]:
    """A file that its owner alone can read, because patients' data comes into it; gone at the end."""
    path.unlink(missing_ok=True)
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)


# ---- SQLite ----------------------------------------------------------------------------------------------------


def _copy_sqlite(engine: Engine, target: Path) -> None:
    # Copying the file would miss what the journal holds; the backup API does not.
    try:
        source = engine.raw_connection()
    except SQLAlchemyError as error:
        raise DatabaseTrouble(describe(error) or "The database could not be read.") from error
    copy = sqlite3.connect(target)
    try:
        assert source.driver_connection is not None, "a connection just opened has its driver's connection"
        source.driver_connection.backup(copy)
        _require_whole(copy)
    except sqlite3.Error as error:
        raise DatabaseTrouble(f"The backup could not be written ({error}): check {target.parent}.") from error
    finally:
        copy.close()
        source.close()


def _require_whole(copy: sqlite3.Connection) -> None:
    if copy.execute("PRAGMA integrity_check").fetchone() != ("ok",):
        raise DatabaseTrouble("The copy is damaged, so the database may be: check its disk before anything else.")
    if copy.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,):
        raise DatabaseTrouble("The database is empty, so there is nothing to back up: check database.url.")


# ---- PostgreSQL ------------------------------------------------------------------------------------------------


def _dump_postgres(engine: Engine, target: Path) -> None:
    # The url as it is, for what else it says (sslmode …); the password apart, because others can see a command line.
    url, password = _split_password(engine.url)
    command = ["pg_dump", "--format=custom", f"--file={target}", f"--dbname={url}"]
    try:
        subprocess.run(command, env={**os.environ, **password}, check=True, capture_output=True)
    except FileNotFoundError as error:
        raise DatabaseTrouble(
            "pg_dump is not installed: install PostgreSQL's client tools on this machine, then try again."
        ) from error
    except subprocess.CalledProcessError as error:
        raise DatabaseTrouble(_say_why(error.stderr)) from error


def _say_why(said: bytes) -> str:
    if b"version mismatch" in said:
        return "pg_dump is older than the server: install the client tools of its release."
    return "pg_dump failed: run it by hand to see why, with the same database.url."


def _split_password(url: URL) -> tuple[str, dict[str, str]]:
    password = url.password or url.query.get("password")
    plain = url._replace(drivername="postgresql", password=None).difference_update_query(["password"])
    return plain.render_as_string(), {"PGPASSWORD": str(password)} if password else {}
