"""From reminders to the message that says them: what a text names depends on when it leaves."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Row, bindparam, select

from reminders.local_time import local_date
from reminders.messages import Part, StaffMail, Templates
from reminders.messages.parts import list_attributes
from reminders.messages.sandbox import Plain
from reminders.model import CORRECTION, LEFT, AnchorKind, Audience, Channel, Precision, Procedure
from reminders.planning.courses import PerformedSession, list_performed_sessions
from reminders.rules import Clinic
from reminders.store.cases import read_procedure
from reminders.store.engine import Transaction
from reminders.tables import MessageRow, PatientRow, ProcedureRow, ReminderRow, SessionRow, WrittenRow

Anchored = tuple[AnchorKind, int]
Noted = Mapping[str, tuple[str, ...]]
"""The values of each attribute."""


_SessionLine = Row[int, int, str, int | None, str]
"""id, patient, treatment, visit and precision of a session."""


@dataclass(frozen=True, kw_only=True)
class Said:
    """What one reminder will say, and when it would leave."""

    rule: str
    treatment: str
    occurrence: int
    audience: Audience
    channel: Channel
    leave_at: datetime
    anchor_kind: AnchorKind
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
            anchor_kind=AnchorKind(row.anchor_kind),
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
class Facts:
    """What texts need to know beside the reminder itself."""

    precision: Mapping[int, Precision]
    """By session: whether a time was given."""
    told: Mapping[int, datetime]
    """By visit: the last time that a text named."""
    attributes: Mapping[Anchored, Noted]


def load_facts(tx: Transaction, clinic: Clinic, patient_ids: Iterable[int]) -> Facts:
    ids = list(patient_ids)
    if not ids:
        return Facts(precision={}, told={}, attributes={})
    sessions = tx.execute(_SESSIONS, {"patient_ids": ids}).all()
    return Facts(
        precision={row.id: Precision(row.precision) for row in sessions},
        told=_load_told(tx, ids, sessions) if sessions else {},
        attributes=_load_attributes(tx, clinic, ids, sessions),
    )


def _load_told(tx: Transaction, ids: Collection[int], sessions: Iterable[_SessionLine]) -> Mapping[int, datetime]:
    visit_of = {row.id: row.visit or row.id for row in sessions}
    named = tx.execute(_NAMED, {"patient_ids": list(ids)})
    return {visit_of[anchor_id]: visit_at for anchor_id, visit_at in named if visit_at is not None}


def _load_attributes(
    tx: Transaction, clinic: Clinic, ids: Collection[int], sessions: Iterable[_SessionLine]
) -> Mapping[Anchored, Noted]:
    """As rules look at them: those of the day's procedures, else the patient's. A visit has those of the latest day."""
    declaring = [treatment for treatment in clinic.treatments.values() if treatment.attributes]
    if not declaring:
        return {}
    patients = tx.execute(select(PatientRow.id, PatientRow.attributes).where(PatientRow.id.in_(ids)))
    procedures = _load_procedures(tx, ids, [treatment.id for treatment in declaring])
    visits: dict[tuple[int, str], list[int]] = defaultdict(list)
    for row in sessions:
        visits[row.patient_id, row.treatment].append(row.id)
    noted: dict[Anchored, Noted] = {}
    for patient_id, own in patients:
        of_patient = {name: (value,) for name, value in own.items()}
        for treatment in declaring:
            latest: Noted = of_patient
            for done in list_performed_sessions(procedures[patient_id], treatment, clinic):
                latest = {**of_patient, **_gather(done, procedures[patient_id])}
                noted[AnchorKind.PROCEDURE, done.anchor_id] = latest
            for session_id in visits[patient_id, treatment.id]:
                noted[AnchorKind.SESSION, session_id] = latest
    return noted


def _load_procedures(
    tx: Transaction, ids: Collection[int], treatments: Collection[str]
) -> Mapping[int, list[Procedure]]:
    rows = tx.scalars(
        select(ProcedureRow)
        .where(ProcedureRow.patient_id.in_(ids), ProcedureRow.treatment.in_(treatments))
        .order_by(ProcedureRow.performed_at, ProcedureRow.id)
    )
    found: dict[int, list[Procedure]] = defaultdict(list)
    for row in rows:
        found[row.patient_id].append(read_procedure(row))
    return found


def _gather(done: PerformedSession, procedures: Iterable[Procedure]) -> Noted:
    """The values of each attribute, in the order of the day's procedures."""
    noted: dict[str, list[str]] = defaultdict(list)
    for procedure in procedures:
        for name, value in procedure.attributes.items() if procedure.id in done.procedure_ids else ():
            noted[name].append(value)
    return {name: tuple(dict.fromkeys(values)) for name, values in noted.items()}


