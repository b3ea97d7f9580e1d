"""The application: every page behind the same gates."""

from __future__ import annotations

from collections.abc import Iterator

from fastapi import Depends, FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from starlette.middleware import Middleware
from starlette.staticfiles import StaticFiles

from reminders.config.loading import shipped_templates
from reminders.config.secret_key import SecretKey
from reminders.desk import (
    account_pages,
    audit_pages,
    consent_pages,
    course_pages,
    delivery_pages,
    detail_pages,
    health,
    message_pages,
    outbox_pages,
    patient_pages,
    pause_pages,
    procedure_pages,
    recall_pages,
    record_pages,
    rules_pages,
    session_pages,
    task_pages,
    today_pages,
    user_pages,
)
from reminders.desk.desk import Desk
from reminders.desk.errors import LastResort, add_error_pages
from reminders.desk.headers import SecurityHeaders
from reminders.desk.pages import STATIC, open_templates, places_of
from reminders.desk.visits import Gate, check_request, load_user, open_to_all
from reminders.wiring import App

ROUTERS = (
    health.router,
    account_pages.router,
    today_pages.router,
    task_pages.router,
    record_pages.router,
    patient_pages.router,
    detail_pages.router,
    consent_pages.router,
    procedure_pages.router,
    session_pages.router,
    course_pages.router,
    pause_pages.router,
    message_pages.router,
    recall_pages.router,
    delivery_pages.router,
    outbox_pages.router,
    rules_pages.router,
    user_pages.router,
    audit_pages.router,
)
"""A new page's router goes here."""


def create_app(app: App, key: SecretKey) -> FastAPI:
    """The desk of this clinic. Holds no state of its own: any number of processes may serve it."""
    templates = open_templates(shipped_templates() / "pages", app.config.clinic)
    desk = Desk(app=app, key=key, templates=templates)
    web = FastAPI(
        # No machine-made pages: they would name every route to strangers.
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        # It would lead to whatever name the request came by, before anybody has looked at that.
        redirect_slashes=False,
        telemetry={"tracing": False, "metrics": False, "logs": False},
        dependencies=[Depends(check_request), Depends(load_user)],
        middleware=[Middleware(SecurityHeaders, is_https=desk.is_https), Middleware(LastResort)],
    )
    web.state.desk = desk
    for router in ROUTERS:
        web.include_router(router)
    web.mount("/static", StaticFiles(directory=STATIC), name="static")
    add_error_pages(web)
    _require_gates()
    web.state.places = places_of(desk, {route.path for route in list_pages() if "GET" in (route.methods or ())})
    return web


def list_pages() -> list[APIRoute]:
    """Every route of every router: of ours, because FastAPI wraps those that it includes."""
    routes = [route for router in ROUTERS for route in router.routes]
    assert all(isinstance(route, APIRoute) for route in routes), "a router holds pages, and no mount or other router"
    return [route for route in routes if isinstance(route, APIRoute)]


def _require_gates() -> None:
    for route in list_pages():
        gates = [call for call in _calls(route.dependant) if isinstance(call, Gate) or call is open_to_all]
        assert gates, f"{route.path} has no gate: take AtTheDesk, AsClinician or AsAdmin, or say OpenToAll"


def _calls(dependant: Dependant) -> Iterator[object]:
    for inner in dependant.dependencies:
        yield inner.call
        yield from _calls(inner)
