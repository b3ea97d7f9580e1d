"""How long a rehearsal takes for each patient and year: `make bench`. It measures and judges nothing."""

from __future__ import annotations

import time
from collections.abc import Sequence

from reminders.config import load_config
from reminders.logs import configure_logs
from reminders.simulation import Scenario, rehearse
from reminders.simulation.scenario import build_scenario
from tests.clinic import ROOT
from tests.simulation.histories import make_history

ALONE = [(seed, 1) for seed in range(20)]
TOGETHER = [(99, 30)]


def main() -> None:
    configure_logs("CRITICAL")
    config = load_config(ROOT / "config.toml", {})

    def build(seed: int, patients: int) -> Scenario:
        return build_scenario(make_history(seed, patients), config)

    # The first rehearsal sets the database up and builds every statement.
    rehearse(build(1000, 3))
    start = measure([build_scenario({"until": "2026-01-01T00:00"}, config)])[0]
    print(f"start-up: {start * 1000:.0f} ms")
    for title, histories in (("a patient alone", ALONE), ("30 patients in one scenario", TOGETHER)):
        seconds, sends = measure([build(seed, patients) for seed, patients in histories])
        years = sum(patients for _, patients in histories)
        each = (seconds - start * len(histories)) * 1000
        print(f"{title}: {each / years:.1f} ms a patient-year, {each / sends:.2f} ms a send, {sends / years:.0f} sends")


def measure(scenarios: Sequence[Scenario]) -> tuple[float, int]:
    """Seconds of the processor, and how many reminders left; the fastest of three times."""
    seconds, sends = [], 0
    for _ in range(3):
        began = time.process_time()
        rehearsals = [rehearse(scenario) for scenario in scenarios]
        seconds.append(time.process_time() - began)
        sends = sum(item.kind == "send" for rehearsal in rehearsals for item in rehearsal.items)
    return min(seconds), sends


if __name__ == "__main__":
    main()
