"""The audit log: what is written, and that it stays."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from reminders.accounts.audit import Action, Subject, list_audit, record_audit, record_look
from reminders.accounts.signing_in import WrongPassword, set_up, sign_in
from reminders.accounts.users import disable_user, make_link
from reminders.store.engine import reading, writing
from reminders.tables import AuditRow
from tests.accounts.staff import HERE, NOW, PASSWORD, Staff
from tests.queries import explain

CHANGES = {
    "update": "UPDATE audit SET action = 'view'",
    "update of one": "UPDATE audit SET user_id = NULL WHERE id = 1",
    "delete": "DELETE FROM audit",
}
ON_ONE_KIND = {
    "sqlite": "INSERT OR REPLACE INTO audit (id, at, action, fields) VALUES (1, '2026-03-10 10:00:00', 'view', '')",
    "postgresql": "TRUNCATE audit",
}

WITHOUT_SCANS = {"sqlite": None, "postgresql": "SET enable_seqscan = off; SET enable_bitmapscan = off"}


@pytest.mark.parametrize("way", [*CHANGES, "the way that only this database has"])
def test_a_line_of_the_audit_log_can_be_neither_changed_nor_removed(engine: Engine, staff: Staff, way: str) -> None:
    """S10"""
    statement = CHANGES.get(way) or ON_ONE_KIND[engine.dialect.name]

    with pytest.raises(DBAPIError, match="append-only"), engine.begin() as connection:
        connection.execute(text(statement))


def test_no_column_of_the_audit_log_could_hold_a_text_or_a_number() -> None:
    """S10"""
    assert set(AuditRow.__table__.columns.keys()) == {
        *("id", "at", "user_id", "action", "subject", "subject_id", "patient_id", "fields")
    }


def test_a_changed_field_is_named_and_what_it_holds_is_refused(engine: Engine) -> None:
    """S10"""
    with writing(engine) as tx:
        record_audit(tx, None, Action.CHANGE, NOW, subject=Subject.PATIENT, fields=("phone", "email"))
        with pytest.raises(AssertionError):
            record_audit(tx, None, Action.CHANGE, NOW, subject=Subject.PATIENT, fields=("+16175550142",))

    with reading(engine) as tx:
        assert list_audit(tx)[0].fields == ("phone", "email")


def test_what_is_done_to_accounts_is_in_the_log(engine: Engine, staff: Staff) -> None:
    """S10"""
    with reading(engine) as tx:
        before = list_audit(tx)[0].id
    sign_in(engine, "dora", PASSWORD, HERE, NOW)
    with pytest.raises(WrongPassword):
        sign_in(engine, "dora", "wrong", HERE, NOW)
    with writing(engine) as tx:
        token = make_link(tx, staff.dora, NOW, by=staff.olive)
    set_up(engine, token, PASSWORD, NOW)
    with writing(engine) as tx:
        disable_user(tx, staff.dora, NOW, by=staff.olive)

    with reading(engine) as tx:
        lines = [(line.user, line.action) for line in reversed(list_audit(tx)) if line.id > before]
    assert lines == [
        ("Dora", "sign_in"),
        ("Dora", "sign_in_refused"),
        ("Olive", "make_link"),
        ("Dora", "set_password"),
        ("Dora", "sign_in"),
        ("Olive", "disable"),
    ]


def test_the_log_is_read_by_page_and_by_person(engine: Engine, staff: Staff) -> None:
    with writing(engine) as tx:
        for number in range(5):
            record_audit(tx, staff.dora, Action.VIEW, NOW, subject=Subject.TASK, subject_id=number)

    with reading(engine) as tx:
        page = list_audit(tx, user_id=staff.dora, limit=2)
        following = list_audit(tx, user_id=staff.dora, before_id=page[-1].id, limit=2)
    assert [line.subject_id for line in [*page, *following]] == [4, 3, 2, 1]


def test_whether_somebody_looked_just_now_is_found_in_an_index(engine: Engine, staff: Staff) -> None:
    """Of years of looks: without it, SQLite would go through all that this user ever did."""
    plans = explain(
        engine, lambda tx: record_look(tx, staff.dora, NOW, Subject.LIST), before=WITHOUT_SCANS[engine.dialect.name]
    )

    assert "ix_audit_looks" in plans[0]
