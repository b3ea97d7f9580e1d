"""What a change would do, before it is made: the change itself, in a transaction that is rolled back.

So what a preview shows and what then happens come from one function, and cannot differ for the same rows and minute.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from functools import partial
from typing import Any

from sqlalchemy import Engine

from reminders.casework.cautions import Caution, list_cautions
from reminders.casework.known import require_attributes
from reminders.casework.patients import PatientEntry, require_patient
from reminders.casework.procedures import ProcedureEntry, Recorded, read_performed_at, record_procedure, require_counts
from reminders.casework.sessions import require_treatment
from reminders.forecasting import Forecast, ForecastLine, forecast_patient
from reminders.messages import Templates
from reminders.model import (
    LEFT,
    PENDING,
    AnchorKind,
    Channel,
    InputRefusal,
    PatientCase,
    Refusal,
    TaskRule,
)
from reminders.planning.courses import PerformedSession, list_performed_sessions
from reminders.rules import Clinic
from reminders.store.changes import load_planned_tasks
from reminders.store.engine import Transaction, writing
from reminders.tables import PatientRow


class Effect(StrEnum):
    """What a change does to one reminder."""

    KEPT = "kept"
    MOVED = "moved"
    CANCELLED = "cancelled"
    ADDED = "added"
    ALREADY_SENT = "already_sent"
    """It left, and no change calls it back."""
    WITHHELD = "withheld"
    """It did not wait to leave, and does not now; why may be another matter."""


@dataclass(frozen=True, kw_only=True)
class ChangedLine:
    effect: Effect
    before: ForecastLine | None
    after: ForecastLine | None


@dataclass(frozen=True, kw_only=True)
class ChangePreview:
    """What a change would do to a patient's reminders; `refusal` says why it cannot be made."""

    refusal: str | None = None
    lines: tuple[ChangedLine, ...] = ()
    tasks: tuple[str, ...] = ()
    """What the desk would be asked to do at once that it is not asked already."""
    version: int = 0
    """The version that the preview was made from: the form that makes the change carries it."""
    changes_nothing: bool = False
    """It is so already: there is no new version."""
    outcome: object = None
    """What the change returned."""


def preview_change(
    engine: Engine,
    clinic: Clinic,
    templates: Templates,
    patient_id: int,
    change: Callable[[Transaction], object],
    now: datetime,
) -> ChangePreview:
    """What `change`, a function of the casework, would do to the patient. Nothing is kept."""
    with writing(engine) as tx:
        preview = try_change(tx, clinic, templates, patient_id, change, now)
        tx.rollback()
    return preview


def try_change(
    tx: Transaction,
    clinic: Clinic,
    templates: Templates,
    patient_id: int,
    change: Callable[[Transaction], object],
    now: datetime,
) -> ChangePreview:
    """Make the change in this transaction and say what it does. Where it is refused, the caller rolls back."""
    try:
        patient = require_patient(tx, patient_id)
        version, before, known = patient.version, _look(tx, clinic, templates, patient, now), _task_keys(tx, patient)
        outcome = change(tx)
    except Refusal as refusal:
        return ChangePreview(refusal=refusal.at_desk)
    after = _look(tx, clinic, templates, patient, now)
    return ChangePreview(
        lines=tuple(compare(before, after)),
        tasks=tuple(
            task.text
            for task in after.difference.tasks
            # What became of a visit is asked when its day is over.
            if (task.rule, task.key) not in known and (task.due_at is None or task.due_at <= now)
        ),
        version=version,
        changes_nothing=patient.version == version,
        outcome=outcome,
    )


def _look(tx: Transaction, clinic: Clinic, templates: Templates, patient: PatientRow, now: datetime) -> Forecast:
    # What the change wrote by statements the rows in memory do not know.
    tx.flush()
    tx.expire_all()
    return forecast_patient(tx, clinic, templates, patient, now)


def _task_keys(tx: Transaction, patient: PatientRow) -> set[tuple[TaskRule, str]]:
    return {(task.rule, task.key) for task in load_planned_tasks(tx, patient.id)}


def compare(before: Forecast, after: Forecast) -> Iterator[ChangedLine]:
    """Every reminder of the patient, before and after, by time."""
    was = {line.identity: line for line in before.lines}
    for line in after.lines:
        earlier = was.pop(line.identity, None)
        yield ChangedLine(effect=_say_effect(earlier, line), before=earlier, after=line)
    for line in was.values():
        yield ChangedLine(effect=_say_effect(line, None), before=line, after=None)


