"""The shipped clinic, and what the desk's pages ask of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from sqlalchemy import select

from reminders.casework.messages import MessageEntry, Written, send_again, write_message
from reminders.casework.patients import PatientEntry
from reminders.casework.pauses import pause_patient, resume_patient
from reminders.casework.previews import ChangePreview, ProcedurePreview, preview_change, preview_procedure
from reminders.casework.procedures import ProcedureEntry
from reminders.forecasting import ForecastLine, forecast_patient
from reminders.model import Channel
from reminders.providers import Provider
from reminders.store.engine import Transaction, reading
from reminders.tables import PatientRow, ReminderRow, WrittenRow
from tests.clinic import LASER, ClinicDays
from tests.dispatching.wired import Interrupted


class DeskClinic(ClinicDays):
    def pause(self, reason: str = "in hospital", until: str | None = None, patient_id: int = 1) -> None:
        clinic = self.config.clinic
        self.change(lambda tx: pause_patient(tx, clinic, patient_id, reason, until, self.clock.now))

    def resume(self, patient_id: int = 1) -> None:
        self.change(lambda tx: resume_patient(tx, self.config.clinic, patient_id, self.clock.now))

    def write(self, body: str, channel: str = "sms", subject: str | None = None, patient_id: int = 1) -> Written:
        entry = MessageEntry(patient_id=patient_id, channel=Channel(channel), body=body, subject=subject)
        return self.change(lambda tx: write_message(tx, self.config.clinic, self.app.templates, entry, self.clock.now))

    def again(self, reminder_id: int) -> Written:
        return self.change(
            lambda tx: send_again(tx, self.config.clinic, self.app.templates, reminder_id, self.clock.now)
        )

    def interrupt(self, channel: str, happening: Callable[[], object]) -> None:
        """Let something happen once, after a message was begun and right before it is handed over."""
        providers: dict[Channel, Provider] = dict(self.work.providers)
        providers[Channel(channel)] = Interrupted(providers[Channel(channel)], happening)
        self.work = replace(self.work, providers=providers)

    def reminder(self, rule: str, occurrence: int = 1) -> int:
        with reading(self.app.engine) as tx:
            return tx.scalars(
                select(ReminderRow.id).where(ReminderRow.rule == rule, ReminderRow.occurrence == occurrence)
            ).one()

    def written(self) -> list[tuple[str, str | None]]:
        with reading(self.app.engine) as tx:
            rows = tx.scalars(select(WrittenRow).order_by(WrittenRow.id))
            return [(row.status, row.reason) for row in rows]

    def version(self, patient_id: int = 1) -> int:
        with reading(self.app.engine) as tx:
            row = tx.get(PatientRow, patient_id)
            assert row is not None
            return row.version

    def entry(self, performed_at: str, treatment: str = LASER, **over: Any) -> ProcedureEntry:
        """Ana's procedure as the form has it; `patient` may be given otherwise, or with what is typed by now."""
        values: dict[str, Any] = {
            "patient": PatientEntry(name="Ana Diaz", phone="+16175550142", email="ana@example.org"),
            "consent": (Channel.SMS, Channel.EMAIL),
            **over,
        }
        return ProcedureEntry(treatment=treatment, performed_at=performed_at.replace(" ", "T"), **values)

    def preview(self, entry: ProcedureEntry) -> ProcedurePreview:
        return preview_procedure(self.app.engine, self.config.clinic, self.app.templates, entry, self.clock.now)

    def preview_change(self, change: Callable[[Transaction], object], patient_id: int = 1) -> ChangePreview:
        clinic, templates = self.config.clinic, self.app.templates
        return preview_change(self.app.engine, clinic, templates, patient_id, change, self.clock.now)

    def forecast(self, patient_id: int = 1) -> tuple[ForecastLine, ...]:
        with reading(self.app.engine) as tx:
            patient = tx.get(PatientRow, patient_id)
            assert patient is not None, f"there is no patient {patient_id}"
            return forecast_patient(tx, self.config.clinic, self.app.templates, patient, self.clock.now).lines
