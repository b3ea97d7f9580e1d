"""Every text of the desk goes through gettext: in the templates, and as far as a test can see it in the modules."""

from __future__ import annotations

import ast
import gettext
import io
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from fastapi import FastAPI
from jinja2 import Environment, nodes

from scripts.extract_texts import extract_texts
from tests.clinic import LASER, ROOT
from tests.desk.browser import Browser

TEMPLATES = ROOT / "templates" / "pages"
MODULES = ROOT / "reminders" / "desk"
PAGES = sorted(path.relative_to(TEMPLATES).as_posix() for path in TEMPLATES.rglob("*.html"))
ENVIRONMENT = Environment(extensions=["jinja2.ext.i18n"])

TRANSLATED = {"_", "gettext", "ngettext"}
SPOKEN = {"alt", "aria-label", "data-label", "hx-confirm", "label", "placeholder", "title"}
"""Attributes that somebody reads or hears."""
QUOTED = {"code", "script", "style"}
"""Elements that hold no words of ours."""

WORDS = re.compile(r"[^\W\d_]{2}")
SENTENCE = re.compile(r"(?<![\w-])[a-z]+[,.:;]? [A-Za-z]{2,}(?![\w-])|^ ?[A-Z][a-z]+(?:[ .,:!?]|$)|^ [a-z]{2,}")
"""Two words beside each other, or one as a heading or the end of a sentence has it."""
MARKUP = re.compile("[<=]")


# ---- templates ---------------------------------------------------------------------------------------------------


def bare_markup(source: str) -> str:
    """What stands in a template beside its expressions and its translated texts."""
    kept, is_translated, before = "", False, ""
    for _, kind, value in ENVIRONMENT.lex(source):
        if before == "block_begin" and value in ("trans", "endtrans"):
            is_translated = value == "trans"
        if kind == "data" and not is_translated:
            kept += value
        if kind != "whitespace":
            before = kind
    return kept


class Reader(HTMLParser):
    """Collects what somebody would read."""

    def __init__(self) -> None:
        super().__init__()
        self.quoted: list[str] = []
        self.said: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        if tag in QUOTED:
            self.quoted.append(tag)
        self.said += [value for name, value in attributes if name in SPOKEN and value]

    def handle_endtag(self, tag: str) -> None:
        if self.quoted[-1:] == [tag]:
            self.quoted.pop()

    def handle_data(self, data: str) -> None:
        if not self.quoted:
            self.said.append(data.strip())


def constants(node: nodes.Node) -> Iterator[str]:
    """The texts in a template's expressions that nobody translates."""
    if isinstance(node, nodes.Call) and isinstance(node.node, nodes.Name) and node.node.name in TRANSLATED:
        return
    if isinstance(node, nodes.Const) and isinstance(node.value, str):
        yield node.value
    for child in node.iter_child_nodes():
        yield from constants(child)


def find_bare(source: str) -> list[str]:
    reader = Reader()
    reader.feed(bare_markup(source))
    # A macro may hold nothing but attributes.
    said = [text for text in reader.said if WORDS.search(text) and not MARKUP.search(text)]
    return [*said, *filter(is_sentence, constants(ENVIRONMENT.parse(source)))]


def is_sentence(text: str) -> bool:
    return bool(SENTENCE.search(text)) and not MARKUP.search(text)


@pytest.mark.parametrize("page", PAGES)
def test_no_words_of_a_template_escape_the_catalogue(page: str) -> None:
    assert find_bare((TEMPLATES / page).read_text("utf-8")) == []


BARE = [
    "<p>Hello {{ name }}</p>",
    '<a title="Go on">{% trans %}On{% endtrans %}</a>',
    '{{ _("Yes") if yes else "Not yet" }}',
]


@pytest.mark.parametrize("source", BARE)
def test_words_that_would_escape_are_found(source: str) -> None:
    """Else the test above could not fail."""
    assert len(find_bare(source)) == 1


# ---- modules -----------------------------------------------------------------------------------------------------


def literals(node: ast.AST) -> Iterator[str]:
    """The texts in a module that nobody translates: no docstrings, no words for programmers or for the log."""
    if isinstance(node, ast.Call) and _name_of(node.func) in TRANSLATED | {"_log"}:
        return
    if isinstance(node, ast.Assert) or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)):
        return
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    for child in ast.iter_child_nodes(node):
        yield from literals(child)


def _name_of(called: ast.expr) -> str:
    while isinstance(called, ast.Attribute):
        called = called.value
    return called.id if isinstance(called, ast.Name) else ""


def find_bare_literals(source: str) -> list[str]:
    return list(filter(is_sentence, literals(ast.parse(source))))


@pytest.mark.parametrize("path", sorted(MODULES.glob("*.py")), ids=lambda path: path.name)
def test_no_words_of_a_module_escape_the_catalogue(path: Path) -> None:
    assert find_bare_literals(path.read_text("utf-8")) == []


def test_words_of_a_module_that_would_escape_are_found() -> None:
    source = 'def say(name):\n    "A docstring."\n    return _("Well done.") if name else f"{name} is gone"\n'

    assert find_bare_literals(source) == [" is gone"]


# ---- what pages ask for ------------------------------------------------------------------------------------------


class Listening(gettext.NullTranslations):
    """Keeps what it is asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: set[str] = set()

    def gettext(self, message: str) -> str:
        self.asked.add(message)
        return f"[{message}]"

    def ngettext(self, one: str, many: str, count: int) -> str:
        self.asked.add(one)
        return f"[{one if count == 1 else many}]"


def test_what_a_page_asks_for_is_in_the_catalogue(web: FastAPI, olive: Browser) -> None:
    """Also texts that are broken over lines, and those that count something."""
    listening, desk = Listening(), web.state.desk
    desk.templates.install_gettext_translations(listening, newstyle=True)
    paths = ["/sign-in", "/password", "/today", "/record", "/rules", f"/rules/{LASER}", "/users", "/audit"]
    pages = {path: olive.get(path).text for path in paths}
    ids = {message.id for message in read_po(io.BytesIO(extract_texts())) if message.id}
    known = {each[0] if isinstance(each, tuple) else each for each in ids}

    assert all("<h1>[" in page for path, page in pages.items() if path != f"/rules/{LASER}")
    assert "%(count)s segment" in listening.asked
    assert listening.asked - known == set()
