"""Users: adding, disabling and listing them, and the setup links with which they choose a password."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.exc import IntegrityError

from reminders.accounts.audit import Action, Subject, record_audit
from reminders.accounts.sign_ins import end_sign_ins
from reminders.accounts.tokens import hash_token, new_token
from reminders.model import InputRefusal, Refusal
from reminders.store.engine import Transaction
from reminders.tables import SetupLinkRow, SignInRow, UserRow
from reminders.typed import read_name

LINK_LASTS = timedelta(hours=24)

FIRST_ADMIN = "admin"
"""The sign-in name of the user whom the first start makes."""

_SIGN_IN_NAME = re.compile(r"[a-z0-9][a-z0-9._@+-]{1,63}")


class Role(StrEnum):
    """What a user may do; each may do what those before it may."""

    DESK = "desk"
    CLINICIAN = "clinician"
    """Decides courses and sets figures of rules for one patient."""
    ADMIN = "admin"
    """Also adds and disables users, and reads the audit log."""


@dataclass(frozen=True, kw_only=True)
class UserLine:
    id: int
    name: str
    sign_in_name: str
    role: Role
    state: str
    """`active`, `invited` or `disabled`."""
    seen_at: datetime | None


def read_sign_in_name(text: str) -> str:
    """The name that is typed to sign in, folded: it is the same in capitals. Raises InputRefusal."""
    name = text.strip().casefold()
    if not _SIGN_IN_NAME.fullmatch(name):
        raise InputRefusal(
            "A sign-in name has 2 to 64 of these: a to z, digits, and . _ - + @ after the first. "
            "An email address will do."
        )
    return name


def add_user(
    tx: Transaction, name: str, sign_in_name: str, role: Role, now: datetime, *, by: int | None = None
) -> UserRow:
    """A new user, who cannot sign in before the setup link was used."""
    row = UserRow(name=read_name(name), sign_in_name=read_sign_in_name(sign_in_name), role=role, created_at=now)
    try:
        with tx.begin_nested():
            tx.add(row)
            tx.flush()
    except IntegrityError:
        raise Refusal(f"Somebody signs in as {row.sign_in_name} already: choose another sign-in name.") from None
    record_audit(tx, by, Action.ADD, now, subject=Subject.USER, subject_id=row.id)
    return row


def find_user(tx: Transaction, sign_in_name: str) -> UserRow | None:
    return tx.scalars(select(UserRow).where(UserRow.sign_in_name == sign_in_name.strip().casefold())).first()


def require_user(tx: Transaction, user_id: int) -> UserRow:
    """The user's row, held. Raises InputRefusal where there is none."""
    held = select(UserRow).where(UserRow.id == user_id).with_for_update().execution_options(populate_existing=True)
    row = tx.scalars(held).first()
    if row is None:
        raise InputRefusal("There is no such user.")
    return row


def list_users(tx: Transaction) -> Sequence[UserLine]:
    """All of them, by name."""
    seen = (
        select(SignInRow.user_id, func.max(SignInRow.seen_at).label("at")).group_by(SignInRow.user_id).subquery("seen")
    )
    query = select(UserRow, seen.c.at).outerjoin(seen, seen.c.user_id == UserRow.id).order_by(UserRow.sign_in_name)
    return [
        UserLine(
            id=row.id,
            name=row.name,
            sign_in_name=row.sign_in_name,
            role=Role(row.role),
            state="disabled" if row.disabled_at else "active" if row.password_hash else "invited",
            seen_at=at,
        )
        for row, at in tx.execute(query)
    ]


def disable_user(tx: Transaction, user_id: int, now: datetime, *, by: int | None = None) -> None:
    """Nothing of this user's works from now on: sign-ins and links end with it. Refuses the last admin."""
    row = _hold_spare_user(tx, user_id)
    if row.disabled_at is not None:
        return
    row.disabled_at = now
    end_sign_ins(tx, user_id, now)
    _end_links(tx, user_id, now)
    record_audit(tx, by, Action.DISABLE, now, subject=Subject.USER, subject_id=user_id)


def change_role(tx: Transaction, user_id: int, role: Role, now: datetime, *, by: int | None = None) -> None:
    """The user may do this from their next click on. Refuses to make the last admin anything else."""
    row = require_user(tx, user_id) if role is Role.ADMIN else _hold_spare_user(tx, user_id)
    if row.role == role:
        return
    row.role = role
    record_audit(tx, by, Action.CHANGE, now, subject=Subject.USER, subject_id=user_id, fields=("role",))


