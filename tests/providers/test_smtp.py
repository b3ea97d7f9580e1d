"""What the mail server says, and what becomes of the message: a real server with scripted answers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage, Message
from email.policy import default

import pytest
from structlog.testing import capture_logs

from reminders.clock import SetClock
from reminders.model import (
    Channel,
    Outcome,
    OutgoingMessage,
    Receipt,
    RefusalKind,
    Search,
    Status,
    UnclearMessage,
)
from reminders.providers import Provider
from reminders.providers.smtp import Security, SmtpProvider, SmtpSettings
from tests.fakes.smtp import Login, MailServer, ScriptedHandler, server_context, trusting_context

NOW = datetime(2027, 3, 1, 10, 0, tzinfo=UTC)


def make_message(
    attempt_id: int = 7,
    *,
    to: str = "ana@patients.example",
    body: str = "Ice the treated area.\n",
    subject: str | None = "A reminder",
    html: str | None = None,
    send_before: datetime = NOW + timedelta(hours=1),
    message_key: str | None = None,
) -> OutgoingMessage:
    return OutgoingMessage(
        attempt_id=attempt_id,
        token="t",
        channel=Channel.EMAIL,
        to=to,
        body=body,
        subject=subject,
        html=html,
        send_before=send_before,
        send_after=NOW + timedelta(minutes=5),
        good_until=NOW + timedelta(hours=1),
        message_key=f"rem-{attempt_id}.1" if message_key is None else message_key,
    )


def make_settings(
    port: int,
    *,
    host: str = "127.0.0.1",
    security: Security = "none",
    username: str | None = None,
    password: str | None = None,
) -> SmtpSettings:
    return SmtpSettings(
        host=host,
        port=port,
        security=security,
        username=username,
        password=password,
        from_address="care@clinic.example",
        from_name="Maple Clinic",
        timeout_seconds=10.0,
    )


def send(server: MailServer, *messages: OutgoingMessage) -> list[Receipt]:
    return list(SmtpProvider(make_settings(server.port), SetClock(NOW)).send(messages or [make_message()]))


def send_with_answers(
    *, mail: Sequence[str] = (), rcpt: Sequence[str] = (), data: Sequence[str] = ()
) -> tuple[list[Receipt], MailServer]:
    """Two messages to a server that answers the first as told and accepts the second."""
    with MailServer(ScriptedHandler(mail=mail, rcpt=rcpt, data=data)) as server:
        return send(server, make_message(1), make_message(2)), server


def parse(content: bytes) -> EmailMessage:
    message = message_from_bytes(content, policy=default)
    assert isinstance(message, EmailMessage)
    return message


def text_of(part: Message) -> str:
    assert isinstance(part, EmailMessage)
    text: str = part.get_content()
    return text.replace("\r\n", "\n")


# ---- accepted --------------------------------------------------------------------------------------------------


def test_an_accepted_message_is_accepted_not_delivered() -> None:
    """A relay's 250 says no more than that it will try."""
    with MailServer() as server:
        (receipt,) = send(server)

    assert (receipt.outcome, receipt.status) == (Outcome.ACCEPTED, Status.ACCEPTED)
    assert receipt.provider_id == "rem-7.1@clinic.example"


def test_a_batch_goes_over_one_connection_with_one_recipient_each() -> None:
    with MailServer() as server:
        receipts = send(server, make_message(1, to="ana@patients.example"), make_message(2, to="ben@patients.example"))

    assert [each.attempt_id for each in receipts] == [1, 2]
    assert [each.recipients for each in server.received] == [("ana@patients.example",), ("ben@patients.example",)]
    assert len(server.scripted.peers) == 1


def test_an_email_has_the_headers_of_an_automatic_message() -> None:
    """R21: the Message-ID is the same for every try of one intended send."""
    with MailServer() as server:
        send(server, make_message(1, message_key="rem-5.1"), make_message(2, message_key="rem-5.1"))

    first, second = (parse(each.content) for each in server.received)
    assert first["From"] == "Maple Clinic <care@clinic.example>"
    assert first["To"] == "ana@patients.example"
    assert first["Date"].datetime == NOW
    assert first["Auto-Submitted"] == "auto-generated"
    assert first["Message-ID"] == second["Message-ID"] == "<rem-5.1@clinic.example>"


