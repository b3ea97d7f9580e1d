"""The plan of each treatment, against calendars worked out by hand from section 3 of the domain.

Each line is (due, expires, why it is withheld) on the patient's clock. New York's clocks change on 8 March and on
1 November 2026.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from reminders.model import Channel, Contact, Precision, Reason
from reminders.planning import plan_reminders
from tests.clinic import LASER, NEEDLING
from tests.factories import (
    BEN,
    CLEO,
    CLINIC,
    LOS_ANGELES,
    NEW_YORK,
    TOKYO,
    at,
    local,
    make_case,
    make_needling,
    make_needling_session,
    make_procedure,
    make_session,
    make_windows,
    plan_of,
    show,
)

QUIET = Reason.QUIET_HOURS


def laser(performed_at: str) -> list[tuple[str, str, Reason | None]]:
    return show(plan_of(make_case(make_procedure(performed_at=at(performed_at))), "icing"))


# ---- a laser at 10:00 on Tuesday, 10 March 2026 ------------------------------------------------------------------


def test_icing_after_a_laser_at_10_00() -> None:
    end = "2026-03-11 10:00"

    assert laser("2026-03-10 10:00") == [
        ("2026-03-10 10:00", end, None),
        ("2026-03-10 13:00", end, None),
        ("2026-03-10 16:00", end, None),
        ("2026-03-10 19:00", end, None),
        ("2026-03-10 22:00", end, QUIET),
        ("2026-03-11 01:00", end, QUIET),
        ("2026-03-11 04:00", end, QUIET),
        ("2026-03-11 07:00", end, QUIET),
    ]


def test_swelling_on_day_2_until_the_end_of_day_3() -> None:
    assert show(plan_of(make_case(make_procedure()), "swelling")) == [("2026-03-12 10:00", "2026-03-14 00:00", None)]


def test_pinkness_on_day_5_until_the_end_of_day_6() -> None:
    assert show(plan_of(make_case(make_procedure()), "pinkness")) == [("2026-03-15 10:00", "2026-03-17 00:00", None)]


@pytest.mark.parametrize("treatment", [LASER, NEEDLING])
def test_sunscreen_weekly_from_day_1_each_until_the_next_is_due(treatment: str) -> None:
    assert show(plan_of(make_case(make_procedure(treatment=treatment)), "sunscreen")) == [
        ("2026-03-11 09:00", "2026-03-18 09:00", None),
        ("2026-03-18 09:00", "2026-03-25 09:00", None),
        ("2026-03-25 09:00", "2026-04-01 09:00", None),
        ("2026-04-01 09:00", "2026-04-08 09:00", None),
    ]


def test_next_session_of_a_laser_a_week_before_one_month_and_on_the_day() -> None:
    assert show(plan_of(make_case(make_procedure()), "next-session")) == [
        ("2026-04-03 10:00", "2026-04-25 00:00", None),
        ("2026-04-10 10:00", "2026-04-25 00:00", None),
    ]


def test_a_laser_yields_nothing_else() -> None:
    plan = plan_reminders(make_case(make_procedure()), CLINIC)

    rules = {each.identity.rule for each in plan.reminders}
    assert (rules, plan.tasks) == ({"icing", "swelling", "pinkness", "sunscreen", "next-session"}, ())


# ---- a laser later in the day ------------------------------------------------------------------------------------


def test_icing_after_a_laser_at_17_30() -> None:
    end = "2026-03-11 17:30"

    assert laser("2026-03-10 17:30") == [
        ("2026-03-10 17:30", end, None),
        ("2026-03-10 20:30", end, QUIET),
        ("2026-03-10 23:30", end, QUIET),
        ("2026-03-11 02:30", end, QUIET),
        ("2026-03-11 05:30", end, QUIET),
        ("2026-03-11 08:30", end, None),
        ("2026-03-11 11:30", end, None),
        ("2026-03-11 14:30", end, None),
    ]


def test_icing_after_a_laser_at_21_00_begins_in_the_morning() -> None:
    end = "2026-03-11 21:00"

    assert laser("2026-03-10 21:00") == [
        ("2026-03-11 08:00", end, None),
        ("2026-03-11 00:00", end, QUIET),
        ("2026-03-11 03:00", end, QUIET),
        ("2026-03-11 06:00", end, QUIET),
        ("2026-03-11 09:00", end, None),
        ("2026-03-11 12:00", end, None),
        ("2026-03-11 15:00", end, None),
        ("2026-03-11 18:00", end, None),
    ]


def test_icing_at_20_00_sharp_is_in_quiet_hours_and_at_08_00_sharp_is_not() -> None:
    assert [line for line in laser("2026-03-10 11:00") if line[0][11:] in ("20:00", "08:00")] == [
        ("2026-03-10 20:00", "2026-03-11 11:00", QUIET),
        ("2026-03-11 08:00", "2026-03-11 11:00", None),
    ]


def test_icing_on_the_evening_before_the_clocks_go_forward_keeps_three_hours_apart() -> None:
    end = "2026-03-08 18:30"

    assert laser("2026-03-07 17:30") == [
        ("2026-03-07 17:30", end, None),
        ("2026-03-07 20:30", end, QUIET),
        ("2026-03-07 23:30", end, QUIET),
        ("2026-03-08 03:30", end, QUIET),
        ("2026-03-08 06:30", end, QUIET),
        ("2026-03-08 09:30", end, None),
        ("2026-03-08 12:30", end, None),
        ("2026-03-08 15:30", end, None),
    ]


def test_icing_on_the_evening_before_the_clocks_go_back_keeps_three_hours_apart() -> None:
    end = "2026-11-01 16:30"

    assert laser("2026-10-31 17:30") == [
        ("2026-10-31 17:30", end, None),
        ("2026-10-31 20:30", end, QUIET),
        ("2026-10-31 23:30", end, QUIET),
        ("2026-11-01 01:30", end, QUIET),
        ("2026-11-01 04:30", end, QUIET),
        ("2026-11-01 07:30", end, QUIET),
        ("2026-11-01 10:30", end, None),
        ("2026-11-01 13:30", end, None),
    ]


def test_at_most_six_icing_texts_leave() -> None:
    assert {each.max_messages for each in plan_of(make_case(make_procedure()), "icing")} == {6}


def test_a_laser_entered_by_its_day_counts_from_noon() -> None:
    by_day = make_procedure(performed_at=at("2026-03-10 12:00"), precision=Precision.DATE)

    assert local(plan_of(make_case(by_day), "icing")[1].due_at) == "2026-03-10 15:00"


# ---- days move by the calendar across a change of the clocks -----------------------------------------------------


def test_sunscreen_stays_at_nine_across_the_change_of_the_clocks() -> None:
    moments = plan_of(make_case(make_needling(performed_at=at("2026-10-13 10:00"))), "sunscreen")

    assert [(local(each.due_at), each.due_at.hour) for each in moments] == [
        ("2026-10-14 09:00", 13),
        ("2026-10-21 09:00", 13),
        ("2026-10-28 09:00", 13),
        ("2026-11-04 09:00", 14),
    ]


# ---- needling ----------------------------------------------------------------------------------------------------


def test_next_session_of_a_needling_a_week_before_six_weeks_and_on_the_day() -> None:
    assert show(plan_of(make_case(make_needling()), "next-session")) == [
        ("2026-04-14 10:00", "2026-05-06 00:00", None),
        ("2026-04-21 10:00", "2026-05-06 00:00", None),
    ]


def test_a_needling_yields_sunscreen_and_next_session_alone() -> None:
    plan = plan_reminders(make_case(make_needling()), CLINIC)

    assert {each.identity.rule for each in plan.reminders} == {"sunscreen", "next-session"}


# ---- targets -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("performed_on", "target_on"),
    [
        ("2026-03-10", date(2026, 4, 10)),
        ("2026-01-31", date(2026, 2, 28)),
        ("2028-01-31", date(2028, 2, 29)),
        ("2028-02-29", date(2028, 3, 29)),
        ("2026-03-31", date(2026, 4, 30)),
        ("2026-12-31", date(2027, 1, 31)),
    ],
)
def test_a_laser_may_follow_one_calendar_month_later(performed_on: str, target_on: date) -> None:
    case = make_case(make_procedure(performed_at=at(f"{performed_on} 10:00")))

    assert [each.target_on for each in plan_of(case, "next-session")] == [target_on, target_on]


@pytest.mark.parametrize(
    ("performed_on", "target_on"),
    [
        ("2026-03-10", date(2026, 4, 21)),
        ("2026-01-31", date(2026, 3, 14)),
        ("2028-01-18", date(2028, 2, 29)),
        ("2026-09-29", date(2026, 11, 10)),
    ],
)
def test_a_needling_may_follow_six_weeks_later(performed_on: str, target_on: date) -> None:
    case = make_case(make_needling(performed_at=at(f"{performed_on} 10:00")))

    assert [each.target_on for each in plan_of(case, "next-session")] == [target_on, target_on]


def test_a_laser_on_31_january_counts_its_texts_from_28_february_and_its_days_from_the_31st() -> None:
    case = make_case(make_procedure(performed_at=at("2026-01-31 10:00")))

    assert show(plan_of(case, "next-session")) == [
        ("2026-02-21 10:00", "2026-03-15 00:00", None),
        ("2026-02-28 10:00", "2026-03-15 00:00", None),
    ]
    assert local(plan_of(case, "sunscreen")[-1].expires_at) == "2026-03-01 09:00"


def test_a_laser_on_a_leap_day_has_its_swelling_text_two_days_later() -> None:
    case = make_case(make_procedure(performed_at=at("2028-02-29 10:00")))

    assert show(plan_of(case, "swelling")) == [("2028-03-02 10:00", "2028-03-04 00:00", None)]


def test_no_other_rule_names_a_date() -> None:
    plan = plan_reminders(make_case(make_procedure()), CLINIC)

    assert {each.identity.rule for each in plan.reminders if each.target_on} == {"next-session"}


# ---- booked sessions ---------------------------------------------------------------------------------------------


def test_preparation_on_the_day_before_a_booked_laser_until_it_starts() -> None:
    case = make_case(make_procedure(), make_session(starts_at=at("2026-04-14 14:30")))

    assert show(plan_of(case, "preparation")) == [("2026-04-13 10:00", "2026-04-14 14:30", None)]


def test_appointment_on_the_day_before_a_booked_needling_until_it_starts() -> None:
    case = make_case(make_needling_session(starts_at=at("2026-04-21 09:00")))

    assert show(plan_of(case, "appointment")) == [("2026-04-20 10:00", "2026-04-21 09:00", None)]


def test_preparation_names_the_visit() -> None:
    (planned,) = plan_of(make_case(make_session(starts_at=at("2026-04-14 14:30"))), "preparation")

    assert (planned.target_on, planned.visit_at) == (date(2026, 4, 14), at("2026-04-14 14:30"))


def test_a_booked_laser_gets_no_appointment_text_and_a_booked_needling_no_preparation() -> None:
    case = make_case(make_session(), make_needling_session(id=2))

    assert (len(plan_of(case, "preparation")), len(plan_of(case, "appointment"))) == (1, 1)


def test_preparation_leaves_on_the_last_open_minute_before_a_closed_day() -> None:
    """P4, `advance`: the visit is on a Monday, the clinic's messages rest on Sundays."""
    clinic = replace(CLINIC, sending_hours=make_windows(sat=("10:00", "14:00"), sun=None))
    case = make_case(make_session(starts_at=at("2026-04-13 10:00")))

    assert show(plan_of(case, "preparation", clinic)) == [("2026-04-11 13:59", "2026-04-13 10:00", None)]


