"""Kinds of values that stand in many places of the file, each with what to write where it is none."""

from __future__ import annotations

import re
from datetime import time
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, PlainValidator


def _refuse_bool(value: Any) -> Any:
    if isinstance(value, bool):
        raise ValueError("Write a number, not true or false.")
    return value


def _refuse_other_words(value: Any) -> Any:
    """Only a variable writes them in quotes."""
    if isinstance(value, bool) or value in ("true", "false"):
        return value
    raise ValueError("Write true or false.")


def _read_line(value: str) -> str:
    line = value.strip()
    # A line break in a name would end a header of an email.
    if not line or not line.isprintable():
        raise ValueError("Write a text of one line in quotes.")
    return line


def read_time(value: Any) -> time:
    if isinstance(value, str) and re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", value):
        return time.fromisoformat(value)
    if isinstance(value, time) and not value.second and not value.microsecond:
        return value
    raise ValueError('Write a time of day from "00:00" to "23:59", such as "10:00".')


Line = Annotated[str, AfterValidator(_read_line)]
YesNo = Annotated[bool, BeforeValidator(_refuse_other_words)]
Whole = Annotated[int, BeforeValidator(_refuse_bool)]
PositiveWhole = Annotated[int, BeforeValidator(_refuse_bool), Field(gt=0)]
Seconds = Annotated[float, BeforeValidator(_refuse_bool), Field(gt=0, allow_inf_nan=False)]
TimeOfDay = Annotated[time, PlainValidator(read_time)]
