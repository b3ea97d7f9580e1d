"""A Twilio of our own on loopback: the Messages API with its rules, and every fault that a network adds to it.

    with FakeTwilio() as fake:
        fake.script(RESET_AFTER)  # the next message is accepted and its answer lost
        provider = TwilioProvider(fake.settings(), system_clock, public_url=None)

`python -m tests.fakes.twilio --port 0 --state FILE` runs it alone: prints its port, appends what it accepts to FILE.
"""

from __future__ import annotations

import argparse
import base64
import json
import random
import re
import socket
import struct
import sys
import threading
import time
import uuid
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from email.utils import format_datetime
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl, urlencode, urlsplit

from reminders.clock import Clock, system_clock
from reminders.providers.twilio import TwilioSettings

API = "/2010-04-01/Accounts"

# ---- faults ----------------------------------------------------------------------------------------------------


class How(StrEnum):
    """What comes back."""

    ANSWER = "answer"
    HTML = "html"
    PROBLEM = "problem"
    """An error body by RFC 9457, which the client turns into another exception."""
    TRUNCATED = "truncated"
    """A JSON that ends in the middle, with a length that agrees."""
    CUT = "cut"
    """The connection ends before the announced length."""
    RESET = "reset"
    HANG = "hang"
    """Nothing, until the fake closes."""


@dataclass(frozen=True, kw_only=True)
class Fault:
    """How one call is answered. With `accepts`, the message is taken whatever comes back."""

    how: How = How.ANSWER
    accepts: bool = False
    status: int = 500
    code: int | None = None
    retry_after: str | None = None
    location: str | None = None
    """Where a redirect points."""
    body: Any = None
    """The JSON to answer, in place of the message or the error."""


OK = Fault(accepts=True, status=201)
ERROR_500 = Fault(code=20500)
ERROR_500_AFTER = Fault(code=20500, accepts=True)
HTML_502 = Fault(how=How.HTML, status=502)
HTML_502_AFTER = Fault(how=How.HTML, status=502, accepts=True)
RESET = Fault(how=How.RESET)
RESET_AFTER = Fault(how=How.RESET, accepts=True)
HANG = Fault(how=How.HANG)
HANG_AFTER = Fault(how=How.HANG, accepts=True)
TRUNCATED_AFTER = Fault(how=How.TRUNCATED, status=201, accepts=True)
CUT_AFTER = Fault(how=How.CUT, status=201, accepts=True)
UNAUTHORIZED = Fault(status=401, code=20003)


def refused(code: int, status: int = 400, retry_after: str | None = None) -> Fault:
    return Fault(status=status, code=code, retry_after=retry_after)


def problem(code: int, status: int = 400) -> Fault:
    return Fault(how=How.PROBLEM, status=status, code=code)


def too_fast(retry_after: str | None = None) -> Fault:
    return Fault(status=429, code=20429, retry_after=retry_after)


class ListMode(StrEnum):
    TRUTHFUL = "truthful"
    HIDES = "hides"
    """Shows nothing, ever."""
    DELAYED = "delayed"
    """Shows a message `list_delay` after it was accepted."""
    ERROR = "error"
    HANG = "hang"


# ---- calls and answers -----------------------------------------------------------------------------------------