def test_an_email_has_text_and_html() -> None:
    with MailServer() as server:
        send(server, make_message(body="Grüße ☀\n", html="<p>Grüße ☀</p>\n"))

    email = parse(server.received[0].content)
    assert email.get_content_type() == "multipart/alternative"
    assert [each.get_content_type() for each in email.iter_parts()] == ["text/plain", "text/html"]
    assert [text_of(each) for each in email.iter_parts()] == ["Grüße ☀\n", "<p>Grüße ☀</p>\n"]


def test_lines_of_dots_and_smtp_commands_in_a_text_stay_text() -> None:
    """S9: a text cannot end the message and start another one."""
    body = "one\n.\n..two\nMAIL FROM:<a@b.example>\n.\n"
    with MailServer() as server:
        send(server, make_message(body=body))

    (received,) = server.received
    assert text_of(parse(received.content)) == body


@pytest.mark.parametrize("body", ["", "no line break at the end", "Grüße", "x" * 2000, "a\rb\n\r\n.\r\nc"])
def test_every_text_ends_before_the_final_dot(body: str) -> None:
    with MailServer() as server:
        send(server, make_message(1, body=body), make_message(2, body=body, html=f"<p>{body}</p>"))

    assert len(server.received) == 2
    assert text_of(parse(server.received[0].content)) == "".join(f"{line}\n" for line in body.splitlines() or [""])


def test_a_long_message_id_stays_whole() -> None:
    with MailServer() as server:
        (receipt,) = send(server, make_message(message_key="rem-" + "9" * 90))

    assert receipt.provider_id is not None
    assert f"Message-ID: <{receipt.provider_id}>".encode() in server.received[0].content.replace(b"\r\n ", b" ")


def test_line_breaks_in_headers_are_inert() -> None:
    """S9: a subject of several lines is one line, and no header of its own."""
    with MailServer() as server:
        send(server, make_message(subject="A reminder\r\nBcc: eve@evil.example\r\n\r\nbody"))

    (received,) = server.received
    assert parse(received.content)["Subject"] == "A reminder Bcc: eve@evil.example body"
    assert parse(received.content)["Bcc"] is None
    assert received.recipients == ("ana@patients.example",)


# ---- refused ---------------------------------------------------------------------------------------------------

MESSAGE, CONTACT, CHANNEL = RefusalKind.MESSAGE, RefusalKind.CONTACT, RefusalKind.CHANNEL
UNREACHABLE = RefusalKind.UNREACHABLE


def words(receipt: Receipt) -> tuple[Outcome, RefusalKind, bool, str | None]:
    return receipt.outcome, receipt.kind, receipt.is_permanent, receipt.code


@pytest.mark.parametrize("answer", ["450 4.2.0 greylisted", "451 later", "452 full", "421 4.3.0 busy"])
def test_a_recipient_refused_for_now_is_tried_again(answer: str) -> None:
    """R22: RCPT 450 retries."""
    (first, second), _ = send_with_answers(rcpt=[answer])

    assert words(first) == (Outcome.REFUSED, MESSAGE, False, answer[:3])
    assert second.outcome is Outcome.ACCEPTED


@pytest.mark.parametrize("answer", ["550 5.1.1 no such user", "550 no", "551 moved", "553 5.1.3 bad syntax"])
def test_a_mailbox_refused_for_good_marks_the_address(answer: str) -> None:
    """R22: RCPT 550 suppresses the address."""
    (first, second), _ = send_with_answers(rcpt=[answer])

    assert words(first) == (Outcome.REFUSED, CONTACT, True, answer[:3])
    assert second.outcome is Outcome.ACCEPTED


@pytest.mark.parametrize("answer", ["550 5.7.1 relaying denied", "554 5.7.1 relay access denied", "554 no"])
def test_a_recipient_refused_by_policy_says_nothing_of_the_address(answer: str) -> None:
    """A relay that knows us no more must not mark every patient's address as bad."""
    (first, _), _ = send_with_answers(rcpt=[answer])

    assert words(first) == (Outcome.REFUSED, MESSAGE, True, answer[:3])


@pytest.mark.parametrize("answer", ["552 5.2.2 mailbox full", "550 5.2.2 over quota", "550 5.4.4 no route"])
def test_some_final_answers_may_pass(answer: str) -> None:
    (first, _), _ = send_with_answers(rcpt=[answer])

    assert words(first) == (Outcome.REFUSED, MESSAGE, False, answer[:3])