def _say_effect(before: ForecastLine | None, after: ForecastLine | None) -> Effect:
    was_waiting = before is not None and before.status in PENDING
    if after is not None and after.status in LEFT:
        return Effect.ALREADY_SENT
    if after is None or after.status not in PENDING:
        return Effect.CANCELLED if was_waiting else Effect.WITHHELD
    if before is None or not was_waiting:
        return Effect.ADDED
    is_same = (before.leaves_at, before.expires_at, before.channel) == (
        after.leaves_at,
        after.expires_at,
        after.channel,
    )
    return Effect.KEPT if is_same else Effect.MOVED


# ---- a new procedure, as it is typed -----------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class FieldFault:
    """What is wrong with one field of the form; `field` is empty where it is the whole."""

    field: str
    sentence: str


@dataclass(frozen=True, kw_only=True)
class ProcedurePreview:
    """What recording a procedure would plan, as far as it can be told from what is typed by now."""

    is_complete: bool = False
    """It could be saved as it is."""
    faults: tuple[FieldFault, ...] = ()
    session_number: int | None = None
    planned_sessions: int | None = None
    lines: tuple[ForecastLine, ...] = ()
    """The reminders of this procedure."""
    others: tuple[ChangedLine, ...] = ()
    """What recording it does to the patient's other reminders."""
    warnings: tuple[Caution, ...] = ()


def preview_procedure(
    engine: Engine, clinic: Clinic, templates: Templates, entry: ProcedureEntry, now: datetime
) -> ProcedurePreview:
    """What `record_procedure` would do with this entry. Takes what is typed by now; keeps nothing.

    While the patient is not known yet, the plan is that of a patient of whom only what is typed is known.
    """
    faults = list(_list_faults(clinic, entry, now))
    wrong = {fault.field for fault in faults}
    if not entry.treatment or not entry.performed_at or wrong & {"treatment", "performed_at", "patient_id"}:
        return ProcedurePreview(faults=tuple(faults))
    with writing(engine) as tx:
        preview = _try_entry(tx, clinic, templates, _leave_out(entry, wrong), tuple(faults), now)
        tx.rollback()
    return preview


_CONTACT_FIELDS = {Channel.SMS: "phone", Channel.EMAIL: "email"}
_PATIENT_FIELDS = ("name", "phone", "email", "time_zone", "language")


def _list_faults(clinic: Clinic, entry: ProcedureEntry, now: datetime) -> Iterator[FieldFault]:
    """Each field by itself; what is not typed yet is no fault."""
    for field, check in _list_checks(clinic, entry, now):
        try:
            check()
        except InputRefusal as refusal:
            yield FieldFault(field=field, sentence=refusal.at_desk)


def _list_checks(clinic: Clinic, entry: ProcedureEntry, now: datetime) -> Iterator[tuple[str, Callable[[], object]]]:
    for field in _PATIENT_FIELDS:
        if typed := getattr(entry.patient, field):
            yield field, partial(_read_field, clinic, field, typed)
    yield "session", partial(require_counts, entry.session, None)
    yield "planned_sessions", partial(require_counts, None, entry.planned_sessions)
    if entry.treatment:
        yield "treatment", partial(require_treatment, clinic, entry.treatment)
    treatment = clinic.treatments.get(entry.treatment)
    if treatment is not None:
        yield "attributes", partial(require_attributes, entry.attributes, treatment.attributes)
        if entry.performed_at:
            yield "performed_at", partial(read_performed_at, clinic, treatment, entry.performed_at, now)


def _read_field(clinic: Clinic, field: str, typed: str) -> None:
    values: dict[str, Any] = {field: typed}
    PatientEntry(**values).read(clinic)


def _leave_out(entry: ProcedureEntry, wrong: set[str]) -> ProcedureEntry:
    """The entry without what is wrong with it, and without blank fields."""
    typed: dict[str, Any] = {
        field: getattr(entry.patient, field) or None if field not in wrong else None for field in _PATIENT_FIELDS
    }
    return replace(
        entry,
        # What a form would do, not what it did when it was sent before.
        key=None,
        patient=PatientEntry(**typed),
        session=None if "session" in wrong else entry.session,
        planned_sessions=None if "planned_sessions" in wrong else entry.planned_sessions,
        attributes={} if "attributes" in wrong else entry.attributes,
        consent=tuple(channel for channel in entry.consent if _CONTACT_FIELDS[channel] not in wrong),
    )


