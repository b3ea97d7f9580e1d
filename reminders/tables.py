"""The database's tables. Row classes only: no query, no rule.

Every timestamp is aware UTC through `UtcDateTime`; the database's own clock is never asked.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any, ClassVar

from sqlalchemy import JSON, DateTime, ForeignKey, Index, MetaData, String, UniqueConstraint, text
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC instant; refuses a naive value, which would be somebody's local time."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a naive time cannot be stored: {value!r}")
        value = value.astimezone(UTC)
        # SQLite has no zones: it keeps the UTC wall clock as text, which sorts in order.
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    # Constraints have names, so that a migration can change them on both databases.
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: UtcDateTime(),
        str: String(),
        dict[str, Any]: JSON(),
        list[dict[str, str]]: JSON(),
    }


class PatientRow(Base):
    """A person who receives reminders. The same name with the same number or address is the same person."""

    __tablename__ = "patients"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    name_key: Mapped[str]
    """The name folded for comparison: case and spacing do not make another person."""
    search_key: Mapped[str] = mapped_column(default="", server_default="")
    """The name as it is looked for: without accents, too."""
    phone: Mapped[str | None]
    email: Mapped[str | None]
    time_zone: Mapped[str | None]
    language: Mapped[str | None]
    attributes: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    created_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1, server_default="1")
    """One more at every change at the desk: a form that carries an older one has not seen it."""
    paused_since: Mapped[datetime | None]
    paused_until: Mapped[datetime | None]
    """None while paused: until somebody resumes."""
    pause_reason: Mapped[str | None]

    __table_args__ = (
        UniqueConstraint("name_key", "phone", name="uq_patients_name_phone"),
        UniqueConstraint("name_key", "email", name="uq_patients_name_email"),
        Index("ix_patients_phone", "phone"),
        Index("ix_patients_email", "email"),
        Index("ix_patients_search_key", "search_key"),
        Index(
            "ix_patients_paused",
            "paused_until",
            sqlite_where=text("paused_since IS NOT NULL"),
            postgresql_where=text("paused_since IS NOT NULL"),
        ),
    )


class PatientChangeRow(Base):
    """One change to a patient at the desk: append-only, and one for each version."""

    __tablename__ = "patient_changes"

    id: Mapped[int] = mapped_column(primary_key=True)
    patient_id: Mapped[int] = mapped_column(ForeignKey("patients.id"))
    version: Mapped[int]
    what: Mapped[str]
    """Such as 'corrected procedure 3'; no name, number or text of a message."""
    changed_by: Mapped[str]
    changed_at: Mapped[datetime]

    __table_args__ = (UniqueConstraint("patient_id", "version", name="uq_patient_changes_version"),)


class ConsentRow(Base):
    """A patient's word that a channel may be used: who took it, when and how (C6)."""

    __tablename__ = "consents"

    id: Mapped[int] = mapped_column(primary_key=True)
    patient_id: Mapped[int] = mapped_column(ForeignKey("patients.id"), index=True)
    channel: Mapped[str]
    given_at: Mapped[datetime]
    source: Mapped[str]
    recorded_by: Mapped[str]
    withdrawn_at: Mapped[datetime | None]


class ContactBlockRow(Base):
    """A number or address that must not be used: opted out, or refused for good by the provider.

    Keyed by the contact itself, so that entering it under another patient does not undo it.
    """

    __tablename__ = "contact_blocks"

    id: Mapped[int] = mapped_column(primary_key=True)
    channel: Mapped[str]
    contact: Mapped[str]
    reason: Mapped[str]
    """`opted_out` or `contact_refused`."""
    source: Mapped[str]
    """`desk`, `reply` or `provider`: who said so, which decides who may lift it."""
    code: Mapped[str | None]
    blocked_at: Mapped[datetime]
    lifted_at: Mapped[datetime | None]

    __table_args__ = (UniqueConstraint("channel", "contact", "reason", name="uq_contact_blocks_contact"),)


