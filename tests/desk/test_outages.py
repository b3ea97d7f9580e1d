"""Acceptance 9: a database that is down is a plain page on every route, and what was typed comes back."""

from __future__ import annotations

import html
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from httpx2 import Response
from sqlalchemy import create_engine, event, text

from reminders.store import engine as store_engine
from tests.clinic import ClinicDays
from tests.desk.form_fields import FIELDS, BusyDesk, open_desk
from tests.desk.test_routes import ROUTES
from tests.desk.test_trouble import break_database

Stop = Callable[[ClinicDays], sqlite3.Connection | None]
"""Returns what has to be closed afterwards."""


@dataclass(frozen=True, kw_only=True)
class Outage:
    kind: str
    stop: Stop
    is_total: bool = True
    """False: it can still be read."""


def replace_file(clinic: ClinicDays) -> None:
    break_database(clinic)


def lock_file(clinic: ClinicDays) -> sqlite3.Connection:
    """Another program holds the file and does not let go."""
    clinic.app.engine.dispose()
    other = sqlite3.connect(str(clinic.app.engine.url.database), isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    return other


def forbid_writing(clinic: ClinicDays) -> None:
    clinic.app.engine.dispose()
    event.listen(clinic.app.engine, "connect", lambda connection, _: connection.execute("PRAGMA query_only = ON"))


def refuse_connections(clinic: ClinicDays) -> None:
    """The server lets nobody into this database any more, and shows out who is in."""
    url = clinic.app.engine.url
    server = create_engine(url.set(database="postgres"), isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(text(f"ALTER DATABASE {url.database} ALLOW_CONNECTIONS false"))
        connection.execute(
            text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name"),
            {"name": url.database},
        )
    server.dispose()


OUTAGES = (
    Outage(kind="sqlite", stop=replace_file),
    Outage(kind="sqlite", stop=lock_file),
    Outage(kind="sqlite", stop=forbid_writing, is_total=False),
    Outage(kind="postgresql", stop=refuse_connections),
)


@pytest.fixture(params=OUTAGES, ids=lambda outage: outage.stop.__name__)
def outage(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Outage:
    # Patience is short here, and else 30 seconds.
    monkeypatch.setattr(store_engine, "_BUSY_TIMEOUT_MS", 50)
    assert isinstance(request.param, Outage)
    return request.param


@pytest.fixture
def desk(outage: Outage, new_database: Callable[[str], str]) -> Iterator[BusyDesk]:
    """Olive has the page open as it happens."""
    with ClinicDays(new_database(outage.kind)) as clinic:
        opened = open_desk(clinic)
        held = outage.stop(clinic)
        yield opened
        if held is not None:
            held.close()


def list_faults(answer: Response, outage: Outage) -> Iterator[str]:
    if answer.status_code != 503 and (outage.is_total or answer.status_code >= 500):
        yield f"status {answer.status_code}"
    for said in ("Traceback", "sqlalchemy", "sqlite3", "psycopg"):
        if said in answer.text:
            yield said
    if answer.status_code == 503 and not answer.text.startswith(("<!doctype html>", "{")):
        yield "no page"


def list_lost(answer: Response, route: str) -> Iterator[str]:
    """Fields that are not offered again, and passwords that are."""
    holds_password = any("password" in name for name in FIELDS[route])
    for name, value in FIELDS[route].items() if answer.status_code == 503 else ():
        is_shown = f"<dd>{html.escape(value)}</dd>" in answer.text
        if "password" in name and value in html.unescape(answer.text):
            yield f"shows {name}"
        if "password" not in name and value and not is_shown:
            yield f"lost {name}"
        if not holds_password and f'name="{name}" value="{value}"' not in answer.text:
            yield f"cannot send {name} again"


def test_every_page_is_a_plain_one(desk: BusyDesk, outage: Outage) -> None:
    faults = {
        route: list(list_faults(desk.olive.get(desk.path(route)), outage)) for verb, route in ROUTES if verb == "GET"
    }

    assert {route: found for route, found in faults.items() if found} == {}


def test_every_form_is_offered_again(desk: BusyDesk, outage: Outage) -> None:
    """S8: but for passwords."""
    faults = {}
    for route in FIELDS:
        answer = desk.olive.send(desk.path(route), desk.fill(route))
        faults[route] = [*list_faults(answer, outage), *list_lost(answer, route)]

    assert {route: found for route, found in faults.items() if found} == {}