_SESSIONS = (
    select(SessionRow.id, SessionRow.patient_id, SessionRow.treatment, SessionRow.visit, SessionRow.precision)
    .where(SessionRow.patient_id.in_(bindparam("patient_ids", expanding=True)))
    .order_by(SessionRow.id)
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


def compose(templates: Templates, said: Sequence[Said], facts: Facts, *, patient_name: str, is_first: bool) -> Composed:
    """One message that names each reminder. All are of one patient, channel and audience. Raises Unrenderable."""
    if said[0].audience is Audience.STAFF:
        return _compose_for_staff(templates, said)
    parts = [_part(templates, each, facts) for each in said]
    if said[0].channel is Channel.EMAIL:
        mail = templates.render_email(parts, patient_name)
        return Composed(body=mail.text, subject=mail.subject, html=mail.html)
    text = templates.render_sms(parts, is_first=is_first)
    return Composed(body=text.body, segments=text.segments)


def _part(templates: Templates, said: Said, facts: Facts) -> Part:
    is_unbooked = said.rule == CORRECTION and said.visit_at is None
    # A visit that no longer stands is named as the patient knows it.
    visit_at = facts.told.get(said.anchor_id) if is_unbooked else said.visit_at
    return Part(
        rule=said.rule,
        treatment=said.treatment,
        occurrence=said.occurrence,
        target_on=named_target(templates, said),
        visit_at=visit_at.astimezone(templates.clinic.time_zone) if visit_at else None,
        visit_has_time=facts.precision.get(said.anchor_id) is not Precision.DATE,
        is_unbooked=is_unbooked,
        attributes=_say_attributes(templates.clinic, said, facts),
    )


def _say_attributes(clinic: Clinic, said: Said, facts: Facts) -> dict[str, str]:
    """Such as 'left and right', of the values that the rule is for."""
    noted = facts.attributes.get((said.anchor_kind, said.anchor_id), {})
    treatment = clinic.treatments.get(said.treatment)
    sayable = list_attributes(said.rule, treatment) if treatment else {}
    spoken = {name: [each for each in noted.get(name, ()) if each in values] for name, values in sayable.items()}
    return {name: " and ".join(values) for name, values in spoken.items() if values}


def _compose_for_staff(templates: Templates, said: Sequence[Said]) -> Composed:
    each = said[0]
    values: dict[str, Plain] = {
        "rule_sentence": f"The rule '{each.rule}' asks for you.",
        "task_id": each.anchor_id,
        "task_text": f"{each.rule}, no. {each.occurrence}, of {each.treatment}: see `reminders list`.",
    }
    mail = templates.render_staff_mail(StaffMail.TASK, values)
    return Composed(body=mail.text, subject=mail.subject)


def compose_written(templates: Templates, row: WrittenRow, *, patient_name: str, is_first: bool) -> Composed:
    """The message that staff wrote by hand, or one that left before and is sent again. Raises Unrenderable."""
    if row.channel == Channel.SMS:
        render = templates.render_again_sms if row.again_of else templates.render_written_sms
        text = render(row.body, is_first=is_first)
        return Composed(body=text.body, segments=text.segments)
    if row.again_of:
        return Composed(body=row.body, subject=row.subject, html=row.html)
    mail = templates.render_written_email(row.subject or "", row.body, patient_name)
    return Composed(body=mail.text, subject=mail.subject, html=mail.html)


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
