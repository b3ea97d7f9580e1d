"""At every start: the embedded database migrates itself, a server's is checked."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import Engine, inspect, text

from reminders.store.engine import open_engine
from reminders.store.schema import migrate, prepare, require_current
from reminders.store.trouble import DatabaseTrouble


@pytest.fixture
def empty_sqlite(new_empty_database: Callable[[str], str]) -> Iterator[Engine]:
    engine = open_engine(new_empty_database("sqlite"))
    yield engine
    engine.dispose()


@pytest.fixture
def empty_postgres(new_empty_database: Callable[[str], str]) -> Iterator[Engine]:
    engine = open_engine(new_empty_database("postgresql"))
    yield engine
    engine.dispose()


def test_an_empty_sqlite_migrates_itself(empty_sqlite: Engine) -> None:
    prepare(empty_sqlite)

    require_current(empty_sqlite)


def test_an_empty_postgresql_is_refused_and_left_as_it_is(empty_postgres: Engine) -> None:
    with pytest.raises(DatabaseTrouble, match="has no tables yet: run `reminders migrate`"):
        prepare(empty_postgres)

    with empty_postgres.connect() as connection:
        assert inspect(connection).get_table_names() == []


def test_a_postgresql_that_was_migrated_is_accepted(empty_postgres: Engine) -> None:
    migrate(empty_postgres)

    prepare(empty_postgres)


def become_newer(engine: Engine) -> None:
    migrate(engine)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))


@pytest.mark.parametrize("start", [prepare, migrate])
def test_the_schema_of_a_newer_release_is_refused(empty_engine: Engine, start: Callable[[Engine], None]) -> None:
    """F21: after an upgrade that was taken back."""
    become_newer(empty_engine)

    with pytest.raises(DatabaseTrouble, match="the schema of a newer release: install that release"):
        start(empty_engine)
