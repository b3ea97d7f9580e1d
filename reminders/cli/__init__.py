"""The command line: what the front desk and the person who runs the service type."""

from __future__ import annotations

import sys

# Each of these adds its commands, in the order in which the help lists them.
# isort: off
from reminders.cli import procedures, events, overrides, sessions, patients, looking  # noqa: F401
from reminders.cli import rules, simulate, replan, serving, seeding, users, running  # noqa: F401

# isort: on
from reminders.cli.answers import say_unexpected
from reminders.cli.options import cli


def main() -> None:
    """Run one command and exit with its code."""
    try:
        cli()
    except Exception as error:  # noqa: BLE001 - whatever it is, nobody at a desk is shown a stack trace
        sys.exit(say_unexpected(error))


__all__ = ["cli", "main"]
