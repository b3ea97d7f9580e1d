"""Every field of a rule as a sentence, held against what a practice manager would say."""

from __future__ import annotations

import pytest

from reminders.describing import cite_briefly, list_timed_figures, say_rule
from reminders.rules import Figure, Rule, Treatment
from tests.config.config_factories import OURS, Keys
from tests.describing.sheets import EACH_MORNING, ONCE, WITHIN_HOURS, load_sheet

SAME_DAY = " It is useful to the end of the day on which it is due."
HEALED = f'{{ event = "healed", fallback = {{ days = 14, {OURS} }} }}'
TWICE_A_DAY = f'{{ slots = {{ times = ["08:00", "evening"], {OURS} }} }}'


def say(keys: Keys) -> str:
    """The rule's sentence; a dash stands for the same-day expiry, which the example is not about."""
    treatment = load_sheet(keys)
    (rule,) = treatment.rules
    assert list_said_figures(rule, treatment) == {figure for _, figure in list_timed_figures(rule, treatment)}
    return say_rule(rule, treatment).replace(SAME_DAY, " -")


def list_said_figures(rule: Rule, treatment: Treatment) -> set[Figure]:
    """Those that the sentence asks a source of: none of the rule's may be missing, whatever the example."""
    said: set[Figure] = set()

    def note(figure: Figure) -> str:
        said.add(figure)
        return ""

    say_rule(rule, treatment, note)
    return said


def length(written: str) -> str:
    return f"{{ {written}, {OURS} }}"


@pytest.mark.parametrize(
    ("keys", "sentence"),
    [
        ({}, "3 days after the procedure, at 10:00. -"),
        ({"anchor": '"procedure_end"'}, "3 days after the procedure, at 10:00. -"),
        ({"from": "{ days = 0 }"}, "On the day of the procedure, at 10:00. -"),
        ({"from": length("days = 1")}, "1 day after the procedure, at 10:00. -"),
        ({"from": length("days = [10, 14]")}, "10 days (of 10 to 14) after the procedure, at 10:00. -"),
        (
            {"from": length('weeks = 6, bound = "at_least"')},
            "At least 6 weeks after the procedure, at 10:00. -",
        ),
        (
            {"anchor": '"target"', "from": length("weeks = -1")},
            "1 week before the day the next session is due, at 10:00. The next session is due 4 weeks after the "
            "procedure. -",
        ),
        (
            {"anchor": '"target"', "from": "{ days = 0 }"},
            "On the day the next session is due, at 10:00. The next session is due 4 weeks after the procedure. -",
        ),
        ({"anchor": '"session"', "from": length("days = -2")}, "2 days before the booked visit, at 10:00. -"),
        ({"anchor": '{ event = "first-dose" }'}, "3 days after “first-dose”, at 10:00. -"),
        (
            {"anchor": f'{{ event = "healed", fallback = {length("days = [14, 21]")} }}'},
            "3 days after “healed”, at 10:00. While “healed” is not recorded, it is taken to be 21 days (of 14 to 21) "
            "after the procedure. -",
        ),
        ({"day_base": "1"}, "On day 3, at 10:00. Day 1 is the day of the procedure. -"),
        (
            {"day_base": "1", "from": length('days = 14, bound = "at_most"')},
            "On day 14 at the latest, at 10:00. Day 1 is the day of the procedure. -",
        ),
        (
            {"day_base": "1", "from": length("days = [3, 5]")},
            "On day 3 (of 3 to 5), at 10:00. Day 1 is the day of the procedure. -",
        ),
        ({"at": f'{{ part = "evening", {OURS} }}'}, "3 days after the procedure, in the evening (19:00). -"),
        ({"at": f'{{ part = "noon", {OURS} }}'}, "3 days after the procedure, at noon (12:00). -"),
    ],
)
def test_a_day_is_told_from_what_the_rule_counts_from(keys: Keys, sentence: str) -> None:
    assert say(ONCE | keys) == sentence


@pytest.mark.parametrize(
    ("keys", "sentence"),
    [
        ({}, "At the end of the procedure. It is useful until 24 hours after the end of the procedure."),
        (
            {"from": length("minutes = 45")},
            "45 minutes after the end of the procedure. It is useful until 24 hours after the end of the procedure.",
        ),
        (
            {"anchor": '{ event = "first-dose" }'},
            "At the moment of “first-dose”. It is useful until 24 hours after “first-dose”.",
        ),
        (
            {"anchor": '"session"', "from": length("hours = -3"), "expires": '"anchor"'},
            "3 hours before the start of the booked visit. It is useful until the start of the booked visit.",
        ),
    ],
)
def test_hours_are_told_from_a_moment(keys: Keys, sentence: str) -> None:
    assert say(WITHIN_HOURS | keys) == sentence


