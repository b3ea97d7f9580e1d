"""From `[treatments.<id>]` to `rules.Treatment`, rule by rule: a faulty rule does not hide the faults of the next."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, Discriminator, Field, Tag

from reminders import rules
from reminders.config.faults import Fault
from reminders.config.figures import CountTable, DurationTable, ExpiresTable, TimeTable, check_sources
from reminders.config.parsing import Parsed, Table, parse_table
from reminders.config.paths import join_path
from reminders.config.rule_checks import check_rule
from reminders.config.values import Line, Whole
from reminders.model import CORRECTION, Audience, Channel, Quiet


def check_channels(channels: tuple[Channel, ...]) -> tuple[Channel, ...]:
    if not channels or len(set(channels)) != len(channels):
        raise ValueError('Name each channel once, the preferred one first, such as ["sms", "email"].')
    return channels


def check_single(number: CountTable) -> CountTable:
    least, most = number.count
    if least != most:
        raise ValueError("Write one number here, not a range.")
    return number


def _word_or_table(value: Any) -> str:
    return "<word>" if isinstance(value, str) else "<table>"


ExpiresField = Annotated[
    Annotated[rules.Expiry, Tag("<word>")] | Annotated[ExpiresTable, Tag("<table>")], Discriminator(_word_or_table)
]
SingleCount = Annotated[CountTable, AfterValidator(check_single)]


class RepeatTable(Table):
    every: DurationTable
    times: SingleCount | None = None

    def build(self) -> rules.Repeat:
        return rules.Repeat(every=self.every.build(), times=self.times.build() if self.times else None)


class WhenTable(Table):
    session_due: bool | None = None
    session_booked: bool | None = None
    total_decided: bool | None = None

    def build(self) -> rules.When:
        return rules.When(
            session_due=self.session_due, session_booked=self.session_booked, total_decided=self.total_decided
        )


class RuleTable(Table):
    anchor: rules.Anchor
    starts: DurationTable = Field(alias="from")
    expires: ExpiresField
    until: DurationTable | None = None
    day_base: Annotated[Whole, Field(ge=0, le=1)] = 0
    repeat: RepeatTable | None = None
    at: TimeTable | None = None
    quiet: Quiet = Quiet.DEFER
    quiet_first: Quiet | None = None
    max_messages: SingleCount | None = None
    when: WhenTable = WhenTable()
    audience: Audience = Audience.PATIENT
    channels: Annotated[tuple[Channel, ...], AfterValidator(check_channels)] = (Channel.SMS, Channel.EMAIL)
    supersede_key: Line | None = None

    def build(self, rule_id: str, treatment: str) -> rules.Rule:
        return rules.Rule(
            id=rule_id,
            treatment=treatment,
            anchor=self.anchor,
            starts=self.starts.build(),
            expires=self.expires if isinstance(self.expires, rules.Expiry) else self.expires.build(),
            until=self.until.build() if self.until else None,
            day_base=self.day_base,
            repeat=self.repeat.build() if self.repeat else None,
            at=self.at.build() if self.at else None,
            quiet=self.quiet,
            quiet_first=self.quiet_first,
            max_messages=self.max_messages.build() if self.max_messages else None,
            when=self.when.build(),
            audience=self.audience,
            channels=self.channels,
            supersede_key=self.supersede_key,
        )


RULE_STAND_INS = {"anchor": "procedure_end", "from": {"hours": 0}, "expires": "until"}
TREATMENT_STAND_INS = {
    "name": "?",
    "sessions": {"count": 1, "clinic_supplied": True},
    "interval": {"days": 1, "clinic_supplied": True},
}


class TreatmentTable(Table):
    name: Line
    sessions: CountTable
    interval: DurationTable
    rules: dict[str, Any] = Field(default_factory=dict)


def parse_treatments(raw: Any, documents: Collection[str]) -> tuple[dict[str, rules.Treatment], list[Fault]]:
    if not isinstance(raw, dict) or not raw:
        return {}, [Fault("treatments", "Describe at least one treatment, in a section [treatments.<id>].")]
    treatments: dict[str, rules.Treatment] = {}
    faults: list[Fault] = []
    for treatment_id, table in raw.items():
        treatment, found = parse_treatment(treatment_id, table, documents)
        faults += found
        if treatment:
            treatments[treatment_id] = treatment
    return treatments, faults


def parse_treatment(
    treatment_id: str, raw: Any, documents: Collection[str]
) -> tuple[rules.Treatment | None, list[Fault]]:
    path = join_path("treatments", treatment_id)
    parsed = parse_table(TreatmentTable, raw, path, TREATMENT_STAND_INS)
    faults = [
        *check_id(treatment_id, path),
        *parsed.faults,
        *check_sources(parsed, path, documents),
        *check_interval(parsed, path),
    ]
    found_rules, rule_faults = parse_rules(treatment_id, parsed.table.rules if parsed.table else {}, documents)
    if parsed.table is None:
        return None, faults + rule_faults
    treatment = rules.Treatment(
        id=treatment_id,
        name=parsed.table.name,
        sessions=parsed.table.sessions.build(),
        interval=parsed.table.interval.build(),
        rules=tuple(found_rules),
    )
    return treatment, faults + rule_faults


def parse_rules(
    treatment_id: str, raw: Mapping[str, Any], documents: Collection[str]
) -> tuple[list[rules.Rule], list[Fault]]:
    found: list[rules.Rule] = []
    faults: list[Fault] = []
    for rule_id, table in raw.items():
        path = join_path("treatments", treatment_id, "rules", rule_id)
        parsed = parse_table(RuleTable, table, path, RULE_STAND_INS)
        faults += [*check_id(rule_id, path), *parsed.faults, *check_sources(parsed, path, documents)]
        if parsed.table:
            rule = parsed.table.build(rule_id, treatment_id)
            found.append(rule)
            faults += check_rule(rule, path, parsed.is_sound)
    return found, faults


def check_id(word: str, path: str) -> list[Fault]:
    if word == CORRECTION:
        return [Fault(path, f"Choose another name; `{CORRECTION}` is a built-in rule.")]
    if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", word):
        return [Fault(path, "Choose a name of small letters, digits and single dashes, such as `next-session`.")]
    return []


def check_interval(parsed: Parsed[TreatmentTable], path: str) -> list[Fault]:
    if parsed.table and parsed.is_sound("interval"):
        interval = parsed.table.interval.build()
        if interval.unit.is_elapsed or interval.value <= 0:
            return [
                Fault(join_path(path, "interval"), "Write the gap between sessions in days, weeks or months above 0.")
            ]
    return []
