"""The shipped clinic with what the desk's pages call."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.casework.pages import DeskClinic


@pytest.fixture
def desk(database_url: str) -> Iterator[DeskClinic]:
    """On each kind of database."""
    with DeskClinic(database_url) as clinic:
        yield clinic
