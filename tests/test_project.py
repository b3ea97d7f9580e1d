"""What holds for the repository itself, as far as it is cheap to look."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
LOCKS = ("requirements.lock", "requirements-dev.lock")

MACHINE_PATH = re.compile(r"(?<![\w.])/(?:home|root|Users|work|mnt)/\w+")
"""Where somebody's checkout lies; no file of ours has a reason to say so."""

TEXT_FILES = {".md", ".py", ".toml", ".sh", ".svg", ".yaml", ".txt", ".html", ".mako", ".lock", ".cfg", ""}


def read_lock(name: str) -> list[str]:
    """Each requirement of a lock with its hashes, on one line."""
    return (ROOT / name).read_text("utf-8").replace("\\\n", " ").splitlines()


def list_tracked_files() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, text=True)
    paths = [ROOT / name for name in listed.stdout.split("\0") if name]
    return [path for path in paths if path.suffix in TEXT_FILES and path.is_file()]


@pytest.mark.parametrize("name", LOCKS)
def test_every_locked_package_has_a_version_and_a_hash(name: str) -> None:
    loose = [line for line in read_lock(name) if not re.match(r"[\w.\[\],-]+==\S+ .*--hash=sha256:[0-9a-f]{64}", line)]

    assert loose == []


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_names_no_package_host(name: str) -> None:
    assert "://" not in (ROOT / name).read_text("utf-8")


@pytest.mark.parametrize("extra", [None, "dev"])
def test_every_dependency_is_locked(extra: str | None) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    wanted = project["optional-dependencies"][extra] if extra else project["dependencies"]
    locked = {line.partition("==")[0] for line in read_lock("requirements-dev.lock" if extra else "requirements.lock")}

    assert [name for each in wanted if (name := re.split(r"[<>=[]", each)[0]) not in locked] == []


def test_no_tracked_file_names_a_place_on_somebodys_machine() -> None:
    named = {
        f"{path.relative_to(ROOT)}: {found[0]}"
        for path in list_tracked_files()
        if (found := MACHINE_PATH.search(path.read_text("utf-8")))
    }

    assert named == set()


def test_the_wheel_ships_texts_migrations_and_configuration_inside_the_package() -> None:
    """A top-level `alembic` in a wheel would overwrite the library."""
    built = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["hatch"]["build"]["targets"]["wheel"]

    assert built["packages"] == ["reminders"]
    assert built["force-include"] == {
        "templates": "reminders/_templates",
        "alembic": "reminders/_alembic",
        "config.toml": "reminders/_config.toml",
    }


def test_every_target_of_the_makefile_is_explained() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    phony = re.search(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)
    assert phony is not None

    assert [name for name in phony[1].split() if not re.search(rf"^{name}:.*## ", makefile, re.MULTILINE)] == []


@pytest.mark.parametrize("document", ["README.md", "CONTRIBUTING.md", "docs/design.md"])
def test_every_file_that_a_document_names_is_there(document: str) -> None:
    named = re.findall(
        r"[`(]((?:reminders|templates|tests|docs|scripts|alembic)/[\w./-]+)[`)]", (ROOT / document).read_text("utf-8")
    )

    assert [path for path in named if not (ROOT / path).exists()] == []


def test_every_name_that_the_design_mentions_is_in_the_code() -> None:
    code = "".join(path.read_text("utf-8") for path in (ROOT / "reminders").rglob("*.py"))
    mentioned = re.findall(r"`([a-z]+(?:_[a-z]+)+)`", (ROOT / "docs" / "design.md").read_text("utf-8"))

    assert [name for name in mentioned if not re.search(rf"\b{name}\b", code)] == []
