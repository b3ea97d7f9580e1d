"""Outages and providers that fail, as a scenario sets them."""

from __future__ import annotations

from tests.clinic import LASER, NEEDLING
from tests.simulation.scenes import ANA, event, played, sends, tasks, unsent

NEEDLED = event("2026-05-05 11:00", "record_procedure", treatment=NEEDLING)


def test_while_the_daemon_is_down_nothing_leaves_and_the_latest_leaves_after() -> None:
    rehearsal = played("2026-05-28 00:00", NEEDLED, event("2026-05-12 20:00", "outage", until="2026-05-21 15:00"))

    assert sends(rehearsal) == [
        ("2026-05-06 09:00", "sunscreen 1"),
        ("2026-05-21 15:00", "sunscreen 3"),
        ("2026-05-27 09:00", "sunscreen 4"),
    ]
    assert unsent(rehearsal) == [("2026-05-13 09:00", "sunscreen 2", "expired", "service_late")]


def test_the_desk_goes_on_working_during_an_outage() -> None:
    rehearsal = played(
        "2026-03-10 18:00",
        event("2026-03-10 09:00", "outage", until="2026-03-10 11:00"),
        event("2026-03-10 10:00", "record_procedure", treatment=LASER),
    )

    assert sends(rehearsal) == [
        ("2026-03-10 11:00", "icing 1"),
        ("2026-03-10 13:00", "icing 2"),
        ("2026-03-10 16:00", "icing 3"),
    ]


def test_what_still_waits_at_the_end_stands_at_its_due_time() -> None:
    rehearsal = played("2026-05-08 00:00", NEEDLED, event("2026-05-06 08:00", "outage", until="2026-06-01 00:00"))

    assert unsent(rehearsal) == [("2026-05-06 09:00", "sunscreen 1", "scheduled", None)]


def test_what_is_refused_for_now_leaves_once_the_provider_takes_it() -> None:
    rehearsal = played(
        "2026-05-07 00:00",
        NEEDLED,
        event("2026-05-06 08:00", "provider", channel="sms", mode="refuses_now"),
        event("2026-05-06 09:03", "provider", channel="sms", mode="ok"),
    )

    # Tried at 09:00:00, then 30, 60 and 120 seconds later.
    assert [f"{item.local:%H:%M:%S}" for item in rehearsal.items] == ["09:03:30"]


def test_what_is_refused_for_good_is_shown_failed_and_the_desk_is_asked() -> None:
    rehearsal = played(
        "2026-05-07 00:00", NEEDLED, event("2026-05-06 08:00", "provider", channel="sms", mode="refuses_for_good")
    )

    assert unsent(rehearsal) == [("2026-05-06 09:00", "sunscreen 1", "failed", "refused")]
    assert tasks(rehearsal) == [("2026-05-06 09:00", "undeliverable")]


def test_what_meets_silence_is_in_doubt_until_the_provider_can_be_asked() -> None:
    silence = event("2026-05-06 08:00", "provider", channel="sms", mode="silent")
    answers = event("2026-05-06 12:00", "provider", channel="sms", mode="ok")

    assert unsent(played("2026-05-06 11:00", NEEDLED, silence)) == [
        ("2026-05-06 09:00", "sunscreen 1", "in_doubt", None)
    ]
    assert [at for at, _ in sends(played("2026-05-07 00:00", NEEDLED, silence, answers))] == ["2026-05-06 12:00"]


def test_a_silent_mail_server_gets_the_mail_once_more_and_then_the_desk_is_asked() -> None:
    rehearsal = played(
        "2026-05-07 00:00",
        NEEDLED,
        event("2026-05-06 08:00", "provider", channel="email", mode="silent"),
        patients=[{**ANA, "consent": ["email"]}],
    )

    assert unsent(rehearsal) == [("2026-05-06 09:00", "sunscreen 1", "in_doubt", "unclear")]
    assert [what for _, what in tasks(rehearsal)] == ["unclear-send"]


def test_the_same_scenario_comes_out_the_same() -> None:
    refusing = event("2026-05-06 08:00", "provider", channel="sms", mode="refuses_now")

    first, second = (played("2026-05-20 00:00", NEEDLED, refusing) for _ in range(2))

    assert [item.as_json() for item in first.items] == [item.as_json() for item in second.items]
