"""What each database needs to be safe, and what a transaction is."""

from __future__ import annotations

import sqlite3
import stat
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine, event, select, text
from sqlalchemy.exc import IntegrityError, OperationalError, StatementError

from reminders.store.cases import lock_patient
from reminders.store.engine import choose_journal, open_engine, reading, writing
from reminders.store.schema import migrate
from reminders.store.trouble import DatabaseTrouble
from reminders.tables import PatientRow, ReminderRow
from tests.store.rows import NOW, add_patient, fill, read_row


def pragma(engine: Engine, name: str) -> object:
    with engine.connect() as connection:
        return connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()


# ---- SQLite ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("version", "journal"),
    [((3, 40, 1), "TRUNCATE"), ((3, 51, 2), "TRUNCATE"), ((3, 51, 3), "WAL"), ((3, 52, 0), "WAL"), ((4, 0, 0), "WAL")],
)
def test_a_wal_is_used_only_where_sqlite_cannot_corrupt_it(version: tuple[int, ...], journal: str) -> None:
    """R18"""
    assert choose_journal(version) == journal


@pytest.mark.parametrize(
    ("name", "value"), [("foreign_keys", 1), ("busy_timeout", 30_000), ("synchronous", 2), ("locking_mode", "normal")]
)
def test_a_fresh_connection_to_sqlite_is_safe(sqlite_engine: Engine, name: str, value: object) -> None:
    """R18: synchronous = 2 is FULL."""
    assert pragma(sqlite_engine, name) == value


def test_a_database_left_in_wal_by_another_sqlite_gets_the_journal_of_this_one(tmp_path: Path) -> None:
    """R18, F14"""
    path = tmp_path / "left.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("CREATE TABLE something (id INTEGER)")
    engine = open_engine(f"sqlite:///{path}")

    assert pragma(engine, "journal_mode") == choose_journal(sqlite3.sqlite_version_info).lower()
    engine.dispose()


def test_one_writer_at_a_time_holds_sqlite(sqlite_engine: Engine) -> None:
    """A writer takes the lock before it reads, so that it never fails halfway."""
    other = open_engine(sqlite_engine.url.render_as_string())
    event.listen(other, "connect", lambda connection, _: connection.execute("PRAGMA busy_timeout = 0"))

    with writing(sqlite_engine) as first:
        first.scalars(select(PatientRow)).all()
        with pytest.raises(DatabaseTrouble, match="busy"), writing(other) as second:
            second.scalars(select(PatientRow)).all()
    other.dispose()


def test_a_reader_of_sqlite_does_not_wait_for_a_writer(sqlite_engine: Engine) -> None:
    with writing(sqlite_engine) as writer:
        add_patient(writer)
        with reading(sqlite_engine) as reader:
            assert reader.scalars(select(PatientRow)).all() == []


# ---- transactions ----------------------------------------------------------------------------------------------


def test_a_row_cannot_name_a_patient_that_is_not_there(engine: Engine) -> None:
    fill(engine)

    with pytest.raises(IntegrityError), writing(engine) as tx:
        read_row(tx, 1).patient_id = 77


def test_an_error_undoes_the_whole_transaction(engine: Engine) -> None:
    """R2"""

    def add_and_fail() -> None:
        with writing(engine) as tx:
            add_patient(tx)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        add_and_fail()
    with reading(engine) as tx:
        assert tx.scalars(select(PatientRow)).all() == []


def test_an_error_of_the_database_names_no_patient(engine: Engine) -> None:
    """S6"""
    with writing(engine) as tx:
        add_patient(tx)

    with pytest.raises(IntegrityError) as raised, writing(engine) as tx:
        add_patient(tx, name="Ana  Diaz", email="ana@example.org")

    assert "ana@example.org" not in str(raised.value)
    assert raised.value.hide_parameters


def test_a_held_patient_keeps_the_next_writer_waiting(postgres_engine: Engine) -> None:
    """R25: on SQLite the whole database is held."""
    with writing(postgres_engine) as tx:
        held, free = add_patient(tx).id, add_patient(tx, name_key="ben").id

    with writing(postgres_engine) as first:
        lock_patient(first, held)
        with writing(postgres_engine) as second:
            assert lock_patient(second, free) is not None
            second.execute(text("SET LOCAL lock_timeout = '50ms'"))
            with pytest.raises(OperationalError, match="lock timeout"):
                lock_patient(second, held)


# ---- times -----------------------------------------------------------------------------------------------------


def test_a_naive_time_is_refused(engine: Engine) -> None:
    with pytest.raises(StatementError, match="a naive time cannot be stored"), writing(engine) as tx:
        add_patient(tx, created_at=datetime(2026, 3, 10, 15, 0))  # noqa: DTZ001


@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Asia/Kathmandu", "Pacific/Apia"])
def test_a_time_comes_back_as_the_same_instant_in_utc(engine: Engine, zone: str) -> None:
    instant = datetime(2026, 11, 1, 1, 30, 15, 123456, tzinfo=ZoneInfo(zone), fold=1)
    fill(engine, due_at=instant)

    with reading(engine) as tx:
        due_at = tx.scalars(select(ReminderRow.due_at)).one()

    assert due_at == instant.astimezone(UTC)
    assert due_at.utcoffset() == timedelta(0)


def test_times_compare_as_instants_whatever_zone_they_are_given_in(engine: Engine) -> None:
    fill(engine, due_at=NOW)
    tokyo = NOW.astimezone(ZoneInfo("Asia/Tokyo"))

    with reading(engine) as tx:
        found = tx.scalars(select(ReminderRow.id).where(ReminderRow.due_at <= tokyo, ReminderRow.due_at >= tokyo))
        assert found.all() == [1]


# ---- trouble ---------------------------------------------------------------------------------------------------


def test_a_database_that_is_not_there_cannot_be_reached() -> None:
    """Nobody listens on port 9."""
    engine = open_engine("postgresql://desk@127.0.0.1:9/reminders")

    with pytest.raises(DatabaseTrouble, match="cannot be reached"), reading(engine) as tx:
        tx.execute(text("SELECT 1"))


@pytest.mark.parametrize(
    ("statement", "sentence"),
    [
        ("SELECT * FROM nowhere", "run `reminders migrate`"),
        ("SET TRANSACTION READ ONLY; DELETE FROM reminders", "point database.url at the primary"),
        ("SET LOCAL ROLE pg_monitor; SELECT * FROM patients", "may not do this"),
    ],
)
def test_trouble_of_postgresql_is_a_sentence(postgres_engine: Engine, statement: str, sentence: str) -> None:
    def run() -> None:
        with writing(postgres_engine) as tx:
            for each in statement.split("; "):
                tx.execute(text(each))

    with pytest.raises(DatabaseTrouble, match=sentence):
        run()


def test_a_user_that_the_server_does_not_know_is_refused(
    new_database: Callable[[str], str],
) -> None:
    url = open_engine(new_database("postgresql")).url.set(username="nobody_here")
    engine = open_engine(url.render_as_string(hide_password=False))

    with pytest.raises(DatabaseTrouble, match="refuses the user name or password"), reading(engine) as tx:
        tx.execute(text("SELECT 1"))


def test_a_fault_of_our_own_is_no_trouble_of_the_database(engine: Engine) -> None:
    with pytest.raises(Exception, match="syntax") as raised, reading(engine) as tx:
        tx.execute(text("SELEC 1"))

    assert not isinstance(raised.value, DatabaseTrouble)


def test_a_new_database_file_is_its_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "new.db"
    engine = open_engine(f"sqlite:///{path}")

    migrate(engine)
    engine.dispose()

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
