"""Acceptance 5, S4 and S9: whatever is typed into whichever field of whichever form, nothing of it comes alive."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from urllib.parse import quote

import pytest
from fastapi import FastAPI
from httpx2 import Response

from reminders.desk.app import list_pages
from reminders.desk.forms import MAX_BODY_BYTES
from tests.clinic import ClinicDays
from tests.desk.browser import ORIGIN, Browser, signed_in
from tests.desk.form_fields import FIELDS, BusyDesk, open_desk, send_bytes
from tests.desk.test_routes import ROUTES

HOSTILE = {
    "markup": "<script>alert(1)</script>\"'><img src=x onerror=alert(1)></textarea></title><svg/onload=alert(1)>",
    "attribute": '" onfocus="alert(1)" autofocus hx-get="https://evil.example/" x="',
    "template": "{{1337*1337}}{% raise %}${1337*1337}#{1337*1337}%(name)s{0.__class__}",
    "formula": '=1+1&HYPERLINK("https://evil.example")',
    "header": "x\r\nX-Injected: yes\r\nSet-Cookie: desk=evil\r\n\r\n<script>alert(1)</script>",
    "address": "//evil.example/\\evil.example",
    "script address": "javascript:alert(1)",
    "nul": "Ana\x00Diaz",
    "control": "Ana\x1b[2J\x7f\u2028Diaz",
    "right to left": "\u202egnp.exe\u2066\u200f",
    "no unicode": "Ana\ud800\udfff\udcff",
    "long": "x" * 60_000,
    "query": "'; DROP TABLE patients; -- %_\\",
    "digits": "9" * 400,
    "odd digit": "\u00b2",
    "negative": "-1",
    "first day": "0001-01-01",
    "last day": "9999-12-31",
    "no day": "2026-02-30T25:61+99:99",
    "path": "../../../../etc/passwd",
    "no id": "1e309",
    "empty": "",
}


class Alive(HTMLParser):
    """Finds what a browser would run, or fetch from elsewhere."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag in ("img", "iframe", "object", "embed", "style", "base"):
            self.found.append(tag)
        if tag == "script" and values.get("src") != "/static/vendor/htmx/htmx.min.js":
            self.found.append(tag)
        for name, value in values.items():
            is_followed = name in ("href", "src", "action", "formaction") or name.startswith("hx-")
            if name.startswith("on") or name == "style":
                self.found.append(name)
            if is_followed and re.match(r"\s*(javascript:|//|https?://|/\\)", value):
                self.found.append(f"{name}={value[:40]}")


