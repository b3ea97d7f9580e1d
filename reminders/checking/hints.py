"""What is worth a look and no fault: what a document gives and nobody uses, and what nobody can hold. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from reminders.checking.amounts import Amount
from reminders.checking.documents import Document
from reminders.checking.findings import Fault, FaultKind, Finding, Subject
from reminders.checking.placed import PlacedFigure
from reminders.checking.quoting import find_passages, list_own_amounts
from reminders.checking.texts import Reading, list_claims, list_published, list_stated
from reminders.rules import Treatment


def find_unused(
    treatment: Treatment, readings: Sequence[Reading], citations: Iterable[PlacedFigure], documents: Iterable[Document]
) -> list[Finding]:
    """The exact lengths of time for a treatment that no figure cites and none of its texts, `readings`, tells.

    A vague figure that was made exact shows here: the clinic's own figure in its place could now be cited.
    """
    told = [amount for reading in readings for amount in list_stated(reading)]
    cited = [each for each in citations if each.treatment in ("", treatment.id)]
    return [
        _hint(treatment, document, section, amount, readings)
        for document in documents
        for section, amount in _list_uncited(treatment.id, document, cited)
        if not any(amount.equals(each) for each in told)
    ]


def find_unheld(treatment: Treatment, readings: Iterable[Reading], documents: Iterable[Document]) -> list[Finding]:
    """What texts tell as vaguely as a document might, and none does: "several weeks", where it now says days."""
    published = [amount for amount in list_published(treatment.id, documents) if amount.is_vague]
    told: dict[str, dict[str, Fault]] = {}
    for reading in readings:
        for amount in list_claims(reading):
            if amount.is_vague and amount.is_time and not any(amount.most == each.most for each in published):
                sentence = (
                    f"The text says “{amount.words}”; no section for {treatment.id} says so. See if it still holds."
                )
                told.setdefault(reading.rule, {})[amount.words.lower()] = Fault(FaultKind.NOT_THERE, sentence)
    return [
        Finding(
            subject=Subject.TEXT,
            treatment=treatment.id,
            rule=rule,
            key="text",
            figure="; ".join(faults),
            faults=tuple(faults.values()),
            is_hint=True,
        )
        for rule, faults in told.items()
    ]


def _list_uncited(treatment: str, document: Document, cited: list[PlacedFigure]) -> Iterator[tuple[str, Amount]]:
    passages = [passage for each in cited for passage in find_passages(document, each.source.figure)]
    for name, section in document.sections.items():
        meant = [amount for each in passages if each.section == name for amount in each.list_amounts()]
        for amount in list_own_amounts(document, name) if section.described.is_for(treatment) else ():
            if amount.is_time and not amount.is_vague and amount not in meant:
                yield name, amount


def _hint(
    treatment: Treatment, document: Document, section: str, amount: Amount, readings: Sequence[Reading]
) -> Finding:
    rules = _list_vague_rules(amount, readings)
    whose = f"the {' and '.join(rules)} reminder" if rules else "a rule"
    sentence = (
        f"“{amount.words}” is exact, and no figure cites it; if {whose} of {treatment.id} has a figure marked "
        "clinic_supplied in its place, cite it there."
    )
    return Finding(
        subject=Subject.FIGURE,
        document=document.described.id,
        section=section,
        treatment=treatment.id,
        rule=", ".join(rules),
        says=amount.words,
        faults=(Fault(FaultKind.NOW_EXACT, sentence),),
        is_hint=True,
    )


def _list_vague_rules(amount: Amount, readings: Sequence[Reading]) -> list[str]:
    """The rules whose texts speak vaguely of the same unit."""
    return list(
        dict.fromkeys(
            reading.rule
            for reading in readings
            for stated in list_claims(reading)
            if stated.is_vague and stated.most.family == amount.most.family
        )
    )
