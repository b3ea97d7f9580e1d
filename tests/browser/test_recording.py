"""Recording a procedure in few steps: by mouse, with the keyboard alone, and without JavaScript."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.cast import DORA
from tests.browser.conftest import Visit
from tests.browser.hands import Hand, Keyboard, Mouse
from tests.browser.recording import (
    NEEDLING,
    Person,
    add_patient,
    choose_treatment,
    expect_recorded,
    plan_for_known,
    plan_for_new,
    save,
    save_as_shown,
)
from tests.browser.test_views import SIZES

pytestmark = pytest.mark.browser

MOST_FOR_KNOWN = 6
MOST_FOR_NEW = 12

HANDS: dict[str, type[Mouse] | type[Keyboard]] = {"mouse": Mouse, "keyboard": Keyboard}
WAYS = [("mouse", True), ("mouse", False), ("keyboard", True), ("keyboard", False)]
NAMES = ["by mouse", "by mouse without JavaScript", "by keyboard", "by keyboard without JavaScript"]


def sit_down(visit: Visit, hand: str, has_scripts: bool) -> Hand:
    """At the Record page, just opened. Nothing is counted yet."""
    page = visit(DORA, java_script_enabled=has_scripts)
    page.goto("/record")
    return HANDS[hand](page=page)


def meet(visit: Visit, person: Person) -> None:
    """Somebody who had another treatment here in spring, and agreed to texts then."""
    page = visit(DORA)
    add_patient(page, person.name, person.phone)
    choose_treatment(page, NEEDLING, on="2026-03-02")
    save(page)
    expect_recorded(page)


def expect_in_plain_sight(page: Page, *consents: str) -> None:
    """Consent and time, with nothing to open; on a desktop without scrolling, too."""
    for size in SIZES.values():
        page.set_viewport_size(size)
        seen = [page.get_by_label("Day"), page.get_by_label("Time", exact=True)]
        seen += [page.get_by_role("group", name="agrees to reminders").get_by_text(text) for text in consents]
        for each in seen:
            expect(each).to_be_visible()
    page.set_viewport_size(SIZES["desktop"])
    page.evaluate("scrollTo(0, 0)")
    for each in seen:
        expect(each).to_be_in_viewport(ratio=1)


@pytest.mark.parametrize(("hand", "has_scripts"), WAYS, ids=NAMES)
def test_a_known_patient_takes_at_most_six_interactions(visit: Visit, hand: str, has_scripts: bool) -> None:
    """4 where a script runs: the name, the patient, the treatment, Save. Without one, Find and Show plan as well."""
    known = Person(name=f"Kit {hand.title()}{has_scripts}", phone=f"617 555 {120 + WAYS.index((hand, has_scripts)):04}")
    meet(visit, known)
    desk = sit_down(visit, hand, has_scripts)
    plan_for_known(desk, known, has_scripts=has_scripts)
    expect_in_plain_sight(desk.page, "text message: agreed on")
    save_as_shown(desk)

    assert desk.count == (4 if has_scripts else 6) <= MOST_FOR_KNOWN


@pytest.mark.parametrize(("hand", "has_scripts"), WAYS, ids=NAMES)
def test_a_new_patient_takes_at_most_twelve_interactions(visit: Visit, hand: str, has_scripts: bool) -> None:
    """8 where a script runs, number, address and consent for both among them; 10 without one."""
    number = 130 + WAYS.index((hand, has_scripts))
    new = Person(
        name=f"Noa {hand.title()}{has_scripts}", phone=f"617 555 {number:04}", email=f"noa{number}@example.org"
    )
    desk = sit_down(visit, hand, has_scripts)
    plan_for_new(desk, new, has_scripts=has_scripts)
    expect_in_plain_sight(desk.page, "text message", "email")
    save_as_shown(desk)

    assert desk.count == (8 if has_scripts else 10) <= MOST_FOR_NEW
