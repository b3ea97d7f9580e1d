"""What the desk sees: a module for each page, and lists for the command line. Changes nothing.

Each page takes as many statements whatever the database holds, and each of them has its index.
"""

from reminders.overview.delivery import Delivery, DeliveryCell, DeliveryOutcome, read_delivery
from reminders.overview.moments import utc
from reminders.overview.outbox import KeptMessage, OutboxPage, list_outbox, read_outbox
from reminders.overview.patient import PatientPage, read_patient
from reminders.overview.plans import Line, PlanLine, list_dated_only, list_plan, list_reminders
from reminders.overview.recall import (
    RecallFilter,
    RecallLine,
    RecallPage,
    RecallSort,
    read_recall,
    write_recall_csv,
)
from reminders.overview.recording import KnownPatient, RecordedPage, read_known_patient, read_recorded
from reminders.overview.rules import TreatmentPage, describe_treatment
from reminders.overview.service import DAEMON_LATE_AFTER, OVERDUE_AFTER, Service, read_service, read_status
from reminders.overview.tasks import Call, Task, TaskAction, list_calls, list_open_tasks, list_tasks
from reminders.overview.today import Today, TodayLine, read_today

__all__ = [
    "DAEMON_LATE_AFTER",
    "OVERDUE_AFTER",
    "Call",
    "Delivery",
    "DeliveryCell",
    "DeliveryOutcome",
    "KeptMessage",
    "KnownPatient",
    "Line",
    "OutboxPage",
    "PatientPage",
    "PlanLine",
    "RecallFilter",
    "RecallLine",
    "RecallPage",
    "RecallSort",
    "RecordedPage",
    "Service",
    "Task",
    "TaskAction",
    "Today",
    "TodayLine",
    "TreatmentPage",
    "describe_treatment",
    "list_calls",
    "list_dated_only",
    "list_open_tasks",
    "list_outbox",
    "list_plan",
    "list_reminders",
    "list_tasks",
    "read_delivery",
    "read_known_patient",
    "read_outbox",
    "read_patient",
    "read_recall",
    "read_recorded",
    "read_service",
    "read_status",
    "read_today",
    "utc",
    "write_recall_csv",
]
