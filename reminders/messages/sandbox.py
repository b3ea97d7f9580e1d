"""The small, closed part of Jinja2 that a clinic's template may use, and rendering that cannot run away.

Jinja's own sandbox stops neither huge strings nor long loops, so a template is read as a tree before it is compiled,
and only harmless kinds of node pass.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from types import SimpleNamespace
from typing import NoReturn

from jinja2 import StrictUndefined, Template, TemplateError, TemplateRuntimeError, TemplateSyntaxError, meta, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

Attributes = dict[str, str | None]
"""What a procedure has of each: a template writes `attributes.eye`."""

Plain = str | int | bool | None | list[str] | Attributes
Values = Mapping[str, Plain]

LONGEST_SOURCE = 10_000
"""Check it before anything here reads the source."""

_PARSE_ERRORS = (TemplateSyntaxError, RecursionError, ValueError)
"""Nesting without end; a number of thousands of digits."""

# No call, no attribute, no arithmetic, no assignment, no macro, no include: what is left cannot grow.
_ALLOWED_NODES = (
    *(nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.Const),
    *(nodes.If, nodes.CondExpr, nodes.Compare, nodes.Operand, nodes.And, nodes.Or, nodes.Not),
)
_ALLOWED_FILTERS = frozenset({"capitalize", "escape", "lower", "trim", "upper"})
_ALLOWED_TESTS = frozenset({"none"})
_ALLOWED_LOOP_VALUES = frozenset({"first", "last", "index"})


class Unrenderable(Exception):
    """A text that cannot be made. Its message names the template, never a value."""


def find_faults(source: str, names: Collection[str], attributes: Collection[str] = ()) -> list[str]:
    """Everything wrong with a template that may use these values and attributes, one sentence each."""
    try:
        tree = _TEXT.parse(source)
    except _PARSE_ERRORS as error:
        return [_describe_broken(error)]
    usable = {name for name in names if name != "attributes"} | {f"attributes.{name}" for name in attributes}
    return [*_describe_unknown(tree, usable), *_describe_refused(tree)]


def _named_attributes(tree: nodes.Template) -> list[nodes.Getattr]:
    return [node for node in tree.find_all(nodes.Getattr) if _is_attributes(node.node)]


def _is_attributes(node: nodes.Node) -> bool:
    return isinstance(node, nodes.Name) and node.name == "attributes"


def compile_template(source: str, *, is_html: bool) -> Template:
    """Only for a source without faults: compiling folds constants, so a hostile one could hang here already."""
    try:
        return (_HTML if is_html else _TEXT).from_string(source)
    except (SyntaxError, RecursionError):
        raise Unrenderable("is nested too deeply") from None


def render(template: Template, values: Values, longest: int) -> str:
    """The text, at most `longest` characters. Raises `Unrenderable`."""
    _require_plain(values)
    try:
        return "".join(_cut_off(template.generate(_open_attributes(values)), longest))
    except (TemplateError, TypeError, ValueError) as error:
        # Only Jinja's own sentences name no value.
        reason = error.message if isinstance(error, TemplateError) else type(error).__name__
        raise Unrenderable(reason or type(error).__name__) from None


def _open_attributes(values: Values) -> dict[str, object]:
    """A dictionary has methods, which would stand before a value of the same name."""
    return {name: SimpleNamespace(**value) if type(value) is dict else value for name, value in values.items()}


def literal_text(source: str) -> str:
    """All words that the template itself can bring into a text, in every branch; all of a source that is broken."""
    try:
        tree = _TEXT.parse(source)
    except _PARSE_ERRORS:
        return source
    texts = [node.data for node in tree.find_all(nodes.TemplateData)]
    return " ".join([*texts, *(str(node.value) for node in tree.find_all(nodes.Const))])


def find_attributes(source: str) -> set[str]:
    """The attributes that the template can bring into a text."""
    try:
        return {node.attr for node in _named_attributes(_TEXT.parse(source))}
    except _PARSE_ERRORS:
        return set()


def _describe_broken(error: Exception) -> str:
    if isinstance(error, TemplateSyntaxError):
        return f"line {error.lineno}: {error.message}"
    return "is nested too deeply, or holds a number that is too long"


def _describe_unknown(tree: nodes.Template, usable: Collection[str]) -> list[str]:
    # Not by rendering: a branch that is not taken would hide the name.
    used = meta.find_undeclared_variables(tree) - {"attributes"}
    used |= {f"attributes.{node.attr}" for node in _named_attributes(tree)}
    return [
        f"uses the unknown value '{name}'; it may use {', '.join(sorted(usable))}"
        for name in sorted(used - set(usable))
    ]


def _describe_refused(tree: nodes.Template) -> list[str]:
    refused = (node for node in tree.find_all(nodes.Node) if not _is_allowed(node))
    lines = {(node.lineno or 1, type(node).__name__) for node in refused}
    faults = [f"line {line}: {kind} is not allowed in a template" for line, kind in sorted(lines)]
    named = {id(node.node) for node in _named_attributes(tree)}
    if any(_is_attributes(node) and id(node) not in named for node in tree.find_all(nodes.Name)):
        faults.append("uses all of `attributes`; name one of them, such as attributes.eye")
    return faults


def _is_allowed(node: nodes.Node) -> bool:
    match node:
        case nodes.For():
            # Over a list that we pass, and one loop deep: its length is then known.
            return isinstance(node.iter, nodes.Name) and not node.recursive and not _has_inner_loop(node)
        case nodes.Filter() | nodes.Test():
            allowed = _ALLOWED_FILTERS if isinstance(node, nodes.Filter) else _ALLOWED_TESTS
            return node.name in allowed and not (node.args or node.kwargs or node.dyn_args or node.dyn_kwargs)
        case nodes.Name(name="self" | "super"):
            return False  # Jinja knows these two by itself
        case nodes.Getattr(node=nodes.Name(name="loop"), attr=attribute):
            return attribute in _ALLOWED_LOOP_VALUES
        case nodes.Getattr(node=nodes.Name(name="attributes")):
            return True  # which of them is looked at apart
    return isinstance(node, _ALLOWED_NODES)


def _has_inner_loop(loop: nodes.For) -> bool:
    return any(True for _ in loop.find_all(nodes.For))


def _require_plain(values: Values) -> None:
    """By exact type: a subclass brings methods along, and `Markup` would pass HTML unescaped."""
    for name, value in values.items():
        items: Collection[object] = [value]
        kinds: tuple[type, ...] = (str, int, bool, type(None))
        if type(value) is list:
            items, kinds = value, (str,)
        elif type(value) is dict and name == "attributes":
            items, kinds = value.values(), (str, type(None))
        if not all(type(item) in kinds for item in items):
            raise Unrenderable(f"the value '{name}' is not plain")


def _cut_off(pieces: Iterator[str], longest: int) -> Iterator[str]:
    length = 0
    for piece in pieces:
        length += len(piece)
        if length > longest:
            raise Unrenderable(f"the text is longer than {longest} characters")
        yield piece


def _refuse_none(value: object) -> object:
    """`None` stands for a value that this message does not have: a template asks before it prints one."""
    return _raise_none() if value is None else value


def _raise_none() -> NoReturn:
    raise TemplateRuntimeError("prints a value that is not there in every message; ask with `if` first")


def _make_environment(*, is_html: bool) -> ImmutableSandboxedEnvironment:
    environment = ImmutableSandboxedEnvironment(
        autoescape=is_html,
        undefined=StrictUndefined,
        finalize=_refuse_none,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.clear()
    return environment


_TEXT = _make_environment(is_html=False)
_HTML = _make_environment(is_html=True)
