"""Each page, as everybody can use it: by axe's rules, by keyboard, on a phone, in the dark."""

from __future__ import annotations

from collections.abc import Collection, Mapping
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

COLOURS: tuple[Literal["light", "dark"], ...] = ("light", "dark")
SIZES: Mapping[str, ViewportSize] = {
    "desktop": {"width": 1280, "height": 800},
    "phone": {"width": 390, "height": 844},
    "small phone": {"width": 320, "height": 568},
}


@pytest.fixture(params=VIEWS, ids=lambda view: view.name)
def page(request: pytest.FixtureRequest, visit: Visit, cast: Cast) -> Page:
    view: View = request.param
    page = visit(view.who)
    view.open(page, cast)
    return page


def list_violations(page: Page) -> list[str]:
    found: list[dict[str, Any]] = page.evaluate(
        "async () => (await axe.run({rules: {'target-size': {enabled: true}}})).violations"
    )
    return [f"{each['id']}: {node['html']}: {node['failureSummary']}" for each in found for node in each["nodes"]]


def test_axe_finds_nothing_light_or_dark_wide_or_narrow(page: Page) -> None:
    page.evaluate(AXE)
    found = []
    for colour in COLOURS:
        for name, size in SIZES.items():
            # Colours that are still on their way from one to the other are no fault.
            page.emulate_media(color_scheme=colour, reduced_motion="reduce")
            page.set_viewport_size(size)
            found += [f"{colour}, {name}: {violation}" for violation in list_violations(page)]

    assert "\n".join(found) == ""


def test_nothing_lies_beyond_the_edge_of_a_phone(page: Page) -> None:
    for name, size in SIZES.items():
        page.set_viewport_size(size)

        assert count_width_beyond(page) <= 0, name


# One radio button stands for its group: the arrow keys reach the others.
_LIST_CONTROLS = """
() => [...document.querySelectorAll("a[href], button, input, select, textarea, summary")]
    .filter(each => each.checkVisibility() && (each.type != "radio" || each.checked))
    .map(each => each.outerHTML)
"""
_LOOK_AT_FOCUS = """
() => {
    const focused = document.activeElement, style = getComputedStyle(focused);
    const isSeen = style.outlineStyle != "none" && parseFloat(style.outlineWidth) >= 2;
    return [focused.outerHTML, isSeen || focused == document.body];
}
"""


def test_the_tab_key_reaches_everything_and_one_sees_where_one_is(page: Page) -> None:
    controls = page.evaluate(_LIST_CONTROLS)
    reached = {}
    # Once round, from wherever the page has put the focus.
    for _ in range(count_stops(controls) + 3):
        page.keyboard.press("Tab")
        html, is_seen = page.evaluate(_LOOK_AT_FOCUS)
        reached[html] = is_seen

    assert [html for html in controls if html not in reached] == []
    assert [html for html, is_seen in reached.items() if not is_seen] == []


def count_stops(controls: Collection[str]) -> int:
    """Day, month, year and calendar of a date are a stop each, and so are the parts of a time."""
    return sum(5 if 'type="date"' in html or 'type="time"' in html else 1 for html in controls)


def test_who_went_astray_can_find_the_way_back(visit: Visit, cast: Cast) -> None:
    """Where no page is, nobody was asked who it is; they are signed in all the same."""
    page = visit(DORA)
    for path in ("/patients/x", "/sign-out", "/users", "/users/0/link"):
        page.goto(path)

        expect(page.get_by_role("link", name="Today")).to_be_visible()
