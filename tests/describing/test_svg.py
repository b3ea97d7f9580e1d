"""The same picture as SVG; the one in the README is drawn from the rules that ship."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from xml.etree import ElementTree

import pytest

from reminders.describing import EXAMPLE_AT, draw_svg, plan_timeline
from reminders.rules import Anchor, When
from tests.clinic import LASER, NEEDLING, ROOT
from tests.factories import CLINIC, at, count_of, length, make_clinic, make_rule, with_treatment

SHAPES = "{http://www.w3.org/2000/svg}"


def draw(treatment: str = LASER) -> str:
    return draw_svg(plan_timeline(CLINIC.treatments[treatment], CLINIC, at(EXAMPLE_AT)))


def test_the_picture_in_the_readme_is_that_of_the_rules_that_ship() -> None:
    """Drawn anew by `reminders rules --timeline fractional-laser --svg docs/laser-course.svg`."""
    assert (ROOT / "docs" / "laser-course.svg").read_text("utf-8") == draw()


@pytest.mark.parametrize("treatment", [LASER, NEEDLING])
def test_every_occurrence_of_the_plan_has_its_sign(treatment: str) -> None:
    timeline = plan_timeline(CLINIC.treatments[treatment], CLINIC, at(EXAMPLE_AT))
    marks = Counter("leaves" if mark.reason is None else "not" for row in timeline.rows for mark in row.marks)
    drawn = Counter(sign.get("class") for sign in ElementTree.fromstring(draw_svg(timeline)).iter(f"{SHAPES}circle"))

    # One more of each in the legend, which explains only what the picture has.
    assert drawn == marks + Counter(marks.keys())


def test_those_who_do_not_see_it_are_told_the_same() -> None:
    told = ElementTree.fromstring(draw()).findtext(f"{SHAPES}desc")

    assert told == (
        "Fractional laser treatment, for a procedure that ends on Tue 3 Mar 2026, 15:00. icing: Tue 3 Mar 2026, 15:00, "
        "Tue 3 Mar 2026, 18:00, Wed 4 Mar 2026, 09:00 and Wed 4 Mar 2026, 12:00. swelling: Thu 5 Mar 2026, 10:00. "
        "pinkness: Sun 8 Mar 2026, 10:00. sunscreen: Wed 4 Mar 2026, 09:00, Wed 11 Mar 2026, 09:00, Wed 18 Mar 2026, "
        "09:00 and Wed 25 Mar 2026, 09:00. next-session: Fri 27 Mar 2026, 10:00 and Fri 3 Apr 2026, 10:00. "
        "preparation: Thu 2 Apr 2026, 10:00. The next session is due on Fri 3 Apr 2026."
    )


def test_a_name_with_signs_of_its_own_stays_a_name() -> None:
    clinic = with_treatment(CLINIC, name='Peel <b> & "more"')
    drawn = ElementTree.fromstring(draw_svg(plan_timeline(clinic.treatments[LASER], clinic, at(EXAMPLE_AT))))

    assert drawn.findtext(f"{SHAPES}title") == 'The course of Peel <b> & "more"'


def test_a_treatment_without_rules_is_still_a_picture() -> None:
    treatment = replace(CLINIC.treatments[LASER], rules=())

    assert "3 Apr" in draw_svg(plan_timeline(treatment, CLINIC, at(EXAMPLE_AT)))


def test_hours_in_which_nothing_leaves_are_still_a_picture() -> None:
    never = When(session_due=True, total_decided=False)
    rule = make_rule(starts=length(1, "hours"), at=None, anchor=Anchor.PROCEDURE_END, when=never)
    clinic = with_treatment(make_clinic(rule), sessions=count_of(1))

    assert "nothing leaves in this example" in draw_svg(plan_timeline(clinic.treatments[LASER], clinic, at(EXAMPLE_AT)))
