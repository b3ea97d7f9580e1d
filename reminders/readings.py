"""All that patients can read: every rule's texts and emails, in every case, with sample values."""

from __future__ import annotations

from collections.abc import Iterator

from reminders.checking import Reading
from reminders.messages import Part, Templates
from reminders.messages.parts import part_values
from reminders.messages.samples import list_sayings
from reminders.model import Channel

_SAMPLE_NAME = "Ana"


def list_readings(templates: Templates) -> Iterator[Reading]:
    """By treatment; corrections are built in, and every treatment has them."""
    for treatment in templates.clinic.treatments.values():
        for saying in list_sayings(treatment.rules, templates.clinic):
            for part in saying.parts:
                for channel in saying.channels:
                    yield from _read(templates, treatment.id, part, channel)


def _read(templates: Templates, treatment: str, part: Part, channel: Channel) -> Iterator[Reading]:
    values = [*part_values(part, templates.clinic).values(), *part.attributes.values()]
    for text in _render(templates, part, channel):
        yield Reading(
            treatment=treatment,
            rule=part.rule,
            text=text,
            values=(*(value for value in values if isinstance(value, str) and value), _SAMPLE_NAME),
            occurrence=part.occurrence,
        )


def _render(templates: Templates, part: Part, channel: Channel) -> list[str]:
    if channel is Channel.SMS:
        return [templates.render_sms([part], is_first=True).body]
    mail = templates.render_email([part], _SAMPLE_NAME)
    return [mail.subject, mail.text]
