"""What a scenario file may say, as tables: patients, and one table for each thing that can happen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, ConfigDict, Field, PlainValidator

from reminders.config.parsing import Table
from reminders.config.values import Line, PositiveWhole
from reminders.model import Channel


class Mode(StrEnum):
    """How a provider behaves from now on."""

    OK = "ok"
    REFUSES_NOW = "refuses_now"
    REFUSES_FOR_GOOD = "refuses_for_good"
    SILENT = "silent"


def read_moment(value: Any) -> str:
    """The text that the front desk would type. TOML has times of its own; a text in quotes will do as well."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str):
        return value.strip()
    raise ValueError("Write a day and a time, such as 2026-03-24T14:30:00.")


def read_minute(value: Any) -> str:
    text = read_moment(value)
    if isinstance(value, date) and not isinstance(value, datetime):
        raise ValueError("Write the time as well, such as 2026-03-24T14:30:00: a day alone is no moment.")
    return text


def check_consent(channels: tuple[Channel, ...]) -> tuple[Channel, ...]:
    if len(set(channels)) != len(channels):
        raise ValueError("Name each channel once.")
    return channels


def read_words(value: Any) -> dict[str, str]:
    if not isinstance(value, dict) or not all(isinstance(each, str) for each in value.values()):
        raise ValueError('Write words in quotes, such as { site = "left cheek" }.')
    return value


Moment = Annotated[str, PlainValidator(read_moment)]
"""As typed at the desk: a day, or a day and a time."""
Minute = Annotated[str, PlainValidator(read_minute)]
"""As typed, always with a time."""
Words = Annotated[dict[str, str], PlainValidator(read_words)]


class PatientTable(Table):
    id: Line
    name: Line | None = None
    phone: Line | None = None
    email: Line | None = None
    consent: Annotated[tuple[Channel, ...], AfterValidator(check_consent)] = ()
    time_zone: Line | None = None
    language: Line | None = None
    attributes: Words = Field(default_factory=dict)


class ScenarioTable(Table):
    """A scenario without its patients and events, which are read one by one."""

    until: Minute
    config: Line | None = None
    clinic: dict[str, Any] = Field(default_factory=dict)
    patients: list[Any] = Field(default_factory=list)
    events: list[Any] = Field(default_factory=list)


# ---- what can happen -------------------------------------------------------------------------------------------


class EventTable(Table):
    at: Minute
    do: str


class RecordProcedure(EventTable):
    do: Literal["record_procedure"]
    patient: Line
    treatment: Line
    performed_at: Moment
    id: Line | None = None
    session: PositiveWhole | None = None
    planned_sessions: PositiveWhole | None = None
    attributes: Words = Field(default_factory=dict)


class CorrectProcedure(EventTable):
    do: Literal["correct_procedure"]
    procedure: Line
    performed_at: Moment


class CancelProcedure(EventTable):
    do: Literal["cancel_procedure"]
    procedure: Line
    reason: Line


class BookSession(EventTable):
    do: Literal["book_session"]
    patient: Line
    treatment: Line
    starts_at: Moment
    id: Line | None = None


class MoveSession(EventTable):
    do: Literal["move_session"]
    session: Line
    starts_at: Moment


class UnbookSession(EventTable):
    do: Literal["unbook_session"]
    session: Line


class DecideCourse(EventTable):
    do: Literal["decide_course"]
    patient: Line
    treatment: Line
    planned_sessions: PositiveWhole


class Happening(EventTable):
    """Something happens to a procedure at `at`, such as `healed`."""

    do: Literal["event"]
    procedure: Line
    name: Line


class Answering(EventTable):
    do: Literal["answer"]
    procedure: Line
    question: Line
    answer: Line


class Overriding(EventTable):
    """A clinician's figures for one patient stand beside `rule`, in the words of the file; casework checks them."""

    model_config = ConfigDict(extra="allow", frozen=True, hide_input_in_errors=True)

    do: Literal["override"]
    procedure: Line
    rule: Line
    by: Line = "the clinician"
    set: dict[str, Any] = Field(default_factory=dict)
    """Figures, too: for `at`, which is a key of the event itself."""

    @property
    def figures(self) -> dict[str, Any]:
        return {**(self.model_extra or {}), **self.set}


class OptingOut(EventTable):
    do: Literal["opt_out"]
    patient: Line
    channel: Channel


class OptingIn(EventTable):
    do: Literal["opt_in"]
    patient: Line
    channel: Channel


class Outage(EventTable):
    """The daemon is down; the desk goes on working."""

    do: Literal["outage"]
    until: Minute


class ProviderMode(EventTable):
    do: Literal["provider"]
    channel: Channel
    mode: Mode


Event = (
    RecordProcedure
    | CorrectProcedure
    | CancelProcedure
    | BookSession
    | MoveSession
    | UnbookSession
    | DecideCourse
    | Happening
    | Answering
    | Overriding
    | OptingOut
    | OptingIn
    | Outage
    | ProviderMode
)

EVENTS: dict[str, type[Event]] = {
    "record_procedure": RecordProcedure,
    "correct_procedure": CorrectProcedure,
    "cancel_procedure": CancelProcedure,
    "book_session": BookSession,
    "move_session": MoveSession,
    "unbook_session": UnbookSession,
    "decide_course": DecideCourse,
    "event": Happening,
    "answer": Answering,
    "override": Overriding,
    "opt_out": OptingOut,
    "opt_in": OptingIn,
    "outage": Outage,
    "provider": ProviderMode,
}


@dataclass(frozen=True, kw_only=True)
class Step:
    """One event, placed in time."""

    place: str
    """Where it stands, such as `events.3`: the third of the file."""
    at: datetime
    event: Event
    until: datetime | None = None
    """When an outage is over."""
