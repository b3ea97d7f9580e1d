"""What a rule may not say although each of its keys is well written. Pure; each check yields keys and sentences."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from reminders.config.faults import Fault, find_near_match
from reminders.config.figures import longest, shortest
from reminders.config.paths import join_path
from reminders.config.rule_moments import (
    DAY,
    MOST_LISTED,
    clock_of,
    find_most_in_a_day,
    length_of_end,
    list_moments,
)
from reminders.rules import (
    AfterDue,
    Anchor,
    Calendar,
    Duration,
    EndOfDay,
    Event,
    Expiry,
    Repeat,
    Rule,
    Treatment,
    Unit,
)

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
    if rule.starts.value < 0 and not is_before_visits(rule):
        yield "from", 'Nothing can be due before the procedure; count from 0 up, or from "session" or "target".'


def is_before_visits(rule: Rule) -> bool:
    return rule.anchor in (Anchor.TARGET, Anchor.SESSION)


def refuse_hours_from_a_date(rule: Rule) -> Found:
    if rule.starts.unit.is_elapsed and rule.anchor in (Anchor.PROCEDURE_DATE, Anchor.TARGET):
        yield "from", 'A date has no hour to count from; write days, or count from "procedure_end" or "session".'


def refuse_day_zero(rule: Rule) -> Found:
    if rule.day_base == 1 and rule.starts.value == 0 and rule.starts.unit == "days":
        yield "from", "With day_base = 1 the first day is day 1; there is no day 0."


def refuse_numbered_days_before(rule: Rule) -> Found:
    lengths = {"from": rule.starts, "until": length_of_end(rule.until)}
    if rule.day_base == 1 and any(each and each.value < 0 and each.unit is Unit.DAYS for each in lengths.values()):
        yield "day_base", "Remove it: it numbers the days from the anchor on, and days before a visit have no number."


def refuse_clock_time_for_hours(rule: Rule) -> Found:
    if rule.at and rule.starts.unit.is_elapsed:
        yield "at", "Remove `at`, or write `from` in days: hours and minutes already give the time."


def require_clock_time_for_days(rule: Rule) -> Found:
    expires = None if isinstance(rule.expires, AfterDue) else rule.expires
    lengths = {"from": rule.starts, "until": length_of_end(rule.until), "expires": expires}
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


def refuse_clock_time_beside_slots(rule: Rule) -> Found:
    if rule.at and _has_only_slots(rule):
        yield "at", "Remove `at`: the slots give the times."


# ---- repeats and phases ----------------------------------------------------------------------------------------


def refuse_empty_lengths(rule: Rule) -> Found:
    until = length_of_end(rule.until)
    if until and until.value <= 0 and not is_before_visits(rule):
        yield "until", "Write a length above 0."
    if isinstance(rule.expires, Duration) and rule.expires.value <= 0 and not is_before_visits(rule):
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


def refuse_repeat_beside_phases(rule: Rule) -> Found:
    if rule.phases and rule.repeat:
        yield "repeat", "Keep either `repeat` or the phases, each of which may have a `repeat` of its own."


def refuse_times_in_phases(rule: Rule) -> Found:
    for number, phase in enumerate(rule.phases):
        if phase.repeat and phase.repeat.times:
            yield f"phases.{number}.repeat.times", "Remove it: a phase ends after what it `lasts`."


def require_length_of_phases(rule: Rule) -> Found:
    for number, phase in enumerate(rule.phases[:-1]):
        if phase.lasts is None:
            sentence = "Say how long this phase lasts, such as lasts = { weeks = 1 }; only the last may leave it out."
            yield f"phases.{number}", sentence


def require_end_of_phases(rule: Rule) -> Found:
    if rule.phases and rule.phases[-1].repeat and rule.phases[-1].lasts is None and rule.until is None:
        key = f"phases.{len(rule.phases) - 1}"
        yield key, "Say how long this phase lasts, or add `until` to the rule."


def refuse_empty_phases(rule: Rule) -> Found:
    for key, lasts in _list_lengths_of_phases(rule):
        if lasts.value <= 0:
            yield key, "Write a length above 0."
        elif lasts.unit is Unit.MONTHS:
            yield key, "Write days or weeks: months differ in length, and the next phase would begin anywhere."


def refuse_phases_of_another_kind(rule: Rule) -> Found:
    for key, lasts in _list_lengths_of_phases(rule):
        is_wrong_already = lasts.value <= 0 or lasts.unit is Unit.MONTHS
        if lasts.unit.is_elapsed != rule.starts.unit.is_elapsed and not is_wrong_already:
            yield key, "Count it as `from` is counted: both in hours or minutes, or both in days or weeks."


def _list_lengths_of_phases(rule: Rule) -> Iterator[tuple[str, Duration]]:
    for number, phase in enumerate(rule.phases):
        if phase.lasts:
            yield f"phases.{number}.lasts", phase.lasts


# ---- when it ends and expires ----------------------------------------------------------------------------------


def require_fallback_of_end(rule: Rule) -> Found:
    if isinstance(rule.until, Event) and rule.until.fallback is None:
        yield "until", "Say when it ends at the latest: add fallback = { days = 14, clinic_supplied = true }."


def refuse_end_before_start(rule: Rule) -> Found:
    until = length_of_end(rule.until)
    if until and (until.value > 0 or is_before_visits(rule)) and longest(until) <= shortest(rule.starts):
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
    if _is_surely_over(rule, shortest(rule.starts)):
        yield "expires", "Write a later moment; as it stands the first one would expire before it is due."


def refuse_expiry_before_end_of_series(rule: Rule) -> Found:
    until = length_of_end(rule.until)
    rhythms = [repeat for _, repeat in list_repeats(rule) if repeat]
    if any(map(_is_impossible, rhythms)) or _is_endless(rule) or _is_surely_over(rule, shortest(rule.starts)):
        return  # it has a fault of its own
    moments = list_moments(rule, shortest(until.longest) if until else None)
    if moments and _is_surely_over(rule, moments[-1] - clock_of(rule)):
        sentence = "Write a later moment, or end the series sooner; as it stands the last one would expire before it is"
        yield "expires", f'{sentence} due. `after_due` and "same_day" count from the moment when each one is due.'


def _is_endless(rule: Rule) -> bool:
    has_end = length_of_end(rule.until) is not None
    if not rule.phases:
        return rule.repeat is not None and rule.repeat.times is None and not has_end
    last = rule.phases[-1]
    ends = has_end or last.lasts is not None or last.repeat is None
    return not ends or any(phase.lasts is None for phase in rule.phases[:-1])


def _is_surely_over(rule: Rule, due: int) -> bool:
    """Whether what is due so many minutes after the anchor, or on the day that many after its day, has expired before.

    Where that depends on the length of a month, the hour of the anchor or closed days, it is given the doubt.
    """
    expires = rule.expires
    if rule.calendar is Calendar.BUSINESS_DAYS:
        return False
    if isinstance(expires, EndOfDay):
        return due >= (expires.day + 1) * DAY
    is_days = not rule.starts.unit.is_elapsed
    if isinstance(expires, Duration) and (expires.value > 0 or is_before_visits(rule)):
        hour_of_anchor = DAY if is_days and expires.unit.is_elapsed else 0
        return longest(expires) + hour_of_anchor <= due
    return expires is Expiry.ANCHOR and rule.anchor is Anchor.SESSION and due >= (DAY if is_days else 1)


# ---- floods ----------------------------------------------------------------------------------------------------


def refuse_flood(rule: Rule) -> Found:
    rhythms = [repeat for _, repeat in list_repeats(rule) if repeat]
    if any(map(_is_impossible, rhythms)) or _is_endless(rule):
        return  # it has a fault of its own
    until = length_of_end(rule.until)
    moments = list_moments(rule, longest(until) if until else None)
    in_all, in_a_day = len(moments), find_most_in_a_day(moments)
    key = "phases" if rule.phases else "repeat"
    if in_all > MOST_EVEN_WITH_A_LIMIT:
        number = f"{in_all} times" if in_all < MOST_LISTED else f"{MOST_LISTED} times or more"
        yield key, f"This would be due {number}; {MOST_EVEN_WITH_A_LIMIT} is the most, so repeat less often."
    elif rule.max_messages is None and (in_a_day > MOST_IN_A_DAY or in_all > MOST_IN_ALL):
        yield (
            key,
            f"This is a flood: {in_a_day} within 24 hours, {in_all} in all; repeat less or add max_messages.",
        )


def _is_impossible(repeat: Repeat) -> bool:
    every = repeat.every
    return every is not None and (every.value <= 0 or (repeat.slots is not None and every.unit.is_elapsed))


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
    refuse_numbered_days_before: ("from", "until", "day_base"),
    refuse_clock_time_for_hours: ("from", "at"),
    require_clock_time_for_days: ("from", "until", "expires", "at", "repeat", "phases"),
    refuse_clock_time_beside_slots: ("at", "repeat", "phases"),
    refuse_empty_lengths: ("until", "expires", "anchor"),
    refuse_empty_repeat: ("repeat", "phases"),
    refuse_slots_without_days: ("repeat", "phases", "from"),
    require_one_end_of_repeat: ("repeat", "until"),
    refuse_repeat_beside_phases: (),
    refuse_times_in_phases: ("phases",),
    require_length_of_phases: ("phases",),
    require_end_of_phases: ("phases", "until"),
    refuse_empty_phases: ("phases",),
    refuse_phases_of_another_kind: ("phases", "from"),
    require_fallback_of_end: ("until",),
    refuse_end_before_start: ("from", "until", "anchor"),
    refuse_unknown_expiry: ("expires", "until", "repeat", "phases", "anchor"),
    refuse_expiry_before_start: ("from", "expires", "anchor", "calendar"),
    refuse_expiry_before_end_of_series: (
        *("from", "until", "repeat", "phases"),
        *("at", "expires", "anchor", "calendar"),
    ),
    refuse_flood: ("repeat", "phases", "until", "from", "max_messages"),
    refuse_two_sessions: ("applies_to",),
}
"""Each check with the keys that it reads."""
