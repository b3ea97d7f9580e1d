"""The verdict of the last `reminders rules check`, kept where every host's pages can read it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from hashlib import sha256

from sqlalchemy import delete, select

from reminders.checking import Finding, Verdict
from reminders.config import Config, Fault
from reminders.describing import say_defaults
from reminders.messages import Templates
from reminders.readings import list_readings
from reminders.store.engine import Transaction
from reminders.tables import RuleCheckRow


@dataclass(frozen=True, kw_only=True)
class Failing:
    where: str
    """Such as 'fractional-laser icing until'."""
    sentence: str


@dataclass(frozen=True, kw_only=True)
class RuleVerdict:
    checked_at: datetime
    digest: str
    holding: int
    failing: tuple[Failing, ...]


def digest_rules(config: Config, templates: Templates) -> str:
    """Of all that a check looks at but the documents' own files: two configurations that differ there differ here."""
    clinic = config.clinic
    looked_at = (
        say_defaults(clinic),
        clinic.time_zone.key,
        clinic.treatments,
        config.documents,
        config.examples,
        list(list_readings(templates)),
    )
    return sha256(repr(looked_at).encode()).hexdigest()


def judge(findings: Sequence[Finding], examples: Sequence[Fault], *, digest: str, now: datetime) -> RuleVerdict:
    """What a check found, in short; `examples` are those that do not come out as they say."""
    return RuleVerdict(
        checked_at=now,
        digest=digest,
        holding=sum(finding.verdict is Verdict.HOLDS for finding in findings),
        failing=(
            *(failing for finding in findings for failing in _list_failing(finding)),
            *(Failing(where=fault.path, sentence=fault.sentence) for fault in examples),
        ),
    )


def _list_failing(finding: Finding) -> Iterator[Failing]:
    """Hints are none: they are worth a look, and nothing is wrong."""
    if finding.verdict is Verdict.FAILS:
        place = " ".join(filter(None, (finding.treatment, finding.rule, finding.key))) or finding.document
        yield from (Failing(where=place, sentence=fault.sentence) for fault in finding.faults)


def keep_verdict(tx: Transaction, verdict: RuleVerdict) -> None:
    """In place of the one before."""
    tx.execute(delete(RuleCheckRow))
    tx.add(
        RuleCheckRow(
            checked_at=verdict.checked_at,
            digest=verdict.digest,
            holding=verdict.holding,
            failing=[asdict(each) for each in verdict.failing],
        )
    )


def read_verdict(tx: Transaction) -> RuleVerdict | None:
    """None: the rules were never checked where this database could be reached."""
    # Two checks that end at once leave two rows.
    row = tx.scalars(select(RuleCheckRow).order_by(RuleCheckRow.id.desc()).limit(1)).first()
    if row is None:
        return None
    return RuleVerdict(
        checked_at=row.checked_at,
        digest=row.digest,
        holding=row.holding,
        failing=tuple(Failing(**each) for each in row.failing),
    )
