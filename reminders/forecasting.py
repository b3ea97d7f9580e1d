"""A patient's plan as it will come about: which reminder leaves when, in which message and words. Changes nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select

from reminders.composing import Composed, Facts, Said, compose, is_first_text, load_facts
from reminders.describing import list_timed_figures, say_figure, say_source
from reminders.messages import Templates, Unrenderable
from reminders.model import (
    CLOSED,
    CORRECTION,
    PENDING,
    AnchorKind,
    Audience,
    Channel,
    Identity,
    PatientCase,
    Plan,
    PlannedReminder,
    Reason,
    Status,
)
from reminders.notes import Override, apply_overrides, find_overridden
from reminders.planning import plan_reminders, sending_hours_of
from reminders.reconciling import Add, Decision, Difference, diff_reminders, status_of
from reminders.rules import Clinic
from reminders.store.cases import identity_of, load_case, load_stored_reminders
from reminders.store.engine import Transaction
from reminders.tables import MessageRow, PatientRow, ReminderRow, WrittenRow


@dataclass(frozen=True, kw_only=True)
class ForecastLine:
    """One reminder of a patient: as it left, as it will leave, or why it does not."""

    identity: Identity
    reminder_id: int | None
    """None where it is withheld without ever having had a row."""
    treatment: str
    audience: Audience
    channel: Channel
    status: Status
    reason: Reason | None
    due_at: datetime
    leaves_at: datetime | None
    """When it left, or will leave; None where it does not."""
    local: datetime
    """`leaves_at`, else `due_at`, on the patient's clock."""
    expires_at: datetime
    message_id: int | None = None
    subject: str | None = None
    text: str | None = None
    """The whole message that it leaves in; None for what does not leave."""
    segments: int = 0
    together_with: tuple[Identity, ...] = ()
    """What else that message says."""
    sources: tuple[str, ...] = ()
    """Its figures, each with where it comes from."""
    set_by: tuple[str, ...] = ()
    """The clinicians who have set figures of it for this patient."""

    @property
    def rule(self) -> str:
        return self.identity.rule

    @property
    def procedure_id(self) -> int | None:
        return self.identity.anchor_id if self.identity.anchor_kind is AnchorKind.PROCEDURE else None

    @property
    def session_id(self) -> int | None:
        return self.identity.anchor_id if self.identity.anchor_kind is AnchorKind.SESSION else None


@dataclass(frozen=True, kw_only=True)
class Forecast:
    lines: tuple[ForecastLine, ...]
    """By time."""
    case: PatientCase
    plan: Plan
    difference: Difference


def forecast_patient(
    tx: Transaction, clinic: Clinic, templates: Templates, patient: PatientRow, now: datetime
) -> Forecast:
    """Everything planned for the patient, and what became of it. As many statements whatever the patient has."""
    rows = list(tx.scalars(select(ReminderRow).where(ReminderRow.patient_id == patient.id).order_by(ReminderRow.id)))
    stored = load_stored_reminders(tx, patient.id)
    case = load_case(tx, patient, stored)
    plan = plan_reminders(case, clinic)
    difference = diff_reminders(plan, stored, now, sending_hours_of(case, clinic))
    overridden = find_overridden(tx, clinic, {patient.id: patient})
    lines = [*_list_lines(rows, difference, _zone_of(patient, clinic), now)]
    lines = _add_left_texts(tx, lines)
    lines = _add_coming_texts(tx, clinic, templates, patient, rows, lines)
    noted = (_add_sources(line, clinic, overridden.get(line.identity, ())) for line in lines)
    return Forecast(
        lines=tuple(sorted(noted, key=lambda each: (each.leaves_at or each.due_at, each.identity))),
        case=case,
        plan=plan,
        difference=difference,
    )


def _zone_of(patient: PatientRow, clinic: Clinic) -> ZoneInfo:
    return ZoneInfo(patient.time_zone) if patient.time_zone else clinic.time_zone


# ---- rows, and what never had one --------------------------------------------------------------------------------


def _list_lines(
    rows: Iterable[ReminderRow], difference: Difference, zone: ZoneInfo, now: datetime
) -> Iterator[ForecastLine]:
    decisions = {decision.planned.identity: decision for decision in difference.decisions}
    closed = {change.planned.identity: change.closed for change in difference.changes if isinstance(change, Add)}
    for row in rows:
        yield _line_of_row(row, decisions.pop(identity_of(row), None), zone, now)
    for identity, decision in decisions.items():
        yield _line_of_planned(decision.planned, closed.get(identity) or decision.reason, zone)


