"""The staff of a clinic, hired in the browser as an admin would."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page, StorageState, expect

PASSWORD = "tide lantern gravel"
STRONGER = "quarry velvet ninety"

ADMIN = "Admin"
DORA = "Dora Flint"


@dataclass(frozen=True, kw_only=True)
class Cast:
    """Admin runs the desk and Dora works at it; Cora is disabled; Rosa has not chosen a password yet."""

    signed_in: Mapping[str, StorageState]
    used_link: str
    open_link: str


def choose_password(page: Page, link: str, password: str = PASSWORD) -> None:
    page.goto(link)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Save and sign in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Today")


def sign_in(page: Page, name: str, password: str = PASSWORD) -> None:
    page.goto("/sign-in")
    page.get_by_label("Sign-in name").fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()


def add_user(page: Page, name: str, sign_in_name: str, role: str) -> str:
    """The new user's setup link, as a path."""
    page.goto("/users")
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label("Sign-in name").fill(sign_in_name)
    page.get_by_label(role).check()
    page.get_by_role("button", name="Add and show the setup link").click()
    return urlsplit(page.get_by_role("status").get_by_role("code").inner_text()).path


def hire(chromium: Browser, origin: str, first_link: str) -> Cast:
    """From the first setup link to a clinic with staff."""
    admin = chromium.new_context(base_url=origin)
    page = admin.new_page()
    choose_password(page, first_link)
    used_link = add_user(page, DORA, "dora", "Front desk")
    add_user(page, "Cora Ode", "cora.ode@example.org", "Clinician")
    page.get_by_role("button", name="Disable Cora Ode").click()
    open_link = add_user(page, "Rosa Marsh", "rosa.marsh", "Clinician")
    dora = chromium.new_context(base_url=origin)
    choose_password(dora.new_page(), used_link)
    signed_in = {ADMIN: admin.storage_state(), DORA: dora.storage_state()}
    admin.close()
    dora.close()
    return Cast(signed_in=signed_in, used_link=used_link, open_link=open_link)
