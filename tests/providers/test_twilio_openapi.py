"""R24: what our client asks, and what the fake answers, is as Twilio's published API has it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from openapi_core import OpenAPI
from openapi_core.exceptions import OpenAPIError

from reminders.clock import SetClock
from reminders.model import Channel, Outcome, OutgoingMessage, Search, UnclearMessage
from reminders.providers.twilio import TwilioProvider
from tests.fakes.openapi import SPEC, check_call, load_openapi
from tests.fakes.twilio import Call, FakeTwilio

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
NUMBER = "+15005550100"
BODY = "Ice the treated area."

pytestmark = pytest.mark.skipif(
    not SPEC.is_file(), reason="Twilio's description is not here: ../shared/twilio/messages-openapi.json"
)


@pytest.fixture(scope="module")
def openapi() -> OpenAPI:
    return load_openapi()


@pytest.mark.parametrize("service", [None, "MG" + "a" * 32])
def test_sending_and_finding_speak_twilios_language(openapi: OpenAPI, service: str | None) -> None:
    """R24"""
    with FakeTwilio(clock=SetClock(NOON)) as fake:
        settings = fake.settings(messaging_service_sid=service)
        provider = TwilioProvider(settings, SetClock(NOON), "https://clinic.example")
        text = OutgoingMessage(
            attempt_id=1,
            token="token",
            channel=Channel.SMS,
            to=NUMBER,
            body=BODY,
            send_before=NOON + timedelta(hours=1),
            good_until=NOON + timedelta(hours=10),
        )
        unclear = UnclearMessage(attempt_id=1, to=NUMBER, body=BODY, started_at=NOON, send_before=NOON)

        assert [receipt.outcome for receipt in provider.send([text])] == [Outcome.ACCEPTED]
        for _ in range(250):
            fake.accept({"To": NUMBER, "From": "+15005550006", "Body": "Another text."})
        assert provider.find(unclear).result is Search.FOUND

    assert [call.method for call in fake.requests] == ["POST", "GET", "GET"]
    for call in fake.requests:
        check_call(openapi, call)


@pytest.mark.parametrize(
    "spoilt",
    [
        {"body": b"Body=Hi"},
        {"body": b"To=%2B15005550100&Body=Hi&Validityperiod=60"},
        {"body": b"To=%2B15005550100&ValidityPeriod=soon"},
        {"path": "/2010-04-01/Accounts/AC1/Messages.json"},
        {"headers": {}},
        {"status": 201, "answer": b'{"sid": "1"}'},
        {"status": 201, "answer": b'{"status": "on its way"}'},
    ],
)
def test_the_check_sees_mistakes(openapi: OpenAPI, spoilt: dict[str, object]) -> None:
    """R24: a check that lets everything pass would prove nothing."""
    good: dict[str, object] = {
        "method": "POST",
        "path": "/2010-04-01/Accounts/AC" + "0" * 32 + "/Messages.json",
        "query": {},
        "headers": {"Authorization": "Basic QUM6dG9rZW4="},
        "body": b"To=%2B15005550100&Body=Hi",
    }
    check_call(openapi, Call(**good))  # type: ignore[arg-type]

    with pytest.raises(OpenAPIError):
        check_call(openapi, Call(**good | spoilt))  # type: ignore[arg-type]
