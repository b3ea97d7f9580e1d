"""What every page works with."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends, Path, Query, Request
from jinja2 import Environment
from pydantic import BeforeValidator, Field
from sqlalchemy import Engine

from reminders.accounts.sign_ins import Limits
from reminders.config.secret_key import SecretKey
from reminders.wiring import App


@dataclass(frozen=True, kw_only=True)
class Desk:
    """The clinic's service, the key that signs forms, and the pages' templates."""

    app: App
    key: SecretKey
    templates: Environment = field(repr=False)

    @property
    def engine(self) -> Engine:
        return self.app.engine

    def now(self) -> datetime:
        return self.app.clock()

    @property
    def limits(self) -> Limits:
        web = self.app.config.web
        return Limits(idle=timedelta(minutes=web.idle_minutes), absolute=timedelta(hours=web.sign_in_hours))

    @property
    def public_origin(self) -> str | None:
        """Scheme and host as browsers name them; None on a single machine, where only loopback is served."""
        url = self.app.config.web.public_url
        return "{0.scheme}://{0.netloc}".format(urlsplit(url.lower())) if url else None

    @property
    def is_https(self) -> bool:
        return (self.public_origin or "").startswith("https:")


def desk_of(request: Request) -> Desk:
    desk = request.app.state.desk
    assert isinstance(desk, Desk), "create_app has set it"
    return desk


TheDesk = Annotated[Desk, Depends(desk_of)]

LARGEST_ID = 2**31 - 1
"""What a row's number can be: a larger one is an error to both databases."""

Id = Annotated[int, Path(ge=1, le=LARGEST_ID)]
MaybeId = Annotated[
    Annotated[int, Field(ge=1, le=LARGEST_ID)] | None, BeforeValidator(lambda typed: typed or None), Query()
]
"""In the part of an address that narrows a list; a form sends it empty where nothing was chosen."""
