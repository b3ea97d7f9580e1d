"""A daemon to which one odd thing happens: `python -m tests.daemon.odd_daemon lose-scheduler | set-clock-back`.

The daemon itself is the product's own, with the configuration of the folder it is started in.
"""

from __future__ import annotations

import ctypes
import os
import sys
import threading
from datetime import datetime, timedelta
from pathlib import Path

from reminders.clock import system_clock
from reminders.config import load_config
from reminders.daemon import run_daemon
from reminders.logs import configure_logs
from reminders.wiring import open_app, open_work

AFTER_SECONDS = 1.0


class OddClock:
    """The machine's clock, until it is set back."""

    def __init__(self) -> None:
        self.lag = timedelta(0)

    def __call__(self) -> datetime:
        return system_clock() - self.lag

    def set_back(self) -> None:
        self.lag = timedelta(hours=1)


def lose_scheduler() -> None:
    """End the scheduler's thread by an error, as a bug in it would: it still says that it runs."""
    (thread,) = [thread for thread in threading.enumerate() if thread.name == "APScheduler"]
    assert thread.ident is not None
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread.ident), ctypes.py_object(SystemExit))


def main() -> None:
    configure_logs()
    clock, stopping = OddClock(), threading.Event()
    app = open_app(load_config(Path("config.toml"), os.environ), clock)
    happening = {"lose-scheduler": lose_scheduler, "set-clock-back": clock.set_back}[sys.argv[1]]
    threading.Timer(AFTER_SECONDS, happening).start()
    sys.exit(run_daemon(open_work(app, stopping.is_set), app.config.dispatch, stopping))


if __name__ == "__main__":
    main()
