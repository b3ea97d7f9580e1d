"""Users: what somebody may do can be changed, and holds at once."""

from __future__ import annotations

from fastapi import FastAPI
from sqlalchemy import select

from reminders.store.engine import reading
from reminders.tables import AuditRow, UserRow
from tests.accounts.staff import Staff
from tests.clinic import ClinicDays
from tests.desk.browser import Browser, signed_in


def role_of(clinic: ClinicDays, user_id: int) -> str:
    with reading(clinic.app.engine) as tx:
        return tx.scalars(select(UserRow.role).where(UserRow.id == user_id)).one()


def change(browser: Browser, user_id: int, role: str, **over: str) -> int:
    return browser.submit(f"/users/{user_id}/role", {"role": role, **over}, page="/password").status_code


def test_an_admin_changes_what_somebody_may_do(clinic: ClinicDays, olive: Browser, staff: Staff) -> None:
    page = olive.get(f"/users/{staff.dora}/role").text
    assert "What Dora may do" in page
    assert 'value="desk" checked' in page

    assert change(olive, staff.dora, "clinician") == 303
    assert role_of(clinic, staff.dora) == "clinician"


def test_a_demoted_admin_who_is_signed_in_is_none_from_the_next_click_on(web: FastAPI, staff: Staff) -> None:
    """S4: the role is looked up each time, and not kept with the sign-in."""
    olive, cora = signed_in(web, "olive"), signed_in(web, "cora")
    assert change(olive, staff.cora, "admin") == 303
    assert cora.get("/users").status_code == 200

    assert change(olive, staff.cora, "desk") == 303

    assert [cora.get("/users").status_code, cora.get("/today").status_code] == [403, 200]
    assert change(cora, staff.cora, "admin") == 403


def test_the_last_admin_stays_one_and_is_told_why(clinic: ClinicDays, olive: Browser, staff: Staff) -> None:
    answer = olive.submit(f"/users/{staff.olive}/role", {"role": "desk"}, page="/users")

    assert answer.status_code == 422
    assert "This is the last admin" in answer.text
    assert 'value="desk" checked' in answer.text
    assert role_of(clinic, staff.olive) == "admin"


def test_an_admin_who_demotes_themselves_ends_where_they_may_be(olive: Browser, staff: Staff) -> None:
    change(olive, staff.cora, "admin")

    answer = olive.submit(f"/users/{staff.olive}/role", {"role": "desk"}, page="/users")

    assert answer.headers["location"] == "/today"


def test_a_role_that_is_none_is_refused(clinic: ClinicDays, olive: Browser, staff: Staff) -> None:
    for role in ("", "owner", "ADMIN", "admin\r\nX-Injected: yes", "<script>"):
        assert change(olive, staff.dora, role) == 400
    assert role_of(clinic, staff.dora) == "desk"


def test_the_audit_log_says_once_who_changed_whose_role(clinic: ClinicDays, olive: Browser, staff: Staff) -> None:
    """S10: the same form sent twice has changed something once."""
    for _ in range(2):
        change(olive, staff.dora, "clinician")

    with reading(clinic.app.engine) as tx:
        lines = tx.scalars(select(AuditRow).where(AuditRow.action == "change")).all()
    assert [(line.user_id, line.subject, line.subject_id, line.fields) for line in lines] == [
        (staff.olive, "user", staff.dora, "role")
    ]
