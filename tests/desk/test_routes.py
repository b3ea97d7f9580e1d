"""S3: who gets what from each route. A route that is missing here fails the test."""

from __future__ import annotations

import pytest
from fastapi import APIRouter, FastAPI

from reminders.desk import app as desk_app
from reminders.desk.app import create_app, list_pages
from tests.clinic import ClinicDays
from tests.desk.browser import Browser, signed_in
from tests.desk.conftest import KEY

# For each route: the answers to a stranger, the desk, a clinician and an admin, each with an id that is not there.
# A stranger is sent to sign in (303) where nothing is changed, and else refused (403).
ROUTES: dict[tuple[str, str], tuple[int, int, int, int]] = {
    ("GET", "/healthz"): (503, 503, 503, 503),  # no daemon runs here
    ("GET", "/"): (303, 303, 303, 303),
    ("GET", "/sign-in"): (200, 200, 200, 200),
    ("POST", "/sign-in"): (403, 403, 403, 403),  # without a password
    ("POST", "/sign-out"): (403, 303, 303, 303),
    ("GET", "/setup/{token}"): (404, 404, 404, 404),
    ("POST", "/setup/{token}"): (404, 404, 404, 404),
    ("GET", "/password"): (303, 200, 200, 200),
    ("POST", "/password"): (403, 422, 422, 422),
    ("GET", "/today"): (303, 200, 200, 200),
    ("GET", "/today/calls"): (303, 200, 200, 200),
    ("POST", "/tasks/{task_id}/done"): (403, 404, 404, 404),
    ("POST", "/tasks/{task_id}/reopen"): (403, 404, 404, 404),
    ("GET", "/record"): (303, 200, 200, 200),
    ("POST", "/record"): (403, 422, 422, 422),  # with nothing typed
    ("POST", "/record/find"): (403, 200, 200, 200),
    ("POST", "/record/patient"): (403, 200, 200, 200),
    ("POST", "/record/plan"): (403, 200, 200, 200),
    ("GET", "/record/{procedure_id}"): (303, 404, 404, 404),
    ("GET", "/patients"): (303, 200, 200, 200),
    ("POST", "/patients"): (403, 200, 200, 200),
    ("GET", "/patients/{patient_id}"): (303, 404, 404, 404),
    ("GET", "/patients/{patient_id}/details"): (303, 404, 404, 404),
    ("POST", "/patients/{patient_id}/details"): (403, 404, 404, 404),
    ("GET", "/patients/{patient_id}/consent"): (303, 404, 404, 404),
    ("POST", "/patients/{patient_id}/consent"): (403, 404, 404, 404),
    ("POST", "/patients/{patient_id}/export"): (403, 404, 404, 404),
    ("GET", "/patients/{patient_id}/procedures/{procedure_id}/correct"): (303, 404, 404, 404),
    ("POST", "/patients/{patient_id}/procedures/{procedure_id}/correct"): (403, 404, 404, 404),
    ("GET", "/patients/{patient_id}/procedures/{procedure_id}/cancel"): (303, 404, 404, 404),
    ("POST", "/patients/{patient_id}/procedures/{procedure_id}/cancel"): (403, 404, 404, 404),
    ("GET", "/patients/{patient_id}/procedures/{procedure_id}/event"): (303, 404, 404, 404),
    ("POST", "/patients/{patient_id}/procedures/{procedure_id}/event"): (403, 404, 404, 404),
    ("GET", "/patients/{patient_id}/procedures/{procedure_id}/answer"): (303, 404, 404, 404),
    ("POST", "/patients/{patient_id}/procedures/{procedure_id}/answer"): (403, 404, 404, 404),
    ("GET", "/patients/{patient_id}/procedures/{procedure_id}/figures"): (303, 403, 404, 404),
    ("POST", "/patients/{patient_id}/procedures/{procedure_id}/figures"): (403, 403, 404, 404),
    ("GET", "/patients/{patient_id}/book"): (303, 404, 404, 404),
    ("POST", "/patients/{patient_id}/book"): (403, 404, 404, 404),
    ("GET", "/patients/{patient_id}/sessions/{session_id}/move"): (303, 404, 404, 404),
    ("POST", "/patients/{patient_id}/sessions/{session_id}/move"): (403, 404, 404, 404),
    ("GET", "/patients/{patient_id}/sessions/{session_id}/unbook"): (303, 404, 404, 404),
    ("POST", "/patients/{patient_id}/sessions/{session_id}/unbook"): (403, 404, 404, 404),
    ("GET", "/patients/{patient_id}/decide/{treatment}"): (303, 403, 404, 404),
    ("POST", "/patients/{patient_id}/decide/{treatment}"): (403, 403, 404, 404),
    ("GET", "/patients/{patient_id}/pause"): (303, 404, 404, 404),
    ("POST", "/patients/{patient_id}/pause"): (403, 404, 404, 404),
    ("GET", "/patients/{patient_id}/resume"): (303, 404, 404, 404),
    ("POST", "/patients/{patient_id}/resume"): (403, 404, 404, 404),
    ("GET", "/patients/{patient_id}/write"): (303, 404, 404, 404),
    ("POST", "/patients/{patient_id}/write"): (403, 404, 404, 404),
    ("GET", "/patients/{patient_id}/reminders/{reminder_id}/again"): (303, 404, 404, 404),
    ("POST", "/patients/{patient_id}/reminders/{reminder_id}/again"): (403, 404, 404, 404),
    ("GET", "/recall"): (303, 200, 200, 200),
    ("POST", "/recall"): (403, 200, 200, 200),
    ("POST", "/recall/csv"): (403, 200, 200, 200),
    ("GET", "/delivery"): (303, 200, 200, 200),
    ("GET", "/outbox"): (303, 200, 200, 200),
    ("GET", "/outbox/newest"): (303, 204, 204, 204),  # nothing is newer
    ("GET", "/rules"): (303, 200, 200, 200),
    ("GET", "/rules/{treatment}"): (303, 404, 404, 404),
    ("GET", "/users"): (303, 403, 403, 200),
    ("POST", "/users"): (403, 403, 403, 400),
    ("POST", "/users/{user_id}/disable"): (403, 403, 403, 404),
    ("POST", "/users/{user_id}/enable"): (403, 403, 403, 404),
    ("POST", "/users/{user_id}/link"): (403, 403, 403, 404),
    ("GET", "/users/{user_id}/role"): (303, 403, 403, 404),
    ("POST", "/users/{user_id}/role"): (403, 403, 403, 404),
    ("GET", "/audit"): (303, 403, 403, 200),
}
MISSING = {
    "user_id": "9999",
    "patient_id": "9999",
    "procedure_id": "9999",
    "session_id": "9999",
    "reminder_id": "9999",
    "task_id": "9999",
    "treatment": "none",
    "token": "x" * 43,
}
WHO = ("stranger", "dora", "cora", "olive")


