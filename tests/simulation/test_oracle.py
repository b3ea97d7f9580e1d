"""The product against a second, independent reckoning of what it must send."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, timedelta

import pytest

from reminders.config import load_config
from reminders.config.clinic import TEXT_LIMITS
from reminders.model import CORRECTION, TextLimits
from reminders.simulation import rehearse
from reminders.simulation.scenario import build_scenario
from tests.clinic import ROOT
from tests.simulation.histories import make_history
from tests.simulation.oracle import Sent, list_expected

AS_MANY_AS_THERE_ARE = {"REMINDERS_CLINIC__MAX_TEXTS_PER_DAY": "99", "REMINDERS_CLINIC__MAX_TEXTS_PER_WEEK": "99"}
"""The oracle knows no limits; the next test holds them."""


@pytest.mark.parametrize("seed", range(20))
def test_a_random_year_sends_what_the_oracle_expects(seed: int) -> None:
    raw = make_history(seed)

    rehearsal = rehearse(build_scenario(raw, load_config(ROOT / "config.toml", AS_MANY_AS_THERE_ARE)))

    lines = [item.as_json() for item in rehearsal.items if item.kind == "send"]
    sent = [Sent(*(line[key] for key in ("at_utc", "patient", "rule", "occurrence", "channel"))) for line in lines]  # type: ignore[arg-type]
    assert sorted(sent) == list_expected(raw)


@pytest.mark.parametrize("preset", TEXT_LIMITS)
def test_in_a_random_year_no_patient_gets_more_texts_than_the_clinic_allows(preset: str) -> None:
    """C7: counted in what leaves, whatever was corrected, cancelled or late meanwhile. Corrections always leave."""
    config = load_config(ROOT / "config.toml", {"REMINDERS_CLINIC__TEXTS": preset})
    for seed in range(5):
        items = rehearse(build_scenario(make_history(seed), config)).items
        texts = {
            (item.patient, item.local)
            for item in items
            if item.kind == "send" and item.channel == "sms" and item.rule != CORRECTION
        }
        assert list_full_beyond(texts, TEXT_LIMITS[preset]) == []


def list_full_beyond(texts: set[tuple[str | None, datetime]], limits: TextLimits) -> list[tuple[str | None, date]]:
    """Patients and days with too many texts, on that day or in the week that begins with it."""
    days = Counter((patient, local.date()) for patient, local in texts)
    weeks = {(who, on): sum(days[who, on + timedelta(days=later)] for later in range(7)) for who, on in list(days)}
    return [each for each, count in weeks.items() if count > limits.per_week or days[each] > limits.per_day]
