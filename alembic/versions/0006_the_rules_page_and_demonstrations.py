"""The last verdict of `rules check`, that a clinic is invented, and which form a procedure was recorded with

Revision: 0006, after 0005
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "rule_checks",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("holding", sa.Integer(), nullable=False),
        sa.Column("failing", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rule_checks")),
    )
    op.create_table(
        "demonstrations",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("seeded_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_demonstrations")),
    )
    op.add_column("procedures", sa.Column("entry_key", sa.String(), nullable=True))
    op.create_index("ix_procedures_entry_key", "procedures", ["entry_key"], unique=True)


def downgrade() -> None:
    op.drop_index("ix_procedures_entry_key", "procedures")
    op.drop_column("procedures", "entry_key")
    op.drop_table("demonstrations")
    op.drop_table("rule_checks")
