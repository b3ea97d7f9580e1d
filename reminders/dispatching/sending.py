"""`begin_send`: from claimed reminders to messages that are committed as `sending` before anything leaves."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice

import structlog
from sqlalchemy import Select, bindparam, select, union_all

from reminders.composing import Composed, Facts, Said, compose, is_first_text, load_facts, named_target
from reminders.dispatching.bundling import Bundle, ContactsByPatient, bundle_claimed, gather_same_minute, hours_of
from reminders.dispatching.poison import isolate
from reminders.dispatching.work import Work
from reminders.messages import Unrenderable
from reminders.model import CORRECTION, Audience, Channel, Contact, OutgoingMessage, Status
from reminders.reconciling import LATE_AFTER
from reminders.replanning import replan_patient
from reminders.rules import Clinic
from reminders.sending_hours import LEAST_USEFUL, SendingHours
from reminders.store.cases import load_contacts
from reminders.store.claims import (
    is_paused,
    list_claimed_patients,
    load_channel,
    load_claimed,
    pass_claims,
    put_back_claims,
)
from reminders.store.engine import Transaction, reading, writing
from reminders.store.statements import insert_row
from reminders.store.trouble import DatabaseTrouble
from reminders.tables import AttemptRow, ChannelRow, MessageRow, PatientRow, ReminderRow, WrittenRow

_log = structlog.get_logger()

_GREETING_WAIT = timedelta(seconds=5)
"""How long a text waits for the first one to its number, which carries a line that the others do not (C8)."""

_LONGEST_VALIDITY = 36_000
"""Seconds; Twilio's most for ValidityPeriod."""


@dataclass(frozen=True, kw_only=True)
class _Turn:
    """What writing one batch's messages works with."""

    tx: Transaction
    work: Work
    sender: ChannelRow
    facts: Facts
    now: datetime


@dataclass(frozen=True, kw_only=True)
class Begun:
    """What is to be handed over now."""

    messages: Sequence[OutgoingMessage]
    is_replanned: bool
    """Somebody's plan changed on the way: more may be due by now, on whichever channel."""


def begin_send(work: Work, channel: Channel, worker: str, *, is_probe: bool = False) -> Begun:
    """One transaction over what this worker has claimed: read again, merge, render, commit `sending` with attempts.

    A claimed reminder that may not leave any more is moved or closed here instead, by the same replan as at the desk.
    A probe is one message, however many the patient has waiting.
    """
    now = work.now()
    with writing(work.engine) as tx:
        patients = _lock_patients(tx, list_claimed_patients(tx, worker))
        gather_same_minute(tx, work, patients, channel, worker, now)
        # Held patients keep their contacts: a change of them holds the patients first.
        contacts = load_contacts(tx, list(patients.values()))
        claimed = load_claimed(tx, worker)
        if stale := _list_stale(work.clinic, patients, contacts, claimed, now):
            for patient_id in stale:
                replan_patient(tx, work.clinic, patient_id, now)
            gather_same_minute(tx, work, patients, channel, worker, now)
            claimed = load_claimed(tx, worker)
        # Held to the end: the sender's slots are given out by one worker at a time.
        sender = load_channel(tx, channel, for_update=True)
        outgoing: list[OutgoingMessage] = []
        if is_probe or not is_paused(sender, now):
            turn = _Turn(tx=tx, work=work, sender=sender, facts=_facts_for(tx, work, claimed), now=now)
            bundles = bundle_claimed(work, patients, contacts, claimed)
            outgoing = list(islice(_begin_all(turn, bundles), 1 if is_probe else None))
        tx.flush()
        if any(row.status == Status.CLAIMED for row in claimed):
            # What found no slot in this tick keeps its place in the queue.
            put_back_claims(tx, worker)
    return Begun(messages=outgoing, is_replanned=bool(stale))


def begin_apart(work: Work, channel: Channel, worker: str) -> Begun:
    """Each patient of a batch alone, after one of them broke it: that one is set aside, the others flow (F18)."""
    with reading(work.engine) as tx:
        patient_ids = sorted(list_claimed_patients(tx, worker))
    messages = [message for each in patient_ids for message in _begin_patient(work, channel, worker, each)]
    return Begun(messages=messages, is_replanned=True)


def _begin_patient(work: Work, channel: Channel, worker: str, patient_id: int) -> Sequence[OutgoingMessage]:
    alone = f"{worker}.{patient_id}"
    with writing(work.engine) as tx:
        pass_claims(tx, worker, alone, patient_id)
    try:
        return begin_send(work, channel, alone).messages
    except DatabaseTrouble:
        raise
    except Exception as fault:  # noqa: BLE001 - whatever it is, it is this patient's
        with writing(work.engine) as tx:
            isolate(tx, load_claimed(tx, alone), type(fault).__name__, work.now())
        return []


