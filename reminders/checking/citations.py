"""Holds each figure that cites a document against what stands there. Pure; every fault of a figure is listed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from reminders.checking.amounts import Amount
from reminders.checking.comparing import (
    amount_of,
    list_clock_differences,
    list_clock_times,
    list_differences,
    say_amount,
)
from reminders.checking.documents import Document
from reminders.checking.findings import Fault, FaultKind, Finding, Subject
from reminders.checking.quoting import Passage, find_changed, find_passages
from reminders.checking.reading import list_amounts, plain
from reminders.rules import Clinic, ClockTime, EndOfDay, Figure, Source, Treatment


@dataclass(frozen=True, kw_only=True)
class Citation:
    """One figure of the configuration, with the place in a document that it cites."""

    treatment: str
    """Empty: it is the clinic's, of all treatments."""
    rule: str
    """Empty: it is the treatment's own."""
    key: str
    figure: Figure
    source: Source


def list_citations(clinic: Clinic) -> list[Citation]:
    """In the order of the file."""
    return [
        Citation(treatment=treatment, rule=rule, key=key, figure=figure, source=figure.source)
        for treatment, rule, key, figure in _list_places(clinic)
        if figure.source is not None
    ]


def _list_places(clinic: Clinic) -> Iterator[tuple[str, str, str, Figure]]:
    visits = clinic.visits
    yield "", "visits", "outcome_at", visits.outcome_at
    yield "", "visits", "matches_within", visits.matches_within
    yield "", "visits", "correction_lead", visits.correction_lead
    for treatment in clinic.treatments.values():
        for rule, key, figure in list_treatment_figures(treatment):
            yield treatment.id, rule, key, figure


def list_treatment_figures(treatment: Treatment) -> Iterator[tuple[str, str, Figure]]:
    for key, figure in treatment.list_figures():
        yield "", key, figure
    for rule in treatment.rules:
        for key, figure in rule.list_figures():
            yield rule.id, key, figure


def check_citations(citations: Sequence[Citation], documents: Mapping[str, Document]) -> list[Finding]:
    return [_check_citation(each, documents[each.source.document], citations) for each in citations]


def _check_citation(citation: Citation, document: Document, citations: Sequence[Citation]) -> Finding:
    says, faults = _judge(citation, document, citations) if document.is_read else ("", [])
    return Finding(
        subject=Subject.FIGURE,
        document=citation.source.document,
        section=citation.source.section,
        treatment=citation.treatment,
        rule=citation.rule,
        key=citation.key,
        figure=_say_figure(citation.figure),
        quoted=citation.source.figure,
        says=says,
        faults=(*_doubt_document(document), *faults),
    )


def _say_figure(figure: Figure) -> str:
    if isinstance(figure, ClockTime):
        return f"{figure.value:%H:%M}"
    if isinstance(figure, EndOfDay):
        return f"end of day {figure.day}"
    mine = amount_of(figure)
    bound = "" if mine.bound == "nominal" else f"{mine.bound.replace('_', ' ')} "
    return bound + say_amount(mine)


def _doubt_document(document: Document) -> Iterator[Fault]:
    """No figure holds against a text that nobody approved, or that is not there; its finding says what to do."""
    if not document.is_read:
        yield Fault(document.faults[0].kind, "There is no document to hold this against.")
    elif not document.is_approved:
        yield Fault(FaultKind.NOT_APPROVED, "The document is not the approved text.")


def _judge(citation: Citation, document: Document, citations: Sequence[Citation]) -> tuple[str, list[Fault]]:
    """What the document says, and all that is wrong with where it says it and with what it says."""
    passages = find_passages(document, citation.source.figure)
    own = [each for each in passages if each.is_own and each.section == citation.source.section]
    says, differences = _compare(citation, document, own or passages, citations)
    return says, [*_check_section(citation, document), *_check_place(citation, own, passages), *differences]


def _check_section(citation: Citation, document: Document) -> Iterator[Fault]:
    name = citation.source.section
    section = document.sections.get(name)
    if section is None:
        yield Fault(
            FaultKind.SECTION_UNKNOWN,
            f"The configuration describes no section “{name}”; mend the name, or add "
            f"[[documents.{document.described.id}.sections]] for it.",
        )
        return
    yield from section.faults
    if citation.treatment and not section.described.is_for(citation.treatment):
        yield Fault(FaultKind.WRONG_TREATMENT, f"The section “{name}” is not for {citation.treatment}.")


def _check_place(citation: Citation, own: list[Passage], passages: list[Passage]) -> Iterator[Fault]:
    if own:
        return
    words, section = citation.source.figure, citation.source.section
    yield Fault(FaultKind.NOT_QUOTED, f"The clinic does not say “{words}” in the section “{section}”.")
    others = dict.fromkeys(each.section for each in passages if each.is_own)
    for other in others:
        yield Fault(FaultKind.OTHER_SECTION, f"These words stand in another section, “{other}”.")
    if any(each.section is None for each in passages):
        yield Fault(FaultKind.VISITOR, "These words stand below the clinic's own text, where visitors write.")
    if any(each.section is not None and each.paragraph.is_visitors for each in passages):
        yield Fault(
            FaultKind.VISITOR, "A visitor seems to have written these words, though they stand among the clinic's own."
        )


def _compare(
    citation: Citation, document: Document, passages: list[Passage], citations: Sequence[Citation]
) -> tuple[str, list[Fault]]:
    """With the words where they stand; where they do not, with what seems to stand there now, or with themselves."""
    words = citation.source.figure
    if isinstance(citation.figure, ClockTime):
        return _say_clock(words, passages), list_clock_differences(citation.figure, plain(words))
    amounts = [amount for passage in passages for amount in passage.list_amounts()]
    says_it = bool(amounts)
    if not passages:
        others = [each.source.figure for each in citations if each.source.section == citation.source.section]
        changed = find_changed(document, citation.source.section, words, others)
        says_it = changed is not None
        amounts = [changed] if changed else list_amounts(plain(words))
    if not amounts:
        return words if passages else "", [
            Fault(FaultKind.NO_FIGURE, f"“{words}” holds no figure; quote the words that do.")
        ]
    best = _choose_amount(citation, amounts)
    return best.words if says_it else "", list_differences(citation.figure, citation.key, best)


def _choose_amount(citation: Citation, amounts: list[Amount]) -> Amount:
    """Where the words stand twice, or hold two figures, the one that is meant is the one that differs least."""
    return min(amounts, key=lambda amount: len(list_differences(citation.figure, citation.key, amount)))


def _say_clock(words: str, passages: list[Passage]) -> str:
    return words if passages and any(list_clock_times(words)) else ""
