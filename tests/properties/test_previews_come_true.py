"""What the desk was shown before it saved is what is stored, and what then leaves; on random histories of a patient."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reminders.casework.events import record_answer, record_event, undo_event
from reminders.casework.overrides import clear_override, set_override
from reminders.casework.pauses import pause_patient, resume_patient
from reminders.casework.previews import ChangedLine, Effect
from reminders.casework.procedures import cancel_procedure, correct_procedure, decide_course, record_procedure
from reminders.casework.sessions import book_session, move_session, unbook_session
from reminders.forecasting import ForecastLine
from reminders.model import LEFT, PENDING, Channel, Refusal
from reminders.simulation.database import empty_database
from reminders.simulation.rehearsing import run_until
from reminders.store.engine import Transaction
from tests.casework.pages import DeskClinic
from tests.clinic import LASER, NEEDLING

TREATMENTS = st.sampled_from([LASER, NEEDLING])
MINUTES_AGO = st.one_of(st.integers(0, 60 * 30), st.integers(0, 60 * 24 * 40))
MINUTES_AHEAD = st.one_of(st.integers(1, 60 * 60), st.integers(1, 60 * 24 * 60))
STARTS = st.sampled_from(["2026-01-31 10:00", "2026-03-07 17:30", "2026-03-10 10:00", "2026-03-10 20:30"])
_ENTERED = st.tuples(TREATMENTS, MINUTES_AGO, st.integers(0, 60 * 24 * 3))
HISTORY = st.lists(_ENTERED, max_size=2)
"""Procedures, each with how long ago it was when it was entered and how long the daemon ran then."""
LIVED = st.lists(_ENTERED, min_size=1, max_size=2)


_NAMES = ("Fractional laser treatment", "Skin needling")
_ANCHOR = '.rules.sunscreen]\nanchor = "procedure_date"\n'


@cache
def _open_desk(*, is_noting: bool) -> DeskClinic:
    desk = DeskClinic("sqlite://")
    if is_noting:
        noted = '\nevents = ["healed"]\nquestions = { pain = ["yes", "no"] }'
        declared = [(f'name = "{name}"', f'name = "{name}"{noted}') for name in _NAMES]
        asked = [(_ANCHOR, _ANCHOR + 'when = { not_happened = ["healed"] }\n')]
        desk.edit_config(*declared[0], *declared[1:], *asked)
    return desk


@contextmanager
def fresh_desk(start: str, *, is_noting: bool = False) -> Iterator[DeskClinic]:
    """A clinic without patients, in memory; one that notes healing, and texts no longer then."""
    desk = _open_desk(is_noting=is_noting)
    with empty_database() as engine:
        desk.app, desk.work = replace(desk.app, engine=engine), replace(desk.work, engine=engine)
        yield desk.at(start)


def ago(desk: DeskClinic, minutes: int) -> str:
    return (desk.clock.now - timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%MZ")


def run_for(desk: DeskClinic, time: timedelta) -> None:
    run_until(desk.work, desk.clock, desk.clock.now + time)


def live(desk: DeskClinic, history: list[tuple[str, int, int]]) -> None:
    for treatment, minutes, then in history:
        try:
            desk.record(treatment, ago(desk, minutes))
        except Refusal:
            continue
        run_for(desk, timedelta(minutes=then))


def what_it_says(line: ForecastLine) -> tuple[Any, ...]:
    return line.identity[2:], line.channel, line.status, line.reason, line.leaves_at, line.text, line.segments


def said_later(desk: DeskClinic, shown: list[ForecastLine], until: datetime) -> tuple[set[Any], set[Any]]:
    """What the lines promise up to a moment, and what then left: (identity, channel, minute, text)."""
    promised = {line.identity: line for line in shown if line.status in PENDING and promised_before(line, until)}
    run_for(desk, until - desk.clock.now)
    left = {line.identity: line for line in desk.forecast() if line.status in LEFT and line.identity in promised}
    return {tell(line) for line in promised.values()}, {tell(line) for line in left.values()}


def promised_before(line: ForecastLine, until: datetime) -> bool:
    return line.leaves_at is not None and line.leaves_at < until


def tell(line: ForecastLine) -> tuple[Any, ...]:
    assert line.leaves_at is not None
    return line.identity, line.channel, f"{line.leaves_at:%F %R}", line.subject, line.text, line.segments


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    start=STARTS,
    history=HISTORY,
    treatment=TREATMENTS,
    minutes=MINUTES_AGO,
    consent=st.sets(st.sampled_from(list(Channel))),
    by_day=st.booleans(),
)
def test_the_plan_shown_before_saving_is_what_is_stored_and_what_leaves(
    start: str, history: list[tuple[str, int, int]], treatment: str, minutes: int, consent: set[Channel], by_day: bool
) -> None:
    with fresh_desk(start) as desk:
        check_procedure(desk, history, treatment, minutes, consent, by_day)


def check_procedure(
    desk: DeskClinic,
    history: list[tuple[str, int, int]],
    treatment: str,
    minutes: int,
    consent: set[Channel],
    by_day: bool,
) -> None:
    live(desk, history)
    entry = desk.entry(ago(desk, minutes)[: 10 if by_day else None], treatment, consent=tuple(consent))
    preview = desk.preview(entry)
    try:
        recorded = desk.change(lambda tx: record_procedure(tx, desk.config.clinic, entry, desk.clock.now))
    except Refusal as refusal:
        assert [fault.sentence for fault in preview.faults] == [refusal.at_desk]  # noqa: PT017 - either way is right
        return

    stored = [
        line for line in desk.forecast(recorded.replanned.case.patient_id) if line.identity[:2] == own(preview.lines)
    ]
    assert preview.is_complete
    assert [what_it_says(line) for line in preview.lines] == [what_it_says(line) for line in stored]
    promised, left = said_later(desk, stored, desk.clock.now + timedelta(days=40))
    assert promised == left


def own(lines: tuple[ForecastLine, ...]) -> tuple[Any, ...] | None:
    return lines[0].identity[:2] if lines else None


CHANGES = st.one_of(
    st.tuples(st.just("correct"), MINUTES_AGO),
    st.tuples(st.just("cancel"), st.just(0)),
    st.tuples(st.just("book"), MINUTES_AHEAD),
    st.tuples(st.just("move"), MINUTES_AHEAD),
    st.tuples(st.just("unbook"), st.just(0)),
    st.tuples(st.just("decide"), st.integers(1, 5)),
    st.tuples(st.just("pause"), MINUTES_AHEAD),
    st.tuples(st.just("resume"), st.just(0)),
    st.tuples(st.just("override"), st.integers(1, 9)),
    st.tuples(st.just("clear"), st.just(0)),
    st.tuples(st.just("event"), MINUTES_AGO),
    st.tuples(st.just("undo"), st.just(0)),
    st.tuples(st.just("answer"), st.just(0)),
)


def make_change(desk: DeskClinic, kind: str, minutes: int) -> Callable[[Transaction], object]:
    clinic, now = desk.config.clinic, desk.clock.now
    when, ahead = ago(desk, minutes), ago(desk, -minutes)
    return {
        "correct": lambda tx: correct_procedure(tx, clinic, 1, when, now),
        "cancel": lambda tx: cancel_procedure(tx, clinic, 1, "wrong patient", now),
        "book": lambda tx: book_session(tx, clinic, 1, NEEDLING, ahead, now),
        "move": lambda tx: move_session(tx, clinic, 1, ahead, now),
        "unbook": lambda tx: unbook_session(tx, clinic, 1, now),
        "decide": lambda tx: decide_course(tx, clinic, 1, NEEDLING, minutes, now),
        "pause": lambda tx: pause_patient(tx, clinic, 1, "travel", ahead, now),
        "resume": lambda tx: resume_patient(tx, clinic, 1, now),
        "override": lambda tx: set_override(tx, clinic, 1, "next-session", days(minutes), "Cora", now),
        "clear": lambda tx: clear_override(tx, clinic, 1, "next-session", now),
        "event": lambda tx: record_event(tx, clinic, 1, "healed", when, now),
        "undo": lambda tx: undo_event(tx, clinic, 1, "healed", now),
        "answer": lambda tx: record_answer(tx, clinic, 1, "pain", "yes", now),
    }[kind]


def days(number: int) -> dict[str, Any]:
    return {"from": {"days": -number}}


FIRST = {"resume": "pause", "clear": "override", "undo": "event"}
"""What must be so before it can be taken back."""


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(start=STARTS, history=LIVED, booked=MINUTES_AHEAD, change=CHANGES)
def test_the_difference_shown_before_a_change_is_what_happens(
    start: str, history: list[tuple[str, int, int]], booked: int, change: tuple[str, int]
) -> None:
    with fresh_desk(start, is_noting=True) as desk:
        check_change(desk, history, booked, change)


def check_change(desk: DeskClinic, history: list[tuple[str, int, int]], booked: int, change: tuple[str, int]) -> None:
    live(desk, history)
    desk.change(make_change(desk, "book", booked))
    if change[0] in FIRST:
        desk.change(make_change(desk, FIRST[change[0]], booked))
    run_for(desk, timedelta(minutes=booked // 3))
    before = {line.identity: line for line in desk.forecast()}
    shown = desk.preview_change(make_change(desk, *change))
    assert {line.identity: line for line in desk.forecast()} == before
    try:
        desk.change(make_change(desk, *change))
    except Refusal as refusal:
        assert shown.refusal == refusal.at_desk  # noqa: PT017 - either way is right
        return

    after = {line.identity: line for line in desk.forecast()}
    assert {each.after.identity: what_it_says(each.after) for each in shown.lines if each.after} == {
        identity: what_it_says(line) for identity, line in after.items()
    }
    assert all(is_true(each, before, after) for each in shown.lines)
    promised, left = said_later(desk, list(after.values()), desk.clock.now + timedelta(days=20))
    assert promised == left


def is_true(each: ChangedLine, before: dict[Any, ForecastLine], after: dict[Any, ForecastLine]) -> bool:
    line = each.after or each.before
    assert line is not None
    was, now = before.get(line.identity), after.get(line.identity)
    waited, waits = bool(was and was.status in PENDING), bool(now and now.status in PENDING)
    return {
        Effect.KEPT: waited and waits and was is not None and now is not None and was.leaves_at == now.leaves_at,
        Effect.MOVED: waited and waits,
        Effect.CANCELLED: waited and not waits,
        Effect.ADDED: waits and not waited,
        Effect.ALREADY_SENT: now is not None and now.status in LEFT,
        Effect.WITHHELD: not waited and not waits,
    }[each.effect]
