"""Somebody at the desk, with a mouse or with the keyboard alone; each counts what it does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from playwright.sync_api import Locator, Page, expect

_MOST_STEPS = 80


class Hand(Protocol):
    """An interaction is one click, one key that acts, or one field filled. To move on by Tab acts on nothing."""

    page: Page
    count: int

    def fill(self, field: Locator, text: str) -> None: ...

    def press(self, button: Locator) -> None:
        """A button or a link."""

    def tick(self, box: Locator) -> None:
        """A box, or a radio button."""


@dataclass(kw_only=True)
class Mouse:
    page: Page
    count: int = 0

    def fill(self, field: Locator, text: str) -> None:
        self.count += 1
        field.click()
        self.page.keyboard.type(text)
        expect(field).to_have_value(text)

    def press(self, button: Locator) -> None:
        self.count += 1
        button.click()

    def tick(self, box: Locator) -> None:
        self.count += 1
        box.click()
        expect(box).to_be_checked()


@dataclass(kw_only=True)
class Keyboard:
    page: Page
    count: int = 0

    def fill(self, field: Locator, text: str) -> None:
        self.count += 1
        self._tab_to(field)
        self.page.keyboard.type(text)
        expect(field).to_have_value(text)

    def press(self, button: Locator) -> None:
        self._act("Enter", button)

    def tick(self, box: Locator) -> None:
        self._act("Space", box)
        expect(box).to_be_checked()

    def _act(self, key: str, on: Locator) -> None:
        self.count += 1
        self._tab_to(on)
        self.page.keyboard.press(key)

    def _tab_to(self, wanted: Locator) -> None:
        expect(wanted).to_be_visible()
        for _ in range(_MOST_STEPS):
            if wanted.evaluate("each => each == document.activeElement"):
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"the tab key does not reach {wanted}")
