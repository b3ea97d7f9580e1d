"""Moments as pages and scripts write them, and the clinic's days. Pure."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from reminders.local_time import local_date, resolve_local
from reminders.rules import Clinic


def utc(instant: datetime) -> str:
    """Such as 2026-03-24T14:00:00Z."""
    return instant.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def zone_of(clinic: Clinic, own: str | None) -> ZoneInfo:
    """The patient's own zone, or the clinic's."""
    return ZoneInfo(own) if own else clinic.time_zone


def today_of(clinic: Clinic, now: datetime) -> date:
    """The day on the clinic's clock."""
    return local_date(now, clinic.time_zone)


def midnight_before(clinic: Clinic, day: date) -> datetime:
    """When the day begins on the clinic's clock."""
    return resolve_local(day, time(0), clinic.time_zone)


def midnight_after(clinic: Clinic, day: date) -> datetime:
    return midnight_before(clinic, day + timedelta(days=1))