@pytest.mark.parametrize(
    ("applies_to", "whom"),
    [
        ("session = 1", "For session 1: "),
        ('session = "last"', "For the last session, once their number is decided: "),
        ("sessions_from = 2", "From session 2 on: "),
        ('attributes = { site = ["face", "scalp", "hand"] }', "Where site is face, scalp or hand: "),
        (
            'session = 2, attributes = { site = ["face"], eye = ["left"] }',
            "For session 2, where site is face and eye is left: ",
        ),
    ],
)
def test_whom_a_rule_is_for_comes_first(applies_to: str, whom: str) -> None:
    assert say(ONCE | {"applies_to": f"{{ {applies_to} }}"}) == f"{whom}3 days after the procedure, at 10:00. -"


@pytest.mark.parametrize(
    ("keys", "sentence"),
    [
        (
            {},
            "3 days after the procedure, at 10:00, then every day. It stops 7 days after the procedure. Each is useful "
            "until the next one is due, the last one to the end.",
        ),
        (
            {"until": length("days = [10, 14]"), "expires": '"until"'},
            "3 days after the procedure, at 10:00, then every day. It stops 14 days (of 10 to 14) after the procedure. "
            "All are useful until then.",
        ),
        (
            {"until": HEALED, "expires": '"same_day"'},
            "3 days after the procedure, at 10:00, then every day. It stops when “healed” is recorded, at the latest "
            "14 days after the procedure. Each is useful to the end of the day on which it is due.",
        ),
        (
            {"repeat": f"{{ every = {length('days = 2')}, times = {length('count = 3')} }}", "until": None}
            | {"expires": length("end_of_day = 30")},
            "3 days after the procedure, at 10:00, then every 2 days, 3 times in all. All are useful to the end of day "
            "30 after the procedure.",
        ),
        (
            {"repeat": TWICE_A_DAY, "at": None},
            "From 3 days after the procedure on, every day at 08:00 and 19:00. It stops 7 days after the procedure. "
            "Each is useful until the next one is due, the last one to the end.",
        ),
        (
            {"repeat": TWICE_A_DAY.replace(" }", f" }}, every = {length('weeks = 1')}", 1), "at": None}
            | {"until": length("months = 1"), "expires": f"{{ hours = 3, after_due = true, {OURS} }}"},
            "From 3 days after the procedure on, every week at 08:00 and 19:00. It stops 1 month after the procedure. "
            "Each is useful for 3 hours.",
        ),
        (
            {"anchor": '"session"', "from": length("days = -5"), "until": length("days = 0")},
            "5 days before the booked visit, at 10:00, then every day. It stops on the day of the booked visit. Each "
            "is useful until the next one is due, the last one to the end.",
        ),
        (
            {"max_messages": length("count = 3"), "expires": '"same_day"'},
            "3 days after the procedure, at 10:00, then every day. It stops 7 days after the procedure. Each is useful "
            "to the end of the day on which it is due. At most 3 messages leave.",
        ),
    ],
)
def test_a_series_is_told_with_its_rhythm_and_its_end(keys: Keys, sentence: str) -> None:
    assert say(EACH_MORNING | keys) == sentence


def test_phases_are_told_one_after_the_other() -> None:
    phases = [
        f"{{ lasts = {length('weeks = 1')}, repeat = {TWICE_A_DAY} }}",
        f"{{ lasts = {length('days = [10, 12]')}, repeat = {{ every = {length('days = 2')} }} }}",
        f"{{ lasts = {length('days = 1')} }}",
        f"{{ repeat = {{ every = {length('weeks = 1')} }} }}",
    ]
    keys = {"repeat": None, "phases": f"[{', '.join(phases)}]", "until": length("months = 3")}

    assert say(EACH_MORNING | keys) == (
        "From 3 days after the procedure on, at 10:00: for 1 week, every day at 08:00 and 19:00; then for 12 days (of "
        "10 to 12), every 2 days; then for 1 day, once, at the beginning; then to the end, every week. "
        "It stops 3 months after the procedure. Each is useful until the next one is due, the last one to the end."
    )


