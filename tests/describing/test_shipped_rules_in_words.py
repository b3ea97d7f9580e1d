"""The configuration that ships, as `reminders rules` tells it: the whole text."""

from __future__ import annotations

from dataclasses import replace

from reminders.describing import cite_briefly, list_sources, say_defaults, say_rule, say_treatment
from reminders.rules import Calendar, Duration, OpeningHours, Unit
from tests.clinic import LASER, NEEDLING
from tests.describing.sheets import ONCE, load_sheet
from tests.factories import CLINIC, length, make_windows, with_treatment

SUNSCREEN = (
    "1 day* after the procedure, at 09:00*, then every week*. It stops 29 days* after the procedure. Each is useful "
    "until the next one is due, the last one to the end. A newer procedure with a “sunscreen” series of its own ends "
    "this one."
)
DAY_BEFORE = (
    "1 day* before the booked visit, at 10:00*. It is useful until the start of the booked visit. What falls into "
    "quiet hours leaves before they begin."
)
NEXT_SESSION = (
    "7 days* before the day the next session is due, at 10:00*, then every 7 days*, 2* times in all. The next session "
    "is due {interval} after the procedure. All are useful to the end of day 14* after the day the next session is "
    "due. Only while there is a next session to come and while no visit is booked."
)


def tell(treatment_id: str) -> dict[str, str]:
    treatment = CLINIC.treatments[treatment_id]
    return {
        treatment.name: say_treatment(treatment, cite_briefly),
        **{rule.id: say_rule(rule, treatment, cite_briefly) for rule in treatment.rules},
    }


def test_the_laser() -> None:
    assert tell(LASER) == {
        "Fractional laser treatment": "A course is usually 4 to 5 sessions (“Four to five”). The next session is due "
        "1 month (“one month apart”) after the one before.",
        "icing": "At the end of the procedure, then every 3 hours*. It stops 24 hours (“first 24 hours”) after the end "
        "of the procedure. All are useful until then. What falls into quiet hours is dropped; the first one waits "
        "until they end. At most 6* messages leave.",
        "swelling": "2 days (“2 or 3 days”) after the procedure, at 10:00*. It is useful to the end of day 3 (“2 or 3 "
        "days”) after the procedure.",
        "pinkness": "5 days (“3 to 5 days”) after the procedure, at 10:00*. It is useful to the end of day 6* after "
        "the procedure.",
        "sunscreen": SUNSCREEN,
        "next-session": NEXT_SESSION.format(interval="1 month (“one month apart”)"),
        "preparation": DAY_BEFORE,
    }


def test_the_needling() -> None:
    assert tell(NEEDLING) == {
        "Skin needling": "A course is usually 3 to 4 sessions (“Three to four”). The next session is due at least 6 "
        "weeks (“at least six weeks”) after the one before.",
        "sunscreen": SUNSCREEN,
        "next-session": NEXT_SESSION.format(interval="at least 6 weeks (“at least six weeks”)"),
        "appointment": DAY_BEFORE,
    }


def test_every_source_is_named_once_and_the_star_explained() -> None:
    assert list_sources(CLINIC.treatments[LASER], {"ice-pick-scars": "Ice Pick Scars"}) == [
        "Ice Pick Scars, Fractional Laser Treatment: “Four to five”, “one month apart”, “first 24 hours”, "
        "“2 or 3 days”, “3 to 5 days”",
        "* the clinic's own figure",
    ]


def test_what_holds_for_every_rule_is_said_once() -> None:
    assert say_defaults(CLINIC) == (
        "Messages leave every day from 08:00 to 20:00; all other hours are quiet. Unless a rule says otherwise, what "
        "falls into quiet hours waits until they end, and a reminder goes to the patient by text, else by email."
    )


def test_hours_that_differ_by_weekday_are_told_by_weekday() -> None:
    windows = make_windows(sat=("10:00", "14:00"), sun=None)
    clinic = replace(CLINIC, sending_hours=windows, opening_hours=OpeningHours(windows=(*windows[:5], None, None)))

    assert say_defaults(clinic).startswith(
        "Messages leave Mon to Fri from 08:00 to 20:00 and Sat from 10:00 to 14:00; all other hours are quiet. The "
        "clinic is open Mon to Fri from 08:00 to 20:00. Unless"
    )


def test_a_treatment_tells_what_can_be_noted_recorded_and_asked() -> None:
    assert say_treatment(load_sheet(ONCE)) == (
        "A course is usually 1 session. The next session is due 4 weeks after the one before. Noted of a procedure: "
        "site (face, scalp or hand); eye (left or right). Recorded when it happens: healed and first-dose. Asked: "
        "pain (yes or no)."
    )


def test_a_treatment_tells_its_late_limit_and_what_closed_days_do() -> None:
    treatment = replace(
        CLINIC.treatments[LASER],
        sessions=None,
        interval=Duration(value=10, most=14, unit=Unit.WEEKS),
        late_limit=length(16, "weeks"),
        calendar=Calendar.BUSINESS_DAYS,
    )

    assert say_treatment(treatment) == (
        "The next session is due 10 weeks (of 10 to 14) after the one before, or on the open day after where the "
        "clinic is closed then. The desk is told of a visit later than 16 weeks after the one before."
    )


def test_a_treatment_that_says_nothing_is_silent() -> None:
    clinic = with_treatment(CLINIC, sessions=None, interval=None)

    assert say_treatment(clinic.treatments[LASER]) == ""
