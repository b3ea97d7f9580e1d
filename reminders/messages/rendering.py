"""Puts the parts of one message into a text or an email. No clock, no database: callers pass what they know."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from jinja2 import Template

from reminders.messages.parts import Part, clinic_values, part_values
from reminders.messages.sandbox import Plain, Unrenderable, Values, render
from reminders.messages.segments import Encoding, count_segments, tidy_for_sms
from reminders.model import Channel
from reminders.rules import Clinic

LONGEST_SUBJECT = 150
_LONGEST_SMS = 1600
"""What Twilio takes as a body at most (21617)."""
_LONGEST_EMAIL = 20_000

_BLANK_LINES = re.compile(r"\n\s*\n")


class StaffMail(StrEnum):
    """Mails to the clinic's own staff, and the values each needs. None of them may hold a patient's data."""

    TASK = "task"
    """`rule_sentence`, `task_id`, `task_text`"""
    UNWELL = "unwell"
    """`problem`: a sentence on what is wrong with the service"""


@dataclass(frozen=True, kw_only=True)
class RenderedText:
    body: str
    segments: int
    encoding: Encoding


@dataclass(frozen=True, kw_only=True)
class RenderedMail:
    subject: str
    text: str
    html: str | None = None
    """None for mails to staff."""


@dataclass(frozen=True)
class Templates:
    """A clinic's templates, all tried out (`load_templates`). Every method raises `Unrenderable` where it must."""

    clinic: Clinic
    templates: Mapping[str, Template]
    """By path, such as `icing/sms.txt`."""

    def render_sms(self, parts: Sequence[Part], *, is_first: bool) -> RenderedText:
        """One text that names each part; the first one to a number says what to expect and how to stop (C8)."""
        body = self._lay_out_sms(self._render_parts(parts, "sms.txt"))
        return _measure(body + self._first_line() if is_first else body)

    def render_email(self, parts: Sequence[Part], patient_name: str) -> RenderedMail:
        """One email that names each part; the greeting uses the first word of the name."""
        return self._lay_out_email(self._choose_subject(parts), self._render_parts(parts, "email.txt"), patient_name)

    def render_written_sms(self, text: str, *, is_first: bool) -> RenderedText:
        """What staff wrote by hand, signed as every text is. The words are values: no template is made of them."""
        body = self._lay_out_sms([text])
        return _measure(body + self._first_line() if is_first else body)

    def render_again_sms(self, body: str, *, is_first: bool) -> RenderedText:
        """A text as it left before; only whether it is the first to its number may be another matter now."""
        alone = body.removesuffix(self._first_line())
        return _measure(alone + self._first_line() if is_first else alone)

    def render_written_email(self, subject: str, text: str, patient_name: str) -> RenderedMail:
        return self._lay_out_email(_one_line(subject), [text], patient_name)

    def withdrawal_words(self, channel: Channel) -> tuple[str | None, str]:
        """Subject and words of a message that withdraws what was said, to be sent by hand."""
        values = clinic_values(self.clinic)
        if channel is Channel.SMS:
            return None, self.render_file("_withdraw/sms.txt", values)
        subject = _one_line(self.render_file("_withdraw/subject.txt", values))
        return subject, self.render_file("_withdraw/email.txt", values)

    def render_withdrawal_sms(self) -> RenderedText:
        """Ready for the desk to send after a procedure was cancelled."""
        return _measure(self._lay_out_sms([self.render_file("_withdraw/sms.txt", clinic_values(self.clinic))]))

    def render_withdrawal_email(self, patient_name: str) -> RenderedMail:
        values = clinic_values(self.clinic)
        subject = _one_line(self.render_file("_withdraw/subject.txt", values))
        return self._lay_out_email(subject, [self.render_file("_withdraw/email.txt", values)], patient_name)

    def render_staff_mail(self, kind: StaffMail, values: Values) -> RenderedMail:
        every_value = {**clinic_values(self.clinic), **values}
        subject = _one_line(self.render_file(f"_staff/{kind}/subject.txt", every_value))
        return RenderedMail(subject=subject, text=self.render_file(f"_staff/{kind}/body.txt", every_value) + "\n")

    def render_file(self, path: str, values: Values) -> str:
        """One template by itself."""
        if path not in self.templates:
            raise Unrenderable(f"{path} is missing")
        try:
            return render(self.templates[path], values, _longest_of(path)).strip()
        except Unrenderable as fault:
            raise Unrenderable(f"{path}: {fault}") from None

    def _first_line(self) -> str:
        """What the first text to a number says beside its matter (C8)."""
        return "\n" + tidy_for_sms(self.render_file("_layout/first_sms.txt", clinic_values(self.clinic)))

    def _render_parts(self, parts: Sequence[Part], file: str) -> list[str]:
        assert parts, "a message has at least one part"
        return [self.render_file(f"{part.rule}/{file}", part_values(part, self.clinic)) for part in parts]

    def _choose_subject(self, parts: Sequence[Part]) -> str:
        subjects = set(map(_one_line, self._render_parts(parts, "subject.txt")))
        if len(subjects) == 1:
            return subjects.pop()
        return _one_line(self.render_file("_layout/merged_subject.txt", clinic_values(self.clinic)))

    def _lay_out_sms(self, texts: list[str]) -> str:
        values: dict[str, Plain] = {**clinic_values(self.clinic), "texts": _unique(map(_one_line, texts))}
        return tidy_for_sms(self.render_file("_layout/sms.txt", values))

    def _lay_out_email(self, subject: str, texts: list[str], patient_name: str) -> RenderedMail:
        values: dict[str, Plain] = {
            **clinic_values(self.clinic),
            "subject": subject,
            "first_name": _first_name(patient_name),
            "paragraphs": _split_paragraphs(_unique(texts)),
        }
        text = self.render_file("_layout/email.txt", values) + "\n"
        return RenderedMail(subject=subject, text=text, html=self.render_file("_layout/email.html", values) + "\n")


def _measure(body: str) -> RenderedText:
    segments = count_segments(body)
    return RenderedText(body=body, segments=segments.count, encoding=segments.encoding)


def _longest_of(path: str) -> int:
    if path.endswith("sms.txt"):
        return _LONGEST_SMS
    return LONGEST_SUBJECT if path.endswith("subject.txt") else _LONGEST_EMAIL


def _one_line(text: str) -> str:
    """Also what keeps a line break, and with it a forged header, out of a subject."""
    return " ".join(text.split())


def _unique(texts: Sequence[str] | map[str]) -> list[str]:
    """Two parts can say the same: the patient reads it once."""
    return list(dict.fromkeys(texts))


def _split_paragraphs(texts: Sequence[str]) -> list[str]:
    return [_one_line(paragraph) for text in texts for paragraph in _BLANK_LINES.split(text)]


def _first_name(patient_name: str) -> str | None:
    words = "".join(character if character.isprintable() else " " for character in patient_name).split()
    return words[0][:40] if words else None
