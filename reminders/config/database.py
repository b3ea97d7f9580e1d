"""The database url: which are understood, and where a relative file lies."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

DEFAULT_URL = "sqlite:///reminders.db"


def check_database_url(url: str) -> str:
    parsed = read_url(url)
    if parsed is None or parsed.get_backend_name() not in ("sqlite", "postgresql"):
        raise ValueError('Write "sqlite:///reminders.db" or "postgresql://user@host/database".')
    return url


def read_url(url: str) -> URL | None:
    try:
        return make_url(url)
    except (ArgumentError, ValueError):
        return None


def holds_password(url: str) -> bool:
    parsed = read_url(url)
    # What cannot be read is taken for the worst: it must not be printed either way.
    return "@" in url if parsed is None else bool(parsed.password) or "password" in parsed.query


def place_database(url: str, folder: Path) -> str:
    """A relative SQLite file lies beside the configuration, wherever the command was started."""
    parsed = make_url(url)
    name = parsed.database
    if parsed.get_backend_name() != "sqlite" or not name or name == ":memory:" or name.startswith("file:"):
        return url
    return parsed.set(database=str(folder / name)).render_as_string(hide_password=False)
