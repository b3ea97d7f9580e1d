"""What a rule may not say, each with the key that is named and what its sentence tells to do."""

from __future__ import annotations

import pytest

from tests.config.config_factories import (
    HOURLY_RULE,
    OURS,
    RULE,
    SMALL,
    Keys,
    list_faults,
    load_rule,
    load_text,
    only_fault,
    only_rule_fault,
    write_rule,
)


def every(length: str, more: str = "") -> str:
    return f"{{ every = {{ {length}, {OURS} }}{more} }}"


def ours(figure: str) -> str:
    return f"{{ {figure}, {OURS} }}"


def times(number: int) -> str:
    return f", times = {ours(f'count = {number}')}"


SOURCE = 'source = { document = "sheet", section = "At home", figure = "two days" }'
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat")
SIX = f'{{ slots = {{ times = ["08:00", "10:00", "12:00", "14:00", "16:00", "18:00"], {OURS} }} }}'
REPEAT: Keys = {"repeat": every("days = 1"), "until": ours("days = 5")}

FLOODS = [
    pytest.param({"repeat": every("minutes = 10"), "until": ours("hours = 24")}, "144 within 24 hours", id="in-a-day"),
    pytest.param({"repeat": every("hours = 3"), "until": ours("hours = 24")}, "add max_messages", id="one-too-many"),
    pytest.param({"repeat": every("hours = 12", times(61))}, "61 in all", id="in-all"),
    pytest.param(
        {"repeat": every("minutes = 10", times(501)), "max_messages": ours("count = 6")},
        "500 is the most",
        id="even-with-a-limit",
    ),
]


def phase(lasts: str, repeat: str | None = None) -> str:
    return f"{{ lasts = {ours(lasts)}{f', repeat = {repeat}' if repeat else ''} }}"


def test_a_flood_through_several_phases_is_refused() -> None:
    phases = ", ".join([phase("hours = 2", every("minutes = 20"))] * 5)

    path, sentence = only_rule_fault(HOURLY_RULE | {"phases": f"[{phases}]"})

    assert path == "phases"
    assert "30 within 24 hours, 30 in all" in sentence


@pytest.mark.parametrize(("keys", "fragment"), FLOODS)
def test_a_flood_is_refused(keys: Keys, fragment: str) -> None:
    path, sentence = only_rule_fault(HOURLY_RULE | keys)

    assert path == "repeat"
    assert fragment in sentence


