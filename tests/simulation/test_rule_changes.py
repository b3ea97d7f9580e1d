"""What a dry run says of an edit of the rules is what the replan then does: for any history, moment and edit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from reminders.config import load_config
from reminders.model import LEFT, PENDING
from reminders.rule_changes import Effect, list_everyone, replan_one
from reminders.rules import Clinic
from reminders.simulation.rehearsing import Stage, open_stage
from reminders.simulation.scenario import build_scenario
from reminders.store.engine import reading
from reminders.tables import ReminderRow
from tests.clinic import LASER, ROOT, ClinicDays
from tests.simulation.histories import make_history
from tests.simulation.scenes import shipped

EDITS = (
    ('time = "09:00"', 'time = "11:30"'),
    ("hours = 3, clinic_supplied", "hours = 2, clinic_supplied"),
    ("count = 6, clinic_supplied", "count = 2, clinic_supplied"),
    ("until = { days = 29", "until = { days = 15"),
    ("rules.pinkness]", "rules.redness]"),
    ("months = 1, bound", "weeks = 3, bound"),
    ("from = { days = -7", "from = { days = -10"),
    ('quiet = "skip"', 'quiet = "defer"'),
    (
        'anchor = "procedure_date"\nfrom = { days = 2,',
        'anchor = "procedure_date"\nchannels = ["email"]\nfrom = { days = 2,',
    ),
)
"""Of the shipped rules: times, intervals, caps, ends, names, targets, quiet hours, channels."""

PATIENTS = 4

Snapshot = dict[int, dict[str, Any]]
"""Every reminder's row, by its id."""

seeds = st.integers(min_value=0, max_value=10_000)
moments = st.datetimes(min_value=make_history(0)["events"][0]["at"], max_value=make_history(0)["until"]).map(
    # At night an hour may be missing on the clinic's clock.
    lambda at: at.replace(hour=max(at.hour, 4), microsecond=0)
)
edits = st.lists(st.sampled_from(EDITS), min_size=1, max_size=4, unique=True)


@cache
def edited_rules(chosen: tuple[tuple[str, str], ...]) -> Clinic:
    text = (ROOT / "config.toml").read_text("utf-8")
    for old, new in chosen:
        assert old in text, f"the shipped rules have no {old!r}"
        text = text.replace(old, new)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "edited.toml"
        path.write_text(text, "utf-8")
        return load_config(path, {}).clinic


@contextmanager
def lived(seed: int, until: object) -> Iterator[Stage]:
    """Some patients' year, up to a moment in the middle of it."""
    history = make_history(seed, PATIENTS)
    events = [event for event in history["events"] if event["at"] < until]
    scenario = build_scenario({**history, "until": until, "events": events}, shipped())
    with open_stage(scenario) as stage:
        stage.play()
        yield stage


def rows(stage: Stage) -> Snapshot:
    with reading(stage.app.engine) as tx:
        table = ReminderRow.__table__
        return {row.id: row._asdict() for row in tx.execute(select(table))}


def replan(stage: Stage, rules: Clinic, patient_ids: Sequence[int], *, is_dry_run: bool) -> dict[int, Effect]:
    engine, now = stage.app.engine, stage.app.clock()
    return {each: replan_one(engine, rules, each, now, is_dry_run=is_dry_run) for each in patient_ids}


def observe(before: Snapshot, after: Snapshot) -> dict[int, Effect]:
    """What happened to each patient's reminders, told from the rows alone."""
    counts = {row["patient_id"]: Counter[str]() for row in after.values()}
    for row_id, row in after.items():
        counts[row["patient_id"]][_tell(before.get(row_id), row)] += 1
    return {patient_id: Effect(**{key: found[key] for key in asdict(Effect())}) for patient_id, found in counts.items()}


def _tell(old: dict[str, Any] | None, new: dict[str, Any]) -> str:
    is_pending = new["status"] in PENDING
    if old is None:
        return "added" if is_pending else "noted"
    if old["status"] in LEFT:
        assert old == new, "what has left was changed"
        return "already_sent"
    if old["status"] not in PENDING:
        return "added" if is_pending else "closed before"
    if not is_pending:
        return "cancelled"
    return "kept" if old == new else "moved"


def seen(effects: dict[int, Effect]) -> dict[int, Effect]:
    """Without those who have no reminder at all."""
    return {patient_id: effect for patient_id, effect in effects.items() if effect != Effect()}


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(seed=seeds, until=moments, chosen=edits)
def test_a_replan_does_what_its_dry_run_said(seed: int, until: object, chosen: list[tuple[str, str]]) -> None:
    rules = edited_rules(tuple(chosen))
    with lived(seed, until) as stage:
        everyone, before = list_everyone(stage.app.engine), rows(stage)

        said = replan(stage, rules, everyone, is_dry_run=True)
        assert rows(stage) == before
        done = replan(stage, rules, everyone, is_dry_run=False)
        observed = observe(before, rows(stage))

        assert done == said
        assert seen(observed) == seen(said)
        assert sum(observed.values(), Effect()) == sum(said.values(), Effect())


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(seed=seeds, until=moments, chosen=edits, first=st.integers(min_value=0, max_value=PATIENTS))
def test_a_replan_that_is_stopped_is_finished_by_the_next(
    seed: int, until: object, chosen: list[tuple[str, str]], first: int
) -> None:
    rules = edited_rules(tuple(chosen))
    with lived(seed, until) as stage:
        everyone, before = list_everyone(stage.app.engine), rows(stage)
        said = replan(stage, rules, everyone, is_dry_run=True)

        replan(stage, rules, everyone[:first], is_dry_run=False)
        again = replan(stage, rules, everyone, is_dry_run=False)

        finished = {each: again[each] for each in everyone[:first]}
        assert [(effect.changes, effect.noted) for effect in finished.values()] == [(0, 0)] * first
        assert {each: again[each] for each in everyone[first:]} == {each: said[each] for each in everyone[first:]}
        assert seen(observe(before, rows(stage))) == seen(said)


def test_each_kind_of_change_is_counted(clinic: ClinicDays) -> None:
    clinic.record_on_time(LASER, "2026-03-10 10:00")
    clinic.run_until("2026-03-14 12:00")
    with_new_rules = load_config(ROOT / "config.toml", {
        "REMINDERS_TREATMENTS__FRACTIONAL_LASER__RULES__PINKNESS__AT__TIME": "11:00",
        "REMINDERS_TREATMENTS__FRACTIONAL_LASER__RULES__SUNSCREEN__UNTIL__DAYS": "22",
    }).clinic  # fmt: skip

    # Four icings, the swelling and one sunscreen have left; the pinkness moves, and the fourth sunscreen is no more.
    # The icings of the night, which never were to leave, are written down.
    effect = replan_one(clinic.app.engine, with_new_rules, 1, clinic.clock.now, is_dry_run=True)
    assert effect == Effect(kept=4, moved=1, cancelled=1, added=0, noted=4, already_sent=6)
