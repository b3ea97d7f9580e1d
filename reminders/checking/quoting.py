"""Finds where a document has the words that a figure cites, and which figure those words are part of. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher

from reminders.checking.amounts import Amount
from reminders.checking.documents import Document, Paragraph
from reminders.checking.reading import list_amounts, plain

_LIKE_ENOUGH = 0.6


@dataclass(frozen=True, kw_only=True)
class Passage:
    """Some words where they stand."""

    paragraph: Paragraph
    start: int
    end: int
    section: str | None = None
    """None: below the clinic's own text."""

    @property
    def is_own(self) -> bool:
        """Whether these are the clinic's own words."""
        return self.section is not None and not self.paragraph.is_visitors

    def list_amounts(self) -> list[Amount]:
        """The figures these words are part of, as they read in full: "six weeks" may be of "twenty-six weeks"."""
        return [
            amount
            for amount in list_amounts(self.paragraph.text)
            if amount.start < self.end and amount.end > self.start
        ]


def find_passages(document: Document, words: str) -> list[Passage]:
    """Everywhere the words stand: in any section, and below the clinic's own text."""
    places = [(name, section.paragraphs) for name, section in document.sections.items()]
    return [
        passage for name, paragraphs in [*places, (None, document.below)] for passage in _find(words, paragraphs, name)
    ]


def _find(words: str, paragraphs: Iterable[Paragraph], section: str | None) -> Iterator[Passage]:
    pattern = re.compile(rf"(?<!\w){re.escape(plain(words))}(?!\w)", re.IGNORECASE)
    for paragraph in paragraphs:
        for found in pattern.finditer(paragraph.text):
            yield Passage(paragraph=paragraph, start=found.start(), end=found.end(), section=section)


def list_own_amounts(document: Document, section: str) -> list[Amount]:
    """What the clinic itself says in a section."""
    found = document.sections.get(section)
    return [
        amount
        for paragraph in (found.paragraphs if found else ())
        if not paragraph.is_visitors
        for amount in list_amounts(paragraph.text)
    ]


def find_changed(document: Document, section: str, words: str, cited: Iterable[str]) -> Amount | None:
    """What seems to stand now where the words stood: a figure like theirs that no other citation means."""
    meant = list_amounts(plain(words))
    claimed = [
        amount
        for other in cited
        for passage in find_passages(document, other)
        if passage.section == section
        for amount in passage.list_amounts()
    ]
    free = [amount for amount in list_own_amounts(document, section) if amount not in claimed]
    likes = [amount for amount in free if meant and _is_like(amount, meant[0])]
    return max(likes, key=lambda amount: _likeness(amount, meant[0]), default=None)


def _is_like(one: Amount, other: Amount) -> bool:
    if one.least.value == other.least.value and one.most.value == other.most.value:
        return True
    is_of_a_kind = (one.most.unit, one.most.per) == (other.most.unit, other.most.per) and one.is_range == other.is_range
    return is_of_a_kind and (one.is_range or _likeness(one, other) >= _LIKE_ENOUGH)


def _likeness(one: Amount, other: Amount) -> float:
    return SequenceMatcher(None, one.words.lower(), other.words.lower()).ratio()
