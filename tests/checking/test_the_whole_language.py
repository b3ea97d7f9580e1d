"""Ranges, phases, slots, parts of the day, fallbacks, limits and working days, held against a sheet that has them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reminders.checking import FaultKind, Subject, Verdict
from reminders.checking.comparing import list_differences
from reminders.checking.placed import PlacedFigure
from reminders.checking.reading import list_amounts, plain
from reminders.rules import Duration, Unit
from tests.checking.checking_factories import check, edit, list_failing, list_hints, list_sentences

SHEET = """A Sheet of Drops

Use the drops four times a day for one week, then two to three times daily for 10 to 14 days, and then four more
weeks in the morning and in the evening, each new bottle from 9 am on. The stitches are taken out after 7 to 10 days,
once it has healed, at the latest after three weeks. Rest for up to 30 days. Send the card back within
5 working days, at noon or in the afternoon. Visits are 12 to 14 weeks apart, and never more than 16 weeks.
We write at most six times.
"""


def quote(figure: str, words: str) -> str:
    return f'{{ {figure}, source = {{ document = "sheet", section = "Drops", figure = "{words}" }} }}'


RULES = f"""
[clinic]
name = "Pebble Lane Clinic"
sms_name = "Pebble Lane"
phone = "(617) 555-0142"
staff_email = "desk@pebblelane.example.org"
time_zone = "America/New_York"
country = "US"
opening_hours = ["09:00", "17:00"]
parts_of_day = {{ bedtime = "19:30" }}

[documents.sheet]
title = "Drops"
file = "sheet.txt"
sha256 = "APPROVED"
[[documents.sheet.sections]]
name = "Drops"
starts_with = "A Sheet of Drops"

[treatments.drops]
name = "Drops"
interval = {quote("weeks = [12, 14]", "12 to 14 weeks")}
late_limit = {quote("weeks = 16", "16 weeks")}
events = ["healed"]

[treatments.drops.rules.icing]
anchor = "procedure_date"
from = {{ days = 0 }}
expires = "next"
max_messages = {quote("count = 6", "at most six")}
[[treatments.drops.rules.icing.phases]]
lasts = {quote("weeks = 1", "for one week")}
repeat = {{ slots = {quote('times = ["08:00", "12:00", "16:00", "19:00"]', "four times a day")} }}
[[treatments.drops.rules.icing.phases]]
lasts = {quote("days = [10, 14]", "10 to 14 days")}
repeat = {{ slots = {quote('times = ["09:00", "18:00"]', "two to three times daily")} }}
[[treatments.drops.rules.icing.phases]]
lasts = {quote("weeks = 4", "four more weeks")}
repeat = {{ slots = {quote('times = ["morning", "evening"]', "in the morning and in the evening")} }}

[treatments.drops.rules.swelling]
anchor = {{ event = "healed", fallback = {quote('weeks = 3, bound = "at_most"', "at the latest after three weeks")} }}
from = {quote("days = [7, 10]", "7 to 10 days")}
at = {quote('time = "09:00"', "9 am")}
until = {{ event = "healed", fallback = {quote("weeks = 3", "three weeks")} }}
expires = {quote("end_of_day = 30", "up to 30 days")}

