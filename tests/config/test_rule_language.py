"""What a rule in `config.toml` can say, beyond what the shipped rules use."""

from __future__ import annotations

from datetime import time

from reminders.model import Audience, Channel, Quiet
from reminders.rules import ClockTime, Count, Duration, EndOfDay, Source, Unit, When
from tests.config.config_factories import HOURLY_RULE, OURS, RULE, SMALL, load_rule, load_text, write_rule


def test_a_rule_defers_to_a_patient_by_text_unless_it_says_otherwise() -> None:
    rule = load_rule(RULE)

    assert (rule.quiet, rule.audience, rule.channels) == (
        Quiet.DEFER,
        Audience.PATIENT,
        (Channel.SMS, Channel.EMAIL),
    )


def test_a_rule_can_name_audience_channels_and_day_base() -> None:
    rule = load_rule(RULE | {"audience": '"staff"', "channels": '["email"]', "day_base": "1"})

    assert (rule.audience, rule.channels, rule.day_base) == (Audience.STAFF, (Channel.EMAIL,), 1)


def test_a_rule_can_have_conditions() -> None:
    rule = load_rule(RULE | {"when": "{ total_decided = true, session_booked = false }"})

    assert rule.when == When(total_decided=True, session_booked=False)


def test_a_rule_can_expire_a_while_after_its_anchor() -> None:
    rule = load_rule(HOURLY_RULE | {"expires": f"{{ hours = 36, {OURS} }}"})

    assert rule.expires == Duration(value=36, unit=Unit.HOURS)


def test_a_time_may_be_written_without_quotes() -> None:
    assert load_rule(RULE | {"at": f"{{ time = 10:30:00, {OURS} }}"}).at == ClockTime(value=time(10, 30))


def test_a_single_number_of_sessions_is_a_range_of_one() -> None:
    assert load_text(write_rule(RULE)).clinic.treatments["peel"].sessions == Count(least=1, most=1)


def test_a_figure_keeps_its_source_word_for_word() -> None:
    source = '{ document = "sheet", section = "At home", figure = "a fortnight" }'
    rule = load_rule(RULE | {"expires": f"{{ end_of_day = 14, source = {source} }}"})

    assert rule.expires == EndOfDay(day=14, source=Source(document="sheet", section="At home", figure="a fortnight"))


def test_a_zero_from_needs_no_source() -> None:
    assert load_rule(HOURLY_RULE).starts == Duration(value=0, unit=Unit.HOURS)


def test_a_flood_is_allowed_with_a_limit_on_what_leaves() -> None:
    every = {"repeat": f"{{ every = {{ hours = 1, {OURS} }} }}", "until": f"{{ hours = 48, {OURS} }}"}
    rule = load_rule(HOURLY_RULE | every | {"max_messages": f"{{ count = 4, {OURS} }}"})

    assert rule.max_messages == Count(least=4, most=4)


def test_six_a_day_is_no_flood() -> None:
    repeat = f"{{ every = {{ hours = 4, {OURS} }}, times = {{ count = 12, {OURS} }} }}"

    assert load_rule(HOURLY_RULE | {"repeat": repeat}).max_messages is None


def test_a_treatment_may_have_no_rules_yet() -> None:
    assert load_text(SMALL).clinic.treatments["peel"].rules == ()
