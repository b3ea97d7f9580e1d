"""Forks daemons from a process that has imported everything already, so that a killed one costs next to nothing.

`python -m tests.faults.nursery` reads a line for each daemon that is wanted, and answers with its process id.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
from typing import NoReturn

import apscheduler.executors.pool
import apscheduler.triggers.interval  # noqa: F401 -- looked up by name as the daemon starts

import reminders.daemon  # noqa: F401 -- imported by its command only when that runs
from reminders.cli import main as run_command


def main() -> None:
    # The system buries the children, however they end.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    gc.freeze()
    for _ in sys.stdin:
        child = os.fork()
        if child == 0:
            be_daemon()
        print(child, flush=True)  # noqa: T201 -- the caller reads it


def be_daemon() -> NoReturn:
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    sys.argv = ["reminders", "daemon"]
    try:
        run_command()
    finally:
        os._exit(0)


if __name__ == "__main__":
    main()