@pytest.mark.parametrize(
    ("keys", "use"),
    [
        ({"expires": length("end_of_day = 4")}, "It is useful to the end of day 4 after the procedure."),
        (
            {"expires": length("end_of_day = 4"), "calendar": '"business_days"'},
            "It is useful to the end of business day 4 after the procedure.",
        ),
        ({"expires": length("weeks = [2, 3]")}, "It is useful until 3 weeks (of 2 to 3) after the procedure."),
        ({"expires": f"{{ hours = 3, after_due = true, {OURS} }}"}, "It is useful for 3 hours."),
        ({"expires": '"until"', "until": length("days = 5")}, "It is useful until 5 days after the procedure."),
        (
            {"expires": '"until"', "until": HEALED},
            "It is useful until “healed” is recorded, at the latest 14 days after the procedure.",
        ),
        ({"until": HEALED}, "It stops when “healed” is recorded, at the latest 14 days after the procedure. -"),
    ],
)
def test_how_long_a_single_reminder_is_useful_follows(keys: Keys, use: str) -> None:
    assert say(ONCE | keys).partition("10:00. ")[2] == use


def test_the_end_of_a_numbered_day_needs_no_anchor() -> None:
    assert say(ONCE | {"day_base": "1", "expires": length("end_of_day = 4")}) == (
        "On day 3, at 10:00. Day 1 is the day of the procedure. It is useful to the end of day 4."
    )


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"quiet": '"defer"'}, ""),
        ({"quiet": '"skip"'}, "What falls into quiet hours is dropped."),
        ({"quiet": '"advance"'}, "What falls into quiet hours leaves before they begin."),
        (
            {"quiet": '"skip"', "quiet_first": '"defer"'},
            "What falls into quiet hours is dropped; the first one waits until they end.",
        ),
        ({"when": "{ session_due = true }"}, "Only while there is a next session to come."),
        ({"when": "{ session_due = false }"}, "Only while there is no next session to come."),
        (
            {"when": "{ session_booked = true, total_decided = true }"},
            "Only while a visit is booked and while the number of sessions is decided.",
        ),
        (
            {"when": "{ session_booked = false, total_decided = false }"},
            "Only while no visit is booked and while the number of sessions is undecided.",
        ),
        ({"when": '{ answer = { pain = "yes" } }'}, "Only where the answer to “pain” is “yes”."),
        ({"when": '{ unanswered = ["pain"] }'}, "Only while “pain” has no answer."),
        (
            {"when": '{ happened = ["first-dose"], not_happened = ["healed"] }'},
            "Only once “first-dose” is recorded and while “healed” is not recorded.",
        ),
        ({"audience": '"staff"'}, "It goes to the staff."),
        ({"channels": '["sms", "email"]'}, ""),
        ({"channels": '["email", "sms"]'}, "It goes by email, else by text."),
        ({"channels": '["sms"]'}, "It goes by text only."),
        ({"supersede_key": '"care"'}, "A newer procedure with a “care” series of its own ends this one."),
    ],
)
def test_what_differs_from_the_rule_of_the_house_comes_last(keys: Keys, said: str) -> None:
    assert say(ONCE | keys).partition(" -")[2].strip() == said


@pytest.mark.parametrize(
    ("keys", "sentence"),
    [
        ({}, "3 business days after the procedure, at 10:00. -"),
        ({"day_base": "1"}, "On business day 3, at 10:00. Day 1 is the day of the procedure. -"),
        (
            {"from": length("weeks = 2")},
            "2 weeks after the procedure, at 10:00. - What falls on a closed day moves to the open day after.",
        ),
        (
            {"from": length('months = 1, bound = "at_most"')},
            "At most 1 month after the procedure, at 10:00. - What falls on a closed day moves to the open day before.",
        ),
        (
            {"anchor": '"procedure_end"', "from": length("hours = 4"), "at": None},
            "4 hours after the end of the procedure. - What falls outside opening hours moves to their next beginning.",
        ),
        (
            {"anchor": '"procedure_end"', "from": length('hours = 4, bound = "at_most"'), "at": None},
            "At most 4 hours after the end of the procedure. - What falls outside opening hours moves back to their "
            "end.",
        ),
    ],
)
def test_business_days_are_named_and_closed_days_explained(keys: Keys, sentence: str) -> None:
    assert say(ONCE | {"calendar": '"business_days"'} | keys) == sentence


def test_before_a_visit_a_closed_day_moves_it_away_from_the_visit() -> None:
    keys: Keys = {"anchor": '"session"', "from": length("weeks = -1"), "calendar": '"business_days"'}

    assert "moves to the open day before" in say(ONCE | keys)


def test_each_figure_says_where_it_stands() -> None:
    source = 'source = { document = "sheet", section = "At home", figure = "three days" }'
    treatment = load_sheet(ONCE | {"from": f"{{ days = 3, {source} }}", "expires": length("end_of_day = 4")})

    assert say_rule(treatment.rules[0], treatment, cite_briefly) == (
        "3 days (“three days”) after the procedure, at 10:00*. It is useful to the end of day 4* after the procedure."
    )
