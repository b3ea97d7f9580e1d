"""Counts what a call asks of the database, and shows how the database would go about it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

from sqlalchemy import Engine, event

from reminders.store.engine import Transaction, reading

_AnswerT = TypeVar("_AnswerT")


@dataclass(frozen=True)
class Statement:
    sql: str
    parameters: Any


@dataclass(frozen=True)
class Asked:
    """The statements of one call, in their order; those that begin and end a transaction are not among them."""

    statements: list[Statement] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.statements)


@contextmanager
def listening(engine: Engine) -> Iterator[Asked]:
    asked = Asked()

    def hear(_: object, __: object, statement: str, parameters: object, *___: object) -> None:
        if not statement.startswith(("BEGIN", "SAVEPOINT", "RELEASE", "ROLLBACK")):
            asked.statements.append(Statement(statement, parameters))

    event.listen(engine, "before_cursor_execute", hear)
    try:
        yield asked
    finally:
        event.remove(engine, "before_cursor_execute", hear)


def count_statements(engine: Engine, call: Callable[[Transaction], object]) -> int:
    """How many statements the call takes in a transaction of its own."""
    with reading(engine) as tx, listening(engine) as asked:
        call(tx)
    return len(asked)


def explain(engine: Engine, call: Callable[[Transaction], object], *, before: str | None = None) -> list[str]:
    """How the database would go about each statement of the call, perhaps after a setting: a text for each."""
    with reading(engine) as tx, listening(engine) as asked:
        call(tx)
    prefix = "EXPLAIN QUERY PLAN " if engine.dialect.name == "sqlite" else "EXPLAIN "
    with engine.connect() as connection:
        plans = []
        if before:
            connection.exec_driver_sql(before)
        for statement in list(asked.statements):
            rows = connection.exec_driver_sql(prefix + statement.sql, statement.parameters).all()
            plans.append("\n".join(str(row[-1]) for row in rows))
    return plans