SEMANTIC_FAULTS: dict[str, tuple[Keys, str, str]] = {
    "a repeat without an end": ({"repeat": every("days = 1")}, "repeat", "add `until`"),
    "a repeat with two ends": (REPEAT | {"repeat": every("days = 1", times(2))}, "repeat.times", "Keep either"),
    "a repeat every nothing": (REPEAT | {"repeat": every("days = 0")}, "repeat.every", "above 0"),
    "a repeat every negative": (REPEAT | {"repeat": every("days = -1")}, "repeat.every", "above 0"),
    "an end at zero": (REPEAT | {"until": ours("days = 0")}, "until", "above 0"),
    "a negative end": (REPEAT | {"until": ours("days = -5")}, "until", "above 0"),
    "an end before the start": (REPEAT | {"until": ours("days = 1")}, "until", "later end"),
    "hours with a clock time": (
        {"anchor": '"procedure_end"', "from": ours("hours = 3")},
        "at",
        "already give the time",
    ),
    "days without a clock time": ({"at": None}, "at", "Add the time of day"),
    "days without a clock time, from the end": ({"anchor": '"procedure_end"', "at": None}, "at", "Add the time of day"),
    "days without a clock time, before a session": (
        {"anchor": '"session"', "from": ours("days = -1"), "at": None},
        "at",
        "Add the time of day",
    ),
    "an end in days for a start in hours": (
        HOURLY_RULE | {"at": None, "repeat": every("hours = 12"), "until": ours("days = 2")},
        "until",
        "in hours",
    ),
    "hours from a date": ({"from": ours("hours = 3"), "at": None}, "from", "no hour to count from"),
    "before the procedure": ({"from": ours("days = -1")}, "from", "before the procedure"),
    "day zero of a sheet without one": ({"from": ours("days = 0"), "day_base": "1"}, "from", "no day 0"),
    "expires at an end it does not have": ({"expires": '"until"'}, "expires", "Add `until`"),
    "expires at the next of none": ({"expires": '"next"'}, "expires", "needs a repeat"),
    "expires at the next, and the last never": (
        {"repeat": every("days = 1", times(2)), "expires": '"next"'},
        "expires",
        "an `until`",
    ),
    "expires at a procedure": ({"expires": '"anchor"'}, "expires", 'anchor = "session"'),
    "expires before it is due": ({"from": ours("days = 4"), "expires": ours("end_of_day = 3")}, "expires", "later"),
    "expires when the visit began": (
        {"anchor": '"session"', "expires": '"anchor"'},
        "expires",
        "expire before it is due",
    ),
    "later ones expire before they are due": (
        {"repeat": every("weeks = 1"), "until": ours("days = 29"), "expires": ours("end_of_day = 3")},
        "expires",
        "the last one would expire",
    ),
    "later ones expire so long after the anchor": (
        HOURLY_RULE | {"at": None, "repeat": every("hours = 3", times(3)), "expires": ours("hours = 4")},
        "expires",
        "the last one would expire",
    ),
    "later phases expire before they are due": (
        {
            "phases": f"[{phase('days = 3', every('days = 1'))}, {phase('days = 4', every('days = 2'))}]",
            "expires": ours("end_of_day = 5"),
        },
        "expires",
        "the last one would expire",
    ),
    "later ones expire when the visit began": (
        {
            "anchor": '"session"',
            "from": ours("days = -2"),
            "repeat": every("days = 1"),
            "until": ours("days = 3"),
            "expires": '"anchor"',
        },
        "expires",
        "the last one would expire",
    ),
    "numbered days before a visit": (
        {"anchor": '"session"', "day_base": "1", "from": ours("days = -1"), "expires": '"anchor"'},
        "day_base",
        "Remove it",
    ),
    "numbered days before a target": (
        {"anchor": '"target"', "day_base": "1", "from": ours("days = -1")},
        "day_base",
        "Remove it",
    ),
    "expires after no time": ({"expires": ours("days = 0")}, "expires", "above 0"),
}


@pytest.mark.parametrize(("keys", "key", "fragment"), SEMANTIC_FAULTS.values(), ids=SEMANTIC_FAULTS.keys())
def test_what_cannot_be_meant_is_refused(keys: Keys, key: str, fragment: str) -> None:
    path, sentence = only_rule_fault(RULE | keys)

    assert path == key
    assert fragment in sentence


SOUND: dict[str, Keys] = {
    "the last one on the last day": {
        "repeat": every("days = 1"),
        "until": ours("days = 5"),
        "expires": ours("end_of_day = 4"),
    },
    "so many hours after an unknown hour": {"from": ours("days = 1"), "expires": ours("hours = 24")},
    "months of which some are long enough": {
        "repeat": every("months = 1", times(2)),
        "from": "{ days = 0 }",
        "expires": ours("end_of_day = 30"),
    },
    "the day of a visit": {"anchor": '"session"', "from": "{ days = 0 }", "expires": '"anchor"'},
    "phases that are no flood": {
        "from": ours("days = 1"),
        "at": None,
        "phases": f"[{phase('days = 1', SIX)}, {phase('days = 1', SIX)}]",
    },
}


@pytest.mark.parametrize("keys", SOUND.values(), ids=SOUND.keys())
def test_what_can_be_meant_is_accepted(keys: Keys) -> None:
    assert load_rule(RULE | keys).id == "check"


def slots(*clocks: str) -> str:
    return f"{{ slots = {ours(f'times = {list(clocks)}')} }}"


