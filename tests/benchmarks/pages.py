"""How long each page takes with 20,000 patients, and with a dozen: `make bench`. It measures and judges nothing."""

from __future__ import annotations

import atexit
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from tempfile import mkdtemp

from rich.console import Console
from rich.progress import Progress

from reminders.desk import create_app
from reminders.logs import configure_logs
from reminders.seeding import seed_demo
from tests.accounts.staff import hire
from tests.clinic import ClinicDays
from tests.databases import KINDS, fresh_database
from tests.desk.browser import Browser, signed_in
from tests.desk.conftest import KEY

PAGES = (
    "/today",
    "/today/calls",
    "/patients",
    "/patients/1",
    "/patients/1/details",
    "/patients/1/consent",
    "/patients/1/book",
    "/patients/1/write",
    "/rules",
    "/rules/fractional-laser",
    "/record",
    "/record?patient=1",
    "/recall",
    "/recall?page=400",
    "/recall?sort=name",
    "/recall?sort=name&page=400",
    "/recall?sort=visit&direction=descending",
    "/recall?booked=no&from=2026-11-01",
    "/delivery",
    "/outbox",
    "/outbox?before=40",
    "/outbox/newest",
    "/audit",
    "/users",
)
"""Whatever an admin may open; a new page is a line more."""

PATIENTS = 20_000
TIMES = 10
MOMENT = "2026-11-23 15:00"


def main() -> None:
    configure_logs("CRITICAL")
    folder = Path(mkdtemp(prefix="reminders-bench-"))
    # First of all, so that it comes last: the server is stopped before its files go.
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    for kind in KINDS:
        measure(kind, folder)


def measure(kind: str, folder: Path) -> None:
    with opened(kind, folder, 0) as few, opened(kind, folder, PATIENTS) as many:
        print(f"\n{kind}: median of {TIMES}, in ms    a dozen  {PATIENTS:,}    ratio")
        for page in PAGES:
            small, large = time_page((few, many), page)
            print(f"{page:42}{small:9.1f}{large:8.1f}{large / small:9.1f}")


@contextmanager
def opened(kind: str, folder: Path, patients: int) -> Iterator[Browser]:
    """An admin's browser at a clinic with so many invented patients; as many as there are at least, if more."""
    with ClinicDays(fresh_database(kind, folder, folder)) as clinic:
        clinic.at(MOMENT)
        with Progress(console=Console(stderr=True), transient=True) as shown:
            task = shown.add_task(f"Inventing patients ({kind})", total=None)
            seed_demo(
                clinic.app.engine,
                clinic.config,
                clinic.clock.now,
                patients,
                progress=lambda done, total: shown.update(task, completed=done, total=total),
            )
        if kind == "postgresql":
            # It would do so itself within a minute; SQLite never does.
            with clinic.app.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.exec_driver_sql("ANALYZE")
        hire(clinic.app.engine, clinic.clock.now)
        yield signed_in(create_app(clinic.app, KEY), "olive")


def time_page(browsers: Sequence[Browser], page: str) -> list[float]:
    """Milliseconds from the request to the whole answer, at each clinic; the first time, which warms up, left out.

    In turn, so that whatever else the machine does meanwhile meets both alike.
    """
    rounds = [[_time_once(browser, page) for browser in browsers] for _ in range(TIMES + 1)]
    return [median(taken) for taken in zip(*rounds[1:], strict=True)]


def _time_once(browser: Browser, page: str) -> float:
    began = time.perf_counter()
    browser.get(page)
    return (time.perf_counter() - began) * 1000


if __name__ == "__main__":
    main()
