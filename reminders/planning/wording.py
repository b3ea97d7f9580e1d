"""How dates stand in the sentences of tasks. Pure."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo


def say_day(day: date) -> str:
    """Such as 'Tue 24 Mar 2026'."""
    return f"{day:%a} {day.day} {day:%b %Y}"


def say_visit(instant: datetime, zone: ZoneInfo) -> str:
    """Such as 'Tue 24 Mar 2026, 14:30', on the clinic's clock."""
    local = instant.astimezone(zone)
    return f"{say_day(local.date())}, {local:%H:%M}"