def _lock_patients(tx: Transaction, ids: Collection[int]) -> dict[int, PatientRow]:
    """Hold the patients in the order of their ids, so that no desk and no other daemon changes them meanwhile."""
    return {patient.id: patient for patient in tx.scalars(_HELD_PATIENTS, {"ids": list(ids)})}


_HELD_PATIENTS = (
    select(PatientRow)
    .where(PatientRow.id.in_(bindparam("ids", expanding=True)))
    .order_by(PatientRow.id)
    .with_for_update()
)


def _facts_for(tx: Transaction, work: Work, claimed: Sequence[ReminderRow]) -> Facts:
    """What the texts need to know beside the reminders: most name no visit, and of most treatments nothing is noted."""
    noting = {treatment.id for treatment in work.clinic.treatments.values() if treatment.attributes}
    needed = {
        row.patient_id
        for row in claimed
        if row.visit_at is not None or row.rule == CORRECTION or row.treatment in noting
    }
    return load_facts(tx, work.clinic, needed)


def _list_stale(
    clinic: Clinic,
    patients: Mapping[int, PatientRow],
    contacts: ContactsByPatient,
    claimed: Iterable[ReminderRow],
    now: datetime,
) -> list[int]:
    """Whose plan must be made anew before anything leaves."""
    return sorted(
        {
            row.patient_id
            for row in claimed
            if not _may_leave_as_planned(row, contacts[row.patient_id], hours_of(clinic, patients[row.patient_id]), now)
        }
    )


def _may_leave_as_planned(
    row: ReminderRow, contacts: Mapping[Channel, Contact], hours: SendingHours, now: datetime
) -> bool:
    if row.message_id is not None:
        # It was being handed over before: a change that came meanwhile could not touch it.
        return False
    is_on_time = now - row.due_at < LATE_AFTER and now + LEAST_USEFUL < row.expires_at
    is_reachable = row.audience == Audience.STAFF or contacts[Channel(row.channel)].blocked is None
    return is_on_time and is_reachable and hours.is_open(now)


# ---- one message -----------------------------------------------------------------------------------------------


def _begin_all(turn: _Turn, bundles: Sequence[Bundle]) -> Iterator[OutgoingMessage]:
    for bundle in bundles:
        yield from _begin_bundle(turn, bundle)


def _begin_bundle(turn: _Turn, bundle: Bundle) -> Iterator[OutgoingMessage]:
    """Write one message and its attempt, or leave its reminders for later."""
    is_first = _is_first(turn.tx, bundle)
    if is_first and is_first_under_way(turn.tx, bundle.contact):
        _put_off(bundle, turn.now + _GREETING_WAIT)
        return
    try:
        composed = _compose(turn, bundle, is_first=is_first)
    except Unrenderable as fault:
        yield from _begin_each(turn, bundle, str(fault))
        return
    slot = take_slot(turn.work, turn.sender, bundle.channel, composed.segments, turn.now)
    if slot is not None:
        yield _begin_message(turn, bundle, composed, slot)


def _begin_each(turn: _Turn, bundle: Bundle, fault: str) -> Iterator[OutgoingMessage]:
    """One reminder that cannot be written never stops the others (F18), those of its own message included."""
    if len(bundle.rows) == 1:
        isolate(turn.tx, bundle.rows, fault, turn.now)
        return
    for row in bundle.rows:
        yield from _begin_bundle(turn, replace(bundle, rows=(row,)))


def _is_first(tx: Transaction, bundle: Bundle) -> bool:
    if bundle.channel is not Channel.SMS:
        return False
    first_try = tx.get(MessageRow, bundle.rows[0].message_id) if bundle.is_resend else None
    return is_first_text(tx, bundle.contact, before=first_try.created_at if first_try else None)


def is_first_under_way(tx: Transaction, contact: str) -> bool:
    """Whether a text to this number is being handed over, of which nobody knows yet whether it was the first."""
    return tx.scalar(_UNDER_WAY, {"contact": contact}) is not None


def _select_under_way(table: type[ReminderRow] | type[WrittenRow]) -> Select[int]:
    return select(table.id).where(
        table.status == Status.SENDING, table.channel == Channel.SMS, table.contact == bindparam("contact")
    )


_UNDER_WAY = union_all(_select_under_way(ReminderRow), _select_under_way(WrittenRow)).limit(1)


def _put_off(bundle: Bundle, until: datetime) -> None:
    for row in bundle.rows:
        row.next_attempt_at = until


def _compose(turn: _Turn, bundle: Bundle, *, is_first: bool) -> Composed:
    said = [Said.of(row, leave_at=turn.now) for row in bundle.rows]
    return compose(turn.work.templates, said, turn.facts, patient_name=bundle.patient.name, is_first=is_first)


