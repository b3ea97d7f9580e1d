"""Which version of a patient a form has seen: every change at the desk makes a new one, and says what it was."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from reminders.store.engine import Transaction, who
from reminders.tables import PatientChangeRow, PatientRow


def note_change(tx: Transaction, patient: PatientRow, what: str, now: datetime, *, by: str | None = None) -> None:
    """Write down that this transaction changes the patient. The caller holds the patient's row.

    `what` completes a sentence such as 'Dana corrected procedure 3': no name, number or text of a message.
    """
    patient.version += 1
    tx.add(
        PatientChangeRow(
            patient_id=patient.id, version=patient.version, what=what, changed_by=by or who(tx), changed_at=now
        )
    )
    tx.flush()


OPTED_OUT = "opted the patient out of {channel}"
OPTED_IN = "recorded consent for {channel}"
"""What is written down of a patient's word."""


def find_latest(tx: Transaction, patient_id: int, what: str) -> PatientChangeRow | None:
    """The latest change that was written down in these words."""
    return tx.scalars(
        select(PatientChangeRow)
        .where(PatientChangeRow.patient_id == patient_id, PatientChangeRow.what == what)
        .order_by(PatientChangeRow.version.desc())
        .limit(1)
    ).first()


def list_changes(tx: Transaction, patient_id: int, after: int = 0) -> list[PatientChangeRow]:
    """The patient's changes since a version, in their order."""
    return list(
        tx.scalars(
            select(PatientChangeRow)
            .where(PatientChangeRow.patient_id == patient_id, PatientChangeRow.version > after)
            .order_by(PatientChangeRow.version)
        )
    )