def ask(browser: Browser, verb: str, path: str) -> int:
    token = browser.form_token()
    filled = path.format(**MISSING)
    answer = browser.get(filled) if verb == "GET" else browser.send(filled, {"form_token": token})
    return answer.status_code


def test_the_table_names_every_route(web: FastAPI) -> None:
    """S3"""
    assert {(verb, route.path) for route in list_pages() for verb in route.methods or ()} == set(ROUTES)
    # Beside the pages there are the static files, and nothing else.
    assert len(web.routes) == len(desk_app.ROUTERS) + 1


@pytest.mark.parametrize("who", WHO)
def test_each_route_answers_each_role_as_the_table_says(web: FastAPI, who: str) -> None:
    """S3"""
    answers = {}
    for verb, path in ROUTES:
        browser = Browser(web) if who == "stranger" else signed_in(web, who)
        answers[verb, path] = ask(browser, verb, path)

    assert answers == {route: answer[WHO.index(who)] for route, answer in ROUTES.items()}


@pytest.mark.parametrize("number", ["0", "-1", "x", "9" * 30, "1e3", "%00"])
def test_what_is_no_id_finds_nothing(olive: Browser, number: str) -> None:
    """S3: among them numbers that no database can hold."""
    assert olive.submit(f"/users/{number}/disable").status_code == 404


def test_a_page_without_a_gate_stops_the_start(clinic: ClinicDays, monkeypatch: pytest.MonkeyPatch) -> None:
    """S3: whoever forgets the gate of a new page hears of it at once."""
    router = APIRouter()
    router.get("/forgotten")(lambda: None)
    monkeypatch.setattr(desk_app, "ROUTERS", (*desk_app.ROUTERS, router))

    with pytest.raises(AssertionError, match="/forgotten has no gate"):
        create_app(clinic.app, KEY)


def test_every_changing_route_is_behind_the_check_of_forms(web: FastAPI) -> None:
    """S4: also those that say nothing of forms."""
    for verb, path in ROUTES:
        if verb == "POST":
            answer = Browser(web).send(path.format(**MISSING), {})
            assert (answer.status_code, "Send it once more" in answer.text) == (403, True), path


def test_nothing_else_is_served(web: FastAPI) -> None:
    for path in ("/docs", "/openapi.json", "/redoc", "/static/", "/static/../desk.py", "/static/%2e%2e/desk.py"):
        assert Browser(web).get(path).status_code == 404


def test_nobody_is_led_to_a_name_that_is_not_ours(web: FastAPI) -> None:
    """S9: not even where an address ends with a slash too many."""
    answer = Browser(web).get("/today/", Host="evil.example")

    assert (answer.status_code, answer.headers.get("location")) == (404, None)
