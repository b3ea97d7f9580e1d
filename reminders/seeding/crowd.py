"""As many invented patients as one wants, to try the pages with: planned by the real planner, written in bulk.

What was due before now is taken to have left when it was due; hardly any of it failed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from functools import cache
from itertools import product
from random import Random
from typing import Any

import phonenumbers
from sqlalchemy import func, insert, select

from reminders.config import Config
from reminders.model import (
    Audience,
    Channel,
    Contact,
    PatientCase,
    Plan,
    PlannedReminder,
    Procedure,
    Reason,
    Session,
    Status,
    TaskStatus,
)
from reminders.planning import plan_reminders
from reminders.reconciling import status_of
from reminders.rules import Clinic
from reminders.store.engine import Transaction
from reminders.tables import (
    AttemptRow,
    Base,
    ConsentRow,
    MessageRow,
    PatientChangeRow,
    PatientRow,
    ProcedureRow,
    RecallRow,
    ReminderRow,
    SessionRow,
    TaskRow,
)
from reminders.typed import fold_for_search, fold_name

_CHUNK = 500
"""Patients that are written at a time."""
_SYLLABLES = ("ba", "cor", "del", "fen", "gar", "hol", "jes", "kim", "lor", "mar", "nel", "por", "quin", "ras", "sol")

Row = dict[str, Any]


def add_crowd(
    tx: Transaction, config: Config, now: datetime, *, first: int, last: int, progress: Callable[[int, int], None]
) -> None:
    """Patients `first` to `last`, the same ones each time."""
    if last < first:
        return
    crowd = _Crowd(clinic=config.clinic, now=now, next_ids=_next_ids(tx))
    for start in range(first, last + 1, _CHUNK):
        end = min(start + _CHUNK, last + 1)
        for number in range(start, end):
            crowd.add(number)
        crowd.write(tx)
        progress(end - 1, last)


_TABLES: tuple[type[Base], ...] = (PatientRow, ConsentRow, PatientChangeRow, ProcedureRow, SessionRow, RecallRow,
                                   MessageRow, AttemptRow, ReminderRow, TaskRow)  # fmt: skip
"""In the order in which they name each other."""


def _next_ids(tx: Transaction) -> dict[type[Base], int]:
    return {table: (tx.scalar(select(func.max(table.__table__.c.id))) or 0) + 1 for table in _TABLES}


@dataclass(kw_only=True)
class _Crowd:
    """Rows that wait to be written, and the ids they get."""

    clinic: Clinic
    now: datetime
    next_ids: dict[type[Base], int]
    rows: dict[type[Base], list[Row]] = field(default_factory=lambda: {table: [] for table in _TABLES})

    def put(self, table: type[Base], **values: Any) -> int:
        row_id = self.next_ids[table]
        self.next_ids[table] += 1
        self.rows[table].append({"id": row_id, **values})
        return row_id

    def write(self, tx: Transaction) -> None:
        for table, rows in self.rows.items():
            if rows:
                tx.execute(insert(table.__table__), rows)  # type: ignore[arg-type]
            rows.clear()

    def add(self, number: int) -> None:
        """One patient with all that follows."""
        chance = Random(number)
        contacts = self._enter(number, chance)
        patient_id = self.rows[PatientRow][-1]["id"]
        procedures = self._treat(patient_id, chance)
        sessions = self._book(patient_id, procedures[-1], chance)
        case = PatientCase(
            patient_id=patient_id, procedures=tuple(procedures), sessions=tuple(sessions), contacts=contacts
        )
        plan = plan_reminders(case, self.clinic)
        self._remind(patient_id, plan, chance)
        self._ask(patient_id, plan, chance)
        for recall in plan.recalls:
            self.put(RecallRow, patient_id=patient_id, **asdict(recall))

    # ---- the record ----------------------------------------------------------------------------------------------

    def _enter(self, number: int, chance: Random) -> Mapping[Channel, Contact]:
        first, last = ("".join(chance.choices(_SYLLABLES, k=2)).title() for _ in range(2))
        name = f"{first} {last} {number}"
        phone, email = _fiction_numbers()[number % len(_fiction_numbers())], f"patient{number}@example.org"
        consented = chance.choices([(Channel.SMS,), (Channel.EMAIL,), tuple(Channel), ()], [70, 8, 20, 2])[0]
        entered_at = self.now - timedelta(days=700)
        patient_id = self.put(
            PatientRow,
            name=name,
            name_key=fold_name(name),
            search_key=fold_for_search(name),
            phone=phone,
            email=email,
            attributes={},
            created_at=entered_at,
            version=2,
        )
        self.put(
            PatientChangeRow,
            patient_id=patient_id,
            version=2,
            what="recorded their first procedure",
            changed_by="desk",
            changed_at=entered_at,
        )
        for channel in consented:
            self.put(
                ConsentRow,
                patient_id=patient_id,
                channel=channel,
                given_at=entered_at,
                source="desk",
                recorded_by="desk",
            )
        return {
            channel: Contact(
                channel=channel, address=address, blocked=None if channel in consented else Reason.NO_CONSENT
            )
            for channel, address in ((Channel.SMS, phone), (Channel.EMAIL, email))
        }

    def _treat(self, patient_id: int, chance: Random) -> list[Procedure]:
        """One to four sessions of one treatment; the latest somewhere in the last two years, often in these weeks."""
        treatment = chance.choice(list(self.clinic.treatments))
        count = chance.choices([1, 2, 3, 4], [15, 30, 30, 25])[0]
        days_ago = chance.randrange(60) if chance.random() < 0.2 else chance.randrange(600)
        minutes = chance.randrange(0, 9 * 60, 5)
        latest = self.now.replace(hour=14, minute=0, second=0, microsecond=0) + timedelta(minutes=minutes)
        latest -= timedelta(days=days_ago + 1)
        return [
            self._perform(patient_id, treatment, latest - timedelta(days=45 * back)) for back in reversed(range(count))
        ]

    def _perform(self, patient_id: int, treatment: str, performed_at: datetime) -> Procedure:
        procedure_id = self.put(
            ProcedureRow,
            patient_id=patient_id,
            treatment=treatment,
            performed_at=performed_at,
            precision="minute",
            attributes={},
            recorded_at=performed_at,
        )
        return Procedure(id=procedure_id, treatment=treatment, performed_at=performed_at, recorded_at=performed_at)

    def _book(self, patient_id: int, latest: Procedure, chance: Random) -> list[Session]:
        if chance.random() > 0.15 or latest.performed_at < self.now - timedelta(days=50):
            return []
        starts_at = self.now.replace(hour=15, minute=0, second=0, microsecond=0)
        starts_at += timedelta(days=chance.randrange(2, 40))
        booked_at = self.now - timedelta(days=1)
        session_id = self.put(
            SessionRow,
            patient_id=patient_id,
            treatment=latest.treatment,
            starts_at=starts_at,
            precision="minute",
            state="open",
            booked_at=booked_at,
            changed_at=booked_at,
        )
        return [
            Session(
                id=session_id,
                treatment=latest.treatment,
                starts_at=starts_at,
                visit=session_id,
                changed_at=booked_at,
            )
        ]

    # ---- what follows from it ------------------------------------------------------------------------------------

    def _ask(self, patient_id: int, plan: Plan, chance: Random) -> None:
        """Tasks, nearly all of which the desk has seen to."""
        for task in plan.tasks:
            is_open = chance.random() < 0.02
            due_at = task.due_at or self.now - timedelta(days=1)
            self.put(
                TaskRow,
                patient_id=patient_id,
                rule=task.rule,
                key=task.key,
                procedure_id=task.procedure_id,
                session_id=task.session_id,
                text=task.text,
                due_at=due_at,
                status=TaskStatus.OPEN if is_open else TaskStatus.DONE,
                created_at=due_at,
                closed_at=None if is_open else due_at,
            )

    def _remind(self, patient_id: int, plan: Plan, chance: Random) -> None:
        messages: dict[tuple[Channel, datetime], int] = {}
        for planned, status, reason in _settle(plan.reminders, self.now, chance):
            has_left = status in (Status.DELIVERED, Status.SENT, Status.UNDELIVERED)
            minute = planned.due_at.replace(second=0, microsecond=0)
            message_id = None
            if has_left:
                key = (planned.channel, minute)
                message_id = messages.get(key) or self._send(patient_id, planned)
                messages[key] = message_id
            self.put(
                ReminderRow,
                patient_id=patient_id,
                anchor_kind=planned.identity.anchor_kind,
                anchor_id=planned.identity.anchor_id,
                rule=planned.identity.rule,
                occurrence=planned.identity.occurrence,
                treatment=planned.treatment,
                audience=planned.audience,
                channel=planned.channel,
                status=status,
                reason=reason,
                due_at=planned.due_at,
                next_attempt_at=planned.due_at,
                expires_at=planned.expires_at,
                target_on=planned.target_on,
                visit_at=planned.visit_at,
                attempts=0,
                resends=0,
                message_id=message_id,
                contact=planned.contact if has_left else None,
                left_at=planned.due_at if has_left else None,
                created_at=min(planned.due_at, self.now),
                updated_at=min(planned.due_at, self.now),
            )

    def _send(self, patient_id: int, planned: PlannedReminder) -> int:
        message_id = self.put(
            MessageRow,
            patient_id=patient_id,
            channel=planned.channel,
            contact=planned.contact,
            subject=None if planned.channel is Channel.SMS else f"A note from {self.clinic.sms_name}",
            body=f"{self.clinic.sms_name}: an invented text of '{planned.identity.rule}'.",
            segments=1 if planned.channel is Channel.SMS else 0,
            created_at=planned.due_at,
            left_at=planned.due_at,
        )
        attempt_id = self.next_ids[AttemptRow]
        self.put(
            AttemptRow,
            message_id=message_id,
            token=f"invented-{attempt_id}",
            provider="outbox",
            started_at=planned.due_at,
            send_before=planned.expires_at,
            finished_at=planned.due_at,
            outcome="accepted",
            provider_id=f"outbox-{attempt_id}",
        )
        return message_id


def _settle(
    reminders: Iterable[PlannedReminder], now: datetime, chance: Random
) -> Iterator[tuple[PlannedReminder, Status, Reason | None]]:
    """What became of each by now; what is withheld and has not come to its time has no row."""
    left: dict[tuple[object, ...], int] = {}
    for planned in reminders:
        if planned.audience is Audience.STAFF:
            continue
        is_past = planned.due_at <= now
        if planned.withheld is not None:
            is_kept = planned.withheld is Reason.SUPERSEDED or (
                is_past and status_of(planned.withheld) in (Status.SKIPPED, Status.EXPIRED)
            )
            if is_kept:
                yield planned, status_of(planned.withheld), planned.withheld
            continue
        series = planned.series
        if planned.max_messages is not None and left.get(series, 0) >= planned.max_messages:
            if is_past:
                yield planned, Status.SKIPPED, Reason.MAX_MESSAGES
            continue
        left[series] = left.get(series, 0) + 1
        yield planned, *(_past_status(chance) if is_past else (Status.SCHEDULED, None))


def _past_status(chance: Random) -> tuple[Status, Reason | None]:
    return chance.choices(
        [
            (Status.DELIVERED, None),
            (Status.SENT, None),
            (Status.UNDELIVERED, None),
            (Status.FAILED, Reason.REFUSED),
            (Status.EXPIRED, Reason.SERVICE_LATE),
        ],
        [80, 16, 2, 1, 1],
    )[0]


@cache
def _fiction_numbers() -> Sequence[str]:
    """The numbers that are kept free for stories, of every area code there is."""
    areas = [area for area in range(201, 990) if phonenumbers.is_valid_number(phonenumbers.parse(f"+1{area}5550100"))]
    return [f"+1{area}55501{line:02}" for area, line in product(areas, range(100))]
