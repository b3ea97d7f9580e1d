"""Mail servers on loopback: a real one (aiosmtpd) with scripted answers, and a raw one that can break off anywhere."""

from __future__ import annotations

import asyncio
import socket
import ssl
import struct
import tempfile
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum, auto
from types import TracebackType
from typing import Any, BinaryIO, Self

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

# Self-signed for 127.0.0.1 only, valid from 2020 to 2120. It is written down here, because not every machine that runs
# the tests can make one; the key protects nothing.
CERTIFICATE = """\
-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgE46MsZ5Aso7m9oIO
J9n7FUGjviFD7J30xmQZzm+Q26ChRANCAAS2T6n6v9UD61vCE34+l4DUl6RiJTG1
SEV4xPDC56sYEgWbE5RkVCht2XBmMHKLoD4VVCiwHA/XoRrazj2LyIVx
-----END PRIVATE KEY-----
-----BEGIN CERTIFICATE-----
MIIBazCCARCgAwIBAgIBATAKBggqhkjOPQQDAjAbMRkwFwYDVQQDDBB0ZXN0IG1h
aWwgc2VydmVyMCAXDTIwMDEwMTAwMDAwMFoYDzIxMjAwMTAxMDAwMDAwWjAbMRkw
FwYDVQQDDBB0ZXN0IG1haWwgc2VydmVyMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcD
QgAEtk+p+r/VA+tbwhN+PpeA1JekYiUxtUhFeMTwwuerGBIFmxOUZFQobdlwZjBy
i6A+FVQosBwP16Ea2s49i8iFcaNDMEEwDwYDVR0RBAgwBocEfwAAATAPBgNVHRMB
Af8EBTADAQH/MB0GA1UdDgQWBBRv+wixB7yjbwdRYTMlmCQ5sI3mazAKBggqhkjO
PQQDAgNJADBGAiEAhL1ecAlr1vkDYQxadBHGkLw5Z4QtlT8KEbTCC4J1L+cCIQDY
U60BVMAodDfNV932GR0/EEjwIo5RA6wYa7oiG1KvZQ==
-----END CERTIFICATE-----
"""


def server_context() -> ssl.SSLContext:
    """What the fake servers show."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.NamedTemporaryFile("w", suffix=".pem") as file:
        file.write(CERTIFICATE)
        file.flush()
        context.load_cert_chain(file.name)
    return context


def trusting_context() -> ssl.SSLContext:
    """A client's default context that knows the fake servers' certificate too."""
    return ssl.create_default_context(cadata=CERTIFICATE[CERTIFICATE.index("-----BEGIN CERTIFICATE") :])


# ---- a real server ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Received:
    sender: str
    recipients: tuple[str, ...]
    content: bytes


class ScriptedHandler:
    """Gives each verb's answers in turn, then accepts; keeps what it accepted."""

    def __init__(self, *, mail: Sequence[str] = (), rcpt: Sequence[str] = (), data: Sequence[str] = ()) -> None:
        self._mail, self._rcpt, self._data = list(mail), list(rcpt), list(data)
        self.received: list[Received] = []
        self.peers: set[object] = set()

    async def handle_MAIL(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        self.peers.add(session.peer)
        if self._mail:
            return self._mail.pop(0)
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self._rcpt:
            return self._rcpt.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self._data:
            return self._data.pop(0)
        assert envelope.mail_from is not None
        assert isinstance(envelope.content, bytes)
        self.received.append(
            Received(sender=envelope.mail_from, recipients=tuple(envelope.rcpt_tos), content=envelope.content)
        )
        return "250 OK"


class MailServer(Controller):
    """aiosmtpd on a free port of 127.0.0.1; `with` starts and stops it."""

    def __init__(self, handler: ScriptedHandler | None = None, **options: Any) -> None:
        self.scripted = handler or ScriptedHandler()
        super().__init__(self.scripted, hostname="127.0.0.1", port=0, **options)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        self.stop()

    @property
    def received(self) -> list[Received]:
        return self.scripted.received

    def _trigger_server(self) -> None:
        # The base class knocks at `port`; only now is it known which one the machine gave.
        assert isinstance(self.server, asyncio.Server)
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call]


