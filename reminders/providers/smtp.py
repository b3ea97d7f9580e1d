"""Hands email to a mail server over SMTP, one recipient a transaction, one connection a batch.

What smtplib raises does not tell "never handed over" from "perhaps accepted", so the step is tracked here: only what
breaks after the final dot is in doubt (RFC 5321 section 4.5.3.2.6, RFC 1047). `with smtplib.SMTP()` is not used: it
raises after the message was accepted if QUIT answers anything but 221.
"""

from __future__ import annotations

import re
import smtplib
import ssl
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from enum import Enum, auto
from typing import Literal

import structlog

from reminders.clock import Clock
from reminders.model import Outcome, OutgoingMessage, Receipt, RefusalKind, Search, SearchResult, UnclearMessage

Security = Literal["starttls", "tls", "none"]

_log = structlog.get_logger()

_POLICY = SMTP.clone(cte_type="7bit")
"""No 8-bit content: the server need not speak 8BITMIME."""

_FAILURES_A_BATCH = 2
"""So many connections may fail, or break in a row; the rest of the batch is then refused for now."""


@dataclass(frozen=True, kw_only=True)
class SmtpSettings:
    host: str
    port: int = 587
    security: Security = "starttls"
    """`none` is for a server on the same machine; it takes no credentials, so that none travels in plain."""
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    from_address: str
    from_name: str | None = None
    timeout_seconds: float = 20.0
    """For each answer of the server."""
    message_id_domain: str = ""
    """Default: the domain of `from_address`."""

    def __post_init__(self) -> None:
        if (self.username is None) != (self.password is None):
            raise ValueError("SMTP: give both username and password, or neither")
        if self.security == "none" and self.username is not None:
            raise ValueError("SMTP: credentials are not sent without TLS: set security to starttls or tls")
        if self.timeout_seconds <= 0:
            raise ValueError("SMTP: timeout_seconds must be above 0")
        domain = _parse_address(self.from_address).domain
        object.__setattr__(self, "message_id_domain", self.message_id_domain or domain)


