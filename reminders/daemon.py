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
from contextlib import contextmanager
from dataclasses import dataclass, field

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
from reminders.replanning import count_changes, list_patient_ids, replan_patient
from reminders.store.engine import reading, writing
from reminders.store.trouble import DatabaseTrouble
from reminders.tables import DaemonRow

_log = structlog.get_logger()

HOUSEKEEPING_SECONDS = 30.0
MISSED_TICKS = 3
"""A scheduler that misses this many ticks in a row is dead, whatever it says of itself (R16)."""


@dataclass
class _Pulse:
    """When each tick last came round, on a clock that nobody sets."""

    beats: dict[str, float] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def beat(self, name: str) -> None:
        with self._lock:
            self.beats[name] = time.monotonic()

    def age(self, name: str) -> float:
        with self._lock:
            return time.monotonic() - self.beats[name]


def run_daemon(work: Work, settings: DispatchSettings) -> int:
    """Run until SIGTERM or SIGINT; returns the exit code: 0, or 1 where the watchdog found the ticks dead."""
    return _Daemon(work, settings).run()


class _Daemon:
    def __init__(self, work: Work, settings: DispatchSettings) -> None:
        self._work = work
        self._settings = settings
        self._id = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(3)}"
        self._stopping = threading.Event()
        self._pulse = _Pulse()
        self._trouble = _Trouble(work)

    def run(self) -> int:
        for name in ("heartbeat", "dispatch"):
            self._pulse.beat(name)
        scheduler = self._schedule()
        with self._signals():
            scheduler.start()
            _log.info("daemon started", daemon=self._id)
            self._report_pending_changes()
            is_alive = self._watch()
            # No new claims from here on; what is on its way gets the time to be recorded (R20).
            is_drained = _drain(scheduler, self._settings.grace_seconds) if is_alive else False
        self._say_goodbye()
        _log.info("daemon stopped", daemon=self._id, drained=is_drained)
        if not is_drained:
            # A thread that hangs would keep the process alive: what it held is in doubt by its lease.
            os._exit(0 if is_alive else 1)
        return 0

    def _schedule(self) -> BackgroundScheduler:
        scheduler = BackgroundScheduler(
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None}, timezone="UTC"
        )
        tick = self._settings.tick_seconds
        for name, job, seconds in (
            ("heartbeat", self._heartbeat, tick),
            ("dispatch", self._dispatch, tick),
            ("settle", self._settle, tick),
            ("housekeeping", self._housekeep, max(tick, HOUSEKEEPING_SECONDS)),
        ):
            scheduler.add_job(self._guarded(name, job), "interval", seconds=seconds, id=name)
        for name in ("dispatch", "housekeeping"):
            # At once, too: after an outage nobody waits for the first tick.
            scheduler.add_job(self._guarded(name, self._dispatch if name == "dispatch" else self._housekeep))
        return scheduler

    def _guarded(self, name: str, job: Callable[[], None]) -> Callable[[], None]:
        """An error in a tick is logged and told once; the next tick comes all the same (R16)."""

        def run() -> None:
            if self._stopping.is_set():
                return
            try:
                job()
            except DatabaseTrouble as trouble:
                self._trouble.begin("database", str(trouble))
            except Exception as error:  # noqa: BLE001 - whatever it is, the next tick must come
                _log.error("tick failed", tick=name, error=type(error).__name__, exc_info=True)
                self._trouble.begin(name, f"The daemon's {name} fails ({type(error).__name__}): see its log.")
            else:
                self._trouble.end(name)
                self._trouble.end("database")

        return run

    # ---- ticks ---------------------------------------------------------------------------------------------------

    def _heartbeat(self) -> None:
        # The pulse first: a database that is down is no dead scheduler.
        self._pulse.beat("heartbeat")
        now = self._work.now()
        with writing(self._work.engine) as tx:
            tx.merge(DaemonRow(id=self._id, started_at=now, ticked_at=now, stopped_at=None))

    def _dispatch(self) -> None:
        self._pulse.beat("dispatch")
        dispatch_due(self._work, self._should_stop)

    def _should_stop(self) -> bool:
        # Asked once a batch: a long backlog is no hang.
        self._pulse.beat("dispatch")
        return self._stopping.is_set()

    def _settle(self) -> None:
        settle_in_doubt(self._work)

    def _housekeep(self) -> None:
        tidy_up(self._work)
        self._check_overdue()
        send_notices(self._work)

    def _check_overdue(self) -> None:
        now = self._work.now()
        with reading(self._work.engine) as tx:
            status = read_status(tx, now)
        if status["overdue"] and not status["paused"]:
            minutes = round(OVERDUE_AFTER.total_seconds() / 60)
            self._trouble.begin(
                "overdue", f"Reminders are more than {minutes} minutes overdue: see `reminders status`."
            )
        else:
            self._trouble.end("overdue")

    def _report_pending_changes(self) -> None:
        """A rule that was edited moves nothing by itself: say what `reminders replan` would do."""
        try:
            changes = count_pending_changes(self._work)
        except DatabaseTrouble as trouble:
            self._trouble.begin("database", str(trouble))
            return
        if changes:
            _log.warning("rules were edited: run `reminders replan`", reminders=changes)

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
        limits = {
            "heartbeat": MISSED_TICKS * self._settings.tick_seconds + _busy_allowance(),
            # A batch ends with its lease, or something hangs.
            "dispatch": self._settings.lease_seconds + MISSED_TICKS * self._settings.tick_seconds + _busy_allowance(),
        }
        while not self._stopping.wait(timeout=0.5):
            for name, limit in limits.items():
                if self._pulse.age(name) > limit:
                    _log.critical("ticks are dead", tick=name, seconds=round(self._pulse.age(name)))
                    self._trouble.begin(
                        "watchdog", "The daemon's ticks had died, and it ended itself. Is it running again?"
                    )
                    return False
        return True

    def _say_goodbye(self) -> None:
        try:
            with writing(self._work.engine) as tx:
                row = tx.get(DaemonRow, self._id)
                if row is not None:
                    row.stopped_at = self._work.now()
        except DatabaseTrouble as trouble:
            _log.warning("daemon row not closed", trouble=str(trouble))