class Login:
    """Accepts one password, and counts the tries."""

    def __init__(self, username: str, password: str) -> None:
        self._expected = (username.encode(), password.encode())
        self.tries = 0

    def __call__(self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, given: Any) -> AuthResult:
        self.tries += 1
        # `handled=False`: the server gives the answer, 535.
        return AuthResult(success=(given.login, given.password) == self._expected, handled=False)


# ---- a raw server ----------------------------------------------------------------------------------------------


class Act(Enum):
    """What a server may do instead of answering."""

    HANG = auto()
    DROP = auto()
    RESET = auto()


Script = Mapping[str, str | Act]
"""Step to answer. A step is GREETING, a verb, CONTENT (before the content is read) or DOT; `RCPT#2` is the second."""

_WELL_BEHAVED: Script = {
    "GREETING": "220 ready",
    "EHLO": "250-fake\r\n250 AUTH PLAIN",
    "AUTH": "235 welcome",
    "MAIL": "250 ok",
    "RCPT": "250 ok",
    "DATA": "354 go on",
    "CONTENT": "",
    "DOT": "250 kept",
    "RSET": "250 ok",
    "QUIT": "221 bye",
}


class ScriptedServer:
    """Follows one script per connection, the last one for all further ones."""

    def __init__(self, *scripts: Script, context: ssl.SSLContext | None = None) -> None:
        self._scripts = scripts or ({},)
        self._context = context
        self._over = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._threads = [threading.Thread(target=self._accept)]
        self._sockets: list[socket.socket] = []
        self.port: int = self._listener.getsockname()[1]
        self.commands: list[str] = []
        self.received: list[bytes] = []
        """Contents whose final dot came, whatever was answered."""

    @property
    def connections(self) -> int:
        return len(self._sockets)

    def count(self, verb: str) -> int:
        return sum(command.upper().startswith(verb) for command in self.commands)

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        for each in (self._listener, *self._sockets):
            with suppress(OSError):  # already gone
                each.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(10)
        self._listener.close()

    def _accept(self) -> None:
        while not self._over.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:  # shut down from outside
                return
            script = {**_WELL_BEHAVED, **self._scripts[min(len(self._sockets), len(self._scripts) - 1)]}
            self._sockets.append(connection)
            thread = threading.Thread(target=self._serve, args=(connection, script))
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket, script: Script) -> None:
        with suppress(OSError), connection:
            if self._context is not None:
                connection = self._context.wrap_socket(connection, server_side=True)
            with connection, connection.makefile("rb") as lines:
                _Conversation(self, connection, lines, script, self._over).run()


class _Conversation:
    def __init__(
        self,
        server: ScriptedServer,
        connection: socket.socket,
        lines: BinaryIO,
        script: Script,
        over: threading.Event,
    ) -> None:
        self._server = server
        self._connection = connection
        self._lines = lines
        self._script = script
        self._over = over
        self._counts: dict[str, int] = {}

    def run(self) -> None:
        is_on = self._play("GREETING")
        while is_on and (line := self._lines.readline()):
            command = line.decode("latin-1").strip()
            self._server.commands.append(command)
            verb = command.split(" ", 1)[0].upper()
            is_on = self._play(verb) and (verb != "DATA" or self._last != "354" or self._take_content())

    def _take_content(self) -> bool:
        if not self._play("CONTENT"):
            return False
        content = b""
        while (line := self._lines.readline()) != b".\r\n":
            if not line:
                return False
            content += line[1:] if line.startswith(b".") else line
        self._server.received.append(content)
        return self._play("DOT")

    def _play(self, step: str) -> bool:
        """Answer, and say whether the conversation goes on."""
        self._counts[step] = self._counts.get(step, 0) + 1
        answer = self._script.get(f"{step}#{self._counts[step]}", self._script.get(step, "502 what?"))
        if isinstance(answer, Act):
            self._act(answer)
            return False
        if answer:
            self._connection.sendall(answer.encode("ascii") + b"\r\n")
        self._last = answer[:3]
        return self._last not in ("221", "421")

    def _act(self, act: Act) -> None:
        if act is Act.HANG:
            self._over.wait()
        elif act is Act.RESET:
            # Closing with a linger of zero seconds sends RST in place of FIN.
            self._connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
