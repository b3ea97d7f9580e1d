"""What each answer of Twilio becomes, and what a batch does: the real client against a fake server."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from reminders.clock import SetClock, system_clock
from reminders.logs import quiet_libraries
from reminders.model import Channel, Outcome, OutgoingMessage, Receipt, RefusalKind, Status
from reminders.providers import Provider
from reminders.providers.twilio import TwilioProvider, TwilioSettings, read_retry_after
from reminders.providers.twilio_transport import TwilioTransport
from tests.fakes.twilio import (
    CUT_AFTER,
    ERROR_500,
    ERROR_500_AFTER,
    HANG,
    HANG_AFTER,
    HTML_502,
    HTML_502_AFTER,
    OK,
    RESET,
    RESET_AFTER,
    TRUNCATED_AFTER,
    UNAUTHORIZED,
    FakeTwilio,
    Fault,
    How,
    problem,
    refused,
    too_fast,
)

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
NUMBER = "+15005550100"
BODY = "Ice the treated area."


@pytest.fixture
def fake() -> Iterator[FakeTwilio]:
    with FakeTwilio() as fake:
        yield fake


def make_text(number: int = 0, **over: Any) -> OutgoingMessage:
    made: dict[str, Any] = {
        "attempt_id": number,
        "token": f"token-{number}",
        "channel": Channel.SMS,
        "to": f"+1500555{100 + number:04}",
        "body": BODY,
        "send_before": NOON + timedelta(hours=1),
        "good_until": NOON + timedelta(hours=1),
    }
    return OutgoingMessage(**made | over)


def make_provider(fake: FakeTwilio, *, public_url: str | None = None, **settings: Any) -> TwilioProvider:
    return TwilioProvider(fake.settings(**settings), SetClock(NOON), public_url)


def send(fake: FakeTwilio, *messages: OutgoingMessage, **settings: Any) -> list[Receipt]:
    return list(make_provider(fake, **settings).send(messages or [make_text()]))


def send_one(fake: FakeTwilio, **settings: Any) -> Receipt:
    (receipt,) = send(fake, **settings)
    return receipt


# ---- accepted --------------------------------------------------------------------------------------------------


def test_an_accepted_text_carries_twilios_id(fake: FakeTwilio) -> None:
    receipt = send_one(fake)

    assert receipt == Receipt(attempt_id=0, outcome=Outcome.ACCEPTED, provider_id=fake.accepted[0]["sid"])


def test_a_text_leaves_with_its_number_text_and_validity(fake: FakeTwilio) -> None:
    send(fake, public_url="https://clinic.example/")

    assert fake.posts[0].form == {
        "To": NUMBER,
        "From": "+15005550006",
        "Body": BODY,
        "ValidityPeriod": "3600",
        "StatusCallback": "https://clinic.example/webhooks/twilio/status/token-0",
    }


@pytest.mark.parametrize(
    ("left", "seconds"),
    [
        (timedelta(seconds=60), "60"),
        (timedelta(seconds=59.9), "59"),
        (timedelta(seconds=1), "1"),
        (timedelta(hours=10), "36000"),
        (timedelta(days=3), "36000"),
    ],
)
def test_twilio_may_hold_a_text_no_longer_than_it_is_good(fake: FakeTwilio, left: timedelta, seconds: str) -> None:
    """C1: counted when it leaves, so that a text that waited in the batch is not good for longer."""
    send(fake, make_text(good_until=NOON + left))

    assert fake.posts[0].form["ValidityPeriod"] == seconds


def test_a_text_that_is_good_for_less_than_a_second_stays(fake: FakeTwilio) -> None:
    """C1: Twilio takes no shorter validity than one second."""
    (receipt,) = send(fake, make_text(good_until=NOON + timedelta(seconds=0.9)))

    assert receipt.kind is RefusalKind.DEADLINE
    assert fake.posts == []


def test_without_a_public_address_no_callback_is_asked_for(fake: FakeTwilio) -> None:
    send(fake)

    assert "StatusCallback" not in fake.posts[0].form


def test_a_messaging_service_goes_before_a_number(fake: FakeTwilio) -> None:
    service = "MG" + "a" * 32

    assert send_one(fake, messaging_service_sid=service).outcome is Outcome.ACCEPTED
    assert fake.posts[0].form["MessagingServiceSid"] == service
    assert "From" not in fake.posts[0].form


@pytest.mark.parametrize("text", ["Zażółć 😀 & + % = ; \n line", "ends with space "])
def test_a_text_arrives_as_it_was_written(fake: FakeTwilio, text: str) -> None:
    send(fake, make_text(body=text))

    assert fake.accepted[0]["body"] == text


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("accepted", Status.ACCEPTED),
        ("scheduled", Status.ACCEPTED),
        ("queued", Status.ACCEPTED),
        ("sending", Status.ACCEPTED),
        ("a word of tomorrow", Status.ACCEPTED),
        ("sent", Status.SENT),
        ("delivered", Status.DELIVERED),
        ("undelivered", Status.UNDELIVERED),
        ("failed", Status.UNDELIVERED),
    ],
)
def test_twilios_status_becomes_ours(fake: FakeTwilio, word: str, status: Status) -> None:
    fake.script(Fault(accepts=True, status=201, body={"sid": "SM1", "status": word, "error_code": 30005}))

    receipt = send_one(fake)

    assert (receipt.outcome, receipt.status, receipt.code) == (Outcome.ACCEPTED, status, "30005")


# ---- refused ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "code", "kind", "is_permanent"),
    [
        *[(400, code, RefusalKind.CONTACT, True) for code in (21211, 21265, 21635, 21614, 30005, 30006)],
        (400, 21610, RefusalKind.OPT_OUT, True),
        *[(400, code, RefusalKind.CHANNEL, False) for code in (20003, 30002, 30032, 30034, 21606, 21601, 21659, 21608)],
        (401, 20003, RefusalKind.CHANNEL, False),
        (401, 20404, RefusalKind.CHANNEL, False),
        (403, 20403, RefusalKind.CHANNEL, False),
        (403, 21408, RefusalKind.MESSAGE, True),
        *[(400, code, RefusalKind.MESSAGE, True) for code in (21408, 21612, 30004, 30007, 21617, 21602)],
        *[(status, 99999, RefusalKind.MESSAGE, True) for status in (400, 404, 409, 410, 422)],
    ],
)
@pytest.mark.parametrize("make_fault", [refused, problem])
def test_a_refusal_is_read_by_its_class_then_its_code(
    fake: FakeTwilio, make_fault: Any, status: int, code: int, kind: RefusalKind, is_permanent: bool
) -> None:
    """R10, F7, F19: an unknown 4xx is final, never tried for ever; an RFC 9457 body says the same as a plain one."""
    fake.script(make_fault(code, status))

    assert send_one(fake) == Receipt(
        attempt_id=0, outcome=Outcome.REFUSED, kind=kind, is_permanent=is_permanent, code=str(code)
    )
    assert len(fake.posts) == 1


@pytest.mark.parametrize("body", [["no", "object"], {"code": NUMBER}, {"code": None}, {"code": True}])
def test_a_refusal_without_a_code_is_named_by_its_status(fake: FakeTwilio, body: Any) -> None:
    """R10"""
    fake.script(Fault(status=418, body=body))

    receipt = send_one(fake)

    assert (receipt.outcome, receipt.kind, receipt.code) == (Outcome.REFUSED, RefusalKind.CHANNEL, "http_418")


def test_the_status_on_the_line_counts_not_the_one_in_the_body(fake: FakeTwilio) -> None:
    """F4: the client's own exception would make this 500 a 400, and a doubt a refusal."""
    body = {"type": "about:blank", "title": "Failed", "status": 400, "code": 21211}
    fake.script(Fault(how=How.PROBLEM, status=500, accepts=True, body=body))

    assert send_one(fake).outcome is Outcome.IN_DOUBT


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("7", 7.0), (None, 5.0), ("soon", 5.0), ("-3", 5.0), ("1.5.1", 5.0), ("0", 1.0), ("999999", 3600.0)],
)
def test_a_429_says_how_long_to_wait(fake: FakeTwilio, header: str | None, seconds: float) -> None:
    """R8: not a failure of the message, and the wait is Twilio's."""
    fake.script(too_fast(header))

    assert send_one(fake) == Receipt(
        attempt_id=0, outcome=Outcome.REFUSED, kind=RefusalKind.RATE, retry_after=seconds, code="20429"
    )


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("Mon, 01 Jun 2026 12:00:30 GMT", 30.0),
        ("Mon, 01 Jun 2026 11:00:00 GMT", 1.0),
        ("Tue, 02 Jun 2026 12:00:00 GMT", 3600.0),
        ("Mon, 99 Jun 2026 12:00:30 GMT", 5.0),
        ("9" * 5000, 3600.0),
        ("", 5.0),
    ],
)
def test_retry_after_may_be_a_date(header: str, seconds: float) -> None:
    """R8"""
    assert read_retry_after(header, NOON, default=5.0) == seconds


