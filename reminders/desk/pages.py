"""Rendering: the templates, and what each page is given."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Any

from fastapi import Request
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.responses import HTMLResponse, RedirectResponse

from reminders.accounts.users import Role
from reminders.desk import banner, plan_words
from reminders.desk.desk import Desk, desk_of
from reminders.desk.visits import may, set_cookie, user_of, visit_of
from reminders.desk.words import _, translations
from reminders.model import Channel
from reminders.overview import MOST_OVERDUE
from reminders.planning.wording import say_day, say_visit
from reminders.rules import Clinic

STATIC = Path(__file__).with_name("static")


@dataclass(frozen=True, kw_only=True)
class Place:
    """An entry of the navigation."""

    path: str
    label: str
    role: Role = Role.DESK


PLACES = (
    Place(path="/today", label=_("Today")),
    Place(path="/record", label=_("Record")),
    Place(path="/patients", label=_("Patients")),
    Place(path="/recall", label=_("Recall")),
    Place(path="/rules", label=_("Rules")),
    Place(path="/delivery", label=_("Delivery")),
    Place(path="/outbox", label=_("Outbox")),
    Place(path="/users", label=_("Users"), role=Role.ADMIN),
    Place(path="/audit", label=_("Audit"), role=Role.ADMIN),
)


def open_templates(folder: Path, clinic: Clinic) -> Environment:
    """The pages' templates: whatever a page is given is text, never markup (S9)."""
    # Another environment than the messages': these are ours, and the clinic cannot edit them.
    environment = Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    # As the catalogue has them: a text may be broken over lines.
    environment.policies["ext.i18n.trimmed"] = True
    environment.install_gettext_translations(translations, newstyle=True)  # type: ignore[attr-defined]
    environment.globals["clinic_name"] = clinic.name
    environment.globals["channel_names"] = plan_words.CHANNELS
    environment.globals["most_overdue"] = MOST_OVERDUE
    environment.globals["service_channel_names"] = banner.CHANNELS
    environment.globals["effect_names"] = plan_words.EFFECTS
    environment.globals["reason_names"] = plan_words.REASONS
    environment.globals["status_names"] = plan_words.STATUSES
    environment.filters["clock"] = lambda instant, today: say_clock(instant, today, clinic)
    environment.filters["pause"] = banner.say_pause
    environment.filters["local"] = lambda instant: say_local(instant, clinic)
    environment.filters["day"] = say_day
    environment.filters["moment"] = plan_words.say_moment
    environment.filters["rule"] = plan_words.say_rule
    environment.filters["figure"] = plan_words.say_figure_name
    # Drawn by us, with every word of it escaped.
    environment.filters["picture"] = Markup
    environment.filters["messages"] = plan_words.group_messages
    environment.filters["visit"] = lambda instant: say_visit(instant, clinic.time_zone)
    environment.filters["withheld"] = plan_words.group_withheld
    return environment


def say_local(instant: datetime | None, clinic: Clinic) -> str:
    """Such as 2026-03-10 10:30, on the clinic's clock."""
    return instant.astimezone(clinic.time_zone).strftime("%Y-%m-%d %H:%M") if instant else ""


def say_clock(instant: datetime, today: date, clinic: Clinic) -> str:
    """Such as 10:30 where it is today, on the clinic's clock; else with its day."""
    local = instant.astimezone(clinic.time_zone)
    return f"{local:%H:%M}" if local.date() == today else plan_words.say_moment(local)


def render(request: Request, template: str, status: int = 200, **context: Any) -> HTMLResponse:
    """A page. With `status` 422 it is a form again, with what was wrong."""
    desk, visit, user = desk_of(request), visit_of(request), user_of(request)
    html = desk.templates.get_template(template).render(
        user=user,
        places=[place for place in request.app.state.places if user and may(user, place.role)],
        path=request.url.path,
        form_token=visit.form_token,
        # Asked for by the layout: a part of a page that htmx fetches has none.
        look_at_service=partial(banner.look_at_service, request),
        is_demonstration=getattr(request.state, "is_demonstration", False),
        **context,
    )
    response = HTMLResponse(html, status)
    if visit.is_new:
        set_cookie(response, desk, visit.token)
    return response


def is_partial(request: Request) -> bool:
    """Whether htmx asks for a part of the page."""
    return request.headers.get("hx-request") == "true"


def go_to(path: str) -> RedirectResponse:
    """After a change: the browser loads the page, and loading it again changes nothing."""
    return RedirectResponse(path, 303)


def places_of(desk: Desk, paths: set[str]) -> tuple[Place, ...]:
    """The navigation: places whose page exists; the outbox only while a channel uses it."""
    uses_outbox = bool(list_outbox_channels(desk))
    return tuple(place for place in PLACES if place.path in paths and (place.path != "/outbox" or uses_outbox))


def list_outbox_channels(desk: Desk) -> list[Channel]:
    """The channels whose messages are kept, and leave the house nowhere."""
    config = desk.app.config
    providers = {Channel.SMS: config.sms.provider, Channel.EMAIL: config.email.provider}
    return [channel for channel, provider in providers.items() if provider == "outbox"]
