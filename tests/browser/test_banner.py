"""The banner, which no page has while all is well: everybody can read it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from reminders.store.engine import open_engine, writing
from reminders.tables import ChannelRow
from tests.browser.cast import choose_password
from tests.browser.conftest import Place
from tests.browser.test_views import AXE, SIZES, list_violations
from tests.browser.watching import count_width_beyond

pytestmark = pytest.mark.browser


def pause_texts(folder: Path) -> None:
    (database,) = folder.glob("*.db")
    engine, now = open_engine(f"sqlite:///{database}"), datetime.now(UTC)
    with writing(engine) as tx:
        row = tx.get(ChannelRow, "sms")
        assert row is not None
        row.paused_reason, row.needs_probe = "20003", True
        row.paused_since, row.paused_until = now, now + timedelta(hours=1)
    engine.dispose()


def test_the_banner_is_for_everybody(visit_at: Callable[..., Page], new_place: Place, tmp_path: Path) -> None:
    page = visit_at(new_place.origin, reduced_motion="reduce")
    choose_password(page, new_place.first_link)
    pause_texts(tmp_path / "clinic")
    page.reload()
    expect(page.get_by_text("Text messages have been waiting since")).to_be_visible()

    page.evaluate(AXE)
    for size in SIZES.values():
        page.set_viewport_size(size)
        assert (list_violations(page), count_width_beyond(page) <= 0) == ([], True)
