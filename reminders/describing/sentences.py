"""A rule in plain English, so that a practice manager can hold it against the clinic's own sheet. Pure.

What a rule leaves out goes unsaid: `say_defaults` says once what holds then.
"""

from __future__ import annotations

from collections.abc import Iterator

from reminders.describing.conditions import say_conditions, say_whom
from reminders.describing.figures import Cite, cite_nothing, say_count, say_distance, say_every, say_figure
from reminders.describing.places import name_anchor, say_end_of_day, say_place
from reminders.describing.treatments import say_interval
from reminders.model import Audience, Channel, Quiet
from reminders.planning.business_days import rolls_back
from reminders.rules import (
    AfterDue,
    Anchor,
    Calendar,
    ClockTime,
    Duration,
    EndOfDay,
    Event,
    Expiry,
    Phase,
    Repeat,
    Rule,
    Treatment,
    Unit,
)

DEFAULT_CHANNELS = (Channel.SMS, Channel.EMAIL)
_CHANNEL_WORDS = {Channel.SMS: "text", Channel.EMAIL: "email"}
_QUIET_WORDS = {
    Quiet.SKIP: "is dropped",
    Quiet.DEFER: "waits until they end",
    Quiet.ADVANCE: "leaves before they begin",
}


def say_rule(rule: Rule, treatment: Treatment, cite: Cite = cite_nothing) -> str:
    """All that the rule says, each of its figures followed by what `cite` makes of it."""
    return " ".join(f"{sentence[0].upper()}{sentence[1:]}." for sentence in _say_all(rule, treatment, cite))


def _say_all(rule: Rule, treatment: Treatment, cite: Cite) -> Iterator[str]:
    yield say_whom(rule) + _say_due(rule, cite)
    yield from _explain_anchor(rule, treatment, cite)
    yield from _say_stop(rule, cite)
    yield _say_useful(rule, cite)
    yield from _explain_calendar(rule)
    yield from _say_quiet(rule)
    if rule.max_messages:
        yield f"at most {say_count(rule.max_messages)}{cite(rule.max_messages)} messages leave"
    if rule.priority:
        yield f"where there would be too many texts it ranks {rule.priority}; the higher ones leave"
    yield from say_conditions(rule.when)
    if rule.supersede_key:
        yield f"a newer procedure with a “{rule.supersede_key}” series of its own ends this one"
    yield from _say_recipient(rule)


# ---- when it is due --------------------------------------------------------------------------------------------


def _say_due(rule: Rule, cite: Cite) -> str:
    first = say_place(rule, rule.starts, cite)
    if rule.phases:
        phases = "; then ".join(_say_phase(phase, rule, cite) for phase in rule.phases)
        return f"from {first.noun} on{_say_at(rule, cite)}: {phases}"
    if rule.repeat is None:
        return f"{first}{_say_at(rule, cite)}"
    rhythm = _say_rhythm(rule.repeat, rule, cite)
    if rule.repeat.slots:
        return f"from {first.noun} on, {rhythm}"
    return f"{first}{_say_at(rule, cite)}, then {rhythm}"


def _say_at(rule: Rule, cite: Cite) -> str:
    return f", {_say_clock(rule.at)}{cite(rule.at)}" if rule.at else ""


def _say_clock(clock: ClockTime) -> str:
    if clock.part is None:
        return f"at {say_figure(clock)}"
    return f"{'in the' if clock.part in _WITH_ARTICLE else 'at'} {clock.part} ({say_figure(clock)})"


_WITH_ARTICLE = frozenset({"morning", "afternoon", "evening"})


def _say_rhythm(repeat: Repeat, rule: Rule, cite: Cite) -> str:
    """Such as 'every 3 hours, 4 times in all' or 'every day at 08:00 and 20:00'."""
    if repeat.every:
        rhythm = f"{say_every(repeat.every, rule.calendar)}{cite(repeat.every)}"
    else:
        rhythm = "every business day" if rule.calendar is Calendar.BUSINESS_DAYS else "every day"
    if repeat.slots:
        rhythm += f" at {say_figure(repeat.slots)}{cite(repeat.slots)}"
    if repeat.times:
        times = "time" if repeat.times.most == 1 else "times"
        rhythm += f", {say_count(repeat.times)}{cite(repeat.times)} {times} in all"
    return rhythm


