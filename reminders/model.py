"""The words of the domain as frozen dataclasses and enums. Imports nothing of the project.

Every `_at` is an aware UTC instant, every `_on` a calendar date.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple


class Channel(StrEnum):
    SMS = "sms"
    EMAIL = "email"


class Audience(StrEnum):
    PATIENT = "patient"
    STAFF = "staff"


class AnchorKind(StrEnum):
    PROCEDURE = "procedure"
    SESSION = "session"


class Precision(StrEnum):
    """How precisely a typed moment is known: a date alone is not midnight (P9)."""

    DATE = "date"
    MINUTE = "minute"


class SessionState(StrEnum):
    OPEN = "open"
    PERFORMED = "performed"
    MOVED = "moved"
    UNBOOKED = "unbooked"
    LAPSED = "lapsed"


class Status(StrEnum):
    """Where a reminder stands. `WITHHELD` is never stored: it marks what the plan shows and does not send."""

    SCHEDULED = "scheduled"
    CLAIMED = "claimed"
    SENDING = "sending"
    IN_DOUBT = "in_doubt"
    ACCEPTED = "accepted"
    SENT = "sent"
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    FAILED = "failed"
    EXPIRED = "expired"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"
    SUPERSEDED = "superseded"
    WITHHELD = "withheld"


PENDING = frozenset({Status.SCHEDULED, Status.CLAIMED})
"""Nothing has left: the plan may still move or close the row."""

LEFT = frozenset({Status.SENDING, Status.IN_DOUBT, Status.ACCEPTED, Status.SENT, Status.DELIVERED, Status.UNDELIVERED})
"""The message left, or may have left: the plan never touches the row again."""

CLOSED = frozenset({Status.FAILED, Status.EXPIRED, Status.SKIPPED, Status.CANCELLED, Status.SUPERSEDED})
"""The row ended and nothing left."""


class Reason(StrEnum):
    """Why a reminder was withheld, closed or flagged."""

    NO_CONSENT = "no_consent"
    OPTED_OUT = "opted_out"
    NO_CONTACT = "no_contact"
    CONTACT_REFUSED = "contact_refused"
    QUIET_HOURS = "quiet_hours"
    SESSION_BOOKED = "session_booked"
    SESSION_DUE = "session_due"
    SESSION_NOT_BOOKED = "session_not_booked"
    COURSE_UNDECIDED = "course_undecided"
    COURSE_DECIDED = "course_decided"
    LAST_SESSION = "last_session"
    NEWER_PROCEDURE = "newer_procedure"
    SAME_SESSION = "same_session"
    SUPERSEDED = "superseded"
    MAX_MESSAGES = "max_messages"
    TEXT_LIMIT = "text_limit"
    """The patient gets as many texts as the clinic allows within the day or the week."""
    ENTERED_LATE = "entered_late"
    SERVICE_LATE = "service_late"
    NEXT_IS_NEAR = "next_is_near"
    PROCEDURE_CANCELLED = "procedure_cancelled"
    SESSION_MOVED = "session_moved"
    SESSION_UNBOOKED = "session_unbooked"
    SESSION_ENDED = "session_ended"
    DOES_NOT_APPLY = "does_not_apply"
    NO_ANSWER = "no_answer"
    ANSWERED = "answered"
    OTHER_ANSWER = "other_answer"
    NOT_HAPPENED = "not_happened"
    HAPPENED = "happened"
    OVERRIDE_FAULTY = "override_faulty"
    PAUSED = "paused"
    EXPIRES_BEFORE_DUE = "expires_before_due"
    CHANGED_BACK = "changed_back"
    RULE_REMOVED = "rule_removed"
    REFUSED = "refused"
    RETRIES_EXHAUSTED = "retries_exhausted"
    POISONED = "poisoned"
    UNCLEAR = "unclear"
    RESENT_AFTER_UNKNOWN = "resent_after_unknown"


class TaskRule(StrEnum):
    """What the front desk can be asked to do."""

    DECIDE_COURSE = "decide-course"
    TOO_EARLY = "too-early"
    TOO_LATE = "too-late"
    OVERLAP = "overlap"
    SESSION_OUTCOME = "session-outcome"
    TELL_PATIENT = "tell-patient"
    UNDELIVERABLE = "undeliverable"
    UNCLEAR_SEND = "unclear-send"
    CHANNEL_PAUSED = "channel-paused"


URGENT_TASKS = frozenset(
    {TaskRule.TELL_PATIENT, TaskRule.UNDELIVERABLE, TaskRule.UNCLEAR_SEND, TaskRule.CHANNEL_PAUSED}
)
"""Tasks that are mailed to the staff at once: a patient waits for a person."""


class TaskStatus(StrEnum):
    OPEN = "open"
    DONE = "done"
    CLOSED = "closed"
    """Its facts went away by themselves."""


@dataclass(frozen=True, kw_only=True)
class StoredTask:
    """A task's row, as much of it as decisions read."""

    id: int
    rule: TaskRule
    key: str
    status: TaskStatus


CORRECTION = "correction"
"""The built-in rule that puts right a text which named a visit."""

