"""Looks on while a page is used: whatever the browser complains of is a fault of ours."""

from __future__ import annotations

from dataclasses import dataclass, field

from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request, Response, WebError

_HARMLESS = (
    # The status of an answer is looked at below: a page about an error says so in its status, and is fine.
    "Failed to load resource",
    # A newer question takes the place of an older one (hx-sync). A question that fails says htmx:sendError as well.
    "htmx:sendAbort",
    "htmx:afterRequest",
)


@dataclass(kw_only=True)
class Watch:
    """What went wrong so far: errors in the console, scripts that failed, files that are missing, other hosts."""

    origin: str
    faults: list[str] = field(default_factory=list)

    def follow(self, context: BrowserContext) -> None:
        context.on("console", self._hear)
        context.on("weberror", self._fail)
        context.on("request", self._ask)
        context.on("response", self._answer)

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not message.text.startswith(_HARMLESS):
            self.faults.append(f"console: {message.text}")

    def _fail(self, error: WebError) -> None:
        self.faults.append(f"script: {error.error.message}")

    def _ask(self, request: Request) -> None:
        if not request.url.startswith((self.origin + "/", "data:")):
            self.faults.append(f"other host: {request.url}")

    def _answer(self, response: Response) -> None:
        # What somebody who is signed out asks for is refused, and the page says so.
        if response.status >= 400 and response.status != 403 and not response.request.is_navigation_request():
            self.faults.append(f"missing: {response.url} ({response.status})")


def count_width_beyond(page: Page) -> int:
    """How many pixels of the page lie beyond the window's right edge."""
    return int(page.evaluate("document.documentElement.scrollWidth - window.innerWidth"))
