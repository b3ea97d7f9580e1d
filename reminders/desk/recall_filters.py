"""What narrows the recall list: as it stands in the address or was typed, and as the list reads it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TypeVar
from urllib.parse import urlencode

from fastapi import HTTPException

from reminders.casework.previews import FieldFault
from reminders.desk.forms import Form
from reminders.desk.words import _
from reminders.overview import RecallFilter, RecallSort
from reminders.rules import Clinic
from reminders.typed import LONGEST, is_readable

PAGE = 50
"""Lines."""

FIND = "find"
"""A part of a name: typed, and never in an address."""

_IN_ADDRESS = ("treatment", "booked", "sessions", "from", "until", "sort", "direction", "page")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_PAGE_NUMBER = re.compile(r"[1-9]\d{0,6}", re.ASCII)


class Booked(StrEnum):
    YES = "yes"
    NO = "no"


class Sessions(StrEnum):
    """Whether the number of sessions is decided."""

    DECIDED = "decided"
    UNDECIDED = "undecided"


class Direction(StrEnum):
    """In the words of `aria-sort`."""

    ASCENDING = "ascending"
    DESCENDING = "descending"


_ChoiceT = TypeVar("_ChoiceT", bound=StrEnum)


@dataclass(frozen=True, kw_only=True)
class TypedRecall:
    form: Form
    wanted: RecallFilter
    page: int
    faults: Mapping[str, str]
    """By field; the filter is as if these were empty."""

    @property
    def direction(self) -> Direction:
        return Direction.DESCENDING if self.wanted.is_descending else Direction.ASCENDING

    def address(self, path: str = "/recall", **other: str) -> str:
        """The same list with something else about it: the first page, if not said otherwise."""
        kept = {name: self.form.text(name) for name in _IN_ADDRESS if name != "page"} | other
        said = {name: text for name, text in kept.items() if text}
        return f"{path}?{urlencode(said)}" if said else path

    def sorted_by(self, sort: str) -> str:
        """The address of the list by this column, the other way round if it is by it already."""
        is_turned = self.wanted.sort == sort and not self.wanted.is_descending
        return self.address(sort=sort, direction=Direction.DESCENDING if is_turned else Direction.ASCENDING)


def read_recall_filters(form: Form, clinic: Clinic) -> TypedRecall:
    """Raises HTTPException for what no link and no form of the page says."""
    faults = {fault.field: fault.sentence for fault in _list_faults(form, clinic)}

    def sound(name: str) -> str:
        return "" if name in faults else form.text(name)

    booked, sessions = _choose(Booked, form.text("booked")), _choose(Sessions, form.text("sessions"))
    page = form.text("page") or "1"
    if not _PAGE_NUMBER.fullmatch(page):
        raise HTTPException(400)
    return TypedRecall(
        form=form,
        wanted=RecallFilter(
            treatment=sound("treatment") or None,
            is_booked=booked is Booked.YES if booked else None,
            is_undecided=sessions is Sessions.UNDECIDED if sessions else None,
            due_from=_read_day(sound("from")),
            due_until=_read_day(sound("until")),
            text=sound(FIND),
            sort=_choose(RecallSort, form.text("sort")) or RecallSort.DUE,
            is_descending=_choose(Direction, form.text("direction")) is Direction.DESCENDING,
            limit=PAGE,
            offset=(int(page) - 1) * PAGE,
        ),
        page=int(page),
        faults=faults,
    )


def _choose(choices: type[_ChoiceT], text: str) -> _ChoiceT | None:
    try:
        return choices(text) if text else None
    except ValueError:
        raise HTTPException(400) from None


def _list_faults(form: Form, clinic: Clinic) -> Iterator[FieldFault]:
    if form.text("treatment") and form.text("treatment") not in clinic.treatments:
        yield FieldFault(field="treatment", sentence=_("There is no such treatment: choose one."))
    if len(form.text(FIND)) > LONGEST or not is_readable(form.text(FIND)):
        yield FieldFault(field=FIND, sentence=_("Nobody has such a name: write a part of one."))
    days = {name: _read_day(form.text(name)) for name in ("from", "until")}
    for name, day in days.items():
        if form.text(name) and day is None:
            yield FieldFault(field=name, sentence=_("There is no such day: write it as 2026-03-24."))
    if days["from"] and days["until"] and days["until"] < days["from"]:
        yield FieldFault(field="until", sentence=_("This day is before the first one: change one of them."))


def _read_day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if _DAY.fullmatch(text) else None
    except ValueError:
        return None