TREATMENT = "treatment"
"""In place of a rule's id: what a clinician has set of the treatment's own figures."""


class Refusal(Exception):
    """A wish that cannot be granted. Its text is a sentence for a nurse and says what to do.

    `at_desk` is the same for the pages, where the text names a command to run instead.
    """

    def __init__(self, text: str, *, at_desk: str | None = None) -> None:
        super().__init__(text)
        self.at_desk = at_desk or text


class InputRefusal(Refusal):
    """What was typed cannot be right: unknown treatment, impossible time, wrong number."""


# ---- what the planner reads ------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Procedure:
    """One treatment done to one patient; `performed_at` is its end."""

    id: int
    treatment: str
    performed_at: datetime
    precision: Precision = Precision.MINUTE
    session_given: int | None = None
    planned_sessions: int | None = None
    decided_at: datetime | None = None
    is_cancelled: bool = False
    recorded_at: datetime | None = None
    cancelled_at: datetime | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)
    """The body site, the product: what tells it from another one of its treatment."""
    events: Mapping[str, datetime] = field(default_factory=dict)
    """What has happened since, and when."""
    answers: Mapping[str, str] = field(default_factory=dict)
    """The patient's latest answer to each question."""
    answered_at: Mapping[str, datetime] = field(default_factory=dict)
    overrides: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """By rule: the figures that a clinician has set for this patient, as the file would write them."""
    overridden_at: Mapping[str, datetime] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Session:
    """A booked next visit. Moved to another day it is a new session with the same `visit` (the first one's id)."""

    id: int
    treatment: str
    starts_at: datetime
    visit: int
    changed_at: datetime
    """When the desk last booked, moved or unbooked it."""
    precision: Precision = Precision.MINUTE
    state: SessionState = SessionState.OPEN


@dataclass(frozen=True, kw_only=True)
class Contact:
    """What a channel may use for a patient: an address, or the reason why nothing may leave there."""

    channel: Channel
    address: str | None
    blocked: Reason | None = None


class Identity(NamedTuple):
    """What makes two reminders the same one: never its date or channel."""

    anchor_kind: AnchorKind
    anchor_id: int
    rule: str
    occurrence: int


@dataclass(frozen=True, kw_only=True)
class StoredReminder:
    """A reminder's row, as much of it as decisions read."""

    id: int
    identity: Identity
    treatment: str
    channel: Channel
    status: Status
    due_at: datetime
    expires_at: datetime
    reason: Reason | None = None
    target_on: date | None = None
    visit_at: datetime | None = None
    """The visit's time that the text named or will name."""
    next_attempt_at: datetime | None = None
    left_at: datetime | None = None
    contact: str | None = None
    """The address that the last attempt went to."""

    @property
    def has_left(self) -> bool:
        return self.status in LEFT

    @property
    def is_pending(self) -> bool:
        return self.status in PENDING


@dataclass(frozen=True, kw_only=True)
class PatientCase:
    """All that a plan depends on for one patient."""

    patient_id: int
    procedures: tuple[Procedure, ...] = ()
    sessions: tuple[Session, ...] = ()
    contacts: Mapping[Channel, Contact] = field(default_factory=dict)
    time_zone: str | None = None
    """The patient's own zone, where it differs from the clinic's."""
    attributes: Mapping[str, str] = field(default_factory=dict)
    is_paused: bool = False
    """Nothing but corrections leaves to the patient until somebody, or the end of the pause, resumes."""
    left: tuple[StoredReminder, ...] = ()
    """The reminders that left, in the order they left: what the patient has been told."""
    by_hand: tuple[datetime, ...] = ()
    """When texts that staff wrote have left."""


# ---- what the planner yields -----------------------------------------------------------------------------------


class Quiet(StrEnum):
    """What quiet hours do to a rule (P4)."""

    SKIP = "skip"
    DEFER = "defer"
    ADVANCE = "advance"


@dataclass(frozen=True, kw_only=True)
class DesiredTask:
    """Something the front desk must do. `key` holds the facts: a done task returns only under another key."""

    rule: TaskRule
    key: str
    text: str
    due_at: datetime | None = None
    """None: at once."""
    procedure_id: int | None = None
    session_id: int | None = None


@dataclass(frozen=True, kw_only=True)
class TextLimits:
    """How many texts a patient gets at most; a text that says several reminders is one (C7)."""

    per_day: int
    """On one calendar day of the patient's."""
    per_week: int
    """On any seven days on end."""


@dataclass(frozen=True, kw_only=True)
class PlannedReminder:
    """One occurrence as it should be; `withheld` says why it should not leave."""

    identity: Identity
    treatment: str
    due_at: datetime
    """After quiet hours; the rule's own moment where quiet hours drop it."""
    expires_at: datetime
    channel: Channel
    contact: str | None = None
    audience: Audience = Audience.PATIENT
    quiet: Quiet = Quiet.DEFER
    withheld: Reason | None = None
    target_on: date | None = None
    visit_at: datetime | None = None
    interval: timedelta | None = None
    """The gap of a series that repeats in hours or minutes, else None (P6)."""
    max_messages: int | None = None
    priority: int = 0
    """Of texts that are too many the higher ones leave."""
    instead: Contact | None = None
    """The email address that a text goes to where it would be one too many."""
    task_if_unsent: DesiredTask | None = None
    is_overridden: bool = False
    """A clinician has set figures of its rule for this patient."""

    @property
    def series(self) -> tuple[AnchorKind, int, str]:
        return self.identity[:3]


