"""Invented patients: what the desk did for each, played through the casework and the dispatcher on a clock that is set.

Names and numbers are made up. Days are counted from today: -12 is twelve days ago.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from sqlalchemy import Engine, select

from reminders.casework.messages import MessageEntry, write_message
from reminders.casework.patients import PatientEntry, opt_out
from reminders.casework.pauses import pause_patient
from reminders.casework.procedures import ProcedureEntry, correct_procedure, decide_course, record_procedure
from reminders.casework.sessions import book_session, move_session
from reminders.clock import SetClock
from reminders.config import Config, EmailSettings, SmsSettings
from reminders.local_time import local_date
from reminders.model import Channel, Refusal, SessionState
from reminders.rules import Clinic
from reminders.simulation.database import empty_database
from reminders.simulation.rehearsing import run_until
from reminders.store.engine import Transaction, writing
from reminders.tables import PatientRow, ProcedureRow, SessionRow
from reminders.typed import fold_name, read_when
from reminders.wiring import App, open_app, open_work

_STAFF = "Robin"
_ENTERED_AFTER = timedelta(minutes=20)
"""From the end of a procedure to its entry at the desk."""


@contextmanager
def played_clinic(config: Config, now: datetime) -> Iterator[Engine]:
    """A database in memory that holds the clinic as it stands at `now`."""
    # The same rules and texts; no provider, whatever the configuration says.
    harmless = replace(config, database_url="sqlite://", sms=SmsSettings(), email=EmailSettings())
    with empty_database() as engine:
        story = _Story(app=replace(open_app(harmless, SetClock(now)), engine=engine), now=now)
        _tell(story)
        story.play()
        yield engine


Act = Callable[[Transaction, datetime], object]


@dataclass(frozen=True, kw_only=True)
class _Story:
    app: App
    now: datetime
    steps: list[tuple[datetime, Act]] = field(default_factory=list)

    @property
    def clinic(self) -> Clinic:
        return self.app.config.clinic

    def play(self) -> None:
        steps = sorted(self.steps, key=lambda step: step[0])
        clock = SetClock(min((at for at, _ in steps), default=self.now))
        work = replace(open_work(replace(self.app, clock=clock)), jitter=lambda: 0.5)
        for at, act in steps:
            run_until(work, clock, at)
            # Another clinic's rules may refuse what suits ours: then its demo has a little less in it.
            with suppress(Refusal), writing(self.app.engine, by=_STAFF) as tx:
                act(tx, clock.now)
        run_until(work, clock, self.now)

    # ---- when and what -------------------------------------------------------------------------------------------

    def treatment(self, number: int) -> str:
        """The clinic's first, second …; round and round where it has fewer."""
        known = list(self.clinic.treatments)
        return known[number % len(known)]

    def typed(self, days: int, clock: str) -> str:
        return f"{local_date(self.now, self.clinic.time_zone) + timedelta(days=days)}T{clock}"

    def instant(self, days: int, clock: str) -> datetime:
        return read_when(self.typed(days, clock), self.clinic.time_zone, self.clinic.default_procedure_time).at

    def step(self, at: datetime, act: Act) -> None:
        if at <= self.now:
            self.steps.append((at, act))

    # ---- the desk ------------------------------------------------------------------------------------------------

    def had(
        self,
        patient: PatientEntry,
        treatment: int,
        days: int,
        clock: str,
        consent: Sequence[Channel] = tuple(Channel),
    ) -> None:
        """A procedure, entered soon after its end; one that would lie ahead ended an hour ago."""
        ended_at = min(self.instant(days, clock), self.now - timedelta(hours=1)).replace(second=0, microsecond=0)
        entry = ProcedureEntry(
            treatment=self.treatment(treatment),
            performed_at=ended_at.strftime("%Y-%m-%dT%H:%MZ"),
            patient=patient,
            consent=tuple(consent),
        )
        self.step(ended_at + _ENTERED_AFTER, lambda tx, now: record_procedure(tx, self.clinic, entry, now))

    def decided(self, patient: PatientEntry, treatment: int, sessions: int, days: int) -> None:
        name = self.treatment(treatment)
        self.step(
            self.instant(days, "16:00"),
            lambda tx, now: decide_course(tx, self.clinic, _find(tx, patient), name, sessions, now),
        )

    def corrected(self, patient: PatientEntry, days: int, to_days: int, clock: str) -> None:
        def correct(tx: Transaction, now: datetime) -> None:
            last = select(ProcedureRow.id).where(ProcedureRow.patient_id == _find(tx, patient))
            procedure_id = tx.scalars(last.order_by(ProcedureRow.id.desc())).first() or 0
            correct_procedure(tx, self.clinic, procedure_id, self.typed(to_days, clock), now)

        self.step(self.instant(days, "15:00"), correct)

    def booked(self, patient: PatientEntry, treatment: int, days: int, visit_days: int, clock: str) -> None:
        name, starts_at = self.treatment(treatment), self.typed(visit_days, clock)
        self.step(
            self.instant(days, "11:30"),
            lambda tx, now: book_session(tx, self.clinic, _find(tx, patient), name, starts_at, now),
        )

    def moved(self, patient: PatientEntry, days: int, visit_days: int, clock: str) -> None:
        def move(tx: Transaction, now: datetime) -> None:
            standing = select(SessionRow.id).where(
                SessionRow.patient_id == _find(tx, patient), SessionRow.state == SessionState.OPEN
            )
            move_session(tx, self.clinic, tx.scalars(standing).first() or 0, self.typed(visit_days, clock), now)

        self.step(self.instant(days, "12:15"), move)

    def opted_out(self, patient: PatientEntry, days: int) -> None:
        self.step(
            self.instant(days, "09:40"),
            lambda tx, now: opt_out(tx, self.clinic, _find(tx, patient), Channel.SMS, now),
        )

    def paused(self, patient: PatientEntry, days: int, until_days: int, reason: str) -> None:
        until = self.typed(until_days, "08:00")[:10]
        self.step(
            self.instant(days, "14:10"),
            lambda tx, now: pause_patient(tx, self.clinic, _find(tx, patient), reason, until, now),
        )

    def wrote(self, patient: PatientEntry, days: int, body: str) -> None:
        def write(tx: Transaction, now: datetime) -> None:
            entry = MessageEntry(patient_id=_find(tx, patient), channel=Channel.SMS, body=body)
            write_message(tx, self.clinic, self.app.templates, entry, now)

        self.step(self.instant(days, "13:05"), write)


