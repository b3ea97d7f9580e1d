"""Signing in: rotated tokens, their ends, and how many passwords may be tried."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from multiprocessing import get_context
from multiprocessing.queues import Queue
from typing import Literal

import pytest
from argon2 import PasswordHasher
from sqlalchemy import Engine, select, update

from reminders.accounts import passwords
from reminders.accounts.sign_ins import SignedIn, end_sign_in, find_sign_in, note_use, should_note
from reminders.accounts.signing_in import HeldBack, WrongPassword, change_password, sign_in
from reminders.accounts.users import disable_user, enable_user
from reminders.model import InputRefusal
from reminders.store.engine import open_engine, reading, writing
from reminders.tables import SignInRow, UserRow
from tests.accounts.staff import HERE, LIMITS, NOW, PASSWORD, Staff

OTHER_PASSWORD = "marble kettle sixpence"


def enter(engine: Engine, name: str = "dora", password: str = PASSWORD, address: str = HERE) -> str:
    return sign_in(engine, name, password, address, NOW)


def find(engine: Engine, token: str, now: datetime = NOW) -> SignedIn | None:
    with reading(engine) as tx:
        return find_sign_in(tx, token, LIMITS, now)


def fail(engine: Engine, times: int, name: str = "dora", address: str = HERE) -> None:
    for _ in range(times):
        with pytest.raises(WrongPassword):
            enter(engine, name, "not the password", address)


# ---- what a sign-in is -------------------------------------------------------------------------------------------


def test_the_right_password_gives_a_token_that_tells_who_it_is(engine: Engine, staff: Staff) -> None:
    who = find(engine, enter(engine, " Dora "))

    assert who is not None
    assert (who.user_id, who.name, who.role) == (staff.dora, "Dora", "desk")


def test_each_sign_in_has_a_token_of_its_own_and_the_database_keeps_none(engine: Engine, staff: Staff) -> None:
    tokens = {enter(engine), enter(engine)}

    with reading(engine) as tx:
        kept = set(tx.scalars(select(SignInRow.token_hash)))
    assert len(tokens) == len(kept) == 2
    assert not tokens & kept


@pytest.mark.parametrize(
    ("later", "is_in"),
    [
        (timedelta(minutes=29), True),
        (timedelta(minutes=30), False),
    ],
)
def test_a_sign_in_that_nobody_uses_ends(engine: Engine, staff: Staff, later: timedelta, is_in: bool) -> None:
    """S4"""
    token = enter(engine)

    assert (find(engine, token, NOW + later) is not None) is is_in


def test_a_sign_in_in_use_goes_on_until_its_absolute_end(engine: Engine, staff: Staff) -> None:
    """S4"""
    token, now = enter(engine), NOW
    while (who := find(engine, token, now)) is not None:
        if should_note(who, now):
            with writing(engine) as tx:
                note_use(tx, who, now)
        now += timedelta(minutes=20)

    assert now - NOW == timedelta(hours=12)


def test_signing_out_ends_it_here_and_nowhere_else(engine: Engine, staff: Staff) -> None:
    """S4"""
    here, elsewhere = enter(engine), enter(engine)
    who = find(engine, here)
    assert who is not None

    with writing(engine) as tx:
        end_sign_in(tx, who, NOW)

    assert find(engine, here) is None
    assert find(engine, elsewhere) is not None


def test_disabling_a_user_ends_every_sign_in_at_once(engine: Engine, staff: Staff) -> None:
    """S4"""
    tokens = [enter(engine), enter(engine)]

    with writing(engine) as tx:
        disable_user(tx, staff.dora, NOW)

    assert [find(engine, token) for token in tokens] == [None, None]
    with pytest.raises(WrongPassword):
        enter(engine)


def test_a_user_who_is_enabled_again_has_to_sign_in_again(engine: Engine, staff: Staff) -> None:
    """S4: what was ended stays ended."""
    token = enter(engine)

    with writing(engine) as tx:
        disable_user(tx, staff.dora, NOW)
        enable_user(tx, staff.dora, NOW)

    assert find(engine, token) is None


def test_a_user_disabled_by_hand_in_the_database_is_out_too(engine: Engine, staff: Staff) -> None:
    """S4"""
    token = enter(engine)

    with writing(engine) as tx:
        tx.execute(update(UserRow).where(UserRow.id == staff.dora).values(disabled_at=NOW))

    assert find(engine, token) is None


def test_a_changed_password_ends_the_sign_ins_of_the_old_one(engine: Engine, staff: Staff) -> None:
    """S4"""
    stolen, own = enter(engine), enter(engine)
    who = find(engine, own)
    assert who is not None

    fresh = change_password(engine, who, PASSWORD, OTHER_PASSWORD, HERE, NOW)

    assert [find(engine, token) is not None for token in (stolen, own, fresh)] == [False, False, True]
    enter(engine, password=OTHER_PASSWORD)


def test_a_user_with_a_second_factor_is_not_let_in_without_it(engine: Engine, staff: Staff) -> None:
    """S5: this release asks for none, and must not forget one that a later release has set."""
    with writing(engine) as tx:
        tx.execute(update(UserRow).where(UserRow.id == staff.dora).values(second_factor="kept by a later release"))

    with pytest.raises(WrongPassword):
        enter(engine)


# ---- how many passwords may be tried -----------------------------------------------------------------------------


def test_the_sixth_wrong_password_of_an_account_is_held_back_from_wherever_it_comes(
    engine: Engine, staff: Staff
) -> None:
    """S5: even the right one is not looked at any more."""
    for number in range(5):
        fail(engine, 1, address=f"198.51.100.{number}")

    with pytest.raises(HeldBack):
        enter(engine, address="203.0.113.9")


def test_the_sixth_wrong_password_from_an_address_is_held_back_whosever_it_is(engine: Engine, staff: Staff) -> None:
    """S5"""
    for name in ("dora", "cora", "olive", "nobody", "nobody else"):
        fail(engine, 1, name)

    with pytest.raises(HeldBack):
        enter(engine)


def test_neighbours_in_one_network_of_ipv6_count_as_one_address(engine: Engine, staff: Staff) -> None:
    for number in range(5):
        fail(engine, 1, f"nobody{number}", f"2001:db8:1:2::{number}")

    with pytest.raises(HeldBack):
        enter(engine, address="2001:db8:1:2:ffff::1")
    enter(engine, address="2001:db8:1:3::1")


def test_after_the_window_it_may_be_tried_again(engine: Engine, staff: Staff) -> None:
    fail(engine, 5)

    assert sign_in(engine, "dora", PASSWORD, HERE, NOW + timedelta(minutes=15))


def test_the_right_password_clears_the_account_and_not_the_address(engine: Engine, staff: Staff) -> None:
    """S5: whoever has an account could else go on guessing others' for ever."""
    fail(engine, 4, "olive")
    enter(engine)
    fail(engine, 1, "olive")

    with pytest.raises(HeldBack):
        enter(engine)