@pytest.mark.parametrize("answer", ["421 4.3.2 going down", "451 4.7.1 try later"])
def test_a_sender_refused_for_now_is_tried_again(answer: str) -> None:
    (first, second), _ = send_with_answers(mail=[answer])

    assert words(first) == (Outcome.REFUSED, MESSAGE, False, answer[:3])
    assert second.outcome is Outcome.ACCEPTED


@pytest.mark.parametrize("answer", ["550 5.1.8 bad sender", "553 not yours", "530 5.7.0 log in first"])
def test_a_sender_refused_for_good_stops_the_channel(answer: str) -> None:
    """R9: the rest of the batch is not tried, the next batch is the probe."""
    (first, second), server = send_with_answers(mail=[answer])

    assert words(first) == words(second) == (Outcome.REFUSED, CHANNEL, False, answer[:3])
    assert server.received == []


@pytest.mark.parametrize(
    ("answer", "is_permanent"), [("451 4.3.0 later", False), ("552 5.3.4 too big", False), ("554 5.6.0 spam", True)]
)
def test_content_refused_after_the_final_dot(answer: str, is_permanent: bool) -> None:
    (first, second), _ = send_with_answers(data=[answer])

    assert words(first) == (Outcome.REFUSED, MESSAGE, is_permanent, answer[:3])
    assert second.outcome is Outcome.ACCEPTED


@pytest.mark.parametrize(
    "address",
    ["", "ana", "ana@", "ana@x.example, ben@x.example", "ana@x.example\r\nRCPT TO:<eve@x.example>", "änna@x.example"],
)
def test_what_is_no_address_is_refused_before_anything_is_said(address: str) -> None:
    with MailServer() as server:
        first, second = send(server, make_message(1, to=address), make_message(2))

    assert words(first) == (Outcome.REFUSED, CONTACT, True, "address")
    assert second.outcome is Outcome.ACCEPTED


def test_a_text_that_cannot_be_encoded_ends_its_own_message_only() -> None:
    """F18: a poison row is isolated, the others flow."""
    with MailServer() as server:
        first, second = send(server, make_message(1, body="\ud800"), make_message(2))

    assert words(first) == (Outcome.REFUSED, MESSAGE, True, "content")
    assert second.outcome is Outcome.ACCEPTED


# ---- time ------------------------------------------------------------------------------------------------------


def test_a_late_message_stays_and_opens_no_connection() -> None:
    """P5"""
    with MailServer() as server:
        (receipt,) = send(server, make_message(send_before=NOW))

    assert words(receipt) == (Outcome.REFUSED, RefusalKind.DEADLINE, False, "deadline")
    assert server.scripted.peers == set()


def test_a_message_that_became_late_on_the_way_is_taken_back() -> None:
    """F10: the clock is read once more after DATA, when only the content is missing."""
    times = iter([NOW, NOW, NOW + timedelta(hours=2), NOW, NOW, NOW])
    with MailServer() as server:
        provider = SmtpProvider(make_settings(server.port), lambda: next(times))
        late, timely = provider.send([make_message(1), make_message(2)])

    assert late.kind is RefusalKind.DEADLINE
    assert timely.outcome is Outcome.ACCEPTED
    assert [parse(each.content)["Message-ID"] for each in server.received] == ["<rem-2.1@clinic.example>"]


# ---- TLS and login ---------------------------------------------------------------------------------------------


def send_safely(port: int, security: Security, *, host: str = "127.0.0.1", trusts: bool = True) -> list[Receipt]:
    settings = make_settings(port, host=host, security=security)
    context = trusting_context() if trusts else None
    return list(SmtpProvider(settings, SetClock(NOW), context).send([make_message(1), make_message(2)]))


def test_a_message_goes_over_starttls() -> None:
    with MailServer(tls_context=server_context(), require_starttls=True) as server:
        receipts = send_safely(server.port, "starttls")

    assert [each.outcome for each in receipts] == [Outcome.ACCEPTED, Outcome.ACCEPTED]


