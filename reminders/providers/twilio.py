"""Texts through Twilio's Messages API. Raises nothing: whatever happens to a message becomes its receipt."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from json import JSONDecodeError
from queue import SimpleQueue
from threading import Thread
from typing import Any, NamedTuple

from twilio.base import values  # type: ignore[import-untyped]
from twilio.rest import Client  # type: ignore[import-untyped]

from reminders.clock import Clock
from reminders.model import (
    Outcome,
    OutgoingMessage,
    Receipt,
    RefusalKind,
    Search,
    SearchResult,
    Status,
    UnclearMessage,
)
from reminders.providers.twilio_transport import (
    API_ORIGIN,
    AnswerLostError,
    NotConnectedError,
    RefusedError,
    TwilioTransport,
    connect_within,
)


@dataclass(frozen=True, kw_only=True)
class TwilioSettings:
    """How to reach one Twilio account. A messaging service goes before a number."""

    account_sid: str
    auth_token: str = field(repr=False)
    from_number: str | None = None
    messaging_service_sid: str | None = None
    base_url: str = API_ORIGIN
    timeout_seconds: float = 35.0
    """Twilio itself may take some 26 s to give up; a shorter patience makes doubts (twilio-ruby#519)."""
    concurrency: int = 20
    """How many messages may be under way at once."""


# ---- what Twilio's words and codes mean ------------------------------------------------------------------------

STATUSES = {
    "accepted": Status.ACCEPTED,
    "scheduled": Status.ACCEPTED,
    "queued": Status.ACCEPTED,
    "sending": Status.ACCEPTED,
    "sent": Status.SENT,
    "partially_delivered": Status.SENT,
    "delivered": Status.DELIVERED,
    "read": Status.DELIVERED,
    "undelivered": Status.UNDELIVERED,
    "failed": Status.UNDELIVERED,
    "canceled": Status.UNDELIVERED,
}


class Verdict(NamedTuple):
    """What a refusal means to us."""

    kind: RefusalKind
    is_permanent: bool = False
    wait_seconds: float | None = None
    """How long to wait where the answer does not say."""


RETRY_AFTER_SECONDS = 5.0
MAX_RETRY_AFTER_SECONDS = 3600.0

_UNSENDABLE = Verdict(RefusalKind.MESSAGE, is_permanent=True)
_BAD_CONTACT = Verdict(RefusalKind.CONTACT, is_permanent=True)
_OPTED_OUT = Verdict(RefusalKind.OPT_OUT, is_permanent=True)
_CHANNEL_DOWN = Verdict(RefusalKind.CHANNEL)
_TOO_FAST = Verdict(RefusalKind.RATE, wait_seconds=RETRY_AFTER_SECONDS)
_QUEUE_FULL = Verdict(RefusalKind.RATE, wait_seconds=300.0)
_DAY_SPENT = Verdict(RefusalKind.RATE, wait_seconds=MAX_RETRY_AFTER_SECONDS)

VERDICTS = {
    20003: _CHANNEL_DOWN,  # credentials refused
    20404: _CHANNEL_DOWN,  # no such account: a wrong SID or address
    20429: _TOO_FAST,
    21211: _BAD_CONTACT,  # not a number
    21212: _CHANNEL_DOWN,  # sender not a number
    21265: _BAD_CONTACT,  # a short code
    21408: _UNSENDABLE,  # country not enabled
    21601: _CHANNEL_DOWN,  # sender cannot text
    21602: _UNSENDABLE,  # no body
    21603: _CHANNEL_DOWN,  # no sender
    21606: _CHANNEL_DOWN,  # sender not ours
    21608: _CHANNEL_DOWN,  # trial account
    21610: _OPTED_OUT,
    21611: _QUEUE_FULL,
    21612: _UNSENDABLE,  # no route between the two numbers
    21614: _BAD_CONTACT,  # not a mobile
    21617: _UNSENDABLE,  # body too long
    21635: _BAD_CONTACT,  # a landline
    21659: _CHANNEL_DOWN,  # sender not a Twilio number
    21703: _CHANNEL_DOWN,  # messaging service without a number
    21705: _CHANNEL_DOWN,  # no such messaging service
    30001: _QUEUE_FULL,
    30002: _CHANNEL_DOWN,  # account suspended
    30004: _UNSENDABLE,  # blocked
    30005: _BAD_CONTACT,  # unknown handset
    30006: _BAD_CONTACT,  # landline or unreachable carrier
    30007: _UNSENDABLE,  # filtered: another try worsens our reputation
    30022: _DAY_SPENT,  # 10DLC rate
    30023: _DAY_SPENT,  # 10DLC daily cap
    30032: _CHANNEL_DOWN,  # toll-free number not verified
    30034: _CHANNEL_DOWN,  # 10DLC campaign not registered
    63038: _DAY_SPENT,  # account's daily cap
}
"""Twilio asks not to build on its codes, for they grow: the HTTP class decides first and these refine a 4xx."""


def judge(status: int, code: int | None) -> Verdict | None:
    """What an HTTP status and Twilio's code mean, or None where they leave the message's fate open.

    Only a 4xx says that nothing was sent. A 5xx may follow an accepted message, and so may what stands between us
    and Twilio: a redirect, or a 408, which is a time-out by its very name.
    """
    if not 400 <= status < 500 or status == 408:
        return None
    verdict = VERDICTS.get(code or 0)
    if status == 429:
        return verdict if verdict and verdict.kind is RefusalKind.RATE else _TOO_FAST
    # Without a code it is not Twilio that speaks of the message, but something before it, or it speaks of us all.
    return verdict or (_CHANNEL_DOWN if status in (401, 403) or code is None else _UNSENDABLE)


def read_retry_after(header: str | None, now: datetime, default: float) -> float:
    """Seconds to wait by a Retry-After header, which holds seconds or an HTTP date; 1 s to an hour."""
    seconds = _parse_retry_after(header or "", now)
    return default if seconds is None else min(max(seconds, 1.0), MAX_RETRY_AFTER_SECONDS)


def _parse_retry_after(header: str, now: datetime) -> float | None:
    try:
        if header.strip().isdecimal():
            return float(header)
        moment = parsedate_to_datetime(header)
    except (ValueError, OverflowError):
        return None
    return (moment.replace(tzinfo=moment.tzinfo or UTC) - now).total_seconds()


# ---- the provider ----------------------------------------------------------------------------------------------

CLOCK_SKEW = timedelta(seconds=60)
"""How far Twilio's clock and ours may differ; it covers that `date_created` has whole seconds only, too."""

MAX_VALIDITY_SECONDS = 36000
"""Twilio's ValidityPeriod takes 1 to 36000 s."""

PAGE_SIZE = 200
MAX_PAGES = 20


class TwilioProvider:
    """Carries texts. `public_url` is where Twilio reaches our webhooks; without it no delivery is reported."""

    name = "twilio"

    def __init__(
        self,
        settings: TwilioSettings,
        clock: Clock,
        public_url: str | None,
        should_stop: Callable[[], bool] = lambda: False,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._should_stop = should_stop
        self._public_url = public_url.rstrip("/") if public_url else None

    def send(self, messages: Sequence[OutgoingMessage]) -> Iterator[Receipt]:
        """Yield a receipt for each message as it finishes. The caller exhausts it.

        Closed early, it hands over nothing more and waits for what is under way, but those receipts are lost: their
        rows stay `sending` and are then treated as in doubt.
        """
        return _Batch(self._settings, self._clock, self._public_url, self._should_stop, messages).yield_receipts()

    def find(self, message: UnclearMessage) -> SearchResult:
        """Look through Twilio's list of messages to that number for the earliest one that can be it."""
        try:
            matches = asyncio.run(self._list_matches(message))
        except Exception as error:  # noqa: BLE001 -- without the whole list nothing is known, whatever the cause
            return SearchResult(result=Search.UNAVAILABLE, code=_name_failure(error))
        if not matches:
            return SearchResult(result=Search.NOT_FOUND)
        # Listed newest first: within one second the last listed is the earliest.
        earliest = min(reversed(matches), key=lambda record: record.date_created)
        return SearchResult(
            result=Search.FOUND,
            provider_id=earliest.sid,
            status=_read_status(earliest),
            code=_read_error_code(earliest),
        )

    async def _list_matches(self, message: UnclearMessage) -> list[Any]:
        async with asyncio.timeout(self._settings.timeout_seconds), _open_client(self._settings) as client:
            records = await _list_records(client, message.to, since=message.started_at - CLOCK_SKEW)
        return [record for record in records if _is_match(record, message)]


async def _list_records(client: Client, to: str, since: datetime) -> list[Any]:
    """All messages to a number from `since` on, and some older ones.

    The list's own date filter looks at the day of sending, which a queued message does not have yet.
    """
    records: list[Any] = []
    page = await client.messages.page_async(to=to, page_size=PAGE_SIZE)
    for _ in range(MAX_PAGES):
        listed = list(page)
        records += listed
        if listed and all(record.date_created and record.date_created < since for record in listed):
            return records
        page = await page.next_page_async()
        if page is None:
            return records
    raise LookupError("The list has no end: what is missing from its beginning may stand further down.")


def _is_match(record: Any, message: UnclearMessage) -> bool:
    return (
        record.body == message.body
        and record.direction == "outbound-api"
        and record.sid not in message.bound_ids
        and record.date_created is not None
        and message.started_at - CLOCK_SKEW <= record.date_created <= message.send_before + CLOCK_SKEW
    )


@asynccontextmanager
async def _open_client(settings: TwilioSettings) -> AsyncIterator[Client]:
    async with TwilioTransport(base_url=settings.base_url, timeout_seconds=settings.timeout_seconds) as transport:
        yield Client(
            settings.account_sid,
            settings.auth_token,
            http_client=transport,
            # Not an empty one: the client would take the process's, where TWILIO_EDGE and TWILIO_REGION move its host.
            environment={"TWILIO_EDGE": "", "TWILIO_REGION": ""},
        )


# ---- one batch -------------------------------------------------------------------------------------------------

_STOPPING = frozenset({RefusalKind.CHANNEL, RefusalKind.RATE})
_CLOSED = Receipt(attempt_id=0, outcome=Outcome.REFUSED, code="closed")
_AT_ONCE = datetime.min.replace(tzinfo=UTC)
_FURTHEST_SLOT = timedelta(minutes=10)
"""Slots are given out a tick ahead. One that lies further off says that the clock was set back meanwhile."""
_NAP_SECONDS = 0.2
"""How soon a message that waits for its slot notices that the batch has stopped."""


class _Batch:
    """One call of `send`: an event loop in a thread of its own, which goes on while the caller records receipts.

    Driven step by step from the caller's thread, a slow commit would let the time-outs of good answers run out.
    """

    def __init__(
        self,
        settings: TwilioSettings,
        clock: Clock,
        public_url: str | None,
        should_stop: Callable[[], bool],
        messages: Sequence[OutgoingMessage],
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._public_url = public_url
        self._should_stop = should_stop
        # In the order of their slots: a worker that waits for one then holds up nothing that could go now.
        self._waiting = deque(sorted(messages, key=lambda message: message.send_after or _AT_ONCE))
        self._receipts: SimpleQueue[Receipt | None] = SimpleQueue()
        self._stop: Receipt | None = None
        """The refusal that holds for all that has not left yet."""

    def yield_receipts(self) -> Iterator[Receipt]:
        thread = Thread(target=self._run, name="twilio", daemon=True)
        thread.start()
        try:
            yield from iter(self._receipts.get, None)
        finally:
            self._stop = _CLOSED
            thread.join()

    def _run(self) -> None:
        code = None
        try:
            asyncio.run(self._send_all())
        except Exception as error:  # noqa: BLE001 -- no loop or no session: what no worker took has not left
            code = _name_failure(error)
        finally:
            for message in self._waiting:
                self._receipts.put(Receipt(attempt_id=message.attempt_id, outcome=Outcome.REFUSED, code=code))
            self._receipts.put(None)

    async def _send_all(self) -> None:
        workers = min(self._settings.concurrency, len(self._waiting))
        async with _open_client(self._settings) as client, asyncio.TaskGroup() as group:
            for _ in range(workers):
                group.create_task(self._work(client))

    async def _work(self, client: Client) -> None:
        while self._waiting:
            message = self._waiting.popleft()
            try:
                receipt = await self._send_one(client, message)
            except Exception as error:  # noqa: BLE001 -- whatever went wrong, the message may have left
                receipt = self._explain(message.attempt_id, error)
            self._heed(receipt)
            self._receipts.put(receipt)

    async def _send_one(self, client: Client, message: OutgoingMessage) -> Receipt:
        if message.send_after is not None and message.send_after - self._clock() > _FURTHEST_SLOT:
            return _refuse(message.attempt_id, Verdict(RefusalKind.DEADLINE), code="clock_set_back")
        await self._wait_for_slot(message)
        now = self._clock()
        good_for_seconds = _count_seconds(now, message.good_until)
        if now >= message.send_before or good_for_seconds < 1:
            return _refuse(message.attempt_id, Verdict(RefusalKind.DEADLINE), code="deadline")
        if self._stop is not None:
            return replace(self._stop, attempt_id=message.attempt_id)
        if self._should_stop():
            return _refuse(message.attempt_id, Verdict(RefusalKind.DEADLINE), code="stopping")
        connect_within.set((message.send_before - now).total_seconds())
        return _read_created(message.attempt_id, await self._create(client, message, good_for_seconds))

    async def _wait_for_slot(self, message: OutgoingMessage) -> None:
        """Sleep until `send_after`: reads the clock once, since one that was set by hand stands still."""
        if message.send_after is None:
            return
        loop = asyncio.get_running_loop()
        slot = loop.time() + (message.send_after - self._clock()).total_seconds()
        while (left := slot - loop.time()) > 0 and self._stop is None and not self._should_stop():
            await asyncio.sleep(min(left, _NAP_SECONDS))

    async def _create(self, client: Client, message: OutgoingMessage, good_for_seconds: int) -> Any:
        service = self._settings.messaging_service_sid
        return await client.messages.create_async(
            to=message.to,
            from_=values.unset if service else self._settings.from_number,
            messaging_service_sid=service or values.unset,
            body=message.body,
            validity_period=good_for_seconds,
            status_callback=self._callback_url(message),
        )

    def _callback_url(self, message: OutgoingMessage) -> Any:
        if self._public_url is None:
            return values.unset
        return f"{self._public_url}/webhooks/twilio/status/{message.token}"

    def _explain(self, attempt_id: int, error: Exception) -> Receipt:
        match error:
            case NotConnectedError():
                return _refuse(attempt_id, Verdict(RefusalKind.UNREACHABLE), code=_name_failure(error))
            case RefusedError() if verdict := judge(error.status, error.code):
                return self._refuse_by(attempt_id, verdict, error)
            case _:
                return Receipt(attempt_id=attempt_id, outcome=Outcome.IN_DOUBT, code=_name_failure(error))

    def _refuse_by(self, attempt_id: int, verdict: Verdict, error: RefusedError) -> Receipt:
        wait = verdict.wait_seconds
        if wait is not None:
            wait = read_retry_after(error.retry_after, self._clock(), default=wait)
        return _refuse(attempt_id, verdict, code=_name_failure(error), retry_after=wait)

    def _heed(self, receipt: Receipt) -> None:
        """Let a refusal of the whole channel, or of our speed, hold for what has not left yet."""
        if receipt.kind in _STOPPING and (self._stop is None or receipt.kind is RefusalKind.CHANNEL):
            self._stop = receipt


def _count_seconds(now: datetime, until: datetime) -> int:
    """Whole seconds that Twilio may hold a message; never a fraction more than there is."""
    return min(int((until - now).total_seconds()), MAX_VALIDITY_SECONDS)


def _refuse(attempt_id: int, verdict: Verdict, code: str, retry_after: float | None = None) -> Receipt:
    return Receipt(
        attempt_id=attempt_id,
        outcome=Outcome.REFUSED,
        kind=verdict.kind,
        is_permanent=verdict.is_permanent,
        retry_after=retry_after,
        code=code,
    )


def _read_created(attempt_id: int, record: Any) -> Receipt:
    if not isinstance(record.sid, str) or not record.sid:
        return Receipt(attempt_id=attempt_id, outcome=Outcome.IN_DOUBT, code="unreadable")
    return Receipt(
        attempt_id=attempt_id,
        outcome=Outcome.ACCEPTED,
        provider_id=record.sid,
        status=_read_status(record),
        code=_read_error_code(record),
    )


def _read_status(record: Any) -> Status:
    return STATUSES.get(str(record.status), Status.ACCEPTED)


def _read_error_code(record: Any) -> str | None:
    return str(record.error_code) if isinstance(record.error_code, int) else None


def _name_failure(error: Exception) -> str:
    """A short name for the record, never the error's text: it may quote a number."""
    match error:
        case RefusedError():
            return str(error.code) if error.code else f"http_{error.status}"
        case AnswerLostError():
            return error.code
        case NotConnectedError():
            return "connect"
        case JSONDecodeError():
            return "unreadable"
        case TimeoutError():
            return "timeout"
        case _:
            return type(error).__name__
