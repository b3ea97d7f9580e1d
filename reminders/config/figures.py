"""The figures of the rule language as the file writes them, each with a source or `clinic_supplied = true`."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import time
from typing import Annotated, Any

from pydantic import PlainValidator, ValidationInfo, model_validator

from reminders import rules
from reminders.config.faults import Fault, find_near_match, list_choices
from reminders.config.parsing import Parsed, Table
from reminders.config.paths import join_path
from reminders.config.values import Line, TimeOfDay, Whole, YesNo, read_time

MINUTES = {
    rules.Unit.MINUTES: (1, 1),
    rules.Unit.HOURS: (60, 60),
    rules.Unit.DAYS: (1440, 1440),
    rules.Unit.WEEKS: (7 * 1440, 7 * 1440),
    rules.Unit.MONTHS: (28 * 1440, 31 * 1440),
}
"""The shortest and the longest each unit can be; a change of the clocks does not matter to any check."""

PARTS_OF_DAY = {"morning": time(9), "noon": time(12), "afternoon": time(15), "evening": time(19)}
"""Where the clinic sets no others."""

TEN_YEARS = 10 * 366 * 1440


def shortest(length: rules.Duration) -> int:
    return min(length.value * minutes for minutes in MINUTES[length.unit])


def longest(length: rules.Duration) -> int:
    return max(length.longest.value * minutes for minutes in MINUTES[length.unit])


class SourceTable(Table):
    document: Line
    section: Line
    figure: Line

    def build(self) -> rules.Source:
        return rules.Source(document=self.document, section=self.section, figure=self.figure)


class Figure(Table):
    """Whatever claims something: a length, a number, a time."""

    source: SourceTable | None = None
    clinic_supplied: YesNo = False

    @property
    def cited(self) -> rules.Source | None:
        return self.source.build() if self.source else None


def read_span(value: Any) -> tuple[int, int]:
    """A whole number, or a range of two; from the file or, where it is set by a variable, as digits in a text."""
    numbers = value if isinstance(value, list) else [value, value]
    if bool in map(type, numbers):
        raise ValueError("Write a number, not true or false.")
    try:
        near, far = (int(number) for number in numbers if isinstance(number, int | str))
    except ValueError:
        raise ValueError("Write a whole number, such as 5, or a range, such as [10, 14].") from None
    if near > far or (isinstance(value, list) and near == far):
        raise ValueError(
            "Write a whole number, such as 5, or a range from a smaller to a larger one, such as [10, 14]."
        )
    return near, far


Span = Annotated[tuple[int, int], PlainValidator(read_span)]


class Lengths(Figure):
    """The unit is the key: `{ days = 2 }`."""

    minutes: Span | None = None
    hours: Span | None = None
    days: Span | None = None
    weeks: Span | None = None
    months: Span | None = None
    bound: rules.Bound = rules.Bound.NOMINAL

    def lengths(self) -> list[tuple[rules.Unit, tuple[int, int]]]:
        written = ((unit, getattr(self, unit.value)) for unit in rules.Unit)
        return [(unit, value) for unit, value in written if value is not None]

    def build_length(self) -> rules.Duration:
        ((unit, (near, far)),) = self.lengths()
        return rules.Duration(
            value=near, unit=unit, bound=self.bound, most=far if far != near else None, source=self.cited
        )


class DurationTable(Lengths):
    @model_validator(mode="after")
    def check_length(self) -> DurationTable:
        if len(self.lengths()) != 1:
            raise ValueError("Write one length, in minutes, hours, days, weeks or months, such as { days = 2 }.")
        refuse_endless(self.build_length())
        return self

    def build(self) -> rules.Duration:
        return self.build_length()


class ExpiresTable(Lengths):
    end_of_day: Whole | None = None
    after_due: YesNo = False

    @model_validator(mode="after")
    def check_moment(self) -> ExpiresTable:
        if len(self.lengths()) + (self.end_of_day is not None) != 1:
            raise ValueError("Write one moment, such as { end_of_day = 3 } or { hours = 24 }.")
        if self.after_due and self.end_of_day is not None:
            raise ValueError("Write a length with after_due, such as { hours = 3, after_due = true }.")
        if self.end_of_day is None:
            refuse_endless(self.build_length())
        elif abs(self.end_of_day) * 1440 > TEN_YEARS:
            raise ValueError("Write a day within ten years.")
        return self

    def build(self) -> rules.EndOfDay | rules.AfterDue | rules.Duration:
        if self.end_of_day is not None:
            return rules.EndOfDay(day=self.end_of_day, source=self.cited)
        return rules.AfterDue(length=self.build_length()) if self.after_due else self.build_length()


def refuse_endless(length: rules.Duration) -> None:
    """What counts past the last year of the calendar would stop the planner."""
    if max(abs(shortest(length)), abs(longest(length))) > TEN_YEARS:
        raise ValueError("Write a length of at most ten years.")


def read_count(value: Any) -> tuple[int, int]:
    numbers = value if isinstance(value, list) else [value, value]
    try:
        least, most = (int(number) for number in numbers if isinstance(number, int | str))
    except ValueError:
        raise ValueError("Write a whole number such as 6, or a range such as [4, 5].") from None
    if bool in map(type, numbers) or not 1 <= least <= most or (isinstance(value, list) and least == most):
        raise ValueError("Write a number of at least 1, or a range from a smaller to a larger one, such as [4, 5].")
    return least, most


class CountTable(Figure):
    count: Annotated[tuple[int, int], PlainValidator(read_count)]

    def build(self) -> rules.Count:
        least, most = self.count
        return rules.Count(least=least, most=most, source=self.cited)


class TimeTable(Figure):
    """A time of day, or a part of the day, whose time the clinic has set."""

    time: TimeOfDay | None = None
    part: Line | None = None

    @model_validator(mode="before")
    @classmethod
    def look_up_part(cls, raw: Any, info: ValidationInfo) -> Any:
        if not isinstance(raw, dict) or ("time" in raw) == ("part" in raw):
            if isinstance(raw, dict):
                raise ValueError('Write one time, such as { time = "10:00" } or { part = "morning" }.')
            return raw
        return raw if "time" in raw else {**raw, "time": find_part(raw["part"], info)}

    def build(self) -> rules.ClockTime:
        assert self.time is not None, "a part of the day has been looked up"
        return rules.ClockTime(value=self.time, part=self.part, source=self.cited)


def find_part(word: Any, info: ValidationInfo) -> time:
    """The clock time of a part of the day, as `[clinic.parts_of_day]` has it."""
    parts: Mapping[str, time] = (info.context or {}).get("parts", PARTS_OF_DAY)
    if word in parts:
        return parts[word]
    if not parts:
        raise ValueError('Write the time itself, such as "10:00".')
    raise ValueError(f"This part of the day is not in [clinic.parts_of_day]; write {list_choices(list(parts))}.")


def read_slots(value: Any, info: ValidationInfo) -> tuple[time, ...]:
    if not isinstance(value, list) or not value:
        raise ValueError('Write the times of the day, such as ["08:00", "14:00", "evening"].')
    clocks = [_read_slot(each, info) for each in value]
    if clocks != sorted(set(clocks)):
        raise ValueError("Write each time once, the earliest first.")
    return tuple(clocks)


def _read_slot(value: Any, info: ValidationInfo) -> time:
    is_part = isinstance(value, str) and not value[:1].isdigit()
    return find_part(value, info) if is_part else read_time(value)


class SlotsTable(Figure):
    times: Annotated[tuple[time, ...], PlainValidator(read_slots)]

    def build(self) -> rules.Slots:
        return rules.Slots(times=self.times, source=self.cited)


def list_figures(table: Table, path: str = "") -> Iterator[tuple[str, Figure]]:
    """Every figure in a table and the tables in it, with its path."""
    for name, field in type(table).model_fields.items():
        value = getattr(table, name)
        key = join_path(path, field.alias or name)
        if isinstance(value, Figure):
            yield key, value
        elif isinstance(value, Table):
            yield from list_figures(value, key)
        elif isinstance(value, tuple):
            for number, each in enumerate(value):
                if isinstance(each, Table):
                    yield from list_figures(each, join_path(key, number))


def check_sources(parsed: Parsed[Any], path: str, documents: Collection[str]) -> Iterator[Fault]:
    for key, figure in list_figures(parsed.table) if parsed.table else ():
        if parsed.is_sound(key):
            yield from check_source(figure, key, join_path(path, key), documents)


def check_source(figure: Figure, key: str, path: str, documents: Collection[str]) -> Iterator[Fault]:
    if figure.source and figure.clinic_supplied:
        yield Fault(path, "Keep either the source or clinic_supplied = true, not both.")
    if not figure.source and not figure.clinic_supplied and not is_at_the_anchor(figure, key):
        yield Fault(path, "Say where this figure comes from: add its source, or clinic_supplied = true if it is yours.")
    if figure.source and figure.source.document not in documents:
        near = find_near_match(figure.source.document, documents)
        hint = f'did you mean "{near}"?' if near else "add a section [documents.<id>] for it."
        yield Fault(join_path(path, "source", "document"), f"No document has this id; {hint}")


def is_at_the_anchor(figure: Figure, key: str) -> bool:
    """`from = { hours = 0 }` claims nothing, and an `until` of zero days no more."""
    return (
        key in ("from", "until")
        and isinstance(figure, Lengths)
        and all(value == (0, 0) for _, value in figure.lengths())
    )
