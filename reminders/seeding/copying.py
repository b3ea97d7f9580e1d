"""Rows from one database to another, as they are."""

from __future__ import annotations

from sqlalchemy import Engine, func, insert, select, text

from reminders.store.engine import Transaction, reading
from reminders.tables import Base, ChannelRow, PatientRow

_KEPT = frozenset({ChannelRow.__tablename__})
"""Every database has these rows from its migration on."""


def copy_everything(source: Engine, tx: Transaction) -> int:
    """Copy every table into an empty database; returns how many patients there are."""
    with reading(source) as seen:
        for table in Base.metadata.sorted_tables:
            rows = [dict(row._mapping) for row in seen.execute(select(table))]
            if rows and table.name not in _KEPT:
                tx.execute(insert(table), rows)
    return tx.scalar(select(func.count()).select_from(PatientRow)) or 0


def follow_ids(tx: Transaction) -> None:
    """PostgreSQL counts ids beside the table: it must go on where the copied ones end."""
    if tx.get_bind().dialect.name != "postgresql":
        return
    for table in Base.metadata.sorted_tables:
        if "id" in table.columns and table.columns["id"].type.python_type is int:
            tx.execute(
                text(
                    f"SELECT setval(pg_get_serial_sequence('{table.name}', 'id'), max(id)) "
                    f"FROM {table.name} HAVING max(id) IS NOT NULL"
                )
            )
