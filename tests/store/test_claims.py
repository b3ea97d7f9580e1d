"""Claims: each due reminder goes to exactly one worker."""

from __future__ import annotations

from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

from sqlalchemy import Engine, event, text

from reminders.model import Channel
from reminders.store.claims import claim_due
from reminders.store.engine import Transaction, reading, writing
from tests.store.rows import LATER, NOW, fill, read_row

SMS = (Channel.SMS,)


def claim(engine: Engine, worker: str = "w1", limit: int = 100, channels: Collection[Channel] = SMS) -> list[int]:
    with writing(engine) as tx:
        return claim_due(tx, channels=channels, worker=worker, now=NOW, lease_until=LATER, limit=limit)


def test_eight_workers_claim_one_row_and_exactly_one_wins(engine: Engine) -> None:
    """R5"""
    rounds = 10
    ready = Barrier(8)

    def race(worker: int) -> list[int]:
        ready.wait(timeout=60)
        return claim(engine, f"w{worker}")

    with ThreadPoolExecutor(8) as workers:
        wins = [[fill(engine), *filter(None, workers.map(race, range(8)))] for _ in range(rounds)]

    assert all(won == [row] for row, *won in wins)


def test_two_workers_share_500_rows_and_take_none_twice(engine: Engine) -> None:
    """R4"""
    due = fill(engine, 500)
    ready = Barrier(2)

    def claim_all(worker: str) -> list[int]:
        ready.wait(timeout=60)
        taken: list[int] = []
        while batch := claim(engine, worker, limit=7):
            taken += batch
        return taken

    with ThreadPoolExecutor(2) as workers:
        shares = list(workers.map(claim_all, ("w1", "w2")))

    assert sorted(shares[0] + shares[1]) == due


def test_a_claim_names_its_worker_and_when_its_lease_ends(engine: Engine) -> None:
    fill(engine)

    (claimed,) = claim(engine, "w7")

    with reading(engine) as tx:
        row = read_row(tx, claimed)
    assert (row.status, row.claimed_by, row.lease_until) == ("claimed", "w7", LATER)


def test_a_claim_takes_what_has_waited_longest_and_no_more_than_its_limit(engine: Engine) -> None:
    fill(engine, 3)
    longest = fill(engine, 2, next_attempt_at=NOW - timedelta(hours=1))

    assert claim(engine, limit=2) == longest


def test_a_claim_leaves_what_is_not_due_or_goes_by_another_channel(engine: Engine) -> None:
    fill(engine, next_attempt_at=NOW + timedelta(microseconds=1))
    fill(engine, channel="email")
    due = fill(engine)

    assert claim(engine) == due


def test_a_claim_leaves_what_is_no_longer_scheduled(engine: Engine) -> None:
    for status in ("claimed", "sending", "in_doubt", "sent", "failed", "expired", "cancelled"):
        fill(engine, status=status)

    assert claim(engine) == []


def test_the_limit_holds_while_others_hold_rows(postgres_engine: Engine) -> None:
    """A bare IN-subquery can pass its LIMIT on PostgreSQL, and a plain lock would wait."""
    due = fill(postgres_engine, 6)

    with writing(postgres_engine) as other:
        held = claim_due(other, channels=SMS, worker="w1", now=NOW, lease_until=LATER, limit=2)
        taken = claim(postgres_engine, "w2", limit=3)

    assert (held, taken) == (due[:2], due[2:5])


# ---- what it costs ---------------------------------------------------------------------------------------------


def explain(engine: Engine, explanation: str, run: Callable[[Transaction], object]) -> str:
    """The database's own plan for the claim that `run` sends, with its parameters."""
    sent: list[tuple[str, object]] = []

    def note(_: object, __: object, statement: str, parameters: object, *___: object) -> None:
        sent.append((statement, parameters))

    event.listen(engine, "before_cursor_execute", note)
    with writing(engine) as tx:
        run(tx)
    event.remove(engine, "before_cursor_execute", note)
    statement, parameters = next(each for each in sent if "WITH due" in each[0])
    with engine.begin() as connection:
        rows = connection.exec_driver_sql(f"{explanation} {statement}", parameters)  # type: ignore[arg-type]
        return "\n".join(str(row[-1]) for row in rows)


def claim_ten(tx: Transaction) -> list[int]:
    return claim_due(tx, channels=SMS, worker="w1", now=NOW, lease_until=LATER, limit=10)


def test_a_claim_reads_the_partial_index_on_sqlite(sqlite_engine: Engine) -> None:
    plan = explain(sqlite_engine, "EXPLAIN QUERY PLAN", claim_ten)

    assert "USING INDEX ix_reminders_due (next_attempt_at<?)" in plan


def test_a_claim_reads_the_partial_index_on_postgresql(postgres_engine: Engine) -> None:
    fill(postgres_engine, 3000, status="sent")
    fill(postgres_engine, 20)
    with postgres_engine.begin() as connection:
        connection.execute(text("ANALYZE reminders"))

    plan = explain(postgres_engine, "EXPLAIN", claim_ten)

    assert "Index Scan using ix_reminders_due" in plan
    assert "Seq Scan on reminders" not in plan
