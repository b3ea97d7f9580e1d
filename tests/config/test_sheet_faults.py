"""What the words for other clinics' sheets may not say: phases, slots, events, filters, business days."""

from __future__ import annotations

from datetime import date

import pytest

from reminders.config import ConfigFaults
from reminders.config.overrides import override_rule, override_treatment
from reminders.rules import Bound, Calendar, Duration, Event, Expiry, Unit
from tests.clinic import LASER, NEEDLING
from tests.config.config_factories import HOURLY_RULE, OURS, RULE, SMALL, Keys, list_faults, load_text, only_fault
from tests.factories import CLINIC, make_rule

CHRISTMAS_EVE, PATRIOTS_DAY, A_TUESDAY = date(2026, 12, 24), date(2026, 4, 20), date(2026, 3, 10)

DECLARES = """
events = ["healed", "first-dose"]
attributes = { site = ["face", "hand"] }
questions = { pain = ["yes", "no"] }
"""


def ours(figure: str) -> str:
    return f"{{ {figure}, {OURS} }}"


def slots(*times: str) -> str:
    return f"slots = {ours(f'times = {list(times)}')}"


def lasts(length: str, repeat: str = "") -> str:
    return f"{{ lasts = {ours(length)}{f', repeat = {{ {repeat} }}' if repeat else ''} }}"


def phases(*each: str) -> str:
    return f"[{', '.join(each)}]"


def write(keys: Keys, treatment: str = DECLARES, clinic: str = "") -> str:
    lines = "\n".join(f"{key} = {value}" for key, value in keys.items() if value is not None)
    small = SMALL.replace('country = "US"', f'country = "US"\n{clinic}')
    return f"{small}{treatment}\n[treatments.peel.rules.check]\n{lines}\n"


def only_rule_fault(keys: Keys) -> tuple[str, str]:
    path, sentence = only_fault(write(keys))
    return path.removeprefix("treatments.peel.rules.check."), sentence


TWO_A_DAY = slots("08:00", "20:00")
SLOTTED: Keys = RULE | {"at": None, "repeat": f"{{ {TWO_A_DAY} }}", "until": ours("days = 5")}
TAPER: Keys = RULE | {"phases": phases(lasts("weeks = 1"), lasts("weeks = 2"))}

