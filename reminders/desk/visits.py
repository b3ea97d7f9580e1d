"""A browser's visit: its cookie, the forms it may send, and who is signed in with it.

One cookie does it all. For a stranger it holds a random token that the database does not know; signing in replaces it
by the token of the new sign-in. The forms' token is made from the cookie and our key, so that no row has to keep it.
"""

from __future__ import annotations

import hmac
import re
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends, HTTPException, Request
from starlette.responses import Response

from reminders.accounts.sign_ins import SignedIn, find_sign_in, note_use, should_note
from reminders.accounts.tokens import new_token
from reminders.accounts.users import Role
from reminders.config.settings import is_loopback
from reminders.desk.desk import Desk, TheDesk, desk_of
from reminders.desk.forms import TOKEN_FIELD, Form, read_form
from reminders.store.demonstrations import is_demonstration
from reminders.store.engine import reading, writing

HEALTH_PATH = "/healthz"

UNATTENDED = "x-unattended"
"""Said by a page that asks by itself: it keeps nobody signed in who has gone home."""

_SAFE_VERBS = frozenset({"GET", "HEAD", "OPTIONS"})
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
_RANKS = list(Role)


@dataclass(frozen=True, kw_only=True)
class Visit:
    token: str
    is_new: bool
    """The browser does not know its token yet."""
    form_token: str


class StaleForm(Exception):
    """The form was made for another cookie: somebody has signed in or out since, in another tab perhaps."""


class SignedOut(Exception):
    """Nobody is signed in, or not any more."""


class Forbidden(Exception):
    """The user's role is not enough."""


def cookie_name(desk: Desk) -> str:
    # The prefix makes browsers refuse one that another host or plain http has set.
    return "__Host-desk" if desk.is_https else "desk"


def set_cookie(response: Response, desk: Desk, token: str) -> None:
    """Ends with the browser; the server ends it sooner. Lax, or a link in a mail would seem to sign everybody out."""
    response.set_cookie(cookie_name(desk), token, path="/", secure=desk.is_https, httponly=True, samesite="lax")


def visit_of(request: Request) -> Visit:
    """The visit of this request, begun now where the browser is new."""
    known = getattr(request.state, "visit", None)
    if isinstance(known, Visit):
        return known
    desk = desk_of(request)
    cookie = request.cookies.get(cookie_name(desk), "")
    is_new = not _TOKEN.fullmatch(cookie)
    token = new_token() if is_new else cookie
    visit = Visit(token=token, is_new=is_new, form_token=make_form_token(desk, token))
    request.state.visit = visit
    return visit


def make_form_token(desk: Desk, token: str) -> str:
    return hmac.digest(desk.key.value, f"form {token}".encode(), "sha256").hex()


# ---- what every request must be ----------------------------------------------------------------------------------


async def check_request(request: Request) -> None:
    """The first gate: from this address, and whatever changes something from a form of ours (S4)."""
    desk = desk_of(request)
    own = own_origin(request, desk)
    if own is None and request.url.path != HEALTH_PATH:
        raise HTTPException(400)
    if request.method in _SAFE_VERBS:
        return
    # Before anything is read: a form of another site is not even looked at.
    if request.headers.get("origin", "").lower() != own:
        raise HTTPException(403)
    form = await read_form(request)
    request.state.form = form
    if not _holds_token(request, form):
        raise StaleForm


def own_origin(request: Request, desk: Desk) -> str | None:
    """How browsers name this very service; None where they came by a name that is not its own.

    On a single machine any port of loopback will do, and no other name: one that somebody points at loopback would let
    their page in (DNS rebinding).
    """
    host = request.headers.get("host", "").lower()
    if desk.public_origin is not None:
        return desk.public_origin if host == urlsplit(desk.public_origin).netloc else None
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return None
    return f"http://{host}" if is_loopback(name) else None


def _holds_token(request: Request, form: Form) -> bool:
    sent = request.headers.get("x-form-token") or form.secret(TOKEN_FIELD)
    # As bytes: what was sent may hold anything.
    return hmac.compare_digest(sent.encode("utf-8", "replace"), visit_of(request).form_token.encode())


# ---- who it is ---------------------------------------------------------------------------------------------------


def load_user(request: Request, desk: TheDesk) -> None:
    """Look up who is signed in, each time anew: a sign-in that was ended has ended. Raises DatabaseTrouble."""
    visit, now = visit_of(request), desk.now()
    if visit.is_new:
        return
    with reading(desk.engine) as tx:
        user = find_sign_in(tx, visit.token, desk.limits, now)
        request.state.is_demonstration = user is not None and is_demonstration(tx)
    if user is not None and should_note(user, now) and UNATTENDED not in request.headers:
        with writing(desk.engine) as tx:
            note_use(tx, user, now)
    request.state.user = user


def user_of(request: Request) -> SignedIn | None:
    user = getattr(request.state, "user", None)
    return user if isinstance(user, SignedIn) else None


class Gate:
    """Lets in whoever has at least this role. Raises SignedOut or Forbidden."""

    def __init__(self, role: Role) -> None:
        self.role = role

    def __call__(self, request: Request) -> SignedIn:
        user = user_of(request)
        if user is None:
            raise SignedOut
        if not may(user, self.role):
            raise Forbidden
        return user


def may(user: SignedIn, role: Role) -> bool:
    """Whether the user's role is this one or a higher one."""
    return _RANKS.index(Role(user.role)) >= _RANKS.index(role)


def open_to_all() -> None:
    """Said of a page that strangers may see: saying nothing does not open one."""


AtTheDesk = Annotated[SignedIn, Depends(Gate(Role.DESK))]
AsClinician = Annotated[SignedIn, Depends(Gate(Role.CLINICIAN))]
AsAdmin = Annotated[SignedIn, Depends(Gate(Role.ADMIN))]
OpenToAll = Depends(open_to_all)