class ProcedureRow(Base):
    __tablename__ = "procedures"

    id: Mapped[int] = mapped_column(primary_key=True)
    patient_id: Mapped[int] = mapped_column(ForeignKey("patients.id"), index=True)
    treatment: Mapped[str]
    performed_at: Mapped[datetime]
    precision: Mapped[str]
    session_given: Mapped[int | None]
    planned_sessions: Mapped[int | None]
    decided_at: Mapped[datetime | None]
    attributes: Mapped[dict[str, Any]]
    recorded_at: Mapped[datetime]
    cancelled_at: Mapped[datetime | None]
    cancel_reason: Mapped[str | None]
    entry_key: Mapped[str | None] = mapped_column(unique=True, index=True)
    """Of the form it was recorded with, which may be sent again; NULL: it was typed on the command line."""


class ProcedureEventRow(Base):
    """Something that happened to a procedure after it was recorded, such as `healed`: one that stands per name."""

    __tablename__ = "procedure_events"

    id: Mapped[int] = mapped_column(primary_key=True)
    procedure_id: Mapped[int] = mapped_column(ForeignKey("procedures.id"), index=True)
    name: Mapped[str]
    happened_at: Mapped[datetime]
    precision: Mapped[str]
    recorded_at: Mapped[datetime]
    undone_at: Mapped[datetime | None]

    __table_args__ = (
        Index(
            "uq_procedure_events_standing",
            "procedure_id",
            "name",
            unique=True,
            sqlite_where=text("undone_at IS NULL"),
            postgresql_where=text("undone_at IS NULL"),
        ),
    )


class AnswerRow(Base):
    """What the patient answered to a question about a procedure: append-only, the latest counts."""

    __tablename__ = "answers"

    id: Mapped[int] = mapped_column(primary_key=True)
    procedure_id: Mapped[int] = mapped_column(ForeignKey("procedures.id"), index=True)
    question: Mapped[str]
    answer: Mapped[str]
    answered_at: Mapped[datetime]


class OverrideRow(Base):
    """Figures of a rule that a clinician set for one procedure: one that stands per rule."""

    __tablename__ = "overrides"

    id: Mapped[int] = mapped_column(primary_key=True)
    procedure_id: Mapped[int] = mapped_column(ForeignKey("procedures.id"), index=True)
    rule: Mapped[str]
    """Its id, or `treatment` for the figures of the treatment itself."""
    fields: Mapped[dict[str, Any]]
    """As the configuration would write them."""
    decided_by: Mapped[str]
    decided_at: Mapped[datetime]
    cleared_at: Mapped[datetime | None]

    __table_args__ = (
        Index(
            "uq_overrides_standing",
            "procedure_id",
            "rule",
            unique=True,
            sqlite_where=text("cleared_at IS NULL"),
            postgresql_where=text("cleared_at IS NULL"),
        ),
    )


class SessionRow(Base):
    """A booked next visit. Moved to another day it is a new row that names the one it replaces."""

    __tablename__ = "sessions"

    id: Mapped[int] = mapped_column(primary_key=True)
    patient_id: Mapped[int] = mapped_column(ForeignKey("patients.id"), index=True)
    treatment: Mapped[str]
    starts_at: Mapped[datetime]
    precision: Mapped[str]
    state: Mapped[str]
    visit: Mapped[int | None]
    """The first session of the chain of moves; NULL on that first one itself."""
    performed_by: Mapped[int | None] = mapped_column(ForeignKey("procedures.id"))
    booked_at: Mapped[datetime]
    changed_at: Mapped[datetime]


class RecallRow(Base):
    """A next session that a patient's course asks for. Kept in step with the plan, so that it can be searched."""

    __tablename__ = "recalls"

    id: Mapped[int] = mapped_column(primary_key=True)
    patient_id: Mapped[int] = mapped_column(ForeignKey("patients.id"))
    treatment: Mapped[str]
    procedure_id: Mapped[int]
    """The latest of the course."""
    sessions_done: Mapped[int]
    planned_sessions: Mapped[int | None]
    is_undecided: Mapped[bool]
    """Whether there is a next session is the clinician's to say."""
    last_on: Mapped[date]
    due_on: Mapped[date]
    latest_on: Mapped[date | None]
    session_id: Mapped[int | None]
    starts_at: Mapped[datetime | None]
    """Of the booked session; None: not booked."""

    __table_args__ = (
        UniqueConstraint("patient_id", "treatment", name="uq_recalls_treatment"),
        Index("ix_recalls_due_on", "due_on", "id"),
        Index("ix_recalls_starts_at", "starts_at", "id"),
    )


