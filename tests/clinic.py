"""A clinic on a clock that is set: what the desk does, and what the days then bring.

The casework, replanning and dispatching are the product's own; only the clock and the database are the test's.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Any, Self, TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy import func, select

from reminders.casework.events import record_answer, record_event, undo_event
from reminders.casework.overrides import clear_override, set_override
from reminders.casework.patients import PatientEntry, add_patient, edit_patient, opt_in, opt_out
from reminders.casework.procedures import (
    ProcedureEntry,
    cancel_procedure,
    correct_procedure,
    decide_course,
    record_procedure,
)
from reminders.casework.sessions import book_session, move_session, unbook_session
from reminders.casework.tasks import complete_task
from reminders.clock import SetClock
from reminders.config import Config, load_config
from reminders.dispatching import Work, dispatch_pass
from reminders.model import Channel, Outcome, OutgoingMessage, Receipt, RefusalKind, SearchResult, UnclearMessage
from reminders.overview import Line, list_plan
from reminders.providers import Provider
from reminders.replanning import replan_patient
from reminders.store.engine import Transaction, reading, writing
from reminders.tables import AttemptRow, MessageRow, PatientRow, ReminderRow, SessionRow, TaskRow, WrittenRow
from reminders.typed import read_when
from reminders.wiring import App, open_app, open_work

ROOT = Path(__file__).resolve().parents[1]

LASER = "fractional-laser"
NEEDLING = "skin-needling"

_AnswerT = TypeVar("_AnswerT")


@dataclass(frozen=True, kw_only=True)
class Sent:
    """One message that left: when on the clinic's clock, by which channel, and which reminders it names."""

    at: str
    channel: str
    rules: tuple[str, ...]
    body: str
    to: str

    @property
    def short(self) -> tuple[str, str]:
        """Such as ('2026-03-10 10:00', 'icing 1')."""
        return self.at, " + ".join(self.rules)


@dataclass(frozen=True, kw_only=True)
class Task:
    """One task of the desk: due when on the clinic's clock, and in which state."""

    rule: str
    due: str
    status: str
    text: str


@dataclass
class SuspendableProvider:
    """A provider whose account can be suspended: it then refuses everything, and says that it is the account."""

    inner: Provider
    is_suspended: bool = False
    name: str = field(init=False)

    def __post_init__(self) -> None:
        self.name = self.inner.name

    def send(self, messages: Sequence[OutgoingMessage]) -> Iterator[Receipt]:
        yield from map(_refuse, messages) if self.is_suspended else self.inner.send(messages)

    def find(self, message: UnclearMessage) -> SearchResult:
        return self.inner.find(message)


def _refuse(message: OutgoingMessage) -> Receipt:
    return Receipt(
        attempt_id=message.attempt_id, outcome=Outcome.REFUSED, kind=RefusalKind.CHANNEL, code="account_suspended"
    )


def load_shipped(database_url: str, environ: Mapping[str, str] | None = None) -> Config:
    """The configuration that ships, on this database."""
    return load_config(ROOT / "config.toml", {"REMINDERS_DATABASE__URL": database_url, **(environ or {})})


