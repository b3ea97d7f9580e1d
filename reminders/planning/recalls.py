"""Whose next session is due, and whether it is booked. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from reminders.model import PatientCase, Reason, Recall, Session, SessionState
from reminders.planning.courses import PerformedSession
from reminders.planning.tasks import Performed


def list_recalls(case: PatientCase, performed: Performed) -> Iterator[Recall]:
    """One for each treatment whose latest course has a next session, or may have one."""
    for treatment, sessions in performed.items():
        for latest in sessions[-1:]:
            why_none = latest.why_no_next_session()
            if why_none in (None, Reason.COURSE_UNDECIDED) and latest.target_on is not None:
                yield _recall(latest, _find_booked(case, treatment), is_undecided=why_none is not None)


def _recall(latest: PerformedSession, booked: Session | None, *, is_undecided: bool) -> Recall:
    assert latest.target_on is not None, "only a session that has a next one is recalled"
    return Recall(
        treatment=latest.treatment.id,
        procedure_id=latest.anchor_id,
        sessions_done=latest.number,
        planned_sessions=latest.planned_sessions,
        is_undecided=is_undecided,
        last_on=latest.on,
        due_on=latest.target_on,
        latest_on=latest.latest_on,
        session_id=booked.id if booked else None,
        starts_at=booked.starts_at if booked else None,
    )


def _find_booked(case: PatientCase, treatment: str) -> Session | None:
    """The earliest, where several are."""
    booked = (each for each in case.sessions if each.treatment == treatment and each.state is SessionState.OPEN)
    return min(booked, key=lambda each: (each.starts_at, each.id), default=None)
