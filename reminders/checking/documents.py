"""Reads a document's text into its sections, and parts the clinic's own words from those of visitors.

Pure: callers read the file. What stands in a document is data, whoever it speaks to.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import groupby, pairwise

from reminders.checking.findings import Fault, FaultKind
from reminders.checking.reading import plain


@dataclass(frozen=True, kw_only=True)
class DescribedSection:
    """A section as the configuration describes it."""

    name: str
    starts_with: str
    treatments: tuple[str, ...] | None = None
    """None: it is for every treatment."""

    def is_for(self, treatment: str) -> bool:
        return self.treatments is None or treatment in self.treatments


@dataclass(frozen=True, kw_only=True)
class Described:
    """A document as the configuration describes it."""

    id: str
    file: str | None = None
    sha256: str | None = None
    clinic_text_ends_before: str | None = None
    sections: tuple[DescribedSection, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Paragraph:
    text: str
    """On one line, and `plain`."""
    is_visitors: bool = False
    """Not the clinic's own words, wherever they stand."""


@dataclass(frozen=True, kw_only=True)
class Section:
    described: DescribedSection
    paragraphs: tuple[Paragraph, ...] = ()
    faults: tuple[Fault, ...] = ()
    """Why it could not be found, or not surely."""


@dataclass(frozen=True, kw_only=True)
class Document:
    described: Described
    sections: Mapping[str, Section] = field(default_factory=dict)
    below: tuple[Paragraph, ...] = ()
    """What follows the clinic's own text."""
    faults: tuple[Fault, ...] = ()
    is_read: bool = True

    @property
    def is_approved(self) -> bool:
        return not any(fault.kind is FaultKind.NOT_APPROVED for fault in self.faults)


def read_document(described: Described, content: bytes | None, folder: str) -> Document:
    """`content` is None where the file is not in `folder`. Every fault is listed; a wrong hash hides no other."""
    if content is None:
        return Document(described=described, faults=(_describe_absence(described, folder),), is_read=False)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        fault = Fault(FaultKind.NOT_TEXT, f"The file “{described.file}” is not UTF-8 text; save it as UTF-8.")
        return Document(described=described, faults=(fault,), is_read=False)
    own, below, end_faults = _part_off_visitors(described, text.splitlines())
    return Document(
        described=described,
        sections={section.described.name: section for section in _read_sections(described, own, below)},
        below=tuple(_read_paragraphs(below, has_visitors=False)),
        faults=(*_check_approval(described, content), *end_faults),
    )


def _describe_absence(described: Described, folder: str) -> Fault:
    if described.file is None:
        return Fault(
            FaultKind.NO_FILE,
            f"Figures cite this document, and nothing says which file it is; add file = \"...\" to "
            f"[documents.{described.id}].",
        )  # fmt: skip
    return Fault(
        FaultKind.NOT_FOUND,
        f"The file “{described.file}” is not in {folder}, so no figure could be held against it; say where your copy "
        "lies with --documents DIR.",
    )


def _check_approval(described: Described, content: bytes) -> Iterator[Fault]:
    found = sha256(content).hexdigest()
    if described.sha256 is None:
        yield Fault(
            FaultKind.NOT_APPROVED,
            f"Nobody has approved this text yet; read it, and then write sha256 = \"{found}\".",
        )  # fmt: skip
    elif described.sha256 != found:
        yield Fault(
            FaultKind.NOT_APPROVED,
            f"The file “{described.file}” is not the text that was approved; read what changed, and if every figure "
            f'still holds, write sha256 = "{found}".',
        )


def _part_off_visitors(described: Described, lines: list[str]) -> tuple[list[str], list[str], list[Fault]]:
    """The clinic's own lines, and those from `clinic_text_ends_before` on."""
    if described.clinic_text_ends_before is None:
        return lines, [], []
    mark = plain(described.clinic_text_ends_before)
    for number, line in enumerate(lines):
        if _starts_with(plain(line), mark):
            return lines[:number], lines[number:], []
    sentence = (
        f"No line begins with “{mark}”, so nobody can tell where the clinic's own text ends; mend "
        f"clinic_text_ends_before in [documents.{described.id}]."
    )
    return lines, [], [Fault(FaultKind.NO_END, sentence)]


def _read_sections(described: Described, lines: list[str], below: list[str]) -> Iterator[Section]:
    """Each runs from its first words to the next section's, in whatever order they stand."""
    starts = {section.name: _find_starts(section, lines) for section in described.sections}
    firsts = sorted(places[0] for places in starts.values() if places)
    has_visitors = described.clinic_text_ends_before is not None
    indent = _find_visitors_indent(lines, below)
    for section in described.sections:
        places = starts[section.name]
        first = places[0] if places else len(lines)
        end = next((place for place in firsts if place > first), len(lines))
        yield Section(
            described=section,
            paragraphs=tuple(_read_paragraphs(lines[first:end], has_visitors=has_visitors, indent=indent)),
            faults=tuple(_check_places(section, places)),
        )


def _find_starts(section: DescribedSection, lines: list[str]) -> list[int]:
    """A line of just these words is a heading, and then counts before a paragraph that begins with them."""
    mark = plain(section.starts_with)
    headings = [number for number, line in enumerate(lines) if plain(line) == mark]
    return headings or [number for number in range(len(lines)) if _starts_with(_read_on(lines, number), mark)]


