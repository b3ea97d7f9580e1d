"""The key that proves what came from this service: forms now, links later.

It comes from the environment. On a single machine, with the embedded database and no address for the outside, a file
beside the database holds one that was made at the first start.
"""

from __future__ import annotations

import os
import secrets
import stat
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import mkstemp

from sqlalchemy.engine import make_url

from reminders.config.faults import ConfigFaults, Fault
from reminders.config.loading import Config

VARIABLE = "REMINDERS_SECRET_KEY"

_SHORTEST = 32
_FEWEST_LETTERS = 10
_HOW_TO_MAKE = "python3 -c 'import secrets; print(secrets.token_urlsafe(32))' makes one."


@dataclass(frozen=True)
class SecretKey:
    """Never printed: it stands in no repr and no error."""

    value: bytes = field(repr=False)


def load_secret_key(config: Config, environ: Mapping[str, str]) -> SecretKey:
    """Raises ConfigFaults where there is none, or none that is secret (S8)."""
    if typed := environ.get(VARIABLE):
        return _read_variable(typed)
    if (path := _key_file(config)) is None:
        raise _fault(VARIABLE, f"Set it to 32 or more random characters, the same for every process. {_HOW_TO_MAKE}")
    return _read_file(path)


def _fault(where: str, sentence: str) -> ConfigFaults:
    return ConfigFaults([Fault(where, sentence)])


def _read_variable(typed: str) -> SecretKey:
    if len(typed) < _SHORTEST or len(set(typed)) < _FEWEST_LETTERS:
        raise _fault(VARIABLE, f"This key can be guessed: set it to 32 or more random characters. {_HOW_TO_MAKE}")
    return SecretKey(typed.encode("utf-8", "surrogateescape"))


def _key_file(config: Config) -> Path | None:
    """Only where one machine is all there is."""
    url = make_url(config.database_url)
    name = url.database
    is_file = url.get_backend_name() == "sqlite" and name and name != ":memory:" and not name.startswith("file:")
    return Path(f"{name}.key") if is_file and config.web.public_url is None else None


def _read_file(path: Path) -> SecretKey:
    try:
        if not path.exists():
            _make_file(path)
        if stat.S_IMODE(path.stat().st_mode) & 0o077:
            raise _fault(str(path), f"Others can read this key: run `chmod 600 {path}`.")
        key = path.read_bytes().strip()
    except OSError as error:
        raise _fault(str(path), f"The key cannot be kept here ({error.strerror}): set {VARIABLE}.") from None
    if len(key) < _SHORTEST:
        raise _fault(str(path), "This file holds no key: remove it, and the next start makes another.")
    return SecretKey(key)


def _make_file(path: Path) -> None:
    """Whole or not at all: of two processes that start at once, both read what one wrote."""
    descriptor, draft = mkstemp(dir=path.parent, prefix=".key-")
    try:
        os.write(descriptor, secrets.token_urlsafe(_SHORTEST).encode())
        with suppress(FileExistsError):
            os.link(draft, path)
    finally:
        os.close(descriptor)
        Path(draft).unlink()
