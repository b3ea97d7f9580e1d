"""Rules whose time of day lies outside the clinic's sending hours, so that they could never leave. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import time

from reminders.config.faults import Fault
from reminders.config.figures import longest, shortest
from reminders.config.paths import join_path
from reminders.config.rule_checks import IsSound, is_before_visits, list_repeats
from reminders.config.rule_moments import DAY, to_minutes
from reminders.model import Quiet
from reminders.rules import AfterDue, Calendar, EndOfDay, Expiry, Rule, Window

Week = Sequence[Window | None]
READS = ("from", "at", "repeat", "phases", "quiet", "quiet_first", "expires", "day_base", "anchor", "calendar")

DROPPED = 'Choose a time within your `sending_hours`, or write quiet = "advance"; as it stands it is always dropped.'
OVER = (
    'Choose a time within your `sending_hours`, write quiet = "advance", or let it expire later; '
    "as it stands it has expired before anything may leave."
)


def check_sending_hours(rule: Rule, path: str, is_sound: IsSound, week: Week) -> Iterator[Fault]:
    """The local times that the rule writes down; what counts in hours can fall anywhere."""
    if not is_sound(*READS):
        return
    first = rule.quiet_first or rule.quiet
    quiets = {first, rule.quiet} if _is_series(rule) else {first}
    for key, clock in _list_clocks(rule):
        if not _may_wait_for_procedure(rule, key, clock, week):
            why = [_why_never(rule, clock, quiet, week) for quiet in sorted(quiets)]
            # Where one of a series may leave, the rule may be meant so.
            if None not in why:
                yield Fault(join_path(path, key), why[0] or "")


def _is_series(rule: Rule) -> bool:
    return rule.repeat is not None or bool(rule.phases)


def _list_clocks(rule: Rule) -> Iterator[tuple[str, time]]:
    rhythms = list_repeats(rule)
    runs_in_hours = any(repeat and repeat.every and repeat.every.unit.is_elapsed for _, repeat in rhythms)
    if rule.at and not runs_in_hours:
        yield "at", rule.at.value
    for key, repeat in rhythms:
        for number, clock in enumerate(repeat.slots.times if repeat and repeat.slots else ()):
            yield f"{key}.slots.times.{number}", clock


def _may_wait_for_procedure(rule: Rule, key: str, clock: time, week: Week) -> bool:
    """What is due earlier on the procedure's own day waits for the procedure, which may end within the hours."""
    is_own_day = key == "at" and shortest(rule.starts) <= rule.day_base * DAY and not is_before_visits(rule)
    return is_own_day and any(window and clock < window[1] for window in week)


def _why_never(rule: Rule, clock: time, quiet: Quiet, week: Week) -> str | None:
    """None: on one weekday at least it may leave."""
    if quiet is Quiet.ADVANCE or any(window and window[0] <= clock < window[1] for window in week):
        return None
    if quiet is Quiet.SKIP:
        return DROPPED
    useful = _useful_for(rule, clock)
    return OVER if useful is not None and all(_wait(day, clock, week) >= useful for day in range(7)) else None


def _useful_for(rule: Rule, clock: time) -> int | None:
    """Minutes from when it is due to when it expires, at the most; None: that depends."""
    if rule.expires is Expiry.SAME_DAY:
        return DAY - to_minutes(clock)
    if isinstance(rule.expires, AfterDue):
        return longest(rule.expires.length)
    if isinstance(rule.expires, EndOfDay) and rule.calendar is Calendar.ALL_DAYS and not rule.starts.unit.is_elapsed:
        return (rule.expires.day + 1) * DAY - shortest(rule.starts) - to_minutes(clock)
    return None


def _wait(weekday: int, clock: time, week: Week) -> int:
    """Minutes from this time to the next window; a week holds at least one."""
    due = to_minutes(clock)
    starts = (
        ahead * DAY + to_minutes(window[0]) - due for ahead in range(9) if (window := week[(weekday + ahead) % 7])
    )
    return next(wait for wait in starts if wait >= 0)
