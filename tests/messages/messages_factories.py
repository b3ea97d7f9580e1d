"""A clinic with the two treatments of the document, its rules, and templates to spoil."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, time
from pathlib import Path
from types import MappingProxyType
from zoneinfo import ZoneInfo

from reminders.messages import Part, Templates, load_templates
from reminders.model import CORRECTION, Channel
from reminders.rules import (
    Anchor,
    Bound,
    Clinic,
    ClockTime,
    Count,
    Duration,
    Expiry,
    Rule,
    Treatment,
    Unit,
    VisitRules,
)

SHIPPED = Path(__file__).parents[2] / "templates" / "messages"

LASER, NEEDLING = "fractional-laser", "skin-needling"
RULES_OF = {
    LASER: ("icing", "swelling", "pinkness", "sunscreen", "next-session", "preparation", CORRECTION),
    NEEDLING: ("sunscreen", "next-session", "appointment", CORRECTION),
}
PAIRS = [(treatment, rule) for treatment, rules in RULES_OF.items() for rule in rules]

_ANCHORS = {"next-session": Anchor.TARGET, "preparation": Anchor.SESSION, "appointment": Anchor.SESSION}
_BOTH = (Channel.SMS, Channel.EMAIL)
_ZONE = ZoneInfo("America/New_York")

TARGET_ON = date(2026, 3, 24)
VISIT_AT = datetime(2026, 3, 24, 10, 0, tzinfo=_ZONE)
_WIDE = datetime(2026, 9, 30, 12, 30, tzinfo=_ZONE)


def make_rule(rule: str, treatment: str = LASER, channels: tuple[Channel, ...] = _BOTH) -> Rule:
    return Rule(
        id=rule,
        treatment=treatment,
        anchor=_ANCHORS.get(rule, Anchor.PROCEDURE_END),
        starts=Duration(value=0, unit=Unit.DAYS),
        expires=Expiry.UNTIL,
        channels=channels,
    )


def make_rules() -> list[Rule]:
    return [make_rule(rule, treatment) for treatment, rule in PAIRS if rule != CORRECTION]


def _make_treatment(treatment: str, name: str, interval: Duration) -> Treatment:
    rules = tuple(rule for rule in make_rules() if rule.treatment == treatment)
    return Treatment(id=treatment, name=name, sessions=Count(least=3, most=4), interval=interval, rules=rules)


def make_clinic(country: str = "US", name: str = "Advanced Dermatology", sms_name: str = "AD Clinic") -> Clinic:
    laser = Duration(value=1, unit=Unit.MONTHS)
    needling = Duration(value=6, unit=Unit.WEEKS, bound=Bound.AT_LEAST)
    return Clinic(
        name=name,
        sms_name=sms_name,
        phone="+1 555-010-0199",
        time_zone=_ZONE,
        country=country,
        sending_hours=((time(8), time(20)),) * 7,
        default_procedure_time=time(12),
        visits=VisitRules(
            outcome_at=ClockTime(value=time(10)),
            matches_within=Duration(value=7, unit=Unit.DAYS),
            correction_lead=Duration(value=2, unit=Unit.HOURS),
        ),
        treatments={
            LASER: _make_treatment(LASER, "Fractional laser", laser),
            NEEDLING: _make_treatment(NEEDLING, "Skin needling", needling),
        },
    )


def load_shipped(clinic: Clinic | None = None) -> Templates:
    return load_templates(SHIPPED, clinic or make_clinic(), make_rules())


def make_part(rule: str, treatment: str = LASER, **over: object) -> Part:
    return replace(Part(rule=rule, treatment=treatment), **over)  # type: ignore[arg-type]


def list_cases(rule: str, treatment: str) -> list[Part]:
    """One part for each thing that the rule can say of a treatment, with short and with long dates."""
    part = make_part(rule, treatment)
    match rule:
        case "next-session":
            return [part, replace(part, target_on=TARGET_ON), replace(part, target_on=_WIDE.date())]
        case "preparation" | "appointment":
            return list(_vary_visit(part))
        case "correction":
            return [part, *_vary_visit(part), *_vary_visit(replace(part, is_unbooked=True))]
    return [part]


def _vary_visit(part: Part) -> Iterator[Part]:
    for visit_at in (VISIT_AT, _WIDE):
        yield replace(part, visit_at=visit_at)
        yield replace(part, visit_at=visit_at, visit_has_time=False)


def list_readings(templates: Templates, parts: Sequence[Part]) -> list[str]:
    """All that the patient can read: the text, and the email's subject and body."""
    mail = templates.render_email(parts, "Ana Sample")
    return [templates.render_sms(parts, is_first=False).body, mail.subject, mail.text]


def copy_shipped(directory: Path, sources: Mapping[str, str] = MappingProxyType({})) -> Path:
    """The shipped templates, some of them replaced: path to source."""
    copied = directory / "messages"
    shutil.copytree(SHIPPED, copied)
    for path, source in sources.items():
        (copied / path).write_text(source, encoding="utf-8")
    return copied
