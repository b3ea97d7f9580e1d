"""Random histories of one patient on a real database: what the desk does, what the days bring, what must hold."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from sqlalchemy import select

from reminders.casework.pauses import pause_patient, resume_patient
from reminders.model import CLOSED, CORRECTION, LEFT, PENDING, Refusal, TaskStatus
from reminders.store.changes import PLANNED_TASKS
from reminders.tables import AttemptRow, Base, PatientRow, ProcedureRow, ReminderRow, SessionRow, TaskRow
from tests.clinic import LASER, NEEDLING, ClinicDays
from tests.databases import fresh_database

TREATMENTS = st.sampled_from([LASER, NEEDLING])
CHANNELS = st.sampled_from(["sms", "email"])
COUNTS = st.sampled_from([None, None, None, 1, 3, 4, 5])
WHICH = st.integers(0, 20)
"""Any number will do: it is taken round and round through what there is."""
HOURS_AGO = st.one_of(st.integers(0, 30), st.integers(0, 24 * 45))
HOURS_AHEAD = st.one_of(st.integers(1, 60), st.integers(1, 24 * 60))
BESIDE = st.sampled_from([-31, -30, -29, -1, 0, 1, 45, 75, 40 * 60, 3 * 3600]).map(
    lambda seconds: timedelta(seconds=seconds)
)
"""How far beside a reminder's edge the dispatcher looks."""

STARTS = st.sampled_from(
    [
        "2026-01-31 10:00",
        "2026-03-07 17:30",  # the evening before the clocks go forward
        "2026-03-10 10:00",
        "2026-03-10 20:30",
        "2026-10-31 17:30",  # the evening before they go back
    ]
)


@cache
def _open_clinic() -> tuple[ClinicDays, Path, Path]:
    """One clinic for all histories, with an empty database to start from and the one it uses."""
    folder = Path(mkdtemp(prefix="reminders-"))
    pristine, used = (fresh_database("sqlite", folder, folder) for _ in range(2))
    return ClinicDays(used), _path(pristine), _path(used)


def _path(url: str) -> Path:
    return Path(url.removeprefix("sqlite:///"))


