"""Reads a clinic's templates and tries each of them out, so that a fault shows at start and not to a patient."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from jinja2 import Template

from reminders.messages.parts import Part, attribute_key
from reminders.messages.rendering import RenderedText, Templates
from reminders.messages.samples import Saying, list_files, list_sayings
from reminders.messages.sandbox import (
    LONGEST_SOURCE,
    Unrenderable,
    Values,
    compile_template,
    find_attributes,
    find_faults,
    literal_text,
)
from reminders.messages.segments import find_costly_characters
from reminders.messages.words import find_listed_words
from reminders.model import Channel
from reminders.rules import Clinic, Rule

MOST_SEGMENTS = 2
MOST_SEGMENTS_FIRST = 3

Expected = Mapping[str, list[Values]]
"""The files that must be there, each with the values to try it with."""


class Fault(NamedTuple):
    path: str
    """Below the directory of templates."""
    sentence: str


class TemplateFaults(Exception):
    """Everything wrong with a directory of templates, at once."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(dict.fromkeys(faults))
        super().__init__("\n".join(f"{path}: {sentence}" for path, sentence in self.faults))


def load_templates(
    directory: Path, clinic: Clinic, rules: Iterable[Rule], *, allowed_words: Collection[str] = ()
) -> Templates:
    """The templates for `rules`, ready to render. Raises `TemplateFaults`.

    `allowed_words` are the listed words (C9) that the clinic knowingly permits. A rule for staff becomes a task, and
    needs no template of its own.
    """
    sayings = list_sayings(rules, clinic)
    expected = list_files(sayings, clinic)
    sources, faults = _read_files(directory, expected)
    compiled, compile_faults = _compile_files(sources, expected)
    templates = Templates(clinic, compiled)
    faults += compile_faults
    faults += _check_words(sources, clinic, allowed_words)
    faults += _try_files(templates, expected)
    faults += _try_lengths(templates, sayings)
    if faults:
        raise TemplateFaults(faults)
    return templates


def _read_files(directory: Path, expected: Expected) -> tuple[dict[str, str], list[Fault]]:
    sources: dict[str, str] = {}
    faults: list[Fault] = []
    for path in expected:
        try:
            sources[path] = _read_file(directory / path)
        except FileNotFoundError:
            faults.append(Fault(path, "is missing"))
        except (OSError, ValueError):
            faults.append(Fault(path, f"is not UTF-8 text of at most {LONGEST_SOURCE} characters"))
    return sources, faults


def _read_file(path: Path) -> str:
    with path.open(encoding="utf-8") as file:
        source = file.read(LONGEST_SOURCE + 1)
    if len(source) > LONGEST_SOURCE:
        raise ValueError
    return source


def _compile_files(sources: Mapping[str, str], expected: Expected) -> tuple[dict[str, Template], list[Fault]]:
    compiled: dict[str, Template] = {}
    faults: list[Fault] = []
    for path, source in sources.items():
        sentences = find_faults(source, expected[path][0].keys(), _common_attributes(expected[path]))
        faults += [Fault(path, sentence) for sentence in sentences]
        if sentences:
            continue
        try:
            compiled[path] = compile_template(source, is_html=path.endswith(".html"))
        except Unrenderable as fault:
            faults.append(Fault(path, str(fault)))
    return compiled, faults


def _common_attributes(value_sets: Iterable[Values]) -> set[str]:
    """Those that every treatment declares which shares the file: a text must read well for each of them."""
    declared = [set(value) for values in value_sets if isinstance(value := values.get("attributes"), dict)]
    return set.intersection(*declared) if declared else set()


def _check_words(sources: Mapping[str, str], clinic: Clinic, allowed: Collection[str]) -> list[Fault]:
    """In what the template itself says, and in attributes: the clinic's own name may hold any word."""
    names = [name for treatment in clinic.treatments.values() for name in (treatment.id, treatment.name)]
    return [
        Fault(path, f"says '{word}', which tells a stranger what was done; allow it in config.toml or leave it out")
        for path, source in sources.items()
        for word in find_listed_words(
            " ".join([literal_text(source), *_list_values(find_attributes(source), clinic)]), names, allowed
        )
    ]


def _list_values(attributes: Collection[str], clinic: Clinic) -> list[str]:
    """What may stand in a text for these attributes, of whatever treatment."""
    declared = [each for treatment in clinic.treatments.values() for each in treatment.attributes.items()]
    return [value for name, values in declared if attribute_key(name) in attributes for value in values]


def _try_files(templates: Templates, expected: Expected) -> list[Fault]:
    faults: list[Fault] = []
    for path, value_sets in expected.items():
        for values in value_sets if path in templates.templates else ():
            try:
                is_empty = not templates.render_file(path, values)
            except Unrenderable as fault:
                faults.append(Fault(path, str(fault).removeprefix(f"{path}: ")))
            else:
                faults += [Fault(path, "says nothing in one of its cases")] if is_empty else []
    return faults


def _try_lengths(templates: Templates, sayings: Iterable[Saying]) -> list[Fault]:
    parts = [part for saying in sayings if Channel.SMS in saying.channels for part in saying.parts]
    faults = [fault for part in parts for fault in _try_length(templates, part)]
    try:
        return faults + _describe_length("_withdraw/sms.txt", templates.render_withdrawal_sms(), MOST_SEGMENTS)
    except Unrenderable:
        return faults


def _try_length(templates: Templates, part: Part) -> list[Fault]:
    path = f"{part.rule}/sms.txt"
    try:
        alone = templates.render_sms([part], is_first=False)
        first = templates.render_sms([part], is_first=True)
    except Unrenderable:
        return []  # reported for the very file that is wrong
    first_faults = _describe_length("_layout/first_sms.txt", first, MOST_SEGMENTS_FIRST)
    return _describe_length(path, alone, MOST_SEGMENTS) or first_faults


def _describe_length(path: str, text: RenderedText, most: int) -> list[Fault]:
    if text.segments <= most:
        return []
    costly = find_costly_characters(text.body)
    cause = f"; these characters more than double its length: {' '.join(costly)}" if costly else ""
    return [Fault(path, f"makes a text of {text.segments} segments where {most} are allowed{cause}")]
