"""The real server process on a free port, a real chromium, and somebody in front of it."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page
from rich.console import Console

from scripts import demo
from tests.browser.cast import Cast, hire
from tests.browser.chromium import open_chromium
from tests.browser.watching import Watch
from tests.cli.desk import make_folder
from tests.daemon.processes import wait_until, zone_at
from tests.desk.served import Served, serving

PATIENCE_MS = 10_000

Visit = Callable[..., Page]
"""Opens a window of a new browser: `who` is signed in with it, nobody if left out."""


@dataclass(frozen=True, kw_only=True)
class Place:
    """A desk that is served, and the link with which its first admin chooses a password."""

    origin: str
    first_link: str
    folder: Path


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with open_chromium() as browser:
        yield browser


def wait_for_place(served: Served, folder: Path) -> Place:
    wait_until(lambda: served.answers("/healthz", 200))
    link = re.search(r"(http://127\.0\.0\.1:\d+)(/setup/\S+)", served.log.read_text("utf-8"))
    assert link is not None, "the first start prints a setup link"
    return Place(origin=link[1], first_link=link[2], folder=folder)


@pytest.fixture
def new_place(tmp_path: Path) -> Iterator[Place]:
    """Nobody has been here yet. It is noon, so that what is due leaves."""
    folder = make_folder(tmp_path / "clinic")
    settings = {"REMINDERS_CLINIC__TIME_ZONE": zone_at(12), "REMINDERS_DISPATCH__TICK_SECONDS": "0.5"}
    with serving(folder, "serve", **settings) as served:
        yield wait_for_place(served, folder)


@pytest.fixture(scope="session")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """The clinic of the demo, with six weeks behind it."""
    folder = tmp_path_factory.mktemp("clinic")
    with demo.opened(folder, Console(file=io.StringIO())) as story:
        demo.play(story)
    with serving(folder, "serve", REMINDERS_DATABASE__URL="sqlite:///demo.db") as served:
        yield wait_for_place(served, folder)


@pytest.fixture(scope="session")
def cast(chromium: Browser, place: Place) -> Cast:
    return hire(chromium, place.origin, place.first_link)


@pytest.fixture
def visit_at(chromium: Browser) -> Iterator[Callable[..., Page]]:
    """A window at an origin. Whatever the browser complains of meanwhile is found at the end."""
    opened = []

    def open_window(origin: str, **options: Any) -> Page:
        context = chromium.new_context(base_url=origin, **options)
        context.set_default_timeout(PATIENCE_MS)
        watch = Watch(origin=origin)
        watch.follow(context)
        opened.append((context, watch))
        return context.new_page()

    yield open_window
    for context, _ in opened:
        context.close()
    assert [fault for _, watch in opened for fault in watch.faults] == []


@pytest.fixture
def visit(visit_at: Callable[..., Page], place: Place, cast: Cast) -> Visit:
    def open_window(who: str | None = None, **options: Any) -> Page:
        return visit_at(place.origin, storage_state=cast.signed_in[who] if who else None, **options)

    return open_window