def list_alive(answer: Response) -> Iterator[str]:
    """What has come alive of what was typed, or broke on it."""
    if answer.status_code >= 500:
        yield f"status {answer.status_code}"
    if "x-injected" in answer.headers or "evil" in answer.headers.get("set-cookie", ""):
        yield "header"
    if re.match(r"(?!/)|//|/\\", answer.headers.get("location", "/")):
        yield f"leads to {answer.headers['location'][:40]}"
    if "1787569" in answer.text:
        yield "template"
    if answer.headers.get("content-type", "").startswith("text/csv"):
        cells = [cell for row in csv.reader(io.StringIO(answer.text)) for cell in row]
        yield from (f"formula {cell[:40]}" for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r")))
    elif answer.headers.get("content-type", "").startswith("text/html"):
        parser = Alive()
        parser.feed(answer.text)
        yield from parser.found


@pytest.fixture
def desk(clinic: ClinicDays) -> BusyDesk:
    return open_desk(clinic)


def send(desk: BusyDesk, route: str, fields: dict[str, str]) -> Response:
    """By Olive, with the cookie that belongs to the token: an answer may have brought another."""
    cookie = desk.olive.cookie
    answer = send_bytes(desk.olive, desk.path(route), fields)
    if desk.olive.cookie != cookie and cookie is not None:
        desk.olive.client.cookies.clear()
        desk.olive.client.cookies.set("desk", cookie, domain="127.0.0.1", path="/")
    return answer


def look_at_all(desk: BusyDesk) -> Iterator[str]:
    """Every page, with what has been kept."""
    for verb, route in ROUTES:
        if verb == "GET" and route != "/healthz":
            for found in list_alive(desk.olive.get(desk.path(route))):
                yield f"{route} then: {found}"


def test_each_form_is_in_the_table_of_fields() -> None:
    """A form that is not would not be tried."""
    assert set(FIELDS) == {route for verb, route in ROUTES if verb == "POST"}


@pytest.mark.parametrize("route", FIELDS)
def test_nothing_that_is_typed_comes_alive(desk: BusyDesk, route: str) -> None:
    """S9: each field in turn, among others that are as somebody would fill them in."""
    faults = []
    for field in FIELDS[route]:
        for kind, value in HOSTILE.items():
            answer = send(desk, route, {**desk.fill(route), field: value})
            faults += [f"{field}, {kind}: {found}" for found in list_alive(answer)]

    assert [*faults, *look_at_all(desk)] == []


def test_nothing_that_stands_in_an_address_comes_alive(desk: BusyDesk) -> None:
    """S9: each part of each address in turn, and each word behind its question mark."""
    faults = []
    for kind, value in HOSTILE.items():
        # A browser and a server each have a longest address.
        typed = quote(value.encode("utf-8", "surrogatepass")[:2000], safe="")
        for path in _list_addresses(desk, typed):
            faults += [f"{path[:40]}, {kind}: {found}" for found in list_alive(desk.olive.get(path))]

    assert faults == []


def _list_addresses(desk: BusyDesk, typed: str) -> Iterator[str]:
    for route in list_pages():
        if "GET" in (route.methods or ()) and route.path != "/healthz":
            for name in re.findall(r"{(\w+)}", route.path):
                yield desk.path(route.path, **{name: typed})
            yield from (f"{desk.path(route.path)}?{each.alias}={typed}" for each in route.dependant.query_params)


@pytest.mark.parametrize("route", FIELDS)
def test_no_field_that_nobody_asked_for_comes_alive(desk: BusyDesk, route: str) -> None:
    """S9: neither its name nor what it holds, also where the form is offered again."""
    extra = {HOSTILE["markup"]: HOSTILE["markup"], HOSTILE["attribute"]: HOSTILE["template"]}
    answers = [
        send_bytes(desk.olive, desk.path(route), {**desk.fill(route), "form_token": "an old one", **extra}),
        send(desk, route, {**desk.fill(route), **extra}),
    ]

    assert answers[0].status_code == 403
    assert [found for answer in answers for found in list_alive(answer)] == []


@pytest.mark.parametrize("route", FIELDS)
def test_a_body_that_is_too_large_is_refused(desk: BusyDesk, route: str) -> None:
    """S4: one byte more than is read."""
    body = f"form_token={desk.token}&x=".encode()
    body += b"x" * (MAX_BODY_BYTES + 1 - len(body))
    headers = {"Origin": ORIGIN, "Content-Type": "application/x-www-form-urlencoded"}

    answer = desk.olive.client.post(desk.path(route), content=body, headers=headers)

    assert answer.status_code == 413
    assert "<h1>This is too much</h1>" in answer.text
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


_PART = b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n\xff\r\n--x--\r\n'
BODIES = {
    "application/json": b'{"name": "Ivo"}',
    "text/plain": b"name=Ivo",
    "application/x-www-form-urlencoded; charset=nonsense": b"name=%ff%fe&=&&%",
    "multipart/form-data": b"--x\r\n\r\n",
    "multipart/form-data; boundary=x": b"--y\r\nContent-Disposition: nonsense\r\n\r\n\xff\r\n--x--",
    "multipart/form-data; boundary=x; charset=nonsense": _PART,
    "multipart/form-data; boundary=x; charset=utf-16": _PART,
    "nonsense": b"\x00\xff",
    "": b"name=Ivo",
}


@pytest.mark.parametrize("kind", BODIES)
def test_a_body_that_is_no_form_breaks_nothing(desk: BusyDesk, kind: str) -> None:
    """S4"""
    answers = {
        route: desk.olive.client.post(
            desk.path(route), content=BODIES[kind], headers={"Origin": ORIGIN, "Content-Type": kind}
        ).status_code
        for route in FIELDS
    }

    assert {route: status for route, status in answers.items() if status not in (400, 403)} == {}


# ---- forms that are sent once more -------------------------------------------------------------------------------


@pytest.mark.parametrize("origin", ["https://evil.example", "null", ""])
def test_a_form_of_another_site_is_refused_everywhere(desk: BusyDesk, origin: str) -> None:
    """S4: with the right token, too."""
    answers = {
        route: desk.olive.send(desk.path(route), desk.fill(route), Origin=origin).status_code for route in FIELDS
    }

    assert answers == dict.fromkeys(FIELDS, 403)


def test_a_form_with_another_users_token_is_refused_everywhere(desk: BusyDesk) -> None:
    """S4"""
    token = signed_in(desk.web, "dora").form_token("/password")
    answers = {route: desk.olive.send(desk.path(route), {**desk.fill(route), "form_token": token}) for route in FIELDS}

    assert {route: (answer.status_code, "Send it once more" in answer.text) for route, answer in answers.items()} == (
        dict.fromkeys(FIELDS, (403, True))
    )


def test_a_form_from_before_the_last_sign_in_is_refused_everywhere(desk: BusyDesk) -> None:
    """S4: replayed."""
    desk.olive.sign_in("olive")

    answers = {route: desk.olive.send(desk.path(route), desk.fill(route)).status_code for route in FIELDS}

    assert answers == dict.fromkeys(FIELDS, 403)


OPEN_TO_ALL = ("/sign-in", "/setup/{token}")
"""What a stranger may send: there is nobody to sign out."""


def test_after_signing_out_no_form_works_with_the_cookie_of_before(desk: BusyDesk) -> None:
    """S4: replayed with everything that belonged to it."""
    thief = _copy(desk.web, desk.olive)
    desk.olive.send("/sign-out", {"form_token": desk.token})

    answers = {route: thief.send(desk.path(route), desk.fill(route)) for route in FIELDS if route not in OPEN_TO_ALL}

    assert {(answer.status_code, "You are signed out" in answer.text) for answer in answers.values()} == {(403, True)}


def _copy(web: FastAPI, browser: Browser) -> Browser:
    """Another browser with the same cookie."""
    copy = Browser(web)
    assert browser.cookie is not None
    copy.client.cookies.set("desk", browser.cookie, domain="127.0.0.1", path="/")
    return copy
