"""The daemon: a few ticks in memory, a watchdog over them, and an orderly end on SIGTERM.

Never a job per reminder: with APScheduler's defaults a job that is a second late is dropped and deleted.
"""

from __future__ import annotations

import os
import secrets
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta

import structlog
from apscheduler.schedulers.background import BackgroundScheduler

from reminders.config import DispatchSettings
from reminders.dispatching import (
    Work,
    dispatch_due,
    mail_directly,
    queue_notice,
    send_notices,
    settle_in_doubt,
    tidy_up,
)
from reminders.overview import OVERDUE_AFTER, read_status
from reminders.replanning import count_changes, list_patient_ids, preview_replan
from reminders.store.engine import reading, writing
from reminders.store.trouble import DatabaseTrouble
from reminders.tables import DaemonRow

_log = structlog.get_logger()

HOUSEKEEPING_SECONDS = 30.0
MISSED_TICKS = 3
"""A scheduler that misses this many ticks in a row is dead, whatever it says of itself (R16)."""

_BUSY_ALLOWANCE = 35.0
"""Seconds that a busy database may hold up a tick before it counts as missed."""
_SCHEDULING_ALLOWANCE = 2.0
"""The same for a busy machine, for a tick that asks nobody."""
_LOOK_EVERY = 0.2
"""Seconds between the watchdog's looks."""
_CLOCK_STEP = timedelta(seconds=2)
"""The machine's clock went back if it lost this much on the one that nobody sets."""


def run_daemon(work: Work, settings: DispatchSettings, stopping: threading.Event) -> int:
    """Run until SIGTERM, SIGINT or `stopping`; returns 0, or ends the process with 1 where the ticks are dead.

    `stopping` is what the providers of `work` were told to watch.
    """
    return _Daemon(work, settings, stopping).run()


