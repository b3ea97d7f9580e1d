"""Commands about the staff's accounts: user add, list, disable, enable, link."""

from __future__ import annotations

import re
import unicodedata
from typing import Annotated

import typer

from reminders.accounts.users import Role, add_user, disable_user, enable_user, find_user, list_users, make_link
from reminders.cli.answers import changing, looking
from reminders.cli.options import Json, cli
from reminders.cli.printing import print_json, say
from reminders.cli.serving import LOOPBACK, PORT
from reminders.model import InputRefusal
from reminders.overview import utc
from reminders.store.engine import Transaction
from reminders.tables import UserRow
from reminders.wiring import App

user_cli = typer.Typer(no_args_is_help=True, help="Add, list or disable those who work at the desk.")
cli.add_typer(user_cli, name="user")

SignInName = Annotated[str, typer.Argument(metavar="SIGN_IN_NAME", help="The name that is typed to sign in.")]


@user_cli.command("add")
def add(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="The user's name.")],
    role: Annotated[Role, typer.Option(help="desk, clinician or admin.")],
    sign_in_name: Annotated[str | None, typer.Option(help="Else made of the name.")] = None,
    as_json: Json = False,
) -> None:
    """Add somebody, and print the link with which they choose a password."""
    with changing(context) as (app, tx):
        row = add_user(tx, name, sign_in_name or _make_sign_in_name(name), role, app.clock())
        link = _make_link(app, tx, row)
    if as_json:
        print_json([{"user": row.id, "sign_in_name": row.sign_in_name, "link": link}])
    else:
        say(f"{row.name} signs in as {row.sign_in_name}, after choosing a password here, within a day: {link}")


def _make_sign_in_name(name: str) -> str:
    """Such as ana.diaz of Ana Díaz."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().casefold()
    return re.sub(r"[^a-z0-9]+", ".", plain).strip(".")


def _make_link(app: App, tx: Transaction, row: UserRow) -> str:
    base = app.config.web.public_url or f"http://{LOOPBACK}:{PORT}"
    return f"{base}/setup/{make_link(tx, row.id, app.clock())}"


@user_cli.command("link")
def link(context: typer.Context, sign_in_name: SignInName, as_json: Json = False) -> None:
    """Print a new link with which a user chooses a password; the one before ends."""
    with changing(context) as (app, tx):
        row = _require(tx, sign_in_name)
        new = _make_link(app, tx, row)
    if as_json:
        print_json([{"user": row.id, "sign_in_name": row.sign_in_name, "link": new}])
    else:
        say(f"{row.name} chooses a new password here, within a day: {new}")


@user_cli.command("list")
def list_all(context: typer.Context, as_json: Json = False) -> None:
    """List those who work at the desk."""
    with looking(context) as (_, tx):
        users = list_users(tx)
    if as_json:
        print_json(
            [
                {
                    "user": each.id,
                    "name": each.name,
                    "sign_in_name": each.sign_in_name,
                    "role": each.role,
                    "state": each.state,
                    "seen_at": utc(each.seen_at) if each.seen_at else None,
                }
                for each in users
            ]
        )
        return
    for each in users:
        say(f"{each.sign_in_name:<24}  {each.role:<9}  {each.state:<8}  {each.name}")


@user_cli.command("disable")
def disable(context: typer.Context, sign_in_name: SignInName) -> None:
    """End a user's sign-ins and links at once."""
    with changing(context) as (app, tx):
        row = _require(tx, sign_in_name)
        disable_user(tx, row.id, app.clock())
    say(f"{row.name} is disabled.")


@user_cli.command("enable")
def enable(context: typer.Context, sign_in_name: SignInName) -> None:
    """Undo a disabling."""
    with changing(context) as (app, tx):
        row = _require(tx, sign_in_name)
        enable_user(tx, row.id, app.clock())
    say(f"{row.name} can sign in again.")


def _require(tx: Transaction, sign_in_name: str) -> UserRow:
    row = find_user(tx, sign_in_name)
    if row is None:
        raise InputRefusal("Nobody signs in by this name: see `reminders user list`.")
    return row
