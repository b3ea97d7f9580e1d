"""Acceptance 1, by HTTP: from the first start to the first text in the outbox, as somebody new goes through it."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest

from tests.cli.desk import clean_environ, make_folder, start
from tests.clinic import LASER
from tests.daemon.processes import PATIENCE_SECONDS, wait_until, zone_at
from tests.desk.served import Served, free_port, serving

ANA = {"is_new": "yes", "name": "Ana Diaz", "phone": "(617) 555-0142", "consent": "sms"}
QUESTION = "Fill it with an invented clinic to look around? [y/N]"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return make_folder(tmp_path / "clinic")


@dataclass(frozen=True)
class Newcomer:
    """Somebody with a browser."""

    client: httpx2.Client

    def value(self, page: str, name: str) -> str:
        found = re.search(rf'name="{name}"[^>]* value="([^"]*)"', self.client.get(page).text)
        assert found is not None, f"{page} has no {name}"
        return found[1]

    def send(self, page: str, path: str, fields: dict[str, str]) -> str:
        answer = self.client.post(path, data={**fields, "form_token": self.value(page, "form_token")})
        assert answer.status_code == 200, answer.text
        return answer.text

    def record_laser(self) -> str:
        """Just now, as the page offers; returns what stands there once it is saved."""
        when = {name: self.value("/record", name) for name in ("on", "at")}
        return self.send("/record", "/record", {**ANA, **when, "treatment": LASER})


@contextmanager
def arriving(served: Served) -> Iterator[Newcomer]:
    """They have followed the setup link and chosen a password."""
    wait_until(lambda: served.answers("/healthz", 200))
    link = re.search(r"(http://127\.0\.0\.1:\d+)(/setup/\S+)", served.log.read_text("utf-8"))
    assert link is not None, "the first start prints a setup link"
    with httpx2.Client(base_url=link[1], headers={"Origin": link[1]}, timeout=30, follow_redirects=True) as client:
        newcomer = Newcomer(client)
        newcomer.send(link[2], link[2], {"password": "tide lantern gravel"})
        yield newcomer


def read_outbox(folder: Path, environ: dict[str, str]) -> list[str]:
    lines = start(folder, "outbox", "--json", environ=environ).stdout.splitlines()
    return [json.loads(line)["body"] for line in lines]


def test_a_laser_recorded_within_sending_hours_has_its_first_text_in_the_outbox_within_two_minutes(
    folder: Path,
) -> None:
    environ = {"REMINDERS_CLINIC__TIME_ZONE": zone_at(12)}
    began = time.monotonic()
    with serving(folder, "serve", **environ) as served, arriving(served) as newcomer:
        newcomer.record_laser()
        wait_until(lambda: bool(read_outbox(folder, environ)))

        assert time.monotonic() - began < 120
        assert "ice packs on the treated area" in read_outbox(folder, environ)[0]


def test_outside_sending_hours_the_page_says_when_it_goes(folder: Path) -> None:
    environ = {"REMINDERS_CLINIC__TIME_ZONE": zone_at(2)}
    with serving(folder, "serve", **environ) as served, arriving(served) as newcomer:
        on = newcomer.value("/record", "on")
        saved = newcomer.record_laser()

        first = re.search(r"<li>\s*<p class=\"desk-plan-head\"><strong>([^<]+)</strong>", saved)
        assert first is not None
        assert first[1].endswith(", 08:00")
        assert f" {int(on[-2:])} " in first[1]
    assert read_outbox(folder, environ) == []


# ---- the invented clinic -----------------------------------------------------------------------------------------


def test_each_page_of_an_invented_clinic_says_what_it_is(folder: Path) -> None:
    with serving(folder, "serve", "--demo") as served, arriving(served) as newcomer:
        pages = {path: newcomer.client.get(path).text for path in ("/today", "/record", "/rules", "/users", "/none")}

    assert [path for path, page in pages.items() if "A demonstration: the patients are invented" not in page] == []


def test_a_real_clinic_says_nothing_of_the_kind_and_without_a_terminal_nobody_is_asked(folder: Path) -> None:
    with serving(folder, "serve") as served, arriving(served) as newcomer:
        assert "A demonstration" not in newcomer.client.get("/today").text
        assert QUESTION not in served.log.read_text("utf-8")


def run_at_terminal(folder: Path, answer: str, *typed: str) -> str:
    """Start the desk at a terminal of its own, answer what it asks, and stop it; returns all that it said."""
    outer, inner = pty.openpty()
    command = [sys.executable, "-m", "reminders", "serve", *typed, "--port", str(free_port())]
    with subprocess.Popen(
        command, cwd=folder, env=clean_environ({"COLUMNS": "200"}), stdin=inner, stdout=inner, stderr=inner
    ) as process:
        os.close(inner)
        said, has_answered, ends_at = "", False, time.monotonic() + PATIENCE_SECONDS
        while "press Ctrl+C" not in said and time.monotonic() < ends_at:
            if select.select([outer], [], [], 1)[0]:
                said += os.read(outer, 4096).decode("utf-8", "replace")
            if QUESTION in said and not has_answered:
                # Whoever is asked and has nothing to say presses Enter.
                os.write(outer, f"{answer}\n".encode())
                has_answered = True
        process.terminate()
    os.close(outer)
    return said


def test_at_a_terminal_the_first_start_asks_once_and_ends_with_the_link(folder: Path) -> None:
    first = run_at_terminal(folder, "y")
    again = run_at_terminal(folder, "")

    assert first.count(QUESTION) == 1
    assert "12 invented patients are in the database." in first
    assert re.search(r"/setup/\S+\s+To stop it, press Ctrl\+C\.\s*\Z", first)
    assert QUESTION not in again


@pytest.mark.parametrize(("answer", "typed"), [("n", ()), ("", ("--no-demo",))])
def test_who_does_not_want_it_gets_an_empty_desk(folder: Path, answer: str, typed: tuple[str, ...]) -> None:
    said = run_at_terminal(folder, answer, *typed)

    assert "invented patients are in" not in said
    assert (QUESTION in said) == bool(answer)
    assert QUESTION not in run_at_terminal(folder, ""), "a no is an answer, too"
