"""What the patient's page says of courses, consent and attempts."""

from __future__ import annotations

from collections.abc import Mapping

from reminders.desk.words import _
from reminders.model import Outcome
from reminders.overview.patient import CourseView
from reminders.store.engine import DESK

SOURCES: Mapping[str, str] = {DESK: _("at the desk")}
"""Where a word of the patient came from; what is not among them is shown as it is kept."""

OUTCOMES: Mapping[str | None, str] = {
    None: _("under way"),
    Outcome.ACCEPTED: _("taken"),
    Outcome.REFUSED: _("refused"),
    Outcome.IN_DOUBT: _("no answer"),
}


def say_course(course: CourseView) -> str:
    """Such as 'Session 2 of 4', or 'Session 2 of usually 4 to 5; the number is not decided'."""
    number, least, most = course.session_number, course.usual_least, course.usual_most
    if course.planned_sessions is not None:
        return _("Session %(number)s of %(planned)s") % {"number": number, "planned": course.planned_sessions}
    if least is None:
        return _("Session %(number)s") % {"number": number}
    usual = f"{least}" if most in (None, least) else _("%(least)s to %(most)s") % {"least": least, "most": most}
    return _("Session %(number)s of usually %(usual)s; the number is not decided") % {"number": number, "usual": usual}
