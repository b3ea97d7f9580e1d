"""The product against a second, independent reckoning of what it must send."""

from __future__ import annotations

import pytest

from reminders.config import load_config
from reminders.simulation import rehearse
from reminders.simulation.scenario import build_scenario
from tests.clinic import ROOT
from tests.simulation.histories import make_history
from tests.simulation.oracle import Sent, list_expected


@pytest.mark.parametrize("seed", range(20))
def test_a_random_year_sends_what_the_oracle_expects(seed: int) -> None:
    raw = make_history(seed)

    rehearsal = rehearse(build_scenario(raw, load_config(ROOT / "config.toml", {})))

    lines = [item.as_json() for item in rehearsal.items if item.kind == "send"]
    sent = [Sent(*(line[key] for key in ("at_utc", "patient", "rule", "occurrence", "channel"))) for line in lines]  # type: ignore[arg-type]
    assert sorted(sent) == list_expected(raw)
