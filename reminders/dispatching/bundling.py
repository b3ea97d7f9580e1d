"""Which claimed reminders leave in one message (P7), and to whom."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, update

from reminders.dispatching.work import Work
from reminders.model import CORRECTION, PENDING, Audience, Channel, Contact, Status
from reminders.rules import Clinic
from reminders.sending_hours import SendingHours
from reminders.store.engine import Transaction
from reminders.store.statements import table_of
from reminders.tables import PatientRow, ReminderRow

_REMINDERS = table_of(ReminderRow)

ContactsByPatient = Mapping[int, Mapping[Channel, Contact]]


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
    gathered = {"patients": list(patients), "on": channel, "next_minute": next_minute}
    tx.execute(_GATHER, {**gathered, "worker": worker, "until": now + work.pace.lease})


_GATHER = (
    update(_REMINDERS)
    .where(
        _REMINDERS.c.patient_id.in_(bindparam("patients", expanding=True)),
        _REMINDERS.c.status.in_(PENDING),
        _REMINDERS.c.channel == bindparam("on"),
        _REMINDERS.c.next_attempt_at < bindparam("next_minute"),
    )
    .values(status=Status.CLAIMED, claimed_by=bindparam("worker"), lease_until=bindparam("until"))
)


def bundle_claimed(
    work: Work, patients: Mapping[int, PatientRow], contacts: ContactsByPatient, claimed: Iterable[ReminderRow]
) -> list[Bundle]:
    """What a worker holds, by message, in the order of their turn."""
    by_message: dict[tuple[object, ...], list[ReminderRow]] = {}
    for row in claimed:
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
