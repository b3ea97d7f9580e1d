"""Signing in, from a typed name and password to a token. Owns its transactions: none is open while argon2 works."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine

from reminders.accounts.audit import Action, record_audit
from reminders.accounts.lockout import WINDOW, count_try, list_counts, take_back_try
from reminders.accounts.passwords import hash_password, require_strong, verify_password
from reminders.accounts.sign_ins import SignedIn, start_sign_in
from reminders.accounts.users import find_link, find_user, require_user, set_password, use_link
from reminders.model import Refusal
from reminders.store.engine import reading, writing
from reminders.tables import UserRow


@dataclass(frozen=True, kw_only=True)
class _Try:
    user_id: int | None
    password_hash: str | None
    is_held: bool


class WrongPassword(Refusal):
    """The name or the password is not right; it does not say which."""


class HeldBack(Refusal):
    """Too many tries: this one was not looked at."""


def sign_in(engine: Engine, sign_in_name: str, password: str, address: str, now: datetime) -> str:
    """The token of a new sign-in. Raises WrongPassword or HeldBack."""
    user_id = _check(engine, sign_in_name, password, address, now)
    with writing(engine) as tx:
        row = require_user(tx, user_id)
        _require_may_enter(row)
        take_back_try(tx, list_counts(sign_in_name, address), now)
        return start_sign_in(tx, user_id, now)


_WRONG = "The name or the password is not right."


def _require_may_enter(row: UserRow) -> None:
    """Between the look at the password and now an admin may have disabled them. A second factor is asked for here."""
    if row.disabled_at is not None or row.second_factor is not None:
        raise WrongPassword(_WRONG)


def _check(engine: Engine, sign_in_name: str, password: str, address: str, now: datetime) -> int:
    """The user's id, if the password is theirs."""
    attempt = _begin(engine, sign_in_name, address, now)
    if attempt.is_held:
        minutes = round(WINDOW.total_seconds() / 60)
        raise HeldBack(f"Too many wrong passwords: wait {minutes} minutes, then try again.")
    # Unknown or not, it takes one verification: the time it takes tells nobody who works here.
    if not verify_password(attempt.password_hash, password) or attempt.user_id is None:
        with writing(engine) as tx:
            record_audit(tx, attempt.user_id, Action.SIGN_IN_REFUSED, now)
        raise WrongPassword(_WRONG)
    return attempt.user_id


def _begin(engine: Engine, sign_in_name: str, address: str, now: datetime) -> _Try:
    with writing(engine) as tx:
        is_held = count_try(tx, list_counts(sign_in_name, address), now)
        user = find_user(tx, sign_in_name)
        may_enter = user is not None and user.disabled_at is None
        return _Try(
            user_id=user.id if user else None,
            password_hash=user.password_hash if user and may_enter else None,
            is_held=is_held,
        )


def set_up(engine: Engine, token: str, password: str, now: datetime) -> str | None:
    """Choose the password of a setup link and sign in; None where the link is not good (any more)."""
    with reading(engine) as tx:
        user = find_link(tx, token, now)
    if user is None:
        return None
    require_strong(password, [user.name, user.sign_in_name])
    password_hash = hash_password(password)
    with writing(engine) as tx:
        row = use_link(tx, token, password_hash, now)
        if row is None:
            return None
        _require_may_enter(row)
        return start_sign_in(tx, row.id, now)


def change_password(engine: Engine, who: SignedIn, old: str, new: str, address: str, now: datetime) -> str:
    """Another password, and a new sign-in in place of every old one. Raises WrongPassword or HeldBack."""
    # First: a new one that is refused is no try at the old one.
    require_strong(new, [who.name, who.sign_in_name])
    user_id = _check(engine, who.sign_in_name, old, address, now)
    password_hash = hash_password(new)
    with writing(engine) as tx:
        row = require_user(tx, user_id)
        _require_may_enter(row)
        take_back_try(tx, list_counts(who.sign_in_name, address), now)
        set_password(tx, row, password_hash, now)
        return start_sign_in(tx, user_id, now)
