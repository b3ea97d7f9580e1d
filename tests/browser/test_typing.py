"""The Record page while somebody types fast, changes their mind, or presses a button twice."""

from __future__ import annotations

import sqlite3
from contextlib import closing, suppress

import pytest
from playwright.sync_api import Error, Page, Route, expect

from tests.browser.cast import DORA, sign_in
from tests.browser.conftest import PATIENCE_MS, Place, Visit
from tests.browser.hands import Mouse
from tests.browser.recording import (
    LASER,
    MARA,
    NEEDLING,
    THEO,
    Person,
    add_patient,
    choose_patient,
    choose_treatment,
    expect_recorded,
    find_patient,
    plan_for_new,
    plan_of,
    read_plan,
    save,
    save_as_shown,
)

pytestmark = pytest.mark.browser


class SlowAnswers:
    """Holds back what the desk answers at an address, until it is let go."""

    def __init__(self, page: Page, path: str) -> None:
        self.held: list[Route] = []
        self._page, self._path = page, f"**{path}"
        page.route(self._path, self._hold)

    def _hold(self, route: Route) -> None:
        self.held.append(route)

    def wait_for(self, count: int) -> None:
        for _ in range(PATIENCE_MS // 20):
            if len(self.held) >= count:
                return
            self._page.wait_for_timeout(20)
        raise AssertionError(f"the page asked {len(self.held)} times, not {count}")

    def let_go(self, *, oldest_first: bool = False) -> None:
        for route in self.held if oldest_first else reversed(self.held):
            route.continue_()
            # None of one that the page does not want any more.
            route.request.response()
        self._page.unroute(self._path)


def test_the_plan_follows_the_typing_and_leaves_the_caret_where_it_is(visit: Visit) -> None:
    page = visit(DORA)
    add_patient(page, "Uma Reed", "617 555 0171")
    choose_treatment(page, LASER)
    name = page.get_by_label("Name", exact=True)
    name.focus()
    page.keyboard.press("Home")
    with page.expect_response("**/record/plan"):
        page.keyboard.type("Dr ")
    expect(page.locator(".htmx-request, .htmx-settling")).to_have_count(0)
    page.keyboard.type("X ")

    expect(name).to_be_focused()
    expect(name).to_have_value("Dr X Uma Reed")


def test_a_slow_answer_does_not_overwrite_a_newer_one(visit: Visit) -> None:
    page = visit(DORA)
    choose_patient(page, MARA)
    answers = SlowAnswers(page, "/record/plan")
    page.get_by_label(LASER).check()
    answers.wait_for(1)
    page.get_by_label(NEEDLING).check()
    answers.wait_for(2)
    answers.let_go()
    expect(plan_of(page).locator(".desk-plan > li").first).to_be_visible()
    page.wait_for_load_state("networkidle")

    assert not any("ice packs" in line for line in read_plan(page))


def test_of_two_patients_chosen_quickly_the_later_one_counts(visit: Visit) -> None:
    page = visit(DORA)
    find_patient(page, MARA)
    page.get_by_label("Name, number or address").fill("example.org")
    expect(page.get_by_role("button", name=THEO)).to_be_visible()
    answers = SlowAnswers(page, "/record/patient")
    page.get_by_role("button", name=MARA).click()
    answers.wait_for(1)
    page.get_by_role("button", name=THEO).click()
    answers.wait_for(2)
    answers.let_go(oldest_first=True)

    expect(page.get_by_role("group", name="Patient", exact=True)).to_contain_text(THEO)


def test_what_is_typed_while_an_answer_is_on_its_way_is_not_lost(visit: Visit) -> None:
    page = visit(DORA)
    add_patient(page, "Uma Reed", "617 555 0171")
    answers = SlowAnswers(page, "/record/plan")
    page.get_by_label(LASER).check()
    answers.wait_for(1)
    page.get_by_label("Email address").fill("uma@example.org")
    page.get_by_text("Another number").click()
    page.get_by_label("Sessions planned").fill("4")
    answers.let_go()
    expect(page.get_by_text("This is session 1 of 4.")).to_be_visible()

    expect(page.get_by_label("Email address")).to_have_value("uma@example.org")
    expect(page.get_by_label("Sessions planned")).to_have_value("4")
    expect(page.get_by_label("Sessions planned")).to_be_visible()


def count_procedures(place: Place, name: str) -> int:
    counted = "SELECT count(*) FROM procedures JOIN patients ON patients.id = patient_id WHERE name = ?"
    with closing(sqlite3.connect(place.folder / "demo.db")) as database:
        return int(database.execute(counted, (name,)).fetchone()[0])


def test_a_double_click_saves_one_procedure(visit: Visit, place: Place) -> None:
    """R3"""
    page = visit(DORA)
    add_patient(page, "Ida Holm", "617 555 0172")
    choose_treatment(page, LASER)
    page.get_by_role("button", name="Save").dblclick()
    expect_recorded(page)

    assert count_procedures(place, "Ida Holm") == 1


@pytest.mark.parametrize("has_scripts", [True, False], ids=["with JavaScript", "without JavaScript"])
def test_the_back_button_after_saving_saves_nothing(visit: Visit, place: Place, has_scripts: bool) -> None:
    """R3: and the form sent again from there finds what is saved."""
    person = Person(name=f"Bea Lund {has_scripts}", phone=f"617 555 {180 + has_scripts:04}")
    page = visit(DORA, java_script_enabled=has_scripts)
    page.goto("/record")
    desk = Mouse(page=page)
    plan_for_new(desk, person, has_scripts=has_scripts)
    save_as_shown(desk)
    saved_at = page.url
    try:
        page.go_back()
    except Error:
        # Chromium keeps no copy of a page with a patient in it, and asks before it sends a form once more.
        page.wait_for_url("chrome-error://**", wait_until="load")
    send_once_more(page)
    save(page)
    if not has_scripts:
        expect(page).to_have_url(saved_at)

    assert count_procedures(place, person.name) == 1


def send_once_more(page: Page) -> None:
    """As somebody does who presses again until the browser's own page, which asks, is there."""
    for _ in range(10):
        with suppress(Error):
            page.reload()
            return
        page.wait_for_timeout(200)
    page.reload()


def test_two_tabs_record_for_two_patients(visit: Visit, place: Place) -> None:
    here = visit(DORA)
    there = here.context.new_page()
    for tab, name, phone in ((here, "Tia Nord", "617 555 0173"), (there, "Ulf Sand", "617 555 0174")):
        add_patient(tab, name, phone)
    choose_treatment(here, LASER)
    choose_treatment(there, NEEDLING)
    for tab, name, treatment in ((here, "Tia Nord", LASER), (there, "Ulf Sand", NEEDLING)):
        save(tab)
        expect_recorded(tab)
        expect(tab.get_by_role("main")).to_contain_text(f"{treatment}, {name}")

    assert [count_procedures(place, name) for name in ("Tia Nord", "Ulf Sand")] == [1, 1]


def test_enter_in_a_field_shows_the_plan_and_keeps_the_patient(visit: Visit) -> None:
    page = visit(DORA)
    choose_patient(page, MARA)
    choose_treatment(page, LASER)
    with page.expect_response("**/record/plan"):
        page.get_by_label("Day").press("Enter")

    expect(page.get_by_label("Day")).to_be_focused()
    expect(page.get_by_role("group", name="Patient", exact=True)).to_contain_text(MARA)


def test_who_goes_on_by_keyboard_is_not_called_back(visit: Visit) -> None:
    """The answer that shows the chosen patient comes when the focus is elsewhere already."""
    page = visit(DORA)
    find_patient(page, MARA)
    answers = SlowAnswers(page, "/record/patient")
    page.get_by_role("button", name=MARA).press("Enter")
    answers.wait_for(1)
    page.get_by_label(LASER).focus()
    answers.let_go()
    expect(page.get_by_role("button", name="Somebody else")).to_be_visible()

    expect(page.get_by_label(LASER)).to_be_focused()


def test_what_is_typed_outlives_the_end_of_a_sign_in(visit: Visit, place: Place) -> None:
    """The page says so, and stays: sign in in another tab, and save it."""
    page = visit(DORA)
    add_patient(page, "Eva Storm", "617 555 0175")
    page.context.clear_cookies()
    page.get_by_label(LASER).check()
    expect(page.get_by_role("main")).to_contain_text("Nothing was saved yet")
    with page.context.expect_page() as opening:
        page.get_by_role("link", name="Sign in, in another tab").click()
    sign_in(opening.value, "dora")
    expect(opening.value.get_by_role("heading", level=1)).to_have_text("Today")
    expect(page.get_by_label("Phone number")).to_have_value("617 555 0175")
    save(page)
    # Made for the browser before it signed in, the form is asked about once more.
    page.get_by_role("button", name="Send it again").click()
    expect_recorded(page)

    assert count_procedures(place, "Eva Storm") == 1
