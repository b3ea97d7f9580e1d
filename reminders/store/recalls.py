"""Writes which next sessions the plan asks for, so that they can be searched without planning everybody."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict

from sqlalchemy import bindparam, select

from reminders.model import Recall
from reminders.store.engine import Transaction
from reminders.tables import RecallRow


def keep_recalls(tx: Transaction, patient_id: int, recalls: Iterable[Recall]) -> None:
    """Bring a patient's rows in line with the plan. The caller holds the patient's row."""
    stored = {row.treatment: row for row in tx.scalars(_RECALLS_OF, {"patient_id": patient_id})}
    for recall in recalls:
        row = stored.pop(recall.treatment, None)
        if row is None:
            tx.add(RecallRow(patient_id=patient_id, **asdict(recall)))
            continue
        for field, value in asdict(recall).items():
            setattr(row, field, value)
    for row in stored.values():
        tx.delete(row)
    tx.flush()


_RECALLS_OF = select(RecallRow).where(RecallRow.patient_id == bindparam("patient_id"))