# ---- a patient with a zone of their own (P3) ---------------------------------------------------------------------


def test_icing_keeps_the_patients_quiet_hours() -> None:
    case = make_case(make_procedure(), time_zone="America/Los_Angeles")
    end = "2026-03-11 07:00"

    assert show(plan_of(case, "icing"), LOS_ANGELES) == [
        ("2026-03-10 08:00", end, None),
        ("2026-03-10 10:00", end, None),
        ("2026-03-10 13:00", end, None),
        ("2026-03-10 16:00", end, None),
        ("2026-03-10 19:00", end, None),
        ("2026-03-10 22:00", end, QUIET),
        ("2026-03-11 01:00", end, QUIET),
        ("2026-03-11 04:00", end, QUIET),
    ]


def test_days_and_clock_times_are_the_patients() -> None:
    """17:30 in New York is 06:30 of the next day in Tokyo: there it is day 0."""
    case = make_case(make_procedure(performed_at=at("2026-03-10 17:30")), time_zone="Asia/Tokyo")

    assert show(plan_of(case, "swelling"), TOKYO) == [("2026-03-13 10:00", "2026-03-15 00:00", None)]
    assert show(plan_of(case, "sunscreen"), TOKYO)[0] == ("2026-03-12 09:00", "2026-03-19 09:00", None)


