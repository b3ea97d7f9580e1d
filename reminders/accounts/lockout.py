"""How many passwords may be tried. The counts are rows, so that they hold in every process (S5)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address

from sqlalchemy import case, delete, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from reminders.accounts.tokens import hash_token
from reminders.store.engine import Transaction
from reminders.tables import SignInCountRow

MOST_TRIES = 5
WINDOW = timedelta(minutes=15)

Counted = tuple[str, str]
"""The kind and the key of a count."""


def list_counts(sign_in_name: str, address: str) -> Sequence[Counted]:
    """What one try counts towards: the account, whether it exists or not, and where it came from."""
    account = sign_in_name.strip().casefold()
    return ("account", hash_token(account)), ("address", hash_token(_widen(address)))


def _widen(address: str) -> str:
    """One household or host has a whole /64 of IPv6 addresses to try from."""
    try:
        known = ip_address(address)
    except ValueError:
        return address
    return str(int(known) >> 64) if isinstance(known, IPv6Address) else address


def count_try(tx: Transaction, counts: Sequence[Counted], now: datetime) -> bool:
    """Count one more try, before the password is looked at; whether it is held back.

    Counted first, a hundred tries at once get no more than their five: the rows make them queue.
    """
    # One order for all, or two who try at once could wait for each other.
    return max([_count_one(tx, counted, now) for counted in sorted(counts)]) > MOST_TRIES


def _count_one(tx: Transaction, counted: Counted, now: datetime) -> int:
    kind, key = counted
    insert = sqlite_insert if tx.get_bind().dialect.name == "sqlite" else postgresql_insert
    is_over = SignInCountRow.began_at <= now - WINDOW
    statement = (
        insert(SignInCountRow)
        .values(kind=kind, key=key, began_at=now, tries=1)
        .on_conflict_do_update(
            index_elements=["kind", "key"],
            set_={
                "tries": case((is_over, 1), else_=SignInCountRow.tries + 1),
                "began_at": case((is_over, now), else_=SignInCountRow.began_at),
            },
        )
        .returning(SignInCountRow.tries)
    )
    return int(tx.execute(statement).scalar_one())


def take_back_try(tx: Transaction, counts: Sequence[Counted], now: datetime) -> None:
    """The password was right: the account starts afresh; the address loses this try alone, or whoever has an account
    could go on guessing others' for ever."""
    for kind, key in sorted(counts):
        row = (SignInCountRow.kind == kind) & (SignInCountRow.key == key)
        tries = 0 if kind == "account" else case((SignInCountRow.tries > 0, SignInCountRow.tries - 1), else_=0)
        tx.execute(update(SignInCountRow).where(row).values(tries=tries))
    tx.execute(delete(SignInCountRow).where(SignInCountRow.began_at <= now - WINDOW))