class _Daemon:
    def __init__(self, work: Work, settings: DispatchSettings, stopping: threading.Event) -> None:
        self._work = work
        self._settings = settings
        self._id = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(3)}"
        self._started_at = work.now()
        self._stopping = stopping
        self._pulse = _Pulse("scheduler", "dispatch")
        self._trouble = _Trouble(work)
        self._scheduler = self._schedule()

    def run(self) -> int:
        with self._signals():
            self._scheduler.start()
            _log.info("daemon started", daemon=self._id)
            is_alive = self._watch()
            # No new claims from here on; what is on its way gets the time to be recorded (R20).
            is_drained = is_alive and _drain(self._scheduler, self._settings.grace_seconds)
        if is_alive:
            self._say_goodbye()
        _log.info("daemon stopped", daemon=self._id, drained=is_drained)
        if not is_drained:
            # A thread that hangs would keep the process alive: what it held is in doubt by its lease.
            os._exit(0 if is_alive else 1)
        return 0

    def _schedule(self) -> BackgroundScheduler:
        defaults = {"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
        scheduler = BackgroundScheduler(job_defaults=defaults, timezone="UTC")
        tick = self._settings.tick_seconds
        for name, job, seconds in (
            ("pulse", lambda: self._pulse.beat("scheduler"), tick),
            ("heartbeat", self._heartbeat, tick),
            ("dispatch", self._dispatch, tick),
            ("settle", self._settle, tick),
            ("housekeeping", self._housekeep, max(tick, HOUSEKEEPING_SECONDS)),
        ):
            # At once, too: after an outage nobody waits for the first tick.
            scheduler.add_job(self._guarded(name, job), "interval", seconds=seconds, id=name, next_run_time=_now())
        scheduler.add_job(self._guarded("report", self._report_pending_changes))
        return scheduler

    def _guarded(self, name: str, job: Callable[[], None]) -> Callable[[], None]:
        """An error in a tick is logged and told once; the next tick comes all the same (R16)."""

        def run() -> None:
            if self._stopping.is_set():
                return
            try:
                job()
            except DatabaseTrouble as trouble:
                self._trouble.begin("database", str(trouble), seen_by=name)
            except Exception as error:  # noqa: BLE001 - whatever it is, the next tick must come
                _log.error("tick failed", tick=name, error=type(error).__name__, exc_info=True)
                self._trouble.begin(name, f"The daemon's {name} fails ({type(error).__name__}): see its log.")
            else:
                self._trouble.end(name)
                self._trouble.end("database", seen_by=name)

        return run

    # ---- ticks ---------------------------------------------------------------------------------------------------

    def _heartbeat(self) -> None:
        with writing(self._work.engine) as tx:
            now = self._work.now()
            tx.merge(DaemonRow(id=self._id, started_at=self._started_at, ticked_at=now, stopped_at=None))

    def _dispatch(self) -> None:
        self._pulse.beat("dispatch")
        dispatch_due(self._work, self._should_stop)
        self._pulse.beat("dispatch")

    def _should_stop(self) -> bool:
        # Asked once a batch: a long backlog is no hang.
        self._pulse.beat("dispatch")
        return self._stopping.is_set()

    def _settle(self) -> None:
        settle_in_doubt(self._work)

    def _housekeep(self) -> None:
        try:
            tidy_up(self._work)
            self._check_overdue()
        finally:
            # Whatever fails: the staff must hear of it.
            send_notices(self._work)

    def _check_overdue(self) -> None:
        with reading(self._work.engine) as tx:
            status = read_status(tx, self._work.now())
        if status["overdue"] and not status["paused"]:
            minutes = round(OVERDUE_AFTER.total_seconds() / 60)
            self._trouble.begin(
                "overdue", f"Reminders are more than {minutes} minutes overdue: see `reminders status`."
            )
        else:
            self._trouble.end("overdue")

    def _report_pending_changes(self) -> None:
        """A rule that was edited moves nothing by itself: say what `reminders replan` would do."""
        changes = count_pending_changes(self._work, self._stopping.is_set)
        if changes:
            _log.warning("a replan would change reminders: run `reminders replan`", reminders=changes)

    # ---- the main thread -----------------------------------------------------------------------------------------

    @contextmanager
    def _signals(self) -> Iterator[None]:
        before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
        for number in before:
            signal.signal(number, lambda *_: self._stopping.set())
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _watch(self) -> bool:
        """Wait for the end; False where the ticks died."""
        missed = MISSED_TICKS * self._settings.tick_seconds
        limits = {
            "scheduler": missed + _SCHEDULING_ALLOWANCE,
            # A batch ends with its lease, or something hangs.
            "dispatch": missed + self._settings.lease_seconds + _BUSY_ALLOWANCE,
        }
        wall = _Wall(self._work.now)
        while not self._stopping.wait(timeout=_LOOK_EVERY):
            if wall.went_back():
                self._tick_now()
            for name, limit in limits.items():
                if (age := self._pulse.age(name)) > limit:
                    _log.critical("ticks are dead", tick=name, seconds=round(age))
                    self._trouble.begin(
                        "watchdog", "The daemon's ticks had died, and it ended itself. Is it running again?"
                    )
                    return False
        return True

    def _tick_now(self) -> None:
        """The scheduler reckons by the machine's clock: set back, it would wait for its next tick that much longer."""
        _log.warning("the clock went back")
        for job in self._scheduler.get_jobs():
            job.modify(next_run_time=_now())

    def _say_goodbye(self) -> None:
        try:
            with writing(self._work.engine) as tx:
                row = tx.get(DaemonRow, self._id)
                if row is not None:
                    row.stopped_at = self._work.now()
        except DatabaseTrouble as trouble:
            _log.warning("daemon row not closed", trouble=str(trouble))


def _now() -> datetime:
    """The scheduler's own time: it knows no other clock."""
    return datetime.now(UTC)


def _drain(scheduler: BackgroundScheduler, grace_seconds: float) -> bool:
    """Wait for running ticks, no longer than the grace period."""
    ending = threading.Thread(target=scheduler.shutdown, kwargs={"wait": True}, daemon=True)
    ending.start()
    ending.join(grace_seconds)
    return not ending.is_alive()


class _Pulse:
    """When each tick last came round, on a clock that nobody sets."""

    def __init__(self, *names: str) -> None:
        self._beats = dict.fromkeys(names, time.monotonic())

    def beat(self, name: str) -> None:
        self._beats[name] = time.monotonic()

    def age(self, name: str) -> float:
        return time.monotonic() - self._beats[name]


class _Wall:
    """Notices that the wall clock was set back."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._offset = self._measure()

    def went_back(self) -> bool:
        before, self._offset = self._offset, self._measure()
        return before - self._offset > _CLOCK_STEP

    def _measure(self) -> timedelta:
        return self._clock() - datetime.fromtimestamp(time.monotonic(), UTC)


class _Trouble:
    """Unwell states: each is logged and mailed once, until all who saw it say that it is over."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._seen_by: dict[str, set[str]] = {}
        self._lock = threading.Lock()

    def begin(self, state: str, problem: str, seen_by: str = "") -> None:
        with self._lock:
            is_new = state not in self._seen_by
            self._seen_by.setdefault(state, set()).add(seen_by)
        if is_new:
            _log.error("unwell", state=state, problem=problem)
            self._mail(state, problem)

    def end(self, state: str, seen_by: str = "") -> None:
        with self._lock:
            if seen_by not in self._seen_by.get(state, ()):
                return
            self._seen_by[state].discard(seen_by)
            is_over = not self._seen_by[state]
            if is_over:
                del self._seen_by[state]
        if is_over:
            _log.info("well again", state=state)

    def _mail(self, state: str, problem: str) -> None:
        now = self._work.now()
        try:
            with writing(self._work.engine) as tx:
                queue_notice(tx, self._work, f"unwell:{state}:{now.isoformat()}", problem, now)
        except DatabaseTrouble:
            # With the database down there is no row to keep it in: straight to the mail server, as well as may be.
            mail_directly(self._work, problem)
            return
        # At once: what is unwell may be the very tick that mails.
        with suppress(DatabaseTrouble):
            send_notices(self._work)


def count_pending_changes(work: Work, should_stop: Callable[[], bool] = lambda: False) -> int:
    """How many reminders a replan would change; changes nothing and keeps nobody waiting."""
    with reading(work.engine) as tx:
        patient_ids = list_patient_ids(tx)
    total = 0
    for patient_id in patient_ids:
        if should_stop():
            break
        # One short look a patient: on SQLite a long one would hold up every writer.
        with reading(work.engine) as tx:
            total += count_changes(preview_replan(tx, work.clinic, patient_id, work.now()))
    return total
