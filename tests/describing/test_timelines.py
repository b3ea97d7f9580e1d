"""The course of a treatment as a picture in the terminal: whole pictures, and that they are the plan's own."""

from __future__ import annotations

from textwrap import dedent

import pytest

from reminders.describing import ASCII, UNICODE, Timeline, draw_timeline, plan_timeline
from reminders.describing.drawing import Symbols
from reminders.model import Reason
from reminders.planning import plan_reminders
from tests.clinic import LASER, NEEDLING
from tests.config.config_factories import OURS, SMALL, Keys, load_text
from tests.describing.sheets import SHEET, WITHIN_HOURS
from tests.factories import CLINIC, at, local, make_case, make_procedure

EXAMPLE_AT = at("2026-03-03 15:00")


def draw(timeline: Timeline, width: int = 80, symbols: Symbols = UNICODE) -> str:
    lines = draw_timeline(timeline, width, symbols)
    return "\n".join("".join(text for text, _ in line) for line in lines)


def shipped(treatment: str, performed_at: str = "2026-03-03 15:00") -> Timeline:
    return plan_timeline(CLINIC.treatments[treatment], CLINIC, at(performed_at))


def drawn(picture: str) -> str:
    return dedent(picture).strip("\n")


def plan_sheet(rules: dict[str, Keys], sheet: str = SHEET) -> Timeline:
    tables = (
        f"[treatments.peel.rules.{rule}]\n" + "\n".join(f"{key} = {value}" for key, value in keys.items())
        for rule, keys in rules.items()
    )
    clinic = load_text("\n".join([sheet, *tables]).replace("OURS", OURS)).clinic
    return plan_timeline(clinic.treatments["peel"], clinic, EXAMPLE_AT)


# ---- the treatments that ship ----------------------------------------------------------------------------------


def test_the_laser_is_drawn_by_the_hour_and_by_the_day() -> None:
    assert draw(shipped(LASER)) == drawn("""
    The hours after the procedure
                  15:00 18:00 21:00 00:00 03:00 06:00 09:00 12:00 15:00
    hour          0     3     6     9     12    15    18    21    24
    quiet hours             ░░░░░░░░░░░░░░░░░░░░░░░░
    icing         ●─────●─────○─────○─────○─────○─────●─────●─────

    The days and weeks
                  3 Mar  10 Mar 17 Mar 24 Mar 31 Mar 7 Apr  14 Apr
    day           0      7      14     21     28     35     42
    swelling        ●─
    pinkness           ●─
    sunscreen      ●──────●──────●──────●───────
    next-session                          ●──────●──────────────
    preparation                                 ●─
    session due                                  ◆ Fri 3 Apr 2026

    ● leaves   ─ useful   ○ does not leave   ◆ the next session is due
    """)


def test_without_unicode_the_picture_is_the_same_in_ascii() -> None:
    picture = draw(shipped(LASER), symbols=ASCII)

    assert picture.isascii()
    assert picture == drawn("""
    The hours after the procedure
                  15:00 18:00 21:00 00:00 03:00 06:00 09:00 12:00 15:00
    hour          0     3     6     9     12    15    18    21    24
    quiet hours             ........................
    icing         o-----o-----x-----x-----x-----x-----o-----o-----

    The days and weeks
                  3 Mar  10 Mar 17 Mar 24 Mar 31 Mar 7 Apr  14 Apr
    day           0      7      14     21     28     35     42
    swelling        o-
    pinkness           o-
    sunscreen      o------o------o------o-------
    next-session                          o------o--------------
    preparation                                 o-
    session due                                  # Fri 3 Apr 2026

    o leaves   - useful   x does not leave   # the next session is due
    """)


def test_the_needling_counts_six_weeks() -> None:
    assert draw(shipped(NEEDLING)) == drawn("""
    The days and weeks
                  3 Mar  10 Mar 17 Mar 24 Mar 31 Mar 7 Apr  14 Apr 21 Apr 28 Apr
    day           0      7      14     21     28     35     42     49     56
    sunscreen      ●──────●──────●──────●───────
    next-session                                     ●──────●──────────────
    appointment                                            ●─
    session due                                             ◆ Tue 14 Apr 2026

    ● leaves   ─ useful   ◆ the next session is due
    """)


