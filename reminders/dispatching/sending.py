"""`begin_send`: from claimed reminders to messages that are committed as `sending` before anything leaves."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select, update

from reminders.composing import Composed, Said, Visits, compose, is_first_text, load_visits, named_target
from reminders.dispatching.poison import isolate
from reminders.dispatching.work import Work
from reminders.messages import Unrenderable
from reminders.model import CORRECTION, PENDING, Audience, Channel, Contact, OutgoingMessage, Status
from reminders.replanning import replan_patient
from reminders.rules import Clinic
from reminders.sending_hours import LEAST_USEFUL, SendingHours
from reminders.store.cases import load_contacts
from reminders.store.claims import load_channels, load_claimed
from reminders.store.engine import Transaction, writing
from reminders.tables import AttemptRow, ChannelRow, MessageRow, PatientRow, ReminderRow

LATE_AFTER = timedelta(seconds=60)
"""A reminder this late is planned again first: of a late series only one may leave (P6)."""

_LONGEST_VALIDITY = 36_000
"""Seconds; Twilio's most for ValidityPeriod."""


@dataclass(frozen=True, kw_only=True)
class _Bundle:
    """The reminders of one message: one patient, channel and audience (P7)."""

    patient: PatientRow
    contact: str
    rows: tuple[ReminderRow, ...]
    hours: SendingHours

    @property
    def channel(self) -> Channel:
        return Channel(self.rows[0].channel)


def begin_send(work: Work, channels: Collection[Channel], worker: str) -> list[OutgoingMessage]:
    """One transaction over what this worker has claimed: read again, merge, render, commit `sending` with attempts.

    A claimed reminder that may not leave any more is moved or closed here instead, by the same replan as at the desk.
    """
    now = work.now()
    with writing(work.engine) as tx:
        patients = _lock_patients(tx, load_claimed(tx, worker))
        _gather_same_minute(tx, work, patients, channels, worker, now)
        _replan_late(tx, work.clinic, patients, worker, now)
        _gather_same_minute(tx, work, patients, channels, worker, now)
        visits = load_visits(tx, patients)
        senders = {Channel(row.channel): row for row in load_channels(tx, channels, for_update=True)}
        outgoing = [
            message
            for bundle in _bundle(tx, work, patients, worker)
            if (message := _begin_one(tx, work, bundle, visits, senders[bundle.channel], now))
        ]
        _release_rest(tx, worker)
    return outgoing


def _lock_patients(tx: Transaction, rows: Sequence[ReminderRow]) -> dict[int, PatientRow]:
    """Hold the patients in the order of their ids, so that no desk and no other daemon changes them meanwhile."""
    ids = {row.patient_id for row in rows}
    locked = tx.scalars(select(PatientRow).where(PatientRow.id.in_(ids)).order_by(PatientRow.id).with_for_update())
    return {patient.id: patient for patient in locked}


def _replan_late(
    tx: Transaction, clinic: Clinic, patients: Mapping[int, PatientRow], worker: str, now: datetime
) -> None:
    contacts = load_contacts(tx, list(patients.values()))
    stale = {
        row.patient_id
        for row in load_claimed(tx, worker)
        if not _may_leave_as_planned(row, contacts[row.patient_id], _hours_of(clinic, patients[row.patient_id]), now)
    }
    for patient_id in sorted(stale):
        replan_patient(tx, clinic, patient_id, now)


def _may_leave_as_planned(
    row: ReminderRow, contacts: Mapping[Channel, Contact], hours: SendingHours, now: datetime
) -> bool:
    is_on_time = now - row.due_at < LATE_AFTER and now + LEAST_USEFUL < row.expires_at
    is_reachable = row.audience == Audience.STAFF or contacts[Channel(row.channel)].blocked is None
    return is_on_time and is_reachable and hours.is_open(now)


def _hours_of(clinic: Clinic, patient: PatientRow) -> SendingHours:
    zone = ZoneInfo(patient.time_zone) if patient.time_zone else clinic.time_zone
    return SendingHours(windows=clinic.sending_hours, zone=zone)


def _gather_same_minute(
    tx: Transaction,
    work: Work,
    patients: Mapping[int, PatientRow],
    channels: Collection[Channel],
    worker: str,
    now: datetime,
) -> None:
    """What else these patients get in this minute leaves in the same message, whoever had claimed it (P7)."""
    next_minute = now.replace(second=0, microsecond=0) + timedelta(minutes=1)
    tx.execute(
        update(ReminderRow)
        .where(
            ReminderRow.patient_id.in_(patients),
            ReminderRow.status.in_(PENDING),
            ReminderRow.channel.in_(channels),
            ReminderRow.next_attempt_at < next_minute,
        )
        .values(status=Status.CLAIMED, claimed_by=worker, lease_until=now + work.pace.lease)
        .execution_options(synchronize_session=False)
    )


def _bundle(tx: Transaction, work: Work, patients: Mapping[int, PatientRow], worker: str) -> Iterator[_Bundle]:
    contacts = load_contacts(tx, list(patients.values()))
    bundles: dict[tuple[object, ...], list[ReminderRow]] = {}
    for row in load_claimed(tx, worker):
        bundles.setdefault((row.patient_id, row.channel, _own_message(row)), []).append(row)
    for rows in bundles.values():
        patient = patients[rows[0].patient_id]
        contact = contacts[patient.id][Channel(rows[0].channel)]
        address = work.staff_email if rows[0].audience == Audience.STAFF else contact.address
        assert address is not None, "a reminder without an address was closed by the replan just now"
        yield _Bundle(patient=patient, contact=address, rows=tuple(rows), hours=_hours_of(work.clinic, patient))


