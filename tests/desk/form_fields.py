"""What each form of the desk holds, and a clinic in which each page has something to show. A new page adds its line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from fastapi import FastAPI
from httpx2 import Response

from reminders.accounts.users import make_link
from reminders.desk import create_app
from reminders.store.engine import writing
from reminders.tables import TaskRow
from tests.accounts.staff import Staff, hire
from tests.clinic import LASER, NEEDLING, ClinicDays
from tests.desk.browser import ORIGIN, Browser, signed_in
from tests.desk.conftest import KEY

_PROCEDURE = {
    "name": "Bo Chen",
    "phone": "617 555 0143",
    "email": "bo@example.org",
    "time_zone": "America/Chicago",
    "consent": "sms",
    "is_new": "yes",
    "treatment": NEEDLING,
    "on": "2026-03-10",
    "at": "10:00",
    "session": "1",
    "planned_sessions": "4",
    "patient_id": "",
}

_SEEN = {"version": "1", "shown": "x" * 64, "save": "yes"}
"""What a form carries once its difference was shown."""

_OF_PATIENT = "/patients/{patient_id}"
_OF_PROCEDURE = "/patients/{patient_id}/procedures/{procedure_id}"

FIELDS: Mapping[str, Mapping[str, str]] = {
    "/sign-in": {"name": "dora", "password": "not the password", "to": "/audit"},
    "/sign-out": {},
    "/setup/{token}": {"password": "short"},
    "/password": {"old_password": "not the password", "new_password": "marble kettle sixpence"},
    "/tasks/{task_id}/done": {"back": "/today/calls"},
    "/tasks/{task_id}/reopen": {"back": "/today"},
    "/record": _PROCEDURE,
    "/record/find": {"find": "ana"},
    "/record/patient": {"choose": "1", "find": "ana"},
    "/record/plan": _PROCEDURE,
    "/users": {"name": "Ivo", "sign_in_name": "ivo", "role": "desk"},
    "/users/{user_id}/disable": {},
    "/users/{user_id}/enable": {},
    "/users/{user_id}/link": {},
    "/users/{user_id}/role": {"role": "clinician"},
    "/patients": {"find": "ana"},
    f"{_OF_PATIENT}/details": {
        "version": "1",
        "name": "Ana Diaz-Soto",
        "phone": "617 555 0144",
        "email": "ana.soto@example.org",
        "language": "en",
        "time_zone": "America/Chicago",
        "new_attribute": "likes",
        "new_attribute_value": "tea",
    },
    f"{_OF_PATIENT}/consent": {"version": "1", "change": "give", "channel": "email"},
    f"{_OF_PATIENT}/export": {},
    f"{_OF_PROCEDURE}/correct": {"on": "2026-03-09", "at": "10:00", **_SEEN},
    f"{_OF_PROCEDURE}/cancel": {"reason": "Entered twice", **_SEEN},
    f"{_OF_PROCEDURE}/event": {"event": "healed", "happened": "yes", "on": "2026-03-10", "at": "10:10", **_SEEN},
    f"{_OF_PROCEDURE}/answer": {"answer": "pain=no", **_SEEN},
    f"{_OF_PROCEDURE}/figures": {"rule": "sunscreen", "figure": "from", "value": "3", "unit": "days", **_SEEN},
    f"{_OF_PATIENT}/book": {"treatment": LASER, "on": "2026-04-20", "at": "10:00", **_SEEN},
    f"{_OF_PATIENT}/sessions/{{session_id}}/move": {"on": "2026-04-21", "at": "10:00", **_SEEN},
    f"{_OF_PATIENT}/sessions/{{session_id}}/unbook": _SEEN,
    f"{_OF_PATIENT}/decide/{{treatment}}": {"planned_sessions": "4", **_SEEN},
    f"{_OF_PATIENT}/pause": {"reason": "On a journey", "on": "2026-03-20", "at": "", **_SEEN},
    f"{_OF_PATIENT}/resume": _SEEN,
    f"{_OF_PATIENT}/write": {"channel": "email", "subject": "Your visit", "body": "Thank you.", **_SEEN},
    f"{_OF_PATIENT}/reminders/{{reminder_id}}/again": _SEEN,
    "/recall": {
        "find": "ana",
        "treatment": LASER,
        "booked": "no",
        "sessions": "undecided",
        "from": "2026-03-01",
        "until": "2026-06-01",
        "sort": "name",
        "direction": "descending",
        "page": "1",
    },
    "/recall/csv": {"find": "ana", "sort": "due"},
}
"""For each route that changes something: the fields of its form, filled in as somebody would."""


class _Ids(dict[str, str]):
    """What stands in addresses; a number that nobody has set up is 1."""

    def __missing__(self, name: str) -> str:
        return "1"


@dataclass(frozen=True, kw_only=True)
class BusyDesk:
    """A desk with a patient, a procedure, a visit, messages and a task, and Olive in front of it."""

    clinic: ClinicDays
    web: FastAPI
    staff: Staff
    ids: Mapping[str, str]
    olive: Browser
    token: str
    """Of her forms."""

    def path(self, route: str, **others: str) -> str:
        return route.format_map(_Ids({**self.ids, **others}))

    def fill(self, route: str) -> dict[str, str]:
        return {**FIELDS[route], "form_token": self.token}


def open_desk(clinic: ClinicDays) -> BusyDesk:
    clinic.record_on_time(LASER, "2026-03-10 10:00")
    clinic.dispatch()
    session_id = clinic.book(LASER, "2026-04-14 10:00")
    clinic.at("2026-03-10 10:30")
    now, staff = clinic.clock.now, hire(clinic.app.engine, clinic.clock.now)
    with writing(clinic.app.engine) as tx:
        task = TaskRow(
            rule="tell-patient", key="k", text="Call.", patient_id=1, due_at=now, status="open", created_at=now
        )
        tx.add(task)
        tx.flush()
        ids = _Ids(
            user_id=str(staff.cora),
            session_id=str(session_id),
            task_id=str(task.id),
            treatment=LASER,
            token=make_link(tx, staff.cora, now),
        )
    web = create_app(clinic.app, KEY)
    olive = signed_in(web, "olive")
    return BusyDesk(clinic=clinic, web=web, staff=staff, ids=ids, olive=olive, token=olive.form_token("/users"))


def send_bytes(browser: Browser, path: str, fields: Mapping[str, str]) -> Response:
    """A form as bytes, so that it may hold what is no text: a lone surrogate is invalid UTF-8."""
    body = urlencode({name: value.encode("utf-8", "surrogatepass") for name, value in fields.items()})
    headers = {"Origin": ORIGIN, "Content-Type": "application/x-www-form-urlencoded"}
    return browser.client.post(path, content=body.encode(), headers=headers)
