"""What a rehearsal shows is what the daemon sends: its own ticks, on a database file, over real HTTP and SMTP."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from random import Random
from typing import Any

import pytest
from apscheduler.triggers.interval import IntervalTrigger
from sqlalchemy import func, select

from reminders.clock import SetClock
from reminders.daemon import _Daemon
from reminders.local_time import end_of_day, local_date
from reminders.simulation import Item, Scenario, rehearse
from reminders.simulation.desk import Desk
from reminders.simulation.items import list_items
from reminders.simulation.scenario import build_scenario
from reminders.store.engine import reading
from reminders.tables import AttemptRow, ReminderRow
from reminders.wiring import App, open_app, open_work
from tests.clinic import load_shipped
from tests.dispatching.wired import settings_for
from tests.fakes.smtp import MailServer
from tests.fakes.twilio import FakeTwilio
from tests.simulation.histories import make_history

QUICK = (4, 8)
NOBODY_CONSENTS = (1, 5)
OTHERS = [seed for seed in range(22) if seed not in QUICK + NOBODY_CONSENTS]
SEEDS = [*QUICK, *(pytest.param(seed, marks=pytest.mark.year) for seed in OTHERS)]


def make_scenario_tables(seed: int) -> dict[str, Any]:
    """A random year of two patients; in two of three the daemon is down for some days."""
    raw, chance = make_history(100 + seed, patients=2), Random(seed)
    if raw["events"] and seed % 3:
        begins = chance.choice(raw["events"])["at"] + timedelta(hours=chance.randint(0, 60))
        outage = {"do": "outage", "at": begins, "until": begins + timedelta(hours=chance.randint(1, 300))}
        raw["events"] = sorted([*raw["events"], outage], key=lambda event: event["at"])
    return raw


class RealDays:
    """A clinic whose daemon ticks wherever something may be due: as its rows say, and at each midnight."""

    def __init__(self, scenario: Scenario, app: App, clock: SetClock) -> None:
        self._scenario = scenario
        self._app = app
        self._clock = clock
        # Its jobs as it schedules them, run by hand: the scheduler itself knows no other time than the machine's.
        daemon = _Daemon(open_work(app), app.config.dispatch, threading.Event())
        self._ticks = [job.func for job in daemon._scheduler.get_jobs() if isinstance(job.trigger, IntervalTrigger)]
        self.desk = Desk(app, clock, {})
        self._down_until = clock.now

    def live(self) -> None:
        for patient in self._scenario.patients:
            self.desk.add(patient)
        for step in self._scenario.steps:
            self._tick_until(step.at)
            self._down_until = max(self._down_until, step.until or step.at)
            self.desk.play(step.event)
        self._tick_until(self._scenario.until)

    def _tick_until(self, end: datetime) -> None:
        self._clock.now = min(max(self._clock.now, self._down_until), end)
        while self._clock.now < end:
            for job in self._ticks:
                job()
            self._clock.now = min(end, self._next_moment())

    def _next_moment(self) -> datetime:
        now, zone = self._clock.now, self._scenario.config.clinic.time_zone
        with reading(self._app.engine) as tx:
            waiting = select(func.min(ReminderRow.next_attempt_at)).where(
                ReminderRow.status == "scheduled", ReminderRow.next_attempt_at > now
            )
            unclear = select(func.min(AttemptRow.look_at)).where(AttemptRow.look_at > now)
            known = [tx.scalar(waiting), tx.scalar(unclear)]
        return min([end_of_day(local_date(now, zone), zone), *filter(None, known)])


@pytest.fixture
def twilio() -> Iterator[FakeTwilio]:
    with FakeTwilio() as fake:
        yield fake


@pytest.fixture
def mail() -> Iterator[MailServer]:
    with MailServer() as server:
        yield server


@pytest.mark.parametrize("seed", SEEDS)
def test_the_daemon_sends_what_the_rehearsal_shows(
    seed: int, new_database: Callable[[str], str], twilio: FakeTwilio, mail: MailServer
) -> None:
    raw = make_scenario_tables(seed)
    config = load_shipped(new_database("sqlite"), settings_for(twilio, mail.port))
    scenario = build_scenario(raw, config)
    rehearsed = [item for item in rehearse(scenario).items if item.kind == "send"]

    clock = SetClock(min(step.at for step in scenario.steps))
    twilio.clock = clock
    app = open_app(scenario.config, clock)
    days = RealDays(scenario, app, clock)
    days.live()
    sent = [item for item in list_items(app, days.desk.names, scenario) if item.kind == "send"]
    app.close()

    assert rehearsed
    assert [item.as_json() for item in sent] == [item.as_json() for item in rehearsed]
    assert received_texts(twilio) == shown(rehearsed, scenario, "sms")
    assert received_mails(mail) == shown(rehearsed, scenario, "email")


def shown(items: list[Item], scenario: Scenario, channel: str) -> Counter[tuple[str, str]]:
    """(to whom, what) of each message of this channel, as the rehearsal shows it."""
    patients = {patient.id: patient for patient in scenario.patients}
    messages = {
        item.message: (_address(patients[item.patient or ""], channel), " ".join((item.body or "").split()))
        for item in items
        if item.channel == channel
    }
    return Counter(messages.values())


def _address(patient: Any, channel: str) -> str:
    return str(patient.phone if channel == "sms" else patient.email)


def received_texts(twilio: FakeTwilio) -> Counter[tuple[str, str]]:
    return Counter((post.form["To"], " ".join(post.form["Body"].split())) for post in twilio.posts)


def received_mails(mail: MailServer) -> Counter[tuple[str, str]]:
    """Those to patients: the staff hears of tasks."""
    mails = [message_from_bytes(received.content, _class=EmailMessage, policy=default) for received in mail.received]
    addressed = [(each["To"].addresses[0].addr_spec, _text_of(each)) for each in mails]
    return Counter((to, text) for to, text in addressed if to.startswith("patient"))


def _text_of(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body is not None, "each mail has a plain text"
    return " ".join(body.get_content().split())