def _line_of_row(row: ReminderRow, decision: Decision | None, zone: ZoneInfo, now: datetime) -> ForecastLine:
    status, reason = Status(row.status), Reason(row.reason) if row.reason else None
    still = decision.reason if decision and status in (Status.CANCELLED, Status.SUPERSEDED) else None
    if still is not None and status_of(still) is not Status.EXPIRED:
        # What closed for a reason that still stands may come back.
        status, reason = Status.WITHHELD, still
    leaves_at = _leaves_at(row, now)
    return ForecastLine(
        identity=identity_of(row),
        reminder_id=row.id,
        treatment=row.treatment,
        audience=Audience(row.audience),
        channel=Channel(row.channel),
        status=status,
        reason=reason,
        due_at=row.due_at,
        leaves_at=leaves_at,
        local=(leaves_at or row.due_at).astimezone(zone),
        expires_at=row.expires_at,
        message_id=row.message_id,
    )


def _leaves_at(row: ReminderRow, now: datetime) -> datetime | None:
    if row.status in PENDING:
        return max(row.next_attempt_at, row.due_at, now)
    return None if row.status in CLOSED else row.left_at


def _line_of_planned(planned: PlannedReminder, reason: Reason | None, zone: ZoneInfo) -> ForecastLine:
    is_over = reason is not None and status_of(reason) in (Status.EXPIRED, Status.SUPERSEDED)
    return ForecastLine(
        identity=planned.identity,
        reminder_id=None,
        treatment=planned.treatment,
        audience=planned.audience,
        channel=planned.channel,
        status=status_of(reason) if reason and is_over else Status.WITHHELD,
        reason=reason,
        due_at=planned.due_at,
        leaves_at=None,
        local=planned.due_at.astimezone(zone),
        expires_at=planned.expires_at,
    )


# ---- the words ---------------------------------------------------------------------------------------------------


def _add_left_texts(tx: Transaction, lines: Sequence[ForecastLine]) -> list[ForecastLine]:
    """What left is shown as it was said."""
    ids = {line.message_id for line in lines if line.message_id and line.leaves_at and line.status not in PENDING}
    messages = {row.id: row for row in tx.scalars(select(MessageRow).where(MessageRow.id.in_(ids)))}
    said: dict[int, list[Identity]] = defaultdict(list)
    for line in lines:
        if line.message_id in messages:
            said[line.message_id].append(line.identity)
    return [
        _say(line, _as_left(messages[line.message_id]), said[line.message_id])
        if line.message_id in messages and line.status not in PENDING
        else line
        for line in lines
    ]


def _as_left(row: MessageRow) -> Composed:
    return Composed(body=row.body, segments=row.segments, subject=row.subject, html=row.html)


def _say(line: ForecastLine, composed: Composed, said: Collection[Identity]) -> ForecastLine:
    return replace(
        line,
        subject=composed.subject,
        text=composed.body,
        segments=composed.segments,
        together_with=tuple(each for each in said if each != line.identity),
    )


def _add_coming_texts(
    tx: Transaction,
    clinic: Clinic,
    templates: Templates,
    patient: PatientRow,
    rows: Iterable[ReminderRow],
    lines: Sequence[ForecastLine],
) -> list[ForecastLine]:
    """What is to come, as dispatch will say it: what leaves in the same minute in one message (P7)."""
    facts = load_facts(tx, clinic, [patient.id])
    by_identity = {identity_of(row): row for row in rows}
    coming = [line for line in lines if line.status in PENDING]
    bundles = list(_bundle(coming, by_identity))
    greeting = _find_greeting(tx, patient, bundles, by_identity)
    written: dict[Identity, ForecastLine] = {}
    for bundle in bundles:
        composed = _compose(templates, facts, patient, bundle, by_identity, is_first=bundle is greeting)
        together = [line.identity for line in bundle]
        written.update({line.identity: _say(line, composed, together) for line in bundle if composed})
    return [written.get(line.identity, line) for line in lines]


def _bundle(coming: Iterable[ForecastLine], rows: Mapping[Identity, ReminderRow]) -> Iterator[list[ForecastLine]]:
    bundles: dict[tuple[object, ...], list[ForecastLine]] = {}
    for line in sorted(coming, key=lambda each: (each.leaves_at, each.reminder_id)):
        assert line.leaves_at is not None, "what is to come has a time"
        row = rows[line.identity]
        minute = line.leaves_at.replace(second=0, microsecond=0)
        stands_alone = line.rule == CORRECTION or line.audience is Audience.STAFF or bool(row.resends)
        bundles.setdefault((line.channel, minute, line.reminder_id if stands_alone else None), []).append(line)
    yield from bundles.values()