class ClinicDays:
    """Use as a context manager. Times are typed as 'YYYY-MM-DD HH:MM' on the clinic's clock, or with an offset."""

    def __init__(self, database_url: str, environ: Mapping[str, str] | None = None) -> None:
        self.config = load_shipped(database_url, environ)
        self.clock = SetClock(datetime(2026, 3, 2, 15, 0, tzinfo=UTC))
        self.app: App = open_app(self.config, self.clock)
        self.providers: dict[Channel, SuspendableProvider] = {}
        self.work: Work = self._open_work()

    def _open_work(self) -> Work:
        work = open_work(self.app)
        self.providers = {channel: SuspendableProvider(inner) for channel, inner in work.providers.items()}
        return replace(work, providers=self.providers)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.app.close()

    # ---- time ----------------------------------------------------------------------------------------------------

    def instant(self, typed: str) -> datetime:
        clinic = self.config.clinic
        return read_when(typed.replace(" ", "T"), clinic.time_zone, clinic.default_procedure_time).at

    def at(self, typed: str) -> Self:
        """Set the clock; nothing is sent on the way there: the service was down, or the desk late."""
        self.clock.now = self.instant(typed)
        return self

    def dispatch(self) -> Self:
        """One pass of the dispatcher, now."""
        dispatch_pass(self.work)
        return self

    def run_until(self, typed: str) -> Self:
        """Let the daemon run: it dispatches whenever something is due, up to and without this moment."""
        end = self.instant(typed)
        while self.clock.now < end:
            self.dispatch()
            self.clock.now = min(end, self._next_moment())
        return self

    def _next_moment(self) -> datetime:
        """The next time that anything falls due, at most six hours away: a lapsed session has no row that says when.

        What is due and has not left, as behind a pause, is tried again within the hour.
        """
        with reading(self.app.engine) as tx:
            is_behind = tx.scalar(
                select(ReminderRow.id)
                .where(ReminderRow.status == "scheduled", ReminderRow.next_attempt_at <= self.clock.now)
                .limit(1)
            )
            waiting = tx.scalar(
                select(func.min(ReminderRow.next_attempt_at)).where(
                    ReminderRow.status == "scheduled", ReminderRow.next_attempt_at > self.clock.now
                )
            )
            by_hand = tx.scalar(
                select(func.min(WrittenRow.next_attempt_at)).where(
                    WrittenRow.status == "scheduled", WrittenRow.next_attempt_at > self.clock.now
                )
            )
            resumes = tx.scalar(select(func.min(PatientRow.paused_until)))
            unclear = tx.scalar(select(func.min(AttemptRow.look_at)).where(AttemptRow.look_at > self.clock.now))
        soonest = self.clock.now + timedelta(hours=1 if is_behind else 6)
        known: list[datetime | None] = [soonest, waiting, by_hand, resumes, unclear]
        return min(filter(None, known))

    def suspend(self, channel: str = "sms") -> None:
        """The provider takes nothing from us any more; the channel pauses at the next try."""
        self.providers[Channel(channel)].is_suspended = True

    def reinstate(self, channel: str = "sms") -> None:
        self.providers[Channel(channel)].is_suspended = False

    def edit_config(self, old: str, new: str, *more: tuple[str, str]) -> None:
        """Edit the shipped `config.toml` and start the program again with it."""
        text = (ROOT / "config.toml").read_text("utf-8")
        for before, after in ((old, new), *more):
            assert text.count(before), f"the shipped config has no {before!r}"
            text = text.replace(before, after)
        with TemporaryDirectory() as folder:
            path = Path(folder) / "config.toml"
            path.write_text(text, "utf-8")
            edited = load_config(path, {"REMINDERS_DATABASE__URL": self.config.database_url})
        self.app.close()
        self.config = replace(edited, templates_dir=self.config.templates_dir)
        self.app = open_app(self.config, self.clock)
        self.work = self._open_work()

    # ---- the desk ------------------------------------------------------------------------------------------------

    def change(self, work: Callable[[Transaction], _AnswerT]) -> _AnswerT:
        with writing(self.app.engine) as tx:
            return work(tx)

    def add(self, name: str = "Ana Diaz", phone: str = "+16175550142", email: str = "ana@example.org") -> int:
        """Add a patient, without a word about consent."""
        entry = PatientEntry(name=name, phone=phone, email=email)
        return self.change(lambda tx: add_patient(tx, self.config.clinic, entry, self.clock.now).id)

    def record(
        self,
        treatment: str,
        performed_at: str,
        *,
        name: str = "Ana Diaz",
        phone: str | None = "+16175550142",
        email: str | None = "ana@example.org",
        consent: tuple[str, ...] = ("sms", "email"),
        patient_id: int | None = None,
        session: int | None = None,
        planned_sessions: int | None = None,
        time_zone: str | None = None,
        attributes: Mapping[str, str] | None = None,
    ) -> int:
        """Record a procedure and return its id; the patient is Ana unless said otherwise."""
        entry = ProcedureEntry(
            treatment=treatment,
            performed_at=performed_at.replace(" ", "T"),
            patient=PatientEntry(name=name, phone=phone, email=email, time_zone=time_zone),
            patient_id=patient_id,
            session=session,
            planned_sessions=planned_sessions,
            attributes=attributes or {},
            consent=tuple(Channel(channel) for channel in consent),
        )
        clinic = self.config.clinic
        return self.change(lambda tx: record_procedure(tx, clinic, entry, self.clock.now)).procedure_id

    def record_on_time(self, treatment: str, performed_at: str, **over: object) -> int:
        """Set the clock to the procedure's end and record it there and then."""
        self.at(performed_at)
        return self.record(treatment, performed_at, **over)  # type: ignore[arg-type]

    def correct(self, procedure_id: int, performed_at: str) -> None:
        typed = performed_at.replace(" ", "T")
        self.change(lambda tx: correct_procedure(tx, self.config.clinic, procedure_id, typed, self.clock.now))

    def cancel(self, procedure_id: int, reason: str = "wrong patient") -> None:
        self.change(lambda tx: cancel_procedure(tx, self.config.clinic, procedure_id, reason, self.clock.now))

    def happen(self, procedure_id: int, name: str, at: str | None = None) -> None:
        """Record an event, now unless said otherwise."""
        typed, clinic = at.replace(" ", "T") if at else None, self.config.clinic
        self.change(lambda tx: record_event(tx, clinic, procedure_id, name, typed, self.clock.now))

    def undo(self, procedure_id: int, name: str) -> None:
        self.change(lambda tx: undo_event(tx, self.config.clinic, procedure_id, name, self.clock.now))

    def answer(self, procedure_id: int, question: str, answer: str) -> None:
        clinic = self.config.clinic
        self.change(lambda tx: record_answer(tx, clinic, procedure_id, question, answer, self.clock.now))

    def override(self, procedure_id: int, rule: str, fields: str, by: str = "Dr. Lee") -> None:
        """Set figures as the file writes them, such as 'from = { days = 3 }'."""
        read, clinic = tomllib.loads(fields), self.config.clinic
        self.change(lambda tx: set_override(tx, clinic, procedure_id, rule, read, by, self.clock.now))

    def clear_override(self, procedure_id: int, rule: str) -> None:
        self.change(lambda tx: clear_override(tx, self.config.clinic, procedure_id, rule, self.clock.now))

    def book(self, treatment: str, starts_at: str, patient_id: int = 1) -> int:
        typed, clinic = starts_at.replace(" ", "T"), self.config.clinic
        return self.change(lambda tx: book_session(tx, clinic, patient_id, treatment, typed, self.clock.now)).session_id

    def move(self, session_id: int, starts_at: str) -> int:
        typed = starts_at.replace(" ", "T")
        return self.change(
            lambda tx: move_session(tx, self.config.clinic, session_id, typed, self.clock.now)
        ).session_id

    def unbook(self, session_id: int) -> None:
        self.change(lambda tx: unbook_session(tx, self.config.clinic, session_id, self.clock.now))

    def decide(self, treatment: str, planned_sessions: int, patient_id: int = 1) -> None:
        clinic = self.config.clinic
        self.change(lambda tx: decide_course(tx, clinic, patient_id, treatment, planned_sessions, self.clock.now))

    def opt_out(self, channel: str = "sms", patient_id: int = 1) -> None:
        self.change(lambda tx: opt_out(tx, self.config.clinic, patient_id, Channel(channel), self.clock.now))

    def opt_in(self, channel: str = "sms", patient_id: int = 1) -> None:
        self.change(lambda tx: opt_in(tx, self.config.clinic, patient_id, Channel(channel), self.clock.now))

    def edit(self, patient_id: int = 1, **fields: Any) -> None:
        entry = replace(PatientEntry(), **fields)
        self.change(lambda tx: edit_patient(tx, self.config.clinic, patient_id, entry, self.clock.now))

    def complete(self, rule: str) -> None:
        """The desk has seen to every open task of this rule."""
        with writing(self.app.engine) as tx:
            for task_id in tx.scalars(select(TaskRow.id).where(TaskRow.rule == rule, TaskRow.status == "open")).all():
                complete_task(tx, task_id, self.clock.now)

    def replan(self, patient_id: int = 1) -> int:
        """Replan once more and return how many rows changed: always 0 where nothing else did."""
        replanned = self.change(lambda tx: replan_patient(tx, self.config.clinic, patient_id, self.clock.now))
        return len(replanned.difference.changes)

    # ---- what came of it -----------------------------------------------------------------------------------------

    def plan(self, patient_id: int = 1) -> list[Line]:
        with reading(self.app.engine) as tx:
            lines = list_plan(tx, self.config.clinic, self.app.templates, patient_id, self.clock.now)
        return [each.line for each in lines]

    def plan_of(self, rule: str, patient_id: int = 1) -> list[tuple[int, str, str, str | None]]:
        """(occurrence, due on the patient's clock, status, reason) of one rule, by occurrence."""
        lines = sorted((line for line in self.plan(patient_id) if line.rule == rule), key=lambda line: line.occurrence)
        return [(line.occurrence, line.due_local[:16].replace("T", " "), line.status, line.reason) for line in lines]

    def sent(self, patient_id: int = 1) -> list[Sent]:
        """The patient's messages that left, by time."""
        with reading(self.app.engine) as tx:
            rows = tx.execute(
                select(MessageRow, AttemptRow)
                .join(AttemptRow, AttemptRow.message_id == MessageRow.id)
                .where(MessageRow.patient_id == patient_id, AttemptRow.provider_id.is_not(None))
                .order_by(AttemptRow.started_at, AttemptRow.id)
            ).all()
            return [self._sent(tx, message, attempt) for message, attempt in rows]

    def _sent(self, tx: Transaction, message: MessageRow, attempt: AttemptRow) -> Sent:
        rows = tx.scalars(select(ReminderRow).where(ReminderRow.message_id == message.id).order_by(ReminderRow.id))
        return Sent(
            at=self._local(attempt.started_at),
            channel=message.channel,
            rules=tuple(f"{row.rule} {row.occurrence}" for row in rows),
            body=message.body,
            to=message.contact,
        )

    def sent_short(self, patient_id: int = 1) -> list[tuple[str, str]]:
        return [each.short for each in self.sent(patient_id)]

    def tasks(self, *, all_of_them: bool = False) -> list[tuple[str, str]]:
        """(rule, status) of the tasks that are due and open, or of all."""
        with reading(self.app.engine) as tx:
            rows = tx.scalars(select(TaskRow).order_by(TaskRow.id)).all()
        return [
            (row.rule, row.status)
            for row in rows
            if all_of_them or (row.status == "open" and row.due_at <= self.clock.now)
        ]

    def tasks_of(self, rule: str) -> list[Task]:
        """Every task of one rule that ever was, in the order they came."""
        with reading(self.app.engine) as tx:
            rows = tx.scalars(select(TaskRow).where(TaskRow.rule == rule).order_by(TaskRow.id)).all()
            return [Task(rule=row.rule, due=self._local(row.due_at), status=row.status, text=row.text) for row in rows]

    def session_state(self, session_id: int) -> str:
        with reading(self.app.engine) as tx:
            row = tx.get(SessionRow, session_id)
            assert row is not None, f"there is no session {session_id}"
            return row.state

    def _local(self, instant: datetime, zone: ZoneInfo | None = None) -> str:
        return instant.astimezone(zone or self.config.clinic.time_zone).strftime("%Y-%m-%d %H:%M")
