"""From one rule and one anchor to the moments it yields. Pure; knows neither quiet hours nor patients."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from itertools import accumulate, count, islice, pairwise, takewhile
from zoneinfo import ZoneInfo

from reminders.local_time import add_calendar, elapsed, end_of_day, local_date, resolve_local
from reminders.planning.business_days import BusinessDays, rolls_back
from reminders.rules import (
    AfterDue,
    Calendar,
    Duration,
    EndOfDay,
    Event,
    Expiry,
    Phase,
    Repeat,
    Rule,
    Slots,
    Unit,
)

_ONE_DAY = Duration(value=1, unit=Unit.DAYS)


@dataclass(frozen=True, kw_only=True)
class AnchorPoint:
    """What a rule counts from, placed in time."""

    at: datetime
    """The instant that hours and minutes count from."""
    on: date
    """The day that days, weeks and months count from."""
    not_before: datetime | None = None
    """Nothing is due before t0 (P1)."""
    events: Mapping[str, datetime] = field(default_factory=dict)
    """What has happened, for rules that end with it."""


@dataclass(frozen=True, kw_only=True)
class Moment:
    occurrence: int
    due_at: datetime
    expires_at: datetime
    interval: timedelta | None = None
    """To the next one, in a series that repeats within a day (P6)."""


def list_moments(
    rule: Rule, point: AnchorPoint, zone: ZoneInfo, business_days: BusinessDays | None = None
) -> list[Moment]:
    """The rule's occurrences for one anchor, with local clock times read in `zone`."""
    places = _Places(
        rule=rule,
        point=point,
        zone=zone,
        business_days=business_days if rule.calendar is Calendar.BUSINESS_DAYS else None,
    )
    due = list(_due_times(places))
    due_times = [max(each.at, point.not_before) if point.not_before else each.at for each in due]
    return [
        Moment(
            occurrence=each.occurrence,
            due_at=due_at,
            expires_at=_expires_at(places, due_at, due_times[number : number + 1]),
            interval=_interval(each.repeat),
        )
        for number, (each, due_at) in enumerate(zip(due, due_times, strict=True), start=1)
    ]


# ---- from lengths to moments -----------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class _Places:
    """Places lengths of one rule in time, counted from one anchor."""

    rule: Rule
    point: AnchorPoint
    zone: ZoneInfo
    business_days: BusinessDays | None
    """None: all days count."""

    def at(self, *lengths: Duration, clock: time | None = None, is_rolled: bool = True) -> datetime:
        """The moment that lies these lengths, one after the other, from the anchor.

        `clock` is the local time on a day that is counted; None: the rule's own, or that of the hours before it. The
        first length is the rule's `from`: its bound says which way the moment rolls off a closed day.
        """
        instant, day = self.point.at, self.point.on
        counted = self._merge(lengths)
        back = rolls_back(lengths[0])
        for number, length in enumerate(counted):
            if length.unit.is_elapsed:
                instant += elapsed(length)
                day = local_date(instant, self.zone)
            else:
                wall = instant.astimezone(self.zone).time() if number else time(0)
                day = self._move(day, length, is_first=number == 0, back=back)
                at = self.rule.at.value if self.rule.at else wall
                instant = resolve_local(day, at if clock is None else clock, self.zone)
        return self._roll(instant, counted[-1], clock, back=back) if is_rolled else instant

    def end(self, length: Duration) -> datetime:
        """Where something is over: on a closed day, too, since nothing happens then."""
        return self.at(length.longest, is_rolled=False)

    def day(self, *lengths: Duration) -> date:
        return local_date(self.at(*lengths, clock=time(0)), self.zone)

    def midnight(self, *lengths: Duration) -> datetime:
        return self.at(*lengths, clock=time(0))

    def _move(self, day: date, length: Duration, *, is_first: bool, back: bool) -> date:
        if length.unit is not Unit.DAYS:
            return add_calendar(day, length)
        if is_first:
            # Only days are numbered: a sheet whose 'day 1' is the anchor's own day counts from the day before.
            day -= timedelta(days=self.rule.day_base)
        if self.business_days is None:
            return add_calendar(day, length)
        return self.business_days.add(day, length.value, back=back)

    def _roll(self, instant: datetime, last: Duration, clock: time | None, *, back: bool) -> datetime:
        """Off a closed day, or into opening hours."""
        if self.business_days is None:
            return instant
        if last.unit.is_elapsed:
            return self.business_days.roll_instant(instant, back=back)
        local = instant.astimezone(self.zone)
        day = self.business_days.roll(local.date(), back=back)
        if day == local.date():
            return instant
        return resolve_local(day, local.time() if clock is None else clock, self.zone)

    def _merge(self, lengths: Iterable[Duration]) -> list[Duration]:
        """Neighbours of one unit as one length, so that a date clamped to its month's end clamps no later one (P1).

        Business days are counted one after the other: from a closed day, none of them is the first open one.
        """
        merged: list[Duration] = []
        for length in lengths:
            is_counted_apart = self.business_days is not None and length.unit is Unit.DAYS
            if merged and merged[-1].unit is length.unit and not is_counted_apart:
                merged[-1] = replace(merged[-1], value=merged[-1].value + length.value)
            else:
                merged.append(length)
        return merged


def _times(length: Duration, number: int) -> Duration:
    return replace(length, value=length.value * number)


# ---- when they are due -----------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class _Due:
    occurrence: int
    at: datetime
    repeat: Repeat | None
    """Of the stretch of the series that it belongs to."""