def _own_message(row: ReminderRow) -> tuple[str, int] | None:
    """What keeps a reminder out of a common message: a correction stands alone, a resend goes as it first went."""
    if row.rule == CORRECTION or row.audience == Audience.STAFF:
        return "reminder", row.id
    return ("message", row.message_id) if row.resends and row.message_id else None


def _begin_one(
    tx: Transaction, work: Work, bundle: _Bundle, visits: Visits, channel: ChannelRow, now: datetime
) -> OutgoingMessage | None:
    """Write one message and its attempt, or leave its reminders for later. None: nothing leaves now."""
    try:
        composed = _compose(tx, work, bundle, visits, now)
    except Unrenderable as fault:
        # One bad row never stops the others (F18).
        isolate(tx, bundle.rows, str(fault), now)
        return None
    slot = _take_slot(work, channel, bundle, composed, now)
    if slot is None:
        return None
    message = _write_message(tx, bundle, composed, now)
    deadline = _Deadline.of(work, bundle, now)
    attempt = AttemptRow(
        message_id=message.id,
        token=secrets.token_urlsafe(24),
        provider=work.providers[bundle.channel].name,
        started_at=now,
        send_before=deadline.send_before,
    )
    tx.add(attempt)
    tx.flush()
    _mark_sending(work, bundle, message, now)
    return OutgoingMessage(
        attempt_id=attempt.id,
        token=attempt.token,
        channel=bundle.channel,
        to=bundle.contact,
        body=composed.body,
        subject=composed.subject,
        html=composed.html,
        send_before=deadline.send_before,
        good_until=deadline.good_until,
        send_after=slot,
        message_key=f"rem-{min(row.id for row in bundle.rows)}.1",
    )


def _compose(tx: Transaction, work: Work, bundle: _Bundle, visits: Visits, now: datetime) -> Composed:
    is_first = bundle.channel is Channel.SMS and is_first_text(tx, bundle.contact)
    said = [Said.of(row, leave_at=now) for row in bundle.rows]
    return compose(work.templates, said, visits, patient_name=bundle.patient.name, is_first=is_first)


def _take_slot(work: Work, channel: ChannelRow, bundle: _Bundle, composed: Composed, now: datetime) -> datetime | None:
    """The sender's next free moment, which all daemons share as a row; None where it lies beyond this tick."""
    rate = work.pace.segments_per_second
    if bundle.channel is not Channel.SMS or rate is None:
        return now
    slot = max(now, channel.free_at or now)
    if slot > now + work.pace.horizon:
        return None
    channel.free_at = slot + timedelta(seconds=composed.segments / rate)
    return slot


def _write_message(tx: Transaction, bundle: _Bundle, composed: Composed, now: datetime) -> MessageRow:
    """The message's row; the same one where only the try is new."""
    message = _earlier_message(tx, bundle)
    if message is None:
        message = MessageRow(patient_id=bundle.patient.id, channel=bundle.channel, created_at=now)
        tx.add(message)
    message.contact, message.subject = bundle.contact, composed.subject
    message.body, message.html, message.segments = composed.body, composed.html, composed.segments
    tx.flush()
    return message


def _earlier_message(tx: Transaction, bundle: _Bundle) -> MessageRow | None:
    ids = {row.message_id for row in bundle.rows}
    earlier = next(iter(ids)) if len(ids) == 1 else None
    message = tx.get(MessageRow, earlier) if earlier else None
    if message is None or message.channel != bundle.channel or message.contact != bundle.contact:
        return None
    if all(row.resends for row in bundle.rows):
        return message
    members = set(tx.scalars(select(ReminderRow.id).where(ReminderRow.message_id == message.id)))
    return message if members == {row.id for row in bundle.rows} else None


@dataclass(frozen=True, kw_only=True)
class _Deadline:
    send_before: datetime
    """No hand-over at or after it: the lease, the sending hours or the usefulness is over."""
    good_until: datetime
    """When the provider must let go of it: expiry, or the start of quiet hours (C1)."""

    @classmethod
    def of(cls, work: Work, bundle: _Bundle, now: datetime) -> _Deadline:
        expires_at = min(row.expires_at for row in bundle.rows)
        closes_at = bundle.hours.closes_at(now)
        lease_until = now + work.pace.lease - work.pace.hand_over
        return cls(
            send_before=min(expires_at - LEAST_USEFUL, closes_at, lease_until),
            good_until=min(expires_at, closes_at, now + timedelta(seconds=_LONGEST_VALIDITY)),
        )


def _mark_sending(work: Work, bundle: _Bundle, message: MessageRow, now: datetime) -> None:
    for row in bundle.rows:
        row.status = Status.SENDING
        row.message_id = message.id
        row.contact = bundle.contact
        row.lease_until = now + work.pace.lease
        row.left_at = now
        row.target_on = named_target(work.templates, Said.of(row, leave_at=now))
        row.updated_at = now


def _release_rest(tx: Transaction, worker: str) -> None:
    """What found no slot in this tick keeps its place in the queue."""
    tx.flush()
    tx.execute(
        update(ReminderRow)
        .where(ReminderRow.status == Status.CLAIMED, ReminderRow.claimed_by == worker)
        .values(status=Status.SCHEDULED, claimed_by=None, lease_until=None)
        .execution_options(synchronize_session=False)
    )
