"""C7: how many texts are enough, which of them leave, and what becomes of the rest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reminders.local_time import local_date
from reminders.model import CORRECTION, Channel, Contact, PlannedReminder, Reason, Status, StoredReminder, TextLimits
from reminders.reconciling import Add, Close, Decision, Difference, Revive, diff_reminders
from reminders.text_limits import list_too_many
from tests.factories import NEW_YORK, TOKYO, at, make_hours, make_plan, make_planned, make_sent, make_stored

TWO_A_DAY = TextLimits(per_day=2, per_week=4)
EMAIL = Contact(channel=Channel.EMAIL, address="ana@example.org")
BEFORE = "2026-03-10 07:00"


def text(rule: str, due: str, **over: Any) -> PlannedReminder:
    return make_planned(rule=rule, due_at=at(due), expires_at=at("2026-04-30 10:00"), **over)


def decide(
    *planned: PlannedReminder, now: str = BEFORE, stored: Sequence[StoredReminder] = (), **plan: Any
) -> Difference:
    return diff_reminders(make_plan(*planned, **({"limits": TWO_A_DAY} | plan)), stored, at(now), make_hours())


def said(decisions: tuple[Decision, ...]) -> dict[str, str]:
    """By rule: how it leaves, or why it does not."""
    return {
        each.planned.identity.rule: each.planned.channel if each.leave_at else str(each.reason) for each in decisions
    }


DAY = [text("a", "2026-03-10 09:00"), text("b", "2026-03-10 11:00"), text("c", "2026-03-10 15:00")]


def test_the_earlier_texts_of_a_day_leave_and_one_too_many_does_not() -> None:
    """C7"""
    assert said(decide(*DAY).decisions) == {"a": "sms", "b": "sms", "c": "text_limit"}


def test_a_text_of_a_higher_rule_leaves_though_it_is_later() -> None:
    """C7"""
    a, b, c = DAY
    assert said(decide(a, b, replace(c, priority=1)).decisions) == {"a": "sms", "b": "text_limit", "c": "sms"}


def test_what_is_too_many_goes_by_email_where_that_may_be() -> None:
    """C7"""
    decisions = decide(*(replace(each, instead=EMAIL) for each in DAY)).decisions

    assert said(decisions) == {"a": "sms", "b": "sms", "c": "email"}
    assert decisions[2].planned.contact == "ana@example.org"


def test_reminders_of_one_minute_are_one_text_and_the_highest_of_them_counts() -> None:
    """C7, P7"""
    also = text("also", "2026-03-10 15:00", priority=2)

    assert said(decide(*DAY, also).decisions) == {"a": "sms", "b": "text_limit", "c": "sms", "also": "sms"}


def test_any_seven_days_on_end_are_a_week() -> None:
    """C7: the fifth within seven days is one too many, the same text a day later is not."""
    days = [text(f"on {day}", f"2026-03-{day:02} 10:00") for day in (2, 4, 6, 7)]
    fifth = [text("fifth", "2026-03-08 10:00"), text("later", "2026-03-09 10:00")]

    decisions = said(decide(*days, *fifth, now="2026-03-01 07:00").decisions)

    assert (decisions["fifth"], decisions["later"]) == ("text_limit", "sms")


def test_what_has_left_counts_whoever_wrote_it() -> None:
    """C7"""
    a, b, c = DAY
    by_hand = (at("2026-03-10 10:15"),)

    assert said(decide(b, c, now="2026-03-10 10:30", by_hand=by_hand).decisions) == {"b": "sms", "c": "text_limit"}
    left = [make_sent(a), make_sent(b)]
    assert said(decide(*DAY, now="2026-03-10 11:30", stored=left).decisions)["c"] == "text_limit"


def test_a_reminder_that_left_by_email_takes_no_place() -> None:
    """C7"""
    left = [replace(make_sent(DAY[0]), channel=Channel.EMAIL)]

    assert said(decide(*DAY, now="2026-03-10 09:30", stored=left).decisions)["c"] == "sms"


def test_a_correction_leaves_whatever_else_does_and_counts() -> None:
    """C7"""
    correction = text(CORRECTION, "2026-03-10 16:00")

    assert said(decide(*DAY, correction).decisions) == {
        "a": "sms", "b": "text_limit", "c": "text_limit", CORRECTION: "sms"
    }  # fmt: skip


def test_the_day_is_the_patients() -> None:
    """C7: three texts within one day of Boston lie on two days of Tokyo."""
    moments = {at("2026-03-10 09:00"): 0, at("2026-03-10 10:00"): 0, at("2026-03-10 11:30"): 0}

    assert list_too_many(moments, [], TWO_A_DAY, NEW_YORK) == {at("2026-03-10 11:30")}
    assert list_too_many(moments, [], TWO_A_DAY, TOKYO) == set()


# ---- its row -----------------------------------------------------------------------------------------------------


def test_one_too_many_is_closed_with_a_row_so_that_it_does_not_leave_late_when_the_day_is_over() -> None:
    """C7"""
    closed = next(change for change in decide(*DAY).changes if isinstance(change, Add) and change.closed)
    assert (closed.planned.identity.rule, closed.closed) == ("c", Reason.TEXT_LIMIT)

    row = make_stored(DAY[2], status=Status.SKIPPED, reason=Reason.TEXT_LIMIT)
    left = [make_sent(DAY[0]), make_sent(DAY[1])]
    assert decide(*DAY, now="2026-03-11 09:00", stored=[*left, row]).changes == ()


def test_a_row_that_waits_closes_when_others_take_its_place_and_comes_back_when_they_go() -> None:
    """C7"""
    a, _, c = DAY
    waiting = make_stored(c)
    (close,) = [each for each in decide(*DAY, stored=[waiting]).changes if isinstance(each, Close)]
    assert (close.stored, close.reason) == (waiting, Reason.TEXT_LIMIT)

    skipped = make_stored(c, status=Status.SKIPPED, reason=Reason.TEXT_LIMIT)
    assert any(isinstance(each, Revive) for each in decide(a, c, stored=[skipped]).changes)


# ---- the arithmetic ----------------------------------------------------------------------------------------------

MOMENTS = st.dictionaries(
    st.integers(0, 24 * 20).map(lambda hours: at(BEFORE) + timedelta(hours=hours)), st.integers(0, 2), max_size=30
)
LIMITS = st.tuples(st.integers(1, 4), st.integers(0, 6)).map(
    lambda given: TextLimits(per_day=given[0], per_week=given[0] + given[1])
)


def count_days(moments: set[datetime], zone: ZoneInfo) -> Counter[date]:
    return Counter(local_date(moment, zone) for moment in moments)


def is_within(counts: Counter[date], limits: TextLimits) -> bool:
    weeks = (sum(counts[day + timedelta(days=days)] for days in range(7)) for day in list(counts))
    return max(counts.values(), default=0) <= limits.per_day and max(weeks, default=0) <= limits.per_week


@given(texts=MOMENTS, limits=LIMITS, zone=st.sampled_from([NEW_YORK, TOKYO]))
def test_no_day_and_no_week_has_too_many_and_each_that_is_left_out_would_be_one(
    texts: dict[datetime, int], limits: TextLimits, zone: ZoneInfo
) -> None:
    """C7"""
    too_many = list_too_many(texts, [], limits, zone)
    leaving = set(texts) - too_many

    assert is_within(count_days(leaving, zone), limits)
    for moment in too_many:
        higher = {other for other in leaving if texts[other] >= texts[moment]}
        assert not is_within(count_days({*higher, moment}, zone), limits)


@pytest.mark.parametrize("limits", [None, TextLimits(per_day=9, per_week=9)])
def test_where_there_is_room_nothing_is_left_out(limits: TextLimits | None) -> None:
    """C7"""
    assert set(said(decide(*DAY, limits=limits).decisions).values()) == {"sms"}
