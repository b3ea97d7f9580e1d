"""Rehearsals: a history played through the product's own code, on a clock that is set and a database in memory."""

from reminders.simulation.examples import check_examples
from reminders.simulation.items import Item
from reminders.simulation.rehearsing import Rehearsal, rehearse
from reminders.simulation.scenario import Scenario, ScenarioFaults, read_scenario

__all__ = [
    "Item",
    "Rehearsal",
    "Scenario",
    "ScenarioFaults",
    "check_examples",
    "read_scenario",
    "rehearse",
]
