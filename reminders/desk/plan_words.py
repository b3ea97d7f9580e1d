"""A plan in the words of the pages: what leaves together, what does not leave, and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from itertools import groupby

from reminders.casework.previews import Effect
from reminders.desk.words import _
from reminders.forecasting import ForecastLine
from reminders.model import Channel, Identity, Reason, Status
from reminders.planning.wording import say_day

CHANNELS: Mapping[str, str] = {Channel.SMS: _("text message"), Channel.EMAIL: _("email")}

EFFECTS: Mapping[str, str] = {
    Effect.KEPT: _("stays"),
    Effect.MOVED: _("moves"),
    Effect.CANCELLED: _("is cancelled"),
    Effect.ADDED: _("is added"),
    Effect.ALREADY_SENT: _("has left already"),
    Effect.WITHHELD: _("does not leave"),
}

STATUSES: Mapping[str, str] = {
    Status.SCHEDULED: _("waits"),
    Status.CLAIMED: _("is about to leave"),
    Status.SENDING: _("is being sent"),
    Status.IN_DOUBT: _("unclear whether it left"),
    Status.ACCEPTED: _("handed over"),
    Status.SENT: _("sent"),
    Status.DELIVERED: _("delivered"),
    Status.UNDELIVERED: _("did not arrive"),
    Status.FAILED: _("failed"),
    Status.EXPIRED: _("too late"),
    Status.SKIPPED: _("left out"),
    Status.CANCELLED: _("cancelled"),
    Status.SUPERSEDED: _("replaced"),
    Status.WITHHELD: _("does not leave"),
}

REASONS: Mapping[str, str] = {
    Reason.NO_CONSENT: _("the patient has not agreed to it"),
    Reason.OPTED_OUT: _("the patient does not want it any more"),
    Reason.NO_CONTACT: _("there is no number or address"),
    Reason.CONTACT_REFUSED: _("the provider refuses the number or address"),
    Reason.QUIET_HOURS: _("it falls outside the sending hours"),
    Reason.SESSION_BOOKED: _("the next visit is booked"),
    Reason.SESSION_DUE: _("there is a next session"),
    Reason.SESSION_NOT_BOOKED: _("no next visit is booked"),
    Reason.COURSE_UNDECIDED: _("the number of sessions is not decided"),
    Reason.COURSE_DECIDED: _("the number of sessions is decided"),
    Reason.LAST_SESSION: _("no further session is planned"),
    Reason.NEWER_PROCEDURE: _("a newer procedure counts"),
    Reason.SAME_SESSION: _("another procedure of the day says it"),
    Reason.SUPERSEDED: _("a newer procedure says it"),
    Reason.MAX_MESSAGES: _("enough of these have been sent"),
    Reason.TEXT_LIMIT: _("the patient gets enough texts in these days"),
    Reason.ENTERED_LATE: _("its time was over when it was entered"),
    Reason.SERVICE_LATE: _("its time was over before it could leave"),
    Reason.EXPIRES_BEFORE_DUE: _("its time would be over before it could leave"),
    Reason.NEXT_IS_NEAR: _("the next one is near"),
    Reason.PROCEDURE_CANCELLED: _("the procedure is cancelled"),
    Reason.SESSION_MOVED: _("the visit is moved"),
    Reason.SESSION_UNBOOKED: _("the visit is not booked any more"),
    Reason.SESSION_ENDED: _("the visit is over"),
    Reason.DOES_NOT_APPLY: _("it does not apply"),
    Reason.NO_ANSWER: _("there is no answer yet"),
    Reason.ANSWERED: _("it is answered"),
    Reason.OTHER_ANSWER: _("the answer was another one"),
    Reason.NOT_HAPPENED: _("it has not happened"),
    Reason.HAPPENED: _("it has happened"),
    Reason.OVERRIDE_FAULTY: _("the figures set for this patient no longer fit"),
    Reason.PAUSED: _("the reminders are paused"),
    Reason.CHANGED_BACK: _("what it would put right came back"),
    Reason.RULE_REMOVED: _("the clinic has taken the rule out"),
    Reason.REFUSED: _("the provider refused it"),
    Reason.RETRIES_EXHAUSTED: _("it failed too often"),
    Reason.POISONED: _("it could not be written"),
    Reason.UNCLEAR: _("whether it arrived is unclear"),
    Reason.RESENT_AFTER_UNKNOWN: _("it was sent again after a lost answer"),
}


FIGURES: Mapping[str, str] = {
    "sessions": _("sessions"),
    "interval": _("to the next session"),
    "late_limit": _("late after"),
    "from": _("first due"),
    "every": _("then every"),
    "slots": _("times of day"),
    "times": _("how many times"),
    "lasts": _("lasts"),
    "until": _("until"),
    "at": _("time of day"),
    "expires": _("of use until"),
    "max_messages": _("messages at most"),
    "fallback": _("while nothing is recorded"),
}
"""By the last part of the figure's name in the configuration."""


def say_figure_name(key: str) -> str:
    """Such as 'time of day'; of a phase 'phase 2: then every'."""
    *before, last = key.split(".")
    if before[:1] == ["phases"]:
        return _("phase %(number)s: %(figure)s") % {"number": int(before[1]) + 1, "figure": FIGURES[last]}
    return FIGURES[last]


def say_moment(local: datetime) -> str:
    """Such as 'Tue 24 Mar 2026, 14:30', on whichever clock it stands."""
    return f"{say_day(local.date())}, {local:%H:%M}"


def say_rule(rule: str) -> str:
    """A rule's name as words."""
    return rule.replace("-", " ").replace("_", " ")


def group_messages(lines: Iterable[ForecastLine]) -> list[list[ForecastLine]]:
    """What leaves or has left, by message (P7), by time."""
    messages: dict[frozenset[Identity], list[ForecastLine]] = {}
    for line in lines:
        if line.leaves_at is not None:
            messages.setdefault(frozenset((line.identity, *line.together_with)), []).append(line)
    return list(messages.values())


def group_withheld(lines: Iterable[ForecastLine]) -> list[list[ForecastLine]]:
    """What does not leave: the occurrences of one rule with one reason are one entry."""

    def alike(line: ForecastLine) -> tuple[str, str, str]:
        return line.rule, line.channel, line.reason or ""

    withheld = sorted((line for line in lines if line.leaves_at is None), key=alike)
    groups = [list(group) for _key, group in groupby(withheld, key=alike)]
    return sorted(groups, key=lambda group: group[0].due_at)