@dataclass(kw_only=True)
class Call:
    """One request as it came in, and what was answered: no status where the answer was withheld."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes
    status: int | None = None
    answer: bytes = b""
    content_type: str = "application/json"

    @property
    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True))


@dataclass(frozen=True, kw_only=True)
class _Answer:
    status: int
    body: bytes
    content_type: str = "application/json"
    retry_after: str | None = None
    location: str | None = None
    how: How = How.ANSWER


def _as_json(payload: Any, status: int = 200) -> _Answer:
    return _Answer(status=status, body=json.dumps(payload).encode())


def _as_error(fault: Fault, to: str = "") -> _Answer:
    # As Twilio does, the text quotes the number: nobody may log or store it.
    info = f"https://www.twilio.com/docs/errors/{fault.code}"
    text = f"The call for {to} failed."
    legacy = {"code": fault.code, "message": text, "more_info": info, "status": fault.status}
    rfc9457 = {"type": info, "title": "Failed", "status": fault.status, "code": fault.code, "detail": text}
    body = fault.body or (rfc9457 if fault.how is How.PROBLEM else legacy)
    kind = "application/problem+json" if fault.how is How.PROBLEM else "application/json"
    return _Answer(
        status=fault.status, body=json.dumps(body).encode(), content_type=kind, retry_after=fault.retry_after
    )


def _find_mistake(form: dict[str, str], opted_out: set[str]) -> int | None:
    """The code of the first of Twilio's rules that a request breaks: its published API names few of them."""
    rules: list[tuple[Callable[[], bool], int]] = [
        (lambda: not form.get("To"), 21604),
        (lambda: not re.fullmatch(r"\+[1-9]\d{6,14}", form["To"]), 21211),
        (lambda: not form.get("From") and not form.get("MessagingServiceSid"), 21603),
        (lambda: not form.get("Body"), 21602),
        (lambda: len(form["Body"]) > 1600, 21617),
        (lambda: not _is_validity(form.get("ValidityPeriod", "36000")), 21624),
        (lambda: not _is_callback(form.get("StatusCallback", "https://clinic.example/")), 21609),
        (lambda: form["To"] in opted_out, 21610),
    ]
    return next((code for is_broken, code in rules if is_broken()), None)


def _is_validity(text: str) -> bool:
    return text.isdecimal() and 1 <= int(text) <= 36000


