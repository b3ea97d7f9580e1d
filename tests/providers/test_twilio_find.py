"""Looking for a text whose answer was lost: the real client against the fake's list."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from reminders.clock import SetClock
from reminders.model import Channel, Outcome, OutgoingMessage, Search, SearchResult, Status, UnclearMessage
from reminders.providers.twilio import PAGE_SIZE, TwilioProvider
from tests.fakes.twilio import RESET_AFTER, FakeTwilio, ListMode

NOON = datetime(2026, 6, 1, 12, 0, 0, 400_000, tzinfo=UTC)
NUMBER = "+15005550100"
BODY = "Ice the treated area."
NOT_FOUND = SearchResult(result=Search.NOT_FOUND)


@pytest.fixture
def fake() -> Iterator[FakeTwilio]:
    with FakeTwilio(clock=SetClock(NOON)) as fake:
        yield fake


def take(fake: FakeTwilio, seconds: float = 0, **over: Any) -> str:
    """Let Twilio have accepted a text so many seconds after we started, and return its sid."""
    form = {"To": NUMBER, "From": "+15005550006", "Body": BODY}
    created = format_datetime((NOON + timedelta(seconds=seconds)).replace(microsecond=0))
    return str(fake.accept(form, date_created=created, **over)["sid"])


def find(fake: FakeTwilio, timeout_seconds: float = 5.0, **over: Any) -> SearchResult:
    wanted: dict[str, Any] = {
        "attempt_id": 1,
        "to": NUMBER,
        "body": BODY,
        "started_at": NOON,
        "send_before": NOON + timedelta(hours=1),
    }
    provider = TwilioProvider(fake.settings(timeout_seconds=timeout_seconds), SetClock(NOON), None)
    return provider.find(UnclearMessage(**wanted | over))


def found(sid: str) -> SearchResult:
    return SearchResult(result=Search.FOUND, provider_id=sid)


def test_a_text_whose_answer_was_lost_is_found_and_not_sent_again(fake: FakeTwilio) -> None:
    """R7, F3: the whole way, from the lost answer to the sid."""
    fake.script(RESET_AFTER)
    provider = TwilioProvider(fake.settings(), SetClock(NOON), None)
    text = OutgoingMessage(
        attempt_id=1,
        token="token",
        channel=Channel.SMS,
        to=NUMBER,
        body=BODY,
        send_before=NOON + timedelta(hours=1),
        good_until=NOON + timedelta(hours=1),
    )

    (receipt,) = provider.send([text])

    assert receipt.outcome is Outcome.IN_DOUBT
    assert find(fake) == found(fake.accepted[0]["sid"])
    assert len(fake.posts) == 1


@pytest.mark.parametrize(
    ("word", "code", "status"),
    [
        ("queued", None, Status.ACCEPTED),
        ("sent", None, Status.SENT),
        ("delivered", None, Status.DELIVERED),
        ("undelivered", 30003, Status.UNDELIVERED),
        ("failed", 30036, Status.UNDELIVERED),
    ],
)
def test_what_is_found_says_how_far_it_got(fake: FakeTwilio, word: str, code: int | None, status: Status) -> None:
    """R7: the provider's own status with its sid."""
    sid = take(fake)
    fake.set_status(sid, word, code)

    assert find(fake) == SearchResult(
        result=Search.FOUND, provider_id=sid, status=status, code=str(code) if code else None
    )


def test_a_message_of_another_attempt_never_matches(fake: FakeTwilio) -> None:
    """R7"""
    bound, free = take(fake, 0), take(fake, 1)

    assert find(fake, bound_ids=frozenset({bound})) == found(free)
    assert find(fake, bound_ids=frozenset({bound, free})) == NOT_FOUND


def test_of_two_equal_texts_the_earliest_is_taken(fake: FakeTwilio) -> None:
    earliest = take(fake, 3)
    take(fake, 3)
    take(fake, 2000)

    assert find(fake) == found(earliest)


