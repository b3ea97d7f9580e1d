"""Holds each figure that cites a document against what stands there. Pure; every fault of a figure is listed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from reminders.checking.amounts import Amount
from reminders.checking.comparing import list_differences, say_figure
from reminders.checking.documents import Document
from reminders.checking.findings import Fault, FaultKind, Finding, Subject
from reminders.checking.placed import PlacedFigure, list_placed_figures
from reminders.checking.quoting import Passage, find_changed, find_passages
from reminders.checking.reading import list_amounts, plain
from reminders.checking.times import (
    list_clock_differences,
    list_slot_differences,
    names_times,
)
from reminders.rules import Clinic, ClockTime, Slots


def list_citations(clinic: Clinic) -> list[PlacedFigure]:
    """Every figure that cites a document, in the order of the file."""
    return [placed for placed in list_placed_figures(clinic) if placed.figure.source is not None]


def check_citations(citations: Sequence[PlacedFigure], documents: Mapping[str, Document]) -> list[Finding]:
    return [_check_citation(each, documents[each.source.document], citations) for each in citations]


def _check_citation(citation: PlacedFigure, document: Document, citations: Sequence[PlacedFigure]) -> Finding:
    says, faults = _judge(citation, document, citations) if document.is_read else ("", [])
    return Finding(
        subject=Subject.FIGURE,
        document=citation.source.document,
        section=citation.source.section,
        treatment=citation.treatment,
        rule=citation.rule,
        key=citation.key,
        figure=say_figure(citation),
        quoted=citation.source.figure,
        says=says,
        faults=(*_doubt_document(document), *faults),
    )


def _doubt_document(document: Document) -> Iterator[Fault]:
    """No figure holds against a text that nobody approved, or that is not there; its finding says what to do."""
    if not document.is_read:
        yield Fault(document.faults[0].kind, "There is no document to hold this against.")
    elif not document.is_approved:
        yield Fault(FaultKind.NOT_APPROVED, "The document is not the approved text.")


def _judge(citation: PlacedFigure, document: Document, citations: Sequence[PlacedFigure]) -> tuple[str, list[Fault]]:
    """What the document says, and all that is wrong with where it says it and with what it says."""
    passages = find_passages(document, citation.source.figure)
    own = [each for each in passages if each.is_own and each.section == citation.source.section]
    says, differences = _compare(citation, document, own or passages, citations)
    return says, [*_check_section(citation, document), *_check_place(citation, own, passages), *differences]


def _check_section(citation: PlacedFigure, document: Document) -> Iterator[Fault]:
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


def _check_place(citation: PlacedFigure, own: list[Passage], passages: list[Passage]) -> Iterator[Fault]:
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
    citation: PlacedFigure, document: Document, passages: list[Passage], citations: Sequence[PlacedFigure]
) -> tuple[str, list[Fault]]:
    """With the words where they stand; where they do not, with what seems to stand there now, or with themselves."""
    words = citation.source.figure
    if isinstance(citation.figure, ClockTime):
        return _say_times(words, passages), list_clock_differences(citation.figure, plain(words))
    if isinstance(citation.figure, Slots) and names_times(plain(words)):
        return _say_times(words, passages), list_slot_differences(citation.figure, plain(words))
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
    return best.words if says_it else "", list_differences(citation, best)


def _choose_amount(citation: PlacedFigure, amounts: list[Amount]) -> Amount:
    """Where the words stand twice, or hold two figures, the one that is meant is the one that differs least."""
    return min(amounts, key=lambda amount: len(list_differences(citation, amount)))


def _say_times(words: str, passages: list[Passage]) -> str:
    return words if passages and names_times(words) else ""
