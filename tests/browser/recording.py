"""The Record page, used as somebody at the desk would, with the words that stand there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from playwright.sync_api import Locator, Page, expect

from tests.browser.hands import Hand

MARA = "Mara Quill"
"""Of the demo: a laser patient, who agreed to texts and emails."""

THEO = "Theo Lindqvist"
"""Of the demo: had a needling, and wants no more texts."""

LASER = "Fractional laser treatment"
NEEDLING = "Skin needling"

CLINIC_ZONE = ZoneInfo("America/New_York")


@dataclass(frozen=True, kw_only=True)
class Person:
    name: str
    phone: str
    email: str = ""


# ---- one step, by mouse ------------------------------------------------------------------------------------------


def find_patient(page: Page, name: str) -> None:
    page.goto("/record")
    page.get_by_label("Name, number or address").fill(name[:4].lower())
    expect(page.get_by_role("button", name=name)).to_be_visible()


def choose_patient(page: Page, name: str) -> None:
    find_patient(page, name)
    page.get_by_role("button", name=name).click()
    expect(page.get_by_role("button", name="Somebody else")).to_be_visible()


def add_patient(page: Page, name: str, phone: str = "", *, agrees: bool = True) -> None:
    """As somebody does who looked for the name in vain."""
    page.goto("/record")
    page.get_by_label("Name, number or address").fill(name)
    expect(page.get_by_text("Nobody found")).to_be_visible()
    page.get_by_role("button", name="Add a new patient").click()
    page.get_by_label("Phone number").fill(phone)
    if agrees:
        page.get_by_label("text message").check()


def choose_treatment(page: Page, treatment: str, on: str | None = None) -> None:
    """The plan that is then there is of all that was typed by now."""
    if on is not None:
        page.get_by_label("Day").fill(on)
    with page.expect_response("**/record/plan"):
        page.get_by_label(treatment).check()
    expect(page.get_by_role("status").get_by_text("yet.")).to_be_visible()


def plan_of(page: Page) -> Locator:
    return page.get_by_role("region", name="Plan")


def save(page: Page) -> None:
    page.get_by_role("button", name="Save").click()


def find_zone_at_ten_at_night(page: Page) -> str:
    """A zone whose clock shows 22 hours at the time that the page offers."""
    offered = f"{page.get_by_label('Day').input_value()}T{page.get_by_label('Time', exact=True).input_value()}"
    utc_hour = datetime.fromisoformat(offered).replace(tzinfo=CLINIC_ZONE).astimezone(ZoneInfo("UTC")).hour
    ahead = (22 - utc_hour + 11) % 24 - 11
    # The signs of these names are turned round: Etc/GMT-3 is three hours ahead.
    return f"Etc/GMT{-ahead:+d}" if ahead else "Etc/GMT"


# ---- all steps, by either hand -----------------------------------------------------------------------------------


def plan_for_known(hand: Hand, person: Person, *, has_scripts: bool) -> None:
    """From the Record page, just opened, to the plan of a laser treatment that ended this minute."""
    _look_for(hand, person, has_scripts=has_scripts)
    hand.press(hand.page.get_by_role("button", name=person.name))
    hand.tick(hand.page.get_by_label(LASER))
    _see_plan(hand, has_scripts=has_scripts)


def plan_for_new(hand: Hand, person: Person, *, has_scripts: bool) -> None:
    """The same for somebody who is looked for first, in vain, and agrees to all that there is a contact for."""
    page = hand.page
    _look_for(hand, person, has_scripts=has_scripts)
    expect(page.get_by_text("Nobody found")).to_be_visible()
    hand.press(page.get_by_role("button", name="Add a new patient"))
    hand.fill(page.get_by_label("Phone number"), person.phone)
    if person.email:
        hand.fill(page.get_by_label("Email address"), person.email)
        hand.tick(page.get_by_label("email", exact=True))
    hand.tick(page.get_by_label("text message"))
    hand.tick(page.get_by_label(LASER))
    _see_plan(hand, has_scripts=has_scripts)


def _look_for(hand: Hand, person: Person, *, has_scripts: bool) -> None:
    hand.fill(hand.page.get_by_label("Name, number or address"), person.name)
    if not has_scripts:
        hand.press(hand.page.get_by_role("button", name="Find"))


def _see_plan(hand: Hand, *, has_scripts: bool) -> None:
    if not has_scripts:
        hand.press(hand.page.get_by_role("button", name="Show plan"))
    expect(hand.page.get_by_role("status").get_by_text("Nothing is saved yet.")).to_be_visible()


def save_as_shown(hand: Hand) -> None:
    hand.press(hand.page.get_by_role("button", name="Save"))
    expect_recorded(hand.page)


# ---- what is shown -----------------------------------------------------------------------------------------------


def expect_recorded(page: Page) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text("Recorded")


def read_plan(page: Page) -> list[str]:
    """Moment, channel, segments and words of each message; then what does not leave, and why."""
    # Not their inner text: that is another one before the stylesheet is there.
    return [" ".join(line.split()) for line in page.locator(".desk-plan > li, .desk-withheld > li").all_text_contents()]
