"""Logs as JSON lines on standard error: ids, never names, numbers, addresses or texts."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

_LOUD = ("twilio", "urllib3", "aiohttp", "apscheduler", "alembic", "sqlalchemy.engine", "asyncio")
"""Libraries that print requests, and with them numbers, or their own business."""

_NUMBER = re.compile(r"\+?\d[\d ().-]{6,}\d")
_ADDRESS = re.compile(r"[^\s@<>\"']+@[^\s@<>\"']+")
_SPARED = frozenset({"timestamp", "event", "level"})


def configure_logs(level: str = "INFO") -> None:
    """For the programs we start; tests and libraries keep their own."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.dict_tracebacks,
            redact,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


def quiet_libraries() -> None:
    for name in _LOUD:
        logging.getLogger(name).setLevel(logging.CRITICAL)


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