class SmtpProvider:
    """Ignores `send_after`: a mail server paces itself."""

    name = "smtp"

    def __init__(
        self,
        settings: SmtpSettings,
        clock: Clock,
        context: ssl.SSLContext | None = None,
        should_stop: Callable[[], bool] = lambda: False,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._should_stop = should_stop
        # Named outright, because smtplib's own default verifies nothing.
        self._context = context or ssl.create_default_context()

    def send(self, messages: Sequence[OutgoingMessage]) -> Iterator[Receipt]:
        line = _Line(self._settings, self._clock, self._context)
        try:
            for message in messages:
                yield _STOPPED.receipt_for(message) if self._should_stop() else line.deliver_one(message)
        finally:
            line.hang_up()

    def find(self, message: UnclearMessage) -> SearchResult:
        """A mail server keeps no list that could be asked."""
        return SearchResult(result=Search.IMPOSSIBLE)


class _Step(Enum):
    """How far one message has got."""

    MAIL = auto()
    RCPT = auto()
    DATA = auto()
    CONTENT = auto()
    DOT = auto()
    """Sent, or being sent: from here on the server may have the message."""


@dataclass(frozen=True, kw_only=True)
class _Verdict:
    """Why a message was not accepted, as its receipt will say it."""

    code: str
    kind: RefusalKind = RefusalKind.MESSAGE
    is_permanent: bool = False
    max_attempts: int | None = None
    outcome: Outcome = Outcome.REFUSED

    def receipt_for(self, message: OutgoingMessage) -> Receipt:
        return Receipt(
            attempt_id=message.attempt_id,
            outcome=self.outcome,
            kind=self.kind,
            is_permanent=self.is_permanent,
            max_attempts=self.max_attempts,
            code=self.code,
        )


_UNREACHABLE = _Verdict(code="connect", kind=RefusalKind.UNREACHABLE)
_STOPPED = _Verdict(code="stopping", kind=RefusalKind.DEADLINE)


class _NotAccepted(Exception):
    """Ends the way of one message. Never shown: it would take the server's words, and so an address, along."""

    def __init__(self, verdict: _Verdict) -> None:
        super().__init__(verdict.code)
        self.verdict = verdict


class _Answered(Exception):
    """The server answered something else than what lets the message go on."""

    def __init__(self, code: int, text: bytes) -> None:
        super().__init__(code)
        self.code = code
        self.text = text

    @property
    def is_refusal(self) -> bool:
        return 400 <= self.code <= 599

    @property
    def leaves_line_open(self) -> bool:
        """421 announces the end; after what is no refusal both sides may mean different things."""
        return self.is_refusal and self.code != 421


class _Line:
    """One batch's way to the server: opened when first needed, opened again when it broke, and in the end given up."""

    def __init__(self, settings: SmtpSettings, clock: Clock, context: ssl.SSLContext) -> None:
        self._settings = settings
        self._clock = clock
        self._context = context
        self._smtp: smtplib.SMTP | None = None
        self._step = _Step.MAIL
        self._needs_reset = False
        self._failed_connects = 0
        self._breaks_in_a_row = 0
        self._closed_by: _Verdict | None = None
        """What the rest of the batch is told, without asking the server again."""

    def deliver_one(self, message: OutgoingMessage) -> Receipt:
        try:
            self._check_deadline(message)
            content = compose(message, self._settings, self._clock())
            self._hand_over(self._ready_connection(), message, content)
        except _NotAccepted as stop:
            return stop.verdict.receipt_for(message)
        self._needs_reset = False
        self._breaks_in_a_row = 0
        return Receipt(
            attempt_id=message.attempt_id,
            outcome=Outcome.ACCEPTED,
            provider_id=message_id(message, self._settings),
        )

    def hang_up(self) -> None:
        """Say QUIT. What was accepted stays accepted, whatever the answer is."""
        if self._smtp is not None:
            with suppress(smtplib.SMTPException, OSError):
                self._smtp.quit()
        self._drop()

    def _check_deadline(self, message: OutgoingMessage) -> None:
        if self._clock() >= message.send_before:
            raise _NotAccepted(_Verdict(code="deadline", kind=RefusalKind.DEADLINE))

    def _ready_connection(self) -> smtplib.SMTP:
        if self._smtp is not None and self._needs_reset:
            self._reset(self._smtp)
        if self._closed_by is not None:
            raise _NotAccepted(self._closed_by)
        if self._smtp is None:
            self._smtp = self._connect()
        return self._smtp

    def _reset(self, smtp: smtplib.SMTP) -> None:
        """Take the last transaction back. Where that fails a new connection does the same."""
        with suppress(smtplib.SMTPException, OSError):
            if smtp.rset()[0] == 250:
                self._needs_reset = False
                return
        self._note_break()

    def _connect(self) -> smtplib.SMTP:
        try:
            smtp = _open_connection(self._settings, self._context)
        except _NotAccepted as stop:
            self._closed_by = stop.verdict
            raise
        except Exception as fault:  # noqa: BLE001  Nothing was handed over, whatever it is.
            # The kind of fault alone: its text repeats what the server said.
            _log.warning("no SMTP connection", fault=type(fault).__name__)
            self._failed_connects += 1
            if self._failed_connects >= _FAILURES_A_BATCH:
                self._closed_by = _UNREACHABLE
            raise _NotAccepted(_UNREACHABLE) from None
        self._needs_reset = False
        return smtp

    def _hand_over(self, smtp: smtplib.SMTP, message: OutgoingMessage, content: bytes) -> None:
        self._needs_reset = True
        try:
            self._converse(smtp, message, content)
        except _Answered as answer:
            raise _NotAccepted(self._heed(answer)) from None
        except _NotAccepted:
            # Late, and the server waits for the content: only closing the connection takes DATA back.
            self._drop()
            raise
        except Exception as fault:  # noqa: BLE001  The step decides, not the kind of fault.
            self._note_break()
            raise _NotAccepted(_judge_fault(self._step, fault)) from None

    def _converse(self, smtp: smtplib.SMTP, message: OutgoingMessage, content: bytes) -> None:
        self._ask(_Step.MAIL, smtp.mail, self._settings.from_address)
        self._ask(_Step.RCPT, smtp.rcpt, message.to)
        self._ask(_Step.DATA, smtp.docmd, "DATA")
        # Again, at the last moment: each answer above may have taken its whole time.
        self._check_deadline(message)
        self._step = _Step.CONTENT
        smtp.send(_stuff_dots(content))
        self._ask(_Step.DOT, smtp.docmd, ".")

    def _ask(self, step: _Step, command: Callable[[str], tuple[int, bytes]], argument: str) -> None:
        self._step = step
        code, text = command(argument)
        if code // 100 != (3 if step is _Step.DATA else 2):
            raise _Answered(code, text)

    def _heed(self, answer: _Answered) -> _Verdict:
        if answer.leaves_line_open:
            self._breaks_in_a_row = 0
        else:
            self._note_break()
        verdict = _judge_answer(self._step, answer)
        if verdict.kind is RefusalKind.CHANNEL:
            self._closed_by = verdict
        return verdict

    def _note_break(self) -> None:
        self._drop()
        self._breaks_in_a_row += 1
        if self._breaks_in_a_row >= _FAILURES_A_BATCH:
            self._closed_by = _UNREACHABLE

    def _drop(self) -> None:
        if self._smtp is not None:
            self._smtp.close()
        self._smtp = None


def _open_connection(settings: SmtpSettings, context: ssl.SSLContext) -> smtplib.SMTP:
    """Raises _NotAccepted where a person must mend something, anything else where the server may be back later."""
    smtp = _greet(settings, context)
    try:
        _secure(smtp, settings, context)
        _log_in(smtp, settings)
    except BaseException:
        smtp.close()
        raise
    return smtp


def _greet(settings: SmtpSettings, context: ssl.SSLContext) -> smtplib.SMTP:
    # Our own name is given, because smtplib would ask DNS for it, which has no time limit.
    name, timeout = settings.message_id_domain, settings.timeout_seconds
    if settings.security == "tls":
        return smtplib.SMTP_SSL(settings.host, settings.port, name, timeout=timeout, context=context)
    return smtplib.SMTP(settings.host, settings.port, name, timeout=timeout)


def _secure(smtp: smtplib.SMTP, settings: SmtpSettings, context: ssl.SSLContext) -> None:
    smtp.ehlo_or_helo_if_needed()
    if settings.security != "starttls":
        return
    if not smtp.has_extn("starttls"):
        raise _NotAccepted(_Verdict(code="no_starttls", kind=RefusalKind.CHANNEL))
    smtp.starttls(context=context)
    smtp.ehlo_or_helo_if_needed()


def _log_in(smtp: smtplib.SMTP, settings: SmtpSettings) -> None:
    """One try with one mechanism: smtplib's login() would try a wrong password once for each that is offered."""
    if settings.username is None or settings.password is None:
        return
    smtp.user, smtp.password = settings.username, settings.password
    offered = smtp.esmtp_features.get("auth", "").upper().split()
    try:
        if "PLAIN" in offered:
            smtp.auth("PLAIN", smtp.auth_plain)
        elif "LOGIN" in offered:
            smtp.auth("LOGIN", smtp.auth_login)
        else:
            raise _NotAccepted(_Verdict(code="no_auth", kind=RefusalKind.CHANNEL))
    except smtplib.SMTPAuthenticationError as refusal:
        if refusal.smtp_code == 421:
            raise
        raise _NotAccepted(_Verdict(code=str(refusal.smtp_code), kind=RefusalKind.CHANNEL)) from None
    except ValueError:  # smtplib takes ASCII only; its error quotes the password
        raise _NotAccepted(_Verdict(code="credentials", kind=RefusalKind.CHANNEL)) from None


# ---- what an answer means --------------------------------------------------------------------------------------

_NEEDS_LOGIN = frozenset({530, 535})
_BAD_MAILBOX = frozenset({550, 551, 553})
_TRIES_OF_WHAT_MAY_PASS = 2


def _judge_fault(step: _Step, fault: Exception) -> _Verdict:
    # smtplib turns a timeout into a disconnect, and keeps the timeout as its context.
    is_timeout = isinstance(fault, TimeoutError) or isinstance(fault.__context__, TimeoutError)
    outcome = Outcome.IN_DOUBT if step is _Step.DOT else Outcome.REFUSED
    return _Verdict(code="timeout" if is_timeout else "disconnected", outcome=outcome)


def _judge_answer(step: _Step, answer: _Answered) -> _Verdict:
    """RFC 5321: 4xx may pass, 5xx will not. The exceptions are named below."""
    code = str(answer.code)
    if not answer.is_refusal:
        outcome = Outcome.IN_DOUBT if step is _Step.DOT else Outcome.REFUSED
        return _Verdict(code="unreadable", outcome=outcome)
    if answer.code in _NEEDS_LOGIN:
        return _Verdict(code=code, kind=RefusalKind.CHANNEL)
    if answer.code < 500:
        return _Verdict(code=code)
    if _may_pass(answer):
        return _Verdict(code=code, max_attempts=_TRIES_OF_WHAT_MAY_PASS)
    if step is _Step.MAIL:
        # It refuses the sender, who is the same for every message.
        return _Verdict(code=code, kind=RefusalKind.CHANNEL)
    if step is _Step.RCPT and _blames_mailbox(answer):
        return _Verdict(code=code, kind=RefusalKind.CONTACT, is_permanent=True)
    return _Verdict(code=code, is_permanent=True)


def _may_pass(answer: _Answered) -> bool:
    """A full mailbox (552, 5.2.2) is emptied some day, and a domain without a route (5.4.4) comes back."""
    return answer.code == 552 or _detail(answer) in ("5.2.2", "5.4.4")


def _blames_mailbox(answer: _Answered) -> bool:
    """5.7.x is policy, as in "relaying denied": it must not mark every patient's address as bad."""
    return answer.code in _BAD_MAILBOX and not _detail(answer).startswith("5.7.")


def _detail(answer: _Answered) -> str:
    """The enhanced status code (RFC 3463), or nothing."""
    found = re.match(rb"[45]\.\d{1,3}\.\d{1,3}\b", answer.text)
    return found.group().decode() if found else ""


# ---- the email itself ------------------------------------------------------------------------------------------


def compose(message: OutgoingMessage, settings: SmtpSettings, now: datetime) -> bytes:
    """The email as it goes over the wire; _NotAccepted where it cannot be built, which no retry mends."""
    try:
        to = _parse_address(message.to)
    except ValueError:
        raise _NotAccepted(_Verdict(code="address", kind=RefusalKind.CONTACT, is_permanent=True)) from None
    try:
        return bytes(_build(message, to, settings, now))
    except Exception:  # noqa: BLE001  A poisoned text ends its own message only.
        raise _NotAccepted(_Verdict(code="content", is_permanent=True)) from None


def message_id(message: OutgoingMessage, settings: SmtpSettings) -> str:
    """The same for every try of one intended send, so that a mailbox may drop a second copy."""
    key = message.message_key or f"attempt-{message.attempt_id}"
    return f"{key}@{settings.message_id_domain}"


def _build(message: OutgoingMessage, to: Address, settings: SmtpSettings, now: datetime) -> EmailMessage:
    mail = EmailMessage(policy=_POLICY)
    mail["From"] = Address(_one_line(settings.from_name), addr_spec=settings.from_address)
    mail["To"] = to
    mail["Subject"] = _one_line(message.subject)
    mail["Date"] = now
    mail["Message-ID"] = f"<{message_id(message, settings)}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(message.body)
    if message.html is not None:
        mail.add_alternative(message.html, subtype="html")
    return mail


def _one_line(text: str | None) -> str:
    """A line break in a header would start another header."""
    return " ".join((text or "").split())


def _parse_address(text: str) -> Address:
    """One plain ASCII address; ValueError, which does not quote it, for anything else."""
    try:
        address = Address(addr_spec=text)
    except (ValueError, IndexError, MessageError):
        raise ValueError("not an email address") from None
    if not text.isascii():
        raise ValueError("not an ASCII email address")
    return address


def _stuff_dots(content: bytes) -> bytes:
    """A line of one dot would end the message (RFC 5321 section 4.5.2)."""
    return re.sub(rb"^\.", b"..", content, flags=re.MULTILINE)
