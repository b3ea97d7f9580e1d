"""Every figure of the configuration, in its place and as it counts there. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from reminders.rules import AfterDue, Bound, Calendar, Clinic, Duration, EndOfDay, Figure, Rule, Source, Treatment


@dataclass(frozen=True, kw_only=True)
class PlacedFigure:
    treatment: str
    """Empty: it is the clinic's, of all treatments."""
    rule: str
    """Empty: it is the treatment's own."""
    key: str
    figure: Figure
    counts_open_days: bool = False
    """Its days are the clinic's open ones."""

    @property
    def source(self) -> Source:
        """Only of a figure that has one."""
        assert self.figure.source is not None, "a figure is held against the document that it cites"
        return self.figure.source

    @property
    def is_end(self) -> bool:
        """Whether, where the document gives a range, the end of it is meant."""
        return self.key in ("until", "until.fallback", "expires", "late_limit") or self.key.endswith(".lasts")

    @property
    def bounds(self) -> tuple[Bound, ...]:
        """What the document may say before it: a limit is one whether or not the words for it stand there."""
        if isinstance(self.figure, Duration) and self.figure.bound is not Bound.NOMINAL:
            return (self.figure.bound,)
        is_limit = isinstance(self.figure, EndOfDay) or self.key in ("max_messages", "late_limit", "until.fallback")
        return (Bound.NOMINAL, Bound.AT_MOST) if is_limit else (Bound.NOMINAL,)


def list_placed_figures(clinic: Clinic) -> Iterator[PlacedFigure]:
    """In the order of the file."""
    visits = clinic.visits
    for key, figure in (
        ("outcome_at", visits.outcome_at),
        ("matches_within", visits.matches_within),
        ("correction_lead", visits.correction_lead),
    ):
        yield PlacedFigure(treatment="", rule="visits", key=key, figure=figure)
    for treatment in clinic.treatments.values():
        yield from list_treatment_figures(treatment)


def list_treatment_figures(treatment: Treatment) -> Iterator[PlacedFigure]:
    for key, figure in treatment.list_figures():
        counts_open_days = treatment.calendar is Calendar.BUSINESS_DAYS and key != "sessions"
        yield PlacedFigure(treatment=treatment.id, rule="", key=key, figure=figure, counts_open_days=counts_open_days)
    for rule in treatment.rules:
        for key, figure in rule.list_figures():
            counts_open_days = _counts_open_days(rule, key)
            yield PlacedFigure(
                treatment=treatment.id, rule=rule.id, key=key, figure=figure, counts_open_days=counts_open_days
            )


def _counts_open_days(rule: Rule, key: str) -> bool:
    """What counts from the moment a reminder is due counts every day."""
    is_after_due = key == "expires" and isinstance(rule.expires, AfterDue)
    return rule.calendar is Calendar.BUSINESS_DAYS and not is_after_due
