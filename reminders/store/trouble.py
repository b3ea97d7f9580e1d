"""What can be wrong with a database, as sentences that say what to do."""

from __future__ import annotations

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, SQLAlchemyError, TimeoutError


class DatabaseTrouble(Exception):
    """The database did not do what was asked. Its text is a sentence for the person who runs the service."""


_SENTENCES = (
    ("unable to open database file", "The database file cannot be opened: check database.url, and that its folder exists and may be written."),
    ("readonly database", "The database is read-only: give the service the right to write to the file and its folder."),
    ("read-only transaction", "The database is read-only: point database.url at the primary server."),
    ("disk is full", "The disk of the database is full: free some space, then try again. Nothing was saved."),
    ("no space left", "The disk of the database is full: free some space, then try again. Nothing was saved."),
    ("database is locked", "The database is busy: another program holds it. Try again in a moment."),
    ("lock timeout", "The database is busy: another program holds it. Try again in a moment."),
    ("file is not a database", "The database file is not a database: check database.url, or restore a backup."),
    ("malformed", "The database file is damaged: stop the service and restore a backup."),
    ("disk i/o error", "The disk of the database fails: check it, then restore a backup if need be."),
    ("no such table", "The database has no tables yet: run `reminders migrate`."),
    ("does not exist", "The database, or a table in it, does not exist: check database.url, then run `reminders migrate`."),
    ("password authentication failed", "The database refuses the user name or password: check REMINDERS_DATABASE__URL."),
    ("no password supplied", "The database asks for a password: set REMINDERS_DATABASE__URL in the environment."),
    ("role", "The database refuses the user: check REMINDERS_DATABASE__URL."),
)  # fmt: skip

_UNREACHABLE = "The database cannot be reached: check that it runs and that database.url names it."


def describe(error: SQLAlchemyError) -> str | None:
    """A sentence for trouble with the database itself; None for anything else, which is our own fault."""
    if isinstance(error, TimeoutError):
        return "The database is busy: every connection is in use. Try again in a moment."
    if not isinstance(error, DBAPIError):
        return None
    said = str(error.orig).lower()
    for fragment, sentence in _SENTENCES:
        if fragment in said:
            return sentence
    is_of_connection = isinstance(error, OperationalError | InterfaceError) or error.connection_invalidated
    return _UNREACHABLE if is_of_connection else None
