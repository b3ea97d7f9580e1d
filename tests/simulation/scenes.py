"""Scenarios as a test writes them: short, and with a patient who is there already."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from reminders.config import Config, Fault, load_config
from reminders.simulation import Item, Rehearsal, Scenario, ScenarioFaults, rehearse
from reminders.simulation.scenario import build_scenario
from tests.clinic import ROOT

ANA = {"id": "ana", "phone": "+16175550142", "email": "ana@example.org", "consent": ["sms", "email"]}
BEN = {"id": "ben", "phone": "+16175550143", "email": "ben@example.org", "consent": ["sms"]}


def shipped() -> Config:
    return load_config(ROOT / "config.toml", {})


def event(at: str, do: str, **fields: object) -> dict[str, object]:
    """An event; `performed_at` is `at` unless it says otherwise, and the patient is Ana."""
    if do == "record_procedure":
        fields = {"performed_at": at, "patient": "ana", **fields}
    if do in ("book_session", "decide_course", "opt_out", "opt_in"):
        fields = {"patient": "ana", **fields}
    return {"at": at, "do": do, **fields}


def scenario(until: str, *events: dict[str, object], **parts: Any) -> Scenario:
    """Times are texts such as '2026-03-10 10:00'."""
    return build_scenario({"until": until, "patients": [ANA], "events": list(events), **parts}, shipped())


def played(until: str, *events: dict[str, object], **parts: Any) -> Rehearsal:
    return rehearse(scenario(until, *events, **parts))


def faults_of(until: str, *events: dict[str, object], **parts: Any) -> list[str]:
    """Every fault with its place; what the desk refuses during the rehearsal, too."""
    try:
        played(until, *events, **parts)
    except ScenarioFaults as faults:
        return [say(fault) for fault in faults.faults]
    return []


def say(fault: Fault) -> str:
    return f"{fault.path}: {fault.sentence}"


def short(item: Item) -> tuple[str, str]:
    """Such as ('2026-03-10 10:00', 'icing 1')."""
    what = item.rule if item.occurrence is None else f"{item.rule} {item.occurrence}"
    return f"{item.local:%Y-%m-%d %H:%M}", what


def sends(rehearsal: Rehearsal) -> list[tuple[str, str]]:
    return [short(item) for item in rehearsal.items if item.kind == "send"]


def tasks(rehearsal: Rehearsal) -> list[tuple[str, str]]:
    return [short(item) for item in rehearsal.items if item.kind == "task"]


def unsent(rehearsal: Rehearsal) -> list[tuple[str, str, str, str | None]]:
    """(time, what, kind, reason) of what did not leave."""
    return [(*short(item), item.kind, item.reason) for item in rehearsal.items if not item.is_shown]


def write_scenario(folder: Path, text: str) -> Path:
    path = folder / "scenario.toml"
    path.write_text(text, "utf-8")
    return path