def test_a_message_goes_over_implicit_tls() -> None:
    with MailServer(ssl_context=server_context()) as server:
        receipts = send_safely(server.port, "tls")

    assert [each.outcome for each in receipts] == [Outcome.ACCEPTED, Outcome.ACCEPTED]


def test_a_self_signed_certificate_is_refused_over_starttls() -> None:
    """ASVS 12.3.2: smtplib's own default would have taken it."""
    with MailServer(tls_context=server_context()) as server, capture_logs() as lines:
        receipts = send_safely(server.port, "starttls", trusts=False)

    assert [words(each) for each in receipts] == [(Outcome.REFUSED, UNREACHABLE, False, "connect")] * 2
    assert server.received == []
    assert [line["fault"] for line in lines] == ["SSLCertVerificationError"] * 2


def test_a_self_signed_certificate_is_refused_over_implicit_tls() -> None:
    with MailServer(ssl_context=server_context()) as server:
        receipts = send_safely(server.port, "tls", trusts=False)

    assert [words(each) for each in receipts] == [(Outcome.REFUSED, UNREACHABLE, False, "connect")] * 2


def test_a_certificate_for_another_name_is_refused() -> None:
    with MailServer(tls_context=server_context()) as server:
        receipts = send_safely(server.port, "starttls", host="localhost")

    assert {each.code for each in receipts} == {"connect"}


def test_a_server_without_starttls_gets_nothing_in_plain() -> None:
    """F17: TLS downgrade."""
    with MailServer() as server:
        receipts = send_safely(server.port, "starttls")

    assert [words(each) for each in receipts] == [(Outcome.REFUSED, CHANNEL, False, "no_starttls")] * 2
    assert server.scripted.peers == set()


def log_in(login: Login, *, password: str = "correct horse") -> list[Receipt]:
    with MailServer(tls_context=server_context(), authenticator=login, auth_required=True) as server:
        settings = make_settings(server.port, security="starttls", username="clinic", password=password)
        provider = SmtpProvider(settings, SetClock(NOW), trusting_context())
        return list(provider.send([make_message(1), make_message(2)]))


def test_the_right_password_opens_the_door() -> None:
    receipts = log_in(Login("clinic", "correct horse"))

    assert [each.outcome for each in receipts] == [Outcome.ACCEPTED, Outcome.ACCEPTED]


def test_a_wrong_password_stops_the_channel_after_one_try() -> None:
    """R22: 535 opens the circuit. A second try would help to get the account locked."""
    login = Login("clinic", "another one")
    receipts = log_in(login)

    assert [words(each) for each in receipts] == [(Outcome.REFUSED, CHANNEL, False, "535")] * 2
    assert login.tries == 1


def test_a_password_that_smtp_cannot_carry_stops_the_channel() -> None:
    receipts = log_in(Login("clinic", "x"), password="pässword")

    assert [words(each) for each in receipts] == [(Outcome.REFUSED, CHANNEL, False, "credentials")] * 2


def test_a_server_that_takes_no_login_stops_the_channel() -> None:
    with MailServer(tls_context=server_context(), auth_exclude_mechanism=["PLAIN", "LOGIN"]) as server:
        settings = make_settings(server.port, security="starttls", username="clinic", password="x")
        (receipt,) = SmtpProvider(settings, SetClock(NOW), trusting_context()).send([make_message()])

    assert words(receipt) == (Outcome.REFUSED, CHANNEL, False, "no_auth")


# ---- settings, and the rest ------------------------------------------------------------------------------------


def test_credentials_are_not_sent_in_plain() -> None:
    with pytest.raises(ValueError, match="without TLS"):
        make_settings(25, security="none", username="clinic", password="secret")


def test_half_a_login_is_a_fault() -> None:
    with pytest.raises(ValueError, match="or neither"):
        make_settings(25, security="tls", username="clinic")


def test_the_password_is_not_shown() -> None:
    """S8"""
    settings = make_settings(25, security="tls", username="clinic", password="secret horse")

    assert "secret horse" not in repr(settings)


def test_a_mail_server_cannot_be_asked_what_became_of_a_message() -> None:
    provider: Provider = SmtpProvider(make_settings(25), SetClock(NOW))
    unclear = UnclearMessage(attempt_id=7, to="a@b.example", body="", started_at=NOW, send_before=NOW)

    assert provider.find(unclear).result is Search.IMPOSSIBLE
