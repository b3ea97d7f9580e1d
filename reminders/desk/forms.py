"""What was typed into a form: texts by name, as they were sent."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, HTTPException, Request
from starlette.datastructures import FormData
from starlette.types import Message, Receive

MAX_BODY_BYTES = 64 * 1024
MAX_FIELDS = 200

TOKEN_FIELD = "form_token"


@dataclass(frozen=True)
class Form:
    """The fields in the order they stood in; empty where nothing was sent."""

    fields: tuple[tuple[str, str], ...] = ()

    def text(self, name: str) -> str:
        """The field's text without blanks around it; empty where it was not sent."""
        return next((value.strip() for key, value in self.fields if key == name), "")

    def secret(self, name: str) -> str:
        """The same as it was typed: blanks may belong to a password."""
        return next((value for key, value in self.fields if key == name), "")

    def texts(self, name: str) -> list[str]:
        """All that was chosen of several."""
        return [value for key, value in self.fields if key == name]

    def moment(self, day: str = "on", clock: str = "at") -> str:
        """A day and, where it was typed, a time, as the casework reads them; empty without a day."""
        return "T".join(filter(None, (self.text(day), self.text(clock)))) if self.text(day) else ""

    def kept(self) -> Iterator[tuple[str, str]]:
        """What can be offered again: all but the token and passwords."""
        return ((key, value) for key, value in self.fields if key != TOKEN_FIELD and "password" not in key)

    @property
    def holds_password(self) -> bool:
        return any("password" in key for key, _ in self.fields)


async def read_form(request: Request) -> Form:
    """Raises HTTPException for what no form of ours sends: too much, files, characters that are no text."""
    limited = Request(request.scope, _limit(request.receive))
    sent: FormData = await limited.form(max_files=0, max_fields=MAX_FIELDS, max_part_size=MAX_BODY_BYTES)
    return Form(tuple(_texts(sent.multi_items())))


def _limit(receive: Receive) -> Receive:
    """Not FastAPI's own limit: it answers in front of our headers and pages, and is an error in the log."""
    taken = 0

    async def receive_some() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        if taken > MAX_BODY_BYTES:
            raise HTTPException(413)
        return message

    return receive_some


def _texts(items: Iterable[tuple[str, object]]) -> Iterator[tuple[str, str]]:
    for name, value in items:
        if not isinstance(value, str) or "\x00" in name + value:
            raise HTTPException(400)
        yield name, value


def form_of(request: Request) -> Form:
    """What `check_request` has read."""
    form = getattr(request.state, "form", None)
    return form if isinstance(form, Form) else Form()


Typed = Annotated[Form, Depends(form_of)]
