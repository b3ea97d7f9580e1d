"""Holds the figures that patients read against those of the rules and of the documents. Pure: callers render."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from reminders.checking.amounts import Amount, Quantity
from reminders.checking.comparing import amount_of
from reminders.checking.documents import Document
from reminders.checking.findings import Fault, FaultKind, Finding, Subject
from reminders.checking.placed import PlacedFigure, list_placed_figures, list_treatment_figures
from reminders.checking.quoting import list_own_amounts
from reminders.checking.reading import list_amounts, plain
from reminders.checking.times import drop_clock_times
from reminders.rules import Clinic, ClockTime, Treatment


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What a patient or the staff can read in one case."""

    treatment: str
    """Empty: staff read it, whatever was treated."""
    rule: str
    """Or the mail it is, where it is about no rule."""
    text: str
    values: tuple[str, ...] = ()
    """What was put into the template: days, times, names and numbers to call are no figures."""
    occurrence: int = 1
    """A text may count itself."""


def check_texts(treatment: Treatment, readings: Iterable[Reading], documents: Iterable[Document]) -> list[Finding]:
    """One finding for each rule whose texts state figures: they are the rule's, its treatment's or the document's."""
    published = list_published(treatment.id, documents)
    placed = list(list_treatment_figures(treatment))
    own = (
        (reading, [*published, *_list_configured(each for each in placed if each.rule in ("", reading.rule))])
        for reading in readings
    )
    return _check_readings(treatment.id, own, f"neither the rule nor a section for {treatment.id} has this figure")


def check_staff_texts(clinic: Clinic, readings: Iterable[Reading], documents: Sequence[Document]) -> list[Finding]:
    """A mail to staff may be about any treatment."""
    published = [amount for treatment in clinic.treatments for amount in list_published(treatment, documents)]
    known = [*published, *_list_configured(list_placed_figures(clinic))]
    return _check_readings("", ((reading, known) for reading in readings), "no rule and no document has this figure")


def _check_readings(treatment: str, readings: Iterable[tuple[Reading, Sequence[Amount]]], whose: str) -> list[Finding]:
    stated: dict[str, dict[str, Fault | None]] = {}
    for reading, known in readings:
        number = Quantity(value=Fraction(reading.occurrence), unit=None)
        for amount in list_stated(reading):
            is_known = any(amount.equals(each) for each in (*known, Amount(least=number, most=number)))
            sentence = f"The text says “{amount.words}”; {whose}."
            fault = None if is_known else Fault(FaultKind.UNKNOWN_FIGURE, sentence)
            # Read several times, by text and by email, it is one fault.
            stated.setdefault(reading.rule, {}).setdefault(amount.words.lower(), fault)
    return [_say_finding(treatment, rule, figures) for rule, figures in stated.items()]


def _say_finding(treatment: str, rule: str, figures: Mapping[str, Fault | None]) -> Finding:
    return Finding(
        subject=Subject.TEXT,
        treatment=treatment,
        rule=rule,
        key="text",
        figure="; ".join(figures),
        faults=tuple(fault for fault in figures.values() if fault),
    )


def list_published(treatment: str, documents: Iterable[Document]) -> list[Amount]:
    """Every figure of the sections that speak of a treatment, in the clinic's own words."""
    return [
        amount
        for document in documents
        for section in document.sections.values()
        if section.described.is_for(treatment)
        for amount in list_own_amounts(document, section.described.name)
    ]


def _list_configured(figures: Iterable[PlacedFigure]) -> Iterator[Amount]:
    for placed in figures:
        if not isinstance(placed.figure, ClockTime):
            yield from (replace(amount_of(placed), bound=bound) for bound in placed.bounds)


_NO_FIGURES = (
    re.compile(r"https?://\S+|www\.\S+|\S+@\S+"),
    re.compile(r"[+(]?\d[\d ().-]{5,}\d"),
    re.compile(r"\b\d{4}-\d\d-\d\d\b|\b\d{1,2}[/.]\d{1,2}[/.]\d{2,4}\b"),
    re.compile(
        r"\b(?:\d{1,2}(?:st|[nr]d|th)? (?:of )?(?:january|february|march|april|may|june|july|august|september|october"
        r"|november|december)|(?:january|february|march|april|may|june|july|august|september|october|november|december)"
        r" \d{1,2}(?:st|[nr]d|th)?)\b(?:,? \d{4}\b)?",
        re.IGNORECASE,
    ),
)
"""Addresses, numbers to call and dates."""


def list_stated(reading: Reading) -> list[Amount]:
    """The exact figures of a text. A bare "one" is seldom a number, and what is vague claims none."""
    return [amount for amount in list_claims(reading) if not amount.is_vague and not _is_bare_one(amount)]


def list_claims(reading: Reading) -> list[Amount]:
    """All figures of a text, the vague ones too, without dates, times and what was put into it."""
    return list_amounts(plain(_drop_values(reading)))


def _is_bare_one(amount: Amount) -> bool:
    return amount.words.lower() in ("one", "once")


def _drop_values(reading: Reading) -> str:
    text = reading.text
    for value in sorted(reading.values, key=len, reverse=True):
        text = text.replace(value, "…")
    for pattern in _NO_FIGURES:
        text = pattern.sub("…", text)
    return drop_clock_times(text)
