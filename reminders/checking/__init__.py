"""Holds a clinic's rules and texts against the documents that they cite. Pure: callers read files and render texts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from reminders.checking.citations import check_citations, list_citations
from reminders.checking.documents import Described, DescribedSection, Document, read_document
from reminders.checking.findings import Fault, FaultKind, Finding, Subject, Verdict
from reminders.checking.hints import find_unheld, find_unused
from reminders.checking.placed import PlacedFigure
from reminders.checking.texts import Reading, check_staff_texts, check_texts
from reminders.rules import Clinic, Treatment

__all__ = [
    "Described",
    "DescribedSection",
    "Document",
    "Fault",
    "FaultKind",
    "Finding",
    "Reading",
    "Subject",
    "Verdict",
    "check_rules",
    "read_document",
]


def check_rules(clinic: Clinic, documents: Mapping[str, Document], readings: Sequence[Reading]) -> list[Finding]:
    """One finding for each document, each figure that cites one, and each rule or mail with figures; then hints.

    `documents` holds every document that the configuration describes.
    """
    citations = list_citations(clinic)
    cited = {each.source.document for each in citations}
    held = {key: document for key, document in documents.items() if key in cited or document.described.file}
    findings = [*map(_find_document, held.values()), *check_citations(citations, documents)]
    hints: list[Finding] = []
    for treatment in clinic.treatments.values():
        used = _list_used(treatment, documents, citations)
        # Without the document nobody knows what a text may say; that it is missing is said above.
        if all(document.is_read for document in used):
            own = [each for each in readings if each.treatment == treatment.id]
            findings += check_texts(treatment, own, used)
            unused = find_unused(treatment, own, citations, used)
            made_exact = {rule for hint in unused for rule in hint.rule.split(", ")}
            hints += [*unused, *(hint for hint in find_unheld(treatment, own, used) if hint.rule not in made_exact)]
    if all(document.is_read for document in held.values()):
        for_staff = [each for each in readings if not each.treatment]
        findings += check_staff_texts(clinic, for_staff, list(held.values()))
    return [*findings, *_drop_repeated(hints, findings)]


def _drop_repeated(hints: Sequence[Finding], findings: Sequence[Finding]) -> list[Finding]:
    """What a fault names already needs no hint."""
    named = {(finding.document, finding.section, finding.says) for finding in findings if finding.says}
    return [hint for hint in hints if (hint.document, hint.section, hint.says) not in named]


def _find_document(document: Document) -> Finding:
    return Finding(subject=Subject.DOCUMENT, document=document.described.id, faults=document.faults)


def _list_used(
    treatment: Treatment, documents: Mapping[str, Document], citations: Sequence[PlacedFigure]
) -> list[Document]:
    """The documents that a figure of this treatment cites, or that have a section for it."""
    cited = {each.source.document for each in citations if each.treatment == treatment.id}
    return [
        document
        for key, document in documents.items()
        if key in cited or any(section.is_for(treatment.id) for section in document.described.sections)
    ]
