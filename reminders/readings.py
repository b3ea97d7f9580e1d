"""All that patients and staff can read: every rule's texts and emails, in every case, with sample values."""

from __future__ import annotations

from collections.abc import Iterator

from reminders.checking import Reading
from reminders.messages import Part, StaffMail, Templates
from reminders.messages.parts import clinic_values, part_values
from reminders.messages.samples import list_sayings
from reminders.messages.sandbox import Values
from reminders.model import Channel

_SAMPLE_NAME = "Ana"
_SAMPLE_TASK = 9_876_543
"""A number that no text has by chance."""
_STAFF_VALUES: dict[StaffMail, Values] = {
    StaffMail.TASK: {"rule_sentence": "What there is to do", "task_id": _SAMPLE_TASK, "task_text": "Please look."},
    StaffMail.UNWELL: {"problem": "Something is wrong."},
}


def list_readings(templates: Templates) -> Iterator[Reading]:
    """By treatment; corrections and withdrawals are built in, and every treatment has them. Then mails to staff."""
    for treatment in templates.clinic.treatments.values():
        for saying in list_sayings(treatment.rules, templates.clinic):
            for part in saying.parts:
                for channel in saying.channels:
                    yield from _read(templates, treatment.id, part, channel)
        yield from _read_withdrawal(templates, treatment.id)
    yield from _read_staff_mails(templates)


def _read(templates: Templates, treatment: str, part: Part, channel: Channel) -> Iterator[Reading]:
    values = _list_words({**part_values(part, templates.clinic), **part.attributes})
    for text in _render(templates, part, channel):
        yield Reading(treatment=treatment, rule=part.rule, text=text, values=values, occurrence=part.occurrence)


def _read_withdrawal(templates: Templates, treatment: str) -> Iterator[Reading]:
    mail = templates.render_withdrawal_email(_SAMPLE_NAME)
    for text in (templates.render_withdrawal_sms().body, mail.subject, mail.text):
        values = _list_words(clinic_values(templates.clinic))
        yield Reading(treatment=treatment, rule="withdrawal", text=text, values=values)


def _read_staff_mails(templates: Templates) -> Iterator[Reading]:
    for kind, values in _STAFF_VALUES.items():
        mail = templates.render_staff_mail(kind, values)
        words = (*_list_words({**clinic_values(templates.clinic), **values}), str(_SAMPLE_TASK))
        for text in (mail.subject, mail.text):
            yield Reading(treatment="", rule=f"{kind} mail to staff", text=text, values=words)


def _list_words(values: Values) -> tuple[str, ...]:
    return (*(value for value in values.values() if isinstance(value, str) and value), _SAMPLE_NAME)


def _render(templates: Templates, part: Part, channel: Channel) -> list[str]:
    if channel is Channel.SMS:
        return [templates.render_sms([part], is_first=True).body]
    mail = templates.render_email([part], _SAMPLE_NAME)
    return [mail.subject, mail.text]
