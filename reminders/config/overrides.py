"""What a clinician sets for one patient: figures in the words of the file, laid over a rule or a treatment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, TypeVar

from pydantic import Field

from reminders import rules
from reminders.config.faults import ConfigFaults, Fault
from reminders.config.figures import DurationTable, TimeTable
from reminders.config.parsing import Parsed, Table, TableT, parse_table
from reminders.config.rule_checks import check_rule, check_treatment
from reminders.config.rule_parsing import ExpiresField, PhaseTable, RepeatTable, SingleCount, UntilField

_BaseT = TypeVar("_BaseT", rules.Rule, rules.Treatment)

_CONTEXT: Mapping[str, Any] = {"parts": {}}
"""A clinician writes the time itself: a part of the day may be moved in the file later."""


class RuleOverrides(Table):
    """The figures of a rule; each may stand alone. A source is not needed: the clinician is one."""

    starts: DurationTable | None = Field(default=None, alias="from")
    until: UntilField | None = None
    repeat: RepeatTable | None = None
    phases: tuple[PhaseTable, ...] | None = None
    at: TimeTable | None = None
    expires: ExpiresField | None = None
    max_messages: SingleCount | None = None


class TreatmentOverrides(Table):
    interval: DurationTable | None = None
    late_limit: DurationTable | None = None


def override_rule(rule: rules.Rule, fields: Mapping[str, Any]) -> rules.Rule:
    """The rule with these figures in place of its own. Raises `ConfigFaults` with all that is wrong with them."""
    parsed = _parse(RuleOverrides, fields)
    overridden = _lay_over(rule, parsed.table)
    if faults := list(check_rule(overridden, "", parsed.is_sound)):
        raise ConfigFaults(faults)
    return overridden


def override_treatment(treatment: rules.Treatment, fields: Mapping[str, Any]) -> rules.Treatment:
    """The treatment with these figures in place of its own. Raises `ConfigFaults` with all that is wrong with them."""
    parsed = _parse(TreatmentOverrides, fields)
    overridden = _lay_over(treatment, parsed.table)
    if faults := list(check_treatment(overridden, "", parsed.is_sound, has_opening_hours=True)):
        raise ConfigFaults(faults)
    return overridden


def _parse(model: type[TableT], fields: Mapping[str, Any]) -> Parsed[TableT]:
    parsed = parse_table(model, dict(fields), "", context=_CONTEXT)
    faults = parsed.faults if fields else [Fault("", "Write at least one figure, such as from = { days = 5 }.")]
    if faults or parsed.table is None:
        raise ConfigFaults(faults)
    return parsed


def _lay_over(base: _BaseT, table: Table | None) -> _BaseT:
    """`base` with what the table gives in place of its own."""
    given = {name: getattr(table, name) for name in type(table).model_fields} if table else {}
    built = {
        name: _keep_bound(_build_value(value), value, getattr(base, name))
        for name, value in given.items()
        if value is not None
    }
    return replace(base, **built)


def _keep_bound(length: Any, written: Any, own: Any) -> Any:
    """Another length says nothing about how strictly it is meant, unless it says so."""
    if (
        isinstance(length, rules.Duration)
        and isinstance(own, rules.Duration)
        and "bound" not in written.model_fields_set
    ):
        return replace(length, bound=own.bound)
    return length


def _build_value(value: Any) -> Any:
    if isinstance(value, tuple):
        return tuple(each.build() for each in value)
    return value if isinstance(value, rules.Expiry) else value.build()
