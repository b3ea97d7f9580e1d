"""Outbox: the messages as they would have left, while a channel keeps them instead of sending them."""

from __future__ import annotations

from fastapi import APIRouter, HTTPException, Request
from starlette.responses import Response

from reminders.accounts.audit import Subject, record_look
from reminders.desk.desk import MaybeId, TheDesk
from reminders.desk.pages import list_outbox_channels, render
from reminders.desk.visits import AtTheDesk
from reminders.overview import read_outbox
from reminders.store.engine import reading, writing

router = APIRouter()

PAGE = 30
"""Messages."""


@router.get("/outbox")
def show_outbox(request: Request, desk: TheDesk, user: AtTheDesk, before: MaybeId = None) -> Response:
    channels = list_outbox_channels(desk)
    if not channels:
        raise HTTPException(404)
    with writing(desk.engine) as tx:
        shown = read_outbox(tx, limit=PAGE, before_id=before)
        record_look(tx, user.user_id, desk.now(), Subject.LIST)
    return render(request, "outbox/page.html", shown=shown, channels=channels, is_newest=before is None)


@router.get("/outbox/newest")
def show_newest(request: Request, desk: TheDesk, user: AtTheDesk, after: MaybeId = None) -> Response:
    """For a page that asks every few seconds: the list anew, or nothing where nothing has left since."""
    if not list_outbox_channels(desk):
        raise HTTPException(404)
    # Most of the time there is nothing new, and whoever writes meanwhile is not held up.
    with reading(desk.engine) as tx:
        newest = read_outbox(tx, limit=1).messages
    if (newest[0].id if newest else None) == after:
        return Response(status_code=204)
    with writing(desk.engine) as tx:
        shown = read_outbox(tx, limit=PAGE)
        record_look(tx, user.user_id, desk.now(), Subject.LIST)
    return render(request, "outbox/list.html", shown=shown, is_newest=True)
