"""Logs as JSON lines on standard error: ids, never names, numbers, addresses or texts."""

from __future__ import annotations

import logging
import re
import sys
import traceback
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

import structlog

LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")

_LOUD = ("twilio", "urllib3", "aiohttp", "apscheduler", "alembic", "sqlalchemy", "psycopg", "asyncio")
"""Libraries that print requests, and with them numbers, or their own business."""

_NUMBER = re.compile(r"\+?\d[\d ().-]{6,}\d")
_ADDRESS = re.compile(r"[^\s@<>\"']+@[^\s@<>\"']+")
_SPARED = frozenset({"timestamp", "event", "level"})


def _log_to_stderr(*args: object) -> structlog.PrintLogger:
    """Standard error as it is at that moment: a stream that was replaced may be closed by now."""
    return structlog.PrintLogger(sys.stderr)


def configure_logs(level: str = "INFO") -> None:
    """For the programs we start; tests and libraries keep their own. `level` is one of LEVELS."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            trace_error,
            redact,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        logger_factory=_log_to_stderr,
    )


def quiet_libraries() -> None:
    for name in _LOUD:
        logging.getLogger(name).setLevel(logging.CRITICAL)


def trace_error(logger: object, method: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """An error as its type and the places it came through; never its words or the variables there, which may name
    a patient."""
    error = line.pop("exc_info", None)
    if error is True:
        error = sys.exception()
    if isinstance(error, BaseException):
        line["trace"] = [type(error).__name__, *map(_say_place, traceback.extract_tb(error.__traceback__))]
    return line


def _say_place(frame: traceback.FrameSummary) -> str:
    path = Path(frame.filename)
    return f"{path.parent.name}/{path.name}:{frame.lineno} {frame.name}"


def redact(logger: object, method: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """The last guard: anything that looks like a number or an address is blanked, wherever it came from."""
    return {key: value if key in _SPARED else _blank(value) for key, value in line.items()}


def _blank(value: object) -> object:
    if isinstance(value, str):
        return _ADDRESS.sub("[address]", _NUMBER.sub("[number]", value))
    if isinstance(value, dict):
        return {key: _blank(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_blank(item) for item in value]
    return value
