"""The two presses of a page that changes something: what it shows first, and saving it."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from typing import Any

from httpx2 import Response

from tests.desk.browser import Browser


def show(browser: Browser, path: str, fields: Mapping[str, Any] | None = None, **headers: str) -> Response:
    """The first press."""
    return browser.send(path, {**(fields or {}), "form_token": browser.form_token("/record")}, **headers)


def save(browser: Browser, path: str, page: str, fields: Mapping[str, Any] | None = None) -> Response:
    """The second press, on the page that the first one has given."""
    return show(browser, path, {**(fields or {}), **seen_on(page), "save": "yes"})


def press(browser: Browser, path: str, fields: Mapping[str, Any] | None = None) -> Response:
    """Both."""
    first = show(browser, path, fields)
    assert first.status_code == 200, words(first.text)
    return save(browser, path, first.text, fields)


def seen_on(page: str) -> dict[str, str]:
    """What the form carries of what it has shown; nothing where it has shown no difference."""
    found = ((name, re.search(rf'name="{name}" value="([^"]*)"', page)) for name in ("version", "shown"))
    return {name: value[1] for name, value in found if value}


def words(page: str) -> str:
    """What a page says, without its markup."""
    said = " ".join(html.unescape(re.sub(r"<[^>]*>", " ", page)).split())
    return re.sub(r" ([,:.])", r"\1", said)


def groups(page: str) -> dict[str, list[str]]:
    """By heading, such as 'Move', what stands there of each reminder."""
    found = re.findall(r'class="change-group">\s*<(?:h3|summary)[^>]*>(.*?)\(\d+\)</(.*?)</ul>', page, re.DOTALL)
    return {
        words(heading): [words(line.split("<details>")[0]) for line in rest.split("<li>")[1:]]
        for heading, rest in found
    }
