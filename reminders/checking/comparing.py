"""Holds one figure of the configuration against one that a document states. Pure; yields every difference."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

from reminders.checking.amounts import Amount, Quantity
from reminders.checking.findings import Fault, FaultKind
from reminders.checking.placed import PlacedFigure
from reminders.rules import ClockTime, Count, Duration, EndOfDay, Figure, Slots, Unit


def list_differences(placed: PlacedFigure, amount: Amount) -> list[Fault]:
    """All that differs between the figure and what the document states."""
    mine = amount_of(placed)
    amount = _choose_end(_count_once(amount, mine), mine)
    faults = [
        *_compare_units(mine, amount),
        *_compare_bounds(placed, amount),
        *_compare_calendars(mine, amount),
    ]
    if amount.is_vague:
        vague = f"“{amount.words}” is not exact; take the source out, and write clinic_supplied = true."
        return [Fault(FaultKind.VAGUE, vague), *faults]
    return [*_compare_numbers(mine, amount, is_end=placed.is_end), *faults]


def amount_of(placed: PlacedFigure) -> Amount:
    """The configuration's figure in the shape of a document's."""
    least, most = _ends_of(placed.figure)
    bound = placed.figure.bound if isinstance(placed.figure, Duration) else placed.bounds[0]
    return Amount(least=least, most=most, bound=bound, is_business=placed.counts_open_days and most.unit is Unit.DAYS)


def _ends_of(figure: Figure) -> tuple[Quantity, Quantity]:
    match figure:
        case Count(least=least, most=most):
            return Quantity(value=Fraction(least), unit=None), Quantity(value=Fraction(most), unit=None)
        case Slots(times=times):
            often = Quantity(value=Fraction(len(times)), unit=None, per=Unit.DAYS)
            return often, often
        case EndOfDay(day=day):
            end = Quantity(value=Fraction(day), unit=Unit.DAYS)
            return end, end
        case Duration(unit=unit):
            # A rule may count back from a visit; the document says how far, in words.
            near, far = sorted((abs(figure.value), abs(figure.longest.value)))
            return Quantity(value=Fraction(near), unit=unit), Quantity(value=Fraction(far), unit=unit)
    raise AssertionError("a time of day is no amount")


def say_figure(placed: PlacedFigure) -> str:
    match placed.figure:
        case ClockTime(value=value, part=part):
            return f"{part} ({value:%H:%M})" if part else f"{value:%H:%M}"
        case Slots(times=times):
            return ", ".join(f"{each:%H:%M}" for each in times)
        case EndOfDay(day=day):
            return f"end of day {day}"
    mine = amount_of(placed)
    bound = "" if mine.bound == "nominal" else f"{mine.bound.replace('_', ' ')} "
    return bound + say_amount(mine)


def say_amount(amount: Amount) -> str:
    """Such as "6 weeks", "3 to 4" or "4 times a day"."""
    last = _say_quantity(amount.most, "business " if amount.is_business else "")
    return last if amount.least == amount.most else f"{amount.least.value} to {last}"


def _say_quantity(quantity: Quantity, kind: str) -> str:
    if quantity.per:
        return f"{quantity.value} {'time' if quantity.value == 1 else 'times'} a {quantity.per.removesuffix('s')}"
    if quantity.unit is None:
        return str(quantity.value)
    unit = quantity.unit.removesuffix("s") if quantity.value == 1 else quantity.unit
    return f"{quantity.value} {kind}{unit}"


def _count_once(amount: Amount, mine: Amount) -> Amount:
    """ "Daily" and "once a day" are the same, whichever of the two the rule has."""
    if amount.most.value != 1 or amount.is_range:
        return amount
    if mine.most.per and amount.most.unit:
        once = Quantity(value=amount.most.value, unit=None, per=amount.most.unit)
    elif mine.most.unit and amount.most.per:
        once = Quantity(value=amount.most.value, unit=amount.most.per)
    else:
        return amount
    return replace(amount, least=once, most=once)


def _choose_end(amount: Amount, mine: Amount) -> Amount:
    """Of "two weeks to a month" only one end can be held against a figure in months."""
    ends = [end for end in (amount.least, amount.most) if end.family == mine.most.family]
    return replace(amount, least=ends[0], most=ends[0]) if len(ends) == 1 else amount


def _compare_numbers(mine: Amount, amount: Amount, *, is_end: bool) -> Iterator[Fault]:
    """Where the units differ, too, the bare numbers are compared: the unit is a fault of its own."""
    values = _bare_values(mine, amount) if _is_other_unit(mine, amount) else _base_values(mine, amount)
    said = f"the document says “{amount.words}”, and the rule says {say_amount(mine)}"
    low, my_low, my_high, high = values
    is_inside = low <= my_low and my_high <= high
    if not amount.is_range or mine.most.family != amount.most.family:
        if not is_inside:
            yield _differ(FaultKind.NUMBER, "number", amount, say_amount(mine))
        return
    if not is_inside:
        yield Fault(FaultKind.OUTSIDE_RANGE, f"The rule is outside the range: {said}.")
    # One value may be any in the range; but an end must be its end, and a range its range.
    begins_elsewhere = mine.is_range and low < my_low <= high
    ends_elsewhere = (mine.is_range or is_end) and low <= my_high < high
    if begins_elsewhere or ends_elsewhere:
        where = " and ".join(word for word, is_so in (("begins", begins_elsewhere), ("ends", ends_elsewhere)) if is_so)
        yield Fault(FaultKind.RANGE_END, f"The range {where} elsewhere: {said}.")


def _bare_values(mine: Amount, amount: Amount) -> list[Fraction]:
    ends = (amount.least.value, mine.least.value, mine.most.value, amount.most.value)
    return [end for end in ends if end is not None]


def _base_values(mine: Amount, amount: Amount) -> list[Fraction]:
    ends = (amount.least.in_base[1], mine.least.in_base[1], mine.most.in_base[1], amount.most.in_base[1])
    return [end for end in ends if end is not None]


def _compare_units(mine: Amount, amount: Amount) -> Iterator[Fault]:
    if _is_other_unit(mine, amount):
        yield _differ(FaultKind.UNIT, "unit", amount, say_amount(mine))


def _is_other_unit(mine: Amount, amount: Amount) -> bool:
    """The same numbers of something else; the same length may be told in another unit."""
    if mine.most.family != amount.most.family:
        return True
    if amount.is_vague or mine.most.unit == amount.most.unit or amount.least.unit != amount.most.unit:
        return False
    low, my_low, my_high, high = _bare_values(mine, amount)
    base_low, base_my_low, base_my_high, base_high = _base_values(mine, amount)
    is_same_length = base_low <= base_my_low and base_my_high <= base_high
    return low <= my_low and my_high <= high and not is_same_length


def _compare_bounds(placed: PlacedFigure, amount: Amount) -> Iterator[Fault]:
    if amount.bound not in placed.bounds:
        says = f'bound = "{placed.figure.bound}"' if isinstance(placed.figure, Duration) else say_figure(placed)
        yield _differ(FaultKind.BOUND, "bound", amount, says)


def _compare_calendars(mine: Amount, amount: Amount) -> Iterator[Fault]:
    is_in_days = mine.most.family == amount.most.family == "days"
    if mine.is_business != amount.is_business and (is_in_days or amount.is_business):
        yield _differ(FaultKind.CALENDAR, "calendar", amount, say_amount(mine))


def _differ(kind: FaultKind, what: str, amount: Amount, rule: str) -> Fault:
    return Fault(kind, f"The {what} differs: the document says “{amount.words}”, and the rule says {rule}.")
