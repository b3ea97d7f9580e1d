"""The staff's accounts, for admins."""

from __future__ import annotations

from fastapi import APIRouter, HTTPException, Request
from starlette.responses import Response

from reminders.accounts.users import Role, add_user, change_role, disable_user, enable_user, list_users, make_link
from reminders.desk.desk import Desk, Id, TheDesk
from reminders.desk.forms import Form, Typed
from reminders.desk.pages import go_to, render
from reminders.desk.visits import AsAdmin, own_origin
from reminders.model import Refusal
from reminders.store.engine import Transaction, reading, writing
from reminders.tables import UserRow

router = APIRouter()


@router.get("/users")
def show_users(request: Request, desk: TheDesk, admin: AsAdmin) -> Response:
    return _show(request, desk)


def _show(
    request: Request,
    desk: Desk,
    status: int = 200,
    *,
    form: Form | None = None,
    refusal: str | None = None,
    link: tuple[str, str] | None = None,
) -> Response:
    with reading(desk.engine) as tx:
        users = list_users(tx)
    return render(
        request,
        "users/page.html",
        status,
        users=users,
        roles=list(Role),
        form=form or Form(),
        refusal=refusal,
        link=link,
    )


@router.post("/users")
def add(request: Request, desk: TheDesk, form: Typed, admin: AsAdmin) -> Response:
    """The page shows the setup link, once: it is kept nowhere."""
    try:
        with writing(desk.engine) as tx:
            now, role = desk.now(), _read_role(form.text("role"))
            row = add_user(tx, form.text("name"), form.text("sign_in_name"), role, now, by=admin.user_id)
            token = make_link(tx, row.id, now, by=admin.user_id)
    except Refusal as refusal:
        return _show(request, desk, 422, form=form, refusal=str(refusal))
    return _show(request, desk, link=(row.name, _link(request, desk, token)))


def _read_role(text: str) -> Role:
    try:
        return Role(text)
    except ValueError:
        raise HTTPException(400) from None


def _link(request: Request, desk: Desk, token: str) -> str:
    return f"{own_origin(request, desk)}/setup/{token}"


@router.post("/users/{user_id}/disable")
def disable(request: Request, desk: TheDesk, admin: AsAdmin, user_id: Id) -> Response:
    try:
        with writing(desk.engine) as tx:
            _require(tx, user_id)
            disable_user(tx, user_id, desk.now(), by=admin.user_id)
    except Refusal as refusal:
        return _show(request, desk, 422, refusal=str(refusal))
    return go_to("/users")


@router.post("/users/{user_id}/enable")
def enable(desk: TheDesk, admin: AsAdmin, user_id: Id) -> Response:
    with writing(desk.engine) as tx:
        _require(tx, user_id)
        enable_user(tx, user_id, desk.now(), by=admin.user_id)
    return go_to("/users")


@router.post("/users/{user_id}/link")
def link(request: Request, desk: TheDesk, admin: AsAdmin, user_id: Id) -> Response:
    try:
        with writing(desk.engine) as tx:
            name = _require(tx, user_id).name
            token = make_link(tx, user_id, desk.now(), by=admin.user_id)
    except Refusal as refusal:
        return _show(request, desk, 422, refusal=str(refusal))
    return _show(request, desk, link=(name, _link(request, desk, token)))


@router.get("/users/{user_id}/role")
def ask_role(request: Request, desk: TheDesk, admin: AsAdmin, user_id: Id) -> Response:
    return _ask_role(request, desk, user_id)


def _ask_role(
    request: Request, desk: Desk, user_id: int, status: int = 200, *, form: Form | None = None, refusal: str = ""
) -> Response:
    with reading(desk.engine) as tx:
        row = _require(tx, user_id)
    chosen = (form.text("role") if form else "") or row.role
    return render(request, "users/role.html", status, owner=row, roles=list(Role), chosen=chosen, refusal=refusal)


@router.post("/users/{user_id}/role")
def set_role(request: Request, desk: TheDesk, form: Typed, admin: AsAdmin, user_id: Id) -> Response:
    try:
        with writing(desk.engine) as tx:
            _require(tx, user_id)
            change_role(tx, user_id, _read_role(form.text("role")), desk.now(), by=admin.user_id)
    except Refusal as refusal:
        return _ask_role(request, desk, user_id, 422, form=form, refusal=str(refusal))
    # Who has demoted themselves may not see the list any more.
    return go_to("/today" if user_id == admin.user_id else "/users")


def _require(tx: Transaction, user_id: int) -> UserRow:
    """Raises a 404 where there is no such user."""
    row = tx.get(UserRow, user_id)
    if row is None:
        raise HTTPException(404)
    return row
