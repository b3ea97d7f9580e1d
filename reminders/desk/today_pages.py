"""Today: what needs a human."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from reminders.accounts.audit import Action, Subject, record_audit
from reminders.desk.desk import TheDesk
from reminders.desk.pages import render
from reminders.desk.visits import AtTheDesk
from reminders.overview import list_tasks
from reminders.store.engine import writing

router = APIRouter()


@router.get("/today")
def show_today(request: Request, desk: TheDesk, user: AtTheDesk) -> Response:
    now = desk.now()
    with writing(desk.engine) as tx:
        tasks = list_tasks(tx, now)
        record_audit(tx, user.user_id, Action.VIEW, now, subject=Subject.LIST)
    return render(request, "today.html", tasks=tasks)