def test_the_target_is_the_clinics_day_and_its_text_comes_on_the_patients_clock() -> None:
    case = make_case(make_procedure(performed_at=at("2026-03-10 17:30")), time_zone="Asia/Tokyo")
    planned = plan_of(case, "next-session")

    assert {each.target_on for each in planned} == {date(2026, 4, 10)}
    assert show(planned, TOKYO) == [
        ("2026-04-03 10:00", "2026-04-25 00:00", None),
        ("2026-04-10 10:00", "2026-04-25 00:00", None),
    ]


def test_the_day_before_a_visit_is_the_patients_and_the_day_it_names_the_clinics() -> None:
    """20:00 on the 14th in New York is 09:00 on the 15th in Tokyo."""
    case = make_case(make_session(starts_at=at("2026-04-14 20:00")), time_zone="Asia/Tokyo")
    (planned,) = plan_of(case, "preparation")

    assert show([planned], TOKYO) == [("2026-04-14 10:00", "2026-04-15 09:00", None)]
    assert planned.target_on == date(2026, 4, 14)


def test_the_clinics_own_zone_is_no_zone_of_ones_own() -> None:
    case = make_case(make_procedure())

    assert plan_reminders(replace(case, time_zone=NEW_YORK.key), CLINIC) == plan_reminders(case, CLINIC)


