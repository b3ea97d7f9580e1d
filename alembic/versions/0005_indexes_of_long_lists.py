"""Indexes for what grows: the outcomes of a month, and somebody's latest looks in an audit log of years

Revision: 0005, after 0004
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_reminders_outcomes", "reminders", ["due_at", "channel", "rule", "status"])
    op.create_index("ix_audit_looks", "audit", ["user_id", "at"])
    in_doubt = sa.text("status = 'in_doubt'")
    op.create_index(
        "ix_written_messages_in_doubt",
        "written_messages",
        ["id"],
        sqlite_where=in_doubt,
        postgresql_where=in_doubt,
    )


def downgrade() -> None:
    op.drop_index("ix_written_messages_in_doubt", "written_messages")
    op.drop_index("ix_audit_looks", "audit")
    op.drop_index("ix_reminders_outcomes", "reminders")
