"""A desk on a fresh clinic, and one on a clinic that has patients."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.desk import DECLARED, Desk, make_folder
from tests.clinic import LASER, NEEDLING


@pytest.fixture
def desk(tmp_path: Path, new_database: Callable[[str], str]) -> Desk:
    """Nobody has been here yet."""
    folder = make_folder(tmp_path / "clinic")
    shutil.move(new_database("sqlite").removeprefix("sqlite:///"), folder / "reminders.db")
    return Desk(folder=folder)


@pytest.fixture(scope="module")
def busy_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ana (1): a laser treatment that was her first session, one that was cancelled, a visit booked, one taken back,
    an open task. Ben (2): nothing."""
    desk = Desk(folder=make_folder(tmp_path_factory.mktemp("busy") / "clinic"))
    desk.edit_config(*DECLARED)
    desk.record()
    desk.record("--attribute", "side=left")
    desk.ok("cancel", "2", "--reason", "wrong patient")
    desk.ok("book", "1", "--treatment", LASER, "--starts-at", "2026-04-14T15:00")
    desk.ok("book", "1", "--treatment", NEEDLING, "--starts-at", "2026-03-17T15:00")
    desk.ok("unbook", "2")
    desk.ok("book", "1", "--treatment", NEEDLING, "--starts-at", "2026-03-18T15:00")
    desk.ok("patient", "add", "--name", "Ben Ode", "--email", "ben@example.org")
    return desk.folder


@pytest.fixture
def busy_desk(busy_folder: Path, tmp_path: Path) -> Desk:
    return Desk(folder=shutil.copytree(busy_folder, tmp_path / "clinic"))