def _say_phase(phase: Phase, rule: Rule, cite: Cite) -> str:
    rhythm = _say_rhythm(phase.repeat, rule, cite) if phase.repeat else "once, at the beginning"
    if phase.lasts is None:
        return f"to the end, {rhythm}"
    return f"for {say_distance(phase.lasts, rule.calendar, is_far=True)}{cite(phase.lasts)}, {rhythm}"


def _explain_anchor(rule: Rule, treatment: Treatment, cite: Cite) -> Iterator[str]:
    if rule.day_base == 1:
        yield f"day 1 is {_day_one(rule)}"
    if rule.anchor is Anchor.TARGET and treatment.interval:
        yield f"the next session is due {say_interval(treatment, 'the procedure', cite)}"
    if isinstance(rule.anchor, Event) and (fallback := rule.anchor.fallback):
        taken = f"{say_distance(fallback, is_far=True)}{cite(fallback)} after the procedure"
        yield f"while “{rule.anchor.name}” is not recorded, it is taken to be {taken}"


def _day_one(rule: Rule) -> str:
    name = name_anchor(rule, Unit.DAYS)
    return name if rule.anchor is Anchor.TARGET else f"the day of {name}"


# ---- when it ends ----------------------------------------------------------------------------------------------


def _say_stop(rule: Rule, cite: Cite) -> Iterator[str]:
    """A reminder that comes once ends with its use, which `_say_useful` tells."""
    if rule.until and (_is_series(rule) or rule.expires is not Expiry.UNTIL):
        yield f"it stops {_say_until(rule.until, rule, cite)}"


def _say_until(until: Duration | Event, rule: Rule, cite: Cite) -> str:
    if isinstance(until, Duration):
        return str(say_place(rule, until, cite, is_far=True))
    recorded = f"when “{until.name}” is recorded"
    if until.fallback is None:
        return recorded
    return f"{recorded}, at the latest {say_place(rule, until.fallback, cite, is_far=True)}"


def _say_useful(rule: Rule, cite: Cite) -> str:
    is_series = _is_series(rule)
    each, every = ("each is", "all are") if is_series else ("it is", "it is")
    match rule.expires:
        case Expiry.NEXT:
            last = "" if rule.until is None and not rule.phases else ", the last one to the end"
            return f"{each} useful until the next one is due{last}"
        case Expiry.UNTIL:
            end = _say_until(rule.until, rule, cite) if rule.until and not is_series else "then"
            return f"{every} useful until {end.removeprefix('when ').removeprefix('on ').removeprefix('at ')}"
        case Expiry.ANCHOR:
            return f"{every} useful until {name_anchor(rule, Unit.HOURS)}"
        case Expiry.SAME_DAY:
            return f"{each} useful to the end of the day on which it is due"
        case AfterDue(length=length):
            return f"{each} useful for {say_distance(length)}{cite(length)}"
        case EndOfDay() as end_of_day:
            return f"{every} useful to {say_end_of_day(rule, end_of_day, cite)}"
        case Duration() as length:
            return f"{every} useful until {say_place(rule, length, cite, is_far=True).noun}"


def _is_series(rule: Rule) -> bool:
    return rule.repeat is not None or bool(rule.phases)


# ---- quiet hours, closed days, and who is written to -----------------------------------------------------------


def _explain_calendar(rule: Rule) -> Iterator[str]:
    """Days are business days in every phrase; for other units it is said what a closed day does."""
    if rule.calendar is not Calendar.BUSINESS_DAYS or rule.starts.unit is Unit.DAYS:
        return
    is_before = rolls_back(rule.starts)
    if rule.starts.unit.is_elapsed:
        where = "back to their end" if is_before else "to their next beginning"
        yield f"what falls outside opening hours moves {where}"
    else:
        yield f"what falls on a closed day moves to the open day {'before' if is_before else 'after'}"


def _say_quiet(rule: Rule) -> Iterator[str]:
    first = rule.quiet_first if rule.quiet_first is not rule.quiet else None
    if rule.quiet is Quiet.DEFER and first is None:
        return
    exception = f"; the first one {_QUIET_WORDS[first]}" if first else ""
    yield f"what falls into quiet hours {_QUIET_WORDS[rule.quiet]}{exception}"


def _say_recipient(rule: Rule) -> Iterator[str]:
    if rule.audience is Audience.STAFF:
        yield "it goes to the staff"
    elif rule.channels != DEFAULT_CHANNELS:
        only = " only" if len(rule.channels) == 1 else ""
        yield f"it goes by {', else by '.join(_CHANNEL_WORDS[each] for each in rule.channels)}{only}"
