"""What people type, read once: moments, numbers, addresses, names. Raises InputRefusal with what to do. Pure."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

import phonenumbers
from email_validator import EmailNotValidError, validate_email

from reminders.local_time import is_in_gap, local_date, resolve_local
from reminders.model import InputRefusal, Precision

EARLIEST = timedelta(days=365 * 5)
"""A procedure older than this is a slip of the year."""

LATEST = timedelta(days=365 * 5)
"""So is a booking further ahead than this."""

LONGEST = 200
"""Letters in a line."""

_WHEN = re.compile(
    r"(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2})?)(Z|[+-]\d{2}:?\d{2})?)?", re.IGNORECASE | re.ASCII
)
_JOINERS = str.maketrans("", "", "\u200c\u200d")
"""They print nothing, and some scripts cannot be spelt without them."""

_YEARS = range(1900, 2200)
"""Any other year is a slip, and at the ends of the calendar nothing can be counted from it."""


@dataclass(frozen=True, kw_only=True)
class When:
    """A typed moment: the instant, and whether a time was given."""

    at: datetime
    precision: Precision

    def is_future(self, now: datetime, zone: ZoneInfo) -> bool:
        """A date alone is in the future only by its date (P9)."""
        if self.precision is Precision.DATE:
            return local_date(self.at, zone) > local_date(now, zone)
        return self.at > now

    def is_past(self, now: datetime, zone: ZoneInfo) -> bool:
        if self.precision is Precision.DATE:
            return local_date(self.at, zone) < local_date(now, zone)
        return self.at <= now


def read_when(text: str, zone: ZoneInfo, default_time: time) -> When:
    """Read `YYYY-MM-DD[THH:MM]`, on the clinic's clock or with an offset.

    A date alone stands at the clinic's default time, so that rules in hours have something to count from.
    """
    match = _WHEN.fullmatch(text.strip())
    if not match:
        raise InputRefusal(f"'{text}' is not a time: write it as 2026-03-24 or 2026-03-24T14:30.")
    day, clock, offset = match.groups()
    try:
        on = date.fromisoformat(day)
        if on.year not in _YEARS:
            raise InputRefusal(f"'{text}' lies in another age: check the year.")
        # A minute is as precise as a reminder gets.
        at = time.fromisoformat(clock).replace(second=0) if clock else None
        if at is None:
            return When(at=resolve_local(on, default_time, zone), precision=Precision.DATE)
        wall = datetime.combine(on, at)
        instant = _with_offset(wall, offset) if offset else _on_clock(wall, zone)
    except ValueError:
        raise InputRefusal(f"'{text}' does not exist in the calendar: check day and time.") from None
    return When(at=instant, precision=Precision.MINUTE)


def _with_offset(wall: datetime, offset: str) -> datetime:
    try:
        return datetime.fromisoformat(f"{wall.isoformat()}{offset.upper()}").astimezone(UTC)
    except ValueError:
        raise InputRefusal(f"'{offset}' is not an offset from UTC: write it as -05:00 or Z.") from None


def _on_clock(wall: datetime, zone: ZoneInfo) -> datetime:
    if is_in_gap(wall, zone):
        raise InputRefusal(
            f"{wall:%H:%M} did not exist on {wall:%Y-%m-%d}: the clocks went forward. Check the time, or add an offset."
        )
    return resolve_local(wall.date(), wall.time(), zone)


def read_phone(text: str, country: str) -> str:
    """The number in E.164; one without a country code is read as the clinic's country's."""
    try:
        number = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        number = None
    if number is None or not phonenumbers.is_valid_number(number) or number.extension:
        raise InputRefusal("This is not a phone number that texts can reach: check the digits and the country code.")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def read_email(text: str) -> str:
    """The address, normalised, so that the same mailbox is the same text. No network is asked."""
    try:
        checked = validate_email(text.strip(), check_deliverability=False)
    except EmailNotValidError:
        raise InputRefusal("This is not an email address: check for a missing @ or a misspelt domain.") from None
    return checked.normalized.lower()


def read_time_zone(text: str) -> str:
    if text not in _list_time_zones():
        raise InputRefusal(f"'{text}' is not a time zone: write it as America/New_York or Europe/Paris.")
    return text


@cache
def _list_time_zones() -> set[str]:
    # It searches folders for them: ten milliseconds each time.
    return available_timezones()


def read_name(text: str) -> str:
    # Keyboards differ in how they write an accent; composed, the same name is the same text.
    return read_line(unicodedata.normalize("NFC", text), "The name")


def read_line(text: str, what: str) -> str:
    """The text with single spaces. `what` begins the sentence where it is none, too long, or not meant to be read."""
    line = " ".join(text.split())
    if not line or len(line) > LONGEST or not is_readable(line):
        raise InputRefusal(f"{what} must be one line of 1 to {LONGEST} letters, without control characters.")
    return line


def is_readable(text: str) -> bool:
    """Whether it holds letters alone: no control characters, and no bytes that are no text."""
    return text.translate(_JOINERS).isprintable()


def fold_for_search(name: str) -> str:
    """The name as people look for it: accents make no difference, either."""
    apart = unicodedata.normalize("NFKD", fold_name(name))
    return "".join(character for character in apart if not unicodedata.combining(character))


def fold_name(name: str) -> str:
    """The name for comparison: case and spacing do not make another person."""
    return " ".join(unicodedata.normalize("NFC", name.casefold()).split())