@pytest.mark.parametrize("code", [21611, 30001, 30022, 30023, 63038])
@pytest.mark.parametrize("status", [400, 429])
def test_a_full_queue_asks_for_a_longer_wait(fake: FakeTwilio, status: int, code: int) -> None:
    """R8, F5"""
    fake.script(refused(code, status))

    receipt = send_one(fake)

    assert (receipt.outcome, receipt.kind, receipt.is_permanent) == (Outcome.REFUSED, RefusalKind.RATE, False)
    assert receipt.retry_after is not None
    assert receipt.retry_after >= 300


NOT_REACHED = Receipt(attempt_id=0, outcome=Outcome.REFUSED, kind=RefusalKind.UNREACHABLE, code="connect")


def test_a_connection_that_is_refused_leaves_nothing_behind() -> None:
    """F6: refused for now, so that it is tried again."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        base_url = f"http://127.0.0.1:{unused.getsockname()[1]}"

        assert send_to(base_url) == NOT_REACHED


def test_a_name_that_does_not_resolve_leaves_nothing_behind() -> None:
    assert send_to("http://twilio.invalid") == NOT_REACHED


def test_a_failed_tls_handshake_leaves_nothing_behind(fake: FakeTwilio) -> None:
    receipt = send_to(fake.base_url.replace("http:", "https:"))

    assert receipt == NOT_REACHED
    assert fake.requests == []


def test_a_connection_that_never_comes_about_leaves_nothing_behind(deaf_url: str) -> None:
    """R23"""
    receipt = send_to(deaf_url, timeout_seconds=0.6)

    assert receipt == NOT_REACHED


def test_connecting_may_not_outlast_the_deadline(deaf_url: str) -> None:
    """F10: or a slow handshake would let the message leave late."""

    receipt = send_to(deaf_url, timeout_seconds=30, send_before=NOON + timedelta(seconds=0.1))

    assert receipt == NOT_REACHED


def test_a_batch_that_cannot_begin_refuses_all_for_now(fake: FakeTwilio) -> None:
    receipts = send(fake, make_text(0), make_text(1), timeout_seconds=0)

    assert receipts == [Receipt(attempt_id=n, outcome=Outcome.REFUSED, code="ValueError") for n in (0, 1)]
    assert fake.requests == []


@pytest.fixture
def deaf_url() -> Iterator[str]:
    """A server with a full backlog: it answers no handshake."""
    with socket.socket() as deaf, ExitStack() as crowd:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(0)
        for _ in range(4):
            waiting = crowd.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(deaf.getsockname())
        yield f"http://127.0.0.1:{deaf.getsockname()[1]}"


def send_to(base_url: str, timeout_seconds: float = 5.0, **over: Any) -> Receipt:
    settings = TwilioSettings(
        account_sid="AC1", auth_token="secret", base_url=base_url, timeout_seconds=timeout_seconds
    )
    (receipt,) = TwilioProvider(settings, SetClock(NOON), None).send([make_text(**over)])
    return receipt


# ---- in doubt --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (ERROR_500, "20500"),
        (HTML_502, "http_502"),
        (RESET, "reset"),
        (ERROR_500_AFTER, "20500"),
        (HTML_502_AFTER, "http_502"),
        (RESET_AFTER, "reset"),
        (CUT_AFTER, "reset"),
        (TRUNCATED_AFTER, "unreadable"),
        (Fault(accepts=True, status=201, body={"status": "queued"}), "unreadable"),
        (Fault(accepts=True, status=200, body={"sid": 7}), "unreadable"),
        (Fault(accepts=True, status=201, body=["no", "object"]), "AttributeError"),
        (Fault(accepts=True, status=201, body={"sid": "SM1", "date_created": 7}), "AttributeError"),
        (refused(20503, 503, retry_after="7"), "20503"),
        (refused(20001, 408), "20001"),
    ],
)
def test_a_lost_answer_is_a_doubt_and_never_a_second_post(fake: FakeTwilio, fault: Fault, code: str) -> None:
    """R6, R10, F4: whether or not Twilio took it, there is one POST and the receipt says that we cannot know."""
    fake.script(fault)

    assert send_one(fake) == Receipt(attempt_id=0, outcome=Outcome.IN_DOUBT, code=code)
    assert len(fake.posts) == 1
    assert len(fake.accepted) == fault.accepts


@pytest.mark.parametrize("fault", [HANG, HANG_AFTER])
def test_a_server_that_never_answers_frees_the_worker(fake: FakeTwilio, fault: Fault) -> None:
    """R23, R6"""
    fake.script(fault)

    receipts = send(fake, make_text(0), make_text(1), timeout_seconds=0.5, concurrency=1)

    assert receipts[0] == Receipt(attempt_id=0, outcome=Outcome.IN_DOUBT, code="timeout")
    assert receipts[1].outcome is Outcome.ACCEPTED
    assert len(fake.posts) == 2


# ---- a batch ---------------------------------------------------------------------------------------------------


def test_every_message_gets_one_receipt_whatever_happens_to_its_neighbours(fake: FakeTwilio) -> None:
    """F18"""
    faults = [OK, refused(21211), RESET_AFTER, HTML_502, refused(21610), TRUNCATED_AFTER, problem(99999)]
    for number, fault in enumerate(faults):
        fake.script_number(make_text(number).to, fault)

    receipts = send(fake, *[make_text(number) for number in range(40)])

    assert sorted(receipt.attempt_id for receipt in receipts) == list(range(40))
    assert sum(receipt.outcome is Outcome.ACCEPTED for receipt in receipts) == 34
    assert len(fake.posts) == 40


def test_no_more_than_the_wanted_number_is_under_way(fake: FakeTwilio) -> None:
    """F20"""
    fake.delay_seconds = 0.05

    send(fake, *[make_text(number) for number in range(20)], concurrency=4)

    assert fake.most_in_flight == 4


def test_an_empty_batch_asks_nothing(fake: FakeTwilio) -> None:
    assert list(make_provider(fake).send([])) == []
    assert fake.requests == []


@pytest.mark.parametrize("fault", [UNAUTHORIZED, refused(30002), refused(30032), too_fast("7"), refused(21611)])
def test_a_refusal_of_the_channel_or_the_speed_holds_for_what_has_not_left(fake: FakeTwilio, fault: Fault) -> None:
    """R8, R9: no more POSTs, and the others get the same refusal, which costs them no attempt."""
    fake.script(OK)
    fake.script(fault, times=9)

    receipts = send(fake, *[make_text(number) for number in range(9)], concurrency=1)

    assert len(fake.posts) == 2
    assert [receipt.attempt_id for receipt in receipts] == list(range(9))
    assert len({(receipt.kind, receipt.code, receipt.retry_after) for receipt in receipts[1:]}) == 1
    assert not any(receipt.is_permanent for receipt in receipts)


def test_at_most_what_is_under_way_meets_a_closed_channel(fake: FakeTwilio) -> None:
    """R9"""
    fake.script(UNAUTHORIZED, times=100)

    receipts = send(fake, *[make_text(number) for number in range(100)], concurrency=5)

    assert len(receipts) == 100
    assert len(fake.posts) <= 5


@pytest.mark.parametrize("late", [timedelta(0), timedelta(seconds=1)])
def test_nothing_leaves_at_or_after_its_deadline(fake: FakeTwilio, late: timedelta) -> None:
    """F10: a worker that slept through its lease cannot send."""
    receipts = send(fake, make_text(send_before=NOON - late), make_text(1))

    assert [receipt.kind for receipt in receipts if receipt.attempt_id == 0] == [RefusalKind.DEADLINE]
    assert [call.form["To"] for call in fake.posts] == [make_text(1).to]
    assert not any(receipt.is_permanent for receipt in receipts)


def test_a_message_waits_for_its_slot(fake: FakeTwilio) -> None:
    """The one without a slot goes first, though it was given last and there is one worker."""
    slots = [timedelta(seconds=0.4), timedelta(seconds=0.1)]
    texts = [make_text(number, send_after=NOON + slot) for number, slot in enumerate(slots)]

    receipts = send(fake, *texts, make_text(2), concurrency=1)

    assert [receipt.attempt_id for receipt in receipts] == [2, 1, 0]


def test_the_deadline_is_read_again_after_the_wait(fake: FakeTwilio) -> None:
    """F10: the clock goes on while a message waits for its slot."""
    now = system_clock()
    text = make_text(
        send_after=now + timedelta(seconds=0.3),
        send_before=now + timedelta(seconds=0.2),
        good_until=now + timedelta(hours=1),
    )

    (receipt,) = TwilioProvider(fake.settings(), system_clock, None).send([text])

    assert receipt.kind is RefusalKind.DEADLINE
    assert fake.posts == []


def test_a_closed_channel_ends_the_wait_for_a_slot(fake: FakeTwilio) -> None:
    """R9"""
    fake.script(UNAUTHORIZED)

    receipts = send(fake, make_text(), make_text(1, send_after=NOON + timedelta(minutes=9)))

    assert [receipt.kind for receipt in receipts] == [RefusalKind.CHANNEL] * 2
    assert len(fake.posts) == 1


def test_a_batch_closed_early_hands_over_nothing_more(fake: FakeTwilio) -> None:
    receipts = make_provider(fake, concurrency=1).send(
        [make_text(), *[make_text(number, send_after=NOON + timedelta(days=1)) for number in range(1, 9)]]
    )
    assert isinstance(receipts, Iterator)

    next(receipts)
    receipts.close()  # type: ignore[attr-defined]

    assert len(fake.posts) == 1


def test_no_thread_starts_before_the_first_receipt_is_wanted(fake: FakeTwilio) -> None:
    make_provider(fake).send([make_text()])

    assert fake.requests == []


# ---- privacy and surroundings ----------------------------------------------------------------------------------


def test_neither_number_nor_text_nor_secret_is_logged(fake: FakeTwilio, caplog: pytest.LogCaptureFixture) -> None:
    """S6: Twilio's refusals quote the number."""
    quiet_libraries()
    caplog.set_level(logging.DEBUG)
    for fault in (OK, refused(21211), problem(21211), RESET_AFTER, TRUNCATED_AFTER, HTML_502):
        fake.script(fault)

    receipts = send(fake, *[make_text(number, to=NUMBER) for number in range(7)])

    assert len(receipts) == 7
    for secret in (NUMBER, NUMBER[1:], BODY, fake.auth_token):
        assert secret not in caplog.text
        assert secret not in repr(receipts)


