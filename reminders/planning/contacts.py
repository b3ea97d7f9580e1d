"""Which channel a reminder takes: the first of its rule's preference that may be used. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from reminders.model import Channel, Contact, Reason


def choose_contact(contacts: Mapping[Channel, Contact], preference: Sequence[Channel]) -> Contact:
    """The first usable contact; where none is, the first that has an address, with why it is blocked."""
    in_order = [contacts.get(channel) or _missing(channel) for channel in preference]
    usable = [contact for contact in in_order if contact.blocked is None]
    known = [contact for contact in in_order if contact.blocked is not Reason.NO_CONTACT]
    return [*usable, *known, *in_order][0]


def _missing(channel: Channel) -> Contact:
    return Contact(channel=channel, address=None, blocked=Reason.NO_CONTACT)
