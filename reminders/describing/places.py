"""Where a moment lies, seen from the anchor of its rule: '2 days after the procedure'. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from reminders.describing.figures import Cite, say_distance
from reminders.rules import Anchor, Bound, Calendar, Duration, EndOfDay, Event, Rule, Unit


@dataclass(frozen=True, kw_only=True)
class Place:
    """'on' and 'the day of the procedure'; the preposition is left out before 'from' and 'until'."""

    preposition: str
    noun: str

    def __str__(self) -> str:
        return f"{self.preposition} {self.noun}".strip()


def say_place(rule: Rule, length: Duration, cite: Cite, *, is_far: bool = False) -> Place:
    """The moment that lies this far from the rule's anchor."""
    if rule.day_base == 1 and length.unit is Unit.DAYS:
        return Place(preposition="on", noun=_say_numbered_day(rule, length, cite, is_far=is_far))
    if length.value == 0 and length.most is None:
        return _say_anchor(rule, length.unit)
    side = "before" if length.value < 0 else "after"
    distance = say_distance(length, rule.calendar, is_far=is_far)
    return Place(preposition="", noun=f"{distance}{cite(length)} {side} {name_anchor(rule, length.unit)}")


def _say_numbered_day(rule: Rule, length: Duration, cite: Cite, *, is_far: bool) -> str:
    end = length.longest.value if is_far else length.value
    said_range = f" (of {length.value} to {length.most})" if length.most is not None else ""
    day = "business day" if rule.calendar is Calendar.BUSINESS_DAYS else "day"
    return f"{day} {end}{said_range}{cite(length)}{_LIMITS[length.bound]}"


_LIMITS = {Bound.NOMINAL: "", Bound.AT_LEAST: " at the earliest", Bound.AT_MOST: " at the latest"}
"""How strictly a numbered day is meant."""


def _say_anchor(rule: Rule, unit: Unit) -> Place:
    name = name_anchor(rule, unit)
    if unit.is_elapsed:
        return Place(preposition="at", noun=f"the moment of {name}" if isinstance(rule.anchor, Event) else name)
    return Place(preposition="on", noun=name if rule.anchor is Anchor.TARGET else f"the day of {name}")


def name_anchor(rule: Rule, unit: Unit) -> str:
    """What a length of this unit is counted from."""
    if isinstance(rule.anchor, Event):
        return f"“{rule.anchor.name}”"
    if rule.anchor is Anchor.TARGET:
        return "the day the next session is due"
    if rule.anchor is Anchor.SESSION:
        return "the start of the booked visit" if unit.is_elapsed else "the booked visit"
    has_end = rule.anchor is Anchor.PROCEDURE_END and unit.is_elapsed
    return "the end of the procedure" if has_end else "the procedure"


def say_end_of_day(rule: Rule, end: EndOfDay, cite: Cite) -> str:
    """Such as 'the end of day 3 after the procedure'."""
    day = "business day" if rule.calendar is Calendar.BUSINESS_DAYS else "day"
    if rule.day_base == 1:
        return f"the end of {day} {end.day}{cite(end)}"
    if end.day == 0:
        return f"the end of {_say_anchor(rule, Unit.DAYS).noun}{cite(end)}"
    side = "before" if end.day < 0 else "after"
    return f"the end of {day} {abs(end.day)}{cite(end)} {side} {name_anchor(rule, Unit.DAYS)}"
