"""When the daemon next has something to do: what lets a clock jump from one such moment to the next."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ScalarSelect, func, select

from reminders.model import Channel, SessionState, Status
from reminders.replanning import lapses_at
from reminders.rules import Clinic
from reminders.sending_hours import LEAST_USEFUL
from reminders.store.engine import Transaction
from reminders.tables import AttemptRow, ChannelRow, PatientRow, ReminderRow, SessionRow, WrittenRow

_LEAST_STEP = timedelta(seconds=5)
"""One tick of the daemon: what could not be done now is tried again then."""


@dataclass(frozen=True, kw_only=True)
class Moments:
    """For each part of the daemon's work, when it is next needed; None: not before something else happens."""

    dispatch: datetime | None
    tidy: datetime | None
    settle: datetime | None

    def is_due(self, part: str, now: datetime) -> bool:
        moment: datetime | None = getattr(self, part)
        return moment is not None and moment <= now

    def next_after(self, now: datetime) -> datetime | None:
        """Always later than now, so that what keeps waiting does not hold the clock."""
        known = [each for each in (self.dispatch, self.tidy, self.settle) if each is not None]
        return max(min(known), now + _LEAST_STEP) if known else None


def read_moments(tx: Transaction, clinic: Clinic) -> Moments:
    """What is due first, as the rows stand."""
    found = tx.execute(_MOMENTS).one()._mapping
    sends = (
        max(due_at, found[f"{channel}_paused"] or due_at)
        for channel in Channel
        for what in ("due", "written")
        if (due_at := found[f"{channel}_{what}"])
    )
    return Moments(
        dispatch=min(sends, default=None),
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
"""Built once, and one statement: it is asked at every step of every rehearsal."""
