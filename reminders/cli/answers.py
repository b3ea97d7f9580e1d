"""How commands answer: exit codes, sentences for what is wrong, and the clinic's files opened."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from textwrap import indent

import structlog
import typer
from rich.console import Console

from reminders.cli.printing import print_json
from reminders.config import ConfigFaults, load_config
from reminders.logs import LEVELS, configure_logs
from reminders.messages import TemplateFaults
from reminders.model import InputRefusal, Refusal
from reminders.store.engine import Transaction, reading, writing
from reminders.store.trouble import DatabaseTrouble
from reminders.wiring import App, open_app

REFUSED = 1
"""Refused, or unwell: a database that is down, too."""
WRONG = 2
"""Wrong input or configuration."""

errors = Console(stderr=True, soft_wrap=True, highlight=False)

_log = structlog.get_logger()


@contextmanager
def answering(*, as_json: bool = False) -> Iterator[None]:
    """Turn everything that a person can put right into a sentence and an exit code.

    `as_json`: the faults of the configuration are also told one JSON object a line, on standard output.
    """
    try:
        yield
    except InputRefusal as refusal:
        _stop(str(refusal), WRONG)
    except Refusal as refusal:
        _stop(str(refusal), REFUSED)
    except DatabaseTrouble as trouble:
        _stop(str(trouble), REFUSED)
    except (ConfigFaults, TemplateFaults) as faults:
        if as_json and isinstance(faults, ConfigFaults):
            print_json(fault.as_json() for fault in faults.faults)
        _stop(f"The configuration is not right yet:\n{indent(str(faults), '  ')}", WRONG)


def _stop(sentence: str, code: int) -> None:
    errors.print(sentence, markup=False)
    raise typer.Exit(code)


def say_unexpected(error: Exception) -> int:
    """The last resort, for a fault of the program; returns the exit code. Where it lies is told at DEBUG only."""
    _log.debug("unexpected", exc_info=error)
    errors.print(
        f"Something went wrong inside the program ({type(error).__name__}). See with `reminders list` what was saved; "
        "for a report to whoever keeps the program, run it again with REMINDERS_LOG_LEVEL=DEBUG.",
        markup=False,
    )
    return REFUSED


def start_logs(default: str) -> None:
    """Log to standard error at the level that the environment names."""
    level = (os.environ.get("REMINDERS_LOG_LEVEL") or default).upper()
    if level not in LEVELS:
        raise InputRefusal(f"REMINDERS_LOG_LEVEL names no level: set it to one of {', '.join(LEVELS)}.")
    configure_logs(level)


def config_path(context: typer.Context) -> Path:
    return Path(context.obj or os.environ.get("REMINDERS_CONFIG") or "config.toml")


def open_configured(context: typer.Context) -> App:
    """The clinic's configuration, read and wired; connects to nothing yet."""
    return open_app(load_config(config_path(context), os.environ))


@contextmanager
def opened(context: typer.Context, *, is_prepared: bool = True) -> Iterator[App]:
    """The same, with the database brought to this release's schema, unless it is to be left as it is."""
    with answering():
        app = open_configured(context)
        try:
            if is_prepared:
                app.prepare()
            yield app
        finally:
            app.close()


# What a transaction yields is printed after it has ended: a pager that nobody closes would hold the database, and a
# pipe that breaks would undo what was entered.


@contextmanager
def changing(context: typer.Context) -> Iterator[tuple[App, Transaction]]:
    with opened(context) as app, writing(app.engine) as tx:
        yield app, tx


@contextmanager
def looking(context: typer.Context) -> Iterator[tuple[App, Transaction]]:
    with opened(context) as app, reading(app.engine) as tx:
        yield app, tx
