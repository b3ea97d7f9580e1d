"""An invented clinic with a sheet of its own, in the shape of the real one, and ways to spoil either."""

from __future__ import annotations

import re
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType

from reminders.checking import FaultKind, Finding, Verdict, check_rules
from reminders.cli.rules import read_documents
from reminders.config import load_config
from reminders.messages import load_templates
from reminders.readings import list_readings
from tests.messages.messages_factories import SHIPPED, copy_shipped

INTRO = """Smooth Again

What we offer

Pits of up to 3 mm are common. At Pebble Lane we have offered two ways to smooth them for many years.

"""
ROLLER = """Roller Therapy

The roller is a gentle tool – most people are back at work within a matter of days. It takes only a few minutes to an
hour. Two to three visits are usual, with at least five weeks between them.

"""
LAMP = """Lamp Therapy

A gel is left on for 20 minutes to half an hour, and the lamp then needs about a quarter of an hour. For 4 to 6 days
the skin is rosy. It may be puffy for 1 or 2 days. Cool packs help in the first forty-eight hours, every 20 minutes.
Five to six visits are usual, two months apart.

"""
CLOSING = """Whichever of the two you choose, wear a hat for several weeks.

"""
VISITORS = """2 replies
  1. rowan_k
    rowan_k says:

    I had three visits, with 9 weeks between them. My cheeks were rosy for 12 days. Cool them every hour.

  2. Sasha
    Sasha says:

    Does it hurt?

"""
SHEET = INTRO + ROLLER + LAMP + CLOSING + VISITORS

CONFIG = """
[clinic]
name = "Pebble Lane Clinic"
sms_name = "Pebble Lane"
phone = "(617) 555-0142"
staff_email = "desk@pebblelane.example.org"
time_zone = "America/New_York"
country = "US"

[documents.sheet]
title = "Smooth Again"
file = "sheet.txt"
sha256 = "APPROVED"
clinic_text_ends_before = "2 replies"
[[documents.sheet.sections]]
name = "What we offer"
treatments = []
[[documents.sheet.sections]]
name = "Roller Therapy"
treatments = ["roller"]
[[documents.sheet.sections]]
name = "Lamp Therapy"
treatments = ["lamp"]
[[documents.sheet.sections]]
name = "At the end"
starts_with = "Whichever of the two"
treatments = ["roller", "lamp"]

[treatments.roller]
name = "Roller"
sessions = { count = [2, 3], source = { document = "sheet", section = "Roller Therapy", figure = "Two to three" } }
interval = { weeks = 5, bound = "at_least", source = { FIVE_WEEKS } }

[treatments.lamp]
name = "Lamp"
sessions = { count = [5, 6], source = { document = "sheet", section = "Lamp Therapy", figure = "Five to six" } }
interval = { months = 2, source = { document = "sheet", section = "Lamp Therapy", figure = "two months apart" } }

[treatments.lamp.rules.icing]
anchor = "procedure_end"
from = { hours = 0 }
repeat = { every = { hours = 12, clinic_supplied = true } }
until = { hours = 48, source = { document = "sheet", section = "Lamp Therapy", figure = "first forty-eight hours" } }
expires = "until"

[treatments.lamp.rules.swelling]
anchor = "procedure_date"
from = { days = 1, source = { document = "sheet", section = "Lamp Therapy", figure = "1 or 2 days" } }
at = { time = "10:00", clinic_supplied = true }
expires = { end_of_day = 2, source = { document = "sheet", section = "Lamp Therapy", figure = "1 or 2 days" } }

[treatments.lamp.rules.sunscreen]
anchor = "procedure_date"
from = { days = 1, clinic_supplied = true }
at = { time = "09:00", clinic_supplied = true }
expires = { end_of_day = 28, clinic_supplied = true }
""".replace("FIVE_WEEKS", 'document = "sheet", section = "Roller Therapy", figure = "at least five weeks"')

TEXTS = {
    "icing": "Cool packs may help: every 20 minutes, in the first 48 hours.",
    "swelling": "Expect it to be rosy for 4 to 6 days, and maybe puffy for 1 or 2 days. "
    "A gel stays on for 20-30 minutes, all else takes a quarter of an hour.",
    "sunscreen": "Please wear a hat for several weeks.",
}
"""What our rules say, by SMS and by email."""


def edit(text: str, old: str, new: str) -> str:
    assert text.count(old), f"there is no {old!r} to edit"
    return text.replace(old, new, 1)


def edit_sheet(old: str, new: str) -> str:
    return edit(SHEET, old, new)


def edit_config(old: str, new: str) -> str:
    return edit(CONFIG, old, new)


def cite(rule_figure: str, section: str, words: str) -> str:
    """The configuration with another interval for the roller, citing these words."""
    interval = next(line for line in CONFIG.splitlines() if line.startswith("interval = { weeks = 5"))
    source = f'source = {{ document = "sheet", section = "{section}", figure = "{words}" }}'
    return edit_config(interval, f"interval = {{ {rule_figure}, {source} }}")


def check(
    sheet: str = SHEET,
    config: str = CONFIG,
    *,
    approved: str | None = None,
    texts: Mapping[str, str] = MappingProxyType({}),
    files: Mapping[str, str] = MappingProxyType({}),
) -> list[Finding]:
    """What the check finds, the sheet being approved as it is, unless another text was.

    `texts` are what rules say, `files` single templates.
    """
    approval = sha256((sheet if approved is None else approved).encode()).hexdigest()
    with TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "sheet.txt").write_bytes(sheet.encode())
        (root / "config.toml").write_text(config.replace("APPROVED", approval), "utf-8")
        loaded = load_config(root / "config.toml", {})
        said = {**TEXTS, **texts}
        sources = {f"{rule}/{kind}.txt": text for rule, text in said.items() for kind in ("sms", "email")}
        sources |= files
        rules = [rule for treatment in loaded.clinic.treatments.values() for rule in treatment.rules]
        templates = load_templates(copy_shipped(root, sources), loaded.clinic, rules)
        return check_rules(loaded.clinic, read_documents(root, loaded.documents), list(list_readings(templates)))


def list_failing(findings: list[Finding]) -> list[tuple[str, FaultKind]]:
    """Where a fault is, and of which kind."""
    failing = [finding for finding in findings if finding.verdict is Verdict.FAILS]
    return [(say_where(finding), fault.kind) for finding in failing for fault in finding.faults]


def list_hints(findings: list[Finding]) -> list[tuple[str, str]]:
    """Where a hint belongs, and what the document says there."""
    return [(say_where(finding), finding.says) for finding in findings if finding.verdict is Verdict.HINT]


def list_sentences(findings: list[Finding]) -> list[str]:
    failing = [finding for finding in findings if finding.verdict is Verdict.FAILS]
    return [fault.sentence for finding in failing for fault in finding.faults]


def say_where(finding: Finding) -> str:
    return " ".join(filter(None, (finding.treatment, finding.rule, finding.key))) or finding.document


def lay_templates(folder: Path) -> None:
    """The shipped texts, beside a configuration in `folder`."""
    templates = folder / "templates"
    if not templates.exists():
        templates.symlink_to(SHIPPED.parent, target_is_directory=True)


def approve(config: str, document: str) -> str:
    """The configuration with this document's hash in the place of the one that was approved."""
    return re.sub(r'sha256 = "[0-9a-f]{64}"', f'sha256 = "{sha256(document.encode()).hexdigest()}"', config)
