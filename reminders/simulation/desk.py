"""The front desk of a rehearsal: plays each event through the casework, under the ids that the scenario gives."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeVar

from reminders.casework.events import record_answer, record_event
from reminders.casework.overrides import set_override
from reminders.casework.patients import PatientEntry, add_patient, give_consent, opt_in, opt_out
from reminders.casework.procedures import (
    ProcedureEntry,
    cancel_procedure,
    correct_procedure,
    decide_course,
    record_procedure,
)
from reminders.casework.sessions import book_session, move_session, unbook_session
from reminders.clock import SetClock
from reminders.model import Channel
from reminders.rules import Clinic
from reminders.simulation.providers import ScriptedProvider
from reminders.simulation.tables import (
    Answering,
    BookSession,
    CancelProcedure,
    CorrectProcedure,
    DecideCourse,
    Event,
    Happening,
    MoveSession,
    OptingIn,
    OptingOut,
    Outage,
    Overriding,
    PatientTable,
    ProviderMode,
    RecordProcedure,
    UnbookSession,
)
from reminders.store.engine import Transaction, writing
from reminders.wiring import App

_AnswerT = TypeVar("_AnswerT")


class Names:
    """Which row of the database has which id of the scenario."""

    def __init__(self) -> None:
        self.patients: dict[str, int] = {}
        self.procedures: dict[str, int] = {}
        self.sessions: dict[str, int] = {}
        self.of_patient: dict[int, str] = {}
        self.of_procedure: dict[int, str] = {}
        self.of_session: dict[int, str] = {}

    def name_patient(self, name: str, row: int) -> None:
        self.patients[name], self.of_patient[row] = row, name

    def name_procedure(self, name: str | None, row: int) -> None:
        """Entered twice, a procedure keeps its first name, and both mean it."""
        if name is not None:
            self.procedures[name] = row
            self.of_procedure.setdefault(row, name)

    def name_session(self, name: str | None, row: int) -> None:
        """After a move the name is the new session's; what the old one had is still shown under it."""
        if name is not None:
            self.sessions[name] = row
            self.of_session.setdefault(row, name)

    def name_rows(self, sentence: str) -> str:
        """A refusal of the front desk, with the scenario's ids in place of the numbers of its database."""
        for words, names in (
            ("[Pp]rocedure|reminders correct", self.of_procedure),
            # "As session 2" is the second of its course.
            ("Session|unbook session|reminders move", self.of_session),
            ("Patient|patient edit|reminders decide", self.of_patient),
        ):
            for row, name in names.items():
                sentence = re.sub(rf"\b({words}) {row}\b", rf'\1 "{name}"', sentence)
        return sentence


class Desk:
    def __init__(self, app: App, clock: SetClock, providers: dict[Channel, ScriptedProvider]) -> None:
        self.names = Names()
        self._app = app
        self._clock = clock
        self._providers = providers

    @property
    def _clinic(self) -> Clinic:
        return self._app.config.clinic

    def _change(self, work: Callable[[Transaction], _AnswerT]) -> _AnswerT:
        with writing(self._app.engine) as tx:
            return work(tx)

    def add(self, patient: PatientTable) -> None:
        """Add a patient with the consent given. Raises Refusal."""
        entry = PatientEntry(
            name=patient.name or patient.id,
            phone=patient.phone,
            email=patient.email,
            time_zone=patient.time_zone,
            language=patient.language,
            attributes=patient.attributes,
        )
        with writing(self._app.engine) as tx:
            row = add_patient(tx, self._clinic, entry, self._clock.now)
            give_consent(tx, row, patient.consent, self._clock.now)
        self.names.name_patient(patient.id, row.id)

    def play(self, event: Event) -> None:
        """Do what the event says, now. Raises Refusal as the front desk would be refused."""
        match event:
            case RecordProcedure():
                self._record(event)
            case BookSession():
                self._book(event)
            case MoveSession():
                self._move(event)
            case ProviderMode():
                self._providers[event.channel].mode = event.mode
            case Outage():
                pass  # the desk does not notice
            case _:
                self._change(lambda tx: self._do(tx, event))

    def _do(self, tx: Transaction, event: Event) -> None:
        """What needs no name in return."""
        clinic, names, now = self._clinic, self.names, self._clock.now
        match event:
            case CorrectProcedure():
                correct_procedure(tx, clinic, names.procedures[event.procedure], event.performed_at, now)
            case CancelProcedure():
                cancel_procedure(tx, clinic, names.procedures[event.procedure], event.reason, now)
            case UnbookSession():
                unbook_session(tx, clinic, names.sessions[event.session], now)
            case DecideCourse():
                patient_id = names.patients[event.patient]
                decide_course(tx, clinic, patient_id, event.treatment, event.planned_sessions, now)
            case Happening():
                record_event(tx, clinic, names.procedures[event.procedure], event.name, None, now)
            case Answering():
                record_answer(tx, clinic, names.procedures[event.procedure], event.question, event.answer, now)
            case Overriding():
                procedure_id = names.procedures[event.procedure]
                set_override(tx, clinic, procedure_id, event.rule, event.figures, event.by, now)
            case OptingOut():
                opt_out(tx, clinic, names.patients[event.patient], event.channel, now)
            case OptingIn():
                opt_in(tx, clinic, names.patients[event.patient], event.channel, now)

    def _record(self, event: RecordProcedure) -> None:
        entry = ProcedureEntry(
            treatment=event.treatment,
            performed_at=event.performed_at,
            patient_id=self.names.patients[event.patient],
            session=event.session,
            planned_sessions=event.planned_sessions,
            attributes=event.attributes,
        )
        recorded = self._change(lambda tx: record_procedure(tx, self._clinic, entry, self._clock.now))
        self.names.name_procedure(event.id, recorded.procedure_id)

    def _book(self, event: BookSession) -> None:
        patient_id, now = self.names.patients[event.patient], self._clock.now
        booked = self._change(
            lambda tx: book_session(tx, self._clinic, patient_id, event.treatment, event.starts_at, now)
        )
        self.names.name_session(event.id, booked.session_id)

    def _move(self, event: MoveSession) -> None:
        session_id, now = self.names.sessions[event.session], self._clock.now
        moved = self._change(lambda tx: move_session(tx, self._clinic, session_id, event.starts_at, now))
        self.names.name_session(event.session, moved.session_id)
