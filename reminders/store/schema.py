"""The schema: bringing a database up to date, and refusing one that is not."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config as AlembicConfig
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from reminders.store.trouble import DatabaseTrouble, describe

_MIGRATIONS_LOCK = 7_305_511
"""Any number will do, as long as nothing else on the server takes the same advisory lock."""

_NO_TABLES = "The database has no tables yet: run `reminders migrate`."


class OutdatedSchema(DatabaseTrouble):
    """The database lacks migrations of this release."""


def migrate(engine: Engine) -> None:
    """Bring the database to the newest schema, from empty too. Two at once are safe; raises DatabaseTrouble."""
    try:
        with engine.begin() as connection:
            # SQLite: BEGIN IMMEDIATE keeps others out. PostgreSQL: this lock does, until the commit.
            if connection.dialect.name == "postgresql":
                connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_MIGRATIONS_LOCK})")
            config = alembic_config(connection)
            _require_known(_read_revision(connection), config)
            command.upgrade(config, "head")
    except SQLAlchemyError as error:
        raise _trouble(error, "The database could not be migrated") from error


def require_current(engine: Engine) -> None:
    """Refuse a database whose schema is not this release's. Raises DatabaseTrouble."""
    if _is_missing(engine):
        raise OutdatedSchema(_NO_TABLES)
    try:
        with engine.execution_options(reads_only=True).connect() as connection:
            found, config = _read_revision(connection), alembic_config(connection)
    except SQLAlchemyError as error:
        raise _trouble(error, "The database could not be read") from error
    _require_known(found, config)
    if found is None:
        raise OutdatedSchema(_NO_TABLES)
    if found != ScriptDirectory.from_config(config).get_current_head():
        raise OutdatedSchema(
            "The database has the schema of an older release: stop every daemon of that release, "
            "then run `reminders migrate`."
        )


def _is_missing(engine: Engine) -> bool:
    """A file that is not there. Connecting would make it, and whoever only looks leaves nothing behind."""
    name = engine.url.database or ":memory:"
    is_file = engine.dialect.name == "sqlite" and name != ":memory:" and not name.startswith("file:")
    return is_file and not Path(name).exists()


def prepare(engine: Engine) -> None:
    """At every start: the embedded database migrates itself, a server's is checked."""
    try:
        require_current(engine)
    except OutdatedSchema:
        if engine.dialect.name != "sqlite":
            raise
        migrate(engine)


def _read_revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _require_known(revision: str | None, config: AlembicConfig) -> None:
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if revision is not None and revision not in known:
        raise DatabaseTrouble("The database has the schema of a newer release: install that release on this machine.")


def _trouble(error: SQLAlchemyError, what_failed: str) -> DatabaseTrouble:
    return DatabaseTrouble(describe(error) or f"{what_failed} ({type(error).__name__}): see its own log.")


def alembic_config(connection: Connection) -> AlembicConfig:
    """Alembic, pointed at our migrations, on a connection whose transaction the caller owns."""
    config = AlembicConfig()
    config.set_main_option("script_location", str(migrations_dir()))
    config.attributes["connection"] = connection
    return config


def migrations_dir() -> Path:
    """The scripts of a checkout, or those shipped inside the package."""
    package = Path(__file__).resolve().parents[1]
    shipped = package / "_alembic"
    return shipped if shipped.is_dir() else package.parent / "alembic"
