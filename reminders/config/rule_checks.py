"""What a rule may not say although each of its keys is well written. Pure; each check yields keys and sentences."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from math import ceil

from reminders.config.faults import Fault, find_near_match
from reminders.config.figures import longest, shortest
from reminders.config.paths import join_path
from reminders.rules import (
    AfterDue,
    Anchor,
    Calendar,
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

DAY = 1440
MOST_IN_A_DAY = 6
MOST_IN_ALL = 60
MOST_EVEN_WITH_A_LIMIT = 500

Found = Iterator[tuple[str, str]]
"""Keys of the rule, and what to do about each."""

IsSound = Callable[..., bool]
"""Whether nothing is wrong at or below these keys."""


def check_rule(rule: Rule, path: str, is_sound: IsSound) -> Iterator[Fault]:
    """A check is left out where a key that it reads is faulty already."""
    for check, reads in CHECKS.items():
        if is_sound(*reads):
            for key, sentence in check(rule):
                yield Fault(join_path(path, key), sentence)


# ---- from where, at what time ----------------------------------------------------------------------------------


def refuse_negative_start(rule: Rule) -> Found:
    if rule.starts.value < 0 and not _is_before_visits(rule):
        yield "from", 'Nothing can be due before the procedure; count from 0 up, or from "session" or "target".'


def _is_before_visits(rule: Rule) -> bool:
    return rule.anchor in (Anchor.TARGET, Anchor.SESSION)


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
    expires = None if isinstance(rule.expires, AfterDue) else rule.expires
    lengths = {"from": rule.starts, "until": _length_of(rule.until), "expires": expires}
    in_days = [key for key, length in lengths.items() if isinstance(length, Duration) and not length.unit.is_elapsed]
    if rule.at is not None or _has_only_slots(rule):
        return
    if "from" in in_days:
        yield "at", 'Add the time of day, such as at = { time = "10:00", clinic_supplied = true }.'
    else:
        for key in in_days:
            yield key, "Write this in hours: days need a time `at`, and `from` is in hours."


def _has_only_slots(rule: Rule) -> bool:
    rhythms = list_repeats(rule)
    return bool(rhythms) and all(repeat is not None and repeat.slots is not None for _, repeat in rhythms)


def list_repeats(rule: Rule) -> list[tuple[str, Repeat | None]]:
    """The rhythm of each stretch of the series with its key; a single reminder has none."""
    if rule.phases:
        return [(f"phases.{number}.repeat", phase.repeat) for number, phase in enumerate(rule.phases)]
    return [("repeat", rule.repeat)]


def _length_of(end: Duration | Event | None) -> Duration | None:
    return end.fallback if isinstance(end, Event) else end


def refuse_clock_time_beside_slots(rule: Rule) -> Found:
    if rule.at and _has_only_slots(rule):
        yield "at", "Remove `at`: the slots give the times."


# ---- repeats and phases ----------------------------------------------------------------------------------------


def refuse_empty_lengths(rule: Rule) -> Found:
    until = _length_of(rule.until)
    if until and until.value <= 0 and not _is_before_visits(rule):
        yield "until", "Write a length above 0."
    if isinstance(rule.expires, Duration) and rule.expires.value <= 0 and not _is_before_visits(rule):
        yield "expires", "Write a length above 0."
    if isinstance(rule.expires, AfterDue) and rule.expires.length.value <= 0:
        yield "expires", "Write a length above 0."


def refuse_empty_repeat(rule: Rule) -> Found:
    for key, repeat in list_repeats(rule):
        if repeat and repeat.every and repeat.every.value <= 0:
            yield f"{key}.every", "Write a length above 0."


def refuse_slots_without_days(rule: Rule) -> Found:
    for key, repeat in list_repeats(rule):
        if repeat and repeat.slots and repeat.every and repeat.every.unit.is_elapsed:
            yield f"{key}.every", "Write days, weeks or months: slots are times of a day."
        if repeat and repeat.slots and rule.starts.unit.is_elapsed:
            yield "from", "Write days, weeks or months: the slots of a day give the time."


def require_one_end_of_repeat(rule: Rule) -> Found:
    if rule.repeat and rule.until is None and rule.repeat.times is None:
        yield "repeat", "Say when it ends: add `until` to the rule, or `times` to the repeat."
    if rule.repeat and rule.until and rule.repeat.times:
        yield "repeat.times", "Keep either `times` or the rule's `until`; they would be two ends."


def check_phases(rule: Rule) -> Found:
    if rule.phases and rule.repeat:
        yield "repeat", "Keep either `repeat` or the phases, each of which may have a `repeat` of its own."
    for number, phase in enumerate(rule.phases):
        yield from _check_phase(rule, phase, f"phases.{number}", is_last=number == len(rule.phases) - 1)


def _check_phase(rule: Rule, phase: Phase, key: str, *, is_last: bool) -> Found:
    if phase.repeat and phase.repeat.times:
        yield f"{key}.repeat.times", "Remove it: a phase ends after what it `lasts`."
    if phase.lasts is None:
        if not is_last:
            yield key, "Say how long this phase lasts, such as lasts = { weeks = 1 }; only the last may leave it out."
        elif rule.until is None and phase.repeat is not None:
            yield key, "Say how long this phase lasts, or add `until` to the rule."
        return
    if phase.lasts.value <= 0:
        yield f"{key}.lasts", "Write a length above 0."
    elif phase.lasts.unit.is_elapsed != rule.starts.unit.is_elapsed:
        yield f"{key}.lasts", "Count it as `from` is counted: both in hours or minutes, or both in days or weeks."
    elif phase.lasts.unit is Unit.MONTHS:
        yield f"{key}.lasts", "Write days or weeks: months differ in length, and the next phase would begin anywhere."


# ---- when it ends and expires ----------------------------------------------------------------------------------


def require_fallback_of_end(rule: Rule) -> Found:
    if isinstance(rule.until, Event) and rule.until.fallback is None:
        yield "until", "Say when it ends at the latest: add fallback = { days = 14, clinic_supplied = true }."


def refuse_end_before_start(rule: Rule) -> Found:
    until = _length_of(rule.until)
    if until and (until.value > 0 or _is_before_visits(rule)) and longest(until) <= shortest(rule.starts):
        yield "until", "Write a later end than `from`; as it stands nothing would ever be due."


def refuse_unknown_expiry(rule: Rule) -> Found:
    has_end = rule.until is not None or bool(rule.phases and rule.phases[-1].lasts)
    if rule.expires is Expiry.UNTIL and not has_end:
        yield "expires", 'Add `until`, or write another moment: "until" means the rule\'s own `until`.'
    if rule.expires is Expiry.NEXT and not ((rule.repeat or rule.phases) and has_end):
        yield "expires", '"next" needs a repeat and an `until`, at which the last one expires.'
    if rule.expires is Expiry.ANCHOR and rule.anchor is not Anchor.SESSION:
        yield "expires", '"anchor" means the start of the visit; it needs anchor = "session".'


def refuse_expiry_before_start(rule: Rule) -> Found:
    if starts_too_late(rule):
        yield "expires", "Write a later moment; as it stands the first one would expire before it is due."


def starts_too_late(rule: Rule) -> bool:
    """Surely so; where it depends on the length of a month or the hour of the anchor, it is given the doubt."""
    if rule.calendar is Calendar.BUSINESS_DAYS:
        return False
    if isinstance(rule.expires, EndOfDay):
        return shortest(rule.starts) >= (rule.expires.day + 1) * DAY
    if isinstance(rule.expires, Duration):
        return 0 < longest(rule.expires) <= shortest(rule.starts)
    return rule.expires is Expiry.ANCHOR and rule.anchor is Anchor.SESSION and rule.starts.value > 0


# ---- floods ----------------------------------------------------------------------------------------------------


def refuse_flood(rule: Rule) -> Found:
    rhythms = [repeat for _, repeat in list_repeats(rule) if repeat]
    if any(map(_is_impossible, rhythms)):
        return  # it has a fault of its own
    in_all, in_a_day = count_occurrences(rule), count_in_a_day(rule)
    key = "phases" if rule.phases else "repeat"
    if in_all > MOST_EVEN_WITH_A_LIMIT:
        yield key, f"This would be due {in_all} times; {MOST_EVEN_WITH_A_LIMIT} is the most, so repeat less often."
    elif rule.max_messages is None and (in_a_day > MOST_IN_A_DAY or in_all > MOST_IN_ALL):
        yield (
            key,
            f"This is a flood: {in_a_day} within 24 hours, {in_all} in all; repeat less or add max_messages.",
        )


def _is_impossible(repeat: Repeat) -> bool:
    every = repeat.every
    return every is not None and (every.value <= 0 or (repeat.slots is not None and every.unit.is_elapsed))


def count_occurrences(rule: Rule) -> int:
    """At the most, where months make it vary."""
    if rule.repeat and rule.repeat.times:
        return rule.repeat.times.most
    return sum(_count_in(repeat, minutes) for repeat, minutes in _list_stretches(rule))


def count_in_a_day(rule: Rule) -> int:
    most = max(_count_in(repeat, min(minutes, DAY)) for repeat, minutes in _list_stretches(rule))
    return min(count_occurrences(rule), most)


def _list_stretches(rule: Rule) -> list[tuple[Repeat | None, int]]:
    """Each rhythm with the minutes for which it goes on, at the most."""
    until = _length_of(rule.until)
    rest = max(0, longest(until) - shortest(rule.starts)) if until else 0
    if not rule.phases:
        return [(rule.repeat, DAY if rule.repeat and rule.repeat.times else rest)]
    return [(phase.repeat, longest(phase.lasts) if phase.lasts else rest) for phase in rule.phases]


def _count_in(repeat: Repeat | None, minutes: int) -> int:
    if repeat is None:
        return 1
    every = shortest(repeat.every) if repeat.every else DAY
    return ceil(minutes / every) * (len(repeat.slots.times) if repeat.slots else 1)


# ---- names that the treatment must have ------------------------------------------------------------------------


def refuse_two_sessions(rule: Rule) -> Found:
    if rule.applies_to.session is not None and rule.applies_to.sessions_from is not None:
        yield "applies_to", "Keep either `session` or `sessions_from`."


def check_names(
    rule: Rule, treatment: Treatment, path: str, is_sound: IsSound, is_declared: IsSound
) -> Iterator[Fault]:
    """What a rule refers to, its treatment must declare."""
    for key, declaration, check in NAME_CHECKS:
        if is_sound(key) and is_declared(declaration):
            for below, sentence in check(rule, treatment):
                yield Fault(join_path(path, key, below), sentence)


def check_attributes(rule: Rule, treatment: Treatment) -> Found:
    for name, values in rule.applies_to.attributes.items():
        if name not in treatment.attributes:
            yield name, _say_unknown("attribute", name, treatment.attributes, "attributes")
            continue
        for value in values:
            if value not in treatment.attributes[name]:
                yield name, _say_unknown("value", value, treatment.attributes[name], f"attributes.{name}")


def check_anchor_event(rule: Rule, treatment: Treatment) -> Found:
    if isinstance(rule.anchor, Event):
        yield from _check_events([rule.anchor.name], treatment)


def check_anchor_target(rule: Rule, treatment: Treatment) -> Found:
    if rule.anchor is Anchor.TARGET and treatment.interval is None:
        yield "", 'Add the treatment\'s `interval`: "target" is the day on which the next session may be.'


def check_until_event(rule: Rule, treatment: Treatment) -> Found:
    if isinstance(rule.until, Event):
        yield from _check_events([rule.until.name], treatment)


def check_when_events(rule: Rule, treatment: Treatment) -> Found:
    yield from _check_events((*rule.when.happened, *rule.when.not_happened), treatment)


def check_when_answers(rule: Rule, treatment: Treatment) -> Found:
    for question in (*rule.when.answer, *rule.when.unanswered):
        if question not in treatment.questions:
            yield "", _say_unknown("question", question, treatment.questions, "questions")
    for question, answer in rule.when.answer.items():
        answers = treatment.questions.get(question, ())
        if answers and answer not in answers:
            yield f"answer.{question}", _say_unknown("answer", answer, answers, f"questions.{question}")


def _check_events(names: Iterable[str], treatment: Treatment) -> Found:
    for name in names:
        if name not in treatment.events:
            yield "", _say_unknown("event", name, treatment.events, "events")


def _say_unknown(what: str, word: str, known: Iterable[str], key: str) -> str:
    near = find_near_match(word, known)
    hint = f'did you mean "{near}"?' if near else f"add it to the treatment's `{key}`."
    return f'This treatment has no {what} "{word}"; {hint}'


NAME_CHECKS: tuple[tuple[str, str, Callable[[Rule, Treatment], Found]], ...] = (
    ("applies_to.attributes", "attributes", check_attributes),
    ("anchor", "events", check_anchor_event),
    ("anchor", "interval", check_anchor_target),
    ("until", "events", check_until_event),
    ("when", "events", check_when_events),
    ("when", "questions", check_when_answers),
)
"""Each check with the key that it reads and the treatment's key that must declare the name."""


