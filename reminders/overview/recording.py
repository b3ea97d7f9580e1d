"""What the page that records a procedure shows: the patient it is for, and the plan once it is saved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from reminders.forecasting import ForecastLine, forecast_patient
from reminders.messages import Templates
from reminders.model import AnchorKind, Channel, Precision
from reminders.overview.patient import ConsentView, ContactView, list_consents
from reminders.planning.courses import list_performed_sessions
from reminders.rules import Clinic
from reminders.store.cases import find_row, load_contacts
from reminders.store.engine import Transaction
from reminders.tables import PatientRow, ProcedureRow


@dataclass(frozen=True, kw_only=True)
class KnownPatient:
    """Enough to see that it is the right person, and what may be sent to them."""

    id: int
    name: str
    contacts: tuple[ContactView, ...]
    consents: Mapping[Channel, ConsentView]
    """Those that stand."""
    is_paused: bool


@dataclass(frozen=True, kw_only=True)
class RecordedPage:
    """A procedure as it was recorded, and its reminders."""

    procedure_id: int
    patient_id: int
    patient_name: str
    treatment: str
    performed_at: datetime
    has_time: bool
    session_number: int | None
    """None: it was cancelled meanwhile."""
    lines: tuple[ForecastLine, ...]


def read_known_patient(tx: Transaction, patient_id: int) -> KnownPatient | None:
    """None where there is no such patient."""
    row = find_row(tx, PatientRow, patient_id)
    if row is None:
        return None
    return KnownPatient(
        id=row.id,
        name=row.name,
        contacts=tuple(
            ContactView(
                channel=channel, address=row.phone if channel is Channel.SMS else row.email, blocked=each.blocked
            )
            for channel, each in load_contacts(tx, [row])[row.id].items()
        ),
        consents={each.channel: each for each in list_consents(tx, patient_id) if each.withdrawn_at is None},
        is_paused=row.paused_since is not None,
    )


def read_recorded(
    tx: Transaction, clinic: Clinic, templates: Templates, procedure_id: int, now: datetime
) -> RecordedPage | None:
    """None where there is no such procedure."""
    row = find_row(tx, ProcedureRow, procedure_id)
    patient = find_row(tx, PatientRow, row.patient_id) if row else None
    if row is None or patient is None:
        return None
    forecast = forecast_patient(tx, clinic, templates, patient, now)
    treatment = clinic.treatments.get(row.treatment)
    sessions = list_performed_sessions(forecast.case.procedures, treatment, clinic) if treatment else []
    performed = next((each for each in sessions if row.id in each.procedure_ids), None)
    # Procedures of one day are one session, and share their reminders.
    anchor_id = performed.anchor_id if performed else row.id
    return RecordedPage(
        procedure_id=row.id,
        patient_id=patient.id,
        patient_name=patient.name,
        treatment=treatment.name if treatment else row.treatment,
        performed_at=row.performed_at,
        has_time=row.precision == Precision.MINUTE,
        session_number=performed.number if performed else None,
        lines=tuple(line for line in forecast.lines if line.identity[:2] == (AnchorKind.PROCEDURE, anchor_id)),
    )
