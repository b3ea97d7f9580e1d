"""What `rules check` can find: one finding for each thing that was held against a document, with all its faults."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class FaultKind(StrEnum):
    # Of a document
    NO_FILE = "no_file"
    NOT_FOUND = "not_found"
    NOT_TEXT = "not_text"
    NOT_APPROVED = "not_approved"
    NO_END = "no_end"
    # Of a place in it
    SECTION_UNKNOWN = "section_unknown"
    SECTION_MISSING = "section_missing"
    SECTION_REPEATED = "section_repeated"
    WRONG_TREATMENT = "wrong_treatment"
    NOT_QUOTED = "not_quoted"
    OTHER_SECTION = "other_section"
    VISITOR = "visitor"
    # Of a figure
    NO_FIGURE = "no_figure"
    VAGUE = "vague"
    NUMBER = "number"
    UNIT = "unit"
    BOUND = "bound"
    CALENDAR = "calendar"
    PART_OF_DAY = "part_of_day"
    OUTSIDE_RANGE = "outside_range"
    RANGE_END = "range_end"
    # Of a text
    UNKNOWN_FIGURE = "unknown_figure"
    # Of nothing: worth a look
    NOW_EXACT = "now_exact"
    NOT_THERE = "not_there"


@dataclass(frozen=True)
class Fault:
    kind: FaultKind
    sentence: str
    """What is wrong, or what to do about it."""


class Verdict(StrEnum):
    HOLDS = "holds"
    FAILS = "fails"
    HINT = "hint"


class Subject(StrEnum):
    DOCUMENT = "document"
    FIGURE = "figure"
    TEXT = "text"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One document, one figure of the configuration, or the texts of one rule."""

    subject: Subject
    document: str = ""
    section: str = ""
    treatment: str = ""
    rule: str = ""
    key: str = ""
    figure: str = ""
    """As the configuration, or the text, states it."""
    quoted: str = ""
    """The words that the configuration cites."""
    says: str = ""
    """What the document says there; empty where it says nothing of the kind."""
    faults: tuple[Fault, ...] = ()
    is_hint: bool = False

    @property
    def verdict(self) -> Verdict:
        if self.is_hint:
            return Verdict.HINT
        return Verdict.FAILS if self.faults else Verdict.HOLDS

    def as_json(self) -> dict[str, object]:
        names = ("document", "section", "treatment", "rule", "key", "figure", "quoted", "says")
        return {
            "subject": self.subject,
            **{name: getattr(self, name) or None for name in names},
            "verdict": self.verdict,
            "faults": [{"fault": fault.kind, "sentence": fault.sentence} for fault in self.faults],
        }
