"""`make screenshots`: each page of the desk, wide and as a phone shows it, in docs/screenshots.

The clinic is the demo's and the clock is set, so that a picture changes only where its page does.
"""

from __future__ import annotations

import io
import socket
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import uvicorn
from playwright.sync_api import Browser, Page, ViewportSize
from rich.console import Console

from reminders.accounts.users import invite_first_admin
from reminders.config.secret_key import SecretKey
from reminders.desk import create_app
from reminders.model import InputRefusal
from reminders.store.engine import writing
from reminders.tables import DaemonRow
from reminders.wiring import App
from scripts import demo
from tests.browser.cast import Cast, hire
from tests.browser.chromium import open_chromium
from tests.browser.views import VIEWS, View
from tests.clinic import ROOT

PICTURES = ROOT / "docs" / "screenshots"

SIZES: Mapping[str, ViewportSize] = {
    "desktop": {"width": 1280, "height": 720},
    "phone": {"width": 390, "height": 720},
}

LONGEST = 1400
"""Of a long list the beginning is enough."""

KEY = SecretKey(b"a key of the screenshots and of nobody else")


def main() -> None:
    with (
        tempfile.TemporaryDirectory(prefix="reminders-screenshots-") as folder,
        demo.opened(Path(folder), Console(file=io.StringIO())) as story,
        open_chromium() as chromium,
    ):
        demo.play(story)
        with writing(story.app.engine) as tx:
            token = invite_first_admin(tx, story.clock.now)
        with served(story.app) as origin:
            draw_all(chromium, story, origin, hire(chromium, origin, f"/setup/{token}"))


@contextmanager
def served(app: App) -> Iterator[str]:
    """The desk in this process, because its clock is set; on a free port of loopback."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(uvicorn.Config(create_app(app, KEY), log_config=None, access_log=False))
        pages = threading.Thread(target=server.run, args=([listener],))
        pages.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            pages.join()


def draw_all(chromium: Browser, story: demo.Demo, origin: str, cast: Cast) -> None:
    PICTURES.mkdir(exist_ok=True)
    for old in PICTURES.glob("*.png"):
        old.unlink()
    for view in (view for view in VIEWS if view.has_picture):
        # Or everything in the audit log would have happened at once; yet nobody stays away until they are signed out.
        story.clock.now += timedelta(seconds=25)
        _beat(story)
        context = chromium.new_context(
            base_url=origin, storage_state=cast.signed_in[view.who] if view.who else None, reduced_motion="reduce"
        )
        page = context.new_page()
        view.open(page, cast)
        draw(page, view)
        context.close()


def _beat(story: demo.Demo) -> None:
    """A sign of life from the daemon, which is not here: else each page would say so."""
    now = story.clock.now
    with writing(story.app.engine) as tx:
        tx.merge(DaemonRow(id="screenshots", started_at=now, ticked_at=now, stopped_at=None))


def draw(page: Page, view: View) -> None:
    # A link is another one each time.
    page.evaluate("""
        for (const link of document.querySelectorAll(".desk-link"))
            link.textContent = "http://127.0.0.1:8000/setup/" + "x".repeat(43)
    """)
    for name, size in SIZES.items():
        page.set_viewport_size(size)
        height = min(int(page.evaluate("document.documentElement.scrollHeight")), LONGEST)
        # A window as high as the picture: what keeps to the window's edge is at the picture's edge.
        page.set_viewport_size({"width": size["width"], "height": max(height, size["height"])})
        page.evaluate("scrollTo(0, 0)")
        page.screenshot(path=PICTURES / f"{view.name}-{name}.png")


if __name__ == "__main__":
    try:
        main()
    except InputRefusal as refusal:
        sys.exit(str(refusal))