def _is_callback(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme in ("http", "https") and bool(parts.hostname) and "_" not in (parts.hostname or "")


# ---- the fake --------------------------------------------------------------------------------------------------


@dataclass
class FakeTwilio:
    """The server and all it knows; thread-safe. `clock` dates the messages."""

    clock: Clock = system_clock
    port: int = 0
    account_sid: str = "AC" + "0" * 31 + "1"
    auth_token: str = "fake-auth-token"
    state: Path | None = None
    opted_out: set[str] = field(default_factory=set)
    list_mode: ListMode = ListMode.TRUTHFUL
    list_delay: timedelta = timedelta(0)
    delay_seconds: float = 0.0
    """How long every message takes to be answered."""

    def __post_init__(self) -> None:
        self.accepted: list[dict[str, Any]] = []
        """The messages taken, oldest first, as the API shows them; `_request` holds what they were made from."""
        self.requests: list[Call] = []
        self.most_in_flight = 0
        self.closing = threading.Event()
        self._in_flight = 0
        self._lock = threading.RLock()
        self._script: deque[Fault] = deque()
        self._by_number: dict[str, Fault] = {}
        self._chances: list[tuple[float, Fault]] = []
        self._random = random.Random(0)
        self._server = _Server(("127.0.0.1", self.port), self)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def settings(self, **over: Any) -> TwilioSettings:
        """Settings that make a TwilioProvider talk to this fake."""
        wanted: dict[str, Any] = {"from_number": "+15005550006", "timeout_seconds": 5.0} | over
        return TwilioSettings(
            account_sid=self.account_sid, auth_token=self.auth_token, base_url=self.base_url, **wanted
        )

    # -- telling it what to do

    def script(self, fault: Fault, times: int = 1) -> None:
        """Answer the next messages like this; what is scripted comes before numbers and chances."""
        with self._lock:
            self._script.extend([fault] * times)

    def script_number(self, number: str, fault: Fault) -> None:
        """Answer every message to this number like this."""
        self._by_number[number] = fault

    def script_chance(self, fault: Fault, chance: float, seed: int = 0) -> None:
        """Answer that share of all other messages like this."""
        with self._lock:
            self._random = random.Random(seed)
            self._chances.append((chance, fault))

    def accept(self, form: dict[str, str], **over: Any) -> dict[str, Any]:
        """Take a message without a request. `over` sets fields of the record, say its `date_created`."""
        with self._lock:
            record = self._make_record(form) | over
            self.accepted.append(record)
            if self.state is not None:
                with self.state.open("a") as file:
                    file.write(json.dumps(record, default=str) + "\n")
            return record

    def set_status(self, sid: str, status: str, error_code: int | None = None) -> None:
        with self._lock:
            record = next(record for record in self.accepted if record["sid"] == sid)
            record |= {"status": status, "error_code": error_code}

    @property
    def posts(self) -> list[Call]:
        with self._lock:
            return [call for call in self.requests if call.method == "POST"]

    # -- answering

    def respond(self, call: Call) -> _Answer:
        """Record a call and decide its answer."""
        with self._lock:
            self.requests.append(call)
            self._in_flight += 1
            self.most_in_flight = max(self.most_in_flight, self._in_flight)
        try:
            return self._route(call)
        finally:
            with self._lock:
                self._in_flight -= 1

    def _route(self, call: Call) -> _Answer:
        if not self._is_authorized(call):
            return _as_error(UNAUTHORIZED)
        rest = call.path.removeprefix(f"{API}/{self.account_sid}/")
        if rest == "Messages.json":
            return self._create(call) if call.method == "POST" else self._list(call)
        found = re.fullmatch(r"Messages/(SM[0-9a-f]{32})\.json", rest)
        record = found and next((record for record in self.accepted if record["sid"] == found[1]), None)
        return _as_json(_show(record)) if record else _as_error(refused(20404, 404))

    def _is_authorized(self, call: Call) -> bool:
        pair = f"{self.account_sid}:{self.auth_token}".encode()
        return call.headers.get("Authorization") == "Basic " + base64.b64encode(pair).decode()

    def _create(self, call: Call) -> _Answer:
        if self.delay_seconds:
            self.closing.wait(self.delay_seconds)
        form = call.form
        fault = self._pick_fault(form.get("To", ""))
        if not fault.accepts:
            return _spoil(fault, _as_error(fault, form.get("To", "")))
        mistake = _find_mistake(form, self.opted_out)
        if mistake is not None:
            return _as_error(refused(mistake), form.get("To", ""))
        shown = _show(self.accept(form))
        taken = _as_json(fault.body or shown, fault.status) if fault.status < 300 else _as_error(fault, form["To"])
        return _spoil(fault, taken)

    def _pick_fault(self, to: str) -> Fault:
        with self._lock:
            if self._script:
                return self._script.popleft()
            if to in self._by_number:
                return self._by_number[to]
            drawn = (fault for chance, fault in self._chances if self._random.random() < chance)
            return next(drawn, OK)

    def _make_record(self, form: dict[str, str]) -> dict[str, Any]:
        now, sid, service = self.clock(), f"SM{uuid.uuid4().hex}", form.get("MessagingServiceSid")
        uri = f"{API}/{self.account_sid}/Messages/{sid}"
        return {
            "account_sid": self.account_sid,
            "api_version": "2010-04-01",
            "body": form["Body"],
            "date_created": format_datetime(now.replace(microsecond=0)),
            "date_sent": None,
            "date_updated": format_datetime(now.replace(microsecond=0)),
            "direction": "outbound-api",
            "error_code": None,
            "error_message": None,
            "from": None if service else form.get("From"),
            "messaging_service_sid": service,
            "num_media": "0",
            "num_segments": "0" if service else "1",
            "price": None,
            "price_unit": "USD",
            "sid": sid,
            "status": "accepted" if service else "queued",
            "subresource_uris": {"media": f"{uri}/Media.json"},
            "to": form["To"],
            "uri": f"{uri}.json",
            "_accepted_at": now,
            "_request": dict(form),
        }

    def _list(self, call: Call) -> _Answer:
        if self.list_mode is ListMode.ERROR:
            return _as_error(ERROR_500, call.query.get("To", ""))
        if self.list_mode is ListMode.HANG:
            return _spoil(HANG, _as_json({}))
        size, page = int(call.query.get("PageSize", "50")), int(call.query.get("Page", "0"))
        if not 1 <= size <= 1000:
            return _as_error(refused(20001))
        visible = self._list_visible(call.query)
        shown = visible[page * size : (page + 1) * size]
        return _as_json(self._make_page(call, [_show(record) for record in shown], page, size, len(visible)))

    def _list_visible(self, query: dict[str, str]) -> list[dict[str, Any]]:
        """What the list shows, newest first."""
        if self.list_mode is ListMode.HIDES:
            return []
        delay = self.list_delay if self.list_mode is ListMode.DELAYED else timedelta(0)
        with self._lock:
            return [
                record
                for record in reversed(self.accepted)
                if record["to"] == query.get("To", record["to"])
                and record["from"] == query.get("From", record["from"])
                and record["_accepted_at"] + delay <= self.clock()
            ]

    def _make_page(self, call: Call, shown: list[dict[str, Any]], page: int, size: int, total: int) -> dict[str, Any]:
        def uri(number: int) -> str:
            return f"{call.path}?" + urlencode(call.query | {"PageSize": str(size), "Page": str(number)})

        return {
            "messages": shown,
            "page": page,
            "page_size": size,
            "start": page * size,
            "end": page * size + max(0, len(shown) - 1),
            "first_page_uri": uri(0),
            "previous_page_uri": uri(page - 1) if page else None,
            "next_page_uri": uri(page + 1) if (page + 1) * size < total else None,
            "uri": uri(page),
        }


def _show(record: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in record.items() if not name.startswith("_")}


def _spoil(fault: Fault, answer: _Answer) -> _Answer:
    """The answer as it comes over the line."""
    body, kind = answer.body, answer.content_type
    if fault.how is How.TRUNCATED:
        body = body[: len(body) // 2]
    if fault.how is How.HTML:
        body, kind = b"<html><body><h1>502 Bad Gateway</h1></body></html>", "text/html"
    return replace(answer, body=body, content_type=kind, location=fault.location, how=fault.how)


# ---- the server ------------------------------------------------------------------------------------------------


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 1024

    def __init__(self, address: tuple[str, int], fake: FakeTwilio) -> None:
        super().__init__(address, _Handler)
        self.fake = fake

    def shutdown_request(self, request: Any) -> None:
        # Without the polite end of writing that the library sends first: a reset must be a reset.
        request.close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else each answer waits 40 ms for an acknowledgement

    def do_POST(self) -> None:
        self._handle()

    def do_GET(self) -> None:
        self._handle()

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: tests look at `requests`."""

    def _handle(self) -> None:
        parts = urlsplit(self.path)
        call = Call(
            method=self.command,
            path=parts.path,
            query=dict(parse_qsl(parts.query)),
            headers=dict(self.headers.items()),
            body=self.rfile.read(int(self.headers.get("Content-Length", "0"))),
        )
        self._write(call, self.server.fake.respond(call))

    def _write(self, call: Call, answer: _Answer) -> None:
        if answer.how is How.HANG:
            self.server.fake.closing.wait()
        if answer.how in (How.HANG, How.RESET):
            self._reset()
            return
        call.status, call.answer, call.content_type = answer.status, answer.body, answer.content_type
        body = answer.body[: len(answer.body) // 2] if answer.how is How.CUT else answer.body
        self.close_connection = answer.how is How.CUT
        self.wfile.write(_make_head(answer) + body)

    def _reset(self) -> None:
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True


def _make_head(answer: _Answer) -> bytes:
    lines = [
        f"HTTP/1.1 {answer.status} Fake",
        f"Content-Type: {answer.content_type}",
        f"Content-Length: {len(answer.body)}",
    ]
    if answer.retry_after is not None:
        lines.append(f"Retry-After: {answer.retry_after}")
    if answer.location is not None:
        lines.append(f"Location: {answer.location}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def main() -> None:
    parser = argparse.ArgumentParser(description="Run the fake Twilio alone.")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--state", type=Path, help="append each accepted message to this file, as a line of JSON")
    options = parser.parse_args()
    with FakeTwilio(port=options.port, state=options.state) as fake:
        print(fake.port, flush=True)  # noqa: T201 -- the caller reads it
        while True:
            time.sleep(3600)


if __name__ == "__main__":
    main()
