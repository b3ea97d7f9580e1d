"""A backup is whole, private and never half there, while others go on writing."""

from __future__ import annotations

import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Event, Thread

import pytest
from sqlalchemy import Engine, event, select

from reminders.store.backup import backup
from reminders.store.engine import open_engine, reading, writing
from reminders.store.schema import require_current
from reminders.store.trouble import DatabaseTrouble
from reminders.tables import ReminderRow
from tests.store.rows import add_reminders, fill


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "monday.db"


def count_in(path: Path) -> int:
    engine = open_engine(f"sqlite:///{path}")
    require_current(engine)
    with reading(engine) as tx:
        found = len(tx.scalars(select(ReminderRow.id)).all())
    engine.dispose()
    return found


def test_a_backup_holds_what_is_committed_and_nothing_else(sqlite_engine: Engine, target: Path) -> None:
    fill(sqlite_engine, 3)

    with writing(sqlite_engine) as tx:
        add_reminders(tx, 2)
        backup(sqlite_engine, target)

    assert count_in(target) == 3


@contextmanager
def busy(engine: Engine) -> Iterator[None]:
    """Another connection that adds one reminder after another."""
    stop, started = Event(), Event()

    def write() -> None:
        while not stop.is_set():
            fill(engine)
            started.set()

    writer = Thread(target=write)
    writer.start()
    try:
        assert started.wait(timeout=60)
        yield
    finally:
        stop.set()
        writer.join()


def test_a_backup_taken_while_another_connection_writes_is_whole(sqlite_engine: Engine, target: Path) -> None:
    """R19"""
    with busy(sqlite_engine):
        backup(sqlite_engine, target)

    with closing(sqlite3.connect(target)) as copy:
        assert copy.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert count_in(target) >= 1


def test_only_its_owner_can_read_a_backup(sqlite_engine: Engine, target: Path) -> None:
    fill(sqlite_engine)

    backup(sqlite_engine, target)

    assert stat.S_IMODE(target.stat().st_mode) == 0o600


def test_a_file_that_is_there_is_not_overwritten(sqlite_engine: Engine, target: Path) -> None:
    target.write_text("Sunday's")

    with pytest.raises(DatabaseTrouble, match=r"monday\.db exists already: choose another name"):
        backup(sqlite_engine, target)

    assert target.read_text() == "Sunday's"


def test_what_a_killed_backup_left_is_no_obstacle(sqlite_engine: Engine, target: Path) -> None:
    partial = target.with_name("monday.db.partial")
    partial.write_text("half a database")
    partial.chmod(0o644)

    backup(sqlite_engine, target)

    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert not partial.exists()


def test_a_backup_into_a_folder_that_is_not_there_is_refused(sqlite_engine: Engine, tmp_path: Path) -> None:
    with pytest.raises(DatabaseTrouble, match=r"\(No such file or directory\): check .*nowhere"):
        backup(sqlite_engine, tmp_path / "nowhere" / "monday.db")


def test_a_failed_backup_leaves_nothing_behind(sqlite_engine: Engine, target: Path) -> None:
    def fill_disk(connection: sqlite3.Connection, _: object) -> None:
        raise OSError(28, "No space left on device")

    event.listen(sqlite_engine, "connect", fill_disk)

    with pytest.raises(DatabaseTrouble, match="No space left on device"):
        backup(sqlite_engine, target)
    assert list(target.parent.glob("monday*")) == []


def test_a_database_with_nothing_in_it_is_no_backup(tmp_path: Path, target: Path) -> None:
    """A slip in database.url makes an empty file, and a backup of it would be worth nothing."""
    engine = open_engine(f"sqlite:///{tmp_path / 'misspelt.db'}")

    with pytest.raises(DatabaseTrouble, match=r"check database\.url"):
        backup(engine, target)

    assert not target.exists()
    engine.dispose()
