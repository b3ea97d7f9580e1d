from __future__ import annotations

from datetime import date, time

import pytest

from reminders.messages.dates import name_day, name_time


def test_days_read_as_in_the_country_of_the_clinic() -> None:
    assert name_day(date(2026, 3, 24), "US") == "Tuesday, March 24"
    assert name_day(date(2026, 3, 24), "GB") == "Tuesday 24 March"


@pytest.mark.parametrize(
    ("at", "in_us", "elsewhere"),
    [
        (time(0, 5), "12:05 AM", "00:05"),
        (time(9), "9:00 AM", "09:00"),
        (time(12), "12:00 PM", "12:00"),
        (time(14, 30), "2:30 PM", "14:30"),
    ],
)
def test_times_read_as_in_the_country_of_the_clinic(at: time, in_us: str, elsewhere: str) -> None:
    assert (name_time(at, "US"), name_time(at, "GB")) == (in_us, elsewhere)
