"""What was noted of procedures since they were recorded: events, answers, and the figures that clinicians have set."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from reminders.config.faults import ConfigFaults
from reminders.config.overrides import override_rule, override_treatment
from reminders.model import TREATMENT, AnchorKind, Identity, PlannedReminder, Precision, Procedure
from reminders.planning import plan_reminders
from reminders.planning.courses import PerformedSession, list_performed_sessions
from reminders.rules import Anchor, Clinic, Rule, Treatment
from reminders.store.cases import load_case, load_stored_reminders
from reminders.store.engine import Transaction
from reminders.tables import AnswerRow, OverrideRow, PatientRow, ProcedureEventRow, ProcedureRow


@dataclass(frozen=True, kw_only=True)
class Happening:
    """An event, or the latest answer to a question."""

    procedure_id: int
    name: str
    at: datetime
    has_time: bool = True
    answer: str | None = None


@dataclass(frozen=True, kw_only=True)
class Override:
    """Figures of one rule, or of the treatment itself, that a clinician has set."""

    procedure_id: int
    rule: str
    fields: Mapping[str, Any]
    """As the file would write them."""
    decided_by: str
    decided_at: datetime


def list_happenings(tx: Transaction, patient_id: int) -> list[Happening]:
    """Of the patient's procedures, one after the other."""
    events = tx.scalars(
        select(ProcedureEventRow)
        .join(ProcedureRow)
        .where(ProcedureRow.patient_id == patient_id, ProcedureEventRow.undone_at.is_(None))
    )
    answers = tx.scalars(
        select(AnswerRow)
        .join(ProcedureRow)
        .where(ProcedureRow.patient_id == patient_id)
        .order_by(AnswerRow.answered_at, AnswerRow.id)
    )
    latest = {(row.procedure_id, row.question): row for row in answers}
    found = [
        *(
            Happening(
                procedure_id=row.procedure_id,
                name=row.name,
                at=row.happened_at,
                has_time=row.precision != Precision.DATE,
            )
            for row in events
        ),
        *(
            Happening(procedure_id=row.procedure_id, name=row.question, at=row.answered_at, answer=row.answer)
            for row in latest.values()
        ),
    ]
    return sorted(found, key=lambda each: (each.procedure_id, each.at, each.name))


def list_overrides(tx: Transaction, patient_ids: Collection[int]) -> dict[int, list[Override]]:
    """By patient, for those who have any: what stands, the latest decision last."""
    rows = tx.execute(
        select(ProcedureRow.patient_id, OverrideRow)
        .join(ProcedureRow)
        .where(ProcedureRow.patient_id.in_(patient_ids), OverrideRow.cleared_at.is_(None))
        .order_by(OverrideRow.decided_at, OverrideRow.id)
    )
    found: dict[int, list[Override]] = defaultdict(list)
    for patient_id, row in rows:
        found[patient_id].append(
            Override(
                procedure_id=row.procedure_id,
                rule=row.rule,
                fields=row.fields,
                decided_by=row.decided_by,
                decided_at=row.decided_at,
            )
        )
    return found


# ---- which reminders they are about ----------------------------------------------------------------------------


def find_overridden(
    tx: Transaction, clinic: Clinic, patients: Mapping[int, PatientRow]
) -> dict[Identity, tuple[Override, ...]]:
    """The reminders whose timing a clinician has set, with what was set."""
    found: dict[Identity, tuple[Override, ...]] = {}
    for patient_id, overrides in list_overrides(tx, list(patients)).items():
        case = load_case(tx, patients[patient_id], load_stored_reminders(tx, patient_id))
        for planned in plan_reminders(case, clinic).reminders:
            if done := _find_performed(planned, case.procedures, clinic):
                found[planned.identity] = tuple(_list_about(planned, done, overrides, clinic))
    return found


def _find_performed(
    planned: PlannedReminder, procedures: Collection[Procedure], clinic: Clinic
) -> PerformedSession | None:
    """The day whose overrides count: the anchor's own, or the latest one for a visit."""
    treatment = clinic.treatments.get(planned.treatment)
    performed = list_performed_sessions(procedures, treatment, clinic) if treatment else []
    if planned.identity.anchor_kind is AnchorKind.PROCEDURE:
        performed = [done for done in performed if done.anchor_id == planned.identity.anchor_id]
    return performed[-1] if performed else None


def _list_about(
    planned: PlannedReminder, done: PerformedSession, overrides: Collection[Override], clinic: Clinic
) -> Iterator[Override]:
    """Of the rule and, where it counts from the target, of the treatment: what the planner has let count."""
    counts_from_target = any(
        rule.id == planned.identity.rule and rule.anchor is Anchor.TARGET for rule in done.treatment.rules
    )
    has_own_interval = done.treatment is not clinic.treatments[planned.treatment]
    of_interest = [planned.identity.rule] if planned.is_overridden else []
    of_interest += [TREATMENT] if counts_from_target and has_own_interval else []
    for rule in of_interest:
        about = [
            each
            for number in done.procedure_ids
            for each in overrides
            if (each.procedure_id, each.rule) == (number, rule)
        ]
        # The latest procedure of the day has the say.
        yield from about[-1:]


def apply_overrides(treatment: Treatment, rule: Rule, overrides: Collection[Override]) -> tuple[Treatment, Rule]:
    """The treatment and the rule with the figures that were set."""
    try:
        for each in overrides:
            if each.rule == TREATMENT:
                treatment = override_treatment(treatment, each.fields)
            else:
                rule = override_rule(rule, each.fields)
    except ConfigFaults:
        # An edit of the file has made them impossible since: the plan says so.
        return treatment, rule
    return treatment, rule
