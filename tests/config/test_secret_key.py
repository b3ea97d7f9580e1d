"""S8: the key that signs forms: from the environment, or made on a single machine; never one that can be guessed."""

from __future__ import annotations

import stat
import traceback
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from reminders.config import Config, ConfigFaults
from reminders.config.secret_key import VARIABLE, load_secret_key
from tests.clinic import load_shipped

GOOD = "vL0qJb7n2XwKz5RdT8yHfPcE3mUaG6sN"


@pytest.fixture
def config(tmp_path: Path) -> Config:
    """A single machine with the embedded database."""
    return load_shipped(f"sqlite:///{tmp_path / 'clinic.db'}")


def refusal(config: Config, environ: dict[str, str]) -> str:
    with pytest.raises(ConfigFaults) as raised:
        load_secret_key(config, environ)
    (fault,) = raised.value.faults
    assert not any(value in "".join(traceback.format_exception(raised.value)) for value in environ.values())
    return f"{fault.path}: {fault.sentence}"


def test_the_key_of_the_environment_is_used_and_never_shown(config: Config, tmp_path: Path) -> None:
    key = load_secret_key(config, {VARIABLE: GOOD})

    assert key.value == GOOD.encode()
    assert GOOD not in f"{key!r} {key!s}"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("key", ["short", "changeme" * 8, "x" * 64, "0123456789abcdef"])
def test_a_key_that_can_be_guessed_is_refused(config: Config, key: str) -> None:
    assert "can be guessed" in refusal(config, {VARIABLE: key})


def test_a_single_machine_makes_a_key_of_its_own_and_keeps_it(config: Config, tmp_path: Path) -> None:
    key = load_secret_key(config, {})

    assert load_secret_key(config, {}) == key
    file = tmp_path / "clinic.db.key"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [file]


def test_processes_that_start_at_once_have_one_key(config: Config) -> None:
    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(lambda _: load_secret_key(config, {}).value, range(8)))) == 1


def test_whoever_serves_the_outside_sets_a_key(config: Config) -> None:
    public = replace(config, web=config.web.model_copy(update={"public_url": "https://reminders.example.org"}))

    assert VARIABLE in refusal(public, {})


def test_whoever_has_a_server_for_a_database_sets_a_key(config: Config) -> None:
    assert VARIABLE in refusal(replace(config, database_url="postgresql://desk@db.example.org/reminders"), {})


def test_a_key_that_others_can_read_is_refused(config: Config, tmp_path: Path) -> None:
    load_secret_key(config, {})
    (tmp_path / "clinic.db.key").chmod(0o644)

    assert "chmod 600" in refusal(config, {})


def test_a_file_that_holds_no_key_is_refused(config: Config, tmp_path: Path) -> None:
    (tmp_path / "clinic.db.key").touch(0o600)

    assert "holds no key" in refusal(config, {})


def test_a_folder_that_is_not_there_is_a_sentence(config: Config, tmp_path: Path) -> None:
    gone = replace(config, database_url=f"sqlite:///{tmp_path / 'gone' / 'clinic.db'}")

    assert VARIABLE in refusal(gone, {})
