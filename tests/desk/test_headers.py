"""S11: what each answer says to the browser, on loopback and behind https."""

from __future__ import annotations

from dataclasses import replace

import pytest
from fastapi import FastAPI

from reminders.desk import create_app
from tests.accounts.staff import Staff
from tests.clinic import ClinicDays
from tests.desk.browser import Browser
from tests.desk.conftest import KEY

PUBLIC = "https://reminders.example.org"


@pytest.fixture
def outside(clinic: ClinicDays, staff: Staff) -> FastAPI:
    """The desk behind a proxy that speaks https."""
    config = clinic.config
    public = replace(config, web=config.web.model_copy(update={"public_url": PUBLIC}))
    return create_app(replace(clinic.app, config=public), KEY)


PAGES = ["/sign-in", "/today", "/users", "/nowhere", "/healthz", "/static/desk.css"]


@pytest.mark.parametrize("path", PAGES)
def test_every_answer_forbids_what_no_page_of_ours_needs(olive: Browser, path: str) -> None:
    """S11"""
    headers = olive.get(path).headers
    policy = headers["Content-Security-Policy"]

    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == ("no-cache" if path.startswith("/static/") else "no-store")
    assert "Strict-Transport-Security" not in headers


@pytest.mark.parametrize("path", ["/sign-in", "/users", "/audit", "/today", "/password", "/nowhere"])
def test_no_page_needs_what_the_policy_forbids(olive: Browser, path: str) -> None:
    """S11: no script, style or handler within a page, and nothing from elsewhere."""
    page = olive.get(path).text.lower()

    for forbidden in ("<style", " style=", "javascript:", " onclick=", " onload=", " onsubmit=", "//cdn", "http://"):
        assert forbidden not in page
    assert page.count("<script") == page.count('<script src="/static/vendor/htmx/htmx.min.js" defer></script>') == 1


def test_behind_https_it_says_so_and_its_cookie_belongs_to_this_host_alone(outside: FastAPI) -> None:
    """S11"""
    browser = Browser(outside, PUBLIC)
    answer = browser.sign_in()

    cookie = answer.headers["Set-Cookie"]
    assert answer.status_code == 303
    assert answer.headers["Strict-Transport-Security"].startswith("max-age=31536000")
    assert cookie.startswith("__Host-desk=")
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=lax"} <= set(cookie.split("; "))
    assert "Domain" not in cookie


def test_on_loopback_the_cookie_is_kept_from_scripts_and_other_sites(stranger: Browser) -> None:
    cookie = stranger.sign_in().headers["Set-Cookie"]

    assert {"HttpOnly", "Path=/", "SameSite=lax"} <= set(cookie.split("; "))


def test_behind_https_it_answers_by_its_own_name_alone(outside: FastAPI) -> None:
    assert Browser(outside, PUBLIC).get("/sign-in").status_code == 200
    assert Browser(outside).get("/sign-in").status_code == 400
    assert Browser(outside).get("/healthz").status_code == 503
    assert Browser(outside, PUBLIC).send("/sign-in", {}, Origin="http://reminders.example.org").status_code == 403


def test_an_answer_names_neither_the_server_nor_its_framework(olive: Browser) -> None:
    assert not {"server", "x-powered-by"} & {name.lower() for name in olive.get("/today").headers}