class PatientHistory(RuleBasedStateMachine):
    """Ana, from her first procedure on. A step that the desk refuses changes nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.days, pristine, used = _open_clinic()
        shutil.copy(pristine, used)
        for channel in self.days.providers:
            self.days.reinstate(channel)
        self.left: dict[int, tuple[Any, ...]] = {}
        self.done: set[int] = set()

    def teardown(self) -> None:
        self.days.app.engine.dispose()

    # ---- what the desk does ------------------------------------------------------------------------------------

    @initialize(treatment=TREATMENTS, start=STARTS, hours=HOURS_AGO, consent=st.sets(CHANNELS))
    def first_procedure(self, treatment: str, start: str, hours: int, consent: set[str]) -> None:
        self.days.at(start)
        self.days.record(treatment, self._ago(hours), consent=tuple(consent))

    @rule(treatment=TREATMENTS, hours=HOURS_AGO, session=COUNTS, planned=COUNTS, by_day=st.booleans())
    def record(self, treatment: str, hours: int, session: int | None, planned: int | None, by_day: bool) -> None:
        when = self._ago(hours)[: 10 if by_day else None]
        self._edit(
            lambda: self.days.record(
                treatment, when, patient_id=1, session=session, planned_sessions=planned, consent=()
            )
        )

    @rule(which=WHICH, hours=HOURS_AGO)
    def correct(self, which: int, hours: int) -> None:
        self._edit(lambda: self.days.correct(self._pick(ProcedureRow, which), self._ago(hours)))

    @rule(which=WHICH)
    def cancel(self, which: int) -> None:
        self._edit(lambda: self.days.cancel(self._pick(ProcedureRow, which)))

    @rule(treatment=TREATMENTS, hours=HOURS_AHEAD)
    def book(self, treatment: str, hours: int) -> None:
        self._edit(lambda: self.days.book(treatment, self._ago(-hours)))

    @rule(which=WHICH, hours=HOURS_AHEAD)
    def move(self, which: int, hours: int) -> None:
        self._edit(lambda: self.days.move(self._pick(SessionRow, which), self._ago(-hours)))

    @rule(which=WHICH)
    def unbook(self, which: int) -> None:
        self._edit(lambda: self.days.unbook(self._pick(SessionRow, which)))

    @rule(treatment=TREATMENTS, planned=st.integers(1, 6))
    def decide(self, treatment: str, planned: int) -> None:
        self._edit(lambda: self.days.decide(treatment, planned))

    @rule(channel=CHANNELS)
    def opt_out(self, channel: str) -> None:
        self._edit(lambda: self.days.opt_out(channel))

    @rule(channel=CHANNELS)
    def opt_in(self, channel: str) -> None:
        self._edit(lambda: self.days.opt_in(channel))

    @rule(zone=st.sampled_from(["America/Los_Angeles", "Asia/Tokyo", "Europe/London", ""]))
    def travel(self, zone: str) -> None:
        self._edit(lambda: self.days.edit(time_zone=zone))

    @rule(phone=st.sampled_from(["+16175550142", "+16175550143", ""]))
    def change_number(self, phone: str) -> None:
        self._edit(lambda: self.days.edit(phone=phone))

    @rule(days=st.sampled_from([None, 1, 3, 14]))
    def pause(self, days: int | None) -> None:
        until = self._ago(-24 * days) if days else None
        clinic = self.days.config.clinic
        self._edit(lambda: self.days.change(lambda tx: pause_patient(tx, clinic, 1, "ill", until, self.days.clock.now)))

    @rule()
    def resume(self) -> None:
        clinic = self.days.config.clinic
        self._edit(lambda: self.days.change(lambda tx: resume_patient(tx, clinic, 1, self.days.clock.now)))

    @rule()
    def see_to_tasks(self) -> None:
        for name in PLANNED_TASKS:
            self.days.complete(name)

    def _edit(self, change: Callable[[], object]) -> None:
        """Whatever the desk changes, a second reconcile finds nothing left to do."""
        try:
            change()
        except Refusal:
            return
        before = self._read_all(ReminderRow), self._read_all(TaskRow)

        assert self.days.replan() == 0
        assert (self._read_all(ReminderRow), self._read_all(TaskRow)) == before

    # ---- what the days bring -----------------------------------------------------------------------------------

    @rule(hours=st.one_of(st.integers(1, 30), st.integers(1, 24 * 20)))
    def nobody_dispatches(self, hours: int) -> None:
        self.days.clock.now += timedelta(hours=hours)

    @rule(turns=st.integers(1, 5))
    def the_daemon_runs(self, turns: int) -> None:
        for _ in range(turns):
            waiting = [row["next_attempt_at"] for row in self._read_all(ReminderRow) if row["status"] in PENDING]
            self._dispatch_at(min(waiting, default=self.days.clock.now))

    @rule(which=WHICH, edge=st.sampled_from(["next_attempt_at", "expires_at"]), beside=BESIDE)
    def the_daemon_looks_beside_an_edge(self, which: int, edge: str, beside: timedelta) -> None:
        edges = sorted({row[edge] for row in self._read_all(ReminderRow) if row["status"] in PENDING})
        if edges:
            self._dispatch_at(edges[which % len(edges)] + beside)

    @rule(hour=st.sampled_from([0, 8, 20]), beside=BESIDE)
    def the_daemon_looks_beside_the_quiet_hours(self, hour: int, beside: timedelta) -> None:
        tonight = self.days.clock.now.astimezone(self._zone()).replace(hour=hour, minute=0, second=0)
        self._dispatch_at(tonight + beside)

    @rule(channel=CHANNELS)
    def an_account_is_suspended(self, channel: str) -> None:
        self.days.suspend(channel)

    @rule(channel=CHANNELS)
    def an_account_is_reinstated(self, channel: str) -> None:
        self.days.reinstate(channel)

    def _dispatch_at(self, moment: datetime) -> None:
        self.days.clock.now = max(self.days.clock.now, moment)
        known = {row["id"] for row in self._read_all(AttemptRow)}
        self.days.dispatch()
        for attempt in self._read_all(AttemptRow):
            if attempt["id"] not in known and attempt["provider_id"]:
                self._check_what_left(attempt)

    def _check_what_left(self, attempt: dict[str, Any]) -> None:
        """Nothing leaves in quiet hours, at or after its expiry, or with less than 30 seconds left (C1, P5)."""
        left_at: datetime = attempt["started_at"]
        said = [row for row in self._read_all(ReminderRow) if row["message_id"] == attempt["message_id"]]
        if not said:
            return  # a mail to the staff

        patient = self._read_all(PatientRow)[0]
        assert patient["paused_since"] is None or {row["rule"] for row in said} == {CORRECTION}
        assert 8 <= left_at.astimezone(self._zone()).hour < 20
        assert left_at + timedelta(seconds=30) <= min(row["expires_at"] for row in said)

    # ---- what must always hold -----------------------------------------------------------------------------------

    @invariant()
    def what_left_never_changes(self) -> None:
        rows = {row["id"]: tuple(row.values()) for row in self._read_all(ReminderRow) if row["status"] in LEFT}

        assert self.left.items() <= rows.items()
        self.left = rows

    @invariant()
    def no_reminder_is_there_twice(self) -> None:
        rows = self._read_all(ReminderRow)
        identities = [tuple(row[key] for key in ("anchor_kind", "anchor_id", "rule", "occurrence")) for row in rows]

        assert len(identities) == len(set(identities))

    @invariant()
    def what_left_left_once(self) -> None:
        accepted = Counter(row["message_id"] for row in self._read_all(AttemptRow) if row["provider_id"])
        left = [row["message_id"] for row in self._read_all(ReminderRow) if row["status"] in LEFT]

        assert {accepted[message_id] for message_id in left} <= {1}

    @invariant()
    def what_closed_says_why(self) -> None:
        closed = [row for row in self._read_all(ReminderRow) if row["status"] in CLOSED]

        assert all(row["reason"] for row in closed)

    @invariant()
    def tasks_are_unique(self) -> None:
        facts = [(row["rule"], row["key"]) for row in self._read_all(TaskRow)]

        assert len(facts) == len(set(facts))

    @invariant()
    def what_the_desk_has_seen_to_stays_done(self) -> None:
        done = {row["id"] for row in self._read_all(TaskRow) if row["status"] == TaskStatus.DONE}

        assert self.done <= done
        self.done = done

    # ---- reading -----------------------------------------------------------------------------------------------

    def _ago(self, hours: int) -> str:
        return (self.days.clock.now - timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%MZ")

    def _zone(self) -> ZoneInfo:
        own = self._read_all(PatientRow)[0]["time_zone"]
        return ZoneInfo(own) if own else self.days.config.clinic.time_zone

    def _pick(self, table: type[Base], which: int) -> int:
        """The id of one of the rows; 0, which the desk refuses, where there is none."""
        ids = [row["id"] for row in self._read_all(table)]
        return int(ids[which % len(ids)]) if ids else 0

    def _read_all(self, table: type[Base]) -> list[dict[str, Any]]:
        with self.days.app.engine.execution_options(reads_only=True).connect() as connection:
            return [dict(row) for row in connection.execute(select(table.__table__)).mappings()]


PatientHistory.TestCase.settings = settings(
    max_examples=300,
    stateful_step_count=14,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
TestPatientHistories = PatientHistory.TestCase
