"""The rule language: what `config.toml` can say about timing, as frozen dataclasses. Imports the model only."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, time
from enum import StrEnum
from typing import Literal
from zoneinfo import ZoneInfo

from reminders.model import Audience, Channel, Quiet, TextLimits


class Unit(StrEnum):
    MINUTES = "minutes"
    HOURS = "hours"
    DAYS = "days"
    WEEKS = "weeks"
    MONTHS = "months"

    @property
    def is_elapsed(self) -> bool:
        """Hours and minutes run through a change of the clocks; days, weeks and months move the date (P1, P2)."""
        return self in (Unit.MINUTES, Unit.HOURS)


class Bound(StrEnum):
    NOMINAL = "nominal"
    AT_LEAST = "at_least"
    AT_MOST = "at_most"


class Calendar(StrEnum):
    """Which days count."""

    ALL_DAYS = "all_days"
    BUSINESS_DAYS = "business_days"
    """The clinic's open days: days are counted in them, and nothing falls on another one."""


class Anchor(StrEnum):
    """What a rule counts from, where it is no event."""

    PROCEDURE_END = "procedure_end"
    """t0, to the minute."""
    PROCEDURE_DATE = "procedure_date"
    """D0, the day of the procedure."""
    TARGET = "target"
    """The day the next session may be: D0 plus the treatment's interval."""
    SESSION = "session"
    """The booked next visit."""


@dataclass(frozen=True, kw_only=True)
class Source:
    """Where a figure stands."""

    document: str
    section: str
    figure: str
    """The words that hold the figure, as the document has them."""


@dataclass(frozen=True, kw_only=True)
class Duration:
    """A length of time. `source` is None where the clinic supplied the figure itself."""

    value: int
    """The shortest, of a range."""
    unit: Unit
    bound: Bound = Bound.NOMINAL
    most: int | None = None
    """The longest, of a range."""
    source: Source | None = None

    @property
    def longest(self) -> Duration:
        """The far end of a range; the length itself where it is none."""
        return self if self.most is None else replace(self, value=self.most, most=None)


@dataclass(frozen=True, kw_only=True)
class Event:
    """What the desk records of a procedure when it happens: `healed`, `first-dose`."""

    name: str
    fallback: Duration | None = None
    """Of an anchor: how long after the procedure it is taken to happen while nothing is recorded; None: not at all.
    Of an end: the latest it can be, recorded or not."""


@dataclass(frozen=True, kw_only=True)
class Count:
    """A number, or a range where `most` differs from `least`."""

    least: int
    most: int
    source: Source | None = None


@dataclass(frozen=True, kw_only=True)
class ClockTime:
    """A local time of day."""

    value: time
    part: str | None = None
    """The part of day that it was written as."""
    source: Source | None = None


@dataclass(frozen=True, kw_only=True)
class Slots:
    """Several local times of one day, earliest first."""

    times: tuple[time, ...]
    source: Source | None = None


@dataclass(frozen=True, kw_only=True)
class EndOfDay:
    """The local midnight after day `day` of the anchor."""

    day: int
    source: Source | None = None


@dataclass(frozen=True, kw_only=True)
class AfterDue:
    """So long after the moment at which an occurrence is due."""

    length: Duration


Figure = Duration | Count | ClockTime | Slots | EndOfDay


class Expiry(StrEnum):
    NEXT = "next"
    """When the next occurrence is due; the last one at `until`."""
    UNTIL = "until"
    """At `until`, all of them."""
    ANCHOR = "anchor"
    """At the anchor itself: when the session starts."""
    SAME_DAY = "same_day"
    """At the midnight after the day on which it is due."""


@dataclass(frozen=True, kw_only=True)
class Repeat:
    """Every so often, or at the slots of every so many days: `times` in all, or until the rule or its phase ends."""

    every: Duration | None = None
    """None: every day. Only where there are slots."""
    slots: Slots | None = None
    times: Count | None = None


@dataclass(frozen=True, kw_only=True)
class Phase:
    """A stretch of a series with a rhythm of its own; the next one begins where it ends."""

    lasts: Duration | None = None
    """None: to the end of the rule. Only the last one."""
    repeat: Repeat | None = None
    """None: once, as it begins."""


@dataclass(frozen=True, kw_only=True)
class AppliesTo:
    """Whom of a treatment's patients a rule is for; None and {} are 'all of them'."""

    session: int | Literal["last"] | None = None
    """The nth of the course; the last one, once the number of sessions is decided."""
    sessions_from: int | None = None
    """The nth of the course and all after it."""
    attributes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """What each of these attributes of the procedure, or else of the patient, must be: any of the values."""


