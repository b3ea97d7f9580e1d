"""What the desk's pages work with: versions, pauses, messages by hand, recalls, and the indexes of their queries

Revision: 0004, after 0003
"""

from __future__ import annotations

import unicodedata

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _upgrade_patients()
    op.create_table(
        "patient_changes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("patient_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("changed_by", sa.String(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["patient_id"], ["patients.id"], name=op.f("fk_patient_changes_patient_id_patients")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_patient_changes")),
        sa.UniqueConstraint("patient_id", "version", name="uq_patient_changes_version"),
    )
    op.create_table(
        "recalls",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("patient_id", sa.Integer(), nullable=False),
        sa.Column("treatment", sa.String(), nullable=False),
        sa.Column("procedure_id", sa.Integer(), nullable=False),
        sa.Column("sessions_done", sa.Integer(), nullable=False),
        sa.Column("planned_sessions", sa.Integer(), nullable=True),
        sa.Column("is_undecided", sa.Boolean(), nullable=False),
        sa.Column("last_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("latest_on", sa.Date(), nullable=True),
        sa.Column("session_id", sa.Integer(), nullable=True),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["patient_id"], ["patients.id"], name=op.f("fk_recalls_patient_id_patients")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recalls")),
        sa.UniqueConstraint("patient_id", "treatment", name="uq_recalls_treatment"),
    )
    op.create_index("ix_recalls_due_on", "recalls", ["due_on", "id"])
    op.create_index("ix_recalls_starts_at", "recalls", ["starts_at", "id"])
    _create_written_messages()
    with op.batch_alter_table("messages", schema=None) as batch_op:
        batch_op.add_column(sa.Column("written_id", sa.Integer(), nullable=True))
    _create_partial("ix_messages_written_id", "messages", "written_id", "written_id IS NOT NULL")
    _create_partial("ix_messages_left_at", "messages", "left_at", "left_at IS NOT NULL")
    op.create_index("ix_attempts_provider", "attempts", ["provider", "id"])
    _create_partial("ix_tasks_open", "tasks", "due_at", "status = 'open'")
    op.create_index("ix_reminders_due_at", "reminders", ["due_at"])


def _upgrade_patients() -> None:
    with op.batch_alter_table("patients", schema=None) as batch_op:
        batch_op.add_column(sa.Column("search_key", sa.String(), server_default="", nullable=False))
        batch_op.add_column(sa.Column("version", sa.Integer(), server_default="1", nullable=False))
        batch_op.add_column(sa.Column("paused_since", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("paused_until", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("pause_reason", sa.String(), nullable=True))
    _fill_search_keys()
    op.create_index("ix_patients_search_key", "patients", ["search_key"])
    _create_partial("ix_patients_paused", "patients", "paused_until", "paused_since IS NOT NULL")


def _fill_search_keys() -> None:
    patients = sa.table(
        "patients", sa.column("id", sa.Integer), sa.column("name_key", sa.String), sa.column("search_key", sa.String)
    )
    connection = op.get_bind()
    known = connection.execute(sa.select(patients.c.id, patients.c.name_key)).all()
    keys = [{"row": row.id, "key": _without_accents(row.name_key)} for row in known]
    if keys:
        fill = sa.update(patients).where(patients.c.id == sa.bindparam("row")).values(search_key=sa.bindparam("key"))
        connection.execute(fill, keys)


def _without_accents(name_key: str) -> str:
    # As the release that brought this migration folds names; later ones may differ.
    return "".join(each for each in unicodedata.normalize("NFKD", name_key) if not unicodedata.combining(each))


def _create_written_messages() -> None:
    op.create_table(
        "written_messages",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("patient_id", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=True),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("html", sa.String(), nullable=True),
        sa.Column("again_of", sa.Integer(), nullable=True),
        sa.Column("written_by", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("resends", sa.Integer(), nullable=False),
        sa.Column("contact", sa.String(), nullable=True),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["patient_id"], ["patients.id"], name=op.f("fk_written_messages_patient_id_patients")),
        sa.ForeignKeyConstraint(["again_of"], ["reminders.id"], name=op.f("fk_written_messages_again_of_reminders")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_written_messages")),
    )
    op.create_index(op.f("ix_written_messages_patient_id"), "written_messages", ["patient_id"])
    op.create_index("ix_written_messages_due_at", "written_messages", ["due_at"])
    _create_partial("ix_written_messages_due", "written_messages", "next_attempt_at", "status = 'scheduled'")
    _create_partial("ix_written_messages_leased", "written_messages", "lease_until", "status = 'sending'")


def _create_partial(name: str, table: str, column: str, where: str) -> None:
    op.create_index(name, table, [column], sqlite_where=sa.text(where), postgresql_where=sa.text(where))


def downgrade() -> None:
    op.drop_index("ix_reminders_due_at", "reminders")
    op.drop_index("ix_tasks_open", "tasks")
    op.drop_index("ix_attempts_provider", "attempts")
    op.drop_index("ix_messages_left_at", "messages")
    op.drop_index("ix_messages_written_id", "messages")
    with op.batch_alter_table("messages", schema=None) as batch_op:
        batch_op.drop_column("written_id")
    op.drop_table("written_messages")
    op.drop_table("recalls")
    op.drop_table("patient_changes")
    op.drop_index("ix_patients_paused", "patients")
    op.drop_index("ix_patients_search_key", "patients")
    with op.batch_alter_table("patients", schema=None) as batch_op:
        for column in ("pause_reason", "paused_until", "paused_since", "version", "search_key"):
            batch_op.drop_column(column)
