"""When something goes wrong: a plain page, nothing told that should not be, and nothing typed lost."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from fastapi import FastAPI
from sqlalchemy import text

from reminders.desk import create_app, user_pages
from reminders.logs import configure_logs
from reminders.store.engine import writing
from reminders.tables import DaemonRow
from tests.accounts.staff import hire
from tests.clinic import ClinicDays
from tests.desk.browser import Browser, signed_in
from tests.desk.conftest import KEY

NEW_USER = {"name": "Ivo <b>Bold</b>", "sign_in_name": "ivo", "role": "desk"}


def break_database(clinic: ClinicDays) -> Callable[[], None]:
    """Put a file that is no database in its place; returns what puts the right one back."""
    clinic.app.engine.dispose()
    path = Path(str(clinic.app.engine.url.database))
    kept = path.read_bytes()
    path.write_bytes(b"not a database, for a while" * 100)

    def mend() -> None:
        clinic.app.engine.dispose()
        path.write_bytes(kept)

    return mend


@pytest.mark.parametrize("path", ["/today", "/users", "/setup/" + "x" * 43])
def test_a_database_that_is_down_gives_a_plain_page(clinic: ClinicDays, olive: Browser, path: str) -> None:
    break_database(clinic)

    answer = olive.get(path)

    assert answer.status_code == 503
    assert "<h1>The database does not answer</h1>" in answer.text
    assert "Traceback" not in answer.text


def test_what_was_typed_while_the_database_was_down_can_be_sent_again(clinic: ClinicDays, olive: Browser) -> None:
    token = olive.form_token("/users")
    mend = break_database(clinic)

    answer = olive.send("/users", {**NEW_USER, "form_token": token})

    assert answer.status_code == 503
    assert 'name="name" value="Ivo &lt;b&gt;Bold&lt;/b&gt;"' in answer.text
    assert f'name="form_token" value="{token}"' in answer.text
    # Nobody knows who is signed in, and they are: another sign-in would make this form an old one.
    assert "Sign in" not in answer.text
    mend()
    assert olive.send("/users", {**NEW_USER, "form_token": token}).status_code == 200


def test_a_password_typed_while_the_database_was_down_is_not_sent_back(clinic: ClinicDays, stranger: Browser) -> None:
    """S8"""
    token = stranger.form_token()
    break_database(clinic)

    answer = stranger.send("/sign-in", {"name": "dora", "password": "open sesame", "form_token": token})

    assert answer.status_code == 503
    assert "sesame" not in answer.text


def test_a_database_that_is_down_gives_a_plain_page_on_each_kind(any_clinic: ClinicDays) -> None:
    """Its tables are gone: on a server, too."""
    hire(any_clinic.app.engine, any_clinic.clock.now)
    browser = signed_in(create_app(any_clinic.app, KEY), "olive")
    with any_clinic.app.engine.begin() as connection:
        connection.execute(text("ALTER TABLE sign_ins RENAME TO elsewhere"))

    answer = browser.get("/users")

    assert answer.status_code == 503
    assert "reminders migrate" in answer.text


def test_an_error_that_nobody_foresaw_shows_and_logs_no_more_than_its_kind(
    olive: Browser, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """S6"""

    def fail(*_: object) -> None:
        raise RuntimeError("Ana Diaz +16175550142")

    monkeypatch.setattr(user_pages, "list_users", fail)
    configure_logs("DEBUG")

    answer = olive.get("/users")

    said = capsys.readouterr()
    assert answer.status_code == 500
    assert "<h1>Something went wrong</h1>" in answer.text
    assert "RuntimeError" not in answer.text
    assert "RuntimeError" in said.out + said.err
    assert "Ana" not in answer.text + said.out + said.err
    assert answer.headers["Cache-Control"] == "no-store"


# ---- health ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("age", "answer"),
    [
        (timedelta(seconds=5), (200, "ok")),
        (timedelta(minutes=2), (200, "ok")),
        (timedelta(minutes=3), (503, "late")),
    ],
)
def test_health_is_red_when_the_daemons_last_tick_is_old(
    clinic: ClinicDays, stranger: Browser, age: timedelta, answer: tuple[int, str]
) -> None:
    """R16"""
    now = clinic.clock.now
    with writing(clinic.app.engine) as tx:
        tx.add(DaemonRow(id="a", started_at=now - age, ticked_at=now - age, stopped_at=None))

    health = stranger.get("/healthz")

    assert (health.status_code, health.json()["daemon"]) == answer


def test_health_is_red_where_no_daemon_ever_was(stranger: Browser) -> None:
    health = stranger.get("/healthz")

    assert (health.status_code, health.json()) == (
        503,
        {"ok": False, "database": "ok", "schema": "ok", "daemon": "none"},
    )


def test_health_is_red_with_another_releases_schema(clinic: ClinicDays, stranger: Browser) -> None:
    with clinic.app.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))

    assert stranger.get("/healthz").json() == {"ok": False, "database": "ok", "schema": "outdated"}


def test_health_tells_nothing_of_a_database_that_is_down(clinic: ClinicDays, stranger: Browser) -> None:
    """S8"""
    break_database(clinic)

    health = stranger.get("/healthz")

    assert (health.status_code, health.json()) == (503, {"ok": False, "database": "unwell"})


def test_the_desk_serves_from_any_number_of_processes(clinic: ClinicDays, web: FastAPI) -> None:
    """What one process has signed in, another knows: here, two applications on one database."""
    browser = signed_in(web, "dora")
    browser.client.app = create_app(clinic.app, KEY)

    other = Browser(create_app(clinic.app, KEY))
    other.client.cookies = browser.client.cookies
    assert other.get("/today").status_code == 200