def _busy_allowance() -> float:
    """Seconds that a busy SQLite may hold up a tick before it counts as missed."""
    return 35.0


def _drain(scheduler: BackgroundScheduler, grace_seconds: float) -> bool:
    """Wait for running ticks, no longer than the grace period."""
    ending = threading.Thread(target=scheduler.shutdown, kwargs={"wait": True}, daemon=True)
    ending.start()
    ending.join(grace_seconds)
    return not ending.is_alive()


class _Trouble:
    """Unwell states: each is logged and mailed once, until it is over."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._standing: set[str] = set()
        self._lock = threading.Lock()

    def begin(self, state: str, problem: str) -> None:
        with self._lock:
            if state in self._standing:
                return
            self._standing.add(state)
        _log.error("unwell", state=state, problem=problem)
        self._mail(state, problem)

    def end(self, state: str) -> None:
        with self._lock:
            if state not in self._standing:
                return
            self._standing.discard(state)
        _log.info("well again", state=state)

    def _mail(self, state: str, problem: str) -> None:
        try:
            now = self._work.now()
            with writing(self._work.engine) as tx:
                queue_notice(tx, self._work, f"unwell:{state}:{now.isoformat()}", problem, now)
        except DatabaseTrouble:
            # With the database down there is no row to keep it in: straight to the mail server, as well as may be.
            mail_directly(self._work, problem)


def count_pending_changes(work: Work) -> int:
    """How many reminders a replan would change; changes nothing."""
    with reading(work.engine) as tx:
        patient_ids = list_patient_ids(tx)
    total = 0
    for patient_id in patient_ids:
        with writing(work.engine) as tx:
            total += count_changes(replan_patient(tx, work.clinic, patient_id, work.now()))
            tx.rollback()
    return total