[treatments.drops.rules.sunscreen]
anchor = "procedure_date"
from = {quote('days = 5, bound = "at_most"', "within 5 working days")}
at = {quote('part = "afternoon"', "in the afternoon")}
calendar = "business_days"
expires = "same_day"
"""
PLAIN = {"icing": "It is time.", "swelling": "Your stitches.", "sunscreen": "Your card."}


def check_drops(sheet: str = SHEET, rules: str = RULES) -> list[tuple[str, str]]:
    """Where something fails, without the treatment, and what."""
    return [(where.removeprefix("drops "), str(kind)) for where, kind in list_failing(check(sheet, rules, texts=PLAIN))]


def test_every_kind_of_figure_can_be_held_against_a_document() -> None:
    findings = check(SHEET, RULES, texts=PLAIN)
    assert list_sentences(findings) == []
    figures = [finding for finding in findings if finding.subject is Subject.FIGURE]
    assert [(finding.key, finding.figure, finding.says) for finding in figures] == [
        ("interval", "12 to 14 weeks", "12 to 14 weeks"),
        ("late_limit", "16 weeks", "never more than 16 weeks"),
        ("phases.0.lasts", "1 week", "one week"),
        ("phases.0.slots", "08:00, 12:00, 16:00, 19:00", "four times a day"),
        ("phases.1.lasts", "10 to 14 days", "10 to 14 days"),
        ("phases.1.slots", "09:00, 18:00", "two to three times daily"),
        ("phases.2.lasts", "4 weeks", "four more weeks"),
        ("phases.2.slots", "09:00, 19:00", "in the morning and in the evening"),
        ("max_messages", "6", "at most six"),
        ("anchor.fallback", "at most 3 weeks", "at the latest after three weeks"),
        ("from", "7 to 10 days", "7 to 10 days"),
        ("until.fallback", "3 weeks", "at the latest after three weeks"),
        ("at", "09:00", "9 am"),
        ("expires", "end of day 30", "up to 30 days"),
        ("from", "at most 5 business days", "within 5 working days"),
        ("at", "afternoon (15:00)", "in the afternoon"),
    ]  # fmt: skip


FOUR = 'times = ["08:00", "12:00", "16:00", "19:00"]'
TWO_OF_DAY = 'times = ["morning", "evening"]'
PARTS = "in the morning and in the evening"
WRONG = {
    # what is wrong: the words of the file, those in their place, where the fault is, and what is said of it
    "a range that begins elsewhere": ("weeks = [12, 14]", "weeks = [13, 14]", "interval", ["range_end"]),
    "a range that ends elsewhere": ("weeks = [12, 14]", "weeks = [12, 13]", "interval", ["range_end"]),
    "a range that begins before": ("weeks = [12, 14]", "weeks = [10, 14]", "interval", ["outside_range"]),
    "a range beyond": ("weeks = [12, 14]", "weeks = [15, 18]", "interval", ["outside_range"]),
    "each end wrong in its way": ("weeks = [12, 14]", "weeks = [10, 13]", "interval", ["outside_range", "range_end"]),
    "a range in another unit": ("weeks = [12, 14]", "days = [12, 14]", "interval", ["unit"]),
    "a range that ends elsewhere in another unit": ("weeks = [12, 14]", "days = [12, 13]", "interval",
                                                    ["range_end", "unit"]),
    "a value outside a range": ("days = [7, 10]", "days = 11", "swelling from", ["outside_range"]),
    "a range for a value": ("weeks = 1,", "weeks = [1, 2],", "icing phases.0.lasts", ["number"]),
    "a bounded range": ("weeks = [12, 14]", 'weeks = [12, 14], bound = "at_least"', "interval", ["bound"]),
    "a limit": ("weeks = 16", "weeks = 15", "late_limit", ["number"]),
    "a limit that is a minimum": ("weeks = 16", 'weeks = 16, bound = "at_least"', "late_limit", ["bound"]),
    "a phase": ("weeks = 1,", "weeks = 2,", "icing phases.0.lasts", ["number"]),
    "a phase that does not end with its range": ("days = [10, 14]", "days = 12", "icing phases.1.lasts", ["range_end"]),
    "a slot too few": (FOUR, 'times = ["08:00", "12:00", "19:00"]', "icing phases.0.slots", ["number"]),
    "slots outside a range": ('times = ["09:00", "18:00"]', FOUR, "icing phases.1.slots", ["outside_range"]),
    "slots against a length": ("four times a day", "one week", "icing phases.0.slots", ["number", "unit"]),
    "slots against parts of the day": (TWO_OF_DAY, FOUR, "icing phases.2.slots", ["number"]),
    "slots against other times": (PARTS, "9 am", "icing phases.2.slots", ["number"]),
    "slots against nothing": (PARTS, "A Sheet", "icing phases.2.slots", ["no_figure"]),
    "a fallback": ("weeks = 3, bound", "weeks = 4, bound", "swelling anchor.fallback", ["number"]),
    "a fallback's bound": ('weeks = 3, bound = "at_most"', "weeks = 3", "swelling anchor.fallback", ["bound"]),
    "an end's fallback": ("fallback = { weeks = 3, source", "fallback = { weeks = 2, source",
                          "swelling until.fallback", ["number"]),
    "most messages": ("count = 6", "count = 5", "icing max_messages", ["number"]),
    "an end of day": ("end_of_day = 30", "end_of_day = 31", "swelling expires", ["number"]),
    "another part of the day": ('part = "afternoon"', 'part = "morning"', "sunscreen at", ["part_of_day"]),
    "a part of the day of its own": ('part = "afternoon"', 'part = "bedtime"', "sunscreen at", ["part_of_day"]),
    "a time for a part of the day": ('part = "afternoon"', 'time = "15:00"', "sunscreen at", ["part_of_day"]),
    "a part of the day for a time": ('time = "09:00"', 'part = "morning"', "swelling at", ["part_of_day"]),
    "all days for working days": ('calendar = "business_days"\n', "", "sunscreen from", ["calendar"]),
    "weeks for working days": ('days = 5, bound = "at_most"', 'weeks = 1, bound = "at_most"', "sunscreen from",
                               ["number", "calendar"]),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new", "where", "kinds"), WRONG.values(), ids=WRONG)
def test_each_fault_of_a_rule_is_listed(old: str, new: str, where: str, kinds: list[str]) -> None:
    assert check_drops(rules=edit(RULES, old, new)) == [(where, kind) for kind in kinds]


ENDS = st.lists(st.integers(1, 9), min_size=2, max_size=2, unique=True).map(sorted)


@given(mine=ENDS, said=ENDS, joint=st.sampled_from([" to ", " or ", "–"]))
def test_each_end_of_a_range_is_held_against_its_own(mine: list[int], said: list[int], joint: str) -> None:
    figure = Duration(value=mine[0], most=mine[1], unit=Unit.DAYS)
    placed = PlacedFigure(treatment="drops", rule="icing", key="from", figure=figure)
    (amount,) = list_amounts(plain(f"after {said[0]}{joint}{said[1]} days"))

    within = [said[0] <= end <= said[1] for end in mine]
    wrong = [is_within and own != other for is_within, own, other in zip(within, mine, said, strict=True)]
    expected = ["outside_range"] * (not all(within)) + ["range_end"] * any(wrong)
    assert [str(fault.kind) for fault in list_differences(placed, amount)] == expected


CHANGED = {
    # what is changed: the words of the sheet, those in their place, where the fault is, and what is said of it
    "how often": ("four times a day", "three times a day", "icing phases.0.slots", ["not_quoted", "number"]),
    "per what": ("four times a day", "four times a week", "icing phases.0.slots", ["not_quoted", "unit"]),
    "a bound of slots": ("four times", "at least four times", "icing phases.0.slots", ["bound"]),
    "a bound of an end of day": ("up to 30 days", "at least 30 days", "swelling expires", ["not_quoted", "bound"]),
    "a bound of a limit": ("never more than 16", "at least 16", "late_limit", ["bound"]),
    "a bound of messages": ("at most six", "at least six", "icing max_messages", ["not_quoted", "bound"]),
    "a range moved": ("7 to 10 days", "11 to 14 days", "swelling from", ["not_quoted", "outside_range"]),
    "a range made wider": ("7 to 10 days", "7 to 11 days", "swelling from", ["not_quoted", "range_end"]),
    "working days to days": ("5 working days", "5 days", "sunscreen from", ["not_quoted", "calendar"]),
    "days to working days": ("7 to 10 days", "7 to 10 working days", "swelling from", ["not_quoted", "calendar"]),
    "a part of the day": ("in the afternoon", "early on", "sunscreen at", ["not_quoted"]),
    "what is vague now": ("four times a day", "several times a day", "icing phases.0.slots",
                         ["not_quoted", "vague"]),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new", "where", "kinds"), CHANGED.values(), ids=CHANGED)
def test_each_change_of_the_sheet_is_seen(old: str, new: str, where: str, kinds: list[str]) -> None:
    assert check_drops(edit(SHEET, old, new)) == [(where, kind) for kind in kinds]


OURS = '{ times = ["08:00"], clinic_supplied = true }'
SAME = {
    # said in another way: the words of the file, those in their place, and the same of the sheet
    "weeks in days": ("weeks = [12, 14]", "days = [84, 98]", "", ""),
    "an end in its range": ("days = [10, 14]", "days = 14", "", ""),
    "any value of a range": ("weeks = [12, 14]", "weeks = 13", "", ""),
    "a limit that says so": ("weeks = 16", 'weeks = 16, bound = "at_most"', "", ""),
    "an explicit number of messages": ("at most six", "six", "", ""),
    "daily": (quote(FOUR, "four times a day"), quote('times = ["08:00"]', "daily"),
              "four times a day", "daily"),
    "once a day": ("repeat = { slots = " + quote(FOUR, "four times a day"),
                   f"repeat = {{ every = {quote('days = 1', 'once a day')}, slots = {OURS}",
                   "four times a day", "once a day"),
    "the times themselves": (quote(TWO_OF_DAY, PARTS), quote(TWO_OF_DAY, "at 9 am and 7 pm"),
                             "in the morning and in the evening", "at 9 am and 7 pm"),
    "in plain hours": ('"9 am"', '"9 in the morning"', "9 am", "9 in the morning"),
    "a part of its own": (quote('part = "afternoon"', "in the afternoon"), quote('part = "bedtime"', "at bedtime"),
                          "in the afternoon", "at bedtime"),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new", "says", "said"), SAME.values(), ids=SAME)
def test_the_same_in_another_way_is_no_fault(old: str, new: str, says: str, said: str) -> None:
    rules = edit(RULES, old, new)
    assert check_drops(edit(SHEET, says, said), rules) == []


def test_an_interval_in_days_counts_the_days_of_its_calendar() -> None:
    rules = edit(RULES, 'name = "Drops"\ninterval', 'name = "Drops"\ncalendar = "business_days"\ninterval')
    rules = edit(rules, quote("weeks = [12, 14]", "12 to 14 weeks"), quote("days = [7, 10]", "7 to 10 days"))
    assert check_drops(rules=rules) == [("interval", "calendar")]
    working = edit(SHEET, "7 to 10 days", "7 to 10 working days"), rules.replace("7 to 10 days", "7 to 10 working days")
    assert ("interval", "calendar") not in check_drops(*working)


def test_each_fault_has_a_sentence_of_its_own() -> None:
    rules = edit(RULES, 'calendar = "business_days"\n', "")
    rules = edit(edit(rules, "weeks = [12, 14]", "weeks = [10, 13]"), 'part = "afternoon"', 'time = "15:00"')
    rules = edit(rules, 'time = "09:00"', 'part = "morning"')
    said = "the document says “12 to 14 weeks”, and the rule says 10 to 13 weeks."
    assert list_sentences(check(SHEET, rules, texts=PLAIN)) == [
        f"The rule is outside the range: {said}",
        f"The range ends elsewhere: {said}",
        "“9 am” is a time and no part of the day; write at = { time = \"09:00\" }.",
        "The calendar differs: the document says “within 5 working days”, and the rule says 5 days.",
        "“in the afternoon” is a part of the day; write it as such, or take the source out if the time is your own.",
    ]  # fmt: skip


TOLD = {
    "how often": "It is time: 4 times a day.",
    "how often, of the clinic's own slots": "It is time: twice a day.",
    "a phase": "For one week.",
    "most messages": "We send at most 6 notes.",
    "a range": "For 10-14 days.",
}


@pytest.mark.parametrize("text", TOLD.values(), ids=TOLD)
def test_a_text_may_tell_the_figures_of_its_phases(text: str) -> None:
    assert list_failing(check(SHEET, RULES, texts={**PLAIN, "icing": text})) == []


@pytest.mark.parametrize(
    "text", ["Five times a day.", "Within 5 days.", "Four times a week.", "10 to 14 working days."]
)
def test_a_text_that_tells_another_figure_fails(text: str) -> None:
    assert list_failing(check(SHEET, RULES, texts={**PLAIN, "icing": text})) == [
        ("drops icing text", FaultKind.UNKNOWN_FIGURE)
    ]


def test_how_often_is_worth_a_hint_where_nothing_uses_it() -> None:
    findings = check(edit(SHEET, "Rest for", "Wash it twice a day. Rest for"), RULES, texts=PLAIN)
    assert ("drops", "twice a day") in list_hints(findings)
    assert Verdict.FAILS not in {finding.verdict for finding in findings}
