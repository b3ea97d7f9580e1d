"""`reminders user`: the staff's accounts from the command line."""

from __future__ import annotations

import pytest

from tests.cli.desk import Desk


def test_a_user_is_added_with_a_link(desk: Desk) -> None:
    answer = desk.ok("user", "add", "Dora Díaz", "--role", "desk")

    assert "signs in as dora.diaz" in answer.out
    assert "http://127.0.0.1:8000/setup/" in answer.out


def test_the_list_says_who_there_is(desk: Desk) -> None:
    desk.ok("user", "add", "Dora", "--role", "desk")
    desk.ok("user", "add", "Olive", "--role", "admin", "--sign-in-name", "olive@example.org")
    desk.ok("user", "disable", "dora")

    assert desk.ask("user", "list") == [
        {"user": 1, "name": "Dora", "sign_in_name": "dora", "role": "desk", "state": "disabled", "seen_at": None},
        {
            "user": 2,
            "name": "Olive",
            "sign_in_name": "olive@example.org",
            "role": "admin",
            "state": "invited",
            "seen_at": None,
        },
    ]


def test_a_new_link_and_an_enabled_user(desk: Desk) -> None:
    first = desk.ask("user", "add", "Dora", "--role", "desk")[0]["link"]
    desk.ok("user", "disable", "dora")
    desk.ok("user", "enable", "dora")

    assert desk.ask("user", "link", "DORA")[0]["link"] != first


REFUSED = {
    "unknown": (("user", "disable", "nobody"), 2, "user list"),
    "twice": (("user", "add", "Olive", "--role", "desk"), 1, "another sign-in name"),
    "no letters": (("user", "add", "李", "--role", "desk"), 2, "sign-in name"),
    "last admin": (("user", "disable", "olive"), 1, "last admin"),
}


@pytest.mark.parametrize(("typed", "code", "said"), REFUSED.values(), ids=REFUSED.keys())
def test_what_cannot_be_done_is_a_sentence(desk: Desk, typed: tuple[str, ...], code: int, said: str) -> None:
    desk.ok("user", "add", "Olive", "--role", "admin")
    before = desk.dump()

    answer = desk.run(*typed)

    assert (answer.code, said in answer.err) == (code, True)
    assert desk.dump() == before
