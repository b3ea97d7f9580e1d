"""Which claimed reminders leave in one message (P7), and to whom."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import update

from reminders.dispatching.work import Work
from reminders.model import CORRECTION, PENDING, Audience, Channel, Status
from reminders.rules import Clinic
from reminders.sending_hours import SendingHours
from reminders.store.cases import load_contacts
from reminders.store.claims import load_claimed
from reminders.store.engine import Transaction
from reminders.tables import PatientRow, ReminderRow


@dataclass(frozen=True, kw_only=True)
class Bundle:
    """The reminders of one message: one patient, channel and audience."""

    patient: PatientRow
    contact: str
    rows: tuple[ReminderRow, ...]
    hours: SendingHours

    @property
    def channel(self) -> Channel:
        return Channel(self.rows[0].channel)

    @property
    def is_resend(self) -> bool:
        """It goes as it first went."""
        return _resent_message(self.rows[0]) is not None


def gather_same_minute(
    tx: Transaction, work: Work, patients: Mapping[int, PatientRow], channel: Channel, worker: str, now: datetime
) -> None:
    """What else these patients get in this minute leaves in the same message, whoever had claimed it."""
    next_minute = now.replace(second=0, microsecond=0) + timedelta(minutes=1)
    tx.execute(
        update(ReminderRow)
        .where(
            ReminderRow.patient_id.in_(patients),
            ReminderRow.status.in_(PENDING),
            ReminderRow.channel == channel,
            ReminderRow.next_attempt_at < next_minute,
        )
        .values(status=Status.CLAIMED, claimed_by=worker, lease_until=now + work.pace.lease)
        .execution_options(synchronize_session=False)
    )


def bundle_claimed(tx: Transaction, work: Work, patients: Mapping[int, PatientRow], worker: str) -> list[Bundle]:
    """What this worker holds, by message, in the order of their turn."""
    contacts = load_contacts(tx, list(patients.values()))
    by_message: dict[tuple[object, ...], list[ReminderRow]] = {}
    for row in load_claimed(tx, worker):
        by_message.setdefault((row.patient_id, _own_message(row)), []).append(row)
    bundles = []
    for rows in by_message.values():
        patient = patients[rows[0].patient_id]
        contact = contacts[patient.id][Channel(rows[0].channel)]
        address = work.staff_email if rows[0].audience == Audience.STAFF else contact.address
        assert address is not None, "a reminder without an address was closed by the replan just now"
        hours = hours_of(work.clinic, patient)
        bundles.append(Bundle(patient=patient, contact=address, rows=tuple(rows), hours=hours))
    return bundles


def hours_of(clinic: Clinic, patient: PatientRow) -> SendingHours:
    zone = ZoneInfo(patient.time_zone) if patient.time_zone else clinic.time_zone
    return SendingHours(windows=clinic.sending_hours, zone=zone)


def _own_message(row: ReminderRow) -> tuple[str, int] | None:
    """What keeps a reminder out of a common message: a correction stands alone, a resend goes as it first went."""
    if row.rule == CORRECTION or row.audience == Audience.STAFF:
        return "reminder", row.id
    resent = _resent_message(row)
    return ("message", resent) if resent else None


def _resent_message(row: ReminderRow) -> int | None:
    return row.message_id if row.resends else None
