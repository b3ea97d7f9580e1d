"""What the desk sees: a module for each page, and lists for the command line. Changes nothing.

Each page takes as many statements whatever the database holds, and each of them has its index.
"""

from reminders.overview.consent import ChannelConsent, ConsentPage, read_consent
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
from reminders.overview.service import (
    DAEMON_LATE_AFTER,
    MOST_OVERDUE,
    OVERDUE_AFTER,
    Banner,
    Service,
    read_banner,
    read_service,
    read_status,
)
from reminders.overview.tasks import (
    Call,
    SettledTask,
    Task,
    TaskAction,
    count_calls,
    list_calls,
    list_open_tasks,
    list_tasks,
    read_settled_task,
)
from reminders.overview.today import Today, TodayLine, read_today

__all__ = [
    "DAEMON_LATE_AFTER",
    "MOST_OVERDUE",
    "OVERDUE_AFTER",
    "Banner",
    "Call",
    "ChannelConsent",
    "ConsentPage",
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
    "SettledTask",
    "Task",
    "TaskAction",
    "Today",
    "TodayLine",
    "TreatmentPage",
    "count_calls",
    "describe_treatment",
    "list_calls",
    "list_dated_only",
    "list_open_tasks",
    "list_outbox",
    "list_plan",
    "list_reminders",
    "list_tasks",
    "read_banner",
    "read_consent",
    "read_delivery",
    "read_known_patient",
    "read_outbox",
    "read_patient",
    "read_recall",
    "read_recorded",
    "read_service",
    "read_settled_task",
    "read_status",
    "read_today",
    "utc",
    "write_recall_csv",
]
