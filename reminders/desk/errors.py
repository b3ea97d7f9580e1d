"""What is answered when something goes wrong: a plain page, and never a stack trace.

What was typed is not lost: a page offers it again, after the database came back or the user signed in again.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from reminders.desk.desk import desk_of
from reminders.desk.forms import form_of
from reminders.desk.pages import render
from reminders.desk.visits import Forbidden, SignedOut, StaleForm, load_user, user_of
from reminders.desk.words import _
from reminders.model import Refusal
from reminders.store.trouble import DatabaseTrouble

_log = structlog.get_logger()

_SENTENCES: Mapping[int, tuple[str, str]] = {
    400: (_("This cannot be read"), _("Go back to the page and try again.")),
    403: (_("This is not for you"), _("Your account may not do this. An admin can.")),
    404: (_("There is nothing here"), _("The address is wrong, or what was here is gone.")),
    405: (_("This does not work from here"), _("Go back to the page and try again.")),
    413: (_("This is too much"), _("Send less text at a time.")),
    500: (_("Something went wrong"), _("It is our fault, and it is in the log. Look whether your change was saved.")),
}


def add_error_pages(app: FastAPI) -> None:
    app.add_exception_handler(HTTPException, _answer_status)
    # A path such as /users/x: no such page.
    app.add_exception_handler(RequestValidationError, lambda request, error: _say(request, 404))
    app.add_exception_handler(Forbidden, lambda request, error: _say(request, 403))
    app.add_exception_handler(SignedOut, _ask_to_sign_in)
    app.add_exception_handler(StaleForm, _offer_again)
    app.add_exception_handler(DatabaseTrouble, _tell_trouble)
    app.add_exception_handler(Refusal, _tell_refusal)


def _say(request: Request, status: int) -> Response:
    title, sentence = _SENTENCES.get(status) or _SENTENCES[400 if status < 500 else 500]
    return render(request, "error.html", status, title=title, sentence=sentence)


def _answer_status(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException), "it is registered for these"
    if error.status_code in (404, 405):
        _look_who_it_is(request)
    return _say(request, error.status_code)


def _look_who_it_is(request: Request) -> None:
    """Where no route fits, nobody has looked yet; who is signed in keeps the navigation all the same."""
    if not hasattr(request.state, "user"):
        with suppress(DatabaseTrouble):
            load_user(request, desk_of(request))


def _ask_to_sign_in(request: Request, error: Exception) -> Response:
    # htmx shows what is said above a page where somebody may have typed; led elsewhere, they would lose it.
    if request.method == "GET" and not request.headers.get("hx-request"):
        return RedirectResponse(f"/sign-in?to={request.url.path}", 303)
    sentence = _("You are not signed in any more. Sign in in another tab, come back, and send it again.")
    return _keep(request, 403, _("You are signed out"), sentence)


def _offer_again(request: Request, error: Exception) -> Response:
    # The origin was right, so it is a page of ours that has grown old; a person must press the button once more.
    sentence = _("You have signed in or out since this page was opened. Nothing was saved yet.")
    return _keep(request, 403, _("Send it once more"), sentence)


def _tell_trouble(request: Request, error: Exception) -> Response:
    _log.error("database trouble", trouble=str(error))
    # It would be asked for the banner, and a locked one makes one wait.
    request.state.has_trouble = True
    if request.method == "GET":
        return render(request, "error.html", 503, title=_("The database does not answer"), sentence=str(error))
    return _keep(request, 503, _("Nothing was saved"), str(error))


def _tell_refusal(request: Request, error: Exception) -> Response:
    """For a page that did not do it itself, next to its form."""
    assert isinstance(error, Refusal), "it is registered for these"
    return _keep(request, 422, _("This was not saved"), error.at_desk)


def _keep(request: Request, status: int, title: str, sentence: str) -> Response:
    form = form_of(request)
    return render(
        request,
        "kept.html",
        status,
        title=title,
        sentence=sentence,
        fields=list(form.kept()),
        is_complete=not form.holds_password,
        # Where the database is down nobody knows who is signed in.
        must_sign_in=status != 503 and user_of(request) is None,
    )


# By itself: what failed may be the templates, or whatever they are given.
_LAST_PAGE = """<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>{title}</title>
  <link rel="stylesheet" href="/static/vendor/bootstrap/bootstrap.min.css">
  <link rel="stylesheet" href="/static/desk.css">
</head>
<body>
  <main class="container desk-content">
    <h1>{title}</h1>
    <p>{sentence}</p>
    <p><a href="/">{start}</a></p>
  </main>
</body>
</html>
"""


class LastResort:
    """Outermost: an error that nobody foresaw is logged without its words, and answered with a plain page."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        has_started = False

        async def watch(message: Message) -> None:
            nonlocal has_started
            has_started = True
            await send(message)

        try:
            await self._app(scope, receive, watch)
        except Exception as error:  # noqa: BLE001 - whatever it is: uvicorn would print it, patients' data and all
            _log.error("page failed", error=type(error).__name__, exc_info=error)
            if not has_started:
                title, sentence = _SENTENCES[500]
                page = _LAST_PAGE.format(title=title, sentence=sentence, start=_("Go to the start"))
                await HTMLResponse(page, 500)(scope, receive, send)
