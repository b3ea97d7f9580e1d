"""A desk with its staff, on a clock that is set."""

from __future__ import annotations

import pytest
from fastapi import FastAPI

from reminders.config.secret_key import SecretKey
from reminders.desk import create_app
from tests.accounts.staff import Staff, hire
from tests.clinic import ClinicDays
from tests.desk.browser import Browser, signed_in

KEY = SecretKey(b"a key of the tests and of nobody else")


@pytest.fixture
def staff(clinic: ClinicDays) -> Staff:
    return hire(clinic.app.engine, clinic.clock.now)


@pytest.fixture
def web(clinic: ClinicDays, staff: Staff) -> FastAPI:
    return create_app(clinic.app, KEY)


@pytest.fixture
def stranger(web: FastAPI) -> Browser:
    return Browser(web)


@pytest.fixture
def dora(web: FastAPI) -> Browser:
    """At the desk."""
    return signed_in(web, "dora")


@pytest.fixture
def olive(web: FastAPI) -> Browser:
    """An admin."""
    return signed_in(web, "olive")