# ---- consent -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("contacts", "reason"), [(BEN, Reason.OPTED_OUT), (CLEO, Reason.NO_CONSENT)])
def test_without_consent_everything_is_withheld_with_the_reason(contacts: object, reason: Reason) -> None:
    """C6."""
    plan = plan_reminders(make_case(make_procedure(), contacts=contacts), CLINIC)

    assert {each.withheld for each in plan.reminders} == {reason}


def test_a_text_goes_before_an_email_where_both_may() -> None:
    plan = plan_reminders(make_case(make_procedure()), CLINIC)

    assert {each.channel for each in plan.reminders} == {Channel.SMS}


def test_an_email_goes_where_no_text_may() -> None:
    contacts = {Channel.SMS: BEN[Channel.SMS], Channel.EMAIL: CLEO[Channel.EMAIL]}
    contacts[Channel.EMAIL] = replace(contacts[Channel.EMAIL], blocked=None)
    plan = plan_reminders(make_case(make_procedure(), contacts=contacts), CLINIC)

    assert {(each.channel, each.contact) for each in plan.desired} == {(Channel.EMAIL, "cleo@example.org")}


def test_where_nothing_may_leave_the_reason_is_that_of_an_address_and_not_of_a_missing_one() -> None:
    contacts = {
        Channel.SMS: Contact(channel=Channel.SMS, address=None, blocked=Reason.NO_CONTACT),
        Channel.EMAIL: BEN[Channel.EMAIL],
    }
    plan = plan_reminders(make_case(make_procedure(), contacts=contacts), CLINIC)

    assert {(each.channel, each.withheld) for each in plan.reminders} == {(Channel.EMAIL, Reason.OPTED_OUT)}
