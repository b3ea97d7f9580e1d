"""The patient that an address names, and the version that a form of theirs has seen."""

from __future__ import annotations

from fastapi import HTTPException

from reminders.desk.forms import Form
from reminders.store.cases import find_row
from reminders.store.engine import Transaction
from reminders.tables import PatientRow


def know_patient(tx: Transaction, patient_id: int) -> PatientRow:
    """Raises a 404 where there is no such patient."""
    row = find_row(tx, PatientRow, patient_id)
    if row is None:
        raise HTTPException(404)
    return row


def read_version(form: Form) -> int:
    """Raises HTTPException for what no form of ours sends."""
    text = form.text("version")
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise HTTPException(400)
    return int(text)
