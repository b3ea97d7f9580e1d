"""A copy of the database that is whole, taken while the daemon runs."""

from __future__ import annotations

import os
import sqlite3
import subprocess
from pathlib import Path

from sqlalchemy import Engine

from reminders.store.trouble import DatabaseTrouble


def backup(engine: Engine, target: Path) -> None:
    """Write a backup to a file that must not exist yet. Raises DatabaseTrouble; leaves no half file behind."""
    if target.exists():
        raise DatabaseTrouble(f"{target} exists already: choose another name.")
    partial = target.with_name(target.name + ".partial")
    try:
        if engine.dialect.name == "sqlite":
            _copy_sqlite(engine, partial)
        else:
            _dump_postgres(engine, partial)
        partial.rename(target)
    except (OSError, sqlite3.Error) as error:
        raise DatabaseTrouble(
            f"The backup could not be written ({error.__class__.__name__}): check {target.parent}."
        ) from error
    finally:
        partial.unlink(missing_ok=True)


def _copy_sqlite(engine: Engine, target: Path) -> None:
    # Copying the file would miss what the journal holds; the backup API does not.
    # Opened by us first, so that the copy, which holds patients' data, is readable by its owner alone.
    os.close(os.open(target, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600))
    source = engine.raw_connection()
    copy = sqlite3.connect(target)
    try:
        assert source.driver_connection is not None, "a connection just opened has its driver's connection"
        source.driver_connection.backup(copy)
        if copy.execute("PRAGMA integrity_check").fetchone() != ("ok",):
            raise DatabaseTrouble("The copy is damaged, so the database may be: check its disk before anything else.")
    finally:
        copy.close()
        source.close()


def _dump_postgres(engine: Engine, target: Path) -> None:
    url = engine.url
    environment = {
        **os.environ,
        "PGHOST": url.host or str(url.query.get("host", "")),
        "PGPORT": str(url.port or ""),
        "PGUSER": url.username or "",
        "PGPASSWORD": url.password or "",
        "PGDATABASE": url.database or "",
    }
    environment = {key: value for key, value in environment.items() if value}
    os.close(os.open(target, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600))
    try:
        subprocess.run(
            ["pg_dump", "--format=custom", f"--file={target}"], env=environment, check=True, capture_output=True
        )
    except FileNotFoundError as error:
        raise DatabaseTrouble(
            "pg_dump is not installed: install PostgreSQL's client tools on this machine, then try again."
        ) from error
    except subprocess.CalledProcessError as error:
        raise DatabaseTrouble("pg_dump failed: run it by hand to see why, with the same database.url.") from error
