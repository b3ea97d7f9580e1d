"""Users and their setup links."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from time import sleep

import pytest
from sqlalchemy import Engine, func, select

from reminders.accounts.signing_in import set_up, sign_in
from reminders.accounts.users import (
    Role,
    add_user,
    change_role,
    disable_user,
    enable_user,
    invite_first_admin,
    list_users,
    make_link,
)
from reminders.model import Refusal
from reminders.store.engine import Transaction, open_engine, reading, writing
from reminders.tables import SetupLinkRow, UserRow
from tests.accounts.staff import HERE, NOW, PASSWORD, Staff

OTHER_PASSWORD = "marble kettle sixpence"


def link_for(engine: Engine, user_id: int) -> str:
    with writing(engine) as tx:
        return make_link(tx, user_id, NOW)


def test_a_setup_link_sets_the_password_once(engine: Engine, staff: Staff) -> None:
    token = link_for(engine, staff.dora)

    assert set_up(engine, token, OTHER_PASSWORD, NOW)
    assert set_up(engine, token, "another one altogether", NOW) is None
    assert sign_in(engine, "dora", OTHER_PASSWORD, HERE, NOW)


def test_of_two_who_use_one_link_at_once_one_wins(database_url: str, engine: Engine, staff: Staff) -> None:
    token = link_for(engine, staff.dora)

    def use(_: int) -> bool:
        own = open_engine(database_url)
        try:
            return set_up(own, token, OTHER_PASSWORD, NOW) is not None
        finally:
            own.dispose()

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(use, range(4))) == [False, False, False, True]


def test_a_setup_link_is_good_for_a_day(engine: Engine, staff: Staff) -> None:
    token = link_for(engine, staff.dora)

    assert set_up(engine, token, OTHER_PASSWORD, NOW + timedelta(hours=24)) is None


def test_a_newer_link_ends_the_older_one(engine: Engine, staff: Staff) -> None:
    older, newer = link_for(engine, staff.dora), link_for(engine, staff.dora)

    assert set_up(engine, older, OTHER_PASSWORD, NOW) is None
    assert set_up(engine, newer, OTHER_PASSWORD, NOW)


def test_a_disabled_users_link_is_no_good(engine: Engine, staff: Staff) -> None:
    token = link_for(engine, staff.dora)
    with writing(engine) as tx:
        disable_user(tx, staff.dora, NOW)

    assert set_up(engine, token, OTHER_PASSWORD, NOW) is None
    with pytest.raises(Refusal, match="disabled"):
        link_for(engine, staff.dora)


def test_the_database_keeps_no_link(engine: Engine, staff: Staff) -> None:
    token = link_for(engine, staff.dora)

    with reading(engine) as tx:
        assert token not in set(tx.scalars(select(SetupLinkRow.token_hash)))


def test_two_users_cannot_sign_in_by_one_name(engine: Engine, staff: Staff) -> None:
    with writing(engine) as tx, pytest.raises(Refusal, match="another sign-in name"):
        add_user(tx, "Dora Two", "DORA", Role.DESK, NOW)


@pytest.mark.parametrize("name", ["", "a", "has space", "-dash", "x" * 65, "dóra", "a\x00b"])
def test_a_sign_in_name_that_is_none_is_refused(engine: Engine, name: str) -> None:
    with writing(engine) as tx, pytest.raises(Refusal, match="2 to 64"):
        add_user(tx, "Somebody", name, Role.DESK, NOW)


def test_the_last_admin_cannot_be_disabled(engine: Engine, staff: Staff) -> None:
    with writing(engine) as tx, pytest.raises(Refusal, match="last admin"):
        disable_user(tx, staff.olive, NOW)


def test_the_last_admin_cannot_become_anything_else(engine: Engine, staff: Staff) -> None:
    with writing(engine) as tx:
        change_role(tx, staff.olive, Role.ADMIN, NOW)
        with pytest.raises(Refusal, match="last admin"):
            change_role(tx, staff.olive, Role.DESK, NOW)


def _disable(tx: Transaction, user_id: int) -> None:
    disable_user(tx, user_id, NOW)


def _demote(tx: Transaction, user_id: int) -> None:
    change_role(tx, user_id, Role.CLINICIAN, NOW)


@pytest.mark.parametrize("acts", [(_disable, _disable), (_demote, _demote), (_disable, _demote)])
def test_two_admins_who_remove_each_other_at_once_leave_one(
    database_url: str, engine: Engine, staff: Staff, acts: tuple[Callable[[Transaction, int], None], ...]
) -> None:
    """Both have looked before either has written: neither waits for the other but where it has to."""
    with writing(engine) as tx:
        other = add_user(tx, "Otto", "otto", Role.ADMIN, NOW).id
    both_are_in = Barrier(2)

    def remove(act: Callable[[Transaction, int], None], user_id: int) -> bool:
        own = open_engine(database_url)
        try:
            both_are_in.wait(timeout=60)
            with writing(own) as tx:
                act(tx, user_id)
                sleep(0.2)
        except Refusal:
            return False
        finally:
            own.dispose()
        return True

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(remove, acts, [staff.olive, other])) == [False, True]


def test_an_enabled_user_signs_in_with_the_old_password(engine: Engine, staff: Staff) -> None:
    with writing(engine) as tx:
        disable_user(tx, staff.dora, NOW)
        enable_user(tx, staff.dora, NOW)

    assert sign_in(engine, "dora", PASSWORD, HERE, NOW)


def test_the_list_says_who_may_what_and_who_was_here(engine: Engine, staff: Staff) -> None:
    with writing(engine) as tx:
        add_user(tx, "Ivo", "ivo", Role.DESK, NOW)
        disable_user(tx, staff.cora, NOW)
    sign_in(engine, "dora", PASSWORD, HERE, NOW)

    with reading(engine) as tx:
        lines = [(line.name, line.role.value, line.state, line.seen_at) for line in list_users(tx)]
    assert lines == [
        ("Cora", "clinician", "disabled", None),
        ("Dora", "desk", "active", NOW),
        ("Ivo", "desk", "invited", None),
        ("Olive", "admin", "active", None),
    ]


def test_the_first_start_invites_an_admin_until_somebody_can_sign_in(engine: Engine) -> None:
    with writing(engine) as tx:
        lost, token = invite_first_admin(tx, NOW), invite_first_admin(tx, NOW)
        assert tx.scalar(select(func.count()).select_from(UserRow)) == 1
    assert lost is not None
    assert token is not None

    assert set_up(engine, lost, OTHER_PASSWORD, NOW) is None
    assert set_up(engine, token, OTHER_PASSWORD, NOW)
    with writing(engine) as tx:
        assert invite_first_admin(tx, NOW) is None