class ReminderRow(Base):
    """One occurrence for one anchor. Ends with exactly one outcome."""

    __tablename__ = "reminders"

    id: Mapped[int] = mapped_column(primary_key=True)
    patient_id: Mapped[int] = mapped_column(ForeignKey("patients.id"), index=True)
    anchor_kind: Mapped[str]
    anchor_id: Mapped[int]
    rule: Mapped[str]
    occurrence: Mapped[int]
    treatment: Mapped[str]
    audience: Mapped[str]
    channel: Mapped[str]
    status: Mapped[str]
    reason: Mapped[str | None]
    due_at: Mapped[datetime]
    """The planner's."""
    next_attempt_at: Mapped[datetime]
    """Dispatch's: what the claim reads."""
    expires_at: Mapped[datetime]
    target_on: Mapped[date | None]
    visit_at: Mapped[datetime | None]
    claimed_by: Mapped[str | None]
    lease_until: Mapped[datetime | None]
    attempts: Mapped[int]
    """Tries that count towards giving up."""
    resends: Mapped[int]
    """How often it was sent again after an unclear hand-over: at most once."""
    message_id: Mapped[int | None] = mapped_column(ForeignKey("messages.id"), index=True)
    contact: Mapped[str | None]
    left_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]

    __table_args__ = (
        UniqueConstraint("anchor_kind", "anchor_id", "rule", "occurrence", name="uq_reminders_identity"),
        # Partial: the claim's cost does not grow with the table.
        Index(
            "ix_reminders_due",
            "next_attempt_at",
            sqlite_where=text("status = 'scheduled'"),
            postgresql_where=text("status = 'scheduled'"),
        ),
        Index(
            "ix_reminders_expiring",
            "expires_at",
            sqlite_where=text("status = 'scheduled'"),
            postgresql_where=text("status = 'scheduled'"),
        ),
        Index(
            "ix_reminders_leased",
            "lease_until",
            sqlite_where=text("status IN ('claimed', 'sending')"),
            postgresql_where=text("status IN ('claimed', 'sending')"),
        ),
        Index(
            "ix_reminders_claimed",
            "claimed_by",
            sqlite_where=text("status = 'claimed'"),
            postgresql_where=text("status = 'claimed'"),
        ),
        Index(
            "ix_reminders_in_doubt",
            "updated_at",
            sqlite_where=text("status = 'in_doubt'"),
            postgresql_where=text("status = 'in_doubt'"),
        ),
        # All that the outcomes of a month are counted from, so that no row is looked up. It begins as the one beneath,
        # which therefore goes with a later release.
        Index("ix_reminders_outcomes", "due_at", "channel", "rule", "status"),
        Index("ix_reminders_due_at", "due_at"),
    )


class WrittenRow(Base):
    """What staff wrote by hand, waiting for its turn as a reminder does. The plan never sees it."""

    __tablename__ = "written_messages"

    id: Mapped[int] = mapped_column(primary_key=True)
    patient_id: Mapped[int] = mapped_column(ForeignKey("patients.id"), index=True)
    channel: Mapped[str]
    subject: Mapped[str | None]
    body: Mapped[str]
    """As it was typed; of one sent again, as it left before."""
    html: Mapped[str | None]
    again_of: Mapped[int | None] = mapped_column(ForeignKey("reminders.id"))
    """The reminder whose text is sent again."""
    written_by: Mapped[str]
    status: Mapped[str]
    reason: Mapped[str | None]
    due_at: Mapped[datetime]
    next_attempt_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    lease_until: Mapped[datetime | None]
    attempts: Mapped[int]
    resends: Mapped[int]
    contact: Mapped[str | None]
    left_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]

    __table_args__ = (
        Index(
            "ix_written_messages_due",
            "next_attempt_at",
            sqlite_where=text("status = 'scheduled'"),
            postgresql_where=text("status = 'scheduled'"),
        ),
        Index(
            "ix_written_messages_leased",
            "lease_until",
            sqlite_where=text("status = 'sending'"),
            postgresql_where=text("status = 'sending'"),
        ),
        Index("ix_written_messages_due_at", "due_at"),
        Index(
            "ix_written_messages_in_doubt",
            "id",
            sqlite_where=text("status = 'in_doubt'"),
            postgresql_where=text("status = 'in_doubt'"),
        ),
    )


