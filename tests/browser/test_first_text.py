"""The whole way from the setup link to a sent text: what the plan showed is what was stored, and what left."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Page

from reminders.desk.plan_words import say_moment
from tests.browser.cast import PASSWORD
from tests.browser.conftest import Place
from tests.browser.hands import Hand
from tests.browser.recording import Person, plan_for_new, read_plan, save_as_shown
from tests.browser.test_recording import HANDS, NAMES, WAYS
from tests.cli.desk import start
from tests.daemon.processes import wait_until, zone_at

pytestmark = pytest.mark.browser

ANA = Person(name="Ana Diaz", phone="617 555 0142", email="ana@example.org")


def ask(place: Place, *typed: str) -> list[dict[str, Any]]:
    """What the command line finds there."""
    answer = start(place.folder, *typed, "--json", environ={"REMINDERS_CLINIC__TIME_ZONE": zone_at(12)})
    assert answer.returncode == 0, answer.stderr
    return [json.loads(line) for line in answer.stdout.splitlines()]


def wait_for_first_text(place: Place) -> dict[str, Any]:
    wait_until(lambda: bool(ask(place, "outbox")))
    return ask(place, "outbox")[0]


def open_record(page: Page, hand: str, place: Place) -> Hand:
    """As the first admin, by way of the setup link."""
    desk = HANDS[hand](page=page)
    page.goto(place.first_link)
    desk.fill(page.get_by_label("Password"), PASSWORD)
    desk.press(page.get_by_role("button", name="Save and sign in"))
    desk.press(page.get_by_role("link", name="Record", exact=True))
    return desk


@pytest.mark.parametrize(("hand", "has_scripts"), WAYS, ids=NAMES)
def test_from_the_setup_link_to_the_first_text(
    visit_at: Callable[..., Page], new_place: Place, hand: str, has_scripts: bool
) -> None:
    page = visit_at(new_place.origin, java_script_enabled=has_scripts)
    desk = open_record(page, hand, new_place)
    plan_for_new(desk, ANA, has_scripts=has_scripts)
    shown = read_plan(page)
    save_as_shown(desk)
    # What leaves at once leaves in the minute of saving; that may be another one than the plan was made in.
    assert read_plan(page)[1:] == shown[1:]
    first = wait_for_first_text(new_place)

    assert " ".join(first["body"].split()) in shown[0]
    assert first["to"] == "+16175550142"


def test_the_plan_shown_before_saving_is_what_is_stored_and_sent(
    visit_at: Callable[..., Page], new_place: Place
) -> None:
    """Moment, channel, segments and words of each; all within one minute, so that the first is the same, too."""
    page = visit_at(new_place.origin)
    wait_until(lambda: datetime.now(UTC).second < 30)
    desk = open_record(page, "mouse", new_place)
    plan_for_new(desk, ANA, has_scripts=True)
    shown = read_plan(page)
    save_as_shown(desk)
    recorded = read_plan(page)
    first = wait_for_first_text(new_place)
    stored = [say_moment(local(line["due_at"])) for line in ask(new_place, "plan", "1") if is_to_leave(line)]

    assert recorded == shown
    assert shown[0].startswith(say_as_plan(first))
    assert [line.partition(" text message")[0] for line in shown if "segment" in line] == stored


def local(instant: str) -> datetime:
    return datetime.fromisoformat(instant).astimezone(ZoneInfo(zone_at(12)))


def is_to_leave(line: dict[str, Any]) -> bool:
    return line["status"] in ("scheduled", "claimed", "sending", "accepted", "sent", "delivered")


def say_as_plan(kept: dict[str, Any]) -> str:
    """A message of the outbox as the plan says it."""
    words = " ".join(kept["body"].split())
    return f"{say_moment(local(kept['sent_at']))} text message, {kept['segments']} segments {words} icing 1"
