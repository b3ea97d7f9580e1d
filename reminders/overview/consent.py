"""What a patient has agreed to, by channel: the word that stands, what speaks against it, and whom that concerns."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from reminders.model import Channel, Reason
from reminders.overview.patient import ConsentView, list_consents
from reminders.store.blocks import list_standing_blocks
from reminders.store.cases import find_row, list_patients_of
from reminders.store.engine import DESK, Transaction
from reminders.store.versions import OPTED_OUT, find_latest
from reminders.tables import PatientRow


@dataclass(frozen=True, kw_only=True)
class ChannelConsent:
    """One channel of a patient."""

    channel: Channel
    address: str | None
    given: ConsentView | None
    """None: the patient has not agreed."""
    opted_out_at: datetime | None
    """Since when the number or address wants nothing; None: it does not say so."""
    opted_out_by: str | None
    """Who noted that; None: the number itself said it."""
    is_refused: bool
    """The provider refuses the number or address."""
    may_opt_in: bool
    """False: the number itself asked to stop, and only it can lift that."""
    other_ids: tuple[int, ...]
    """Other patients with this number or address, whom an opt-out concerns, too."""


@dataclass(frozen=True, kw_only=True)
class ConsentPage:
    patient_id: int
    name: str
    version: int
    channels: tuple[ChannelConsent, ...]
    consents: tuple[ConsentView, ...]
    """Every word that was ever given."""


def read_consent(tx: Transaction, patient_id: int) -> ConsentPage | None:
    """None where there is no such patient."""
    patient = find_row(tx, PatientRow, patient_id)
    if patient is None:
        return None
    consents = list_consents(tx, patient_id)
    return ConsentPage(
        patient_id=patient.id,
        name=patient.name,
        version=patient.version,
        channels=tuple(_list_channels(tx, patient, consents)),
        consents=consents,
    )


def _list_channels(tx: Transaction, patient: PatientRow, consents: tuple[ConsentView, ...]) -> Iterator[ChannelConsent]:
    standing = {each.channel: each for each in consents if each.withdrawn_at is None}
    for channel, address in ((Channel.SMS, patient.phone), (Channel.EMAIL, patient.email)):
        blocks = list_standing_blocks(tx, channel, address) if address else []
        opt_out = next((block for block in blocks if block.reason == Reason.OPTED_OUT), None)
        others = list_patients_of(tx, channel, address) if address else []
        yield ChannelConsent(
            channel=channel,
            address=address,
            given=standing.get(channel),
            opted_out_at=opt_out.blocked_at if opt_out else None,
            opted_out_by=_find_who(tx, patient.id, channel) if opt_out and opt_out.source == DESK else None,
            is_refused=any(block.reason == Reason.CONTACT_REFUSED for block in blocks),
            may_opt_in=opt_out is None or opt_out.source == DESK,
            other_ids=tuple(each for each in others if each != patient.id),
        )


def _find_who(tx: Transaction, patient_id: int, channel: Channel) -> str | None:
    change = find_latest(tx, patient_id, OPTED_OUT.format(channel=channel))
    return change.changed_by if change else None
