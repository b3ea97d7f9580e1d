"""Both or neither, and once: a crash half-way, and the same procedure entered from two processes."""

from __future__ import annotations

import multiprocessing
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.synchronize import Barrier

import pytest
from sqlalchemy import func, select

from reminders.casework.patients import PatientEntry
from reminders.casework.procedures import ProcedureEntry, cancel_procedure, record_procedure
from reminders.model import Channel
from reminders.store.engine import Transaction, reading
from reminders.tables import Base, PatientRow, ProcedureRow, ReminderRow
from tests.clinic import LASER, ClinicDays

PROCESSES = 3


class Crash(Exception):
    """Whatever ends a process in the middle of its work."""


def count(clinic: ClinicDays, table: type[Base]) -> int:
    with reading(clinic.app.engine) as tx:
        return tx.scalar(select(func.count()).select_from(table)) or 0


def record_and_crash(clinic: ClinicDays) -> Callable[[Transaction], None]:
    entry = ProcedureEntry(
        treatment=LASER,
        performed_at="2026-03-10T10:00",
        patient=PatientEntry(name="Ana Diaz", phone="+16175550142"),
        consent=(Channel.SMS,),
    )

    def work(tx: Transaction) -> None:
        record_procedure(tx, clinic.config.clinic, entry, clinic.clock.now)
        raise Crash

    return work


def cancel_and_crash(clinic: ClinicDays) -> Callable[[Transaction], None]:
    def work(tx: Transaction) -> None:
        cancel_procedure(tx, clinic.config.clinic, 1, "wrong patient", clinic.clock.now)
        raise Crash

    return work


def test_a_crash_before_the_end_leaves_neither_the_procedure_nor_its_reminders(any_clinic: ClinicDays) -> None:
    """R2"""
    any_clinic.at("2026-03-10 10:00")
    with pytest.raises(Crash):
        any_clinic.change(record_and_crash(any_clinic))

    assert [count(any_clinic, table) for table in (PatientRow, ProcedureRow, ReminderRow)] == [0, 0, 0]


def test_a_crash_while_cancelling_leaves_the_procedure_and_its_reminders(any_clinic: ClinicDays) -> None:
    """R2"""
    any_clinic.record_on_time(LASER, "2026-03-10 10:00")
    once = any_clinic.plan()
    with pytest.raises(Crash):
        any_clinic.change(cancel_and_crash(any_clinic))

    assert any_clinic.plan() == once


# ---- from several processes at once ------------------------------------------------------------------------------


def enter_at_once(database_url: str, barrier: Barrier) -> None:
    """What one process does: wait until all are there, then record the procedure."""
    with ClinicDays(database_url) as clinic:
        clinic.at("2026-03-10 10:00")
        barrier.wait(timeout=60)
        clinic.record(LASER, "2026-03-10 10:00")


def enter_from_processes(database_url: str) -> list[int | None]:
    """The processes' exit codes."""
    spawn = multiprocessing.get_context("spawn")
    barrier = spawn.Barrier(PROCESSES)
    processes = [spawn.Process(target=enter_at_once, args=(database_url, barrier)) for _ in range(PROCESSES)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    return [process.exitcode for process in processes]


def test_entered_at_once_for_a_new_patient_it_is_one_procedure_of_one_patient(any_clinic: ClinicDays) -> None:
    """R3"""
    assert enter_from_processes(any_clinic.config.database_url) == [0] * PROCESSES

    assert [count(any_clinic, table) for table in (PatientRow, ProcedureRow)] == [1, 1]


def test_entered_at_once_for_a_known_patient_it_has_one_set_of_reminders(any_clinic: ClinicDays) -> None:
    """R3"""
    any_clinic.add()
    enter_from_processes(any_clinic.config.database_url)

    assert [count(any_clinic, table) for table in (PatientRow, ProcedureRow)] == [1, 1]
    assert count(any_clinic, ReminderRow) == 12


def test_two_patients_who_share_a_number_may_opt_out_at_the_same_time(any_clinic: ClinicDays) -> None:
    any_clinic.record_on_time(LASER, "2026-03-10 10:00", consent=("sms",))
    any_clinic.record(LASER, "2026-03-10 10:00", name="Ben Diaz", email="ben@example.org", consent=("sms",))
    at_once = threading.Barrier(2)

    def opt_out(patient_id: int) -> None:
        at_once.wait()
        any_clinic.opt_out("sms", patient_id=patient_id)

    with ThreadPoolExecutor(2) as pool:
        for _ in range(5):
            list(pool.map(opt_out, (2, 1)))

    assert {line.reason for line in any_clinic.plan(2)} == {"opted_out"}
