"""What a treatment says beside its rules, and what holds for all rules, in plain words. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

from reminders.describing.figures import Cite, cite_nothing, join_words, say_count, say_distance
from reminders.rules import Bound, Calendar, Clinic, Treatment, Unit, Window

_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def say_treatment(treatment: Treatment, cite: Cite = cite_nothing) -> str:
    return " ".join(f"{sentence}." for sentence in _say_course(treatment, cite))


def _say_course(treatment: Treatment, cite: Cite) -> Iterator[str]:
    if sessions := treatment.sessions:
        noun = "session" if sessions.most == 1 else "sessions"
        yield f"A course is usually {say_count(sessions)} {noun}{cite(sessions)}"
    if treatment.interval:
        yield f"The next session is due {say_interval(treatment, 'the one before', cite)}"
    if late := treatment.late_limit:
        length = f"{say_distance(late, treatment.calendar, is_far=True)}{cite(late)}"
        yield f"The desk is told of a visit later than {length} after the one before"
    yield from _say_choices("Noted of a procedure", treatment.attributes)
    if treatment.events:
        yield f"Recorded when it happens: {join_words(treatment.events)}"
    yield from _say_choices("Asked", treatment.questions)


def say_interval(treatment: Treatment, since: str, cite: Cite) -> str:
    """Such as 'at least 6 weeks after the one before', and what a closed day does to it."""
    interval = treatment.interval
    assert interval is not None, "asked only where there is one"
    rolling = ""
    if treatment.calendar is Calendar.BUSINESS_DAYS and interval.unit is not Unit.DAYS:
        side = "before" if interval.bound is Bound.AT_MOST else "after"
        rolling = f", or on the open day {side} where the clinic is closed then"
    return f"{say_distance(interval, treatment.calendar)}{cite(interval)} after {since}{rolling}"


def _say_choices(what: str, choices: Mapping[str, Sequence[str]]) -> Iterator[str]:
    if choices:
        said = (f"{name} ({join_words(values, 'or')})" for name, values in choices.items())
        yield f"{what}: {'; '.join(said)}"


def say_defaults(clinic: Clinic) -> str:
    """What holds for every rule that does not say otherwise."""
    opening = f" The clinic is open {say_week(clinic.opening_hours.windows)}." if clinic.opening_hours else ""
    return (
        f"Messages leave {say_week(clinic.sending_hours)}; all other hours are quiet.{opening} Unless a rule says "
        "otherwise, what falls into quiet hours waits until they end, and a reminder goes to the patient by text, else "
        "by email."
    )


def say_week(windows: Sequence[Window | None]) -> str:
    """Such as 'every day from 08:00 to 20:00' or 'Mon to Fri from 09:00 to 17:30'."""
    week = groupby(zip(_WEEKDAYS, windows, strict=True), key=lambda each: each[1])
    spans = [(window, [day for day, _ in days]) for window, days in week]
    return join_words(f"{_say_days(days)} from {_say_window(window)}" for window, days in spans if window)


def _say_days(days: Sequence[str]) -> str:
    if len(days) == len(_WEEKDAYS):
        return "every day"
    return days[0] if len(days) == 1 else f"{days[0]} to {days[-1]}"


def _say_window(window: Window) -> str:
    start, end = window
    return f"{start:%H:%M} to {end:%H:%M}"
