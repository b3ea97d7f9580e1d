"""Where each key of a file stands, whatever way it is written; and the line that a fault is told with."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reminders.config import ConfigFaults, Fault, load_config
from reminders.config.lines import find_lines, find_nearest_line
from tests.config.config_factories import RULE, SHIPPED, SMALL, write_rule

SAMPLES: dict[str, tuple[str, dict[str, int]]] = {
    # what is tried: the text, and lines of it
    "tables": ("a = 1\n[b]\n\nc = 2\n[b.d]\ne = 3", {"a": 1, "b": 2, "b.c": 4, "b.d": 5, "b.d.e": 6}),
    "a table after one inside it": ("[a.b]\nc = 1\n[a]\nd = 2", {"a": 3, "a.b": 1, "a.d": 4}),
    "a table that is only implied": ("# first\n[a.b.c]", {"a": 2, "a.b": 2, "a.b.c": 2}),
    "dotted keys": ("[a]\nb.c = 1\nb.d.e = 2", {"a.b": 2, "a.b.c": 2, "a.b.d": 3, "a.b.d.e": 3}),
    "inline tables": ("a = { b = 1, c = { d = [2] } }\ne = {}\nf = 3", {"a.c.d.0": 1, "e": 2, "f": 3}),
    "dotted keys inside": ("\na = { b.c = 1, b.d = 2 }", {"a.b.c": 2, "a.b.d": 2}),
    "arrays of tables": ("[[a]]\nb = 1\n[[a]]\nb = 2\n[a.c]\nd = 3\n[[a.e]]\nf = 4",
                         {"a": 1, "a.0": 1, "a.0.b": 2, "a.1": 3, "a.1.b": 4, "a.1.c.d": 6, "a.1.e.0.f": 8}),
    "lists of lines": ("a = [\n  1, # ]\n\n  [2, 3],\n  { b = 4 },\n]\nc = 5",
                       {"a": 1, "a.0": 2, "a.1.1": 4, "a.2.b": 5, "c": 7}),
    "quoted keys": ("[\"a b\".'c.d']\n\"\\u0065 = [\" = 1", {"a b": 1, "a b.c.d": 1, "a b.c.d.e = [": 2}),
    "brackets in texts": ("a = '[b] # }'\nc = \"x \\\" ] = {\"\nd = 1", {"a": 1, "c": 2, "d": 3}),
    "texts of lines": ('a = """\n[b]\n\\""" c = 1\n"""""\nd = \'\'\'\n"\'\'\n\'\'\'\ne = 1', {"a": 1, "d": 5, "e": 8}),
    "values with dots and dashes": ("a = -1.5e-3\nb = 2026-03-29 02:30:00.5\nc = [08:00:00, inf]", {"b": 2, "c.1": 3}),
    "no spaces": ("a=[1,2]#x\nb={c=1}\n[d]#y\ne=''", {"a.1": 1, "b.c": 2, "d": 3, "d.e": 4}),
    "windows line ends": ("a = 1\r\n[b]\r\nc = [\r\n1]", {"b": 2, "b.c.0": 4}),
    "nothing": ("", {}),
}  # fmt: skip


@pytest.mark.parametrize(("text", "lines"), SAMPLES.values(), ids=SAMPLES)
def test_each_key_has_its_line(text: str, lines: dict[str, int]) -> None:
    found = find_lines(text)

    assert {path: found.get(path) for path in lines} == lines
    assert set(list_paths(tomllib.loads(text))) == set(found)


def list_paths(value: Any, path: str = "") -> Iterator[str]:
    """Every path that a reader of the parsed file can have."""
    if path:
        yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield from list_paths(inner, f"{path}.{key}" if path else str(key))


def test_the_shipped_file_has_a_line_for_everything_in_it() -> None:
    lines = SHIPPED.splitlines()
    found = find_lines(SHIPPED)

    assert set(found) == set(list_paths(tomllib.loads(SHIPPED)))
    assert all(path.split(".")[-1] in lines[found[path] - 1] for path in found if not path[-1].isdigit())


@dataclass
class Author:
    """Writes a file line by line, and notes on which line each key came to stand."""

    draw: Callable[[st.SearchStrategy[Any]], Any]
    text: str = ""
    lines: dict[str, int] = field(default_factory=dict)

    def write(self, words: str) -> None:
        self.text += words

    def note(self, path: str) -> None:
        self.lines[path] = self.text.count("\n") + 1

    def write_gap(self) -> None:
        self.write(self.draw(st.sampled_from(["", "", "\n", "  # [x] = {\n", "\n# 'quote\n\n"])))

    def write_value(self, path: str, depth: int) -> None:
        kind = self.draw(st.sampled_from(["plain", "plain", "list", "table"] if depth else ["plain"]))
        if kind == "plain":
            self.write(self.draw(PLAIN))
        elif kind == "list":
            self.write("[")
            for number in range(self.draw(st.integers(0, 3))):
                self.write_gap()
                self.note(f"{path}.{number}")
                self.write_value(f"{path}.{number}", depth - 1)
                self.write(",")
            self.write_gap()
            self.write("]")
        else:
            self.write("{")
            for number in range(self.draw(st.integers(0, 3))):
                self.write(", " if number else " ")
                self.write_pair(path, number, depth - 1)
            self.write("}")

    def write_pair(self, table: str, number: int, depth: int) -> None:
        """With a key of one word or two: a dotted one opens a table."""
        path = table
        keys = [f"{self.draw(KEYS)}{number}", *self.draw(st.lists(KEYS, max_size=1))]
        for key in keys:
            path = f"{path}.{key}" if path else key
            self.note(path)
        self.write(" . ".join(map(json.dumps, keys)) + " = ")
        self.write_value(path, depth)

    def write_pairs(self, table: str) -> None:
        for number in range(self.draw(st.integers(0, 3))):
            self.write_gap()
            self.write_pair(table, number, depth=3)
            self.write("\n")

    def write_tables(self, table: str, header: str, depth: int) -> None:
        """Tables and arrays of tables inside `table`, each with a key of its own."""
        for key in self.draw(st.lists(KEYS, max_size=3, unique=True)) if depth else ():
            path = f"{table}.{key}" if table else key
            words = f"{header}.{json.dumps(key)}" if header else json.dumps(key)
            if self.draw(st.booleans()):
                self.write_table(f"[{words}]", path, words, depth)
                continue
            for number in range(self.draw(st.integers(1, 2))):
                if number == 0:
                    self.write_gap()
                    self.note(path)
                self.write_table(f"[[{words}]]", f"{path}.{number}", words, depth)

    def write_table(self, header: str, path: str, words: str, depth: int) -> None:
        self.note(path)
        self.write(f"{header}\n")
        self.write_pairs(path)
        self.write_tables(path, words, depth - 1)


