"""What the shipped rules must send, worked out a second time: from the domain's sentences, with no code of ours.

Short, because it covers less: entries made on time, quiet hours, superseding, consent, and bookings that are kept.
It reads the same scenario tables as the product, and asks of each text, at the moment it would leave, whether it may.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

LASER = "fractional-laser"
NEEDLING = "skin-needling"
FEWEST_SESSIONS = {LASER: 4, NEEDLING: 3}


class Sent(NamedTuple):
    at: str
    patient: str
    rule: str
    occurrence: int
    channel: str


class Done(NamedTuple):
    treatment: str
    t0: datetime
    d0: date
    """On the clinic's calendar."""
    planned: int | None


class Booked(NamedTuple):
    treatment: str
    booked: datetime
    starts: datetime
    kept: datetime
    """When the procedure was recorded that it was booked for."""


class Text(NamedTuple):
    rule: str
    occurrence: int
    leaves: datetime


def list_expected(raw: dict[str, Any]) -> list[Sent]:
    clinic = ZoneInfo(raw["clinic"]["time_zone"])
    until = _instant(raw["until"], clinic)
    sends = [sent for patient in raw["patients"] for sent in _sends_to(patient, raw["events"], clinic, until)]
    return sorted(sends)


def _sends_to(
    patient: dict[str, Any], events: list[dict[str, Any]], clinic: ZoneInfo, until: datetime
) -> Iterator[Sent]:
    zone = ZoneInfo(patient.get("time_zone", clinic.key))
    own = [event for event in events if event["patient"] == patient["id"]]
    done = sorted(
        (_done(event, clinic) for event in own if event["do"] == "record_procedure"), key=lambda each: each.t0
    )
    booked = [_booked(event, done, clinic) for event in own if event["do"] == "book_session"]
    stops = [(_instant(event["at"], clinic), event["channel"]) for event in own if event["do"] == "opt_out"]
    texts = [
        *(text for each in done for text in _after_procedure(each, done, booked, zone)),
        *(text for each in booked for text in _before_session(each, zone)),
    ]
    for text in texts:
        open_channels = [each for each in ("sms", "email") if each in patient["consent"]]
        open_channels = [
            each for each in open_channels if not any(at <= text.leaves and each == stop for at, stop in stops)
        ]
        if open_channels and text.leaves < until:
            at = text.leaves.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
            yield Sent(at, patient["id"], text.rule, text.occurrence, open_channels[0])


def _after_procedure(done: Done, every: list[Done], booked: list[Booked], zone: ZoneInfo) -> Iterator[Text]:
    day_zero = done.t0.astimezone(zone).date()
    if done.treatment == LASER:
        yield from _icing(done.t0, zone)
        yield Text("swelling", 1, _at(day_zero + timedelta(days=2), 10, zone))
        yield Text("pinkness", 1, _at(day_zero + timedelta(days=5), 10, zone))
    for number in range(4):
        due = _at(day_zero + timedelta(days=1 + 7 * number), 9, zone)
        if not any(done.t0 < other.t0 <= due for other in every):
            yield Text("sunscreen", number + 1, due)
    target = _month_later(done.d0) if done.treatment == LASER else done.d0 + timedelta(weeks=6)
    for number in range(2):
        due = _at(target + timedelta(days=7 * (number - 1)), 10, zone)
        if _wants_next(done, due, every) and not _is_booked(done.treatment, due, booked):
            yield Text("next-session", number + 1, due)


def _icing(t0: datetime, zone: ZoneInfo) -> Iterator[Text]:
    left = 0
    for number in range(8):
        due = t0 + timedelta(hours=3 * number)
        leaves = _next_open(due, zone) if number == 0 else due
        is_in_time = leaves + timedelta(seconds=30) <= t0 + timedelta(hours=24)
        if _is_open(leaves, zone) and is_in_time and left < 6:
            left += 1
            yield Text("icing", number + 1, leaves)


def _wants_next(done: Done, due: datetime, every: list[Done]) -> bool:
    """At that moment: the latest of its treatment, and with another session to come."""
    same = [each for each in every if each.treatment == done.treatment and each.t0 <= due]
    planned = next((each.planned for each in reversed(same) if each.planned), None)
    most = planned or FEWEST_SESSIONS[done.treatment]
    return done == same[-1] and len(same) < most


def _is_booked(treatment: str, at: datetime, booked: list[Booked]) -> bool:
    return any(each.treatment == treatment and each.booked <= at < each.kept for each in booked)


def _before_session(booked: Booked, zone: ZoneInfo) -> Iterator[Text]:
    rule = "preparation" if booked.treatment == LASER else "appointment"
    due = _at(booked.starts.astimezone(zone).date() - timedelta(days=1), 10, zone)
    leaves = _next_open(max(due, booked.booked), zone)
    if leaves + timedelta(seconds=30) <= booked.starts and leaves < booked.kept:
        yield Text(rule, 1, leaves)


# ---- reading and reckoning -------------------------------------------------------------------------------------


def _done(event: dict[str, Any], clinic: ZoneInfo) -> Done:
    t0 = _instant(event["performed_at"], clinic)
    return Done(event["treatment"], t0, event["performed_at"].date(), event.get("planned_sessions"))


def _booked(event: dict[str, Any], done: list[Done], clinic: ZoneInfo) -> Booked:
    starts = _instant(event["starts_at"], clinic)
    kept = min(each.t0 for each in done if each.treatment == event["treatment"] and each.t0 >= starts)
    return Booked(event["treatment"], _instant(event["at"], clinic), starts, kept)


def _instant(wall: datetime, zone: ZoneInfo) -> datetime:
    return wall.replace(tzinfo=zone).astimezone(UTC)


def _at(day: date, hour: int, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(hour), tzinfo=zone).astimezone(UTC)


def _is_open(instant: datetime, zone: ZoneInfo) -> bool:
    return 8 <= instant.astimezone(zone).hour < 20


def _next_open(instant: datetime, zone: ZoneInfo) -> datetime:
    if _is_open(instant, zone):
        return instant
    local = instant.astimezone(zone)
    return _at(local.date() + timedelta(days=local.hour >= 20), 8, zone)


def _month_later(day: date) -> date:
    year, month = (day.year, day.month + 1) if day.month < 12 else (day.year + 1, 1)
    return date(year, month, min(day.day, monthrange(year, month)[1]))
