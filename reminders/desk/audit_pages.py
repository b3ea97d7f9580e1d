"""The audit log, for admins."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from reminders.accounts.audit import list_audit
from reminders.accounts.users import list_users
from reminders.desk.desk import MaybeId, TheDesk
from reminders.desk.pages import render
from reminders.desk.visits import AsAdmin
from reminders.store.engine import reading

router = APIRouter()

PAGE = 100


@router.get("/audit")
def show_audit(
    request: Request,
    desk: TheDesk,
    admin: AsAdmin,
    before: MaybeId = None,
    user: MaybeId = None,
    patient: MaybeId = None,
) -> Response:
    with reading(desk.engine) as tx:
        lines = list_audit(tx, before_id=before, user_id=user, patient_id=patient, limit=PAGE + 1)
        users = list_users(tx)
    return render(
        request,
        "audit.html",
        lines=lines[:PAGE],
        has_more=len(lines) > PAGE,
        users=users,
        user_id=user,
        patient_id=patient,
    )
