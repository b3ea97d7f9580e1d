"""The shipped clinic with real clients: texts go to a fake Twilio, emails to a mail server, both on loopback."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from email import message_from_bytes
from typing import Any

from sqlalchemy import select

from reminders.clock import Clock
from reminders.model import Channel, OutgoingMessage, Receipt, SearchResult, UnclearMessage
from reminders.overview import read_status
from reminders.providers import Provider
from reminders.providers.outbox import OutboxProvider
from reminders.store.engine import reading, writing
from reminders.tables import ChannelRow, ReminderRow
from tests.clinic import NEEDLING, ClinicDays
from tests.fakes.twilio import FakeTwilio, Fault

DUE = "2026-03-11 09:00"
"""When `record_one` yields its first text."""


def settings_for(twilio: FakeTwilio, mail_port: int, **over: str) -> dict[str, str]:
    """The environment that makes the shipped configuration talk to the fakes."""
    return {
        "REMINDERS_SMS__PROVIDER": "twilio",
        "REMINDERS_SMS__SEGMENTS_PER_SECOND": "1000",
        "REMINDERS_SMS__TWILIO__BASE_URL": twilio.base_url,
        "REMINDERS_SMS__TWILIO__ACCOUNT_SID": twilio.account_sid,
        "REMINDERS_SMS__TWILIO__AUTH_TOKEN": twilio.auth_token,
        "REMINDERS_SMS__TWILIO__FROM_NUMBER": "+15005550006",
        "REMINDERS_SMS__TWILIO__TIMEOUT_SECONDS": "3",
        "REMINDERS_EMAIL__PROVIDER": "smtp",
        "REMINDERS_EMAIL__SMTP__HOST": "127.0.0.1",
        "REMINDERS_EMAIL__SMTP__PORT": str(mail_port),
        "REMINDERS_EMAIL__SMTP__SECURITY": "none",
        "REMINDERS_EMAIL__SMTP__FROM_ADDRESS": "desk@harbourskin.example.org",
        "REMINDERS_EMAIL__SMTP__TIMEOUT_SECONDS": "3",
        **over,
    }


@dataclass(frozen=True, kw_only=True)
class State:
    """Where one reminder stands."""

    channel: str
    status: str
    reason: str | None
    attempts: int

    @property
    def short(self) -> tuple[str, str | None]:
        return self.status, self.reason


class WiredClinic(ClinicDays):
    """A clinic on a set clock. Several may share one database and stand for as many daemons."""

    def __init__(self, database_url: str, twilio: FakeTwilio, mail_port: int, **over: str) -> None:
        super().__init__(database_url, settings_for(twilio, mail_port, **over))
        self.twilio = twilio
        twilio.clock = self.clock

    def record_one(self, **over: Any) -> None:
        """A procedure whose first text is due at `DUE`, and on its due time."""
        self.record_on_time(NEEDLING, "2026-03-10 14:00", **over)
        self.at(DUE)

    def record_many(self, count: int, **over: Any) -> None:
        """As many patients, each with one text due at `DUE`."""
        for number in range(count):
            phone, email = f"+1617555{100 + number:04}", f"patient{number}@example.org"
            self.record_one(name=f"Patient {number}", phone=phone, email=email, **over)

    def take_hidden(self) -> dict[str, Any]:
        """Let Twilio take the text that is in doubt, as if the lost request had got there after all."""
        return self.twilio.accept(self.twilio.posts[0].form)

    def wait(self, **units: float) -> WiredClinic:
        self.clock.now += timedelta(**units)
        return self

    def pass_by(self, **units: float) -> WiredClinic:
        """Let time pass, then dispatch once."""
        self.wait(**units).dispatch()
        return self

    def script(self, fault: Fault, times: int = 1) -> None:
        self.twilio.script(fault, times)

    def dispatch_as(self, fault: Fault) -> State:
        """One reminder, due now, and what became of it when Twilio answers like this."""
        self.record_one()
        self.script(fault)
        self.dispatch()
        return self.state()

    @property
    def texts(self) -> int:
        """How many texts Twilio took."""
        return len(self.twilio.accepted)

    @property
    def tries(self) -> int:
        """How many texts Twilio was asked to take."""
        return len(self.twilio.posts)

    def state(self, patient_id: int = 1, rule: str = "sunscreen", occurrence: int = 1) -> State:
        with reading(self.app.engine) as tx:
            row = tx.scalars(
                select(ReminderRow).where(
                    ReminderRow.patient_id == patient_id, ReminderRow.rule == rule, ReminderRow.occurrence == occurrence
                )
            ).one()
            return State(channel=row.channel, status=row.status, reason=row.reason, attempts=row.attempts)

    def states(self) -> list[tuple[str, str | None]]:
        """(status, reason) of every patient's first text."""
        with reading(self.app.engine) as tx:
            rows = tx.scalars(select(ReminderRow).where(ReminderRow.occurrence == 1).order_by(ReminderRow.id)).all()
            return [(row.status, row.reason) for row in rows if row.rule == "sunscreen"]

    def provider_id(self, patient_id: int = 1) -> str | None:
        return next(
            line.provider_id for line in self.plan(patient_id) if (line.rule, line.occurrence) == ("sunscreen", 1)
        )

    def status(self) -> dict[str, object]:
        with reading(self.app.engine) as tx:
            return dict(read_status(tx, self.clock.now))

    def sender_is_free_at(self) -> datetime | None:
        with reading(self.app.engine) as tx:
            return tx.scalar(select(ChannelRow.free_at).where(ChannelRow.channel == Channel.SMS))

    @contextmanager
    def rows(self, patient_id: int = 1) -> Iterator[list[ReminderRow]]:
        """A patient's rows, to be changed behind the product's back."""
        with writing(self.app.engine) as tx:
            query = select(ReminderRow).where(ReminderRow.patient_id == patient_id).order_by(ReminderRow.id)
            yield list(tx.scalars(query))

    def interrupt(self, channel: str, happening: Callable[[], object]) -> None:
        """Let something happen once, after a message was begun and right before it is handed over."""
        providers = dict(self.work.providers)
        providers[Channel(channel)] = Interrupted(providers[Channel(channel)], happening)
        self.work = replace(self.work, providers=providers)

    def lose_template(self, rule: str) -> None:
        """Nothing of this rule can be written any more."""
        kept = {path: each for path, each in self.work.templates.templates.items() if not path.startswith(f"{rule}/")}
        self.work = replace(self.work, templates=replace(self.work.templates, templates=kept))


class Interrupted:
    """A provider, and what happens in the world right before its first batch."""

    def __init__(self, inner: Provider, happening: Callable[[], object]) -> None:
        self.name = inner.name
        self._inner = inner
        self._happening: Callable[[], object] | None = happening

    def send(self, messages: Sequence[OutgoingMessage]) -> Iterator[Receipt]:
        happening, self._happening = self._happening, None
        if happening is not None:
            happening()
        yield from self._inner.send(messages)

    def find(self, message: UnclearMessage) -> SearchResult:
        return self._inner.find(message)


class Keeping(OutboxProvider):
    """An outbox that keeps what it was given, too."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock)
        self.taken: list[OutgoingMessage] = []

    def send(self, messages: Sequence[OutgoingMessage]) -> Iterator[Receipt]:
        self.taken.extend(messages)
        yield from super().send(messages)


def header(content: bytes, name: str) -> str:
    return str(message_from_bytes(content)[name])
