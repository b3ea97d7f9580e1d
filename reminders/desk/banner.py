"""The banner of every page: what keeps messages from leaving, in plain words."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import Request

from reminders.desk.desk import desk_of
from reminders.desk.visits import user_of
from reminders.desk.words import _
from reminders.dispatching.pauses import RATE
from reminders.model import Channel
from reminders.overview import Banner, read_banner
from reminders.store.engine import reading
from reminders.store.trouble import DatabaseTrouble

CHANNELS: Mapping[str, str] = {Channel.SMS: _("Text messages"), Channel.EMAIL: _("Emails")}

_CREDENTIALS = _("the provider does not accept our name or password")
_ACCOUNT = _("the provider has closed our account, or does not know it")
_SENDER = _("the provider does not let us send from this number or address")

_REASONS: Mapping[str, str] = {
    RATE: _("the provider asks us to be slower"),
    "20003": _CREDENTIALS,
    "20404": _ACCOUNT,
    "21212": _SENDER,
    "21601": _SENDER,
    "21603": _SENDER,
    "21606": _SENDER,
    "21608": _("the account is a trial account"),
    "21659": _SENDER,
    "21703": _SENDER,
    "21705": _SENDER,
    "30002": _ACCOUNT,
    "30032": _SENDER,
    "30034": _SENDER,
    "530": _CREDENTIALS,
    "535": _CREDENTIALS,
    "credentials": _CREDENTIALS,
    "no_auth": _("the mail server takes no name and password from us"),
    "no_starttls": _("the mail server would not encrypt what we send"),
}
"""By the code that paused the channel. Others are told as they are."""


def say_pause(code: str | None) -> str:
    """Why a channel is paused."""
    if not code or code == "refused":
        return _("the provider refuses us")
    return _REASONS.get(code) or _("the provider refuses us (code %s)") % code


def look_at_service(request: Request) -> Banner | None:
    """None where there is nothing to say, nobody who should hear it, or no database that could be asked."""
    if user_of(request) is None or getattr(request.state, "has_trouble", False):
        return None
    desk = desk_of(request)
    try:
        with reading(desk.engine) as tx:
            banner = read_banner(tx, desk.now())
    except DatabaseTrouble:
        # The page itself is ready: it is shown without.
        return None
    return banner if banner.is_needed else None
