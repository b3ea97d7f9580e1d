"""Messages by hand: one that staff writes, or a reminder's that is sent again. Dispatch carries them as any other."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from reminders.casework.patients import require_patient
from reminders.composing import Composed, compose_written, is_first_text
from reminders.messages import MOST_SEGMENTS, MOST_SEGMENTS_FIRST, Templates, Unrenderable, find_listed_words
from reminders.model import (
    AnchorKind,
    Channel,
    InputRefusal,
    PatientCase,
    Reason,
    Refusal,
    SessionState,
    Status,
    StoredReminder,
)
from reminders.planning import plan_reminders
from reminders.planning.wording import say_visit
from reminders.rules import Clinic
from reminders.sending_hours import is_useful
from reminders.store.cases import (
    find_row,
    hours_of_patient,
    load_case,
    load_contacts,
    load_stored_reminders,
)
from reminders.store.engine import Transaction, who
from reminders.store.versions import note_change
from reminders.tables import MessageRow, PatientRow, ReminderRow, WrittenRow
from reminders.typed import is_readable

GOOD_FOR = timedelta(hours=24)
"""How long a message by hand is of use from when it is to leave: what cannot leave by then becomes a task."""

_LONGEST = 5000


@dataclass(frozen=True, kw_only=True)
class MessageEntry:
    """What was typed to write to a patient."""

    patient_id: int
    channel: Channel
    body: str
    subject: str | None = None
    """Of an email."""


@dataclass(frozen=True, kw_only=True)
class Written:
    """A message by hand as it will leave; `written_id` is None where it was only looked at."""

    written_id: int | None
    leaves_at: datetime
    expires_at: datetime
    contact: str
    composed: Composed


def preview_message(
    tx: Transaction,
    clinic: Clinic,
    templates: Templates,
    entry: MessageEntry,
    now: datetime,
    *,
    allowed_words: Collection[str] = (),
) -> Written:
    """The message as it would leave. Changes nothing; raises Refusal with everything that is wrong with it."""
    patient = find_row(tx, PatientRow, entry.patient_id)
    if patient is None:
        raise InputRefusal(f"There is no patient {entry.patient_id}.")
    return _prepare(tx, clinic, templates, patient, entry, now, allowed_words)[1]


def write_message(
    tx: Transaction,
    clinic: Clinic,
    templates: Templates,
    entry: MessageEntry,
    now: datetime,
    *,
    allowed_words: Collection[str] = (),
) -> Written:
    """Queue a message by hand: it leaves now, or as the sending hours begin. Raises Refusal with all that is wrong.

    The same words to the same patient, while they still wait, are the same message.
    """
    patient = require_patient(tx, entry.patient_id)
    row, written = _prepare(tx, clinic, templates, patient, entry, now, allowed_words)
    return _queue(tx, patient, row, written, f"wrote a message by {entry.channel}", now)


def _prepare(
    tx: Transaction,
    clinic: Clinic,
    templates: Templates,
    patient: PatientRow,
    entry: MessageEntry,
    now: datetime,
    allowed_words: Collection[str],
) -> tuple[WrittenRow, Written]:
    faults = [*_check_words(clinic, entry, allowed_words), *_check_reach(tx, patient, entry.channel)]
    if faults:
        raise InputRefusal(" ".join(faults))
    row = _new_row(tx, clinic, patient, entry.channel, now)
    row.body, row.subject = entry.body.strip(), " ".join((entry.subject or "").split()) or None
    written = _describe(tx, templates, patient, row)
    _require_short(tx, written)
    return row, written


def _check_words(clinic: Clinic, entry: MessageEntry, allowed_words: Collection[str]) -> Iterator[str]:
    if not entry.body.strip():
        yield "Write something: the message is empty."
    if len(entry.body) > _LONGEST or not all(map(is_readable, (entry.body + (entry.subject or "")).splitlines())):
        yield f"The message must be plain text of at most {_LONGEST} letters, without control characters."
    if entry.channel is Channel.EMAIL and not (entry.subject or "").strip():
        yield "An email needs a subject: write one."
    names = [name for treatment in clinic.treatments.values() for name in (treatment.id, treatment.name)]
    # The clinic's own name may hold any word (C9).
    said = " ".join([entry.subject or "", entry.body]).casefold()
    for own in (clinic.name, clinic.sms_name):
        said = said.replace(own.casefold(), " ")
    if found := find_listed_words(said, names, allowed_words):
        listed = ", ".join(f"'{word}'" for word in found)
        yield f"This would tell a stranger what was done ({listed}): say 'the treated area' instead."


def _check_reach(tx: Transaction, patient: PatientRow, channel: Channel) -> Iterator[str]:
    contact = load_contacts(tx, [patient])[patient.id][channel]
    if contact.blocked is not None:
        yield _WHY_NOT[contact.blocked].format(channel=channel)
    if patient.paused_since is not None:
        yield "The patient's reminders are paused, and so is everything else: resume first, or call."


_WHY_NOT = {
    Reason.NO_CONSENT: "There is no consent for {channel}: ask the patient first, or use another way.",
    Reason.OPTED_OUT: "The patient does not want {channel}: call, or use another way.",
    Reason.NO_CONTACT: "There is nothing to reach the patient with by {channel}: add a number or an address.",
    Reason.CONTACT_REFUSED: "The provider refuses this patient's {channel}: ask for another number or address.",
}


def _new_row(tx: Transaction, clinic: Clinic, patient: PatientRow, channel: Channel, now: datetime) -> WrittenRow:
    due_at = hours_of_patient(tx, clinic, patient.id).next_allowed(now)
    return WrittenRow(
        patient_id=patient.id,
        channel=channel,
        body="",
        subject=None,
        written_by=who(tx),
        status=Status.SCHEDULED,
        due_at=due_at,
        next_attempt_at=due_at,
        expires_at=due_at + GOOD_FOR,
        attempts=0,
        resends=0,
        created_at=now,
        updated_at=now,
    )


def _describe(tx: Transaction, templates: Templates, patient: PatientRow, row: WrittenRow) -> Written:
    contact = patient.phone if row.channel == Channel.SMS else patient.email
    assert contact is not None, "a patient without it was refused"
    is_first = row.channel == Channel.SMS and is_first_text(tx, contact)
    try:
        composed = compose_written(templates, row, patient_name=patient.name, is_first=is_first)
    except Unrenderable:
        raise InputRefusal("This message is too long: make it shorter.") from None
    return Written(written_id=None, leaves_at=row.due_at, expires_at=row.expires_at, contact=contact, composed=composed)


def _require_short(tx: Transaction, written: Written) -> None:
    """C8: the first text to a number may be longer by what it says beside its matter."""
    is_first = is_first_text(tx, written.contact)
    most = MOST_SEGMENTS_FIRST if is_first else MOST_SEGMENTS
    if written.composed.segments > most:
        raise InputRefusal(
            f"This makes a text of {written.composed.segments} segments where {most} are allowed: make it shorter."
        )


def _queue(
    tx: Transaction, patient: PatientRow, row: WrittenRow, written: Written, what: str, now: datetime
) -> Written:
    waiting = tx.scalar(
        select(WrittenRow.id).where(
            WrittenRow.patient_id == patient.id,
            WrittenRow.status == Status.SCHEDULED,
            WrittenRow.channel == row.channel,
            WrittenRow.body == row.body,
            WrittenRow.subject.is_not_distinct_from(row.subject),
            WrittenRow.again_of.is_not_distinct_from(row.again_of),
        )
    )
    if waiting is None:
        tx.add(row)
        note_change(tx, patient, what, now)
        waiting = row.id
    return Written(
        written_id=waiting,
        leaves_at=written.leaves_at,
        expires_at=written.expires_at,
        contact=written.contact,
        composed=written.composed,
    )


# ---- once more -------------------------------------------------------------------------------------------------


def send_again(tx: Transaction, clinic: Clinic, templates: Templates, reminder_id: int, now: datetime) -> Written:
    """Hand over the text of a reminder once more, as a message by hand that names the reminder.

    For one that failed, or that the patient lost. Refused where it has not left, is looked for, or says what is no
    longer true or of use.
    """
    reminder = find_row(tx, ReminderRow, reminder_id)
    if reminder is None:
        raise InputRefusal(f"There is no reminder {reminder_id}: find it on the patient's page.")
    patient = require_patient(tx, reminder.patient_id)
    tx.refresh(reminder)
    stored = load_stored_reminders(tx, patient.id)
    told = _list_told(tx, reminder)
    case = load_case(tx, patient, stored)
    for each in (each for each in stored if each.id in told):
        _require_repeatable(clinic, case, each)
    channel = Channel(reminder.channel)
    if faults := list(_check_reach(tx, patient, channel)):
        raise Refusal(" ".join(faults))
    message = find_row(tx, MessageRow, reminder.message_id or 0)
    if message is None:
        raise Refusal("The text of this reminder could never be written: write a message instead.")
    row = _new_row(tx, clinic, patient, channel, now)
    # One text, whichever of its reminders was asked for.
    row.again_of, row.body, row.subject, row.html = min(told), message.body, message.subject, message.html
    row.expires_at = min(row.expires_at, reminder.expires_at)
    if not is_useful(row.due_at, row.expires_at):
        raise Refusal(
            f"This text is of no use any more after {say_visit(row.expires_at, clinic.time_zone)}, and could leave "
            f"on {say_visit(row.due_at, clinic.time_zone)} at the earliest: write a message instead, or call."
        )
    return _queue(tx, patient, row, _describe(tx, templates, patient, row), f"sent reminder {reminder.id} again", now)


def _list_told(tx: Transaction, reminder: ReminderRow) -> set[int]:
    """The reminders of the same message: it leaves as a whole, so all of it must still be true."""
    if reminder.message_id is None:
        return {reminder.id}
    return set(tx.scalars(select(ReminderRow.id).where(ReminderRow.message_id == reminder.message_id)))


_REPEATABLE = (Status.ACCEPTED, Status.SENT, Status.DELIVERED, Status.UNDELIVERED, Status.FAILED)


def _require_repeatable(clinic: Clinic, case: PatientCase, reminder: StoredReminder) -> None:
    is_unclear = reminder.status is Status.IN_DOUBT and reminder.reason is Reason.UNCLEAR
    if reminder.status in (Status.SENDING, Status.IN_DOUBT) and not is_unclear:
        raise Refusal("Whether this text has left is being looked for: wait for what comes of it.")
    if reminder.status not in _REPEATABLE and not is_unclear:
        raise Refusal(f"This reminder is {reminder.status}: only one that has left or failed can be sent again.")
    if not _is_still_true(clinic, case, reminder):
        raise Refusal("What this text says is no longer true: write a message instead, or call.")


def _is_still_true(clinic: Clinic, case: PatientCase, reminder: StoredReminder) -> bool:
    if reminder.identity.anchor_kind is AnchorKind.SESSION:
        visits = {each.id: each.visit for each in case.sessions}
        visit = visits.get(reminder.identity.anchor_id)
        standing = [each for each in case.sessions if each.visit == visit and each.state is SessionState.OPEN]
        # A correction without a time said that the visit is no longer booked.
        return [each.starts_at for each in standing] == ([reminder.visit_at] if reminder.visit_at else [])
    planned = {each.identity: each for each in plan_reminders(case, clinic).reminders}.get(reminder.identity)
    return planned is not None and reminder.target_on in (None, planned.target_on)
