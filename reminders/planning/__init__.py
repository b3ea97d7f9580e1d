"""What should exist for one patient: reminders, what is withheld and why, tasks. Pure: no clock, no database.

`plan_reminders` takes no `now`. A planner that drops the past would make the reconciler cancel a reminder which is
due and not yet sent; what is late is decided in `reconciling`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from zoneinfo import ZoneInfo

from reminders.model import AnchorKind, PatientCase, Plan, Reason, SessionState
from reminders.planning.corrections import plan_corrections, tell_of_targets
from reminders.planning.courses import PerformedSession, list_performed_sessions
from reminders.planning.recalls import list_recalls
from reminders.planning.series import list_missing, list_series, plan_series
from reminders.planning.tasks import list_tasks
from reminders.rules import Anchor, Clinic
from reminders.sending_hours import SendingHours

_ENDED_BY = {
    SessionState.PERFORMED: Reason.SESSION_ENDED,
    SessionState.MOVED: Reason.SESSION_MOVED,
    SessionState.UNBOOKED: Reason.SESSION_UNBOOKED,
    SessionState.LAPSED: Reason.SESSION_ENDED,
}


def plan_reminders(case: PatientCase, clinic: Clinic) -> Plan:
    """Everything the rules yield for the patient's procedures and sessions, in configuration order."""
    hours = sending_hours_of(case, clinic)
    performed = {
        treatment.id: list_performed_sessions(case.procedures, treatment, clinic)
        for treatment in clinic.treatments.values()
    }
    all_performed = [session for sessions in performed.values() for session in sessions]
    return Plan(
        reminders=(
            *(
                reminder
                for series in list_series(case, clinic, performed, hours)
                for reminder in plan_series(series, clinic, hours)
            ),
            *plan_corrections(case, clinic, hours),
        ),
        tasks=(
            *list_tasks(case, clinic, performed),
            *tell_of_targets(case, all_performed, _rules_naming_a_target(clinic)),
        ),
        recalls=tuple(list_recalls(case, performed)),
        ended=_list_ended(case, all_performed),
        missing=list_missing(case, clinic, performed),
        limits=clinic.text_limits,
        by_hand=case.by_hand,
        rules=frozenset((rule.treatment, rule.id) for each in clinic.treatments.values() for rule in each.rules),
    )


def sending_hours_of(case: PatientCase, clinic: Clinic) -> SendingHours:
    """The clinic's hours in the patient's own zone, where there is one (P3)."""
    zone = ZoneInfo(case.time_zone) if case.time_zone else clinic.time_zone
    return SendingHours(windows=clinic.sending_hours, zone=zone)


def _rules_naming_a_target(clinic: Clinic) -> frozenset[tuple[str, str]]:
    rules = (rule for treatment in clinic.treatments.values() for rule in treatment.rules)
    return frozenset((rule.treatment, rule.id) for rule in rules if rule.anchor is Anchor.TARGET)


def _list_ended(case: PatientCase, performed: Sequence[PerformedSession]) -> Mapping[tuple[AnchorKind, int], Reason]:
    """Anchors whose pending reminders close, with the reason."""
    anchors = {session.anchor_id for session in performed}
    treatments = {session.treatment.id for session in performed}
    ended = {
        (AnchorKind.PROCEDURE, each.id): Reason.PROCEDURE_CANCELLED if each.is_cancelled else Reason.SAME_SESSION
        for each in case.procedures
        # A treatment that is no longer in the configuration has lost its rules, and ended nothing.
        if each.id not in anchors and (each.is_cancelled or each.treatment in treatments)
    }
    for session in case.sessions:
        if session.state in _ENDED_BY:
            ended[AnchorKind.SESSION, session.id] = _ENDED_BY[session.state]
    return ended


__all__ = ["plan_reminders", "sending_hours_of"]