class MessageRow(Base):
    """One text or email as it leaves: one or more reminders, what staff wrote by hand, or a mail to the staff."""

    __tablename__ = "messages"

    id: Mapped[int] = mapped_column(primary_key=True)
    patient_id: Mapped[int | None] = mapped_column(ForeignKey("patients.id"), index=True)
    channel: Mapped[str]
    contact: Mapped[str]
    subject: Mapped[str | None]
    body: Mapped[str]
    html: Mapped[str | None]
    segments: Mapped[int]
    written_id: Mapped[int | None]
    """What staff wrote by hand; None: the message of reminders or to the staff."""
    created_at: Mapped[datetime]
    left_at: Mapped[datetime | None]

    __table_args__ = (
        Index("ix_messages_contact", "channel", "contact"),
        Index(
            "ix_messages_written_id",
            "written_id",
            sqlite_where=text("written_id IS NOT NULL"),
            postgresql_where=text("written_id IS NOT NULL"),
        ),
        Index(
            "ix_messages_left_at",
            "left_at",
            sqlite_where=text("left_at IS NOT NULL"),
            postgresql_where=text("left_at IS NOT NULL"),
        ),
    )


class AttemptRow(Base):
    """One try to hand a message to a provider. Inserted before anything leaves; its outcome is written once."""

    __tablename__ = "attempts"

    id: Mapped[int] = mapped_column(primary_key=True)
    message_id: Mapped[int] = mapped_column(ForeignKey("messages.id"), index=True)
    token: Mapped[str] = mapped_column(unique=True)
    provider: Mapped[str]
    started_at: Mapped[datetime]
    send_before: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    outcome: Mapped[str | None]
    code: Mapped[str | None]
    provider_id: Mapped[str | None]
    look_at: Mapped[datetime | None]
    """When to look (again) for a message whose fate is unclear."""

    __table_args__ = (
        UniqueConstraint("provider", "provider_id", name="uq_attempts_provider_id"),
        Index(
            "ix_attempts_unclear",
            "look_at",
            sqlite_where=text("look_at IS NOT NULL"),
            postgresql_where=text("look_at IS NOT NULL"),
        ),
        Index("ix_attempts_provider", "provider", "id"),
    )


class EventRow(Base):
    """What was heard of an attempt, as it came in: append-only."""

    __tablename__ = "events"

    id: Mapped[int] = mapped_column(primary_key=True)
    attempt_id: Mapped[int] = mapped_column(ForeignKey("attempts.id"), index=True)
    at: Mapped[datetime]
    kind: Mapped[str]
    """`receipt`, `lease_lost`, `search`, `callback`."""
    status: Mapped[str]
    code: Mapped[str | None]
    provider_id: Mapped[str | None]


_IS_OPEN = text("status = 'open'")


class TaskRow(Base):
    """Something the front desk must do; `key` holds the facts, so that a done task returns only if they change."""

    __tablename__ = "tasks"

    id: Mapped[int] = mapped_column(primary_key=True)
    patient_id: Mapped[int | None] = mapped_column(ForeignKey("patients.id"), index=True)
    rule: Mapped[str]
    key: Mapped[str]
    procedure_id: Mapped[int | None]
    session_id: Mapped[int | None]
    text: Mapped[str]
    due_at: Mapped[datetime]
    status: Mapped[str] = mapped_column(index=True)
    created_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]

    __table_args__ = (
        UniqueConstraint("rule", "key", name="uq_tasks_key"),
        Index("ix_tasks_open", "due_at", sqlite_where=_IS_OPEN, postgresql_where=_IS_OPEN),
    )


