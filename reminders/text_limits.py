"""How many texts are enough for one patient: which of those that would leave are too many (C7). Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from reminders.local_time import local_date
from reminders.model import TextLimits

_WEEK = 7


def list_too_many(
    texts: Mapping[datetime, int], left: Iterable[datetime], limits: TextLimits, zone: ZoneInfo
) -> set[datetime]:
    """Of `texts`, each with its priority by when it leaves, those that go beyond the limits.

    What has left counts first; then the texts of higher priority, and of one priority the earlier ones.
    """
    counts = Counter(local_date(at, zone) for at in left)
    too_many = set()
    for leave_at in sorted(texts, key=lambda at: (-texts[at], at)):
        day = local_date(leave_at, zone)
        if _has_room(counts, day, limits):
            counts[day] += 1
        else:
            too_many.add(leave_at)
    return too_many


def _has_room(counts: Mapping[date, int], day: date, limits: TextLimits) -> bool:
    """On the day, and in each of the seven weeks that hold it."""
    if counts.get(day, 0) >= limits.per_day:
        return False
    around = [counts.get(day + timedelta(days=days), 0) for days in range(1 - _WEEK, _WEEK)]
    return all(sum(around[start : start + _WEEK]) < limits.per_week for start in range(_WEEK))
