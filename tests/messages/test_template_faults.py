"""A directory of templates is refused as a whole, with every fault and its path; what cannot be tamed is a fault."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

import pytest

from reminders.messages import Fault, TemplateFaults, load_templates
from reminders.model import Audience, Channel
from reminders.rules import Clinic, Rule
from tests.messages.messages_factories import SHIPPED, copy_shipped, make_clinic, make_rule, make_rules


def find_faults(
    directory: Path, clinic: Clinic | None = None, rules: list[Rule] | None = None, allowed: Collection[str] = ()
) -> list[Fault]:
    try:
        load_templates(directory, clinic or make_clinic(), rules or make_rules(), allowed_words=allowed)
    except TemplateFaults as refusal:
        return list(refusal.faults)
    return []


def find_fault_of_icing(tmp_path: Path, source: str) -> str:
    faults = find_faults(copy_shipped(tmp_path, {"icing/sms.txt": source}))
    assert [fault.path for fault in faults] == ["icing/sms.txt"]
    return faults[0].sentence


def test_the_shipped_templates_have_no_fault() -> None:
    assert find_faults(SHIPPED) == []


def test_every_fault_is_listed_at_once(tmp_path: Path) -> None:
    sources = {
        "icing/sms.txt": "{% if %}",
        "icing/email.txt": "{{ patient }}",
        "swelling/sms.txt": "your laser " * 50,
        "_layout/email.html": "{{ paragraphs.pop() }}",
    }
    directory = copy_shipped(tmp_path, sources)
    (directory / "pinkness/sms.txt").unlink()
    (directory / "_staff/task/body.txt").unlink()

    paths = [fault.path for fault in find_faults(directory)]

    assert set(paths) == {*sources, "pinkness/sms.txt", "_staff/task/body.txt"}
    assert paths.count("swelling/sms.txt") == 2


def test_the_faults_read_as_lines() -> None:
    faults = TemplateFaults([Fault("icing/sms.txt", "is missing"), Fault("icing/email.txt", "is missing")])
    assert str(faults) == "icing/sms.txt: is missing\nicing/email.txt: is missing"


def test_a_rule_needs_only_the_templates_of_its_channels() -> None:
    def missing(*channels: Channel) -> list[str]:
        return [fault.path for fault in find_faults(SHIPPED, rules=[make_rule("stitches", channels=channels)])]

    assert missing(Channel.SMS) == ["stitches/sms.txt"]
    assert missing(Channel.EMAIL) == ["stitches/email.txt", "stitches/subject.txt"]


def test_a_rule_for_staff_needs_no_template() -> None:
    assert find_faults(SHIPPED, rules=[replace(make_rule("call-patient"), audience=Audience.STAFF)]) == []


def test_a_file_that_is_not_text_is_a_fault(tmp_path: Path) -> None:
    directory = copy_shipped(tmp_path)
    (directory / "icing/sms.txt").write_bytes(b"\xff\xfe\xff")
    (directory / "icing/email.txt").write_text("x" * 10_001)
    assert [fault.path for fault in find_faults(directory)] == ["icing/sms.txt", "icing/email.txt"]


def test_an_unknown_value_in_a_branch_that_is_never_taken_is_a_fault(tmp_path: Path) -> None:
    sentence = find_fault_of_icing(tmp_path, "{% if occurrence > 1000 %}{{ patient_name }}{% endif %}Hello.")
    assert sentence.startswith("uses the unknown value 'patient_name'; it may use clinic_name, ")


@pytest.mark.parametrize("source", ["On {{ visit_date }}.", "{% if occurrence == 2 %}{{ target_date }}{% endif %}Hi."])
def test_a_value_that_the_rule_never_has_is_a_fault(tmp_path: Path, source: str) -> None:
    assert find_fault_of_icing(tmp_path, source).startswith("prints a value that is not there")


def test_a_visit_time_printed_without_asking_is_a_fault(tmp_path: Path) -> None:
    faults = find_faults(copy_shipped(tmp_path, {"appointment/sms.txt": "At {{ visit_time }}."}))
    assert [fault.path for fault in faults] == ["appointment/sms.txt"]


def test_a_template_that_says_nothing_is_a_fault(tmp_path: Path) -> None:
    assert find_fault_of_icing(tmp_path, "{% if occurrence == 1 %}Hello.{% endif %}") == (
        "says nothing in one of its cases"
    )


def test_a_text_of_three_segments_is_a_fault(tmp_path: Path) -> None:
    assert find_fault_of_icing(tmp_path, "word " * 62) == "makes a text of 3 segments where 2 are allowed"


def test_the_longest_date_counts_for_the_length(tmp_path: Path) -> None:
    source = f"{'x' * 269} {{{{ visit_date }}}}{{% if visit_time %}} {{{{ visit_time }}}}{{% endif %}}"
    faults = find_faults(copy_shipped(tmp_path, {"appointment/sms.txt": source}))
    assert [fault.path for fault in faults] == ["appointment/sms.txt"]


def test_a_costly_character_is_named(tmp_path: Path) -> None:
    sentence = find_fault_of_icing(tmp_path, "Clínica " * 18)
    assert sentence.endswith("these characters more than double its length: í")


def test_a_first_line_that_is_too_long_is_a_fault_of_that_line(tmp_path: Path) -> None:
    faults = find_faults(copy_shipped(tmp_path, {"_layout/first_sms.txt": "word " * 80}))
    assert {fault.path for fault in faults} == {"_layout/first_sms.txt"}
    assert "where 3 are allowed" in faults[0].sentence


def test_a_subject_that_is_too_long_is_a_fault(tmp_path: Path) -> None:
    faults = find_faults(copy_shipped(tmp_path, {"icing/subject.txt": "word " * 40}))
    assert faults == [Fault("icing/subject.txt", "the text is longer than 150 characters")]


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("After your laser visit.", "laser"),
        ("After micro-NEEDLING.", "needling"),
        ("After microneedling.", "microneedling"),
        ("For your scars.", "scars"),
        ("On your face.", "face"),
        ("Peeling is usual.", "peeling"),
        ("Acne.", "acne"),
        ("Your cheeks.", "cheeks"),
        ("Skincare.", "skincare"),
        ("Ask your dermatologist.", "dermatologist"),
    ],
)
def test_a_word_that_tells_what_was_done_is_a_fault(tmp_path: Path, text: str, word: str) -> None:
    """C9"""
    assert find_fault_of_icing(tmp_path, text).startswith(f"says '{word}', which tells a stranger")


def test_a_listed_word_in_any_branch_is_a_fault(tmp_path: Path) -> None:
    """C9"""
    source = "{% if occurrence > 1000 %}laser{% else %}{{ 'Hello' if occurrence else 'peel' }}{% endif %}"
    assert len(find_faults(copy_shipped(tmp_path, {"icing/sms.txt": source}))) == 2


def test_a_treatment_of_the_clinic_by_its_name_is_a_fault(tmp_path: Path) -> None:
    """C9, for a clinic that treats something else."""
    clinic = make_clinic()
    treatments = {name: replace(treatment, name="Botox") for name, treatment in clinic.treatments.items()}
    directory = copy_shipped(tmp_path, {"icing/subject.txt": "After your botox"})
    faults = find_faults(directory, replace(clinic, treatments=treatments))
    assert [fault.path for fault in faults] == ["icing/subject.txt"]


@pytest.mark.parametrize("text", ["Thank you for asking.", "On the surface.", "It helps to escape the sun."])
def test_a_word_that_only_holds_a_listed_one_is_no_fault(tmp_path: Path, text: str) -> None:
    assert find_faults(copy_shipped(tmp_path, {"icing/sms.txt": text})) == []


def test_a_word_that_the_clinic_allows_is_no_fault(tmp_path: Path) -> None:
    """C9"""
    directory = copy_shipped(tmp_path, {"icing/sms.txt": "Your skin, after the laser."})
    assert find_faults(directory, allowed=["Skin", "laser"]) == []
    assert len(find_faults(directory, allowed=["skin"])) == 1


def test_the_clinics_own_name_may_hold_a_listed_word() -> None:
    """C9"""
    assert find_faults(SHIPPED, make_clinic(name="Skin & Laser", sms_name="SkinLaser")) == []


@pytest.mark.parametrize(
    "source",
    [
        "{{ ''.__class__.__mro__ }}",
        "{{ clinic_name.__class__ }}",
        "{{ clinic_name['__class__'] }}",
        "{{ '{0.__class__}'.format(clinic_name) }}",
        "{{ clinic_name|attr('__class__') }}",
        "{{ '%9999999d'|format(1) }}",
        "{{ clinic_name|replace('A', 'AAAA') }}",
        "{{ clinic_name.upper() }}",
        "{{ 9 ** 9 ** 9 ** 9 }}",
        "{{ 'x' * 50000000 }}",
        "{{ clinic_name ~ clinic_name }}",
        "{% set clinic_name = clinic_name ~ clinic_name %}x",
        "{% for i in range(99999) %}{% for j in range(99999) %}x{% endfor %}{% endfor %}",
        "{% for a in clinic_name %}{% for b in clinic_name %}x{% endfor %}{% endfor %}",
        "{% for a in clinic_name recursive %}{{ loop(clinic_name) }}{% endfor %}",
        "{% for a in clinic_name %}{{ loop.cycle }}{% endfor %}",
        "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
        "{% include '/etc/passwd' %}x",
        "{% import 'x' as x %}x",
        "{% extends 'x' %}",
        "{{ self }}",
        "{{ lipsum(n=1000) }}",
        "{{ cycler }}",
        "{{ [1, 2] }}",
        "{{ {'a': 1} }}",
        "{{ clinic_name|safe }}",
        "{% autoescape false %}{{ clinic_name }}{% endautoescape %}",
        "{% filter upper %}x{% endfilter %}",
        "{{ " + "(" * 3000 + "1" + ")" * 3000 + " }}",
        "{{ " + "9" * 9000 + " }}",
        "{% if occurrence %}" * 300 + "x" + "{% endif %}" * 300,
        "{{ " + "not " * 1500 + "1 }}",
    ],
)
def test_an_attack_by_template_is_a_fault(tmp_path: Path, source: str) -> None:
    """S9"""
    faults = find_faults(copy_shipped(tmp_path, {"icing/sms.txt": source}))
    assert {fault.path for fault in faults} == {"icing/sms.txt"}


def test_a_comparison_that_cannot_be_made_is_a_fault(tmp_path: Path) -> None:
    assert find_fault_of_icing(tmp_path, "{% if occurrence > 'x' %}a{% endif %}b") == "TypeError"