@dataclass(frozen=True, kw_only=True)
class Recall:
    """A next session that the patient's course of a treatment asks for."""

    treatment: str
    procedure_id: int
    """The latest of the course."""
    sessions_done: int
    planned_sessions: int | None
    is_undecided: bool
    """Whether there is a next session is the clinician's to say."""
    last_on: date
    due_on: date
    latest_on: date | None
    session_id: int | None = None
    starts_at: datetime | None = None
    """Of the booked session; None: not booked."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What should exist for one patient: nothing here knows what time it is."""

    reminders: tuple[PlannedReminder, ...] = ()
    tasks: tuple[DesiredTask, ...] = ()
    recalls: tuple[Recall, ...] = ()
    ended: Mapping[tuple[AnchorKind, int], Reason] = field(default_factory=dict)
    """Anchors that no longer count, with the reason their pending reminders close."""
    missing: Mapping[tuple[AnchorKind, int, str], Reason] = field(default_factory=dict)
    """Series that an event ended, or that wait for one, with the reason their pending reminders close."""
    limits: TextLimits | None = None
    by_hand: tuple[datetime, ...] = ()
    """When texts that staff wrote have left: the patient got these, too."""
    rules: frozenset[tuple[str, str]] = frozenset()
    """The configuration's rules by treatment and id: what one of them no longer yields does not apply any more."""

    @property
    def desired(self) -> tuple[PlannedReminder, ...]:
        return tuple(reminder for reminder in self.reminders if reminder.withheld is None)

    @property
    def withheld(self) -> tuple[PlannedReminder, ...]:
        return tuple(reminder for reminder in self.reminders if reminder.withheld is not None)


# ---- what a provider carries and answers -----------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class OutgoingMessage:
    """One text or email, ready to leave."""

    attempt_id: int
    token: str
    """Unguessable; names the attempt in the status callback's URL."""
    channel: Channel
    to: str
    body: str
    send_before: datetime
    """Checked right before the hand-over: nothing leaves at or after it."""
    good_until: datetime
    """When the provider must let go of it: its expiry or the start of quiet hours (Twilio's ValidityPeriod)."""
    send_after: datetime | None = None
    """The slot that the sender's rate gives it; None: at once."""
    subject: str | None = None
    html: str | None = None
    message_key: str = ""
    """The same for every try of one intended send; an email's Message-ID is made of it."""


class Outcome(StrEnum):
    ACCEPTED = "accepted"
    REFUSED = "refused"
    IN_DOUBT = "in_doubt"


class RefusalKind(StrEnum):
    """What a refusal is about, which decides what happens next."""

    MESSAGE = "message"
    """This message cannot go: bad content, unroutable, blocked."""
    CONTACT = "contact"
    """The number or address is no good: use another channel, ask the desk."""
    OPT_OUT = "opt_out"
    """The recipient has opted out at the provider."""
    CHANNEL = "channel"
    """Nothing can go by this channel until a person mends it: account, sender, credentials."""
    UNREACHABLE = "unreachable"
    """The provider could not be reached: nothing left, and it says nothing of the message."""
    RATE = "rate"
    """Too fast: wait, and count no failure."""
    DEADLINE = "deadline"
    """We did not send: the message's time was over when its turn came, or we were told to stop."""


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """What became of one hand-over. Nothing else comes out of a provider."""

    attempt_id: int
    outcome: Outcome
    provider_id: str | None = None
    status: Status = Status.ACCEPTED
    """For an accepted message: how far the provider says it is."""
    kind: RefusalKind = RefusalKind.MESSAGE
    is_permanent: bool = False
    max_attempts: int | None = None
    """The most tries that this refusal is worth; None: as many as any."""
    retry_after: float | None = None
    """Seconds."""
    code: str | None = None
    """The provider's own code, or the name of the failure; never a patient's data."""


class Search(StrEnum):
    """What looking for an unclear message found."""

    FOUND = "found"
    NOT_FOUND = "not_found"
    UNAVAILABLE = "unavailable"
    """The provider did not answer: look again later."""
    IMPOSSIBLE = "impossible"
    """This provider keeps no list."""


@dataclass(frozen=True, kw_only=True)
class SearchResult:
    result: Search
    provider_id: str | None = None
    status: Status = Status.ACCEPTED
    code: str | None = None


@dataclass(frozen=True, kw_only=True)
class UnclearMessage:
    """What is known of a message that may or may not have left."""

    attempt_id: int
    to: str
    body: str
    started_at: datetime
    send_before: datetime
    bound_ids: frozenset[str] = frozenset()
    """The provider's ids that belong to other attempts: they never match."""