def test_a_first_text_that_waits_for_the_morning_stands_there() -> None:
    icing = draw(shipped(LASER, "2026-03-03 20:30"), width=100).split("\n\n")[0]

    assert icing == drawn("""
    The hours after the procedure
                  20:30 22:30 00:30 02:30 04:30 06:30 08:30 10:30 12:30 14:30 16:30 18:30 20:30
    hour          0     2     4     6     8     10    12    14    16    18    20    22    24
    quiet hours   ░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░                                    ░░
    icing                  ○        ○        ○      ●─●────────●────────●────────●────────
    """)


@pytest.mark.parametrize("width", [40, 60, 80, 100, 200])
def test_no_line_is_wider_than_the_terminal_however_wide(width: int) -> None:
    lines = draw(shipped(LASER), width).splitlines()

    assert max(map(len, lines)) <= max(width, 60)


# ---- other sheets ----------------------------------------------------------------------------------------------

EVERY_DAY = "repeat = {{ slots = {{ times = [{times}], OURS }} }}"


def phase(weeks: int, *times: str) -> str:
    slots = ", ".join(f'"{each}"' for each in times)
    return f"{{ lasts = {{ weeks = {weeks}, OURS }}, {EVERY_DAY.format(times=slots)} }}"


TAPER = ", ".join(
    [
        phase(1, "08:00", "12:00", "16:00", "19:30"),
        phase(1, "08:00", "14:00", "19:30"),
        phase(2, "08:00", "19:30"),
        phase(1, "08:00"),
    ]
)
AT_TEN: Keys = {"anchor": '"procedure_date"', "at": '{ time = "10:00", OURS }', "expires": '"same_day"'}


def test_a_taper_shows_how_many_leave_on_each_day() -> None:
    drops: Keys = {
        "anchor": '"procedure_date"',
        "from": "{ days = 1, OURS }",
        "phases": f"[{TAPER}]",
        "expires": '"next"',
        "max_messages": "{ count = 90, OURS }",
    }

    assert draw(plan_sheet({"drops": drops})) == drawn("""
    The days and weeks
                 3 Mar  10 Mar 17 Mar 24 Mar 31 Mar 7 Apr
    day          0      7      14     21     28     35
    drops         4444444333333322222222222222●●●●●●●
    session due                              ◆ Tue 31 Mar 2026

    ● leaves   4 so many leave   ◆ the next session is due
    """)


def test_hours_before_a_visit_days_and_months_have_each_their_scale() -> None:
    timeline = plan_sheet(
        {
            "fasting": WITHIN_HOURS
            | {"anchor": '"session"', "from": "{ hours = -8, OURS }", "expires": '"anchor"', "quiet": '"advance"'},
            "stitches": AT_TEN
            | {"anchor": '{ event = "healed", fallback = { days = 21, OURS } }', "from": "{ days = 3, OURS }"},
            "yearly": AT_TEN
            | {"from": "{ months = 3, OURS }", "expires": "{ weeks = 2, after_due = true, OURS }"}
            | {"repeat": "{ every = { months = 3, OURS }, times = { count = 4, OURS } }"},
        },
        SMALL.replace("interval = { weeks = 4, clinic_supplied = true }", 'events = ["healed"]'),
    )

    assert draw(timeline) == drawn("""
    The hours around the booked visit
                    21:00 23:00 01:00 03:00 05:00 07:00 09:00 11:00 13:00 15:00
    hour            -18   -16   -14   -12   -10   -8    -6    -4    -2    0
    quiet hours  ░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░
    fasting      ●─────────────────────────────────────────────────────────

    The days and weeks
                 3 Mar         10 Mar        17 Mar        24 Mar
    day          0             7             14            21
    stitches                                                     ●─

    The months
                 3 Mar     3 May     3 Jul     3 Sep     3 Nov      3 Jan    3 Mar
    month        0         2         4         6         8          10       12
    yearly                      ●──            ●───           ●───           ●───

    ● leaves   ─ useful
    """)


