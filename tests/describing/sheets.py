"""An invented clinic's sheet, with one rule at a time as the file writes it."""

from __future__ import annotations

from reminders.rules import Treatment
from tests.config.config_factories import OURS, SMALL, Keys, load_text

SHEET = f"""{SMALL.replace('country = "US"', 'country = "US"' + chr(10) + 'opening_hours = ["09:00", "17:30"]')}
attributes = {{ site = ["face", "scalp", "hand"], eye = ["left", "right"] }}
events = ["healed", "first-dose"]
questions = {{ pain = ["yes", "no"] }}
"""
"""A peel, due again after 4 weeks."""

ONCE: Keys = {
    "anchor": '"procedure_date"',
    "from": f"{{ days = 3, {OURS} }}",
    "at": f'{{ time = "10:00", {OURS} }}',
    "expires": '"same_day"',
}
EACH_MORNING: Keys = ONCE | {
    "repeat": f"{{ every = {{ days = 1, {OURS} }} }}",
    "until": f"{{ days = 7, {OURS} }}",
    "expires": '"next"',
}
WITHIN_HOURS: Keys = {
    "anchor": '"procedure_end"',
    "from": "{ hours = 0 }",
    "expires": f"{{ hours = 24, {OURS} }}",
}


def load_sheet(keys: Keys, sheet: str = SHEET) -> Treatment:
    """The peel with one rule; None leaves a key out."""
    rule = "\n".join(f"{key} = {value}" for key, value in keys.items() if value is not None)
    return load_text(f"{sheet}\n[treatments.peel.rules.check]\n{rule}\n").clinic.treatments["peel"]