def _try_entry(
    tx: Transaction,
    clinic: Clinic,
    templates: Templates,
    entry: ProcedureEntry,
    faults: tuple[FieldFault, ...],
    now: datetime,
) -> ProcedurePreview:
    is_known = entry.patient_id is not None or _is_identified(entry.patient)
    try:
        before = _look_before(tx, clinic, templates, entry, now)
        known = _known_tasks(tx, entry)
        recorded, fault = _record(tx, clinic, entry, now, is_known=is_known)
    except Refusal as refusal:
        return ProcedurePreview(faults=(*faults, FieldFault(field="", sentence=refusal.at_desk)))
    faults = (*faults, fault) if fault else faults
    patient = require_patient(tx, recorded.replanned.case.patient_id)
    after = _look(tx, clinic, templates, patient, now)
    performed = _find_performed(after.case, clinic, entry.treatment, recorded)
    own = (AnchorKind.PROCEDURE, performed.anchor_id)
    lines = tuple(line for line in after.lines if line.identity[:2] == own)
    return ProcedurePreview(
        is_complete=is_known and not faults,
        faults=faults,
        session_number=performed.number,
        planned_sessions=performed.planned_sessions,
        lines=lines,
        others=tuple(
            each
            for each in (compare(before, after) if before else ())
            if each.effect in (Effect.MOVED, Effect.CANCELLED, Effect.ADDED) and _anchor_of(each) != own
        ),
        warnings=tuple(list_cautions(clinic, patient, after, lines, recorded, known, now)),
    )


def _record(
    tx: Transaction, clinic: Clinic, entry: ProcedureEntry, now: datetime, *, is_known: bool
) -> tuple[Recorded, FieldFault | None]:
    """Record it, if need be for a stand-in; what is typed wrongly of a new patient does not hide the plan."""
    fault = None
    if is_known:
        try:
            with tx.begin_nested():
                return record_procedure(tx, clinic, entry, now), None
        except InputRefusal as refusal:
            if entry.patient_id is not None:
                raise
            fault = FieldFault(field="", sentence=refusal.at_desk)
    return record_procedure(tx, clinic, _stand_in(tx, clinic, entry, now), now), fault


def _is_identified(patient: PatientEntry) -> bool:
    return bool(patient.name and (patient.phone or patient.email))


def _look_before(
    tx: Transaction, clinic: Clinic, templates: Templates, entry: ProcedureEntry, now: datetime
) -> Forecast | None:
    if entry.patient_id is None:
        return None
    return _look(tx, clinic, templates, require_patient(tx, entry.patient_id), now)


def _known_tasks(tx: Transaction, entry: ProcedureEntry) -> set[tuple[TaskRule, str]]:
    return _task_keys(tx, require_patient(tx, entry.patient_id)) if entry.patient_id is not None else set()


def _stand_in(tx: Transaction, clinic: Clinic, entry: ProcedureEntry, now: datetime) -> ProcedureEntry:
    """The entry for a patient of whom only that is known which is typed by now."""
    values = entry.patient.read(clinic)
    nobody = secrets.token_hex(8)
    row = PatientRow(**{"name": "", **values, "name_key": nobody}, attributes={}, created_at=now)
    tx.add(row)
    tx.flush()
    reachable = [
        channel for channel, contact in ((Channel.SMS, row.phone), (Channel.EMAIL, row.email)) if contact is not None
    ]
    consent = tuple(channel for channel in entry.consent if channel in reachable)
    return replace(entry, patient_id=row.id, patient=PatientEntry(), consent=consent)


def _find_performed(case: PatientCase, clinic: Clinic, treatment: str, recorded: Recorded) -> PerformedSession:
    performed = list_performed_sessions(case.procedures, clinic.treatments[treatment], clinic)
    return next(each for each in performed if recorded.procedure_id in each.procedure_ids)


def _anchor_of(each: ChangedLine) -> tuple[AnchorKind, int]:
    line = each.after or each.before
    assert line is not None, "a line is there before or after"
    return line.identity.anchor_kind, line.identity.anchor_id
