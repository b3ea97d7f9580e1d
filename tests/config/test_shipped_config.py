"""The shipped `config.toml` says what the clinic's document and section 3 of the domain say, figure for figure."""

from __future__ import annotations

from datetime import time
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from reminders.config import Config, EmailProvider, SmsProvider, load_config
from reminders.model import Quiet
from reminders.rules import (
    Anchor,
    Bound,
    ClockTime,
    Count,
    Duration,
    EndOfDay,
    Expiry,
    Repeat,
    Rule,
    Source,
    Treatment,
    Unit,
    VisitRules,
    When,
)
from tests.config.config_factories import SHIPPED_FILE

AT_NINE = ClockTime(value=time(9))
AT_TEN = ClockTime(value=time(10))


@pytest.fixture(scope="module")
def config() -> Config:
    return load_config(SHIPPED_FILE, {})


@pytest.fixture
def laser(config: Config) -> Treatment:
    return config.clinic.treatments["fractional-laser"]


@pytest.fixture
def needling(config: Config) -> Treatment:
    return config.clinic.treatments["skin-needling"]


def rule(treatment: Treatment, rule_id: str) -> Rule:
    (found,) = [rule for rule in treatment.rules if rule.id == rule_id]
    return found


def days(value: int, source: Source | None = None) -> Duration:
    return Duration(value=value, unit=Unit.DAYS, source=source)


def laser_says(figure: str) -> Source:
    return Source(document="ice-pick-scars", section="Fractional Laser Treatment", figure=figure)


def needling_says(figure: str) -> Source:
    return Source(document="ice-pick-scars", section="Skin Needling", figure=figure)


def test_laser_takes_four_to_five_sessions_about_a_month_apart(laser: Treatment) -> None:
    assert laser.sessions == Count(least=4, most=5, source=laser_says("Four to five"))
    assert laser.interval == Duration(
        value=1, unit=Unit.MONTHS, bound=Bound.NOMINAL, source=laser_says("one month apart")
    )


def test_needling_takes_three_to_four_sessions_at_least_six_weeks_apart(needling: Treatment) -> None:
    assert needling.sessions == Count(least=3, most=4, source=needling_says("Three to four"))
    assert needling.interval == Duration(
        value=6, unit=Unit.WEEKS, bound=Bound.AT_LEAST, source=needling_says("at least six weeks")
    )


def test_each_treatment_has_its_own_rules_and_no_others(laser: Treatment, needling: Treatment) -> None:
    assert [rule.id for rule in laser.rules] == [
        "icing",
        "swelling",
        "pinkness",
        "sunscreen",
        "next-session",
        "preparation",
    ]
    assert [rule.id for rule in needling.rules] == ["sunscreen", "next-session", "appointment"]


def test_icing_is_every_three_hours_for_the_first_24(laser: Treatment) -> None:
    assert rule(laser, "icing") == Rule(
        id="icing",
        treatment="fractional-laser",
        anchor=Anchor.PROCEDURE_END,
        starts=Duration(value=0, unit=Unit.HOURS),
        repeat=Repeat(every=Duration(value=3, unit=Unit.HOURS)),
        until=Duration(value=24, unit=Unit.HOURS, source=laser_says("first 24 hours")),
        expires=Expiry.UNTIL,
        quiet=Quiet.SKIP,
        quiet_first=Quiet.DEFER,
        max_messages=Count(least=6, most=6),
    )


def test_swelling_is_spoken_of_on_day_2_and_no_longer_after_day_3(laser: Treatment) -> None:
    assert rule(laser, "swelling") == Rule(
        id="swelling",
        treatment="fractional-laser",
        anchor=Anchor.PROCEDURE_DATE,
        starts=days(2, laser_says("2 or 3 days")),
        at=AT_TEN,
        expires=EndOfDay(day=3, source=laser_says("2 or 3 days")),
    )


def test_pinkness_is_spoken_of_on_day_5_and_no_longer_after_day_6(laser: Treatment) -> None:
    assert rule(laser, "pinkness") == Rule(
        id="pinkness",
        treatment="fractional-laser",
        anchor=Anchor.PROCEDURE_DATE,
        starts=days(5, laser_says("3 to 5 days")),
        at=AT_TEN,
        expires=EndOfDay(day=6),
    )


@pytest.mark.parametrize("treatment", ["fractional-laser", "skin-needling"])
def test_sunscreen_is_weekly_from_day_1_until_day_29(config: Config, treatment: str) -> None:
    assert rule(config.clinic.treatments[treatment], "sunscreen") == Rule(
        id="sunscreen",
        treatment=treatment,
        anchor=Anchor.PROCEDURE_DATE,
        starts=days(1),
        at=AT_NINE,
        repeat=Repeat(every=Duration(value=1, unit=Unit.WEEKS)),
        until=days(29),
        expires=Expiry.NEXT,
        supersede_key="sunscreen",
    )


@pytest.mark.parametrize("treatment", ["fractional-laser", "skin-needling"])
def test_next_session_is_a_week_before_the_target_and_on_it(config: Config, treatment: str) -> None:
    assert rule(config.clinic.treatments[treatment], "next-session") == Rule(
        id="next-session",
        treatment=treatment,
        anchor=Anchor.TARGET,
        starts=days(-7),
        at=AT_TEN,
        repeat=Repeat(every=days(7), times=Count(least=2, most=2)),
        expires=EndOfDay(day=14),
        when=When(session_due=True, session_booked=False),
    )


@pytest.mark.parametrize(
    ("treatment", "rule_id"), [("fractional-laser", "preparation"), ("skin-needling", "appointment")]
)
def test_a_booked_session_is_announced_the_day_before(config: Config, treatment: str, rule_id: str) -> None:
    assert rule(config.clinic.treatments[treatment], rule_id) == Rule(
        id=rule_id,
        treatment=treatment,
        anchor=Anchor.SESSION,
        starts=days(-1),
        at=AT_TEN,
        expires=Expiry.ANCHOR,
        quiet=Quiet.ADVANCE,
    )


def test_visits_have_the_clinics_own_figures(config: Config) -> None:
    assert config.clinic.visits == VisitRules(
        outcome_at=AT_TEN,
        matches_within=days(7),
        correction_lead=Duration(value=2, unit=Unit.HOURS),
    )


def test_the_clinic_sends_from_eight_to_eight_on_every_day(config: Config) -> None:
    assert config.clinic.sending_hours == ((time(8), time(20)),) * 7
    assert config.clinic.default_procedure_time == time(12)
    assert config.clinic.time_zone == ZoneInfo("America/New_York")


def test_nothing_leaves_the_machine_until_a_provider_is_chosen(config: Config) -> None:
    assert config.sms.provider is SmsProvider.OUTBOX
    assert config.email.provider is EmailProvider.OUTBOX


def test_the_shipped_engine_settings_are_the_defaults(config: Config, tmp_path: Path) -> None:
    text = SHIPPED_FILE.read_text("utf-8")
    start, end = text.index("# How messages leave ---"), text.index("# Where figures come from ---")
    bare = tmp_path / "config.toml"
    bare.write_text(text[:start] + text[end:], "utf-8")

    defaults = load_config(bare, {})

    assert (defaults.sms, defaults.email, defaults.web) == (config.sms, config.email, config.web)
    assert defaults.dispatch == config.dispatch
    assert defaults.database_url == f"sqlite:///{tmp_path}/reminders.db"


def test_the_document_has_its_title(config: Config) -> None:
    assert {key: document.title for key, document in config.documents.items()} == {"ice-pick-scars": "Ice Pick Scars"}