def test_the_twilio_library_is_silent_even_at_debug(caplog: pytest.LogCaptureFixture) -> None:
    """S6"""
    quiet_libraries()
    caplog.set_level(logging.DEBUG)

    logging.getLogger("twilio.http_client").error("To=%s", NUMBER)
    logging.getLogger("urllib3.connectionpool").error("To=%s", NUMBER)

    assert caplog.text == ""


def test_the_token_is_not_shown(fake: FakeTwilio) -> None:
    assert fake.auth_token not in repr(fake.settings())


def test_the_environment_moves_no_message(fake: FakeTwilio, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither a proxy nor Twilio's own variables of the process count."""
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("TWILIO_EDGE", "dublin")
    monkeypatch.setenv("TWILIO_REGION", "ie1")

    assert send_one(fake).outcome is Outcome.ACCEPTED


def test_a_redirect_is_not_followed(fake: FakeTwilio) -> None:
    """R6: what it points to would be a second POST, with our credentials."""
    path = f"/2010-04-01/Accounts/{fake.account_sid}/Messages.json"
    fake.script(Fault(status=307, body={}, location=path))

    assert send_one(fake) == Receipt(attempt_id=0, outcome=Outcome.IN_DOUBT, code="http_307")
    assert len(fake.requests) == 1


def test_credentials_go_to_no_other_host() -> None:
    """A list's answer may name any address as its next page."""

    async def ask() -> None:
        async with TwilioTransport(base_url="http://127.0.0.1:9", timeout_seconds=1) as transport:
            await transport.request("GET", "https://api.twilio.com.example/", auth=("AC1", "secret"))

    with pytest.raises(ValueError, match="not one of Twilio's"):
        asyncio.run(ask())


def test_it_is_a_provider(fake: FakeTwilio) -> None:
    provider: Provider = make_provider(fake)

    assert provider.name == "twilio"
