"""How commands answer: exit codes, sentences for what is wrong, and the clinic's files opened."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import typer
from rich.console import Console

from reminders.config import ConfigFaults, load_config
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


@contextmanager
def answering() -> Iterator[None]:
    """Turn everything that a person can put right into a sentence and an exit code."""
    try:
        yield
    except InputRefusal as refusal:
        _stop(str(refusal), WRONG)
    except Refusal as refusal:
        _stop(str(refusal), REFUSED)
    except DatabaseTrouble as trouble:
        _stop(str(trouble), REFUSED)
    except (ConfigFaults, TemplateFaults) as faults:
        _stop(f"The configuration is not right yet:\n{_list_faults(faults)}", WRONG)
    except BrokenPipeError:
        # The reader, such as `head`, has seen enough; nothing is left to say to it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _list_faults(faults: ConfigFaults | TemplateFaults) -> str:
    return "\n".join(f"  {fault.path}: {fault.sentence}" for fault in faults.faults)


def _stop(sentence: str, code: int) -> None:
    errors.print(sentence, markup=False)
    raise typer.Exit(code)


def config_path(context: typer.Context) -> Path:
    return Path(context.obj or os.environ.get("REMINDERS_CONFIG") or "config.toml")


def open_configured(context: typer.Context) -> App:
    """The clinic's configuration, read and wired; connects to nothing yet."""
    return open_app(load_config(config_path(context), os.environ))


@contextmanager
def opened(context: typer.Context) -> Iterator[App]:
    """The same, with the database ready."""
    with answering():
        app = open_configured(context)
        try:
            app.prepare()
            yield app
        finally:
            app.close()


@contextmanager
def changing(context: typer.Context) -> Iterator[tuple[App, Transaction]]:
    with opened(context) as app, writing(app.engine) as tx:
        yield app, tx


@contextmanager
def looking(context: typer.Context) -> Iterator[tuple[App, Transaction]]:
    with opened(context) as app, reading(app.engine) as tx:
        yield app, tx
