"""Today: what needs a human, what goes out, what went out, what did not and why; and whom to call."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import APIRouter, Request
from starlette.responses import Response

from reminders.accounts.audit import Action, Author, Subject, find_author, record_audit
from reminders.accounts.users import Role
from reminders.desk.desk import MaybeId, TheDesk
from reminders.desk.pages import render
from reminders.desk.visits import AtTheDesk, may
from reminders.model import Reason, Status
from reminders.overview import (
    SettledTask,
    TodayLine,
    count_calls,
    list_calls,
    read_settled_task,
    read_today,
)
from reminders.overview.moments import today_of
from reminders.store.engine import Transaction, writing

router = APIRouter()

TASKS = 20
"""On one page."""
LINES = 25
"""Of each list below them."""
CALLS = 50


@dataclass(frozen=True, kw_only=True)
class Settled:
    """The task that somebody has just pressed the button of, and who has seen to it."""

    task: SettledTask
    by: Author | None


def read_settled(tx: Transaction, task_id: int | None) -> Settled | None:
    task = read_settled_task(tx, task_id) if task_id is not None else None
    return Settled(task=task, by=find_author(tx, task.at, Subject.TASK, task.id)) if task else None


@router.get("/today")
def show_today(
    request: Request, desk: TheDesk, user: AtTheDesk, page: MaybeId = None, settled: MaybeId = None
) -> Response:
    now, number = desk.now(), page or 1
    with writing(desk.engine) as tx:
        today = read_today(
            tx, desk.app.config.clinic, now, limit=LINES, most_tasks=TASKS, skip_tasks=(number - 1) * TASKS
        )
        pressed = read_settled(tx, settled)
        record_audit(tx, user.user_id, Action.VIEW, now, subject=Subject.LIST)
    return render(
        request,
        "today/page.html",
        today=today,
        page=number,
        tasks_before=(number - 1) * TASKS,
        settled=pressed,
        back="/today",
        may_decide=may(user, Role.CLINICIAN),
        may_send_again=may_send_again,
    )


def may_send_again(line: TodayLine) -> bool:
    """Whether there is a text that could be handed over once more; what else speaks against it is said there."""
    is_unclear = line.status is Status.IN_DOUBT and line.reason == Reason.UNCLEAR
    return line.reminder_id is not None and (line.status in (Status.UNDELIVERED, Status.FAILED) or is_unclear)


@router.get("/today/calls")
def show_calls(
    request: Request, desk: TheDesk, user: AtTheDesk, page: MaybeId = None, settled: MaybeId = None
) -> Response:
    """To be printed, and ticked off on paper."""
    now, number = desk.now(), page or 1
    with writing(desk.engine) as tx:
        calls = list_calls(tx, now, limit=CALLS, offset=(number - 1) * CALLS)
        count = count_calls(tx, now)
        pressed = read_settled(tx, settled)
        record_audit(tx, user.user_id, Action.VIEW, now, subject=Subject.LIST)
    return render(
        request,
        "today/calls.html",
        calls=calls,
        count=count,
        page=number,
        calls_before=(number - 1) * CALLS,
        on=today_of(desk.app.config.clinic, now),
        settled=pressed,
        back="/today/calls",
        may_decide=may(user, Role.CLINICIAN),
    )
