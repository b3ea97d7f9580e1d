"""Sign-ins as rows: a browser holds the token, the database its hash, and whatever ends the row ends it at once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, select, update

from reminders.accounts.audit import Action, record_audit
from reminders.accounts.tokens import hash_token, new_token
from reminders.store.engine import Transaction
from reminders.tables import SignInRow, UserRow

_NOTE_EVERY = timedelta(minutes=1)
"""How often a sign-in that is in use is written down: not with each request."""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How long a sign-in lasts."""

    idle: timedelta
    absolute: timedelta


@dataclass(frozen=True, kw_only=True)
class SignedIn:
    """A user who is signed in, as pages know them."""

    sign_in_id: int
    user_id: int
    name: str
    sign_in_name: str
    role: str
    seen_at: datetime


def start_sign_in(tx: Transaction, user_id: int, now: datetime) -> str:
    """The token of a new sign-in: always a new one, so that nobody can plant it beforehand (S4)."""
    token = new_token()
    tx.add(SignInRow(user_id=user_id, token_hash=hash_token(token), started_at=now, seen_at=now))
    record_audit(tx, user_id, Action.SIGN_IN, now)
    return token


def find_sign_in(tx: Transaction, token: str, limits: Limits, now: datetime) -> SignedIn | None:
    """Who holds this token; None where it was ended, is too old, or never was."""
    query = (
        select(SignInRow, UserRow)
        .join(UserRow, UserRow.id == SignInRow.user_id)
        .where(SignInRow.token_hash == hash_token(token), UserRow.disabled_at.is_(None), _is_open(limits, now))
    )
    found = tx.execute(query).first()
    if found is None:
        return None
    row, user = found
    return SignedIn(
        sign_in_id=row.id,
        user_id=user.id,
        name=user.name,
        sign_in_name=user.sign_in_name,
        role=user.role,
        seen_at=row.seen_at,
    )


def _is_open(limits: Limits, now: datetime) -> ColumnElement[bool]:
    return (
        SignInRow.ended_at.is_(None)
        & (SignInRow.seen_at > now - limits.idle)
        & (SignInRow.started_at > now - limits.absolute)
    )


def should_note(who: SignedIn, now: datetime) -> bool:
    return now - who.seen_at >= _NOTE_EVERY


def note_use(tx: Transaction, who: SignedIn, now: datetime) -> None:
    """The sign-in is in use: its idle time begins anew."""
    tx.execute(
        update(SignInRow).where(SignInRow.id == who.sign_in_id, SignInRow.ended_at.is_(None)).values(seen_at=now)
    )


def end_sign_in(tx: Transaction, who: SignedIn, now: datetime) -> None:
    """The user signs out, with this browser."""
    tx.execute(update(SignInRow).where(SignInRow.id == who.sign_in_id).values(ended_at=now))
    record_audit(tx, who.user_id, Action.SIGN_OUT, now)


def end_sign_ins(tx: Transaction, user_id: int, now: datetime) -> None:
    """Every browser of this user is out."""
    standing = (SignInRow.user_id == user_id) & SignInRow.ended_at.is_(None)
    tx.execute(update(SignInRow).where(standing).values(ended_at=now))
