"""An empty clinic on each kind of database."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.casework.pages import DeskClinic


@pytest.fixture
def desk(database_url: str) -> Iterator[DeskClinic]:
    """Nobody has been here yet."""
    with DeskClinic(database_url) as clinic:
        yield clinic
