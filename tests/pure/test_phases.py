"""Phases, slots, ends by an event: counted from Tuesday, 10 March 2026, 10:00, unless said otherwise."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time, timedelta
from typing import Any

import pytest

from reminders.planning.occurrences import AnchorPoint, Moment, list_moments
from reminders.rules import AfterDue, Duration, Event, Expiry, Phase, Repeat, Slots, Unit
from tests.factories import NEW_YORK, at, clock, count_of, length, local, make_rule

POINT = AnchorPoint(at=at("2026-03-10 10:00"), on=date(2026, 3, 10), not_before=at("2026-03-10 10:00"))


def moments(point: AnchorPoint = POINT, **over: Any) -> list[Moment]:
    return list_moments(make_rule(**({"at": None} | over)), point, NEW_YORK)


def due(point: AnchorPoint = POINT, **over: Any) -> list[str]:
    return [local(moment.due_at)[5:] for moment in moments(point, **over)]


def slots(*times: str, every: Duration | None = None) -> Repeat:
    return Repeat(every=every, slots=Slots(times=tuple(map(time.fromisoformat, times))))


def phase(days: int | None, repeat: Repeat | None = None) -> Phase:
    return Phase(lasts=length(days, "days") if days else None, repeat=repeat)


# ---- slots -----------------------------------------------------------------------------------------------------


def test_slots_are_due_each_day_until_the_day_on_which_they_end() -> None:
    assert due(repeat=slots("09:00", "21:00"), until=length(3, "days")) == [
        "03-11 09:00",
        "03-11 21:00",
        "03-12 09:00",
        "03-12 21:00",
    ]


def test_slots_may_be_due_on_every_second_day() -> None:
    every = length(2, "days")

    assert due(repeat=slots("09:00", every=every), until=length(6, "days")) == [
        "03-11 09:00",
        "03-13 09:00",
        "03-15 09:00",
    ]


def test_slots_before_the_procedure_were_never_due_and_keep_their_numbers() -> None:
    """P1: a text of the morning does not wait for the afternoon."""
    day = moments(starts=length(0, "days"), repeat=slots("08:00", "14:00", "20:00"), until=length(1, "days"))

    assert [(each.occurrence, local(each.due_at)[11:]) for each in day] == [(2, "14:00"), (3, "20:00")]


def test_a_word_before_the_slots_waits_for_the_procedure() -> None:
    """P1: only slots are missed; a phase that is announced in the morning is announced once there is a procedure."""
    drops = (phase(1), phase(1, slots("09:00")))

    assert due(starts=length(0, "days"), at=clock("08:00"), phases=drops) == ["03-10 10:00", "03-11 09:00"]


def test_what_waited_for_the_procedure_is_of_use_for_as_long_as_any_other() -> None:
    (moment,) = moments(starts=length(0, "days"), at=clock("08:00"), expires=AfterDue(length=length(1, "hours")))

    assert (local(moment.due_at), local(moment.expires_at)) == ("2026-03-10 10:00", "2026-03-10 11:00")


def test_the_times_of_slots_count_what_is_due() -> None:
    repeat = replace(slots("08:00", "14:00"), times=count_of(3))

    assert due(starts=length(0, "days"), repeat=repeat) == ["03-10 14:00", "03-11 08:00", "03-11 14:00"]


def test_the_interval_of_slots_is_their_least_gap() -> None:
    series = moments(repeat=slots("08:00", "10:00", "20:00"), until=length(2, "days"))

    assert {each.interval for each in series} == {timedelta(hours=2)}


def test_slots_keep_their_clock_times_across_the_change_of_the_clocks() -> None:
    eve = AnchorPoint(at=at("2026-03-07 10:00"), on=date(2026, 3, 7))

    assert due(eve, starts=length(0, "days"), repeat=slots("09:00"), until=length(2, "days")) == [
        "03-07 09:00",
        "03-08 09:00",
    ]


# ---- phases ----------------------------------------------------------------------------------------------------


def test_a_taper_says_at_each_step_what_holds_from_now_on() -> None:
    """Unequal lengths: a week, two weeks, and the rest."""
    taper = (phase(7), phase(14), phase(None))

    assert due(at=clock("09:00"), phases=taper) == ["03-11 09:00", "03-18 09:00", "04-01 09:00"]


def test_a_phase_of_a_range_lasts_to_its_far_end() -> None:
    taper = (Phase(lasts=Duration(value=1, most=2, unit=Unit.WEEKS)), phase(7))

    assert due(at=clock("09:00"), phases=taper) == ["03-11 09:00", "03-25 09:00"]


def test_each_phase_has_a_rhythm_of_its_own_and_the_next_begins_where_it_ends() -> None:
    taper = (phase(2, slots("08:00", "20:00")), phase(2, slots("08:00")))

    assert due(phases=taper) == [
        "03-11 08:00",
        "03-11 20:00",
        "03-12 08:00",
        "03-12 20:00",
        "03-13 08:00",
        "03-14 08:00",
    ]


def test_occurrences_are_numbered_through_all_phases() -> None:
    taper = (phase(1, slots("08:00", "20:00")), phase(1, slots("08:00")))

    assert [each.occurrence for each in moments(phases=taper)] == [1, 2, 3]


def test_phases_in_hours_run_from_the_minute() -> None:
    """Every two hours for six hours, then every four for eight."""
    two, four = (Repeat(every=length(hours, "hours")) for hours in (2, 4))
    phases = (Phase(lasts=length(6, "hours"), repeat=two), Phase(lasts=length(8, "hours"), repeat=four))

    assert due(starts=length(0, "hours"), phases=phases) == [
        "03-10 10:00",
        "03-10 12:00",
        "03-10 14:00",
        "03-10 16:00",
        "03-10 20:00",
    ]


def test_the_end_of_the_rule_ends_its_phases() -> None:
    taper = (phase(3, slots("08:00")), phase(None, slots("08:00", "20:00")))

    assert due(phases=taper, until=length(5, "days")) == [
        "03-11 08:00",
        "03-12 08:00",
        "03-13 08:00",
        "03-14 08:00",
        "03-14 20:00",
    ]


# ---- ends ------------------------------------------------------------------------------------------------------

UNTIL_HEALED = Event(name="healed", fallback=Duration(value=3, most=5, unit=Unit.DAYS))


def test_an_end_that_has_not_happened_is_the_latest_it_can_be() -> None:
    assert due(repeat=slots("09:00"), until=UNTIL_HEALED)[-1] == "03-14 09:00"


@pytest.mark.parametrize(("healed", "last"), [("2026-03-13 08:59", "03-12 09:00"), ("2026-04-01 12:00", "03-14 09:00")])
def test_an_end_that_has_happened_ends_it_and_never_later_than_at_the_latest(healed: str, last: str) -> None:
    point = replace(POINT, events={"healed": at(healed)})

    assert due(point, repeat=slots("09:00"), until=UNTIL_HEALED)[-1] == last


def test_a_range_is_due_at_its_near_end_and_over_at_its_far_end() -> None:
    two_to_four = Duration(value=2, most=4, unit=Unit.DAYS)
    (moment,) = moments(starts=two_to_four, at=clock("10:00"), expires=two_to_four)

    assert (local(moment.due_at), local(moment.expires_at)) == ("2026-03-12 10:00", "2026-03-14 10:00")


# ---- expiries --------------------------------------------------------------------------------------------------


def expiries(**over: Any) -> list[str]:
    return [local(moment.expires_at)[5:] for moment in moments(**over)]


def test_a_slot_can_expire_with_its_day() -> None:
    assert expiries(repeat=slots("09:00", "20:00"), until=length(2, "days"), expires=Expiry.SAME_DAY) == [
        "03-12 00:00",
        "03-12 00:00",
    ]


def test_a_slot_can_expire_so_long_after_it_is_due() -> None:
    after = AfterDue(length=length(90, "minutes"))

    assert expiries(repeat=slots("09:00", "20:00"), until=length(2, "days"), expires=after) == [
        "03-11 10:30",
        "03-11 21:30",
    ]


def test_a_day_after_it_is_due_is_a_calendar_day() -> None:
    after = AfterDue(length=length(1, "days"))
    eve = AnchorPoint(at=at("2026-03-06 10:00"), on=date(2026, 3, 6))
    (moment,) = moments(eve, at=clock("10:00"), expires=after)

    assert local(moment.expires_at) == "2026-03-08 10:00"


def test_the_last_of_the_phases_expires_where_they_end() -> None:
    taper = (phase(2), phase(3))

    assert expiries(at=clock("09:00"), phases=taper, expires=Expiry.NEXT) == ["03-13 09:00", "03-16 00:00"]