@dataclass(frozen=True, kw_only=True)
class When:
    """Conditions; None and () are 'no matter'. A rule whose conditions do not hold is withheld with the reason."""

    session_due: bool | None = None
    """The course has a next session: it is undecided and short of the usual number, or decided and not done."""
    session_booked: bool | None = None
    """A session of this treatment is open."""
    total_decided: bool | None = None
    """The clinician has set the number of sessions."""
    answer: Mapping[str, str] = field(default_factory=dict)
    """These questions have these answers."""
    unanswered: tuple[str, ...] = ()
    """These questions have no answer yet."""
    happened: tuple[str, ...] = ()
    """These events are recorded: a result received, a sample handed in."""
    not_happened: tuple[str, ...] = ()
    """These events are not."""


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One timing rule of one treatment. Fields are those of the rule language, and mean the same in every rule."""

    id: str
    treatment: str
    anchor: Anchor | Event
    starts: Duration
    """`from` in the file: from the anchor to the first occurrence; negative before it."""
    expires: Expiry | EndOfDay | AfterDue | Duration
    applies_to: AppliesTo = field(default_factory=AppliesTo)
    until: Duration | Event | None = None
    """No occurrence at or after it."""
    day_base: int = 0
    """0: day 1 is the day after the anchor's. 1: day 1 is the anchor's own day."""
    repeat: Repeat | None = None
    phases: tuple[Phase, ...] = ()
    """One after the other from `from` on, in place of `repeat`."""
    at: ClockTime | None = None
    quiet: Quiet = Quiet.DEFER
    quiet_first: Quiet | None = None
    """For the first of a series, where it differs."""
    max_messages: Count | None = None
    priority: int = 0
    """Where a patient would get too many texts, those of the higher rules leave."""
    when: When = field(default_factory=When)
    audience: Audience = Audience.PATIENT
    channels: tuple[Channel, ...] = (Channel.SMS, Channel.EMAIL)
    supersede_key: str | None = None
    """A newer procedure with a rule of the same key ends this one's occurrences from its own t0 on."""
    calendar: Calendar = Calendar.ALL_DAYS

    def list_figures(self) -> list[tuple[str, Figure]]:
        """Every figure of the rule with its key in the file, as far as it is given."""
        expires = self.expires.length if isinstance(self.expires, AfterDue) else self.expires
        figures: list[tuple[str, object]] = [
            ("anchor.fallback", self.anchor.fallback if isinstance(self.anchor, Event) else None),
            ("from", self.starts),
            *_figures_of_repeat("", self.repeat),
            *(each for number, phase in enumerate(self.phases) for each in _figures_of_phase(number, phase)),
            ("until.fallback", self.until.fallback if isinstance(self.until, Event) else None),
            ("until", self.until),
            ("at", self.at),
            ("expires", expires),
            ("max_messages", self.max_messages),
        ]
        return [(key, figure) for key, figure in figures if isinstance(figure, Figure)]


def _figures_of_repeat(key: str, repeat: Repeat | None) -> list[tuple[str, object]]:
    if repeat is None:
        return []
    return [(f"{key}every", repeat.every), (f"{key}slots", repeat.slots), (f"{key}times", repeat.times)]


def _figures_of_phase(number: int, phase: Phase) -> list[tuple[str, object]]:
    key = f"phases.{number}."
    return [(f"{key}lasts", phase.lasts), *_figures_of_repeat(key, phase.repeat)]


@dataclass(frozen=True, kw_only=True)
class Treatment:
    id: str
    name: str
    rules: tuple[Rule, ...]
    sessions: Count | None = None
    """The usual number of sessions of a course; None: it goes on for as long as the interval does."""
    interval: Duration | None = None
    """From one session to the next; its bound is checked against visits. None: there is no next session."""
    late_limit: Duration | None = None
    """From one session to the latest day of the next; checked against visits."""
    calendar: Calendar = Calendar.ALL_DAYS
    """Of the interval."""
    attributes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """What can be noted of a procedure, such as the body site, and the values it may have."""
    events: tuple[str, ...] = ()
    """What can be recorded of a procedure later."""
    questions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """What the patient can be asked, and the answers there are."""

    def list_figures(self) -> list[tuple[str, Figure]]:
        """The treatment's own figures with their keys in the file, as far as they are given."""
        figures = [("sessions", self.sessions), ("interval", self.interval), ("late_limit", self.late_limit)]
        return [(key, figure) for key, figure in figures if figure is not None]


@dataclass(frozen=True, kw_only=True)
class VisitRules:
    """The clinic's own figures around booked visits."""

    outcome_at: ClockTime
    """When the desk is asked, on the day after a booked day, what became of it."""
    matches_within: Duration
    """How far from its day a recorded procedure still closes a session; later the session no longer counts."""
    correction_lead: Duration
    """A correction must leave this long before the visit; else the desk calls."""


Window = tuple[time, time]
"""[start, end) of one local day."""


@dataclass(frozen=True, kw_only=True)
class OpeningHours:
    """When the clinic works: its business days, and the hours of each."""

    windows: tuple[Window | None, ...]
    """Seven, Monday first; None: closed on that weekday."""
    closed_on: Container[date] = frozenset()
    """Single days, and holidays."""

    def window_on(self, day: date) -> Window | None:
        return None if day in self.closed_on else self.windows[day.weekday()]


@dataclass(frozen=True, kw_only=True)
class Clinic:
    """What planning needs to know of the clinic."""

    name: str
    sms_name: str
    phone: str
    time_zone: ZoneInfo
    country: str
    sending_hours: tuple[Window | None, ...]
    """Seven windows, Monday first; None: nothing leaves on that day."""
    default_procedure_time: time
    visits: VisitRules
    treatments: Mapping[str, Treatment]
    opening_hours: OpeningHours | None = None
    """None: the clinic has not said; no rule may count in business days."""
    text_limits: TextLimits | None = None
    """None: as many as the rules yield."""
