"""What a dry run says is what the replan then does, whatever happened and whatever was edited."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from reminders.config import load_config
from reminders.rule_changes import Effect, list_everyone, replan_one
from reminders.rules import Clinic
from reminders.store.engine import reading
from reminders.tables import ReminderRow
from tests.clinic import LASER, NEEDLING, ROOT, ClinicDays

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


def edited_rules(chance: Random, folder: Path) -> Clinic:
    text = (ROOT / "config.toml").read_text("utf-8")
    for old, new in chance.sample(EDITS, chance.randint(1, 4)):
        assert old in text, f"the shipped rules have no {old!r}"
        text = text.replace(old, new)
    path = folder / "edited.toml"
    path.write_text(text, "utf-8")
    return load_config(path, {}).clinic


def live_through(clinic: ClinicDays, chance: Random) -> None:
    """A few patients, some days of theirs, and a moment in the middle of it."""
    for number in range(1, 5):
        day = f"2026-03-{number * 5:02d}"
        clinic.run_until(f"{day} {chance.randint(9, 19):02d}:15")
        treatment, at = chance.choice((LASER, NEEDLING)), clinic.clock.now.isoformat()
        consent = chance.choice((("sms",), ("sms", "email"), ("email",)))
        clinic.record(treatment, at, name=f"Patient {number}", phone=f"+1617555010{number}",
                      email=f"patient{number}@example.org", consent=consent)  # fmt: skip
        if chance.random() < 0.5:
            clinic.book(treatment, f"2026-{chance.randint(4, 5):02d}-20 14:00", number)
        if chance.random() < 0.3:
            clinic.opt_out(consent[0], number)
    clinic.run_until(f"2026-{chance.choice(('03-21', '04-02', '04-09', '04-19'))} {chance.randint(0, 23):02d}:30")


def rows(clinic: ClinicDays) -> list[tuple[object, ...]]:
    with reading(clinic.app.engine) as tx:
        found = tx.query(ReminderRow).order_by(ReminderRow.id)
        return [
            (row.id, row.status, row.reason, row.due_at, row.expires_at, row.channel, row.target_on) for row in found
        ]


def effects(clinic: ClinicDays, rules: Clinic, *, is_dry_run: bool) -> dict[int, Effect]:
    engine, now = clinic.app.engine, clinic.clock.now
    return {each: replan_one(engine, rules, each, now, is_dry_run=is_dry_run) for each in list_everyone(engine)}


@pytest.mark.parametrize("seed", range(12))
def test_a_replan_does_what_its_dry_run_said(seed: int, clinic: ClinicDays, tmp_path: Path) -> None:
    chance = Random(seed)
    live_through(clinic, chance)
    rules = edited_rules(chance, tmp_path)
    before = rows(clinic)

    said = effects(clinic, rules, is_dry_run=True)
    assert rows(clinic) == before
    assert effects(clinic, rules, is_dry_run=False) == said

    after = rows(clinic)
    is_there = {row[0] for row in before}
    touched = [new for old, new in zip(before, after, strict=False) if old != new]
    total = sum(said.values(), Effect())
    assert len(after) - len(is_there) + len(touched) == total.changes + total.noted
    assert sum(row[1] == "sent" for row in before) == total.already_sent


@pytest.mark.parametrize("seed", range(4))
def test_a_replan_that_was_stopped_is_finished_by_the_next(seed: int, clinic: ClinicDays, tmp_path: Path) -> None:
    chance = Random(seed)
    live_through(clinic, chance)
    rules = edited_rules(chance, tmp_path)
    said = effects(clinic, rules, is_dry_run=True)

    replan_one(clinic.app.engine, rules, 1, clinic.clock.now, is_dry_run=False)
    rest = effects(clinic, rules, is_dry_run=False)

    assert rest[1].changes == 0
    assert {each: rest[each] for each in (2, 3, 4)} == {each: said[each] for each in (2, 3, 4)}


def test_each_kind_of_change_is_counted(clinic: ClinicDays) -> None:
    clinic.record_on_time(LASER, "2026-03-10 10:00")
    clinic.run_until("2026-03-14 12:00")
    with_new_rules = load_config(ROOT / "config.toml", {
        "REMINDERS_TREATMENTS__FRACTIONAL_LASER__RULES__PINKNESS__AT__TIME": "11:00",
        "REMINDERS_TREATMENTS__FRACTIONAL_LASER__RULES__SUNSCREEN__UNTIL__DAYS": "22",
    }).clinic  # fmt: skip

    # Four icings, the swelling and one sunscreen have left; the pinkness moves, and the fourth sunscreen is no more.
    # The icings of the night, which never were to leave, are written down.
    assert effects(clinic, with_new_rules, is_dry_run=True)[1] == Effect(
        kept=4, moved=1, cancelled=1, added=0, noted=4, already_sent=6
    )
