"""Everything in `config.toml` but the clinic and its treatments: database, providers, web, dispatch."""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import StrEnum
from ipaddress import ip_address
from typing import Annotated, Any
from urllib.parse import urlsplit

from email_validator import EmailNotValidError, validate_email
from pydantic import AfterValidator, Field, SecretStr

from reminders.config.database import DEFAULT_URL, check_database_url
from reminders.config.faults import Fault
from reminders.config.parsing import Parsed, Table
from reminders.config.paths import variable_name
from reminders.config.values import Line, PositiveWhole, Seconds, Whole


class SmsProvider(StrEnum):
    OUTBOX = "outbox"
    TWILIO = "twilio"


class EmailProvider(StrEnum):
    OUTBOX = "outbox"
    SMTP = "smtp"


class SmtpSecurity(StrEnum):
    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"


USUAL_PORTS = {SmtpSecurity.STARTTLS: 587, SmtpSecurity.TLS: 465, SmtpSecurity.NONE: 25}

SENDER = re.compile(r"\+[1-9]\d{6,14}|\d{3,8}|(?=.*[A-Za-z])[A-Za-z0-9 ]{1,11}")
"""A full number, a short code, or a name where the carriers allow one."""


def check_account_sid(sid: str) -> str:
    if not re.fullmatch(r"AC[0-9a-fA-F]{32}", sid):
        raise ValueError("Copy the Account SID from the Twilio console: AC and 32 characters from 0-9 and a-f.")
    return sid


def check_service_sid(sid: str) -> str:
    if not re.fullmatch(r"MG[0-9a-fA-F]{32}", sid):
        raise ValueError(
            "Copy the Messaging Service SID from the Twilio console: MG and 32 characters from 0-9 and a-f."
        )
    return sid


def check_sender(number: str) -> str:
    if not SENDER.fullmatch(number):
        raise ValueError('Write the number that Twilio rents to you with + and country code, such as "+16175550142".')
    return number


def check_email(address: str) -> str:
    try:
        validate_email(address, check_deliverability=False)
    except EmailNotValidError:
        raise ValueError('Write an email address alone, such as "desk@example.org".') from None
    return address


def check_web_address(address: str) -> str:
    """Without the last slash, so that paths can be added."""
    try:
        parts = urlsplit(address)
        sound = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        sound = False
    if not sound or parts.username or parts.query or parts.fragment:
        raise ValueError('Write a web address such as "https://reminders.example.org".')
    return address.rstrip("/")


def check_host(host: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9.:_-]+|\[[0-9a-fA-F:.]+\]", host) or "://" in host:
        raise ValueError('Write the name of the mail server alone, such as "mail.example.org".')
    return host


def check_proxy(address: str) -> str:
    try:
        ip_address(address)
    except ValueError:
        raise ValueError('Write the address of the proxy as a number, such as "127.0.0.1".') from None
    return address


EmailAddress = Annotated[str, AfterValidator(check_email)]
ProxyAddress = Annotated[str, AfterValidator(check_proxy)]
WebAddress = Annotated[str, AfterValidator(check_web_address)]


class DatabaseSettings(Table):
    url: Annotated[str, AfterValidator(check_database_url)] = Field(DEFAULT_URL, repr=False)


class TwilioSettings(Table):
    account_sid: Annotated[str, AfterValidator(check_account_sid)] = ""
    auth_token: SecretStr = SecretStr("")
    from_number: Annotated[str, AfterValidator(check_sender)] | None = None
    messaging_service_sid: Annotated[str, AfterValidator(check_service_sid)] | None = None
    base_url: WebAddress = "https://api.twilio.com"
    timeout_seconds: Seconds = 35
    concurrency: PositiveWhole = 20


class SmsSettings(Table):
    provider: SmsProvider = SmsProvider.OUTBOX
    segments_per_second: Seconds = 1
    twilio: TwilioSettings = TwilioSettings()


def _usual_port(settings: dict[str, Any]) -> int:
    return USUAL_PORTS[settings.get("security", SmtpSecurity.STARTTLS)]


class SmtpSettings(Table):
    host: Annotated[str, AfterValidator(check_host)] = ""
    security: SmtpSecurity = SmtpSecurity.STARTTLS
    port: Annotated[Whole, Field(gt=0, le=65535)] = Field(default_factory=_usual_port)
    username: Line | None = None
    password: SecretStr | None = None
    from_address: EmailAddress = ""
    timeout_seconds: Seconds = 30


class EmailSettings(Table):
    provider: EmailProvider = EmailProvider.OUTBOX
    smtp: SmtpSettings = SmtpSettings()


