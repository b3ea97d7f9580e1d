"""From `[clinic]` and `[visits]` to what `rules.Clinic` holds of them."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, time
from functools import cache
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, available_timezones

import phonenumbers
from pydantic import (
    AfterValidator,
    Discriminator,
    Field,
    PlainValidator,
    Tag,
    ValidationInfo,
    field_validator,
    model_validator,
)

from reminders import rules
from reminders.config.faults import Fault, find_near_match
from reminders.config.figures import PARTS_OF_DAY, DurationTable, TimeTable
from reminders.config.parsing import Parsed, Table
from reminders.config.settings import EmailAddress
from reminders.config.values import Line, PositiveWhole, TimeOfDay, read_time
from reminders.model import TextLimits

EARLIEST, LATEST = time(8), time(21)


def read_window(value: Any) -> rules.Window | None:
    """A pair of times; an empty list is a closed day."""
    if value == []:
        return None
    if not isinstance(value, list) or len(value) != 2:
        raise ValueError('Write the first and the last time, such as ["08:00", "20:00"].')
    start, end = map(read_time, value)
    if end <= start:
        raise ValueError("Write a later time second; as it stands the day would have no hours.")
    return start, end


def read_sending_window(value: Any) -> rules.Window | None:
    window = read_window(value)
    if window and (window[0] < EARLIEST or window[1] > LATEST):
        raise ValueError("Stay within 08:00 and 21:00; no message may leave earlier or later.")
    return window


def _refuse_closed(window: rules.Window | None) -> rules.Window:
    if window is None:
        raise ValueError('Write the first and the last time, such as ["08:00", "20:00"]; not every day can be closed.')
    return window


DayWindow = Annotated[rules.Window | None, PlainValidator(read_window)]
SendingWindow = Annotated[rules.Window | None, PlainValidator(read_sending_window)]


class WeekTable(Table):
    """Every day by its name, so that no day is closed by being forgotten."""

    mon: DayWindow
    tue: DayWindow
    wed: DayWindow
    thu: DayWindow
    fri: DayWindow
    sat: DayWindow
    sun: DayWindow

    @property
    def windows(self) -> tuple[rules.Window | None, ...]:
        return (self.mon, self.tue, self.wed, self.thu, self.fri, self.sat, self.sun)

    @model_validator(mode="after")
    def check_open(self) -> WeekTable:
        if not any(self.windows):
            raise ValueError("Open at least one day; as it stands all seven are closed.")
        return self


class SendingWeekTable(WeekTable):
    mon: SendingWindow
    tue: SendingWindow
    wed: SendingWindow
    thu: SendingWindow
    fri: SendingWindow
    sat: SendingWindow
    sun: SendingWindow


def _pair_or_week(value: Any) -> str:
    return "<week>" if isinstance(value, dict | WeekTable) else "<pair>"


OpenPair = Annotated[rules.Window, PlainValidator(lambda value: _refuse_closed(read_window(value))), Tag("<pair>")]
SendingPair = Annotated[
    rules.Window, PlainValidator(lambda value: _refuse_closed(read_sending_window(value))), Tag("<pair>")
]
OpeningHours = Annotated[OpenPair | Annotated[WeekTable, Tag("<week>")], Discriminator(_pair_or_week)]
SendingHours = Annotated[SendingPair | Annotated[SendingWeekTable, Tag("<week>")], Discriminator(_pair_or_week)]


def list_windows(hours: rules.Window | WeekTable) -> tuple[rules.Window | None, ...]:
    """Seven, Monday first."""
    return hours.windows if isinstance(hours, WeekTable) else (hours,) * 7


def read_day(value: Any) -> date:
    if isinstance(value, str):
        with suppress(ValueError):
            return date.fromisoformat(value)
    # A TOML date-time is a date, too, to Python.
    if type(value) is date:
        return value
    raise ValueError('Write a day as "2026-12-24".')


ClosedDay = Annotated[date, PlainValidator(read_day)]


def read_parts(value: Any) -> dict[str, time]:
    if not isinstance(value, dict):
        raise ValueError('Write a table, such as { morning = "09:00", evening = "19:00" }.')
    return PARTS_OF_DAY | {part: read_time(clock) for part, clock in value.items()}


def check_holidays(place: str) -> str:
    """Such as `US` or `US-MA`: the names of the `holidays` library, which is an extra."""
    try:
        find_holidays(place)
    except ImportError:
        raise ValueError("Install the calendars first: pip install 'aftercare-reminders[holidays]'.") from None
    except NotImplementedError:
        raise ValueError('There is no calendar of this name; write one such as "US", "US-MA" or "GB-ENG".') from None
    return place


@cache
def find_holidays(place: str) -> Container[date]:
    """The public holidays of a country or a part of it, of any year."""
    import holidays

    country, _, subdivision = place.partition("-")
    return holidays.country_holidays(country, subdiv=subdivision or None)


@dataclass(frozen=True, kw_only=True)
class ClosedDays:
    """Single days, and the public holidays of a place."""

    days: frozenset[date]
    holidays: Container[date] = frozenset()

    def __contains__(self, day: object) -> bool:
        return day in self.days or day in self.holidays


def check_zone(name: str) -> str:
    zones = available_timezones()
    if name not in zones:
        near = find_near_match(name, zones)
        hint = f'did you mean "{near}"?' if near else 'write one such as "America/New_York".'
        raise ValueError(f"There is no time zone of this name; {hint}")
    return name


def check_country(code: str) -> str:
    if code not in phonenumbers.SUPPORTED_REGIONS:
        raise ValueError('Write the two capital letters of your country, such as "US" or "GB".')
    return code


TEXT_LIMITS = {"usual": TextLimits(per_day=5, per_week=12), "strict": TextLimits(per_day=1, per_week=3)}
"""Ready-made limits (C7)."""


class ClinicTable(Table):
    name: Line
    sms_name: Line
    country: Annotated[str, AfterValidator(check_country)]
    # After the country, which tells how to read it.
    phone: Line
    staff_email: EmailAddress
    time_zone: Annotated[str, AfterValidator(check_zone)]
    sending_hours: SendingHours = (time(8), time(20))
    default_procedure_time: TimeOfDay = time(12)
    opening_hours: OpeningHours | None = None
    closed_on: tuple[ClosedDay, ...] = ()
    holidays: Annotated[Line, AfterValidator(check_holidays)] | None = None
    parts_of_day: Annotated[dict[str, time], PlainValidator(read_parts)] = Field(default_factory=lambda: PARTS_OF_DAY)
    texts: Literal["usual", "strict"] = "usual"
    max_texts_per_day: PositiveWhole | None = None
    max_texts_per_week: PositiveWhole | None = None

    @field_validator("phone")
    @classmethod
    def check_phone(cls, phone: str, info: ValidationInfo) -> str:
        country = info.data.get("country")
        if country is None and not phone.startswith("+"):
            return phone  # The country is the fault; without it nobody can tell.
        if not is_phone(phone, country):
            raise ValueError("Write a phone number that exists in your country, or one with + and its country code.")
        return phone

    def build_text_limits(self) -> TextLimits:
        """The ready-made ones, but for those that are given."""
        ready = TEXT_LIMITS[self.texts]
        return TextLimits(
            per_day=self.max_texts_per_day or ready.per_day, per_week=self.max_texts_per_week or ready.per_week
        )

    def build_opening_hours(self) -> rules.OpeningHours | None:
        if self.opening_hours is None:
            return None
        return rules.OpeningHours(
            windows=list_windows(self.opening_hours),
            closed_on=ClosedDays(
                days=frozenset(self.closed_on), holidays=find_holidays(self.holidays) if self.holidays else frozenset()
            ),
        )


def check_clinic(parsed: Parsed[ClinicTable]) -> Iterator[Fault]:
    if parsed.table is not None:
        yield from _check_closed_days(parsed, parsed.table)
        yield from _check_text_limits(parsed, parsed.table)


def _check_text_limits(parsed: Parsed[ClinicTable], clinic: ClinicTable) -> Iterator[Fault]:
    keys = ("texts", "max_texts_per_day", "max_texts_per_week")
    limits = clinic.build_text_limits()
    if all(map(parsed.is_sound, keys)) and limits.per_week < limits.per_day:
        sentence = f"Allow as many in a week as in a day: at least {limits.per_day}."
        yield Fault("clinic.max_texts_per_week", sentence)


def _check_closed_days(parsed: Parsed[ClinicTable], clinic: ClinicTable) -> Iterator[Fault]:
    """Closed days are exceptions to the opening hours: alone they would change nothing."""
    if clinic.opening_hours is not None or not parsed.is_sound("opening_hours"):
        return
    for key, is_given in (("closed_on", bool(clinic.closed_on)), ("holidays", clinic.holidays is not None)):
        if is_given and parsed.is_sound(key):
            sentence = 'Add `opening_hours`, such as ["09:00", "17:00"]: without them nobody can tell the open days.'
            yield Fault(f"clinic.{key}", sentence)


def is_phone(phone: str, country: str | None) -> bool:
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(phone, country))
    except phonenumbers.NumberParseException:
        return False


class VisitsTable(Table):
    outcome_at: TimeTable = TimeTable(time=time(10), clinic_supplied=True)
    matches_within: DurationTable = DurationTable.model_validate({"days": 7, "clinic_supplied": True})
    correction_lead: DurationTable = DurationTable.model_validate({"hours": 2, "clinic_supplied": True})

    def build(self) -> rules.VisitRules:
        return rules.VisitRules(
            outcome_at=self.outcome_at.build(),
            matches_within=self.matches_within.build(),
            correction_lead=self.correction_lead.build(),
        )


def check_visits(parsed: Parsed[VisitsTable]) -> Iterator[Fault]:
    if parsed.table is None:
        return
    visits = parsed.table.build()
    within, lead = visits.matches_within, visits.correction_lead
    if parsed.is_sound("matches_within") and (within.unit.is_elapsed or within.value < 1):
        yield Fault("visits.matches_within", "Write days, weeks or months above 0.")
    if parsed.is_sound("correction_lead") and (not lead.unit.is_elapsed or lead.value < 1):
        yield Fault("visits.correction_lead", "Write hours or minutes above 0.")


def build_clinic(clinic: ClinicTable, visits: VisitsTable, treatments: Mapping[str, rules.Treatment]) -> rules.Clinic:
    return rules.Clinic(
        name=clinic.name,
        sms_name=clinic.sms_name,
        phone=clinic.phone,
        time_zone=ZoneInfo(clinic.time_zone),
        country=clinic.country,
        sending_hours=list_windows(clinic.sending_hours),
        default_procedure_time=clinic.default_procedure_time,
        visits=visits.build(),
        treatments=treatments,
        opening_hours=clinic.build_opening_hours(),
        text_limits=clinic.build_text_limits(),
    )
