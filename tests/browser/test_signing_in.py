"""The way from the setup link to the desk and out again: by mouse, without JavaScript, with the keyboard alone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.cast import ADMIN, DORA, PASSWORD, STRONGER, add_user, choose_password, sign_in
from tests.browser.conftest import Place, Visit

pytestmark = pytest.mark.browser


def expect_page(page: Page, heading: str) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text(heading)


def sign_out(page: Page) -> None:
    page.get_by_role("button", name="Sign out").click()
    expect_page(page, "Sign in")


@pytest.mark.parametrize("has_scripts", [True, False], ids=["with JavaScript", "without JavaScript"])
def test_the_first_day_from_the_setup_link_to_a_second_user(
    visit_at: Callable[..., Page], new_place: Place, has_scripts: bool
) -> None:
    page = visit_at(new_place.origin, java_script_enabled=has_scripts)
    choose_password(page, new_place.first_link)
    sign_out(page)
    sign_in(page, "admin")
    expect_page(page, "Today")
    link = add_user(page, DORA, "dora", "Front desk")
    page.get_by_role("link", name="Audit").click()
    page.get_by_label("By").select_option("Admin")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_role("row").filter(has_text="make link")).to_have_count(1)
    sign_out(page)
    choose_password(page, link)

    expect(page.get_by_role("banner")).to_contain_text(DORA)
    expect(page.get_by_role("link", name="Users")).to_have_count(0)


@pytest.mark.parametrize("has_scripts", [True, False], ids=["with JavaScript", "without JavaScript"])
def test_a_new_password_ends_the_old_one_and_signs_everybody_else_out(
    visit_at: Callable[..., Page], new_place: Place, has_scripts: bool
) -> None:
    here, there = (visit_at(new_place.origin, java_script_enabled=has_scripts) for _ in range(2))
    choose_password(here, new_place.first_link)
    sign_in(there, "admin")
    here.get_by_role("link", name=ADMIN).click()
    here.get_by_label("Present password").fill(PASSWORD)
    here.get_by_label("New password").fill(STRONGER)
    here.get_by_role("button", name="Change password").click()
    expect_page(here, "Today")
    there.get_by_role("link", name="Today").click()
    expect_page(there, "Sign in")
    sign_in(there, "admin")
    expect(there.get_by_role("alert")).to_have_text("The name or the password is not right.")
    sign_in(there, "admin", STRONGER)
    expect_page(there, "Today")


def test_the_keyboard_alone_will_do(visit_at: Callable[..., Page], new_place: Place) -> None:
    """Fields are where one starts to type; the skip link jumps over the navigation."""
    page = visit_at(new_place.origin)
    page.goto(new_place.first_link)
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect_page(page, "Today")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("main")).to_be_focused()
    page.keyboard.press("Shift+Tab")
    expect(page.get_by_role("button", name="Sign out")).to_be_focused()
    page.keyboard.press("Enter")
    expect_page(page, "Sign in")
    # The heading is there before the field has the focus.
    expect(page.get_by_label("Sign-in name")).to_be_focused()
    page.keyboard.type("admin")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect_page(page, "Today")


def test_who_signs_in_is_taken_where_they_wanted_to_go(visit: Visit) -> None:
    page = visit()
    page.goto("/password")
    page.get_by_label("Sign-in name").fill("dora")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()

    expect_page(page, "Change your password")


def test_what_was_typed_outlives_the_end_of_a_sign_in(visit: Visit) -> None:
    """The form is offered again: sign in in another tab, come back, and send it."""
    page = visit(ADMIN)
    page.goto("/users")
    page.get_by_label("Name", exact=True).fill("Emil Berg")
    page.get_by_label("Sign-in name").fill("emil.berg")
    page.context.clear_cookies()
    page.get_by_role("button", name="Add and show the setup link").click()
    with page.context.expect_page() as opening:
        page.get_by_role("link", name="Sign in, in another tab").click()
    sign_in(opening.value, "admin")
    expect_page(opening.value, "Today")
    page.get_by_role("button", name="Send it again").click()
    # Made for the browser before it signed in, the form is asked about once more.
    page.get_by_role("button", name="Send it again").click()

    expect(page.get_by_role("rowheader", name="Emil Berg")).to_be_visible()


def test_the_back_button_shows_nothing_after_signing_out(visit: Visit) -> None:
    page = visit()
    sign_in(page, "dora")
    expect_page(page, "Today")
    sign_out(page)
    page.go_back()

    expect_page(page, "Sign in")
