"""`make demo`: six weeks of a clinic in a few seconds. The clock is set by hand, and nothing leaves the machine.

Casework, dispatching and overview are the product's own; the two patients and their numbers are invented.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn
from sqlalchemy import func, select

from reminders.casework.patients import PatientEntry, opt_out
from reminders.casework.procedures import ProcedureEntry, Recorded, correct_procedure, record_procedure
from reminders.casework.sessions import book_session, move_session
from reminders.cli.printing import say_time
from reminders.clock import SetClock, system_clock
from reminders.config import load_config
from reminders.dispatching import Work, dispatch_pass
from reminders.local_time import local_date
from reminders.model import Channel, Status
from reminders.overview import Line, list_outbox, list_plan, list_reminders, list_tasks
from reminders.rules import Clinic
from reminders.store.engine import Transaction, reading, writing
from reminders.tables import ReminderRow
from reminders.typed import read_when
from reminders.wiring import App, open_app, open_work
from scripts.demo_printing import print_message, print_plan, print_summary, say

ROOT = Path(__file__).resolve().parents[1]

LASER = "fractional-laser"
NEEDLING = "skin-needling"

_AnswerT = TypeVar("_AnswerT")


def main() -> None:
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 80)
    with tempfile.TemporaryDirectory(prefix="reminders-demo-") as folder, opened(Path(folder), console) as demo:
        play(demo)


@contextmanager
def opened(folder: Path, console: Console, config_file: Path = ROOT / "config.toml") -> Iterator[Demo]:
    """A clinic in a folder of its own: the configuration and the texts that ship, an empty database, the outbox."""
    shutil.copy(config_file, folder / "config.toml")
    shutil.copytree(ROOT / "templates", folder / "templates")
    # Whatever the file has come to say: the demo sends nothing.
    outbox = {"REMINDERS_SMS__PROVIDER": "outbox", "REMINDERS_EMAIL__PROVIDER": "outbox"}
    config = load_config(folder / "config.toml", {"REMINDERS_DATABASE__URL": "sqlite:///demo.db", **outbox})
    clock = SetClock(datetime(2026, 3, 3, 12, 0, tzinfo=UTC))
    app = open_app(config, clock)
    try:
        app.prepare()
        yield Demo(app=app, work=open_work(app), clock=clock, console=console)
    finally:
        app.close()


def play(demo: Demo) -> None:
    """The story: two procedures, and what six weeks bring."""
    demo.console.rule("[bold]Aftercare reminders: a demo[/bold]", style="default")
    demo.say("This clinic lives in a throw-away folder, with the rules of config.toml. Its clock is set by hand, and "
             "its outbox keeps every message: nothing leaves this machine.")  # fmt: skip

    demo.pass_until("2026-03-03T15:00", "Mara's laser session ends, and the desk records it. Her plan:")
    mara = demo.record("Mara Quill", "(617) 555-0117", "mara@example.org", LASER, "2026-03-03T15:00")
    demo.pass_until("2026-03-03T16:00", "Theo's needling ends: another treatment, another plan:")
    theo = demo.record("Theo Lindqvist", "(617) 555-0131", "theo@example.org", NEEDLING, "2026-03-03T16:00")

    demo.pass_until("2026-03-05T11:00", "Theo's needling was on Monday, really. The desk corrects the date.")
    demo.correct(theo, "2026-03-02T16:00")
    demo.pass_until("2026-03-18T12:00", "Theo wants no more texts; emails are fine.")
    demo.stop_texts(theo)
    demo.pass_until("2026-03-28T09:30", "Mara calls and books her next visit, for Tuesday, 7 April.")
    visit = demo.book(mara, LASER, "2026-04-07T10:30")
    demo.pass_until("2026-04-06T12:00", "Mara cannot come tomorrow: the visit moves to Thursday, 9 April.")
    demo.move(visit, "2026-04-09T10:30")
    demo.pass_until("2026-04-15T09:00", "Six weeks are over. In all:")

    demo.sum_up()
    demo.invite(local_date(system_clock(), demo.clinic.time_zone))


@dataclass(frozen=True, kw_only=True)
class Demo:
    """The clinic's desk and its days; every step says what it does."""

    app: App
    work: Work
    clock: SetClock
    console: Console
    names: dict[int, str] = field(default_factory=dict)
    shown: set[object] = field(default_factory=set)
    """Messages that were printed, and rules whose words were."""

    @property
    def clinic(self) -> Clinic:
        return self.app.config.clinic

    def say(self, sentence: str) -> None:
        say(self.console, sentence)

    # ---- time ----------------------------------------------------------------------------------------------------

    def pass_until(self, typed: str, sentence: str) -> None:
        """Let the days pass until this moment, and say what happens then."""
        self._run_until(read_when(typed, self.clinic.time_zone, self.clinic.default_procedure_time).at)
        self.console.print()
        self.console.rule(f"[bold]{self._say_now()}[/bold]", align="left", style="default")
        self.say(sentence)

    def _run_until(self, end: datetime) -> None:
        """Set the clock to each next moment, and dispatch as the daemon would then."""
        columns = TextColumn("  {task.description}"), BarColumn()
        with Progress(*columns, console=self.console, transient=True, disable=not self.console.is_terminal) as bar:
            task = bar.add_task(self._say_now(), total=(end - self.clock.now).total_seconds())
            while self.clock.now < end:
                dispatch_pass(self.work)
                self._print_new_messages()
                then = min(end, self._next_moment())
                bar.update(task, advance=(then - self.clock.now).total_seconds(), description=self._say_now())
                self.clock.now = then

    def _next_moment(self) -> datetime:
        """When the next reminder is due, at most a day from now."""
        with reading(self.app.engine) as tx:
            due_at = tx.scalar(
                select(func.min(ReminderRow.next_attempt_at)).where(
                    ReminderRow.status == Status.SCHEDULED, ReminderRow.next_attempt_at > self.clock.now
                )
            )
        tomorrow = self.clock.now + timedelta(days=1)
        return min(due_at or tomorrow, tomorrow)

    def _say_now(self) -> str:
        return say_time(self.clock.now.astimezone(self.clinic.time_zone))

    # ---- the desk ------------------------------------------------------------------------------------------------

    def record(self, name: str, phone: str, email: str, treatment: str, performed_at: str) -> Recorded:
        """Record a procedure of a new patient who agrees to texts and emails, and print the plan."""
        entry = ProcedureEntry(
            treatment=treatment,
            performed_at=performed_at,
            patient=PatientEntry(name=name, phone=phone, email=email),
            consent=(Channel.SMS, Channel.EMAIL),
        )
        recorded = self._change(lambda tx: record_procedure(tx, self.clinic, entry, self.clock.now))
        self.names[_patient_of(recorded)] = name.split()[0]
        print_plan(self.console, self._plan(_patient_of(recorded)), self.clinic, treatment)
        self.console.print()
        return recorded

    def correct(self, recorded: Recorded, performed_at: str) -> None:
        procedure_id = recorded.procedure_id
        replanned = self._change(
            lambda tx: correct_procedure(tx, self.clinic, procedure_id, performed_at, self.clock.now)
        )
        self.say(f"Reminders that moved with it: {len(replanned.difference.changes)}. "
                 f"Gone out already, and not sent again: {len(replanned.case.left)}.\n")  # fmt: skip

    def stop_texts(self, recorded: Recorded) -> None:
        patient_id = _patient_of(recorded)
        replanned = self._change(lambda tx: opt_out(tx, self.clinic, patient_id, Channel.SMS, self.clock.now))
        changes = sum(len(each.difference.changes) for each in replanned)
        self.say(f"Reminders that will go by email instead, as he agreed to both: {changes}.\n")

    def book(self, recorded: Recorded, treatment: str, starts_at: str) -> int:
        patient_id = _patient_of(recorded)
        booked = self._change(
            lambda tx: book_session(tx, self.clinic, patient_id, treatment, starts_at, self.clock.now)
        )
        self.say("The second text about booking is not needed any more; one about the visit is.\n")
        return booked.session_id

    def move(self, session_id: int, starts_at: str) -> None:
        self._change(lambda tx: move_session(tx, self.clinic, session_id, starts_at, self.clock.now))
        self.say("This morning's text named Tuesday: a correction follows at once.\n")

    def _change(self, work: Callable[[Transaction], _AnswerT]) -> _AnswerT:
        with writing(self.app.engine) as tx:
            return work(tx)

    # ---- what one sees -------------------------------------------------------------------------------------------

    def _plan(self, patient_id: int) -> list[Line]:
        with reading(self.app.engine) as tx:
            return [each.line for each in list_plan(tx, self.clinic, self.app.templates, patient_id, self.clock.now)]

    def _print_new_messages(self) -> None:
        with reading(self.app.engine) as tx:
            messages = list_outbox(tx)
            reminders = [each.line for each in list_reminders(tx, self.clinic, self.app.templates, self.clock.now)]
        for message in messages:
            if message["message"] not in self.shown:
                self._print_message(message, [line for line in reminders if line.message == message["message"]])

    def _print_message(self, message: dict[str, object], reminders: list[Line]) -> None:
        rules = " + ".join(line.rule for line in reminders)
        head = f"{self._say_now()}  to {self.names[reminders[0].patient]}: {rules}"
        # The words once: later messages of the rule say the same.
        print_message(self.console, message, head, with_body=(message["channel"], rules) not in self.shown)
        self.shown.update([message["message"], (message["channel"], rules)])

    def sum_up(self) -> None:
        with reading(self.app.engine) as tx:
            messages, tasks = list_outbox(tx), list_tasks(tx, self.clock.now)
        lines = [line for patient_id in self.names for line in self._plan(patient_id)]
        print_summary(self.console, lines, messages, tasks)

    def invite(self, today: date) -> None:
        self.console.print(
            "\nYour turn! This plans a laser session of today, and saves nothing:\n\n"
            "  .venv/bin/reminders record --name 'Mara Quill' --phone '(617) 555-0117' \\\n"
            f"      --treatment {LASER} --performed-at {today} \\\n"
            "      --consent sms --dry-run",
            markup=False,
        )


def _patient_of(recorded: Recorded) -> int:
    return recorded.replanned.case.patient_id


if __name__ == "__main__":
    main()