class WebSettings(Table):
    public_url: WebAddress | None = None
    """Where the service is seen from outside; without it no provider is asked to call back."""
    proxies: tuple[ProxyAddress, ...] = ()
    """Whose word is taken for where a request came from."""
    idle_minutes: Seconds = 30
    sign_in_hours: Seconds = 12


class MessagesSettings(Table):
    allowed_words: tuple[Line, ...] = ()
    """Words that would tell what was treated, and that this clinic means all the same."""


class DispatchSettings(Table):
    tick_seconds: Seconds = 5
    batch_size: PositiveWhole = 100
    lease_seconds: Seconds = 120
    in_doubt_wait_seconds: Seconds = 120
    grace_seconds: Seconds = 30


def check_providers(
    sms: Parsed[SmsSettings], email: Parsed[EmailSettings], dispatch: Parsed[DispatchSettings]
) -> Iterator[Fault]:
    """What must hold across keys, wherever each key by itself is sound."""
    if sms.table and sms.table.provider is SmsProvider.TWILIO:
        yield from _sound_only(sms, "sms", check_twilio(sms.table.twilio, sms))
    if email.table:
        yield from _sound_only(email, "email", check_smtp(email.table.smtp, email.table.provider, email))
    if sms.table and email.table and dispatch.table:
        timeouts_are_sound = sms.is_sound("twilio.timeout_seconds") and email.is_sound("smtp.timeout_seconds")
        if timeouts_are_sound and dispatch.is_sound("lease_seconds"):
            yield from check_lease(sms.table, email.table, dispatch.table)


def _sound_only(parsed: Parsed[Any], section: str, faults: Iterator[Fault]) -> Iterator[Fault]:
    return (fault for fault in faults if parsed.is_sound(fault.path.removeprefix(f"{section}.")))


def check_twilio(twilio: TwilioSettings, sms: Parsed[SmsSettings]) -> Iterator[Fault]:
    address = urlsplit(twilio.base_url)
    if address.scheme != "https" and not is_loopback(address.hostname or ""):
        yield Fault("sms.twilio.base_url", "Write https://: the Auth Token travels with every text.")
    if not twilio.account_sid:
        yield Fault("sms.twilio.account_sid", "Add the Account SID from the Twilio console.")
    if not twilio.auth_token.get_secret_value():
        variable = variable_name(("sms", "twilio", "auth_token"))
        yield Fault("sms.twilio.auth_token", f"Set {variable} to the Auth Token from the Twilio console.")
    if not sms.is_sound("twilio.from_number", "twilio.messaging_service_sid"):
        return
    if (twilio.from_number is None) == (twilio.messaging_service_sid is None):
        yield Fault("sms.twilio.from_number", "Give exactly one of from_number and messaging_service_sid.")


def check_smtp(smtp: SmtpSettings, provider: EmailProvider, email: Parsed[EmailSettings]) -> Iterator[Fault]:
    if provider is EmailProvider.SMTP:
        if not smtp.host:
            yield Fault("email.smtp.host", 'Add the name of your mail server, such as "mail.example.org".')
        if not smtp.from_address:
            yield Fault("email.smtp.from_address", "Add the address that your emails come from.")
        if smtp.username and not (smtp.password and smtp.password.get_secret_value()):
            variable = variable_name(("email", "smtp", "password"))
            yield Fault("email.smtp.password", f"Set {variable}; a username alone cannot log in.")
    if smtp.security is SmtpSecurity.NONE and smtp.host and not is_loopback(smtp.host) and email.is_sound("smtp.host"):
        yield Fault("email.smtp.security", 'Write "starttls" or "tls"; "none" is only for this same machine.')


def check_lease(sms: SmsSettings, email: EmailSettings, dispatch: DispatchSettings) -> Iterator[Fault]:
    """A lease that ends during a hand-over would let another daemon send the same message."""
    longest = longest_hand_over(sms, email)
    if dispatch.lease_seconds <= longest:
        yield Fault(
            "dispatch.lease_seconds", f"Write more than {longest:g} seconds: so long can your providers take to answer."
        )


def longest_hand_over(sms: SmsSettings, email: EmailSettings) -> float:
    """Seconds from the last look at the clock until a hand-over's fate is known, for the slowest provider in use."""
    twilio = sms.twilio.timeout_seconds if sms.provider is SmsProvider.TWILIO else 0.0
    # The mail server may take one timeout for the content, and one for its answer.
    smtp = 2 * email.smtp.timeout_seconds if email.provider is EmailProvider.SMTP else 0.0
    return max(twilio, smtp)


def is_loopback(host: str) -> bool:
    if host.lower().rstrip(".") == "localhost":
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
