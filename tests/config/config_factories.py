"""Configurations to try: the shipped one with an edit, or a small one with a rule."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from reminders.config import Config, ConfigFaults, load_config
from reminders.rules import Rule

SHIPPED_FILE = Path(__file__).parents[2] / "config.toml"
SHIPPED = SHIPPED_FILE.read_text("utf-8")

ACCOUNT_SID = "AC" + "0123456789abcdef" * 2
OURS = "clinic_supplied = true"

SMALL = """
[clinic]
name = "Hill Clinic"
sms_name = "Hill"
phone = "(617) 555-0142"
staff_email = "desk@example.org"
time_zone = "America/New_York"
country = "US"

[documents.sheet]
title = "Sheet"

[treatments.peel]
name = "Peel"
sessions = { count = 1, clinic_supplied = true }
interval = { weeks = 4, clinic_supplied = true }
"""

Keys = dict[str, str | None]

RULE: Keys = {
    "anchor": '"procedure_date"',
    "from": "{ days = 1, clinic_supplied = true }",
    "at": '{ time = "10:00", clinic_supplied = true }',
    "expires": "{ end_of_day = 90, clinic_supplied = true }",
}
HOURLY_RULE: Keys = {
    "anchor": '"procedure_end"',
    "from": "{ hours = 0 }",
    "expires": "{ end_of_day = 90, clinic_supplied = true }",
}


def write_rule(keys: Keys, rule_id: str = "check") -> str:
    """A small configuration with one rule; None leaves a key out."""
    lines = "\n".join(f"{key} = {value}" for key, value in keys.items() if value is not None)
    return f"{SMALL}\n[treatments.peel.rules.{rule_id}]\n{lines}\n"


def edit_shipped(old: str, new: str) -> str:
    assert SHIPPED.count(old), f"the shipped config has no {old!r}"
    return SHIPPED.replace(old, new, 1)


def load_text(text: str, environ: Mapping[str, str] | None = None) -> Config:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "config.toml"
        path.write_text(text, "utf-8")
        return load_config(path, environ or {})


def load_rule(keys: Keys) -> Rule:
    (rule,) = load_text(write_rule(keys)).clinic.treatments["peel"].rules
    return rule


def list_faults(text: str, environ: Mapping[str, str] | None = None) -> list[tuple[str, str]]:
    with pytest.raises(ConfigFaults) as raised:
        load_text(text, environ)
    return [(fault.path, fault.sentence) for fault in raised.value.faults]


def only_fault(text: str, environ: Mapping[str, str] | None = None) -> tuple[str, str]:
    (fault,) = list_faults(text, environ)
    return fault


def only_rule_fault(keys: Keys) -> tuple[str, str]:
    path, sentence = only_fault(write_rule(keys))
    return path.removeprefix("treatments.peel.rules.check."), sentence