def test_what_is_one_too_many_does_not_leave() -> None:
    ice = WITHIN_HOURS | {"repeat": "{ every = { hours = 1, OURS } }", "until": "{ hours = 4, OURS }"}
    timeline = plan_sheet({"ice": ice | {"max_messages": "{ count = 2, OURS }"}})

    assert [mark.reason for mark in timeline.rows[0].marks] == [None, None, Reason.MAX_MESSAGES, Reason.MAX_MESSAGES]


def test_a_rule_that_never_applies_says_so() -> None:
    never = AT_TEN | {"from": "{ days = 1, OURS }", "when": "{ session_due = true, total_decided = false }"}

    assert "check        nothing leaves in this example" in draw(plan_sheet({"check": never}))


@pytest.mark.parametrize(
    ("keys", "due", "assumed"),
    [
        ({"applies_to": "{ session = 3 }"}, "2026-03-04 10:00", ("session 3",)),
        ({"applies_to": '{ session = "last" }'}, "2026-03-04 10:00", ("session 1, the last one",)),
        (
            {"applies_to": '{ sessions_from = 2, attributes = { site = ["hand", "face"] } }'},
            "2026-03-04 10:00",
            ("session 2", "site is hand"),
        ),
        ({"anchor": '{ event = "healed" }'}, "2026-03-11 10:00", ("“healed” on Tue 10 Mar 2026",)),
        (
            {"anchor": '{ event = "healed", fallback = { days = 14, OURS } }'},
            "2026-03-18 10:00",
            ("“healed” not recorded",),
        ),
        (
            {"when": '{ happened = ["healed"], answer = { pain = "no" } }'},
            "2026-03-04 10:00",
            ("“healed” on Tue 10 Mar 2026", "“pain” answered “no”"),
        ),
        ({"when": "{ total_decided = true }"}, "2026-03-04 10:00", ("2 sessions decided",)),
        ({"when": "{ session_due = false }"}, "2026-03-04 10:00", ("1 sessions decided",)),
        (
            {"when": "{ session_booked = true }"},
            "2026-03-04 10:00",
            ("a visit booked for Tue 31 Mar 2026, 15:00",),
        ),
        (
            {"anchor": '"session"', "applies_to": "{ session = 3 }"},
            "2026-04-01 10:00",
            ("session 3", "a visit booked for Tue 31 Mar 2026, 15:00"),
        ),
        (
            {"anchor": '"session"', "applies_to": "{ session = 1 }"},
            "2026-03-04 10:00",
            ("session 1", "a visit booked for Tue 3 Mar 2026, 15:00"),
        ),
        (
            {"anchor": '"session"', "applies_to": '{ session = "last" }', "when": '{ answer = { pain = "yes" } }'},
            "2026-04-01 10:00",
            ("session 2, the last one", "“pain” answered “yes”", "a visit booked for Tue 31 Mar 2026, 15:00"),
        ),
    ],
)
def test_a_rule_is_drawn_for_a_patient_to_whom_it_applies(keys: Keys, due: str, assumed: tuple[str, ...]) -> None:
    (row,) = plan_sheet({"check": AT_TEN | {"from": "{ days = 1, OURS }"} | keys}).rows

    assert ([local(mark.at) for mark in row.marks], row.assumed) == ([due], assumed)


# ---- the picture is the plan -----------------------------------------------------------------------------------


@pytest.mark.parametrize("performed_at", ["2026-03-03 15:00", "2026-03-07 19:50", "2026-10-31 08:00"])
def test_the_marks_are_the_moments_of_the_patients_plan(performed_at: str) -> None:
    case = make_case(make_procedure(performed_at=at(performed_at)))
    planned = {
        (each.identity, each.due_at, each.expires_at)
        for each in plan_reminders(case, CLINIC).reminders
        if each.withheld in (None, Reason.QUIET_HOURS)
    }
    rows = [row for row in shipped(LASER, performed_at).rows if not row.assumed]

    assert {(mark.identity, mark.at, mark.expires_at) for row in rows for mark in row.marks} == planned
