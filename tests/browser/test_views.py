"""Each page, as everybody can use it: by axe's rules, by keyboard, on a phone, in the dark."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from tests.browser.cast import DORA, Cast
from tests.browser.conftest import Visit
from tests.browser.views import VIEWS, View
from tests.browser.watching import count_width_beyond

pytestmark = pytest.mark.browser

AXE = (Path(__file__).with_name("vendor") / "axe-core" / "axe.min.js").read_text("utf-8")

_RULES: Mapping[Literal["light", "dark"], dict[str, object]] = {
    "light": {"rules": {"target-size": {"enabled": True}}},
    # What else there is to find is there in the light, too.
    "dark": {"runOnly": ["color-contrast", "link-in-text-block"]},
}
SIZES: Mapping[str, ViewportSize] = {
    "desktop": {"width": 1280, "height": 800},
    "phone": {"width": 390, "height": 844},
    "small phone": {"width": 320, "height": 568},
}


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.name)
def test_everybody_can_use_each_page(view: View, visit: Visit, cast: Cast) -> None:
    """One visit for everything: to come there takes longest."""
    # Colours that are still on their way from one to the other are no fault.
    page = visit(view.who, reduced_motion="reduce")
    view.open(page, cast)
    # First of all, while the focus is where the page has put it.
    faults = list_what_tab_misses(page)
    page.evaluate(AXE)
    for name, size in SIZES.items():
        page.set_viewport_size(size)
        faults += [f"{name}: {fault}" for fault in (*list_what_lies_beyond(page), *list_violations(page))]

    assert "\n".join(faults) == ""


# ---- with the keyboard -------------------------------------------------------------------------------------------

# One radio button stands for its group: the arrow keys reach the others.
_WATCH_FOCUS = """
() => {
    window.missed = new Set(
        [...document.querySelectorAll("a[href], button, input, select, textarea, summary")]
            .filter(each => each.checkVisibility() && each.tabIndex >= 0)
            .filter(each => each.type != "radio" || each.checked)
    );
    window.unseen = new Set();
    document.addEventListener("focusin", ({target}) => {
        const style = getComputedStyle(target);
        const isSeen = style.outlineStyle != "none" && parseFloat(style.outlineWidth) >= 2;
        if (!isSeen) window.unseen.add(target);
        window.missed.delete(target);
    });
    return window.missed.size;
}
"""
_MOST_ROUNDS = 4
"""A field for a date or a time has a stop for each of its parts."""


def list_what_tab_misses(page: Page) -> list[str]:
    """What the tab key does not reach, or where one would not see that one is there."""
    count = page.evaluate(_WATCH_FOCUS)
    for _ in range(_MOST_ROUNDS):
        # Once round, from wherever the page has put the focus.
        for _ in range(count + 3):
            page.keyboard.press("Tab")
        if page.evaluate("window.missed.size") == 0:
            break
    missed, unseen = (page.evaluate(f"[...window.{each}].map(each => each.outerHTML)") for each in ("missed", "unseen"))
    return [f"not reached by tab: {html}" for html in missed] + [f"focus not seen: {html}" for html in unseen]


# ---- in each width and colour ------------------------------------------------------------------------------------


def list_what_lies_beyond(page: Page) -> list[str]:
    width = count_width_beyond(page)
    return [f"{width} pixels lie beyond the edge"] if width > 0 else []


def list_violations(page: Page) -> list[str]:
    """Of all rules in the light, and in the dark of those that speak of colours."""
    found = []
    for colour, rules in _RULES.items():
        page.emulate_media(color_scheme=colour)
        violations: list[dict[str, Any]] = page.evaluate("async rules => (await axe.run(rules)).violations", rules)
        found += [
            f"{colour}: {each['id']}: {node['html']}: {node['failureSummary']}"
            for each in violations
            for node in each["nodes"]
        ]
    return found


def test_who_went_astray_can_find_the_way_back(visit: Visit, cast: Cast) -> None:
    """Where no page is, nobody was asked who it is; they are signed in all the same."""
    page = visit(DORA)
    for path in ("/patients/x", "/sign-out", "/users", "/users/0/link"):
        page.goto(path)

        expect(page.get_by_role("link", name="Today")).to_be_visible()