def _find_greeting(
    tx: Transaction,
    patient: PatientRow,
    bundles: Iterable[Sequence[ForecastLine]],
    rows: Mapping[Identity, ReminderRow],
) -> Sequence[ForecastLine] | None:
    """The message that will be the first text to the patient's number (C8), if there is one among them."""
    texts = (each for each in bundles if each[0].channel is Channel.SMS and each[0].audience is Audience.PATIENT)
    first = min(texts, key=lambda each: (each[0].leaves_at, each[0].reminder_id), default=None)
    if first is None or patient.phone is None or not is_first_text(tx, patient.phone):
        return None
    row = rows[first[0].identity]
    others = tx.execute(
        select(ReminderRow.next_attempt_at, ReminderRow.id)
        .join(PatientRow, PatientRow.id == ReminderRow.patient_id)
        .where(
            PatientRow.phone == patient.phone,
            PatientRow.id != patient.id,
            ReminderRow.channel == Channel.SMS,
            ReminderRow.status.in_(PENDING),
        )
        .order_by(ReminderRow.next_attempt_at, ReminderRow.id)
        .limit(1)
    ).first()
    by_hand = tx.scalar(
        select(WrittenRow.next_attempt_at)
        .join(PatientRow, PatientRow.id == WrittenRow.patient_id)
        .where(
            PatientRow.phone == patient.phone,
            WrittenRow.channel == Channel.SMS,
            WrittenRow.status == Status.SCHEDULED,
        )
        .order_by(WrittenRow.next_attempt_at)
        .limit(1)
    )
    is_later = (others is not None and tuple(others) < (row.next_attempt_at, row.id)) or (
        # What a person wrote goes before the reminders of its time.
        by_hand is not None and first[0].leaves_at is not None and by_hand <= first[0].leaves_at
    )
    return None if is_later else first


def _compose(
    templates: Templates,
    facts: Facts,
    patient: PatientRow,
    bundle: Sequence[ForecastLine],
    rows: Mapping[Identity, ReminderRow],
    *,
    is_first: bool,
) -> Composed | None:
    """None where it cannot be written: dispatch will set it aside and ask the desk."""
    leaves_at = bundle[0].leaves_at
    assert leaves_at is not None, "what is to come has a time"
    said = [Said.of(rows[line.identity], leave_at=leaves_at) for line in bundle]
    try:
        return compose(templates, said, facts, patient_name=patient.name, is_first=is_first)
    except Unrenderable:
        return None


# ---- where the figures come from ---------------------------------------------------------------------------------


def _add_sources(line: ForecastLine, clinic: Clinic, overrides: Sequence[Override]) -> ForecastLine:
    if line.leaves_at is not None and line.status not in PENDING:
        # What has left was told by the figures of that time.
        overrides = [each for each in overrides if each.decided_at <= line.leaves_at]
    return replace(
        line,
        sources=tuple(say_sources(clinic, line.treatment, line.rule, overrides)),
        set_by=tuple(dict.fromkeys(each.decided_by for each in overrides)),
    )


def say_sources(clinic: Clinic, treatment_id: str, rule_id: str, overrides: Collection[Override] = ()) -> list[str]:
    """Each figure of a rule with where it comes from, such as 'at 10:00 (clinic's own)'."""
    treatment = clinic.treatments.get(treatment_id)
    rule = next((rule for rule in treatment.rules if rule.id == rule_id), None) if treatment else None
    if treatment is None or rule is None:
        return []
    who = {key: override.decided_by for override in overrides for key in override.fields}
    treatment, rule = apply_overrides(treatment, rule, overrides)
    said = (
        f"{key} {say_figure(figure)} ({say_decider(key, who) or say_source(figure)})"
        for key, figure in list_timed_figures(rule, treatment)
    )
    return list(dict.fromkeys(said))


def say_decider(key: str, who: Mapping[str, str]) -> str | None:
    """Such as 'set by Dr. Lee'; None where nobody has.

    `key` is a figure's, such as `every` or `phases.0.lasts`; what was set is all of `repeat` or `phases`.
    """
    whole = "repeat" if key in ("every", "slots", "times") else key.partition(".")[0]
    return f"set by {who[whole]}" if whole in who else None