@pytest.mark.parametrize(
    ("seconds", "result"),
    [
        (-3600, Search.NOT_FOUND),
        (-61, Search.NOT_FOUND),
        (-60, Search.NOT_FOUND),  # the whole second before: Twilio's stamp drops the fraction
        (-59, Search.FOUND),
        (0, Search.FOUND),
        (3660, Search.FOUND),
        (3661, Search.NOT_FOUND),
    ],
)
def test_only_a_text_of_the_attempts_own_time_matches(fake: FakeTwilio, seconds: int, result: Search) -> None:
    """R7: yesterday's equal text is another one; clocks may differ by a minute."""
    take(fake, seconds)

    assert find(fake).result is result


@pytest.mark.parametrize(
    "over",
    [
        {"body": "Another text."},
        {"body": None},
        {"direction": "inbound"},
        {"to": "+15005550199"},
        {"date_created": None},
    ],
)
def test_another_text_does_not_match(fake: FakeTwilio, over: dict[str, Any]) -> None:
    fake.accept({"To": NUMBER, "From": "+15005550006", "Body": BODY}, **over)

    assert find(fake) == NOT_FOUND


def test_a_list_that_hides_the_text_finds_nothing(fake: FakeTwilio) -> None:
    """R7"""
    take(fake)
    fake.list_mode = ListMode.HIDES

    assert find(fake) == NOT_FOUND


def test_a_text_that_shows_up_late_is_found_then(fake: FakeTwilio) -> None:
    sid = take(fake)
    fake.list_mode, fake.list_delay = ListMode.DELAYED, timedelta(minutes=2)

    assert find(fake) == NOT_FOUND
    fake.clock = SetClock(NOON + timedelta(minutes=2))
    assert find(fake) == found(sid)


@pytest.mark.parametrize(("mode", "code"), [(ListMode.ERROR, "20500"), (ListMode.HANG, "timeout")])
def test_a_list_that_fails_says_nothing(fake: FakeTwilio, mode: ListMode, code: str) -> None:
    """R7, R23: unavailable is not the same as not found, or a text would leave twice."""
    take(fake)
    fake.list_mode = mode

    assert find(fake, timeout_seconds=0.5) == SearchResult(result=Search.UNAVAILABLE, code=code)


def test_a_refused_list_says_nothing(fake: FakeTwilio) -> None:
    take(fake)
    provider_token, fake.auth_token = fake.auth_token, "rotated"
    settings = fake.settings()
    fake.auth_token = provider_token

    provider = TwilioProvider(settings, SetClock(NOON), None)
    message = UnclearMessage(attempt_id=1, to=NUMBER, body=BODY, started_at=NOON, send_before=NOON)

    assert provider.find(message) == SearchResult(result=Search.UNAVAILABLE, code="20003")


def test_a_dead_server_says_nothing(fake: FakeTwilio) -> None:
    fake.close()

    assert find(fake) == SearchResult(result=Search.UNAVAILABLE, code="connect")


def test_it_reads_on_until_the_pages_grow_too_old(fake: FakeTwilio) -> None:
    """Three pages of newer texts before it, two pages of old ones behind: the last is never asked for."""
    for _ in range(2 * PAGE_SIZE):
        take(fake, -3600)
    sid = take(fake)
    for _ in range(3 * PAGE_SIZE - 1):
        take(fake, 10, body="Another text.")

    assert find(fake) == found(sid)
    assert [call.query.get("Page", "0") for call in fake.requests] == ["0", "1", "2", "3"]
    assert {call.query["To"] for call in fake.requests} == {NUMBER}


def test_a_list_without_an_end_is_no_proof(fake: FakeTwilio, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reminders.providers.twilio.MAX_PAGES", 2)
    take(fake)
    for _ in range(2 * PAGE_SIZE):
        take(fake, 10, body="Another text.")

    assert find(fake).result is Search.UNAVAILABLE
