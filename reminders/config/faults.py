"""What is wrong with a configuration, in sentences for the person who edits it.

Never quotes a value: it may be a secret in the wrong place.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches


@dataclass(frozen=True)
class Fault:
    path: str
    """The key, such as `treatments.fractional-laser.rules.icing.quiet`; or the variable, or the file."""
    sentence: str
    """What to do about it."""
    file: str = field(default="", kw_only=True)
    line: int | None = field(default=None, kw_only=True)
    """Of the key, or of the nearest table where the key is missing."""
    variable: str = field(default="", kw_only=True)
    """The variable to put right, where the file may be as it is."""

    def __str__(self) -> str:
        """Such as `config.toml:12  clinic.phone  Write a phone number that exists in your country.`"""
        place = f"{self.file}:{self.line}" if self.line else self.file
        key = "" if self.path == self.file else self.path
        return "  ".join(filter(None, (place, key, self.sentence)))

    def as_json(self) -> dict[str, object]:
        return {
            "file": self.file or None,
            "line": self.line,
            "variable": self.variable or None,
            "key": self.path if self.path not in (self.file, self.variable) else None,
            "sentence": self.sentence,
        }


@dataclass(frozen=True)
class UnknownKey(Fault):
    """A key that nothing reads. `meant` is the path of the key that was probably meant."""

    meant: str | None = None


class ConfigFaults(Exception):
    """The configuration cannot be used; `faults` lists all that is wrong with it."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = list(faults)
        super().__init__("\n".join(map(str, self.faults)))


def find_near_match(word: str, known: Iterable[str]) -> str | None:
    return next(iter(get_close_matches(word, list(known), n=1)), None)


def list_choices(words: Sequence[str], joiner: str = "or") -> str:
    """`a`, `a or b`, `a, b or c`."""
    *others, last = words
    return f"{', '.join(others)} {joiner} {last}" if others else last
