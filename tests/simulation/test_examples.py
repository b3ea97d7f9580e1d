"""The examples in a configuration are played, and each send too many or too few is a sentence."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest

from reminders.config import Config, load_config
from reminders.simulation import check_examples
from tests.clinic import ROOT
from tests.simulation.scenes import ANA, event, say, shipped

NEEDLING_IN_MAY = {
    "name": "A needling in May",
    "until": "2026-05-14 00:00",
    "patients": [ANA],
    "events": [event("2026-05-05 11:00", "record_procedure", treatment="skin-needling")],
    "sends": ["2026-05-06 09:00 sunscreen 1", "2026-05-13 09:00 sunscreen 2"],
}


def with_example(**over: object) -> Config:
    return replace(shipped(), examples=({**NEEDLING_IN_MAY, **over},))


def test_the_shipped_examples_come_out_as_they_stand_there() -> None:
    assert check_examples(shipped()) == []


def test_the_shipped_examples_show_each_treatment_both_changes_of_the_clocks_and_a_short_month() -> None:
    examples = shipped().examples

    treatments = {each["treatment"] for example in examples for each in example["events"]}
    begins = {example["events"][0]["at"] for example in examples}
    assert treatments == set(shipped().clinic.treatments)
    assert begins >= {datetime.fromisoformat(f"2026-{day}") for day in ("03-07T15:00", "10-31T15:00", "01-31T17:40")}


def test_the_examples_hold_for_a_clinic_in_another_zone() -> None:
    config = load_config(ROOT / "config.toml", {"REMINDERS_CLINIC__TIME_ZONE": "Europe/Paris"})

    assert check_examples(config) == []


def test_a_send_too_few_and_one_too_many_are_two_sentences() -> None:
    sends = ["2026-05-06 09:00 sunscreen 1", "2026-05-13 10:00 sunscreen 2"]

    assert [say(fault) for fault in check_examples(with_example(sends=sends))] == [
        'examples.1: "A needling in May" promises "2026-05-13 10:00 sunscreen 2", and the rules do not send it.',
        'examples.1: "A needling in May" does not promise "2026-05-13 09:00 sunscreen 2", and the rules send it.',
    ]


def test_a_rule_that_was_edited_is_found_by_its_examples() -> None:
    config = shipped()
    needling = config.clinic.treatments["skin-needling"]
    without_sunscreen = replace(needling, rules=needling.rules[1:])
    edited = replace(config.clinic, treatments={**config.clinic.treatments, "skin-needling": without_sunscreen})

    assert [fault.path for fault in check_examples(replace(config, clinic=edited))] == ["examples.2"] * 4


def test_with_several_patients_a_send_says_whose_it_is() -> None:
    ben = {"id": "ben", "phone": "+16175550143"}
    sends = [f"{send} ana" for send in NEEDLING_IN_MAY["sends"]]

    assert check_examples(with_example(patients=[ANA, ben], sends=sends)) == []


@pytest.mark.parametrize(
    ("over", "sentence"),
    [
        ({"sends": ["tomorrow"]}, "examples.1.sends: Write each send as its time"),
        ({"config": "other.toml"}, "examples.1.config: Leave this out"),
        ({"until": "soon"}, "examples.1.until: 'soon' is not a time"),
        ({"events": [event("2026-05-05 11:00", "fly")]}, "examples.1.events.1.do: This says nothing that can happen"),
        ({"patients": []}, 'examples.1.events.1.patient: There is no patient "ana"'),
    ],
)
def test_an_example_that_cannot_be_played_says_why(over: dict[str, object], sentence: str) -> None:
    assert [say(fault)[: len(sentence)] for fault in check_examples(with_example(**over))] == [sentence]
