"""From `[treatments.<id>]` to `Treatment`, rule by rule: a faulty rule does not hide the faults of the next."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import time
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Discriminator, Field, PlainValidator, Tag, model_validator

from reminders import rules
from reminders.config.faults import Fault
from reminders.config.figures import (
    PARTS_OF_DAY,
    CountTable,
    DurationTable,
    ExpiresTable,
    SlotsTable,
    TimeTable,
    check_sources,
)
from reminders.config.parsing import Table, parse_table
from reminders.config.paths import join_path
from reminders.config.rule_checks import IsSound, check_calendar, check_names, check_rule, check_treatment
from reminders.config.rule_hours import Week, check_sending_hours
from reminders.config.values import Line, PositiveWhole, Whole, YesNo
from reminders.model import CORRECTION, TREATMENT, Audience, Channel, Quiet
from reminders.rules import Calendar, Treatment


def check_channels(channels: tuple[Channel, ...]) -> tuple[Channel, ...]:
    if not channels or len(set(channels)) != len(channels):
        raise ValueError('Name each channel once, the preferred one first, such as ["sms", "email"].')
    return channels


def check_single(number: CountTable) -> CountTable:
    least, most = number.count
    if least != most:
        raise ValueError("Write one number here, not a range.")
    return number


def read_session(value: Any) -> int | Literal["last"]:
    if value == "last" or (isinstance(value, int) and not isinstance(value, bool) and value >= 1):
        return value  # type: ignore[no-any-return]
    raise ValueError('Write the number of a session, such as 1, or "last".')


def _word_or_table(value: Any) -> str:
    return "<word>" if isinstance(value, str) else "<table>"


ExpiresField = Annotated[
    Annotated[rules.Expiry, Tag("<word>")] | Annotated[ExpiresTable, Tag("<table>")], Discriminator(_word_or_table)
]
SingleCount = Annotated[CountTable, AfterValidator(check_single)]


class RepeatTable(Table):
    every: DurationTable | None = None
    slots: SlotsTable | None = None
    times: SingleCount | None = None

    @model_validator(mode="after")
    def check_rhythm(self) -> RepeatTable:
        if self.every is None and self.slots is None:
            raise ValueError("Say how often: add `every`, or the `slots` of the day.")
        return self

    def build(self) -> rules.Repeat:
        return rules.Repeat(
            every=self.every.build() if self.every else None,
            slots=self.slots.build() if self.slots else None,
            times=self.times.build() if self.times else None,
        )


class PhaseTable(Table):
    lasts: DurationTable | None = None
    repeat: RepeatTable | None = None

    def build(self) -> rules.Phase:
        return rules.Phase(
            lasts=self.lasts.build() if self.lasts else None, repeat=self.repeat.build() if self.repeat else None
        )


class EventTable(Table):
    event: Line
    fallback: DurationTable | None = None

    def build(self) -> rules.Event:
        return rules.Event(name=self.event, fallback=self.fallback.build() if self.fallback else None)


def _event_or_length(value: Any) -> str:
    has_event = isinstance(value, EventTable) or (isinstance(value, dict) and "event" in value)
    return "<event>" if has_event else "<length>"


AnchorField = Annotated[
    Annotated[rules.Anchor, Tag("<word>")] | Annotated[EventTable, Tag("<table>")], Discriminator(_word_or_table)
]
UntilField = Annotated[
    Annotated[EventTable, Tag("<event>")] | Annotated[DurationTable, Tag("<length>")], Discriminator(_event_or_length)
]
Words = tuple[Line, ...]


class AppliesToTable(Table):
    session: Annotated[int | Literal["last"] | None, PlainValidator(read_session)] = None
    sessions_from: PositiveWhole | None = None
    attributes: dict[str, Words] = Field(default_factory=dict)

    def build(self) -> rules.AppliesTo:
        return rules.AppliesTo(session=self.session, sessions_from=self.sessions_from, attributes=dict(self.attributes))


class WhenTable(Table):
    session_due: YesNo | None = None
    session_booked: YesNo | None = None
    total_decided: YesNo | None = None
    answer: dict[str, Line] = Field(default_factory=dict)
    unanswered: Words = ()
    happened: Words = ()
    not_happened: Words = ()

    def build(self) -> rules.When:
        return rules.When(
            session_due=self.session_due,
            session_booked=self.session_booked,
            total_decided=self.total_decided,
            answer=dict(self.answer),
            unanswered=self.unanswered,
            happened=self.happened,
            not_happened=self.not_happened,
        )


class RuleTable(Table):
    anchor: AnchorField
    starts: DurationTable = Field(alias="from")
    expires: ExpiresField
    applies_to: AppliesToTable = AppliesToTable()
    until: UntilField | None = None
    day_base: Annotated[Whole, Field(ge=0, le=1)] = 0
    repeat: RepeatTable | None = None
    phases: tuple[PhaseTable, ...] = ()
    at: TimeTable | None = None
    quiet: Quiet = Quiet.DEFER
    quiet_first: Quiet | None = None
    max_messages: SingleCount | None = None
    priority: Annotated[Whole, Field(ge=0, le=9)] = 0
    when: WhenTable = WhenTable()
    audience: Audience = Audience.PATIENT
    channels: Annotated[tuple[Channel, ...], AfterValidator(check_channels)] = (Channel.SMS, Channel.EMAIL)
    supersede_key: Line | None = None
    calendar: Calendar = Calendar.ALL_DAYS

    def build(self, rule_id: str, treatment: str) -> rules.Rule:
        return rules.Rule(
            id=rule_id,
            treatment=treatment,
            anchor=self.anchor if isinstance(self.anchor, rules.Anchor) else self.anchor.build(),
            starts=self.starts.build(),
            expires=self.expires if isinstance(self.expires, rules.Expiry) else self.expires.build(),
            applies_to=self.applies_to.build(),
            until=self.until.build() if self.until else None,
            day_base=self.day_base,
            repeat=self.repeat.build() if self.repeat else None,
            phases=tuple(phase.build() for phase in self.phases),
            at=self.at.build() if self.at else None,
            quiet=self.quiet,
            quiet_first=self.quiet_first,
            max_messages=self.max_messages.build() if self.max_messages else None,
            priority=self.priority,
            when=self.when.build(),
            audience=self.audience,
            channels=self.channels,
            supersede_key=self.supersede_key,
            calendar=self.calendar,
        )


RULE_STAND_INS = {"anchor": "procedure_end", "from": {"hours": 0}, "expires": "until"}
TREATMENT_STAND_INS = {"name": "?"}


class TreatmentTable(Table):
    name: Line
    sessions: CountTable | None = None
    interval: DurationTable | None = None
    late_limit: DurationTable | None = None
    calendar: Calendar = Calendar.ALL_DAYS
    attributes: dict[str, Words] = Field(default_factory=dict)
    events: Words = ()
    questions: dict[str, Words] = Field(default_factory=dict)
    rules: dict[str, Any] = Field(default_factory=dict)

    def build(self, treatment_id: str) -> Treatment:
        """Without its rules, which are read one by one."""
        return Treatment(
            id=treatment_id,
            name=self.name,
            rules=(),
            sessions=self.sessions.build() if self.sessions else None,
            interval=self.interval.build() if self.interval else None,
            late_limit=self.late_limit.build() if self.late_limit else None,
            calendar=self.calendar,
            attributes=dict(self.attributes),
            events=self.events,
            questions=dict(self.questions),
        )


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """What other sections say that rules refer to."""

    documents: Collection[str]
    parts_of_day: Mapping[str, time] = field(default_factory=lambda: PARTS_OF_DAY)
    has_opening_hours: bool = True
    sending_hours: Week | None = None
    """Monday first. None: they cannot be told."""


def parse_treatments(raw: Any, around: Surroundings) -> tuple[dict[str, Treatment], list[Fault]]:
    if not isinstance(raw, dict) or not raw:
        return {}, [Fault("treatments", "Describe at least one treatment, in a section [treatments.<id>].")]
    treatments: dict[str, Treatment] = {}
    faults: list[Fault] = []
    for treatment_id, table in raw.items():
        treatment, found = parse_treatment(treatment_id, table, around)
        faults += found
        if treatment:
            treatments[treatment_id] = treatment
    return treatments, faults


def parse_treatment(treatment_id: str, raw: Any, around: Surroundings) -> tuple[Treatment | None, list[Fault]]:
    path = join_path("treatments", treatment_id)
    parsed = parse_table(TreatmentTable, raw, path, TREATMENT_STAND_INS)
    faults = [*check_id(treatment_id, path), *parsed.faults, *check_sources(parsed, path, around.documents)]
    if parsed.table is None:
        return None, faults
    bare = parsed.table.build(treatment_id)
    faults += check_treatment(bare, path, parsed.is_sound, has_opening_hours=around.has_opening_hours)
    found, rule_faults = parse_rules(bare, parsed.table.rules, parsed.is_sound, around)
    return replace(bare, rules=tuple(found)), faults + rule_faults


def parse_rules(
    treatment: Treatment, raw: Mapping[str, Any], is_declared: IsSound, around: Surroundings
) -> tuple[list[rules.Rule], list[Fault]]:
    """`is_declared` tells of which of the treatment's own keys a rule may rely on what they say."""
    found: list[rules.Rule] = []
    faults: list[Fault] = []
    for rule_id, table in raw.items():
        path = join_path("treatments", treatment.id, "rules", rule_id)
        parsed = parse_table(RuleTable, table, path, RULE_STAND_INS, {"parts": around.parts_of_day})
        faults += [*check_id(rule_id, path), *parsed.faults, *check_sources(parsed, path, around.documents)]
        if parsed.table:
            rule = parsed.table.build(rule_id, treatment.id)
            found.append(rule)
            faults += check_rule(rule, path, parsed.is_sound)
            faults += check_names(rule, treatment, path, parsed.is_sound, is_declared)
            if around.sending_hours:
                faults += check_sending_hours(rule, path, parsed.is_sound, around.sending_hours)
            faults += check_calendar(rule.calendar, path, parsed.is_sound, has_opening_hours=around.has_opening_hours)
    return found, faults


def check_id(word: str, path: str) -> list[Fault]:
    if word in (CORRECTION, TREATMENT):
        return [Fault(path, f"Choose another name; `{word}` has a meaning of its own.")]
    if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", word):
        return [Fault(path, "Choose a name of small letters, digits and single dashes, such as `next-session`.")]
    return []
