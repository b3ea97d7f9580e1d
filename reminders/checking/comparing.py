"""Holds one figure of the configuration against one that a document states. Pure; yields every difference."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import time
from fractions import Fraction

from reminders.checking.amounts import Amount, Quantity
from reminders.checking.findings import Fault, FaultKind
from reminders.rules import ClockTime, Count, Duration, EndOfDay, Figure, Slots, Unit

ENDS = frozenset({"until", "expires"})
"""Keys whose figure, where the document gives a range, is the end of it."""


def list_differences(figure: Figure, key: str, amount: Amount) -> list[Fault]:
    """All that differs between the figure, which stands at `key`, and what the document states."""
    if isinstance(figure, ClockTime):
        return [Fault(FaultKind.NO_FIGURE, f"“{amount.words}” is no time of day; quote the words that give one.")]
    mine = amount_of(figure)
    amount = _choose_end(amount, mine)
    faults = [*_compare_units(mine, amount), *_compare_bounds(figure, amount)]
    if amount.is_vague:
        vague = f"“{amount.words}” is not exact; take the source out, and write clinic_supplied = true."
        return [Fault(FaultKind.VAGUE, vague), *faults]
    return [*_compare_numbers(mine, key, amount), *faults]


def list_clock_differences(figure: ClockTime, words: str) -> list[Fault]:
    found = list(list_clock_times(words))
    if not found:
        return [Fault(FaultKind.NO_FIGURE, f"“{words}” holds no time of day; quote the words that do.")]
    if figure.value not in found:
        return [_differ(FaultKind.NUMBER, "time", words, f"{figure.value:%H:%M}")]
    return []


def amount_of(figure: Duration | Count | EndOfDay | Slots) -> Amount:
    """The configuration's figure in the shape of a document's."""
    if isinstance(figure, Slots):
        figure = Count(least=len(figure.times), most=len(figure.times))
    if isinstance(figure, Count):
        least, most = (Quantity(value=Fraction(number), unit=None) for number in (figure.least, figure.most))
        return Amount(least=least, most=most)
    if isinstance(figure, EndOfDay):
        day = Quantity(value=Fraction(figure.day), unit=Unit.DAYS)
        return Amount(least=day, most=day)
    # A rule may count back from a visit; the document says how far, in words.
    length = Quantity(value=Fraction(abs(figure.value)), unit=figure.unit)
    return Amount(least=length, most=length, bound=figure.bound)


def say_amount(amount: Amount) -> str:
    """Such as "6 weeks" or "3 to 4"."""
    if amount.least == amount.most:
        return _say_quantity(amount.most)
    return f"{amount.least.value} to {_say_quantity(amount.most)}"


def _say_quantity(quantity: Quantity) -> str:
    if quantity.unit is None:
        return str(quantity.value)
    unit = quantity.unit.removesuffix("s") if quantity.value == 1 else quantity.unit
    return f"{quantity.value} {unit}"


def _choose_end(amount: Amount, mine: Amount) -> Amount:
    """Of "two weeks to a month" only one end can be held against a figure in months."""
    ends = [end for end in (amount.least, amount.most) if end.family == mine.most.family]
    return replace(amount, least=ends[0], most=ends[0]) if len(ends) == 1 else amount


def _compare_numbers(mine: Amount, key: str, amount: Amount) -> Iterator[Fault]:
    said = f"the document says “{amount.words}”, and the rule says {say_amount(mine)}"
    if not amount.is_range or mine.most.family != amount.most.family:
        if _is_other_number(mine, amount):
            yield _differ(FaultKind.NUMBER, "number", amount.words, say_amount(mine))
    elif not _is_inside(mine, amount):
        yield Fault(FaultKind.OUTSIDE_RANGE, f"The rule is outside the range: {said}.")
    elif not _ends_where(mine, key, amount):
        yield Fault(FaultKind.RANGE_END, f"The range ends elsewhere: {said}.")


def _is_other_number(mine: Amount, amount: Amount) -> bool:
    """The bare numbers differ, and not only because the same length is told in another unit."""
    is_same = mine.least.in_base == amount.least.in_base and mine.most.in_base == amount.most.in_base
    values = (amount.least.value, mine.least.value, mine.most.value, amount.most.value)
    low, my_low, my_high, high = (value for value in values if value is not None)
    return not is_same and not low <= my_low <= my_high <= high


def _is_inside(mine: Amount, amount: Amount) -> bool:
    ends = (amount.least.in_base[1], mine.least.in_base[1], mine.most.in_base[1], amount.most.in_base[1])
    low, my_low, my_high, high = (end for end in ends if end is not None)
    return low <= my_low and my_high <= high


def _ends_where(mine: Amount, key: str, amount: Amount) -> bool:
    """A range must be the document's own; one value may be any in it, but an end must be its end."""
    if mine.is_range:
        return mine.least.in_base == amount.least.in_base and mine.most.in_base == amount.most.in_base
    return key not in ENDS or mine.most.in_base == amount.most.in_base


def _compare_units(mine: Amount, amount: Amount) -> Iterator[Fault]:
    is_other_family = mine.most.family != amount.most.family
    is_scaled = not amount.is_range and mine.most.value == amount.most.value and mine.most.unit != amount.most.unit
    if is_other_family or is_scaled:
        yield _differ(FaultKind.UNIT, "unit", amount.words, say_amount(mine))


def _compare_bounds(figure: Figure, amount: Amount) -> Iterator[Fault]:
    """Only a length can carry a bound."""
    if isinstance(figure, Duration) and figure.bound is not amount.bound:
        yield _differ(FaultKind.BOUND, "bound", amount.words, f'bound = "{figure.bound}"')


def _differ(kind: FaultKind, what: str, document: str, rule: str) -> Fault:
    return Fault(kind, f"The {what} differs: the document says “{document}”, and the rule says {rule}.")


_CLOCK = re.compile(r"\b(\d{1,2})(?:[:.](\d{2}))?(?: ?([ap])\.?m\b\.?)|\b(\d{1,2}):(\d{2})\b|\b(noon|midnight)\b", re.I)


def list_clock_times(text: str) -> Iterator[time]:
    for found in _CLOCK.finditer(text):
        hour, minute, half, plain_hour, plain_minute, word = found.groups()
        if word:
            yield time(12 if word.lower() == "noon" else 0)
        elif half and 1 <= int(hour) <= 12 and int(minute or 0) < 60:
            yield time(int(hour) % 12 + (12 if half.lower() == "p" else 0), int(minute or 0))
        elif plain_hour and int(plain_hour) < 24 and int(plain_minute) < 60:
            yield time(int(plain_hour), int(plain_minute))


def drop_clock_times(text: str) -> str:
    return _CLOCK.sub("…", text)
