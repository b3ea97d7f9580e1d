"""What can be wrong with a database, as sentences that say what to do."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, SQLAlchemyError, TimeoutError


class DatabaseTrouble(Exception):
    """The database did not do what was asked. Its text is a sentence for the person who runs the service."""


_UNREACHABLE = "The database cannot be reached: check that it runs and that database.url names it."
_READ_ONLY_FILE = "The database is read-only: give the service the right to write to the file and its folder."
_READ_ONLY_SERVER = "The database is read-only: point database.url at the primary server."
_FULL = "The disk of the database is full: free some space, then try again. Nothing was saved."
_BUSY = "The database is busy: another program holds it. Try again in a moment."
_EXHAUSTED = "The database is busy: every connection is in use. Try again in a moment."
_NO_SCHEMA = "The database has not the tables of this release: run `reminders migrate`."
_NO_DATABASE = "The database does not exist: create it, or check database.url; then run `reminders migrate`."
_WRONG_PASSWORD = "The database refuses the user name or password: check REMINDERS_DATABASE__URL."
_NO_RIGHT = "The database's user may not do this: give it every right on the tables, or check REMINDERS_DATABASE__URL."

_BY_CODE = {
    "SQLITE_CANTOPEN": "The database file cannot be opened: check database.url, and that its folder exists and may be written.",
    "SQLITE_READONLY": _READ_ONLY_FILE,
    "SQLITE_FULL": _FULL,
    "SQLITE_BUSY": _BUSY,
    "SQLITE_LOCKED": _BUSY,
    "SQLITE_NOTADB": "The database file is not a database: check database.url, or restore a backup.",
    "SQLITE_CORRUPT": "The database file is damaged: stop the service and restore a backup.",
    "SQLITE_IOERR": "The disk of the database fails: check it, then restore a backup if need be.",
    "25006": _READ_ONLY_SERVER,
    "28000": _WRONG_PASSWORD,
    "28P01": _WRONG_PASSWORD,
    "3D000": _NO_DATABASE,
    "40P01": _BUSY,
    "42501": _NO_RIGHT,
    "42703": _NO_SCHEMA,
    "42P01": _NO_SCHEMA,
    "53100": _FULL,
    "53300": _EXHAUSTED,
    "55P03": _BUSY,
    "57P01": _UNREACHABLE,
    "57P02": _UNREACHABLE,
    "57P03": _UNREACHABLE,
}  # fmt: skip
"""By SQLite's result code, or PostgreSQL's SQLSTATE: https://www.postgresql.org/docs/current/errcodes-appendix.html"""

_BY_TEXT = (
    ("no such table", _NO_SCHEMA),
    ("no such column", _NO_SCHEMA),
    ("password authentication failed", _WRONG_PASSWORD),
    ("no password supplied", "The database asks for a password: set REMINDERS_DATABASE__URL in the environment."),
    ("no pg_hba.conf entry", "The database's server does not let this machine or user in: see its pg_hba.conf."),
    ("too many clients", _EXHAUSTED),
    ("connection slots", _EXHAUSTED),
    ('role "', _WRONG_PASSWORD),
    ("does not exist", _NO_DATABASE),
)
"""Where there is no code: SQLite has one for all faults of a statement, and a connection that fails has none."""


def describe(error: SQLAlchemyError) -> str | None:
    """A sentence for trouble with the database itself; None for anything else, which is our own fault."""
    # A rollback that fails hides what it was for: SQLite, when its disk is full, has rolled back by itself.
    return next(filter(None, map(_describe_one, _with_contexts(error))), None)


def _with_contexts(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__context__


def _describe_one(error: BaseException) -> str | None:
    if isinstance(error, TimeoutError):
        return _EXHAUSTED
    if not isinstance(error, DBAPIError):
        return None
    code = _read_code(error)
    return _BY_CODE.get(code) or _by_text(error) or _by_kind(error, code)


def _read_code(error: DBAPIError) -> str:
    if state := getattr(error.orig, "sqlstate", None):
        return str(state)
    # SQLite adds what exactly it was: SQLITE_IOERR_WRITE is a SQLITE_IOERR.
    return "_".join(getattr(error.orig, "sqlite_errorname", "").split("_")[:2])


def _by_text(error: DBAPIError) -> str | None:
    if not isinstance(error, OperationalError):
        return None
    said = str(error.orig).lower()
    return next((sentence for fragment, sentence in _BY_TEXT if fragment in said), None)


def _by_kind(error: DBAPIError, code: str) -> str | None:
    # A database that gave a code was reached: what it says then is our own fault.
    was_lost = error.connection_invalidated or (isinstance(error, OperationalError | InterfaceError) and not code)
    return _UNREACHABLE if was_lost else None
