"""The words that tell a stranger what the patient had done; texts and subjects do without them (C9). Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

_STEMS = ("laser", "needl", "dermat", "acne")
_STARTS = ("peel", "scar", "face", "cheek", "skin")
"""Only at the start of a word: 'asking' and 'surface' say nothing."""


def find_listed_words(text: str, names: Iterable[str] = (), allowed: Collection[str] = ()) -> list[str]:
    """The listed words and treatment names in `text`, in lower case, less those that the clinic allows."""
    folded = " ".join(text.casefold().split())
    found = [word for word in re.findall(r"\w+", folded) if _is_listed(word)]
    found += [name for name in _spellings(names) if _has_word(folded, name)]
    return [word for word in dict.fromkeys(found) if not _is_allowed(word, allowed)]


def _is_listed(word: str) -> bool:
    return word.startswith(_STARTS) or any(stem in word for stem in _STEMS)


def _is_allowed(word: str, allowed: Collection[str]) -> bool:
    return any(word.startswith(stem.casefold()) for stem in allowed if stem)


def _spellings(names: Iterable[str]) -> list[str]:
    return [spelling for name in names for spelling in (name.casefold(), name.casefold().replace("-", " "))]


def _has_word(text: str, name: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text) is not None
