"""The signs of a timeline's picture: which an entry has, how it is drawn, and what it means. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from reminders.desk.timeline import does_not_leave, is_coming, needs_look
from reminders.desk.words import _
from reminders.overview.patient import Entry, EntryKind


class Shape(StrEnum):
    """What a mark looks like; its class in the stylesheet."""

    PROCEDURE = "procedure"
    CANCELLED = "cancelled"
    VISIT = "visit"
    NO_VISIT = "no-visit"
    LEFT = "left"
    COMING = "coming"
    UNSENT = "unsent"
    TROUBLE = "trouble"
    NOTED = "noted"


def choose_shape(entry: Entry, now: datetime) -> Shape:
    if entry.kind is EntryKind.PROCEDURE:
        return Shape.CANCELLED if entry.status == "cancelled" else Shape.PROCEDURE
    if entry.kind is EntryKind.VISIT:
        return Shape.VISIT if entry.status in ("open", "performed") else Shape.NO_VISIT
    if entry.kind in (EntryKind.EVENT, EntryKind.ANSWER):
        return Shape.NOTED
    if needs_look(entry):
        return Shape.TROUBLE
    if does_not_leave(entry):
        return Shape.UNSENT
    return Shape.COMING if is_coming(entry, now) else Shape.LEFT


SIGNS: Mapping[Shape, str] = {
    Shape.PROCEDURE: '<rect x="-6" y="-6" width="12" height="12"/>',
    Shape.CANCELLED: '<rect x="-6" y="-6" width="12" height="12"/><path d="M-6 6 6 -6"/>',
    Shape.VISIT: '<path d="M0 -8 7 0 0 8 -7 0z"/>',
    Shape.NO_VISIT: '<path d="M0 -8 7 0 0 8 -7 0z"/><path d="M-4 4 4 -4"/>',
    Shape.LEFT: '<circle r="6"/>',
    Shape.COMING: '<circle r="5.5"/>',
    Shape.UNSENT: '<path d="M-5 -5 5 5M-5 5 5 -5"/>',
    Shape.TROUBLE: '<path d="M0 -7 7 6 -7 6z"/>',
    Shape.NOTED: '<path d="M0 -6V6M-6 0H6"/>',
}

WORDS: Mapping[Shape, str] = {
    Shape.PROCEDURE: _("procedure"),
    Shape.CANCELLED: _("procedure, cancelled"),
    Shape.VISIT: _("visit"),
    Shape.NO_VISIT: _("visit that is off"),
    Shape.LEFT: _("has left"),
    Shape.COMING: _("will leave"),
    Shape.UNSENT: _("does not leave"),
    Shape.TROUBLE: _("needs a look"),
    Shape.NOTED: _("noted"),
}