def test_an_unknown_user_counts_like_a_known_one(engine: Engine, staff: Staff) -> None:
    for number in range(5):
        fail(engine, 1, "nobody", f"198.51.100.{number}")

    with pytest.raises(HeldBack):
        enter(engine, "nobody", address="203.0.113.9")


def try_once(url: str, queue: Queue[str]) -> None:
    engine = open_engine(url)
    try:
        enter(engine)
    except (HeldBack, WrongPassword) as refusal:
        queue.put(type(refusal).__name__)
    else:
        queue.put("in")


def test_another_process_holds_the_sixth_back_too(database_url: str, engine: Engine, staff: Staff) -> None:
    """S5"""
    fail(engine, 5)
    context = get_context("spawn")
    queue = context.Queue()
    process = context.Process(target=try_once, args=(database_url, queue))
    process.start()

    assert queue.get(timeout=60) == "HeldBack"
    process.join(timeout=60)


def test_a_crowd_of_tries_at_once_gets_no_more_than_five(database_url: str, staff: Staff) -> None:
    """S5: each with an engine of its own, as in as many processes."""

    def attempt(number: int) -> str:
        engine = open_engine(database_url)
        try:
            enter(engine, password=f"wrong {number}", address=f"198.51.100.{number}")
        except (HeldBack, WrongPassword) as refusal:
            return type(refusal).__name__
        finally:
            engine.dispose()
        return "in"

    with ThreadPoolExecutor(12) as pool:
        answers = sorted(pool.map(attempt, range(12)))

    assert answers == ["HeldBack"] * 7 + ["WrongPassword"] * 5


class CountingHasher(PasswordHasher):
    """The real one, which counts what it was asked."""

    verified = 0

    def verify(self, hash: str | bytes, password: str | bytes) -> Literal[True]:
        self.verified += 1
        return super().verify(hash, password)


@pytest.fixture
def hasher(monkeypatch: pytest.MonkeyPatch) -> CountingHasher:
    counting = CountingHasher()
    monkeypatch.setattr(passwords, "_hasher", counting)
    return counting


@pytest.mark.parametrize("name", ["dora", "nobody", "invited", "gone"])
def test_every_wrong_try_costs_one_verification_whoever_it_names(
    engine: Engine, staff: Staff, hasher: CountingHasher, name: str
) -> None:
    """S5: the time it takes tells nobody who works here."""
    with writing(engine) as tx:
        disable_user(tx, staff.cora, NOW)
        tx.execute(update(UserRow).where(UserRow.id == staff.cora).values(sign_in_name="gone"))
        tx.add(UserRow(name="Invited", sign_in_name="invited", role="desk", created_at=NOW))

    fail(engine, 1, name)

    assert hasher.verified == 1


def test_what_is_held_back_costs_none(engine: Engine, staff: Staff, hasher: CountingHasher) -> None:
    fail(engine, 5)
    with pytest.raises(HeldBack):
        enter(engine)

    assert hasher.verified == 5


# ---- which passwords are refused ---------------------------------------------------------------------------------

WEAK = ["short", "aaaaaaaaaaaaaaaa", "Dora Dora 1234", "x" * 300]


@pytest.mark.parametrize("password", WEAK)
def test_a_password_that_is_quickly_guessed_is_refused_with_what_to_do(
    engine: Engine, staff: Staff, password: str
) -> None:
    who = find(engine, enter(engine))
    assert who is not None

    with pytest.raises(InputRefusal, match=r"(?i)choose"):
        change_password(engine, who, PASSWORD, password, HERE, NOW)
