"""`reminders serve` and `reminders web` as processes."""

from __future__ import annotations

import re
import signal
from pathlib import Path

import pytest

from tests.cli.desk import make_folder
from tests.daemon.processes import wait_until
from tests.desk.served import serving

KEY = "vL0qJb7n2XwKz5RdT8yHfPcE3mUaG6sN"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return make_folder(tmp_path / "clinic")


def test_one_command_serves_the_desk_and_sends(folder: Path) -> None:
    """Also: its end is orderly, and what it says names no token but the first one's."""
    with serving(folder, "serve") as served:
        wait_until(lambda: served.answers("/healthz", 200))
        link = re.search(r"http://127\.0\.0\.1:\d+(/setup/\S+)", served.log.read_text())

        assert link is not None
        assert "Choose a password" in served.get(link[1]).text
        assert served.get("/static/vendor/htmx/htmx.min.js").status_code == 200
        assert served.stop() == 0


def test_a_second_start_invites_again_until_somebody_can_sign_in(folder: Path) -> None:
    links = []
    for _ in range(2):
        with serving(folder, "serve") as served:
            wait_until(lambda served=served: served.answers("/healthz", 200))  # type: ignore[misc]
            links += re.findall(r"/setup/\S+", served.log.read_text())
            if len(links) == 2:
                assert [served.get(link).status_code for link in links] == [404, 200]


def test_the_desk_alone_is_red_without_a_daemon_and_has_several_workers(folder: Path) -> None:
    with serving(folder, "web", "--workers", "2", REMINDERS_SECRET_KEY=KEY) as served:
        wait_until(lambda: served.answers("/healthz", 503))

        assert served.get("/healthz").json()["daemon"] == "none"
        assert served.get("/sign-in").status_code == 200
        assert served.stop() in (0, -signal.SIGTERM)
    assert "Traceback" not in served.log.read_text()
