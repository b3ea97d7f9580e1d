"""The rule language: what `config.toml` can say about timing, as frozen dataclasses. Imports the model only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import time
from enum import StrEnum
from zoneinfo import ZoneInfo

from reminders.model import Audience, Channel, Quiet


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


class Anchor(StrEnum):
    """What a rule counts from."""

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
    unit: Unit
    bound: Bound = Bound.NOMINAL
    source: Source | None = None


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
    source: Source | None = None


@dataclass(frozen=True, kw_only=True)
class EndOfDay:
    """The local midnight after day `day` of the anchor."""

    day: int
    source: Source | None = None


Figure = Duration | Count | ClockTime | EndOfDay


class Expiry(StrEnum):
    NEXT = "next"
    """When the next occurrence is due; the last one at `until`."""
    UNTIL = "until"
    """At `until`, all of them."""
    ANCHOR = "anchor"
    """At the anchor itself: when the session starts."""


@dataclass(frozen=True, kw_only=True)
class Repeat:
    """Every so often: `times` occurrences, or as many as fall before the rule's `until`."""

    every: Duration
    times: Count | None = None


@dataclass(frozen=True, kw_only=True)
class When:
    """Conditions; None is 'no matter'. A rule whose conditions do not hold is withheld with the reason."""

    session_due: bool | None = None
    """The course has a next session: it is undecided and short of the usual number, or decided and not done."""
    session_booked: bool | None = None
    """A session of this treatment is open."""
    total_decided: bool | None = None
    """The clinician has set the number of sessions."""


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One timing rule of one treatment. Fields are those of the rule language, and mean the same in every rule."""

    id: str
    treatment: str
    anchor: Anchor
    starts: Duration
    """`from` in the file: from the anchor to the first occurrence; negative before it."""
    expires: Expiry | EndOfDay | Duration
    until: Duration | None = None
    """No occurrence at or after it."""
    day_base: int = 0
    """0: day 1 is the day after the anchor's. 1: day 1 is the anchor's own day."""
    repeat: Repeat | None = None
    at: ClockTime | None = None
    quiet: Quiet = Quiet.DEFER
    quiet_first: Quiet | None = None
    """For occurrence 1, where it differs."""
    max_messages: Count | None = None
    when: When = field(default_factory=When)
    audience: Audience = Audience.PATIENT
    channels: tuple[Channel, ...] = (Channel.SMS, Channel.EMAIL)
    supersede_key: str | None = None
    """A newer procedure with a rule of the same key ends this one's occurrences from its own t0 on."""

    def quiet_for(self, occurrence: int) -> Quiet:
        return self.quiet_first if occurrence == 1 and self.quiet_first else self.quiet

    def list_figures(self) -> list[tuple[str, Figure]]:
        """Every figure of the rule with its key in the file, as far as it is given."""
        figures: list[tuple[str, object]] = [
            ("from", self.starts),
            ("every", self.repeat and self.repeat.every),
            ("times", self.repeat and self.repeat.times),
            ("until", self.until),
            ("at", self.at),
            ("expires", self.expires),
            ("max_messages", self.max_messages),
        ]
        return [(key, figure) for key, figure in figures if isinstance(figure, Duration | Count | ClockTime | EndOfDay)]


@dataclass(frozen=True, kw_only=True)
class Treatment:
    id: str
    name: str
    sessions: Count
    """The usual number of sessions of a course."""
    interval: Duration
    """From one session to the next; its bound is checked against bookings."""
    rules: tuple[Rule, ...]


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
