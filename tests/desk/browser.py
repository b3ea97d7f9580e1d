"""A browser at the desk: it keeps cookies, says where its forms come from, and finds the token in them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx2 import Response

from tests.accounts.staff import PASSWORD

ORIGIN = "http://127.0.0.1:8000"


class Browser:
    def __init__(self, web: FastAPI, origin: str = ORIGIN, address: str = "127.0.0.1") -> None:
        self.origin = origin
        self.client = TestClient(web, base_url=origin, follow_redirects=False, client=(address, 50000))

    def get(self, path: str, **headers: str) -> Response:
        return self.client.get(path, headers=headers)

    def send(self, path: str, fields: Mapping[str, Any], **headers: str) -> Response:
        """A POST of exactly these fields, as from a page of this origin."""
        return self.client.post(path, data=dict(fields), headers={"Origin": self.origin, **headers})

    def submit(self, path: str, fields: Mapping[str, Any] | None = None, page: str = "/sign-in") -> Response:
        """Fill in the form of a page and send it."""
        return self.send(path, {**(fields or {}), "form_token": self.form_token(page)})

    def form_token(self, page: str = "/sign-in") -> str:
        found = re.search(r'name="form_token" value="([^"]*)"', self.get(page).text)
        assert found is not None, f"{page} has no form"
        return found[1]

    def sign_in(self, name: str = "dora", password: str = PASSWORD, **fields: str) -> Response:
        return self.submit("/sign-in", {"name": name, "password": password, **fields})

    @property
    def cookie(self) -> str | None:
        return self.client.cookies.get("desk")


def signed_in(web: FastAPI, name: str) -> Browser:
    browser = Browser(web)
    assert browser.sign_in(name).status_code == 303
    return browser
