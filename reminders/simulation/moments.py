"""When the daemon next has something to do: what lets a clock jump from one such moment to the next."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine, ScalarSelect, func, select
from sqlalchemy.dialects import sqlite

from reminders.model import Channel, SessionState, Status
from reminders.replanning import lapses_at
from reminders.rules import Clinic
from reminders.sending_hours import LEAST_USEFUL
from reminders.tables import AttemptRow, ChannelRow, PatientRow, ReminderRow, SessionRow, WrittenRow

_LEAST_STEP = timedelta(seconds=5)
"""One tick of the daemon: what could not be done now is tried again then."""


@dataclass(frozen=True, kw_only=True)
class Moments:
    """For each part of the daemon's work, when it is next needed; None: not before something else happens."""

    dispatch: Mapping[Channel, datetime]
    """Those on which something waits."""
    tidy: datetime | None
    settle: datetime | None

    def list_due(self, now: datetime) -> list[Channel]:
        """The channels on which something is due."""
        return [channel for channel, due_at in self.dispatch.items() if due_at <= now]

    def next_after(self, now: datetime) -> datetime | None:
        """Always later than now, so that what keeps waiting does not hold the clock."""
        known = [*self.dispatch.values(), *filter(None, (self.tidy, self.settle))]
        return max(min(known), now + _LEAST_STEP) if known else None


def read_moments(engine: Engine, clinic: Clinic) -> Moments:
    """What is due first, as the rows stand."""
    found = _look(engine)
    return Moments(
        dispatch={
            channel: max(due_at, found[f"{channel}_paused"] or due_at)
            for channel in Channel
            if (due_at := min(filter(None, (found[f"{channel}_due"], found[f"{channel}_written"])), default=None))
        },
        tidy=min(
            _tidy_moments(clinic, found["expires"], found["starts"], found["leased"], found["resumes"]), default=None
        ),
        settle=found["unclear"],
    )


def _tidy_moments(
    clinic: Clinic,
    expires_at: datetime | None,
    starts_at: datetime | None,
    lease_until: datetime | None,
    resumes_at: datetime | None,
) -> Iterator[datetime]:
    if expires_at is not None:
        yield expires_at - LEAST_USEFUL
    if starts_at is not None:
        yield lapses_at(clinic, starts_at)
    if lease_until is not None:
        yield lease_until
    if resumes_at is not None:
        yield resumes_at


def _due(table: type[ReminderRow] | type[WrittenRow], channel: Channel) -> ScalarSelect[datetime]:
    return (
        select(func.min(table.next_attempt_at))
        .where(table.status == Status.SCHEDULED, table.channel == channel)
        .scalar_subquery()
    )


def _paused(channel: Channel) -> ScalarSelect[datetime | None]:
    return select(ChannelRow.paused_until).where(ChannelRow.channel == channel).scalar_subquery()


_EXPIRES = select(func.min(ReminderRow.expires_at)).where(ReminderRow.status == Status.SCHEDULED).scalar_subquery()
_STARTS = select(func.min(SessionRow.starts_at)).where(SessionRow.state == SessionState.OPEN).scalar_subquery()
_LEASED = (
    select(func.min(ReminderRow.lease_until))
    .where(ReminderRow.status.in_((Status.CLAIMED, Status.SENDING)))
    .scalar_subquery()
)
_RESUMES = select(func.min(PatientRow.paused_until)).where(PatientRow.paused_since.is_not(None)).scalar_subquery()
_UNCLEAR = select(func.min(AttemptRow.look_at)).where(AttemptRow.look_at.is_not(None)).scalar_subquery()

_MOMENTS = select(
    *(_due(ReminderRow, channel).label(f"{channel}_due") for channel in Channel),
    *(_due(WrittenRow, channel).label(f"{channel}_written") for channel in Channel),
    *(_paused(channel).label(f"{channel}_paused") for channel in Channel),
    _EXPIRES.label("expires"),
    _STARTS.label("starts"),
    _LEASED.label("leased"),
    _RESUMES.label("resumes"),
    _UNCLEAR.label("unclear"),
)
_SQL = str(_MOMENTS.compile(dialect=sqlite.dialect(), compile_kwargs={"literal_binds": True}))
_NAMES = [column.name for column in _MOMENTS.selected_columns]


def _look(engine: Engine) -> dict[str, datetime | None]:
    """One statement, past SQLAlchemy: it changes nothing, and it is asked at every step of every rehearsal."""
    with closing(engine.raw_connection()) as connection:
        (found,) = connection.cursor().execute(_SQL).fetchall()
    return {
        name: datetime.fromisoformat(text).replace(tzinfo=UTC) if text else None
        for name, text in zip(_NAMES, found, strict=True)
    }
