"""From `[clinic]` and `[visits]` to what `rules.Clinic` holds of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import time
from typing import Annotated, Any
from zoneinfo import ZoneInfo, available_timezones

import phonenumbers
from pydantic import (
    AfterValidator,
    Discriminator,
    PlainValidator,
    Tag,
    ValidationInfo,
    field_validator,
    model_validator,
)

from reminders import rules
from reminders.config.faults import Fault, find_near_match
from reminders.config.figures import DurationTable, TimeTable
from reminders.config.parsing import Parsed, Table
from reminders.config.settings import EmailAddress
from reminders.config.values import Line, TimeOfDay, read_time

EARLIEST, LATEST = time(8), time(21)


def read_window(value: Any) -> rules.Window | None:
    """A pair of times; an empty list is a closed day."""
    if value == []:
        return None
    if not isinstance(value, list) or len(value) != 2:
        raise ValueError('Write the first and the last time, such as ["08:00", "20:00"].')
    start, end = map(read_time, value)
    if start < EARLIEST or end > LATEST:
        raise ValueError("Stay within 08:00 and 21:00; no message may leave earlier or later.")
    if end <= start:
        raise ValueError("Write a later time second; as it stands no message could leave.")
    return start, end


def read_open_window(value: Any) -> rules.Window:
    window = read_window(value)
    if window is None:
        raise ValueError('Write the first and the last time, such as ["08:00", "20:00"]; not every day can be closed.')
    return window


DayWindow = Annotated[rules.Window | None, PlainValidator(read_window)]


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
            raise ValueError("Open at least one day; as it stands no message could ever leave.")
        return self


SendingHours = Annotated[
    Annotated[rules.Window, PlainValidator(read_open_window), Tag("<pair>")] | Annotated[WeekTable, Tag("<week>")],
    Discriminator(lambda value: "<week>" if isinstance(value, dict | WeekTable) else "<pair>"),
]


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

    @field_validator("phone")
    @classmethod
    def check_phone(cls, phone: str, info: ValidationInfo) -> str:
        country = info.data.get("country")
        if country is None and not phone.startswith("+"):
            return phone  # The country is the fault; without it nobody can tell.
        if not is_phone(phone, country):
            raise ValueError("Write a phone number that exists in your country, or one with + and its country code.")
        return phone

    @property
    def windows(self) -> tuple[rules.Window | None, ...]:
        return self.sending_hours.windows if isinstance(self.sending_hours, WeekTable) else (self.sending_hours,) * 7


def is_phone(phone: str, country: str | None) -> bool:
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(phone, country))
    except phonenumbers.NumberParseException:
        return False


class VisitsTable(Table):
    outcome_at: TimeTable = TimeTable(time=time(10), clinic_supplied=True)
    matches_within: DurationTable = DurationTable(days=7, clinic_supplied=True)
    correction_lead: DurationTable = DurationTable(hours=2, clinic_supplied=True)

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
        sending_hours=clinic.windows,
        default_procedure_time=clinic.default_procedure_time,
        visits=visits.build(),
        treatments=treatments,
    )