def _read_on(lines: list[str], number: int) -> str:
    """From this line to the end of its paragraph: the first words of a section may be broken over two lines."""
    blank = next((place for place in range(number, len(lines)) if not lines[place].strip()), len(lines))
    return plain(" ".join(lines[number : min(blank, number + 5)]))


def _starts_with(text: str, mark: str) -> bool:
    return text.startswith(mark) and not text[len(mark) : len(mark) + 1].isalnum()


def _check_places(section: DescribedSection, places: list[int]) -> Iterator[Fault]:
    if not places:
        yield Fault(
            FaultKind.SECTION_MISSING,
            f"The section “{section.name}” is not in the document: nothing in the clinic's own text begins with "
            f"“{section.starts_with}”.",
        )
    if len(places) > 1:
        yield Fault(
            FaultKind.SECTION_REPEATED,
            f"The section “{section.name}” begins at {len(places)} places; write more words into its starts_with.",
        )


_SAYS = re.compile(
    r"\s*\S.{0,60}\b(?:(?:says|said|writes|wrote|replied|replies|commented)(?: .{1,40})?:|"
    r"(?:said|wrote|replied|commented) .{1,20} ago\W?)\s*"
    r"|\s*(?:comment|reply) by .{1,60}",
    re.IGNORECASE,
)
"""How a visitor's comment is headed. Who posted or wrote the page itself is no visitor."""
_OF_ONESELF = re.compile(
    r"(?<!(?i:type) )(?<!(?i:phase|stage|grade|class) )(?<![\w(])(?:I(?![\w.-])|i(?=(?:'\w+)? [a-z]))"
    r"|\b(?:[Mm]y|me|myself|mine)\b"
)
_LIST_MARK = re.compile(r"[-*•·–—]|\(?(?:\d{1,2}|[a-z])[.)]", re.IGNORECASE)
_BETWEEN_SENTENCES = re.compile(r"(?<=[.!?]) |(?<=[.!?]\") ")
_LONGEST_ASIDE = 2
"""How many sentences of a story may lack an "I"."""


def _read_paragraphs(lines: Iterable[str], *, has_visitors: bool, indent: int = 0) -> Iterator[Paragraph]:
    """`has_visitors`: visitors write on this page, so a comment may have slipped in among the clinic's own words.

    `indent` is how far visitors' words are set in, where the clinic's are not.
    """
    is_in_comment = False
    for block in _split_at_blank_lines(lines):
        is_in_comment = any(map(_SAYS.fullmatch, block)) or (is_in_comment and block[0][:1].isspace())
        is_set_in = indent > 0 and _measure_indent(block) == indent
        text = plain(" ".join(block))
        if has_visitors and not is_in_comment and not is_set_in:
            yield from _part_speakers(text)
        else:
            yield Paragraph(text=text, is_visitors=has_visitors)


def _find_visitors_indent(own: list[str], below: list[str]) -> int:
    """How far visitors' words are set in; 0 where the page does not part them from the clinic's in this way."""
    theirs = Counter(_measure_indent(block) for block in _split_at_blank_lines(below))
    usual = max(theirs, key=lambda indent: (theirs[indent], indent), default=0)
    # A comment that was moved is set in, too; but a sheet that sets in most of its own words parts nothing.
    sizes = Counter[bool]()
    for block in _split_at_blank_lines(own):
        sizes[_measure_indent(block) == usual] += len(" ".join(block))
    return usual if sizes[True] < sizes[False] else 0


def _measure_indent(block: list[str]) -> int:
    """Of all its lines; a list is set in for its own reasons."""
    indents = {len(line) - len(line.lstrip()) for line in block}
    return indents.pop() if len(indents) == 1 and not _LIST_MARK.match(block[0].lstrip()) else 0


def _part_speakers(text: str) -> Iterator[Paragraph]:
    """A clinic says "we"; who says "I" in half of their sentences tells a story of their own with all of them."""
    sentences = _BETWEEN_SENTENCES.split(text)
    own_stories = [number for number, sentence in enumerate(sentences) if speaks_of_oneself(sentence)]
    if 2 * len(own_stories) >= len(sentences):
        yield Paragraph(text=text, is_visitors=True)
        return
    # What stands between two such sentences belongs to the story.
    told = set(own_stories).union(
        *(range(first, last) for first, last in pairwise(own_stories) if last - first <= _LONGEST_ASIDE + 1)
    )
    for is_visitors, together in groupby(enumerate(sentences), key=lambda item: item[0] in told):
        yield Paragraph(text=" ".join(sentence for _, sentence in together), is_visitors=is_visitors)


def speaks_of_oneself(sentence: str) -> bool:
    """A question, as a sheet may put it into a patient's mouth, does not count."""
    return not sentence.endswith(("?", '?"')) and _OF_ONESELF.search(sentence) is not None


def _split_at_blank_lines(lines: Iterable[str]) -> Iterator[list[str]]:
    block: list[str] = []
    for line in [*lines, ""]:
        if line.strip():
            block.append(line)
        elif block:
            yield block
            block = []