def _hold_spare_user(tx: Transaction, user_id: int) -> UserRow:
    """The user's row, held, if they are not the last admin."""
    # All admins are held, in one order: two who disable or demote each other at once must not both succeed.
    admins = tx.scalars(select(UserRow).where(_is_admin()).order_by(UserRow.id).with_for_update()).all()
    row = require_user(tx, user_id)
    if [admin.id for admin in admins] == [user_id]:
        raise Refusal("This is the last admin: make another one first.")
    return row


def _is_admin() -> ColumnElement[bool]:
    return (UserRow.role == Role.ADMIN) & UserRow.disabled_at.is_(None)


def enable_user(tx: Transaction, user_id: int, now: datetime, *, by: int | None = None) -> None:
    """Undo a disabling; the old password holds again."""
    row = require_user(tx, user_id)
    if row.disabled_at is not None:
        row.disabled_at = None
        record_audit(tx, by, Action.ENABLE, now, subject=Subject.USER, subject_id=user_id)


# ---- setup links -------------------------------------------------------------------------------------------------


def make_link(tx: Transaction, user_id: int, now: datetime, *, by: int | None = None) -> str:
    """The token of a new setup link; older ones end. It is told once, here: the database keeps a hash."""
    row = require_user(tx, user_id)
    if row.disabled_at is not None:
        raise Refusal("This user is disabled: enable them first.")
    _end_links(tx, user_id, now)
    token = new_token()
    tx.add(SetupLinkRow(user_id=user_id, token_hash=hash_token(token), created_at=now, expires_at=now + LINK_LASTS))
    record_audit(tx, by, Action.MAKE_LINK, now, subject=Subject.USER, subject_id=user_id)
    return token


def _end_links(tx: Transaction, user_id: int, now: datetime) -> None:
    standing = (SetupLinkRow.user_id == user_id) & SetupLinkRow.ended_at.is_(None)
    tx.execute(update(SetupLinkRow).where(standing).values(ended_at=now))


def find_link(tx: Transaction, token: str, now: datetime) -> UserRow | None:
    """Whose link it is; None where it was used, replaced, is too old, or never was."""
    return tx.scalars(
        select(UserRow)
        .join(SetupLinkRow, SetupLinkRow.user_id == UserRow.id)
        .where(SetupLinkRow.token_hash == hash_token(token), _is_open(now), UserRow.disabled_at.is_(None))
    ).first()


def use_link(tx: Transaction, token: str, password_hash: str, now: datetime) -> UserRow | None:
    """Set the password, once; whoever was signed in with an older one is out. None where the link is not good."""
    used = (SetupLinkRow.token_hash == hash_token(token)) & _is_open(now)
    # One guarded update: of two who send the same link at once, one wins.
    link = tx.scalars(
        update(SetupLinkRow).where(used).values(ended_at=now).returning(SetupLinkRow.user_id)
    ).one_or_none()
    row = require_user(tx, link) if link is not None else None
    if row is None or row.disabled_at is not None:
        return None
    set_password(tx, row, password_hash, now)
    return row


def _is_open(now: datetime) -> ColumnElement[bool]:
    return SetupLinkRow.ended_at.is_(None) & (SetupLinkRow.expires_at > now)


def set_password(tx: Transaction, row: UserRow, password_hash: str, now: datetime) -> None:
    """From now on this one; every sign-in with the older one ends."""
    row.password_hash = password_hash
    end_sign_ins(tx, row.id, now)
    record_audit(tx, row.id, Action.SET_PASSWORD, now, subject=Subject.USER, subject_id=row.id)


def invite_first_admin(tx: Transaction, now: datetime) -> str | None:
    """The token of a setup link where nobody can sign in yet; None where somebody can."""
    able = select(UserRow.id).where(UserRow.password_hash.is_not(None), UserRow.disabled_at.is_(None)).limit(1)
    if tx.scalar(able) is not None:
        return None
    admin = tx.scalars(select(UserRow).where(_is_admin()).order_by(UserRow.id).limit(1)).first()
    if admin is None:
        admin = add_user(tx, "Admin", FIRST_ADMIN, Role.ADMIN, now)
    return make_link(tx, admin.id, now)
