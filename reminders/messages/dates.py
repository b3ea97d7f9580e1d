"""How a day and a time of day read in a text. Callers pass local values; nothing here converts zones."""

from __future__ import annotations

from datetime import date, time

# Not strftime: its names follow the server's locale, not the clinic's language.
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


def name_day(day: date, country: str) -> str:
    """`Tuesday, March 24` in the US, `Tuesday 24 March` elsewhere."""
    weekday, month = _WEEKDAYS[day.weekday()], _MONTHS[day.month - 1]
    return f"{weekday}, {month} {day.day}" if country == "US" else f"{weekday} {day.day} {month}"


def name_time(at: time, country: str) -> str:
    """`2:30 PM` in the US, `14:30` elsewhere."""
    if country != "US":
        return f"{at.hour:02}:{at.minute:02}"
    return f"{at.hour % 12 or 12}:{at.minute:02} {'AM' if at.hour < 12 else 'PM'}"