FAULTS: dict[str, tuple[Keys, str, str]] = {
    "a range that runs backwards": (RULE | {"from": ours("days = [5, 3]")}, "from.days", "from a smaller to a larger"),
    "a range of three": (RULE | {"from": ours("days = [1, 2, 3]")}, "from.days", "such as [10, 14]"),
    "a part of the day that there is not": (RULE | {"at": ours('part = "teatime"')}, "at", "[clinic.parts_of_day]"),
    "a time and a part of the day": (RULE | {"at": ours('time = "10:00", part = "noon"')}, "at", "Write one time"),
    "slots in disorder": (SLOTTED | {"repeat": f"{{ {slots('20:00', '08:00')} }}"}, "repeat.slots.times", "earliest"),
    "slots twice": (SLOTTED | {"repeat": f"{{ {slots('08:00', '08:00')} }}"}, "repeat.slots.times", "once"),
    "no slots": (SLOTTED | {"repeat": f"{{ {slots()} }}"}, "repeat.slots.times", "Write the times"),
    "slots and a clock time": (SLOTTED | {"at": RULE["at"]}, "at", "the slots give the times"),
    "slots counted from hours": (SLOTTED | {"anchor": '"procedure_end"', "from": ours("hours = 3")}, "from", "slots"),
    "slots every few hours": (
        SLOTTED | {"repeat": f"{{ {TWO_A_DAY}, every = {ours('hours = 3')} }}"},
        "repeat.every",
        "slots are times of a day",
    ),
    "a repeat of nothing": (RULE | {"repeat": "{}", "until": ours("days = 5")}, "repeat", "Say how often"),
    "phases and a repeat": (TAPER | {"repeat": SLOTTED["repeat"], "until": ours("days = 9")}, "repeat", "Keep either"),
    "a phase without an end before another": (TAPER | {"phases": phases("{}", lasts("days = 1"))}, "phases.0", "lasts"),
    "a last phase that never ends": (
        TAPER | {"phases": phases(lasts("days = 1"), f"{{ repeat = {{ every = {ours('days = 1')} }} }}")},
        "phases.1",
        "add `until`",
    ),
    "a phase of no time": (TAPER | {"phases": phases(lasts("days = 0"))}, "phases.0.lasts", "above 0"),
    "a phase in hours after days": (TAPER | {"phases": phases(lasts("hours = 9"))}, "phases.0.lasts", "as `from` is"),
    "a phase in months": (TAPER | {"phases": phases(lasts("months = 1"))}, "phases.0.lasts", "days or weeks"),
    "a phase with two ends": (
        TAPER | {"phases": phases(lasts("days = 3", f"every = {ours('days = 1')}, times = {ours('count = 2')}"))},
        "phases.0.repeat.times",
        "after what it `lasts`",
    ),
    "phases that are a flood": (
        TAPER | {"at": None, "phases": phases(lasts("weeks = 9", TWO_A_DAY))},
        "phases",
        "126 in all",
    ),
    "an end that may never come": (SLOTTED | {"until": '{ event = "healed" }'}, "until", "add fallback"),
    "an anchor that is not an event": (RULE | {"anchor": '{ event = "heald" }'}, "anchor", 'did you mean "healed"?'),
    "an end that is not an event": (
        SLOTTED | {"until": f'{{ event = "birthday", fallback = {ours("days = 3")} }}'},
        "until",
        "add it to the treatment's `events`",
    ),
    "an attribute that is not noted": (
        RULE | {"applies_to": '{ attributes = { product = ["gel"] } }'},
        "applies_to.attributes.product",
        "add it to the treatment's `attributes`",
    ),
    "a value that an attribute cannot have": (
        RULE | {"applies_to": '{ attributes = { site = ["facee"] } }'},
        "applies_to.attributes.site",
        'did you mean "face"?',
    ),
    "one session and all from another on": (
        RULE | {"applies_to": "{ session = 1, sessions_from = 2 }"},
        "applies_to",
        "Keep either",
    ),
    "a session that is no number": (RULE | {"applies_to": '{ session = "first" }'}, "applies_to.session", '"last"'),
    "a condition on an event that there is not": (RULE | {"when": '{ happened = ["result"] }'}, "when", "no event"),
    "a condition on a question that there is not": (
        RULE | {"when": '{ unanswered = ["itch"] }'},
        "when",
        "no question",
    ),
    "a condition on an answer that there is not": (
        RULE | {"when": '{ answer = { pain = "maybe" } }'},
        "when.answer.pain",
        "no answer",
    ),
    "business days of a clinic that is never open": (
        RULE | {"calendar": '"business_days"'},
        "calendar",
        "opening_hours",
    ),
    "a day of no length after it is due": (
        RULE | {"expires": ours("days = 0, after_due = true")},
        "expires",
        "above 0",
    ),
    "the end of a day after it is due": (
        RULE | {"expires": ours("end_of_day = 1, after_due = true")},
        "expires",
        "Write a length with after_due",
    ),
    "a later end of a session's texts than its start": (
        RULE | {"anchor": '"session"', "from": ours("days = -1"), "until": ours("days = -2"), "expires": '"anchor"'},
        "until",
        "later end",
    ),
    "a source and a claim for the length of a phase": (
        TAPER | {"phases": "[{ lasts = { weeks = 1 } }]"},
        "phases.0.lasts",
        "Say where this figure comes from",
    ),
}


@pytest.mark.parametrize(("keys", "key", "fragment"), FAULTS.values(), ids=FAULTS.keys())
def test_what_no_sheet_can_mean_is_refused(keys: Keys, key: str, fragment: str) -> None:
    path, sentence = only_rule_fault(keys)

    assert path == key
    assert fragment in sentence


def test_what_sheets_do_mean_is_accepted() -> None:
    """The ground that the faults above stand on."""
    for keys in (SLOTTED, TAPER, RULE | {"applies_to": '{ session = "last" }'}, RULE | {"at": ours('part = "noon"')}):
        assert load_text(write(keys))


TREATMENT_FAULTS = {
    "a late limit before the interval": (f"late_limit = {ours('weeks = 3')}", "late_limit", "later limit"),
    "a late limit in hours": (f"late_limit = {ours('hours = 900')}", "late_limit", "days, weeks or months"),
    "a late limit without a source": ("late_limit = { weeks = 9 }", "late_limit", "where this figure comes from"),
    "an attribute without values": ("attributes = { site = [] }", "attributes.site", "at least one"),
    "an event twice": ('events = ["healed", "healed"]', "events", "once"),
    "a question without answers": ("questions = { pain = [] }", "questions.pain", "at least one"),
    "business days": ('calendar = "business_days"', "calendar", "opening_hours"),
}


@pytest.mark.parametrize(("line", "key", "fragment"), TREATMENT_FAULTS.values(), ids=TREATMENT_FAULTS.keys())
def test_what_no_treatment_can_mean_is_refused(line: str, key: str, fragment: str) -> None:
    path, sentence = only_fault(write(RULE, treatment=line))

    assert path == f"treatments.peel.{key}"
    assert fragment in sentence