# ---- the treatment itself --------------------------------------------------------------------------------------


def check_treatment(treatment: Treatment, path: str, is_sound: IsSound, *, has_opening_hours: bool) -> Iterator[Fault]:
    for key, length in (("interval", treatment.interval), ("late_limit", treatment.late_limit)):
        if length and is_sound(key) and (length.unit.is_elapsed or length.value <= 0):
            sentence = "Write the gap between sessions in days, weeks or months above 0."
            yield Fault(join_path(path, key), sentence)
    if is_sound("interval", "late_limit"):
        for key, sentence in _check_late_limit(treatment):
            yield Fault(join_path(path, key), sentence)
    for key, words in (*_list_words(treatment),):
        if is_sound(key) and (not words or len(set(words)) != len(words)):
            yield Fault(join_path(path, key), "Name each value once, and at least one.")
    yield from check_calendar(treatment.calendar, path, is_sound, has_opening_hours=has_opening_hours)


def _check_late_limit(treatment: Treatment) -> Found:
    interval, limit = treatment.interval, treatment.late_limit
    if limit and interval is None:
        yield "late_limit", "Add the `interval`: without a next session nothing can be too late."
    elif limit and interval and longest(limit) < shortest(interval):
        yield "late_limit", "Write a later limit than the `interval`; as it stands every visit would be too late."


