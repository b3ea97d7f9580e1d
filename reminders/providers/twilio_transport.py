"""Carries the twilio client's calls over aiohttp: every call bounded in time, no POST repeated, no call logged."""

from __future__ import annotations

import base64
import json
import logging
from collections.abc import Mapping
from contextvars import ContextVar
from types import TracebackType
from typing import Self
from urllib.parse import urlencode

import aiohttp
from twilio.http import AsyncHttpClient  # type: ignore[import-untyped]
from twilio.http.response import Response  # type: ignore[import-untyped]

API_ORIGIN = "https://api.twilio.com"

CONNECT_SECONDS = 10.0
"""The longest that a name look-up, a connection and its TLS may take together."""

KEEP_ALIVE_SECONDS = 2.0
"""How long a connection may idle and still be used again.

A POST written to a connection that the far side has just closed cannot be told from one that was accepted, and would
be in doubt. Busy connections of a batch are shared, which saves a TLS handshake for each message; idle ones are not.
"""

connect_within: ContextVar[float] = ContextVar("connect_within", default=CONNECT_SECONDS)
"""Seconds the next call of this task may spend on connecting: a message must not leave late for a slow handshake."""


class NotConnectedError(Exception):
    """Nothing left: the name, the connection or its TLS failed."""


class AnswerLostError(Exception):
    """The request left, or may have, and no whole answer came back."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class RefusedError(Exception):
    """An answer that is no success.

    Raised in place of the client's own exceptions: those drop the headers, believe a status in the body rather than
    the one on the line, and quote numbers in their text.
    """

    def __init__(self, *, status: int, code: int | None, retry_after: str | None) -> None:
        super().__init__(status, code)
        self.status = status
        self.code = code
        self.retry_after = retry_after


class TwilioTransport(AsyncHttpClient):  # type: ignore[misc]
    """An http client for the twilio library, to be used as an async context manager by one event loop."""

    def __init__(self, *, base_url: str, timeout_seconds: float) -> None:
        super().__init__(_make_mute_logger(), True, timeout_seconds)
        self._base_url = base_url.rstrip("/")
        self._timeout_seconds = timeout_seconds

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            # No limit: the caller bounds what is in flight, and a wait for the pool would count as connecting.
            connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=KEEP_ALIVE_SECONDS),
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._session.close()

    async def request(
        self,
        method: str,
        url: str,
        params: Mapping[str, str | int] | None = None,
        data: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,
        allow_redirects: bool = False,
    ) -> Response:
        """Return a 2xx answer; raise NotConnectedError, AnswerLostError or RefusedError."""
        try:
            async with self._session.request(
                method,
                self._address(url),
                params=params,
                data=urlencode(data, doseq=True).encode() if data else None,
                headers={**(headers or {}), **_basic_auth(auth)},
                timeout=self._limits(),
                allow_redirects=False,
            ) as answer:
                return await _read_answer(answer)
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise NotConnectedError from error
        except TimeoutError as error:
            raise AnswerLostError("timeout") from error
        except (aiohttp.ClientConnectionError, aiohttp.ClientPayloadError) as error:
            raise AnswerLostError("reset") from error

    def _address(self, url: str) -> str:
        # A list names its next page: our credentials must not follow it to another host.
        if not url.startswith(f"{API_ORIGIN}/"):
            raise ValueError("The address is not one of Twilio's API.")
        return self._base_url + url.removeprefix(API_ORIGIN)

    def _limits(self) -> aiohttp.ClientTimeout:
        # Connecting must run out well before the whole call does, or the one could not be told from the other.
        connect = max(0.001, min(CONNECT_SECONDS, self._timeout_seconds / 3, connect_within.get()))
        return aiohttp.ClientTimeout(
            total=self._timeout_seconds, connect=connect, sock_connect=connect, sock_read=self._timeout_seconds
        )


async def _read_answer(answer: aiohttp.ClientResponse) -> Response:
    if 200 <= answer.status < 300:
        return Response(answer.status, (await answer.read()).decode(errors="replace"), answer.headers)
    raise RefusedError(
        status=answer.status,
        code=_find_code(await _read_what_comes(answer)),
        retry_after=answer.headers.get("Retry-After"),
    )


async def _read_what_comes(answer: aiohttp.ClientResponse) -> bytes:
    """The body of a refusal: its status line already says what happened, with or without the rest."""
    try:
        return await answer.read()
    except (TimeoutError, aiohttp.ClientError):
        return b""


def _find_code(body: bytes) -> int | None:
    """Twilio's error code, from its own error body and from RFC 9457's alike."""
    try:
        payload = json.loads(body)
    except (ValueError, RecursionError):
        return None
    code = payload.get("code") if isinstance(payload, dict) else None
    return code if type(code) is int else None


def _basic_auth(auth: tuple[str, str] | None) -> dict[str, str]:
    if auth is None:
        return {}
    return {"Authorization": "Basic " + base64.b64encode(":".join(auth).encode()).decode()}


def _make_mute_logger() -> logging.Logger:
    """A logger of no tree, so that no logging configuration can wake it: the library logs numbers."""
    logger = logging.Logger("twilio.mute")
    logger.disabled = True
    return logger