def _due_times(places: _Places) -> Iterator[_Due]:
    """Numbered before any is left out, so that a corrected time of day gives no occurrence another's number."""
    rule = places.rule
    until = _until(places)
    numbered = (
        _Due(occurrence=number, at=at, repeat=repeat)
        for number, (at, repeat) in enumerate(_list_times(places), start=1)
    )
    due = takewhile(lambda each: until is None or each.at < until, numbered)
    most = rule.repeat.times.most if rule.repeat and rule.repeat.times else None
    return islice(_drop_repeated(each for each in due if not _is_missed_slot(places, each)), most)


def _drop_repeated(due: Iterable[_Due]) -> Iterator[_Due]:
    """Where several roll to one moment, one of them is enough."""
    latest: datetime | None = None
    for each in due:
        if latest is None or each.at > latest:
            yield each
            latest = each.at


def _is_missed_slot(places: _Places, due: _Due) -> bool:
    """The morning's slot of a procedure in the afternoon was never due; any other moment waits for t0 (P1)."""
    not_before = places.point.not_before
    has_slots = due.repeat is not None and due.repeat.slots is not None
    return has_slots and not_before is not None and due.at < not_before


def _list_times(places: _Places) -> Iterator[tuple[datetime, Repeat | None]]:
    rule = places.rule
    if not rule.phases:
        for at in _repeat_from(places, [rule.starts], rule.repeat):
            yield at, rule.repeat
        return
    for phase, begins in zip(rule.phases, _begin_phases(rule), strict=True):
        end = _end_of_phase(places, begins, phase)
        for at in _repeat_from(places, begins, phase.repeat):
            if end is not None and at >= end:
                break
            yield at, phase.repeat


def _begin_phases(rule: Rule) -> list[list[Duration]]:
    """How far from the anchor each phase begins: `from`, and what the phases before it last."""
    lasting = [phase.lasts for phase in rule.phases[:-1]]
    assert all(lasting), "the configuration refuses a phase without an end before another"
    return list(accumulate(([length.longest] for length in lasting if length), initial=[rule.starts]))


def _end_of_phase(places: _Places, begins: Sequence[Duration], phase: Phase) -> datetime | None:
    if phase.lasts is None:
        return None
    runs_in_hours = phase.repeat is not None and phase.repeat.every is not None and phase.repeat.every.unit.is_elapsed
    lasts = phase.lasts.longest
    return places.at(*begins, lasts) if runs_in_hours else places.midnight(*begins, lasts)


def _repeat_from(places: _Places, begins: Sequence[Duration], repeat: Repeat | None) -> Iterator[datetime]:
    """Without an end, where it repeats: the caller knows it."""
    if repeat is None:
        yield places.at(*begins)
        return
    every = repeat.every or _ONE_DAY
    for number in count():
        if repeat.slots is None:
            yield places.at(*begins, _times(every, number))
            continue
        day = places.day(*begins, _times(every, number))
        for clock in repeat.slots.times:
            yield resolve_local(day, clock, places.zone)


def _interval(repeat: Repeat | None) -> timedelta | None:
    """Only a series that repeats within a day can have its next text too near (P6)."""
    if repeat is None:
        return None
    if repeat.slots is not None:
        return _least_gap(repeat.slots)
    return elapsed(repeat.every) if repeat.every and repeat.every.unit.is_elapsed else None


def _least_gap(slots: Slots) -> timedelta | None:
    minutes = [clock.hour * 60 + clock.minute for clock in slots.times]
    return min((timedelta(minutes=later - earlier) for earlier, later in pairwise(minutes)), default=None)


# ---- when it is over -------------------------------------------------------------------------------------------


def _until(places: _Places) -> datetime | None:
    """Where the rule ends; None where only its phases or its `times` end it."""
    until = places.rule.until
    if until is None:
        return None
    if not isinstance(until, Event):
        return places.end(until)
    assert until.fallback is not None, "the configuration refuses an end that may never come"
    latest = places.end(until.fallback)
    return min(latest, places.point.events.get(until.name, latest))


def _end(places: _Places) -> datetime:
    """Where the series ends, by its `until` or with its last phase."""
    ends = [_until(places)]
    if places.rule.phases:
        ends.append(_end_of_phase(places, _begin_phases(places.rule)[-1], places.rule.phases[-1]))
    known = [end for end in ends if end is not None]
    assert known, "the configuration refuses a rule that expires at an end it does not have"
    return min(known)


def _expires_at(places: _Places, due_at: datetime, next_due: Sequence[datetime]) -> datetime:
    expires = places.rule.expires
    if isinstance(expires, EndOfDay):
        return end_of_day(places.day(Duration(value=expires.day, unit=Unit.DAYS)), places.zone)
    if isinstance(expires, AfterDue):
        return _after(due_at, expires.length, places.zone)
    if isinstance(expires, Duration):
        return places.end(expires)
    if expires is Expiry.ANCHOR:
        return places.point.at
    if expires is Expiry.SAME_DAY:
        return end_of_day(local_date(due_at, places.zone), places.zone)
    if expires is Expiry.NEXT and next_due:
        return next_due[0]
    return _end(places)


def _after(instant: datetime, length: Duration, zone: ZoneInfo) -> datetime:
    if length.unit.is_elapsed:
        return instant + elapsed(length)
    local = instant.astimezone(zone)
    return resolve_local(add_calendar(local.date(), length), local.time(), zone)
