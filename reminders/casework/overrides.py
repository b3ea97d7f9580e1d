"""Overrides: figures of a rule that a clinician sets for one patient, and taking them back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, time
from typing import Any

from sqlalchemy import select

from reminders.casework.known import require_known
from reminders.casework.patients import require_patient
from reminders.casework.procedures import require_procedure
from reminders.casework.sessions import require_treatment
from reminders.config.faults import ConfigFaults
from reminders.config.overrides import override_rule, override_treatment
from reminders.model import TREATMENT, InputRefusal, Refusal
from reminders.replanning import Replanned, replan_patient
from reminders.rules import Clinic, Event, Treatment
from reminders.store.engine import Transaction
from reminders.store.versions import note_change
from reminders.tables import OverrideRow
from reminders.typed import read_line


def set_override(
    tx: Transaction,
    clinic: Clinic,
    procedure_id: int,
    rule_id: str,
    fields: Mapping[str, Any],
    decided_by: str,
    now: datetime,
) -> Replanned:
    """Set these figures of a rule, or with `treatment` of the treatment itself, beside those that are set already."""
    row = require_procedure(tx, procedure_id)
    treatment = require_treatment(clinic, row.treatment)
    require_known(rule_id, [*(rule.id for rule in treatment.rules), TREATMENT], "rule")
    if not decided_by.strip():
        raise InputRefusal("Say who has decided it: add --by.", at_desk="Say who has decided it.")
    who = read_line(decided_by, "The name of who has decided it")
    standing = _find_standing(tx, row.id, rule_id)
    together = {**(standing.fields if standing else {}), **_as_stored(fields)}
    _require_sound(treatment, rule_id, together)
    if standing is not None:
        _end(tx, standing, now)
    tx.add(OverrideRow(procedure_id=row.id, rule=rule_id, fields=together, decided_by=who, decided_at=now))
    note_change(tx, require_patient(tx, row.patient_id), f"set figures of '{rule_id}' of procedure {row.id}", now)
    return replan_patient(tx, clinic, row.patient_id, now)


def _find_standing(tx: Transaction, procedure_id: int, rule_id: str) -> OverrideRow | None:
    return tx.scalar(
        select(OverrideRow).where(
            OverrideRow.procedure_id == procedure_id, OverrideRow.rule == rule_id, OverrideRow.cleared_at.is_(None)
        )
    )


def _as_stored(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Times and dates can stand in the file without quotes; a row has no kind of value for them."""
    return dict(json.loads(json.dumps(dict(fields), default=_quote)))


def _quote(value: object) -> str:
    # Seconds stay, so that they are refused like any other.
    return str(value).removesuffix(":00") if isinstance(value, time) else str(value)


def _require_sound(treatment: Treatment, rule_id: str, fields: Mapping[str, Any]) -> None:
    """Raises InputRefusal with all that is wrong with the figures."""
    try:
        if rule_id == TREATMENT:
            override_treatment(treatment, fields)
            return
        (rule,) = (each for each in treatment.rules if each.id == rule_id)
        until = override_rule(rule, fields).until
    except ConfigFaults as found:
        faults = "\n".join(f"  {fault.path or rule_id}: {fault.sentence}" for fault in found.faults)
        raise InputRefusal(f"This cannot be set for '{rule_id}':\n{faults}") from None
    if isinstance(until, Event):
        require_known(until.name, treatment.events, "event")


def _end(tx: Transaction, row: OverrideRow, now: datetime) -> None:
    row.cleared_at = now
    # Before another one is written: only one stands.
    tx.flush()


def clear_override(tx: Transaction, clinic: Clinic, procedure_id: int, rule_id: str, now: datetime) -> Replanned:
    """The rule's own figures count again."""
    row = require_procedure(tx, procedure_id)
    standing = _find_standing(tx, row.id, rule_id)
    if standing is None:
        rules = require_treatment(clinic, row.treatment).rules
        require_known(rule_id, [*(rule.id for rule in rules), TREATMENT], "rule")
        raise Refusal(
            f"Nothing is set for '{rule_id}' of procedure {procedure_id}: there is nothing to clear.",
            at_desk=f"Nothing is set for '{rule_id}': there is nothing to take back.",
        )
    _end(tx, standing, now)
    note_change(tx, require_patient(tx, row.patient_id), f"cleared figures of '{rule_id}' of procedure {row.id}", now)
    return replan_patient(tx, clinic, row.patient_id, now)
