"""The figures of a treatment's rules, as a clinician sees and sets them for one patient."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import time
from typing import Any

from reminders.describing import list_timed_figures, say_figure, say_source
from reminders.desk.forms import Form
from reminders.desk.plan_words import say_rule
from reminders.desk.words import _
from reminders.forecasting import say_decider
from reminders.model import TREATMENT, InputRefusal
from reminders.notes import Override, apply_overrides
from reminders.rules import AfterDue, ClockTime, Count, Duration, EndOfDay, Figure, Repeat, Rule, Slots, Treatment, Unit

KINDS: Mapping[type[Any], str] = {
    Duration: "length",
    ClockTime: "time",
    Count: "count",
    EndOfDay: "day",
    Slots: "slots",
}
"""Which fields a figure has."""

_IN_REPEAT = ("every", "slots", "times")


@dataclass(frozen=True, kw_only=True)
class FigureLine:
    """One figure as it counts for the patient."""

    rule: str
    """A rule's id, or `treatment`."""
    key: str
    """As the file calls it, such as `from`."""
    figure: Figure
    source: str
    set_by: str | None
    """Such as 'set by Dr. Lee'; None: it is the file's."""
    of: Rule | None
    """The rule as it counts for the patient; None: it is the treatment's own."""
    may_be_set: bool = True

    @property
    def said(self) -> str:
        return say_figure(self.figure)

    @property
    def name(self) -> str:
        """Such as 'from', or 'phase 2, every'."""
        *phase, name = self.key.removeprefix("phases.").split(".")
        return f"phase {int(phase[0]) + 1}, {name}" if self.key.startswith("phases.") else say_rule(self.key)


def list_figure_lines(treatment: Treatment, overrides: Collection[Override]) -> list[FigureLine]:
    """The treatment's own figures, then those of each rule."""
    lines = list(_list_of_treatment(treatment, overrides))
    for rule in treatment.rules:
        lines += _list_of_rule(treatment, rule, [each for each in overrides if each.rule == rule.id])
    return lines


def _list_of_treatment(treatment: Treatment, overrides: Collection[Override]) -> Iterator[FigureLine]:
    own = [each for each in overrides if each.rule == TREATMENT]
    who = _list_deciders(own)
    changed, _rule = apply_overrides(treatment, treatment.rules[0], own) if treatment.rules else (treatment, None)
    for key, figure in changed.list_figures():
        if key != "sessions":
            yield FigureLine(
                rule=TREATMENT, key=key, figure=figure, source=say_source(figure), set_by=say_decider(key, who), of=None
            )


def _list_of_rule(treatment: Treatment, rule: Rule, overrides: Collection[Override]) -> Iterator[FigureLine]:
    who = _list_deciders(overrides)
    _treatment, changed = apply_overrides(treatment, rule, overrides)
    for key, figure in list_timed_figures(changed, treatment):
        if key == "interval":
            continue
        yield FigureLine(
            rule=rule.id,
            key=key,
            figure=figure,
            source=say_source(figure),
            set_by=say_decider(key, who),
            of=changed,
            # What an event brings with it is the rule's own.
            may_be_set=not key.endswith(".fallback"),
        )


def _list_deciders(overrides: Collection[Override]) -> dict[str, str]:
    return {key: override.decided_by for override in overrides for key in override.fields}


# ---- from and to the form ----------------------------------------------------------------------------------------


def write_figure(line: FigureLine) -> dict[str, str]:
    """What the fields hold at first."""
    match line.figure:
        case ClockTime() as clock:
            return {"time": f"{clock.value:%H:%M}"}
        case Slots() as slots:
            return {"times": ", ".join(f"{each:%H:%M}" for each in slots.times)}
        case EndOfDay() as end:
            return {"number": str(end.day)}
        case Count() as count:
            return {"number": str(count.least)}
        case Duration() as length:
            most = "" if length.most is None else str(length.most)
            return {"number": str(length.value), "most": most, "unit": length.unit}


def read_figure(line: FigureLine, form: Form) -> dict[str, Any]:
    """What was typed, in the words of the file. Raises InputRefusal."""
    written = _read(line.figure, form)
    if line.of is None:
        return {line.key: written}
    if line.key == "expires" and isinstance(line.of.expires, AfterDue):
        written["after_due"] = True
    if line.key in _IN_REPEAT:
        return {"repeat": {**_write_repeat(line.of.repeat), line.key: written}}
    if line.key.startswith("phases."):
        return {"phases": _write_phases(line.of, line.key, written)}
    return {line.key: written}


def _read(figure: Figure, form: Form) -> dict[str, Any]:
    match figure:
        case ClockTime():
            return {"time": form.text("time")}
        case Slots():
            return {"times": [each.strip() for each in form.text("times").split(",")]}
        case EndOfDay():
            return {"end_of_day": _read_number(form.text("number"))}
        case Count():
            return {"count": _read_number(form.text("number"))}
        case Duration():
            return _read_length(form)


def _read_length(form: Form) -> dict[str, Any]:
    number, most, unit = _read_number(form.text("number")), form.text("most"), form.text("unit")
    if unit not in list(Unit):
        raise InputRefusal(_("Choose the unit."))
    return {unit: [number, _read_number(most)] if most else number}


def _read_number(typed: str) -> int:
    digits = typed.removeprefix("-")
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 9):
        raise InputRefusal(_("Write a whole number in digits."))
    return int(typed)


# ---- what stands beside the figure in the file, and stays ----------------------------------------------------------


def _write_repeat(repeat: Repeat | None) -> dict[str, Any]:
    if repeat is None:
        return {}
    figures = (("every", repeat.every), ("slots", repeat.slots), ("times", repeat.times))
    return {key: _write(figure) for key, figure in figures if figure is not None}


def _write_phases(rule: Rule, key: str, written: dict[str, Any]) -> list[dict[str, Any]]:
    """All phases, with this figure in place of its own."""
    phases: list[dict[str, Any]] = []
    for phase in rule.phases:
        table: dict[str, Any] = {"lasts": _write(phase.lasts)} if phase.lasts else {}
        phases.append(table | ({"repeat": _write_repeat(phase.repeat)} if phase.repeat else {}))
    number, name = key.removeprefix("phases.").split(".")
    table = phases[int(number)]
    (table["repeat"] if name in _IN_REPEAT else table)[name] = written
    return phases


def _write(figure: Duration | Slots | Count) -> dict[str, Any]:
    match figure:
        case Slots():
            return {"times": [_write_time(each) for each in figure.times]}
        case Count():
            return {"count": figure.least}
        case Duration():
            return {figure.unit: figure.value if figure.most is None else [figure.value, figure.most]}


def _write_time(clock: time) -> str:
    return f"{clock:%H:%M}"
