"""What a rule may not say although each of its keys is well written. Pure; each check yields keys and sentences."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import ceil

from reminders.config.faults import Fault
from reminders.config.figures import longest, shortest
from reminders.config.paths import join_path
from reminders.rules import Anchor, Duration, EndOfDay, Expiry, Rule

DAY = 1440
MOST_IN_A_DAY = 6
MOST_IN_ALL = 60
MOST_EVEN_WITH_A_LIMIT = 500

Found = Iterator[tuple[str, str]]
"""Keys of the rule, and what to do about each."""


def check_rule(rule: Rule, path: str, is_sound: Callable[..., bool]) -> Iterator[Fault]:
    """A check is left out where a key that it reads is faulty already."""
    for check, reads in CHECKS.items():
        if is_sound(*reads):
            for key, sentence in check(rule):
                yield Fault(join_path(path, key), sentence)


def refuse_negative_start(rule: Rule) -> Found:
    if rule.starts.value < 0 and rule.anchor not in (Anchor.TARGET, Anchor.SESSION):
        yield "from", 'Nothing can be due before the procedure; count from 0 up, or from "session" or "target".'


def refuse_hours_from_a_date(rule: Rule) -> Found:
    if rule.starts.unit.is_elapsed and rule.anchor in (Anchor.PROCEDURE_DATE, Anchor.TARGET):
        yield "from", 'A date has no hour to count from; write days, or count from "procedure_end" or "session".'


def refuse_day_zero(rule: Rule) -> Found:
    if rule.day_base == 1 and rule.starts.value == 0 and rule.starts.unit == "days":
        yield "from", "With day_base = 1 the first day is day 1; there is no day 0."


def refuse_clock_time_for_hours(rule: Rule) -> Found:
    if rule.at and rule.starts.unit.is_elapsed:
        yield "at", "Remove `at`, or write `from` in days: hours and minutes already give the time."


def require_clock_time_for_days(rule: Rule) -> Found:
    lengths = {"from": rule.starts, "until": rule.until, "expires": rule.expires}
    in_days = [key for key, length in lengths.items() if isinstance(length, Duration) and not length.unit.is_elapsed]
    if rule.at is None and "from" in in_days:
        yield "at", 'Add the time of day, such as at = { time = "10:00", clinic_supplied = true }.'
    elif rule.at is None:
        for key in in_days:
            yield key, "Write this in hours: days need a time `at`, and `from` is in hours."


def refuse_empty_lengths(rule: Rule) -> Found:
    if rule.until and rule.until.value <= 0:
        yield "until", "Write a length above 0."
    if isinstance(rule.expires, Duration) and rule.expires.value <= 0:
        yield "expires", "Write a length above 0."


def refuse_empty_repeat(rule: Rule) -> Found:
    if rule.repeat and rule.repeat.every.value <= 0:
        yield "repeat.every", "Write a length above 0."


def require_one_end_of_repeat(rule: Rule) -> Found:
    if rule.repeat and rule.until is None and rule.repeat.times is None:
        yield "repeat", "Say when it ends: add `until` to the rule, or `times` to the repeat."
    if rule.repeat and rule.until and rule.repeat.times:
        yield "repeat.times", "Keep either `times` or the rule's `until`; they would be two ends."


def refuse_end_before_start(rule: Rule) -> Found:
    if rule.until and longest(rule.until) > 0 and longest(rule.until) <= shortest(rule.starts):
        yield "until", "Write a later end than `from`; as it stands nothing would ever be due."


def refuse_unknown_expiry(rule: Rule) -> Found:
    if rule.expires is Expiry.UNTIL and rule.until is None:
        yield "expires", 'Add `until`, or write another moment: "until" means the rule\'s own `until`.'
    if rule.expires is Expiry.NEXT and (rule.repeat is None or rule.until is None):
        yield "expires", '"next" needs a repeat and an `until`, at which the last one expires.'
    if rule.expires is Expiry.ANCHOR and rule.anchor is not Anchor.SESSION:
        yield "expires", '"anchor" means the start of the visit; it needs anchor = "session".'


def refuse_expiry_before_start(rule: Rule) -> Found:
    if starts_too_late(rule):
        yield "expires", "Write a later moment; as it stands the first one would expire before it is due."


def starts_too_late(rule: Rule) -> bool:
    """Surely so; where it depends on the length of a month or the hour of the anchor, it is given the doubt."""
    if isinstance(rule.expires, EndOfDay):
        return shortest(rule.starts) >= (rule.expires.day + 1) * DAY
    if isinstance(rule.expires, Duration):
        return 0 < longest(rule.expires) <= shortest(rule.starts)
    return rule.expires is Expiry.ANCHOR and rule.anchor is Anchor.SESSION and rule.starts.value > 0


def refuse_flood(rule: Rule) -> Found:
    if rule.repeat is None or rule.repeat.every.value <= 0:
        return
    in_all, in_a_day = count_occurrences(rule), count_in_a_day(rule)
    if in_all > MOST_EVEN_WITH_A_LIMIT:
        yield "repeat", f"This would be due {in_all} times; {MOST_EVEN_WITH_A_LIMIT} is the most, so repeat less often."
    elif rule.max_messages is None and (in_a_day > MOST_IN_A_DAY or in_all > MOST_IN_ALL):
        yield (
            "repeat",
            f"This is a flood: {in_a_day} within 24 hours, {in_all} in all; repeat less or add max_messages.",
        )


def count_occurrences(rule: Rule) -> int:
    """At the most, where months make it vary."""
    assert rule.repeat is not None, "only a rule that repeats is counted"
    if rule.repeat.times:
        return rule.repeat.times.most
    if rule.until is None:
        return 0
    return max(0, ceil((longest(rule.until) - shortest(rule.starts)) / shortest(rule.repeat.every)))


def count_in_a_day(rule: Rule) -> int:
    assert rule.repeat is not None, "only a rule that repeats is counted"
    return min(count_occurrences(rule), ceil(DAY / shortest(rule.repeat.every)))


CHECKS: dict[Callable[[Rule], Found], tuple[str, ...]] = {
    refuse_negative_start: ("from", "anchor"),
    refuse_hours_from_a_date: ("from", "anchor"),
    refuse_day_zero: ("from", "day_base"),
    refuse_clock_time_for_hours: ("from", "at"),
    require_clock_time_for_days: ("from", "until", "expires", "at"),
    refuse_empty_lengths: ("until", "expires"),
    refuse_empty_repeat: ("repeat",),
    require_one_end_of_repeat: ("repeat", "until"),
    refuse_end_before_start: ("from", "until"),
    refuse_unknown_expiry: ("expires", "until", "repeat", "anchor"),
    refuse_expiry_before_start: ("from", "expires", "anchor"),
    refuse_flood: ("repeat", "until", "from", "max_messages"),
}
"""Each check with the keys that it reads."""
