"""A change that comes while a text is being handed over, and the provider then refuses it for now."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from reminders.model import Channel, Outcome, OutgoingMessage, Receipt, SearchResult, UnclearMessage
from reminders.providers import Provider
from tests.clinic import LASER, ClinicDays


@dataclass
class BusyOnce:
    """A provider that refuses its first message for now, while the desk is at work."""

    provider: Provider
    meanwhile: Callable[[], object]
    is_busy: bool = True
    name: str = "outbox"

    def send(self, messages: Sequence[OutgoingMessage]) -> Iterator[Receipt]:
        if not self.is_busy:
            yield from self.provider.send(messages)
            return
        self.is_busy = False
        self.meanwhile()
        for message in messages:
            yield Receipt(attempt_id=message.attempt_id, outcome=Outcome.REFUSED, code="busy")

    def find(self, message: UnclearMessage) -> SearchResult:
        return self.provider.find(message)


def interrupt(clinic: ClinicDays, meanwhile: Callable[[], object]) -> None:
    """The next text is refused for now, and this happens at the desk at that very moment."""
    providers = dict(clinic.work.providers)
    providers[Channel.SMS] = BusyOnce(providers[Channel.SMS], meanwhile)
    clinic.work = replace(clinic.work, providers=providers)


def test_a_procedure_cancelled_while_its_text_was_refused_sends_nothing_more(clinic: ClinicDays) -> None:
    """R25"""
    procedure = clinic.record_on_time(LASER, "2026-03-10 10:00", consent=("sms",))
    clinic.run_until("2026-03-12 09:59").at("2026-03-12 10:00")
    before = clinic.sent_short()
    interrupt(clinic, lambda: clinic.cancel(procedure))

    clinic.dispatch().run_until("2026-03-14 10:00")

    assert clinic.sent_short() == before


def test_a_visit_moved_while_its_text_was_refused_is_told_at_its_new_time(clinic: ClinicDays) -> None:
    clinic.record_on_time(LASER, "2026-03-10 10:00", consent=("sms",))
    session = clinic.book(LASER, "2026-04-10 14:00")
    clinic.run_until("2026-04-09 09:59").at("2026-04-09 10:00")
    interrupt(clinic, lambda: clinic.move(session, "2026-04-20 15:00"))

    clinic.dispatch().run_until("2026-04-21 00:00")

    told = [each.body for each in clinic.sent() if "visit is" in each.body]
    assert "April 10" not in told[-1]
    assert "April 20" in told[-1]


def test_a_patient_who_opted_out_while_a_text_was_refused_gets_no_other(clinic: ClinicDays) -> None:
    """F9"""
    clinic.record_on_time(LASER, "2026-03-10 10:00", consent=("sms",))
    clinic.run_until("2026-03-12 09:59").at("2026-03-12 10:00")
    before = clinic.sent_short()
    interrupt(clinic, lambda: clinic.opt_out("sms"))

    clinic.dispatch().run_until("2026-03-14 10:00")

    assert clinic.sent_short() == before
