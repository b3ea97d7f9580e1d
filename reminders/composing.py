"""From reminders to the message that says them: what a text names depends on when it leaves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import bindparam, select

from reminders.local_time import local_date
from reminders.messages import Part, StaffMail, Templates
from reminders.messages.sandbox import Plain
from reminders.model import CORRECTION, LEFT, AnchorKind, Audience, Channel, Precision
from reminders.store.engine import Transaction
from reminders.tables import MessageRow, ReminderRow, SessionRow


@dataclass(frozen=True, kw_only=True)
class Said:
    """What one reminder will say, and when it would leave."""

    rule: str
    treatment: str
    occurrence: int
    audience: Audience
    channel: Channel
    leave_at: datetime
    anchor_id: int
    target_on: date | None
    visit_at: datetime | None

    @classmethod
    def of(cls, row: ReminderRow, leave_at: datetime) -> Said:
        return cls(
            rule=row.rule,
            treatment=row.treatment,
            occurrence=row.occurrence,
            audience=Audience(row.audience),
            channel=Channel(row.channel),
            leave_at=leave_at,
            anchor_id=row.anchor_id,
            target_on=row.target_on,
            visit_at=row.visit_at,
        )


@dataclass(frozen=True, kw_only=True)
class Composed:
    body: str
    segments: int = 0
    subject: str | None = None
    html: str | None = None


@dataclass(frozen=True, kw_only=True)
class Visits:
    """What texts need to know of sessions: whether a time was given, and which time the patient was told."""

    precision: Mapping[int, Precision]
    told: Mapping[int, datetime]
    """By visit: the last time that a text named."""


def load_visits(tx: Transaction, patient_ids: Iterable[int]) -> Visits:
    ids = list(patient_ids)
    if not ids:
        return Visits(precision={}, told={})
    sessions = tx.execute(_SESSIONS, {"patient_ids": ids}).all()
    visit_of = {row.id: row.visit or row.id for row in sessions}
    if not sessions:
        return Visits(precision={}, told={})
    named = tx.execute(_NAMED, {"patient_ids": ids})
    return Visits(
        precision={row.id: Precision(row.precision) for row in sessions},
        told={visit_of[anchor_id]: visit_at for anchor_id, visit_at in named if visit_at is not None},
    )


_SESSIONS = select(SessionRow.id, SessionRow.visit, SessionRow.precision).where(
    SessionRow.patient_id.in_(bindparam("patient_ids", expanding=True))
)

_NAMED = (
    select(ReminderRow.anchor_id, ReminderRow.visit_at)
    .where(
        ReminderRow.patient_id.in_(bindparam("patient_ids", expanding=True)),
        ReminderRow.anchor_kind == AnchorKind.SESSION,
        ReminderRow.status.in_(LEFT),
        ReminderRow.visit_at.is_not(None),
    )
    .order_by(ReminderRow.left_at, ReminderRow.id)
)


def named_target(templates: Templates, said: Said) -> date | None:
    """The day that the text names: none once that day is over (domain §3, next-session)."""
    if said.target_on is None or said.visit_at is not None or said.rule == CORRECTION:
        return said.target_on
    leaves_on = local_date(said.leave_at, templates.clinic.time_zone)
    return said.target_on if leaves_on <= said.target_on else None


def compose(
    templates: Templates, said: Sequence[Said], visits: Visits, *, patient_name: str, is_first: bool
) -> Composed:
    """One message that names each reminder. All are of one patient, channel and audience. Raises Unrenderable."""
    if said[0].audience is Audience.STAFF:
        return _compose_for_staff(templates, said)
    parts = [_part(templates, each, visits) for each in said]
    if said[0].channel is Channel.EMAIL:
        mail = templates.render_email(parts, patient_name)
        return Composed(body=mail.text, subject=mail.subject, html=mail.html)
    text = templates.render_sms(parts, is_first=is_first)
    return Composed(body=text.body, segments=text.segments)


def _part(templates: Templates, said: Said, visits: Visits) -> Part:
    is_unbooked = said.rule == CORRECTION and said.visit_at is None
    # A visit that no longer stands is named as the patient knows it.
    visit_at = visits.told.get(said.anchor_id) if is_unbooked else said.visit_at
    return Part(
        rule=said.rule,
        treatment=said.treatment,
        occurrence=said.occurrence,
        target_on=named_target(templates, said),
        visit_at=visit_at.astimezone(templates.clinic.time_zone) if visit_at else None,
        visit_has_time=visits.precision.get(said.anchor_id) is not Precision.DATE,
        is_unbooked=is_unbooked,
    )


def _compose_for_staff(templates: Templates, said: Sequence[Said]) -> Composed:
    each = said[0]
    values: dict[str, Plain] = {
        "rule_sentence": f"The rule '{each.rule}' asks for you.",
        "task_id": each.anchor_id,
        "task_text": f"{each.rule}, no. {each.occurrence}, of {each.treatment}: see `reminders list`.",
    }
    mail = templates.render_staff_mail(StaffMail.TASK, values)
    return Composed(body=mail.text, subject=mail.subject)


def is_first_text(tx: Transaction, contact: str, before: datetime | None = None) -> bool:
    """Whether no text has ever left to this number (C8), or none before a moment."""
    if before is not None:
        return tx.scalar(_LEFT_BEFORE, {"contact": contact, "before": before}) is None
    return tx.scalar(_LEFT_EVER, {"contact": contact}) is None


_LEFT_EVER = (
    select(MessageRow.id)
    .where(
        MessageRow.channel == Channel.SMS, MessageRow.contact == bindparam("contact"), MessageRow.left_at.is_not(None)
    )
    .limit(1)
)
_LEFT_BEFORE = _LEFT_EVER.where(MessageRow.left_at < bindparam("before"))
