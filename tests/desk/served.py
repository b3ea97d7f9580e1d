"""The command that serves the desk, as a process on a free port of loopback."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2

from tests.cli.desk import clean_environ
from tests.daemon.processes import PATIENCE_SECONDS


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(kw_only=True)
class Served:
    process: subprocess.Popen[str]
    port: int
    log: Path

    def get(self, path: str) -> httpx2.Response:
        return httpx2.get(f"http://127.0.0.1:{self.port}{path}", timeout=30)

    def answers(self, path: str, status: int) -> bool:
        assert self.process.poll() is None, self.log.read_text()
        try:
            return self.get(path).status_code == status
        except httpx2.TransportError:
            return False

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE_SECONDS)


@contextmanager
def serving(folder: Path, *typed: str, **environ: str) -> Iterator[Served]:
    port, log = free_port(), folder / "log.txt"
    with log.open("w") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "reminders", *typed, "--port", str(port)],
            cwd=folder,
            env=clean_environ(environ),
            stdout=out,
            stderr=out,
            text=True,
        )
    try:
        yield Served(process=process, port=port, log=log)
    finally:
        process.kill()
        process.wait()
