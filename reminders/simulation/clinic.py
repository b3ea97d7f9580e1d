"""What a scenario may change about the clinic, for this rehearsal only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Annotated, Any, NoReturn
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, PlainValidator

from reminders import rules
from reminders.config.clinic import (
    ClosedDay,
    ClosedDays,
    OpeningHours,
    SendingHours,
    check_country,
    check_holidays,
    check_zone,
    find_holidays,
    list_windows,
)
from reminders.config.faults import Fault
from reminders.config.parsing import Table
from reminders.config.paths import join_path
from reminders.config.values import Line, TimeOfDay
from reminders.rules import Clinic


def refuse_parts(_: Any) -> NoReturn:
    raise ValueError("Set the parts of the day in the configuration: its rules have their times before this is read.")


def refuse_address(_: Any) -> NoReturn:
    raise ValueError("Leave this out: a rehearsal shows what the staff would get, and sends nothing.")


class ClinicChanges(Table):
    """The keys of `[clinic]` that a rehearsal can show; none of them is needed."""

    name: Line | None = None
    sms_name: Line | None = None
    phone: Line | None = None
    country: Annotated[str, AfterValidator(check_country)] | None = None
    time_zone: Annotated[str, AfterValidator(check_zone)] | None = None
    sending_hours: SendingHours | None = None
    default_procedure_time: TimeOfDay | None = None
    opening_hours: OpeningHours | None = None
    closed_on: tuple[ClosedDay, ...] | None = None
    holidays: Annotated[Line, AfterValidator(check_holidays)] | None = None
    parts_of_day: Annotated[None, PlainValidator(refuse_parts)] = None
    staff_email: Annotated[None, PlainValidator(refuse_address)] = None

    def apply(self, clinic: Clinic) -> Clinic:
        hours = self.sending_hours
        return replace(
            clinic,
            name=self.name or clinic.name,
            sms_name=self.sms_name or clinic.sms_name,
            phone=self.phone or clinic.phone,
            country=self.country or clinic.country,
            time_zone=ZoneInfo(self.time_zone) if self.time_zone else clinic.time_zone,
            sending_hours=list_windows(hours) if hours is not None else clinic.sending_hours,
            # Midnight is a time, too.
            default_procedure_time=clinic.default_procedure_time
            if self.default_procedure_time is None
            else self.default_procedure_time,
            opening_hours=self._change_opening_hours(clinic.opening_hours),
        )

    def _change_opening_hours(self, own: rules.OpeningHours | None) -> rules.OpeningHours | None:
        if self.opening_hours is not None:
            windows = list_windows(self.opening_hours)
        elif own is not None:
            windows = own.windows
        else:
            return None
        closed = own.closed_on if own and isinstance(own.closed_on, ClosedDays) else ClosedDays(days=frozenset())
        return rules.OpeningHours(
            windows=windows,
            closed_on=ClosedDays(
                days=closed.days if self.closed_on is None else frozenset(self.closed_on),
                holidays=closed.holidays if self.holidays is None else find_holidays(self.holidays),
            ),
        )


def check_changes(changes: ClinicChanges, clinic: Clinic, place: str) -> Iterator[Fault]:
    """Closed days are exceptions to the opening hours: alone they would change nothing."""
    if changes.opening_hours is not None or clinic.opening_hours is not None:
        return
    for key, is_given in (("closed_on", bool(changes.closed_on)), ("holidays", changes.holidays is not None)):
        if is_given:
            yield Fault(join_path(place, key), "Add `opening_hours`: the configuration has none.")
