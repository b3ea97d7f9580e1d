"""`/healthz`, for a load balancer and for monitoring: red when nobody sends, or the schema is not this release's."""

from __future__ import annotations

from fastapi import APIRouter
from sqlalchemy import func, select
from starlette.responses import JSONResponse

from reminders.desk.desk import Desk, TheDesk
from reminders.desk.visits import HEALTH_PATH, OpenToAll
from reminders.overview import DAEMON_LATE_AFTER
from reminders.store.engine import reading
from reminders.store.schema import OutdatedSchema, require_current
from reminders.store.trouble import DatabaseTrouble
from reminders.tables import DaemonRow

router = APIRouter()


@router.get(HEALTH_PATH, dependencies=[OpenToAll])
def show_health(desk: TheDesk) -> JSONResponse:
    """200 where all is well, else 503. Says which part, and nothing of what it holds (S8)."""
    parts = _look(desk)
    is_well = set(parts.values()) == {"ok"}
    return JSONResponse({"ok": is_well, **parts}, 200 if is_well else 503)


def _look(desk: Desk) -> dict[str, str]:
    try:
        require_current(desk.engine)
        return {"database": "ok", "schema": "ok", "daemon": _look_at_daemon(desk)}
    except OutdatedSchema:
        return {"database": "ok", "schema": "outdated"}
    except DatabaseTrouble:
        return {"database": "unwell"}


def _look_at_daemon(desk: Desk) -> str:
    with reading(desk.engine) as tx:
        ticked_at = tx.scalar(select(func.max(DaemonRow.ticked_at)).where(DaemonRow.stopped_at.is_(None)))
    if ticked_at is None:
        return "none"
    return "ok" if desk.now() - ticked_at <= DAEMON_LATE_AFTER else "late"
