"""Migrations: from empty, twice at once, and after one that was killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from multiprocessing import get_context

import pytest
from alembic import command
from sqlalchemy import Engine, event, inspect, select, text
from sqlalchemy.exc import DBAPIError

from reminders.store.engine import open_engine, reading
from reminders.store.schema import alembic_config, migrate, require_current
from reminders.tables import Base, ChannelRow, PatientRow
from tests.clinic import ROOT


def list_tables(engine: Engine) -> list[str]:
    with engine.connect() as connection:
        return inspect(connection).get_table_names()


def test_an_empty_database_gets_every_table(empty_engine: Engine) -> None:
    migrate(empty_engine)

    assert sorted(list_tables(empty_engine)) == sorted([*Base.metadata.tables, "alembic_version"])


def test_the_migrations_give_exactly_the_tables_of_the_code(empty_engine: Engine) -> None:
    """`alembic check` raises where they differ."""
    migrate(empty_engine)

    with empty_engine.begin() as connection:
        command.check(alembic_config(connection))


def test_migrating_again_changes_nothing(empty_engine: Engine) -> None:
    migrate(empty_engine)
    migrate(empty_engine)

    with reading(empty_engine) as tx:
        assert tx.scalars(select(ChannelRow.channel).order_by(ChannelRow.channel)).all() == ["email", "sms"]


def test_migrations_can_be_taken_back_to_nothing(empty_engine: Engine) -> None:
    migrate(empty_engine)

    with empty_engine.begin() as connection:
        command.downgrade(alembic_config(connection), "base")

    assert list_tables(empty_engine) == ["alembic_version"]


def test_four_migrations_at_once_are_safe(empty_url: str, empty_engine: Engine) -> None:
    """Each in a process of its own, as on several hosts that start together."""
    arguments = [sys.executable, "-m", "reminders", "--config", str(ROOT / "config.toml"), "migrate"]
    environment = {**os.environ, "REMINDERS_DATABASE__URL": empty_url, "PYTHONPATH": str(ROOT)}
    running = [subprocess.Popen(arguments, env=environment, stdout=subprocess.DEVNULL) for _ in range(4)]

    assert [process.wait(timeout=120) for process in running] == [0, 0, 0, 0]
    require_current(empty_engine)


def test_a_patient_of_the_first_schema_has_no_attributes(empty_engine: Engine) -> None:
    with empty_engine.begin() as connection:
        command.upgrade(alembic_config(connection), "0001")
        connection.execute(
            text("INSERT INTO patients (name, name_key, created_at) VALUES ('Ana', 'ana', '2026-03-10 15:00:00')")
        )
    migrate(empty_engine)

    with reading(empty_engine) as tx:
        assert tx.scalars(select(PatientRow.attributes)).all() == [{}]


def test_what_was_there_before_gets_its_indexes_and_the_audit_log_stays_append_only(empty_engine: Engine) -> None:
    """S10: as a release before 0005 left it."""
    with empty_engine.begin() as connection:
        command.upgrade(alembic_config(connection), "0004")
        connection.execute(text("INSERT INTO audit (at, action, fields) VALUES ('2026-03-10 15:00:00', 'view', '')"))
    migrate(empty_engine)

    tables = inspect(empty_engine)
    assert "ix_audit_looks" in {index["name"] for index in tables.get_indexes("audit")}
    assert "ix_reminders_outcomes" in {index["name"] for index in tables.get_indexes("reminders")}
    assert "ix_written_messages_in_doubt" in {index["name"] for index in tables.get_indexes("written_messages")}
    with pytest.raises(DBAPIError, match="append-only"), empty_engine.begin() as connection:
        connection.execute(text("DELETE FROM audit"))


# ---- a migration that does not come to its end -----------------------------------------------------------------


def end_at_reminders(engine: Engine, end: Callable[[], None]) -> None:
    """Call `end` in the middle: some tables are there, and that of the reminders is just about to come."""

    def look(_: object, __: object, statement: str, *___: object) -> None:
        if "CREATE TABLE reminders" in statement:
            end()

    event.listen(engine, "before_cursor_execute", look)


def migrate_and_die(url: str) -> None:
    engine = open_engine(url)
    end_at_reminders(engine, lambda: os.kill(os.getpid(), signal.SIGKILL))
    migrate(engine)


def test_a_killed_migration_leaves_nothing_half_done_and_can_be_run_again(empty_url: str, empty_engine: Engine) -> None:
    """F21"""
    process = get_context("spawn").Process(target=migrate_and_die, args=(empty_url,))
    process.start()
    process.join(timeout=120)
    assert process.exitcode == -signal.SIGKILL

    assert list_tables(empty_engine) == []
    migrate(empty_engine)
    require_current(empty_engine)


class Interrupted(Exception):
    """What happens to a migration in the middle."""


def interrupt() -> None:
    raise Interrupted


def test_an_error_in_a_migration_undoes_it(empty_url: str, empty_engine: Engine) -> None:
    engine = open_engine(empty_url)
    end_at_reminders(engine, interrupt)

    with pytest.raises(Interrupted):
        migrate(engine)

    assert list_tables(empty_engine) == []
    engine.dispose()
