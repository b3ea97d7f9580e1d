"""What must be put right: texts that named a visit or a day which is no longer true. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from reminders.local_time import elapsed, local_date
from reminders.model import (
    CORRECTION,
    AnchorKind,
    Channel,
    DesiredTask,
    Identity,
    PatientCase,
    PlannedReminder,
    Reason,
    Session,
    SessionState,
    StoredReminder,
    TaskRule,
)
from reminders.planning.contacts import choose_contact
from reminders.planning.courses import PerformedSession
from reminders.planning.wording import say_day, say_visit
from reminders.rules import Clinic
from reminders.sending_hours import SendingHours, is_useful


@dataclass(frozen=True, kw_only=True)
class _WrongVisit:
    """A visit that a text named, and what is true now."""

    visit: int
    told: StoredReminder
    session: Session
    corrections_left: int

    @property
    def told_at(self) -> datetime:
        assert self.told.visit_at is not None, "only a text that named a time can be wrong about it"
        return self.told.visit_at

    @property
    def true_at(self) -> datetime | None:
        """None: no longer booked."""
        return self.session.starts_at if self.session.state is SessionState.OPEN else None

    @property
    def is_over(self) -> bool:
        """Unbooked only after its time had passed: nobody is on the way to it."""
        return self.true_at is None and self.session.changed_at >= self.told_at


def plan_corrections(case: PatientCase, clinic: Clinic, hours: SendingHours) -> list[PlannedReminder]:
    """One correction for each visit that a text named wrongly, each with the task to raise if it cannot leave."""
    return [_plan_correction(case, clinic, hours, wrong) for wrong in _wrong_visits(case)]


def _wrong_visits(case: PatientCase) -> Iterator[_WrongVisit]:
    visit_of = {session.id: session.visit for session in case.sessions}
    newest = {session.visit: session for session in sorted(case.sessions, key=lambda each: each.id)}
    for visit, session in newest.items():
        told = [each for each in case.left if _names_visit(each) and visit_of.get(each.identity.anchor_id) == visit]
        if not told or session.state not in (SessionState.OPEN, SessionState.UNBOOKED):
            continue
        wrong = _WrongVisit(
            visit=visit,
            told=told[-1],
            session=session,
            corrections_left=sum(each.identity.rule == CORRECTION for each in told),
        )
        if told[-1].visit_at is not None and wrong.true_at != wrong.told_at and not wrong.is_over:
            yield wrong


def _names_visit(reminder: StoredReminder) -> bool:
    """A correction always speaks of a visit: one without a time said that it is no longer booked."""
    is_of_session = reminder.identity.anchor_kind is AnchorKind.SESSION
    return is_of_session and (reminder.visit_at is not None or reminder.identity.rule == CORRECTION)


def _plan_correction(case: PatientCase, clinic: Clinic, hours: SendingHours, wrong: _WrongVisit) -> PlannedReminder:
    contact = choose_contact(case.contacts, _same_channel_first(wrong.told.channel))
    leave_at = hours.next_allowed(wrong.session.changed_at)
    leave_before = min(filter(None, (wrong.told_at, wrong.true_at))) - elapsed(clinic.visits.correction_lead)
    is_too_late = not is_useful(leave_at, leave_before)
    true_at = wrong.true_at
    return PlannedReminder(
        identity=Identity(AnchorKind.SESSION, wrong.visit, CORRECTION, wrong.corrections_left + 1),
        treatment=wrong.session.treatment,
        due_at=leave_at,
        expires_at=leave_before,
        channel=contact.channel,
        contact=contact.address,
        withheld=contact.blocked or (Reason.ENTERED_LATE if is_too_late else None),
        target_on=local_date(true_at, clinic.time_zone) if true_at else None,
        visit_at=true_at,
        task_if_unsent=_tell_of_visit(clinic, wrong),
    )


def _same_channel_first(told: Channel) -> tuple[Channel, ...]:
    return told, *(channel for channel in Channel if channel is not told)


def _tell_of_visit(clinic: Clinic, wrong: _WrongVisit) -> DesiredTask:
    was = say_visit(wrong.told_at, clinic.time_zone)
    true_at = wrong.true_at
    now = f"is now on {say_visit(true_at, clinic.time_zone)}" if true_at else "is no longer booked"
    return DesiredTask(
        rule=TaskRule.TELL_PATIENT,
        key=f"visit:{wrong.visit}:{wrong.told_at.isoformat()}:{true_at.isoformat() if true_at else 'unbooked'}",
        text=f"Call the patient: a text named the visit on {was}, and it {now}. A correction could not go out.",
        session_id=wrong.session.id,
    )


def tell_of_targets(
    case: PatientCase, performed: Iterable[PerformedSession], target_rules: frozenset[tuple[str, str]]
) -> list[DesiredTask]:
    """A task for each procedure whose texts named a day for the next session that a corrected date made wrong."""
    return [
        _tell_of_target(session, told)
        for session in performed
        if session.target_on
        and (told := _last_told_target(case, session, target_rules))
        and told.target_on != session.target_on
    ]


def _last_told_target(
    case: PatientCase, session: PerformedSession, target_rules: frozenset[tuple[str, str]]
) -> StoredReminder | None:
    told = [
        each
        for each in case.left
        if each.target_on is not None
        and (each.treatment, each.identity.rule) in target_rules
        and each.identity[:2] == (AnchorKind.PROCEDURE, session.anchor_id)
    ]
    return told[-1] if told else None


def _tell_of_target(session: PerformedSession, told: StoredReminder) -> DesiredTask:
    assert told.target_on is not None, "only a text that named a day can be wrong about it"
    assert session.target_on is not None, "and only where there is a day it should have named"
    return DesiredTask(
        rule=TaskRule.TELL_PATIENT,
        key=f"target:{session.anchor_id}:{told.target_on}:{session.target_on}",
        text=f"Call the patient: a text named {say_day(told.target_on)} for the next session, "
        f"and the corrected date makes it {say_day(session.target_on)}.",
        procedure_id=session.anchor_id,
    )
