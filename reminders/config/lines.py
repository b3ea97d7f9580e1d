"""Finds the line of every key in a TOML text that `tomllib` has accepted: tomllib keeps no places."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from reminders.config.paths import join_path

_TOKEN = re.compile(
    r"""
    (?P<nothing> [ \t]+ | \#[^\n]* )
    | (?P<text> \"{3} (?:\\.|[^\\])*? \"{3,5} | '{3} .*? '{3,5} | \"(?:\\.|[^\"\\])*\" | '[^']*' )
    | (?P<mark> [\n\[\]{}=,.] )
    | (?P<word> [^\s\#\"'\[\]{}=,.]+ )
    """,
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True, kw_only=True)
class Token:
    text: str
    line: int


def find_lines(text: str) -> dict[str, int]:
    """The line of each table, key and list item by its dotted path, such as `documents.sheet.sections.0.name`."""
    return _Finder(list(_list_tokens(text))).find()


def find_nearest_line(lines: Mapping[str, int], path: str) -> int | None:
    """Where the key stands; where there is none, the nearest table that it would stand in. None: not even that."""
    keys = re.sub(r"\[(\d+)\]", r".\1", path).split(".")
    tables = (".".join(keys[:depth]) for depth in range(len(keys), 0, -1))
    return next((lines[table] for table in tables if table in lines), None)


def _list_tokens(text: str) -> Iterator[Token]:
    line = 1
    for found in _TOKEN.finditer(text):
        if found.lastgroup != "nothing":
            yield Token(text=found[0], line=line)
        line += found[0].count("\n")


class _Finder:
    """Reads on from token to token. The text is known to be sound, so what need not be told apart is not."""

    def __init__(self, tokens: list[Token]) -> None:
        self.tokens = tokens
        self.next = 0
        self.lines: dict[str, int] = {}
        self.sizes: dict[str, int] = {}
        """Of each array of tables, so far."""

    def find(self) -> dict[str, int]:
        table = ""
        while self.next < len(self.tokens):
            if self.skip("["):
                table = self.read_header()
            elif not self.skip("\n"):
                self.read_pair(table)
        return self.lines

    def skip(self, *marks: str) -> bool:
        is_there = self.next < len(self.tokens) and self.tokens[self.next].text in marks
        self.next += is_there
        return is_there

    def read_header(self) -> str:
        """The path of the table that begins here."""
        is_in_array = self.skip("[")
        (*outer, key), line = self.read_keys()
        while self.skip("]"):
            pass
        path = join_path(self.open("", outer, line), key)
        if is_in_array:
            number = self.sizes.get(path, 0)
            self.sizes[path] = number + 1
            self.lines.setdefault(path, line)
            path = join_path(path, number)
        # A table may have been opened by one inside it; its own header tells more.
        self.lines[path] = line
        return path

    def read_pair(self, table: str) -> None:
        (*outer, key), line = self.read_keys()
        self.skip("=")
        path = join_path(self.open(table, outer, line), key)
        self.lines[path] = line
        self.read_value(path)

    def open(self, table: str, keys: list[str], line: int) -> str:
        """The table that `keys` lead to; of an array of tables the last one is meant."""
        for key in keys:
            table = join_path(table, key)
            self.lines.setdefault(table, line)
            if table in self.sizes:
                table = join_path(table, self.sizes[table] - 1)
        return table

    def read_keys(self) -> tuple[list[str], int]:
        line = self.tokens[self.next].line
        keys = [self.read_key()]
        while self.skip("."):
            keys.append(self.read_key())
        return keys, line

    def read_key(self) -> str:
        text = self.tokens[self.next].text
        self.next += 1
        return str(tomllib.loads(f"key = {text}")["key"]) if text[0] in "\"'" else text

    def read_value(self, path: str) -> None:
        if self.skip("["):
            self.read_items(path)
        elif self.skip("{"):
            while not self.skip("}"):
                if not self.skip(",", "\n"):
                    self.read_pair(path)
        else:
            self.read_plain()

    def read_items(self, path: str) -> None:
        number = 0
        while not self.skip("]"):
            if not self.skip(",", "\n"):
                item = join_path(path, number)
                self.lines[item] = self.tokens[self.next].line
                self.read_value(item)
                number += 1

    def read_plain(self) -> None:
        """A text, number, date or word, of as many tokens as it has."""
        while self.next < len(self.tokens) and self.tokens[self.next].text not in (",", "]", "}", "\n"):
            self.next += 1