SHORT = ours("minutes = 30, after_due = true")
NEVER: dict[str, tuple[Keys, list[str]]] = {
    "a time at night that is over by morning": ({"at": ours('time = "22:00"'), "expires": '"same_day"'}, ["at"]),
    "a time at night that ends that day": ({"at": ours('time = "22:00"'), "expires": ours("end_of_day = 1")}, ["at"]),
    "a time at night that is dropped": ({"at": ours('time = "22:00"'), "quiet": '"skip"'}, ["at"]),
    "a single one that is dropped": ({"at": ours('time = "22:00"'), "quiet_first": '"skip"'}, ["at"]),
    "slots that are over by morning": (
        {"at": None, "repeat": slots("07:00", "12:00", "20:00"), "until": ours("days = 3"), "expires": SHORT},
        ["repeat.slots.times.0", "repeat.slots.times.2"],
    ),
    "a slot of a phase": (
        {"at": None, "phases": f"[{phase('days = 2', slots('21:30'))}]", "expires": '"same_day"'},
        ["phases.0.repeat.slots.times.0"],
    ),
}


@pytest.mark.parametrize(("keys", "paths"), NEVER.values(), ids=NEVER.keys())
def test_a_time_at_which_nothing_can_ever_leave_is_refused(keys: Keys, paths: list[str]) -> None:
    faults = list_faults(write_rule(RULE | keys))

    assert [path.removeprefix("treatments.peel.rules.check.") for path, _ in faults] == paths
    assert all("within your `sending_hours`" in sentence for _, sentence in faults)


@pytest.mark.parametrize(
    "keys",
    [
        pytest.param({"at": ours('time = "22:00"'), "expires": ours("end_of_day = 2")}, id="it waits"),
        pytest.param({"at": ours('time = "07:00"'), "expires": '"same_day"'}, id="it waits for an hour"),
        pytest.param({"at": ours('time = "22:00"'), "quiet": '"advance"', "expires": '"same_day"'}, id="it is early"),
        pytest.param({"from": "{ days = 0 }", "at": ours('time = "07:00"'), "quiet": '"skip"'}, id="at the procedure"),
        pytest.param(
            {"at": ours('time = "22:00"'), "quiet": '"skip"', "repeat": every("hours = 12", times(3))}, id="later ones"
        ),
    ],
)
def test_a_time_outside_the_sending_hours_is_accepted_where_it_can_leave(keys: Keys) -> None:
    assert load_rule(RULE | keys).id == "check"


def test_sending_hours_of_one_weekday_are_enough_for_a_time() -> None:
    late = (
        "sending_hours = { " + ", ".join(f'{day} = ["09:00", "18:00"]' for day in DAYS) + ', sun = ["09:00", "21:00"] }'
    )
    rule = write_rule(RULE | {"at": ours('time = "20:30"'), "quiet": '"skip"'})

    assert list_faults(rule)[0][0].endswith(".at")
    assert load_text(rule.replace("[clinic]", f"[clinic]\n{late}"))


