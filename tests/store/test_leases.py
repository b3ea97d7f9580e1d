"""Leases: what a worker that died had claimed goes on, and what it was sending is looked for."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Engine, select

from reminders.store.claims import doubt_expired_sends, release_expired_claims
from reminders.store.engine import reading, writing
from reminders.tables import AttemptRow, EventRow
from tests.store.rows import LATER, NOW, begin_hand_over, fill, read_row, status_of

WAIT = timedelta(minutes=2)


def test_a_claim_goes_back_to_the_queue_when_its_lease_is_over(engine: Engine) -> None:
    """F2"""
    (claimed,) = fill(engine, status="claimed", claimed_by="w1", lease_until=NOW)

    with writing(engine) as tx:
        released = release_expired_claims(tx, NOW)

    with reading(engine) as tx:
        row = read_row(tx, claimed)
    assert released == 1
    assert (row.status, row.claimed_by, row.lease_until) == ("scheduled", None, None)


def test_a_claim_stays_while_its_lease_runs(engine: Engine) -> None:
    (claimed,) = fill(engine, status="claimed", claimed_by="w1", lease_until=NOW + timedelta(microseconds=1))

    with writing(engine) as tx:
        assert release_expired_claims(tx, NOW) == 0
    assert status_of(engine, claimed) == "claimed"


def test_a_hand_over_is_in_doubt_when_its_lease_is_over(engine: Engine) -> None:
    """F3: nobody knows whether it left, so it is never sent again before somebody has looked."""
    sending = begin_hand_over(engine, lease_until=NOW)

    with writing(engine) as tx:
        assert doubt_expired_sends(tx, NOW, WAIT) == 1
    assert status_of(engine, sending) == "in_doubt"


def test_a_hand_over_goes_on_while_its_lease_runs(engine: Engine) -> None:
    sending = begin_hand_over(engine, lease_until=LATER)

    with writing(engine) as tx:
        assert doubt_expired_sends(tx, NOW, WAIT) == 0
    assert status_of(engine, sending) == "sending"


def test_an_attempt_in_doubt_is_looked_for_after_the_wait(engine: Engine) -> None:
    begin_hand_over(engine, lease_until=LATER)

    with writing(engine) as tx:
        doubt_expired_sends(tx, LATER, WAIT)

    with reading(engine) as tx:
        attempt, heard = tx.scalars(select(AttemptRow)).one(), tx.scalars(select(EventRow)).one()
    assert attempt.look_at == LATER + WAIT
    assert (heard.attempt_id, heard.kind, heard.status) == (attempt.id, "lease_lost", "in_doubt")


def test_an_attempt_that_has_ended_is_not_looked_for(engine: Engine) -> None:
    begin_hand_over(engine, lease_until=NOW, finished_at=NOW)

    with writing(engine) as tx:
        doubt_expired_sends(tx, NOW, WAIT)

    with reading(engine) as tx:
        assert tx.scalars(select(AttemptRow.look_at)).all() == [None]