def _list_words(treatment: Treatment) -> Iterator[tuple[str, tuple[str, ...]]]:
    if treatment.events:
        yield "events", treatment.events
    for name, values in treatment.attributes.items():
        yield f"attributes.{name}", values
    for question, answers in treatment.questions.items():
        yield f"questions.{question}", answers


def check_calendar(calendar: Calendar, path: str, is_sound: IsSound, *, has_opening_hours: bool) -> Iterator[Fault]:
    if calendar is Calendar.BUSINESS_DAYS and is_sound("calendar") and not has_opening_hours:
        sentence = "Say on which days you are open: add `opening_hours` to the section [clinic]."
        yield Fault(join_path(path, "calendar"), sentence)


CHECKS: dict[Callable[[Rule], Found], tuple[str, ...]] = {
    refuse_negative_start: ("from", "anchor"),
    refuse_hours_from_a_date: ("from", "anchor"),
    refuse_day_zero: ("from", "day_base"),
    refuse_clock_time_for_hours: ("from", "at"),
    require_clock_time_for_days: ("from", "until", "expires", "at", "repeat", "phases"),
    refuse_clock_time_beside_slots: ("at", "repeat", "phases"),
    refuse_empty_lengths: ("until", "expires", "anchor"),
    refuse_empty_repeat: ("repeat", "phases"),
    refuse_slots_without_days: ("repeat", "phases", "from"),
    require_one_end_of_repeat: ("repeat", "until"),
    check_phases: ("repeat", "phases", "from", "until"),
    require_fallback_of_end: ("until",),
    refuse_end_before_start: ("from", "until", "anchor"),
    refuse_unknown_expiry: ("expires", "until", "repeat", "phases", "anchor"),
    refuse_expiry_before_start: ("from", "expires", "anchor", "calendar"),
    refuse_flood: ("repeat", "phases", "until", "from", "max_messages"),
    refuse_two_sessions: ("applies_to",),
}
"""Each check with the keys that it reads."""