KEYS = st.sampled_from(["a", "b c", "[d]", "e = 'f'", "#g", 'h"', "é", "{", "sections"])
PLAIN = st.sampled_from(
    [
        *("1", "-1.5", "true", "08:00:00", "2026-03-29 02:30:00", "'it # is [this]'", '"a \\" ] = {"', "''", '""'),
        *('"""\n[x]\ny = \\"""\n"""', "'''\n[[z]]\n\"\n'''", '"""a""""'),
    ]
)


@st.composite
def files(draw: Callable[[st.SearchStrategy[Any]], Any]) -> Author:
    author = Author(draw)
    author.write_pairs("")
    author.write_tables("", "", depth=3)
    return author


@given(author=files())
def test_any_file_is_read_as_it_was_written(author: Author) -> None:
    tomllib.loads(author.text)
    assert find_lines(author.text) == author.lines


def test_what_is_missing_is_at_the_nearest_table_there_is() -> None:
    lines = find_lines("[a]\nb = [\n  { c = 1 },\n]\n")

    assert find_nearest_line(lines, "a.b.0.c.d.e") == 3
    assert find_nearest_line(lines, "a.b[0].x") == 3
    assert find_nearest_line(lines, "a.x.y") == 1
    assert find_nearest_line(lines, "x") is None


# ---- faults with their lines -----------------------------------------------------------------------------------


def find_faults(folder: Path, text: str, environ: dict[str, str] | None = None) -> list[Fault]:
    path = folder / "config.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(ConfigFaults) as raised:
        load_config(path, environ or {})
    assert {fault.file for fault in raised.value.faults} <= {str(path), ""}
    return raised.value.faults


def line_of(text: str, words: str) -> int:
    return text.count("\n", 0, text.index(words)) + 1


def test_every_fault_of_a_rules_file_is_told_at_once_with_its_line_and_what_to_do(tmp_path: Path) -> None:
    """Acceptance 7 of the rule language."""
    flood = (
        "repeat = { every = { minutes = 10, clinic_supplied = true } }\nuntil = { days = 2, clinic_supplied = true }"
    )
    text = write_rule(RULE | {"quite": '"skip"', "from": "{ days = 2 }", "expires": None}).replace('"US"', '"XX"')
    text += f"""
[treatments.peel.rules.flood]
anchor = "procedure_date"
from = {{ days = 0 }}
at = {{ time = "10:00", clinic_supplied = true }}
expires = "until"
{flood}
[[documents.sheet.sections]]
name = "At home"
[[documents.sheet.sections]]
name = "At the end"
treatments = ["peal"]
"""

    faults = find_faults(tmp_path, text)

    assert [(fault.line, fault.path.removeprefix("treatments.peel.rules.")) for fault in faults] == [
        (line_of(text, 'country = "XX"'), "clinic.country"),
        (line_of(text, "[treatments.peel.rules.check]"), "check.expires"),
        (line_of(text, "from = { days = 2 }"), "check.from"),
        (line_of(text, "quite ="), "check.quite"),
        (line_of(text, "repeat ="), "flood.repeat"),
        (line_of(text, 'treatments = ["peal"]'), "documents.sheet.sections.1.treatments"),
    ]
    for fault, hint in zip(
        faults, ("such as", "add it", "add its source", "`quiet`", "max_messages", '"peel"'), strict=True
    ):
        assert hint in fault.sentence


def test_a_fault_that_a_variable_causes_names_the_variable_and_no_line(tmp_path: Path) -> None:
    (fault,) = find_faults(tmp_path, SMALL, {"REMINDERS_TREATMENTS__PEEL__NAME": " "})

    assert (fault.file, fault.line, fault.variable) == ("", None, "REMINDERS_TREATMENTS__PEEL__NAME")


def test_a_section_that_is_not_there_has_the_file_and_no_line(tmp_path: Path) -> None:
    (fault,) = find_faults(tmp_path, SMALL[: SMALL.index("[treatments")])

    assert str(fault).startswith(f"{tmp_path / 'config.toml'}  treatments  Describe at least one treatment")
    assert fault.line is None


def test_a_fault_reads_as_its_place_its_key_and_what_to_do(tmp_path: Path) -> None:
    (fault,) = find_faults(tmp_path, SMALL.replace('"Hill"', '""'))

    assert str(fault) == f"{tmp_path / 'config.toml'}:4  clinic.sms_name  Write a text of one line in quotes."
