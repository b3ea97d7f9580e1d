"""Serving: the desk alone, in any number of processes, or the desk and the daemon in one."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import structlog
import uvicorn
from fastapi import FastAPI

from reminders.config import Config, load_config
from reminders.config.secret_key import SecretKey, load_secret_key
from reminders.config.settings import is_loopback
from reminders.desk import create_app
from reminders.logs import configure_logs
from reminders.model import InputRefusal
from reminders.wiring import App, open_app, open_work

_log = structlog.get_logger()

_LONGEST_GOODBYE_SECONDS = 10


@dataclass(frozen=True, kw_only=True)
class Address:
    host: str
    port: int

    @property
    def url(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"


def require_safe(config: Config, address: Address) -> None:
    """Passwords and patients' data cross a network only by https. Raises InputRefusal."""
    url = config.web.public_url
    if url is None and not is_loopback(address.host):
        raise InputRefusal(
            "Others could read along: put a proxy that speaks https in front, set web.public_url to its address, "
            "then serve to it. Or leave --host out, and only this machine is served."
        )
    if url is not None and not url.startswith("https:"):
        raise InputRefusal("web.public_url must begin with https://; for this machine alone, leave it out.")


def serve_web(config_path: Path, config: Config, address: Address, workers: int) -> None:
    """The desk alone, until stopped."""
    # Each worker is a process of its own that reads the configuration anew.
    os.environ["REMINDERS_CONFIG"] = str(config_path)
    uvicorn.run(
        "reminders.web:create_worker",
        factory=True,
        workers=workers,
        host=address.host,
        port=address.port,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=bool(config.web.proxies),
        forwarded_allow_ips=list(config.web.proxies),
        timeout_graceful_shutdown=_LONGEST_GOODBYE_SECONDS,
    )


def create_worker() -> FastAPI:
    """What a worker of `serve_web` serves."""
    configure_logs(os.environ.get("REMINDERS_LOG_LEVEL", "INFO").upper())
    config = load_config(Path(os.environ["REMINDERS_CONFIG"]), os.environ)
    return create_app(open_app(config), load_secret_key(config, os.environ))


def serve_all(app: App, key: SecretKey, address: Address, on_start: Callable[[], None]) -> int:
    """The desk and the daemon in one process, until stopped; returns the exit code.

    `on_start` is called once the port is ours: before that there is nothing to tell anybody.
    """
    # APScheduler takes a moment to import, and no other command needs it.
    from reminders.daemon import run_daemon

    stopping = threading.Event()
    with _listen(address) as listener:
        on_start()
        server = uvicorn.Server(_one_process(create_app(app, key), app.config))
        pages = threading.Thread(target=_serve, args=(server, listener, stopping), name="pages")
        pages.start()
        try:
            # The daemon has the main thread: signals come there, and it is the part that must not die unseen.
            code = run_daemon(open_work(app, stopping.is_set), app.config.dispatch, stopping)
        finally:
            server.should_exit = True
            pages.join()
    return code or int(not server.started)


def _listen(address: Address) -> socket.socket:
    """Raises InputRefusal where something else has the port: better now than in a thread."""
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    try:
        return socket.create_server((address.host, address.port), family=family)
    except OSError as error:
        raise InputRefusal(
            f"Port {address.port} cannot be used ({error.strerror}): give another with --port."
        ) from None


def _one_process(web: FastAPI, config: Config) -> uvicorn.Config:
    return uvicorn.Config(
        web,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=bool(config.web.proxies),
        forwarded_allow_ips=list(config.web.proxies),
        timeout_graceful_shutdown=_LONGEST_GOODBYE_SECONDS,
    )


def _serve(server: uvicorn.Server, listener: socket.socket, stopping: threading.Event) -> None:
    try:
        server.run([listener])
    except (Exception, SystemExit) as error:  # noqa: BLE001 - in a thread nobody else would hear of it
        _log.critical("pages ended", error=type(error).__name__, exc_info=error)
    finally:
        # Half a service would look alive: the supervisor starts it whole again.
        stopping.set()