WRITING_FAULTS: dict[str, tuple[Keys, str, str]] = {
    "no anchor": ({"anchor": None}, "anchor", "missing"),
    "no from": ({"from": None}, "from", "missing"),
    "no expires": ({"expires": None}, "expires", "missing"),
    "an unknown word for quiet": ({"quiet": '"skpi"'}, "quiet", 'did you mean "skip"?'),
    "an unknown anchor": ({"anchor": '"birthday"'}, "anchor", '"procedure_end", "procedure_date"'),
    "an unknown expiry": ({"expires": '"never"'}, "expires", '"next", "until", "anchor" or "same_day"'),
    "a priority beyond the last": ({"priority": "10"}, "priority", "9"),
    "an unknown channel": ({"channels": '["sms", "fax"]'}, "channels.1", '"sms" or "email"'),
    "no channel": ({"channels": "[]"}, "channels", "each channel once"),
    "an unknown audience": ({"audience": '"family"'}, "audience", '"patient" or "staff"'),
    "a third day base": ({"day_base": "2"}, "day_base", "at most 1"),
    "a time that no clock shows": ({"at": ours('time = "25:00"')}, "at.time", "from"),
    "a length without a unit": ({"from": f"{{ {OURS} }}"}, "from", "one length"),
    "a length with two units": ({"from": ours("days = 1, hours = 2")}, "from", "one length"),
    "a length of half a day": ({"from": ours("days = 0.5")}, "from.days", "whole number"),
    "a length that is a yes": ({"from": ours("days = true")}, "from.days", "Write a number"),
    "a length past the calendar": ({"from": ours("months = 999999")}, "from", "ten years"),
    "a day past the calendar": ({"expires": ours("end_of_day = 999999")}, "expires", "ten years"),
    "two moments to expire at": ({"expires": ours("end_of_day = 3, hours = 24")}, "expires", "one moment"),
    "an unknown bound": ({"from": ours('days = 1, bound = "about"')}, "from.bound", '"at_least"'),
    "a bare number": ({"from": "3"}, "from", "table of keys"),
    "a number that is a text": ({"max_messages": ours('count = "few"')}, "max_messages.count", "whole number"),
    "a number below one": ({"max_messages": ours("count = 0")}, "max_messages.count", "at least 1"),
    "a range where one number is meant": ({"max_messages": ours("count = [2, 3]")}, "max_messages", "not a range"),
    "a condition in quotes": ({"when": '{ session_due = "yes" }'}, "when.session_due", "Write true or false"),
    "a condition that is a number": ({"when": "{ session_booked = 1 }"}, "when.session_booked", "true or false"),
    "our own figure in quotes": ({"from": '{ days = 1, clinic_supplied = "yes" }'}, "from.clinic_supplied", "true or"),
    "a condition that is no yes or no": ({"when": '{ session_due = "maybe" }'}, "when.session_due", "true or false"),
}


@pytest.mark.parametrize(("keys", "key", "fragment"), WRITING_FAULTS.values(), ids=WRITING_FAULTS.keys())
def test_what_is_badly_written_is_refused(keys: Keys, key: str, fragment: str) -> None:
    path, sentence = only_rule_fault(RULE | keys)

    assert path == key
    assert fragment in sentence


SOURCE_FAULTS: dict[str, tuple[Keys, str, str]] = {
    "neither": ({"from": "{ days = 2 }"}, "from", "where this figure comes from"),
    "both": ({"from": f"{{ days = 2, {SOURCE}, {OURS} }}"}, "from", "not both"),
    "not supplied after all": ({"from": "{ days = 2, clinic_supplied = false }"}, "from", "where this figure"),
    "a time of day": ({"at": '{ time = "10:00" }'}, "at", "where this figure comes from"),
    "an expiry on day zero": ({"from": "{ days = 0 }", "expires": "{ end_of_day = 0 }"}, "expires", "where this"),
    "a figure within a repeat": (REPEAT | {"repeat": "{ every = { days = 1 } }"}, "repeat.every", "where this figure"),
    "an unknown document": (
        {"from": f"{{ days = 2, {SOURCE.replace('sheet', 'shet')} }}"},
        "from.source.document",
        'did you mean "sheet"?',
    ),
    "a source without words": (
        {"from": '{ days = 2, source = { document = "sheet", section = "At home" } }'},
        "from.source.figure",
        "missing",
    ),
}


@pytest.mark.parametrize(("keys", "key", "fragment"), SOURCE_FAULTS.values(), ids=SOURCE_FAULTS.keys())
def test_every_figure_says_where_it_comes_from_in_one_way(keys: Keys, key: str, fragment: str) -> None:
    path, sentence = only_rule_fault(RULE | keys)

    assert path == key
    assert fragment in sentence


