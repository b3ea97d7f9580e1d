"""The cast of the tests about accounts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine

from reminders.accounts.passwords import hash_password
from reminders.accounts.sign_ins import Limits
from reminders.accounts.users import Role, add_user, set_password
from reminders.store.engine import writing

NOW = datetime(2026, 3, 10, 14, 30, tzinfo=UTC)
PASSWORD = "tide lantern gravel"
HASH = hash_password(PASSWORD)
LIMITS = Limits(idle=timedelta(minutes=30), absolute=timedelta(hours=12))
HERE = "192.0.2.7"


@dataclass(frozen=True, kw_only=True)
class Staff:
    """The users' ids. All have the same password."""

    olive: int
    cora: int
    dora: int


def hire(engine: Engine, now: datetime = NOW) -> Staff:
    """Olive is an admin, Cora a clinician, Dora at the desk."""
    with writing(engine) as tx:
        rows = [
            add_user(tx, name, name.lower(), role, now)
            for name, role in (("Olive", Role.ADMIN), ("Cora", Role.CLINICIAN), ("Dora", Role.DESK))
        ]
        for row in rows:
            set_password(tx, row, HASH, now)
        return Staff(olive=rows[0].id, cora=rows[1].id, dora=rows[2].id)
