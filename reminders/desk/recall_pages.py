"""Recall: whose next session is due, when, and whether it is booked; by the page, or all of it as a spreadsheet."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import chain

from fastapi import APIRouter, Request
from starlette.responses import Response, StreamingResponse

from reminders.accounts.audit import Action, Subject, record_audit, record_look
from reminders.accounts.sign_ins import SignedIn
from reminders.desk.desk import Desk, TheDesk
from reminders.desk.forms import Form, Typed
from reminders.desk.pages import render
from reminders.desk.recall_filters import FIND, PAGE, Booked, Direction, Sessions, TypedRecall, read_recall_filters
from reminders.desk.visits import AtTheDesk
from reminders.local_time import local_date
from reminders.overview import RecallPage, RecallSort, read_recall, write_recall_csv
from reminders.store.engine import Transaction, writing

router = APIRouter()

_BYTE_ORDER_MARK = "\ufeff"
"""Without it spreadsheets take the file for another encoding, and spoil every accent."""


@router.get("/recall")
def show_recall(request: Request, desk: TheDesk, user: AtTheDesk) -> Response:
    return _show(request, desk, user, _read(request, desk, Form()))


@router.post("/recall")
def find_in_recall(request: Request, desk: TheDesk, form: Typed, user: AtTheDesk) -> Response:
    """With a name: a POST, so that it stands in no address."""
    return _show(request, desk, user, _read(request, desk, form))


def _read(request: Request, desk: Desk, form: Form) -> TypedRecall:
    """What was typed counts, else what the address says."""
    said = ((name, text) for name, text in request.query_params.multi_items() if name != FIND)
    return read_recall_filters(Form((*form.fields, *said)), desk.app.config.clinic)


def _show(request: Request, desk: Desk, user: SignedIn, typed: TypedRecall) -> Response:
    clinic, now = desk.app.config.clinic, desk.now()
    shown = None
    if not typed.faults:
        with writing(desk.engine) as tx:
            typed, shown = _read_page(tx, desk, typed)
            record_look(tx, user.user_id, now, Subject.LIST)
    return render(
        request,
        "recall.html",
        422 if typed.faults else 200,
        typed=typed,
        shown=shown,
        treatments=[(each.id, each.name) for each in clinic.treatments.values()],
        booked=Booked,
        sessions=Sessions,
        sorts=RecallSort,
        directions=Direction,
        page_size=PAGE,
    )


def _read_page(tx: Transaction, desk: Desk, typed: TypedRecall) -> tuple[TypedRecall, RecallPage]:
    """The page; or the last one, where the list has become shorter."""
    clinic, now = desk.app.config.clinic, desk.now()
    shown = read_recall(tx, clinic, typed.wanted, now)
    if shown.lines or not shown.count:
        return typed, shown
    last = (shown.count + PAGE - 1) // PAGE
    typed = replace(typed, page=last, wanted=replace(typed.wanted, offset=(last - 1) * PAGE))
    return typed, read_recall(tx, clinic, typed.wanted, now)


@router.post("/recall/csv")
def download_recall(request: Request, desk: TheDesk, form: Typed, user: AtTheDesk) -> Response:
    """All that matches, not the page alone. A POST: it takes patients' data out of the house, and is written down."""
    clinic, now = desk.app.config.clinic, desk.now()
    typed = _read(request, desk, form)
    if typed.faults:
        return _show(request, desk, user, typed)
    with writing(desk.engine) as tx:
        record_audit(tx, user.user_id, Action.EXPORT, now, subject=Subject.LIST)
    name = f"recall-{local_date(now, clinic.time_zone)}.csv"
    return StreamingResponse(
        _encode(write_recall_csv(desk.engine, clinic, typed.wanted, now)),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _encode(parts: Iterator[str]) -> Iterator[bytes]:
    return (part.encode() for part in chain([_BYTE_ORDER_MARK], parts))