def _find(tx: Transaction, patient: PatientEntry) -> int:
    named = select(PatientRow.id).where(PatientRow.name_key == fold_name(patient.name or ""))
    # 0 is nobody's number, and is refused as such.
    return tx.scalar(named) or 0


def _person(number: int, name: str, mailbox: str, time_zone: str | None = None) -> PatientEntry:
    return PatientEntry(
        name=name, phone=f"+1617555{100 + number:04}", email=f"{mailbox}@example.org", time_zone=time_zone
    )


def _tell(story: _Story) -> None:
    """Twelve patients; each is there to show something."""
    mara = _person(1, "Mara Quill", "mara")  # in the middle of a decided course
    story.had(mara, 0, -36, "10:30")
    story.decided(mara, 0, 4, -36)
    story.had(mara, 0, -4, "11:00")

    theo = _person(2, "Theo Lindqvist", "theo")  # the other treatment, texts only
    story.had(theo, 1, -12, "15:30", consent=(Channel.SMS,))

    iris = _person(3, "Iris Okafor", "iris")  # the first day after
    story.had(iris, 0, 0, "09:00")

    jonas = _person(4, "Jonas Falk", "jonas")  # his next visit is the day after tomorrow
    story.had(jonas, 1, -44, "14:00")
    story.booked(jonas, 1, -5, 2, "14:30")

    priya = _person(5, "Priya Castellan", "priya")  # her visit moved after a text had named it
    story.had(priya, 0, -31, "12:00")
    story.booked(priya, 0, -9, 1, "10:00")
    story.moved(priya, 0, 3, "16:30")

    lena = _person(6, "Lena Abbott", "lena")  # nobody has asked her whether she wants texts
    story.had(lena, 0, -2, "16:00", consent=())

    samuel = _person(7, "Samuel Ortiz", "samuel")  # emails in place of texts
    story.had(samuel, 1, -20, "09:30")
    story.opted_out(samuel, -13)

    noor = _person(8, "Noor Haddad", "noor")  # her next session is due, and nothing is booked
    story.had(noor, 0, -38, "17:00")

    elodie = _person(9, "Élodie Marchand", "elodie", "America/Los_Angeles")  # entered with a wrong day, from afar
    story.had(elodie, 0, -6, "13:00")
    story.corrected(elodie, -5, -7, "13:00")

    kofi = _person(10, "Kofi Mensah", "kofi")  # a third session: how many shall there be?
    for days in (-101, -55, -9):
        story.had(kofi, 1, days, "10:15")

    greta = _person(11, "Greta Sandoval", "greta")  # paused for a week
    story.had(greta, 0, -5, "11:45")
    story.paused(greta, -2, 5, "in hospital for something else")

    oscar = _person(12, "Oscar Whitlock", "oscar")  # nobody has said what became of yesterday's visit
    story.had(oscar, 1, -50, "09:00")
    story.booked(oscar, 1, -14, -1, "09:30")
    story.wrote(oscar, -14, "Thank you for the photo. The treated area looks as we hoped: carry on as you do.")
