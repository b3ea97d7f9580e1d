"""The worked examples of a configuration: each is a scenario and the sends that it must give."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import AfterValidator

from reminders.config import Config, ConfigFaults, Fault
from reminders.config.faults import UnknownKey
from reminders.config.parsing import Table, parse_table
from reminders.config.paths import join_path
from reminders.config.values import Line
from reminders.messages import TemplateFaults
from reminders.simulation.items import SEND, Item
from reminders.simulation.rehearsing import Rehearsal, rehearse
from reminders.simulation.scenario import build_scenario

_SEND = re.compile(r"\d{4}-\d{2}-\d{2} \d{2}:\d{2} [a-z0-9-]+ \d+( .+)?")


def check_sends(sends: tuple[str, ...]) -> tuple[str, ...]:
    if not all(_SEND.fullmatch(send) for send in sends):
        raise ValueError(
            'Write each send as its time on the patient\'s clock, rule and number, such as "2026-03-10 10:00 icing 1"; '
            "where there are several patients, add the patient's id."
        )
    return sends


class ExampleTable(Table):
    """What an example says beside its scenario."""

    name: Line
    sends: Annotated[tuple[str, ...], AfterValidator(check_sends)]


_OWN_KEYS = frozenset(ExampleTable.model_fields)
_FOREIGN_KEYS = frozenset({"config"})
"""An example speaks of the configuration that it stands in."""


def check_examples(config: Config) -> list[Fault]:
    """Play every `[[examples]]` of the configuration; each fault is one send too many or too few, or what keeps the
    example from being played. Empty: all of them give what they promise."""
    return [
        fault
        for number, raw in enumerate(config.examples, start=1)
        for fault in check_example(raw, config, join_path("examples", number))
    ]


def check_example(raw: Mapping[str, Any], config: Config, place: str) -> list[Fault]:
    own = parse_table(ExampleTable, {key: value for key, value in raw.items() if key in _OWN_KEYS}, place)
    scenario = {key: value for key, value in raw.items() if key not in _OWN_KEYS}
    foreign = [UnknownKey(join_path(place, key), _NO_OTHER_CONFIG) for key in sorted(_FOREIGN_KEYS & raw.keys())]
    try:
        rehearsal = rehearse(build_scenario(scenario, config, place))
    except (ConfigFaults, TemplateFaults) as faults:
        return [*own.faults, *foreign, *(Fault(fault.path, fault.sentence) for fault in faults.faults)]
    if own.table is None or own.faults or foreign:
        return [*own.faults, *foreign]
    return list(_compare(own.table, rehearsal, place))


_NO_OTHER_CONFIG = "Leave this out: an example is played with the configuration that it stands in."


def _compare(example: ExampleTable, rehearsal: Rehearsal, place: str) -> Iterator[Fault]:
    """Both ways, each send as often as it stands there."""
    several = len(rehearsal.scenario.patients) > 1
    given = Counter(say_send(item, several=several) for item in rehearsal.items if item.kind == SEND)
    promised = Counter(" ".join(send.split()) for send in example.sends)
    for send in sorted((promised - given).elements()):
        yield Fault(place, f'"{example.name}" promises "{send}", and the rules do not send it.')
    for send in sorted((given - promised).elements()):
        yield Fault(place, f'"{example.name}" does not promise "{send}", and the rules send it.')


def say_send(item: Item, *, several: bool) -> str:
    """As an example writes it: time on the patient's clock, rule and number, and the patient where there are more."""
    send = f"{item.local:%Y-%m-%d %H:%M} {item.rule} {item.occurrence}"
    return f"{send} {item.patient}" if several else send