def test_a_misspelt_key_is_one_fault_that_names_the_right_one() -> None:
    assert only_rule_fault(RULE | {"quite": '"skip"'}) == (
        "quite",
        "There is no key `quite` here; did you mean `quiet`?",
    )


def test_a_misspelt_required_key_is_not_reported_as_missing_too() -> None:
    path, sentence = only_rule_fault(RULE | {"anchor": None, "ancor": '"session"'})

    assert path == "ancor"
    assert "did you mean `anchor`?" in sentence


def test_a_misspelt_end_does_not_make_the_repeat_endless_too() -> None:
    path, sentence = only_rule_fault(RULE | {"repeat": every("days = 1"), "untl": ours("days = 5")})

    assert path == "untl"
    assert "`until`" in sentence


def test_a_misspelt_key_inside_a_figure_is_named_with_its_whole_path() -> None:
    path, sentence = only_rule_fault(RULE | {"from": "{ days = 2, clinic_suplied = true }"})

    assert path == "from.clinic_suplied"
    assert "`clinic_supplied`" in sentence


@pytest.mark.parametrize("rule_id", ["Icing", "next_session", "3-days", "next--session"])
def test_a_rule_has_a_name_of_small_letters_and_dashes(rule_id: str) -> None:
    path, sentence = only_fault(write_rule(RULE, rule_id))

    assert path == f"treatments.peel.rules.{rule_id}"
    assert "small letters" in sentence


def test_the_name_of_the_built_in_rule_is_taken() -> None:
    path, sentence = only_fault(write_rule(RULE, "correction"))

    assert path == "treatments.peel.rules.correction"
    assert "meaning of its own" in sentence


@pytest.mark.parametrize("interval", ["weeks = 0", "months = -1", "hours = 12"])
def test_the_interval_is_a_number_of_days_weeks_or_months(interval: str) -> None:
    path, sentence = only_fault(SMALL.replace("weeks = 4", interval))

    assert path == "treatments.peel.interval"
    assert "above 0" in sentence


@pytest.mark.parametrize("count", ["[5, 4]", "[4]", "[4, 4]", "0", "true", "[1, 2, 3]"])
def test_a_range_goes_from_a_smaller_to_a_larger_number(count: str) -> None:
    path, sentence = only_fault(SMALL.replace("count = 1", f"count = {count}"))

    assert path == "treatments.peel.sessions.count"
    assert "[4, 5]" in sentence


def test_there_is_at_least_one_treatment() -> None:
    path, sentence = only_fault(SMALL[: SMALL.index("[treatments")])

    assert path == "treatments"
    assert "at least one" in sentence


def test_faults_of_every_kind_in_one_rule_are_listed_together() -> None:
    keys = HOURLY_RULE | {
        "quiet": '"skpi"',
        "repeat": every("minutes = 10"),
        "until": "{ hours = 24 }",
        "expires": '"anchor"',
    }
    paths = [path.removeprefix("treatments.peel.rules.check.") for path, _ in list_faults(write_rule(keys))]

    assert sorted(paths) == ["expires", "quiet", "repeat", "until"]


def test_a_wrong_end_hides_no_fault_of_the_phases() -> None:
    keys = RULE | {
        "until": '{ evnt = "healed" }',
        "repeat": every("days = 1"),
        "phases": f"[{phase('days = 0')}, {{ repeat = {every('days = 1', times(2))} }}]",
    }
    paths = [path.removeprefix("treatments.peel.rules.check.") for path, _ in list_faults(write_rule(keys))]

    assert sorted(paths) == ["phases.0.lasts", "phases.1.repeat.times", "repeat", "until.evnt"]


def test_a_faulty_rule_does_not_hide_the_faults_of_another() -> None:
    first = write_rule(RULE | {"anchor": '"birthday"'}, "first")
    second = write_rule(RULE | {"at": None}, "second").removeprefix(SMALL)

    assert [path for path, _ in list_faults(first + second)] == [
        "treatments.peel.rules.first.anchor",
        "treatments.peel.rules.second.at",
    ]
