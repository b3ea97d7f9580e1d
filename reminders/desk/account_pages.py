"""Signing in and out, the setup link, and one's own password."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from reminders.accounts.passwords import SHORTEST
from reminders.accounts.sign_ins import end_sign_in
from reminders.accounts.signing_in import HeldBack, WrongPassword, change_password, set_up, sign_in
from reminders.accounts.tokens import new_token
from reminders.accounts.users import find_link
from reminders.desk.desk import TheDesk
from reminders.desk.forms import Typed
from reminders.desk.pages import go_to, render
from reminders.desk.visits import AtTheDesk, OpenToAll, set_cookie
from reminders.desk.words import _
from reminders.model import InputRefusal
from reminders.store.engine import reading, writing

router = APIRouter()


@router.get("/", dependencies=[OpenToAll])
def start() -> Response:
    return go_to("/today")


@router.get("/sign-in", dependencies=[OpenToAll])
def ask_to_sign_in(request: Request, to: str = "/") -> Response:
    return render(request, "sign-in.html", to=read_path(to), refusal=None, sign_in_name="")


@router.post("/sign-in", dependencies=[OpenToAll])
def enter(request: Request, desk: TheDesk, form: Typed) -> Response:
    name, to = form.text("name"), read_path(form.text("to"))
    try:
        token = sign_in(desk.engine, name, form.secret("password"), address_of(request), desk.now())
    except (WrongPassword, HeldBack) as refusal:
        status = 429 if isinstance(refusal, HeldBack) else 403
        return render(request, "sign-in.html", status, to=to, refusal=str(refusal), sign_in_name=name)
    response = go_to(to)
    set_cookie(response, desk, token)
    return response


def read_path(text: str) -> str:
    """Where to go after signing in: a path of this service, or its start. Never another site."""
    is_ours = text.startswith("/") and text.isascii() and text.isprintable() and not text.startswith(("//", "/\\"))
    return text if is_ours else "/"


def address_of(request: Request) -> str:
    return request.client.host if request.client else "unknown"


@router.post("/sign-out")
def leave(desk: TheDesk, user: AtTheDesk) -> Response:
    with writing(desk.engine) as tx:
        end_sign_in(tx, user, desk.now())
    response = go_to("/sign-in")
    # A new one, so that pages still open in other tabs cannot be sent.
    set_cookie(response, desk, new_token())
    return response


@router.get("/setup/{token}", dependencies=[OpenToAll])
def show_setup(request: Request, desk: TheDesk, token: str) -> Response:
    """Looking at it does not use it up: mail scanners look, too."""
    return _setup_form(request, desk, token)


@router.post("/setup/{token}", dependencies=[OpenToAll])
def choose_password(request: Request, desk: TheDesk, form: Typed, token: str) -> Response:
    try:
        sign_in_token = set_up(desk.engine, token, form.secret("password"), desk.now())
    except InputRefusal as refusal:
        return _setup_form(request, desk, token, 422, str(refusal))
    if sign_in_token is None:
        return _setup_form(request, desk, token)
    response = go_to("/")
    set_cookie(response, desk, sign_in_token)
    return response


def _setup_form(request: Request, desk: TheDesk, token: str, status: int = 200, refusal: str | None = None) -> Response:
    with reading(desk.engine) as tx:
        owner = find_link(tx, token, desk.now())
    if owner is None:
        return render(
            request,
            "error.html",
            404,
            title=_("This link is not good any more"),
            sentence=_("It was used, or it is too old. Ask an admin for a new one."),
        )
    return render(request, "setup.html", status, owner=owner, refusal=refusal, shortest=SHORTEST)


@router.get("/password")
def show_password(request: Request, user: AtTheDesk) -> Response:
    return render(request, "password.html", refusal=None, shortest=SHORTEST)


@router.post("/password")
def set_password(request: Request, desk: TheDesk, form: Typed, user: AtTheDesk) -> Response:
    old, new = form.secret("old_password"), form.secret("new_password")
    try:
        token = change_password(desk.engine, user, old, new, address_of(request), desk.now())
    except (WrongPassword, HeldBack, InputRefusal) as refusal:
        status = 429 if isinstance(refusal, HeldBack) else 422
        return render(request, "password.html", status, refusal=str(refusal), shortest=SHORTEST)
    response = go_to("/")
    set_cookie(response, desk, token)
    return response
