"""Sample values for every template, in every case it can meet and each in its longest form."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import product

from reminders.messages.parts import Part, clinic_values, list_attributes, part_values
from reminders.messages.rendering import StaffMail
from reminders.messages.sandbox import Values
from reminders.model import CORRECTION, Audience, Channel
from reminders.rules import Anchor, Clinic, Rule

# The longest day and time that a text can name; a local time, only to be written out.
_WIDE_DATE = date(2026, 9, 30)
_WIDE_VISIT = datetime(2026, 9, 30, 12, 30)  # noqa: DTZ001
_OCCURRENCES = (1, 2, 28)

_FILES = {Channel.SMS: ("sms.txt",), Channel.EMAIL: ("email.txt", "subject.txt")}
_STAFF_VALUES: dict[StaffMail, Values] = {
    StaffMail.TASK: {"rule_sentence": "A visit is too early", "task_id": 1, "task_text": "Please look."},
    StaffMail.UNWELL: {"problem": "No tick for 3 minutes."},
}


@dataclass(frozen=True)
class Saying:
    """What one rule must be able to say, and where."""

    rule: str
    channels: tuple[Channel, ...]
    parts: tuple[Part, ...]


def list_sayings(rules: Iterable[Rule], clinic: Clinic) -> list[Saying]:
    """For the rules that speak to patients, and for corrections, which are built in."""
    spoken = [rule for rule in rules if rule.audience is Audience.PATIENT]
    sayings = [Saying(rule.id, rule.channels, tuple(_sample_parts(rule, clinic))) for rule in spoken]
    return [*sayings, Saying(CORRECTION, tuple(Channel), tuple(_sample_corrections()))]


def list_files(sayings: Iterable[Saying], clinic: Clinic) -> dict[str, list[Values]]:
    """Every file that must be there, with the values to try it with."""
    files: dict[str, list[Values]] = {}
    for saying in sayings:
        for name in (name for channel in saying.channels for name in _FILES[channel]):
            values = files.setdefault(f"{saying.rule}/{name}", [])
            values += [part_values(part, clinic) for part in saying.parts]
    return files | _list_shared_files(clinic_values(clinic))


def _sample_parts(rule: Rule, clinic: Clinic) -> Iterator[Part]:
    noted = _sample_attributes(rule, clinic)
    for occurrence, attributes in product(_OCCURRENCES, noted):
        part = Part(rule=rule.id, treatment=rule.treatment, occurrence=occurrence, attributes=attributes)
        match rule.anchor:
            case Anchor.TARGET:
                yield from (replace(part, target_on=target_on) for target_on in (_WIDE_DATE, None))
            case Anchor.SESSION:
                yield from _vary_visit(part)
            case _:
                yield part


def _sample_attributes(rule: Rule, clinic: Clinic) -> list[dict[str, str]]:
    """All of them, of two procedures on one day; and those alone without which the rule does not apply."""
    treatment = clinic.treatments.get(rule.treatment)
    if treatment is None or not treatment.attributes:
        return [{}]
    longest = {
        name: " and ".join(sorted(values, key=len)[-2:]) for name, values in list_attributes(rule.id, treatment).items()
    }
    return [longest, {name: longest[name] for name in rule.applies_to.attributes if name in longest}]


def _sample_corrections() -> Iterator[Part]:
    part = Part(rule=CORRECTION, treatment="")
    yield part
    yield from _vary_visit(part)
    yield from _vary_visit(replace(part, is_unbooked=True))


def _vary_visit(part: Part) -> Iterator[Part]:
    for has_time in (True, False):
        yield replace(part, visit_at=_WIDE_VISIT, visit_has_time=has_time)


def _list_shared_files(clinic: Values) -> dict[str, list[Values]]:
    plain = ["_layout/first_sms.txt", "_layout/merged_subject.txt"]
    plain += [f"_withdraw/{name}" for names in _FILES.values() for name in names]
    mails: list[Values] = [
        {**clinic, "subject": "A subject", "first_name": first_name, "paragraphs": ["A paragraph", "Another"]}
        for first_name in ("Ana", None)
    ]
    return {
        **{path: [clinic] for path in plain},
        "_layout/sms.txt": [{**clinic, "texts": texts} for texts in (["A text"], ["A text", "Another"])],
        "_layout/email.txt": mails,
        "_layout/email.html": mails,
        **{
            f"_staff/{kind}/{name}": [{**clinic, **values}]
            for kind, values in _STAFF_VALUES.items()
            for name in ("subject.txt", "body.txt")
        },
    }