class NoticeRow(Base):
    """One mail to the staff for one urgent task or one unwell state."""

    __tablename__ = "notices"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    subject: Mapped[str]
    body: Mapped[str]
    created_at: Mapped[datetime]
    next_attempt_at: Mapped[datetime]
    attempts: Mapped[int]
    sent_at: Mapped[datetime | None]


class ChannelRow(Base):
    """What all daemons share about a channel: its pause and its sender's rate."""

    __tablename__ = "channels"

    channel: Mapped[str] = mapped_column(primary_key=True)
    paused_reason: Mapped[str | None]
    paused_since: Mapped[datetime | None]
    paused_until: Mapped[datetime | None]
    """When one probe may try again."""
    needs_probe: Mapped[bool]
    """False: the pause simply ends (429). True: one message tries, and its acceptance ends the pause."""
    free_at: Mapped[datetime | None]
    """When the sender's rate has room for the next segment."""


class DaemonRow(Base):
    """A sign of life from each daemon."""

    __tablename__ = "daemons"

    id: Mapped[str] = mapped_column(primary_key=True)
    started_at: Mapped[datetime]
    ticked_at: Mapped[datetime]
    stopped_at: Mapped[datetime | None]


# ---- the staff ---------------------------------------------------------------------------------------------------


class UserRow(Base):
    """One of the staff. Never deleted: the audit log names them."""

    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    sign_in_name: Mapped[str] = mapped_column(unique=True)
    role: Mapped[str]
    password_hash: Mapped[str | None]
    """NULL until the setup link was used."""
    second_factor: Mapped[str | None]
    """Room for one. This release asks for none, so it lets nobody in who has one."""
    created_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]


class SetupLinkRow(Base):
    """A link with which a user chooses a password, once. Only a hash of it is kept."""

    __tablename__ = "setup_links"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    token_hash: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    """Used, or replaced by a newer one."""


class SignInRow(Base):
    """A user signed in with one browser. Called so because a session, here, is a patient's booked visit."""

    __tablename__ = "sign_ins"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    token_hash: Mapped[str] = mapped_column(unique=True)
    started_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class SignInCountRow(Base):
    """How many passwords were tried for an account, or from an address, since the count began."""

    __tablename__ = "sign_in_counts"

    kind: Mapped[str] = mapped_column(primary_key=True)
    """`account` or `address`."""
    key: Mapped[str] = mapped_column(primary_key=True)
    """A hash: people type a password in the place of the name."""
    began_at: Mapped[datetime] = mapped_column(index=True)
    tries: Mapped[int]


class AuditRow(Base):
    """Who saw, changed or sent what, and when. Triggers of the migration keep it append-only (S10).

    It has no column for a text, a number or a name of a patient: ids and words of ours alone.
    """

    __tablename__ = "audit"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"), index=True)
    """NULL: on the command line, or nobody yet."""
    action: Mapped[str]
    subject: Mapped[str | None]
    subject_id: Mapped[int | None]
    patient_id: Mapped[int | None] = mapped_column(ForeignKey("patients.id"), index=True)
    fields: Mapped[str]
    """The names of what was changed, such as `phone,email`; never what it was changed to."""

    # Whether somebody looked just now is asked by every page that lists patients, and they look for years.
    __table_args__ = (Index("ix_audit_looks", "user_id", "at"),)


class RuleCheckRow(Base):
    """What the last `rules check` found: one row, replaced by the next. Of rules and texts only, never of a patient."""

    __tablename__ = "rule_checks"

    id: Mapped[int] = mapped_column(primary_key=True)
    checked_at: Mapped[datetime]
    digest: Mapped[str]
    """Of what was checked: other rules or texts have another."""
    holding: Mapped[int]
    """How many figures, texts and documents hold."""
    failing: Mapped[list[dict[str, str]]]
    """Each with `where` it stands and the `sentence` that says what is wrong."""


class DemonstrationRow(Base):
    """There is one where the database was filled with an invented clinic: the pages say so, and nothing real leaves."""

    __tablename__ = "demonstrations"

    id: Mapped[int] = mapped_column(primary_key=True)
    seeded_at: Mapped[datetime]
