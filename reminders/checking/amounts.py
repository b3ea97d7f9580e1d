"""What a text can state: how many, of what, how strictly. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from reminders.rules import Bound, Unit


@dataclass(frozen=True, kw_only=True)
class Quantity:
    value: Fraction | None
    """None: a word such as `several` stands there."""
    unit: Unit | None
    """None: a plain number, such as one of sessions."""
    per: Unit | None = None
    """Of a plain number: it is so often a day, or a week."""

    @property
    def family(self) -> str | None:
        """Hours are never days (P1, P2), and a month has no fixed number of them."""
        if self.per:
            return f"per {self.per}"
        return _IN_BASE[self.unit][0] if self.unit else None

    @property
    def in_base(self) -> tuple[str | None, Fraction | None]:
        """Comparable: a week is seven days, an hour is sixty minutes."""
        factor = _IN_BASE[self.unit][1] if self.unit else 1
        return self.family, None if self.value is None else self.value * factor


_IN_BASE = {
    Unit.MINUTES: ("minutes", 1),
    Unit.HOURS: ("minutes", 60),
    Unit.DAYS: ("days", 1),
    Unit.WEEKS: ("days", 7),
    Unit.MONTHS: ("months", 1),
}


@dataclass(frozen=True, kw_only=True)
class Amount:
    """One figure as a text states it: a value, or a range where `most` differs from `least`."""

    least: Quantity
    most: Quantity
    bound: Bound = Bound.NOMINAL
    is_business: bool = False
    """Counted in working days."""
    start: int = 0
    end: int = 0
    words: str = ""
    """As the text has them, with the words of its bound."""

    @property
    def is_vague(self) -> bool:
        return self.least.value is None or self.most.value is None

    @property
    def is_range(self) -> bool:
        return self.least != self.most

    @property
    def is_time(self) -> bool:
        return self.most.family is not None

    def equals(self, other: Amount) -> bool:
        """The same figure in other words."""
        mine = (self.least.in_base, self.most.in_base, self.bound, self.is_business)
        return mine == (other.least.in_base, other.most.in_base, other.bound, other.is_business)
