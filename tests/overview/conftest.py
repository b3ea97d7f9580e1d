"""The invented clinic, small and larger, on each kind of database."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from reminders.seeding import seed_demo
from tests.casework.pages import DeskClinic
from tests.databases import KINDS, fresh_database

MOMENT = "2026-11-23 15:00"


def seeded(url: str, patients: int = 0) -> DeskClinic:
    desk = DeskClinic(url).at(MOMENT)
    seed_demo(desk.app.engine, desk.config, desk.clock.now, patients)
    return desk


@pytest.fixture
def desk(database_url: str) -> Iterator[DeskClinic]:
    """Nobody has been here yet."""
    with DeskClinic(database_url) as clinic:
        yield clinic


@pytest.fixture(params=KINDS)
def demo(request: pytest.FixtureRequest, new_database: Callable[[str], str]) -> Iterator[DeskClinic]:
    """A dozen patients."""
    with seeded(new_database(request.param)) as desk:
        yield desk


@pytest.fixture(scope="package", params=KINDS)
def crowds(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, server_folder: Path
) -> Iterator[tuple[DeskClinic, DeskClinic]]:
    """Two clinics, one with many times the patients of the other. To be looked at only."""
    folder = tmp_path_factory.mktemp("crowds")
    few, many = (fresh_database(request.param, folder, server_folder) for _ in range(2))
    with seeded(few, 40) as small, seeded(many, 600) as large:
        with large.app.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("ANALYZE")
        yield small, large
    shutil.rmtree(folder, ignore_errors=True)
