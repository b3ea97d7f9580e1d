"""The examples of the configuration, played: what does not come out as it says."""

from __future__ import annotations

from collections.abc import Iterator

from reminders.cli.answers import start_logs
from reminders.cli.printing import print_json, say
from reminders.config import Config, Fault
from reminders.simulation import check_examples


def play_examples(config: Config, *, as_json: bool) -> list[Fault]:
    """Print what does not come out as its example says, and return it."""
    # What fails in a rehearsal is no news for a log.
    start_logs("CRITICAL")
    faults = check_examples(config)
    if as_json:
        print_json(_list_json(faults))
        return faults
    for fault in faults:
        say(str(fault))
    if config.examples and not faults:
        say(f"All {len(config.examples)} examples come out as they say.")
    return faults


def _list_json(faults: list[Fault]) -> Iterator[dict[str, object]]:
    for fault in faults:
        sentence = {"fault": "example", "sentence": fault.sentence}
        yield {"subject": "example", "key": fault.path, "verdict": "fails", "faults": [sentence]}
