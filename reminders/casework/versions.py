"""Two people at one patient: a form that has not seen the latest change is refused, and says who changed what."""

from __future__ import annotations

from reminders.casework.patients import require_patient
from reminders.model import Refusal
from reminders.planning.wording import say_visit
from reminders.rules import Clinic
from reminders.store.engine import Transaction
from reminders.store.versions import list_changes
from reminders.tables import PatientRow


class StaleForm(Refusal):
    """The patient was changed since the form was opened; nothing of the form is saved."""


def require_unchanged(tx: Transaction, clinic: Clinic, patient_id: int, seen_version: int) -> PatientRow:
    """The patient's row, held, if it still has the version that the form has seen. Raises StaleForm.

    Called first in the transaction of the change: whoever comes second waits here, and then sees the first.
    """
    patient = require_patient(tx, patient_id)
    if patient.version == seen_version:
        return patient
    said = [
        f"{row.changed_by} {row.what} ({say_visit(row.changed_at, clinic.time_zone)})"
        for row in list_changes(tx, patient_id, after=seen_version)
    ]
    raise StaleForm(
        f"This patient was changed since you opened the page: {'; '.join(said) or 'by somebody'}. "
        "Nothing of yours is saved yet: look at the patient as it is now, then do it again if it is still right."
    )
