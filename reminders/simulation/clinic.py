"""What a scenario may change about the clinic, for this rehearsal only."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator

from reminders.config.clinic import SendingHours, WeekTable, check_country, check_zone
from reminders.config.parsing import Table
from reminders.config.values import Line, TimeOfDay
from reminders.rules import Clinic, Window


class ClinicChanges(Table):
    """Every key of `[clinic]` that a rehearsal can show, and none of them needed."""

    name: Line | None = None
    sms_name: Line | None = None
    phone: Line | None = None
    country: Annotated[str, AfterValidator(check_country)] | None = None
    time_zone: Annotated[str, AfterValidator(check_zone)] | None = None
    sending_hours: SendingHours | None = None
    default_procedure_time: TimeOfDay | None = None

    def apply(self, clinic: Clinic) -> Clinic:
        hours = self.sending_hours
        return replace(
            clinic,
            name=self.name or clinic.name,
            sms_name=self.sms_name or clinic.sms_name,
            phone=self.phone or clinic.phone,
            country=self.country or clinic.country,
            time_zone=ZoneInfo(self.time_zone) if self.time_zone else clinic.time_zone,
            sending_hours=_windows(hours) if hours is not None else clinic.sending_hours,
            # Midnight is a time, too.
            default_procedure_time=clinic.default_procedure_time
            if self.default_procedure_time is None
            else self.default_procedure_time,
        )


def _windows(hours: Window | WeekTable) -> tuple[Window | None, ...]:
    return hours.windows if isinstance(hours, WeekTable) else (hours,) * 7