CLINIC_FAULTS = {
    "a day that is none": ('closed_on = ["2026-02-30"]', "clinic.closed_on.0", "Write a day"),
    "holidays of nowhere": ('holidays = "ATLANTIS"', "clinic.holidays", "no calendar of this name"),
    "a week that never opens": (
        "opening_hours = { mon = [], tue = [], wed = [], thu = [], fri = [], sat = [], sun = [] }",
        "clinic.opening_hours",
        "Open at least one day",
    ),
    "hours that run backwards": ('opening_hours = ["17:00", "09:00"]', "clinic.opening_hours", "later time second"),
    "a limit of texts that is none": ("max_texts_per_day = 0", "clinic.max_texts_per_day", "greater than 0"),
    "limits that are not known": ('texts = "lots"', "clinic.texts", '"usual" or "strict"'),
    "more texts a day than a week": ("max_texts_per_day = 13", "clinic.max_texts_per_week", "at least 13"),
    "closed days of a clinic without hours": ("closed_on = [2026-12-24]", "clinic.closed_on", "Add `opening_hours`"),
    "holidays of a clinic without hours": ('holidays = "US-MA"', "clinic.holidays", "Add `opening_hours`"),
    "a part of the day at no time": ('parts_of_day = { dawn = "5" }', "clinic.parts_of_day", "time of day"),
}


@pytest.mark.parametrize(("line", "path", "fragment"), CLINIC_FAULTS.values(), ids=CLINIC_FAULTS.keys())
def test_what_no_clinic_can_mean_is_refused(line: str, path: str, fragment: str) -> None:
    found, sentence = only_fault(write(RULE, clinic=line))

    assert found == path
    assert fragment in sentence


def test_all_faults_are_listed_at_once() -> None:
    keys = HOURLY_RULE | {
        "applies_to": '{ attributes = { side = ["left"] } }',
        "when": '{ happened = ["result"] }',
        "repeat": f"{{ every = {ours('minutes = 10')} }}",
        "until": ours("hours = 24"),
        "calendar": '"business_days"',
    }
    paths = [path.removeprefix("treatments.peel.rules.check.") for path, _ in list_faults(write(keys))]

    assert paths == ["applies_to.attributes.side", "when", "repeat", "calendar"]


def test_a_misspelt_declaration_is_one_fault_and_not_one_for_each_rule_that_needs_it() -> None:
    text = write(RULE | {"anchor": '{ event = "healed" }'}, treatment='evnets = ["healed"]')

    assert [path for path, _ in list_faults(text)] == ["treatments.peel.evnets"]


# ---- overrides -------------------------------------------------------------------------------------------------


def test_an_override_replaces_the_figures_it_names() -> None:
    rule = override_rule(make_rule(), {"from": {"days": 3}, "expires": "same_day"})

    assert (rule.starts, rule.expires, rule.at) == (Duration(value=3, unit=Unit.DAYS), Expiry.SAME_DAY, make_rule().at)


@pytest.mark.parametrize(
    ("fields", "fragment"),
    [
        ({}, "at least one figure"),
        ({"quiet": "skip"}, "There is no key `quiet` here"),
        ({"from": {"days": -3}}, "before the procedure"),
        ({"at": {"part": "noon"}}, "Write the time itself"),
        ({"from": 3}, "table of keys"),
        ({"repeat": {"every": {"minutes": 10}}, "until": {"days": 2}}, "flood"),
    ],
)
def test_an_override_must_be_as_sound_as_a_rule(fields: dict[str, object], fragment: str) -> None:
    with pytest.raises(ConfigFaults, match=fragment):
        override_rule(make_rule(), fields)


def test_the_interval_of_a_treatment_can_be_overridden() -> None:
    treatment = override_treatment(CLINIC.treatments[LASER], {"interval": {"weeks": 8, "bound": "at_least"}})

    assert treatment.interval == Duration(value=8, unit=Unit.WEEKS, bound=Bound.AT_LEAST)


def test_another_length_is_meant_as_strictly_as_the_files_own() -> None:
    treatment = override_treatment(CLINIC.treatments[NEEDLING], {"interval": {"weeks": 8}})

    assert treatment.interval == Duration(value=8, unit=Unit.WEEKS, bound=Bound.AT_LEAST)


def test_a_late_limit_must_still_be_later() -> None:
    with pytest.raises(ConfigFaults, match="later limit"):
        override_treatment(CLINIC.treatments[LASER], {"late_limit": {"days": 7}})


# ---- what they become --------------------------------------------------------------------------------------------


def test_events_and_business_days_become_what_the_planner_reads() -> None:
    keys = RULE | {
        "anchor": f'{{ event = "healed", fallback = {ours("days = [14, 21]")} }}',
        "calendar": '"business_days"',
    }
    clinic = load_text(
        write(keys, clinic='opening_hours = ["09:00", "17:30"]\nclosed_on = [2026-12-24]\nholidays = "US-MA"')
    ).clinic
    (rule,) = clinic.treatments["peel"].rules
    hours = clinic.opening_hours

    assert rule.anchor == Event(name="healed", fallback=Duration(value=14, most=21, unit=Unit.DAYS))
    assert rule.calendar is Calendar.BUSINESS_DAYS
    assert hours is not None
    assert [hours.window_on(CHRISTMAS_EVE), hours.window_on(PATRIOTS_DAY), hours.window_on(A_TUESDAY) is not None] == [
        None,
        None,
        True,
    ]
