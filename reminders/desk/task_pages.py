"""The buttons of tasks: one is seen to, or not after all."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime

from fastapi import APIRouter, HTTPException
from starlette.responses import Response

from reminders.accounts.audit import Action, Subject, record_audit
from reminders.accounts.sign_ins import SignedIn
from reminders.casework.tasks import TaskSettled, complete_task, reopen_task
from reminders.desk.desk import Id, TheDesk
from reminders.desk.forms import Form, Typed
from reminders.desk.pages import go_to
from reminders.desk.visits import AtTheDesk
from reminders.store.engine import Transaction, writing
from reminders.tables import TaskRow

router = APIRouter()

_PAGES = ("/today", "/today/calls")


@router.post("/tasks/{task_id}/done")
def complete(desk: TheDesk, form: Typed, user: AtTheDesk, task_id: Id) -> Response:
    """The page says who has done it: of two who press at once, or of one who presses twice, it was the first."""
    now = desk.now()
    with writing(desk.engine, by=user.name) as tx, suppress(TaskSettled):
        row = _require(tx, task_id)
        complete_task(tx, task_id, now)
        _note(tx, user, row, now)
    return go_to(f"{_read_back(form)}?settled={task_id}")


@router.post("/tasks/{task_id}/reopen")
def reopen(desk: TheDesk, form: Typed, user: AtTheDesk, task_id: Id) -> Response:
    now = desk.now()
    with writing(desk.engine, by=user.name) as tx:
        row = _require(tx, task_id)
        if reopen_task(tx, task_id):
            _note(tx, user, row, now)
    return go_to(_read_back(form))


def _require(tx: Transaction, task_id: int) -> TaskRow:
    """Raises a 404 where there is no such task."""
    row = tx.get(TaskRow, task_id)
    if row is None:
        raise HTTPException(404)
    return row


def _note(tx: Transaction, user: SignedIn, row: TaskRow, now: datetime) -> None:
    record_audit(
        tx,
        user.user_id,
        Action.CHANGE,
        now,
        subject=Subject.TASK,
        subject_id=row.id,
        patient_id=row.patient_id,
        fields=("status",),
    )


def _read_back(form: Form) -> str:
    """The page that the button stood on."""
    back = form.text("back")
    return back if back in _PAGES else _PAGES[0]
