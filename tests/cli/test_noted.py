"""What was noted of a procedure since: the plan shows it, marks what a clinician has set, and texts can name it."""

from __future__ import annotations

import pytest

from tests.cli.desk import ANA, DECLARED, ICED, Desk


@pytest.fixture
def noting_desk(desk: Desk) -> Desk:
    """Where sides, healing, first doses and pain can be noted of the laser."""
    desk.edit_config(*DECLARED)
    return desk


def test_the_plan_shows_what_was_noted_by_procedure(noting_desk: Desk) -> None:
    noting_desk.record()
    noting_desk.ok("event", "1", "healed", "--at", "2026-03-09")
    noting_desk.ok("event", "1", "first-dose")
    noting_desk.ok("answer", "1", "pain", "yes")
    noting_desk.ok("answer", "1", "pain", "no")
    noting_desk.ok("override", "1", "swelling", "--set", "from = { days = 3 }", "--by", "Dr. Lee")
    noting_desk.ok("override", "1", "swelling", "--set", 'at = { time = "15:00" }', "--by", "Dr. Kim")

    shown = noting_desk.ok("plan", "1").out.splitlines()[-4:]

    assert shown == [
        "Procedure 1: healed (Mon 9 Mar 2026)",
        "Procedure 1: first-dose (Tue 10 Mar 2026 10:30)",
        "Procedure 1: pain: no (Tue 10 Mar 2026 10:30)",
        'Procedure 1: swelling has from = { days = 3 }, at = { time = "15:00" }, set by Dr. Kim '
        "(Tue 10 Mar 2026 10:30)",
    ]


def test_what_was_undone_or_cleared_is_not_shown(noting_desk: Desk) -> None:
    noting_desk.record()
    noting_desk.ok("event", "1", "healed")
    noting_desk.ok("event", "1", "healed", "--undo")
    noting_desk.ok("override", "1", "swelling", "--set", "from = { days = 3 }", "--by", "Dr. Lee")
    noting_desk.ok("override", "1", "swelling", "--clear")

    assert "Procedure 1" not in noting_desk.ok("plan", "1").out


def test_a_line_that_is_set_by_hand_says_by_whom_in_place_of_the_source(noting_desk: Desk) -> None:
    noting_desk.record()
    set_by_hand = noting_desk.ok("override", "1", "swelling", "--set", "from = { days = 3 }", "--by", "Dr. Lee").out

    assert "from 3 days (set by Dr. Lee)" in set_by_hand
    assert "“2 or 3 days”" in set_by_hand  # what nobody has set keeps its source


def test_json_marks_what_is_set_by_hand_in_plans_and_lists(noting_desk: Desk) -> None:
    noting_desk.record()
    noting_desk.ok("override", "1", "swelling", "--set", "from = { days = 3 }", "--by", "Dr. Lee")

    for command in (("plan", "1"), ("list",)):
        lines = noting_desk.ask(*command)
        assert {line["rule"] for line in lines if line["overridden"]} == {"swelling"}


# ---- attributes --------------------------------------------------------------------------------------------------


def say_in_sms(desk: Desk, rule: str, source: str) -> None:
    (desk.folder / "templates/messages" / rule / "sms.txt").write_text(source, "utf-8")


def list_bodies(desk: Desk, rule: str) -> set[str]:
    return {line["body"].partition(": ")[2] for line in desk.ask("plan", "1") if line["rule"] == rule and line["body"]}


def test_a_text_names_what_was_noted_of_the_days_procedures(noting_desk: Desk) -> None:
    say_in_sms(noting_desk, "swelling", "About your {{ attributes.side or 'treated' }} side.")
    noting_desk.record("--attribute", "side=right")
    assert list_bodies(noting_desk, "swelling") == {"About your right side."}

    noting_desk.record("--attribute", "side=left")
    assert list_bodies(noting_desk, "swelling") == {"About your right and left side."}

    noting_desk.ok("cancel", "1", "--reason", "not performed")
    assert list_bodies(noting_desk, "swelling") == {"About your left side."}


def test_a_text_says_the_same_as_the_plan_when_it_leaves(noting_desk: Desk) -> None:
    say_in_sms(noting_desk, "icing", "About your {{ attributes.side or 'treated' }} side.")
    noting_desk.record("--attribute", "side=left")
    noting_desk.ok("dispatch")

    assert noting_desk.ask("outbox")[0]["body"].startswith("Harbour Skin: About your left side.")


def test_where_nothing_is_noted_of_the_procedure_the_patients_own_counts(noting_desk: Desk) -> None:
    say_in_sms(noting_desk, "swelling", "About your {{ attributes.side or 'treated' }} side.")
    noting_desk.record()
    assert list_bodies(noting_desk, "swelling") == {"About your treated side."}

    noting_desk.ok("patient", "edit", "1", "--attribute", "side=left")
    assert list_bodies(noting_desk, "swelling") == {"About your left side."}


def test_a_text_about_a_visit_names_what_was_noted_of_the_latest_procedure(noting_desk: Desk) -> None:
    say_in_sms(noting_desk, "preparation", "About your {{ attributes.side or 'treated' }} side.")
    noting_desk.record("--attribute", "side=left")
    noting_desk.ok("book", "1", "--treatment", "fractional-laser", "--starts-at", "2026-04-14T15:00")

    assert list_bodies(noting_desk, "preparation") == {"About your left side."}


def test_a_rule_for_one_side_speaks_of_that_side_alone(noting_desk: Desk) -> None:
    """And need not ask whether there is one."""
    rule = "[treatments.fractional-laser.rules.swelling]\n"
    noting_desk.edit_config(rule, rule + 'applies_to = { attributes = { side = ["left"] } }\n')
    say_in_sms(noting_desk, "swelling", "About your {{ attributes.side }} side.")
    noting_desk.record("--attribute", "side=right")
    noting_desk.record("--attribute", "side=left")

    assert list_bodies(noting_desk, "swelling") == {"About your left side."}


def test_a_patients_attributes_are_kept_shown_and_cleared(noting_desk: Desk) -> None:
    noting_desk.ok("patient", "add", "--name", "Ana Diaz", "--phone", "+16175550142", "--attribute", "side=left")
    assert [line["attributes"] for line in noting_desk.ask("patients")] == [{"side": "left"}]
    assert "side=left" in noting_desk.ok("patients").out

    noting_desk.ok("patient", "edit", "1", "--attribute", "side=")
    assert [line["attributes"] for line in noting_desk.ask("patients")] == [{}]


def test_where_nothing_is_declared_anything_can_be_noted(desk: Desk) -> None:
    desk.ok("record", *ANA, *ICED, "--attribute", "site=chin")
    desk.ok("patient", "edit", "1", "--attribute", "walks=yes")

    assert [line["attributes"] for line in desk.ask("patients")] == [{"walks": "yes"}]