def take_slot(work: Work, sender: ChannelRow, channel: Channel, segments: int, now: datetime) -> datetime | None:
    """The sender's next free moment, which all daemons share as a row; None where it lies beyond this tick."""
    if channel is not Channel.SMS or work.pace.segments_per_second is None:
        return now
    slot = max(now, sender.free_at or now)
    if slot > now + work.pace.horizon:
        return None
    sender.free_at = slot + timedelta(seconds=segments / work.pace.segments_per_second)
    return slot


def _begin_message(turn: _Turn, bundle: Bundle, composed: Composed, slot: datetime) -> OutgoingMessage:
    message_id, created_at = _write_message(turn, bundle, composed)
    deadline = Deadline.of(turn.work, bundle.hours, min(row.expires_at for row in bundle.rows), turn.now)
    _mark_sending(turn, bundle, message_id)
    envelope = Envelope(message_id=message_id, created_at=created_at, channel=bundle.channel, contact=bundle.contact)
    return start_attempt(turn.tx, turn.work, envelope, composed, deadline, slot)


@dataclass(frozen=True, kw_only=True)
class Envelope:
    """A message's row, and where it goes."""

    message_id: int
    created_at: datetime
    channel: Channel
    contact: str


def start_attempt(
    tx: Transaction, work: Work, envelope: Envelope, composed: Composed, deadline: Deadline, slot: datetime
) -> OutgoingMessage:
    """One more try of a message, written down before anything leaves."""
    token = secrets.token_urlsafe(24)
    attempt = {
        "message_id": envelope.message_id,
        "token": token,
        "provider": work.providers[envelope.channel].name,
        "started_at": deadline.now,
        "send_before": deadline.send_before,
    }
    return OutgoingMessage(
        attempt_id=insert_row(tx, AttemptRow, attempt),
        token=token,
        channel=envelope.channel,
        to=envelope.contact,
        body=composed.body,
        subject=composed.subject,
        html=composed.html,
        send_before=deadline.send_before,
        good_until=deadline.good_until,
        send_after=slot,
        # The time sets a restored or replaced database apart: mailboxes drop a Message-ID that they have seen.
        message_key=f"message-{envelope.message_id}-{envelope.created_at:%Y%m%d%H%M%S}",
    )


def _write_message(turn: _Turn, bundle: Bundle, composed: Composed) -> tuple[int, datetime]:
    """The message's id and when it was first written; the same one where only the try is new."""
    says = {
        "contact": bundle.contact,
        "subject": composed.subject,
        "body": composed.body,
        "html": composed.html,
        "segments": composed.segments,
    }
    message = _earlier_message(turn.tx, bundle, composed)
    if message is None:
        new = {"patient_id": bundle.patient.id, "channel": bundle.channel, "created_at": turn.now, **says}
        return insert_row(turn.tx, MessageRow, new), turn.now
    for name, value in says.items():
        setattr(message, name, value)
    return message.id, message.created_at


def _earlier_message(tx: Transaction, bundle: Bundle, composed: Composed) -> MessageRow | None:
    ids = {row.message_id for row in bundle.rows}
    earlier = next(iter(ids)) if len(ids) == 1 else None
    message = tx.get(MessageRow, earlier) if earlier else None
    if message is None or (message.channel, message.contact) != (bundle.channel, bundle.contact):
        return None
    if bundle.is_resend:
        # The first try is still looked for by its text: another text is another message.
        return message if message.body == composed.body else None
    members = set(tx.scalars(select(ReminderRow.id).where(ReminderRow.message_id == message.id)))
    return message if members == {row.id for row in bundle.rows} else None


@dataclass(frozen=True, kw_only=True)
class Deadline:
    now: datetime
    send_before: datetime
    """No hand-over at or after it: the lease, the sending hours or the usefulness is over."""
    good_until: datetime
    """When the provider must let go of it: expiry, or the start of quiet hours (C1)."""

    @classmethod
    def of(cls, work: Work, hours: SendingHours, expires_at: datetime, now: datetime) -> Deadline:
        closes_at = hours.closes_at(now)
        lease_until = now + work.pace.lease - work.pace.hand_over
        return cls(
            now=now,
            send_before=min(expires_at - LEAST_USEFUL, closes_at, lease_until),
            good_until=min(expires_at, closes_at, now + timedelta(seconds=_LONGEST_VALIDITY)),
        )


def _mark_sending(turn: _Turn, bundle: Bundle, message_id: int) -> None:
    for row in bundle.rows:
        row.status = Status.SENDING
        row.message_id = message_id
        row.contact = bundle.contact
        row.lease_until = turn.now + turn.work.pace.lease
        row.left_at = turn.now
        row.target_on = named_target(turn.work.templates, Said.of(row, leave_at=turn.now))
        row.updated_at = turn.now
