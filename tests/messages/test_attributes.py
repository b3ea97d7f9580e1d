"""Texts that name what is noted of a procedure: only what every treatment of the rule declares, and only if asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from reminders.messages import TemplateFaults, load_templates
from reminders.rules import AppliesTo, Clinic, Rule
from tests.messages.messages_factories import LASER, NEEDLING, copy_shipped, make_clinic, make_part, make_rules

EYES = {"eye": ("left", "right"), "drop-kind": ("mild", "strong")}


def declare(attributes: Mapping[str, tuple[str, ...]], treatment: str = LASER, clinic: Clinic | None = None) -> Clinic:
    clinic = clinic or make_clinic()
    changed = replace(clinic.treatments[treatment], attributes=attributes)
    return replace(clinic, treatments={**clinic.treatments, treatment: changed})


def find_faults(tmp_path: Path, path: str, source: str, clinic: Clinic, rules: list[Rule] | None = None) -> list[str]:
    try:
        load_templates(copy_shipped(tmp_path, {path: source}), clinic, rules or make_rules())
    except TemplateFaults as refusal:
        return [fault.sentence if fault.path == path else str(fault) for fault in refusal.faults]
    return []


ASKED = "{% if attributes.eye %}For your {{ attributes.eye }} eye.{% else %}For your eye.{% endif %}"


def test_a_text_that_asks_first_may_name_an_attribute(tmp_path: Path) -> None:
    assert find_faults(tmp_path, "icing/sms.txt", ASKED, declare(EYES)) == []


def test_an_attribute_that_is_not_always_noted_must_be_asked_for(tmp_path: Path) -> None:
    (sentence,) = find_faults(tmp_path, "icing/sms.txt", "For your {{ attributes.eye }} eye.", declare(EYES))

    assert sentence == "prints a value that is not there in every message; ask with `if` first"


def test_a_rule_that_is_for_some_values_alone_need_not_ask(tmp_path: Path) -> None:
    rules = [
        replace(rule, applies_to=AppliesTo(attributes={"eye": ("left",)})) if rule.id == "icing" else rule
        for rule in make_rules()
    ]

    assert find_faults(tmp_path, "icing/sms.txt", "For your {{ attributes.eye }} eye.", declare(EYES), rules) == []


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (
            "{{ attributes.ear }}",
            "uses the unknown value 'attributes.ear'; it may use attributes.drop_kind, attributes.eye, ",
        ),
        ("{% if occurrence > 99 %}{{ attributes.ear }}{% endif %}x", "uses the unknown value 'attributes.ear'"),
        ("{{ attributes.items }}", "uses the unknown value 'attributes.items'"),
        ("{{ attributes.__class__ }}", "uses the unknown value 'attributes.__class__'"),
        ("{{ attributes }}", "uses all of `attributes`; name one of them"),
        ("{% for each in attributes %}{{ each }}{% endfor %}x", "uses all of `attributes`; name one of them"),
        ("{{ attributes['eye'] }}", "line 1: Getitem is not allowed"),
        ("{{ attributes.eye.upper() }}", "line 1: Call is not allowed"),
        ("{{ clinic_name.eye }}", "line 1: Getattr is not allowed"),
    ],
)
def test_what_is_not_declared_is_a_fault(tmp_path: Path, source: str, said: str) -> None:
    assert find_faults(tmp_path, "icing/sms.txt", source, declare(EYES))[0].startswith(said)


def test_a_rule_of_two_treatments_may_name_what_both_declare(tmp_path: Path) -> None:
    """Sunscreen speaks for both, with one text."""
    laser_alone = declare(EYES)
    assert "unknown value 'attributes.eye'" in find_faults(tmp_path / "1", "sunscreen/sms.txt", ASKED, laser_alone)[0]

    both = declare({"eye": ("left", "right")}, NEEDLING, laser_alone)
    assert find_faults(tmp_path / "2", "sunscreen/sms.txt", ASKED, both) == []


def test_a_dash_is_written_as_an_underscore(tmp_path: Path) -> None:
    source = "{% if attributes.drop_kind %}{{ attributes.drop_kind }}{% endif %} drops."

    assert find_faults(tmp_path, "icing/sms.txt", source, declare(EYES)) == []


def test_values_that_tell_too_much_are_a_fault_where_a_text_would_say_them(tmp_path: Path) -> None:
    """C9"""
    clinic = declare({"eye": ("left cheek", "hand")})

    assert find_faults(tmp_path / "1", "icing/sms.txt", ASKED, clinic)[0].startswith("says 'cheek'")
    assert find_faults(tmp_path / "2", "icing/sms.txt", "Ice it.", clinic) == []


def test_the_longest_values_count_for_the_length(tmp_path: Path) -> None:
    clinic = declare({"eye": ("l" * 80, "r" * 90, "m" * 70, "s")})

    assert find_faults(tmp_path, "icing/sms.txt", ASKED + " word" * 25, clinic) == [
        "makes a text of 3 segments where 2 are allowed"
    ]


def test_an_attribute_named_like_a_method_prints_its_value(tmp_path: Path) -> None:
    clinic = declare({"items": ("two drops",)})
    source = "{% if attributes.items %}{{ attributes.items }}{% endif %} today."
    templates = load_templates(copy_shipped(tmp_path, {"icing/sms.txt": source}), clinic, make_rules())

    part = make_part("icing", attributes={"items": "two drops"})

    assert templates.render_sms([part], is_first=False).body.endswith("two drops today.")
