"""Plays a scenario: the desk's events and the daemon's work, on a clock that jumps to each next moment."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby

from reminders.clock import SetClock
from reminders.config import Config, EmailSettings, Fault, SmsSettings
from reminders.config.paths import join_path
from reminders.dispatching import Work, dispatch_due, settle_in_doubt, tidy_up
from reminders.model import Channel, Refusal
from reminders.simulation.database import empty_database
from reminders.simulation.desk import Desk
from reminders.simulation.items import Item, list_items
from reminders.simulation.moments import read_moments
from reminders.simulation.providers import ScriptedProvider
from reminders.simulation.scenario import Scenario, ScenarioFaults, place_faults
from reminders.simulation.tables import Step
from reminders.wiring import App, open_app, open_work


@dataclass(frozen=True, kw_only=True)
class Rehearsal:
    """What came of a scenario."""

    scenario: Scenario
    items: tuple[Item, ...]


def rehearse(scenario: Scenario) -> Rehearsal:
    """Play a scenario in memory; nothing leaves the machine and nothing is kept.

    Raises ScenarioFaults with everything that the front desk refused, and TemplateFaults.
    """
    with open_stage(scenario) as stage:
        stage.play()
        return Rehearsal(scenario=scenario, items=tuple(list_items(stage.app, stage.desk.names, scenario)))


@contextmanager
def open_stage(scenario: Scenario) -> Iterator[Stage]:
    """Everything that a scenario is played with, for those who want to look at its rows, too."""
    clock = SetClock(min((step.at for step in scenario.steps), default=scenario.until))
    with empty_database() as engine:
        app = replace(open_app(_harmless(scenario.config), clock), engine=engine)
        yield Stage(scenario, app, clock)


def _harmless(config: Config) -> Config:
    """The same rules and texts, without the clinic's database and providers."""
    return replace(config, database_url="sqlite://", sms=SmsSettings(), email=EmailSettings())


class Stage:
    """A clinic in memory, its desk and its daemon."""

    def __init__(self, scenario: Scenario, app: App, clock: SetClock) -> None:
        self.app = app
        self._scenario = scenario
        self._clock = clock
        self._providers = {channel: ScriptedProvider(channel, clock) for channel in Channel}
        # A retry's wait is spread by chance; a rehearsal is the same each time.
        self._work = replace(open_work(app), providers=self._providers, jitter=lambda: 0.5)
        self.desk = Desk(app, clock, self._providers)
        self._down_until = clock.now
        self._refused: list[Fault] = []

    def play(self) -> None:
        self._add_patients()
        for at, steps in groupby(self._scenario.steps, key=lambda step: step.at):
            self._run_until(at)
            for step in steps:
                self._play_step(step)
        self._run_until(self._scenario.until)
        if self._refused:
            raise ScenarioFaults(self._place_refused())

    def _place_refused(self) -> list[Fault]:
        scenario = self._scenario
        return place_faults(self._refused, scenario.file, scenario.lines) if scenario.file else self._refused

    def _add_patients(self) -> None:
        for number, patient in enumerate(self._scenario.patients, start=1):
            try:
                self.desk.add(patient)
            except Refusal as refusal:
                self._refused.append(Fault(join_path(self._scenario.place, "patients", number), str(refusal)))

    def _play_step(self, step: Step) -> None:
        if step.until is not None:
            self._down_until = max(self._down_until, step.until)
        try:
            self.desk.play(step.event)
        except Refusal as refusal:
            self._refused.append(Fault(step.place, self.desk.names.name_rows(str(refusal))))
        except KeyError:
            # It speaks of what was refused before: one fault is not to look like two.
            assert self._refused, "the scenario's references were checked before it began"

    def _run_until(self, end: datetime) -> None:
        """The daemon at work, up to and without this moment, unless it is down."""
        if self._clock.now < self._down_until:
            self._clock.now = min(self._down_until, end)
        run_until(self._work, self._clock, end)


def run_until(work: Work, clock: SetClock, end: datetime) -> None:
    """Let the daemon run, up to and without this moment: each part of its work whenever it has something to do.

    Mails to the staff are left out: a rehearsal shows the tasks that they speak of.
    """
    moments = read_moments(work.engine, work.clinic)
    while clock.now < end:
        if _is_due(moments.tidy, clock.now):
            tidy_up(work)
            moments = read_moments(work.engine, work.clinic)
        if channels := moments.list_due(clock.now):
            dispatch_due(work, channels=channels)
            moments = read_moments(work.engine, work.clinic)
        if _is_due(moments.settle, clock.now):
            settle_in_doubt(work)
            moments = read_moments(work.engine, work.clinic)
        clock.now = min(end, moments.next_after(clock.now) or end)


def _is_due(moment: datetime | None, now: datetime) -> bool:
    return moment is not None and moment <= now
