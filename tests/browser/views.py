"""Each page of the desk in each of its shapes, and how one comes to see it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import Page, expect

from tests.browser import recording
from tests.browser.cast import ADMIN, DORA, PASSWORD, Cast, sign_in
from tests.browser.recording import LASER, MARA, NEEDLING, THEO


@dataclass(frozen=True, kw_only=True)
class View:
    """What somebody sees after doing something; `who` None is a stranger."""

    name: str
    who: str | None
    sees: str
    """Words that stand there and not on the page before."""
    come: Callable[[Page, Cast], object]
    has_picture: bool = False
    """Whether docs/screenshots shows it: each page once."""

    def open(self, page: Page, cast: Cast) -> None:
        self.come(page, cast)
        expect(page.get_by_text(self.sees).first).to_be_visible()
        # The words are there before the stylesheet is, and before what htmx still asks for.
        page.wait_for_load_state()
        expect(page.locator(".htmx-request, .htmx-added, .htmx-settling")).to_have_count(0)


def at(path: str) -> Callable[[Page, Cast], object]:
    return lambda page, cast: page.goto(path)


def _choose_short_password(page: Page, cast: Cast) -> None:
    page.goto(cast.open_link)
    page.get_by_label("Password").fill("short")
    page.get_by_role("button", name="Save and sign in").click()


def _change_to_short_password(page: Page, cast: Cast) -> None:
    page.goto("/password")
    page.get_by_label("Present password").fill(PASSWORD)
    page.get_by_label("New password").fill("short")
    page.get_by_role("button", name="Change password").click()


def _add_dora_again(page: Page, cast: Cast) -> None:
    page.goto("/users")
    page.get_by_label("Name", exact=True).fill("Dora Fenn")
    page.get_by_label("Sign-in name").fill("dora")
    page.get_by_role("button", name="Add and show the setup link").click()


def _make_link(page: Page, cast: Cast) -> None:
    page.goto("/users")
    page.get_by_role("button", name=f"New link {DORA}").click()


def _send_after_the_end(page: Page, cast: Cast) -> None:
    """The sign-in has ended while the form was filled in."""
    page.goto("/users")
    page.get_by_label("Name", exact=True).fill("Emil Berg")
    page.get_by_label("Sign-in name").fill("emil.berg@example.org")
    page.context.clear_cookies()
    page.get_by_role("button", name="Add and show the setup link").click()


def _send_password_after_the_end(page: Page, cast: Cast) -> None:
    page.goto("/password")
    page.get_by_label("Present password").fill(PASSWORD)
    page.get_by_label("New password").fill("quarry velvet ninety")
    page.context.clear_cookies()
    page.get_by_role("button", name="Change password").click()


def _record_for_mara(page: Page, cast: Cast) -> None:
    recording.choose_patient(page, MARA)
    recording.choose_treatment(page, LASER)


def _record_for_nobody_to_reach(page: Page, cast: Cast) -> None:
    recording.add_patient(page, "Inga Vale", "617 555 0163", agrees=False)
    recording.choose_treatment(page, LASER)


def _record_at_night(page: Page, cast: Cast) -> None:
    """Late in the evening where the patient lives: the first text about ice leaves in the morning."""
    recording.add_patient(page, "Inga Vale", "617 555 0163")
    page.get_by_text("Lives in another time zone").click()
    page.get_by_label("Time zone").fill(recording.find_zone_at_ten_at_night(page))
    recording.choose_treatment(page, LASER)


def _record_too_early(page: Page, cast: Cast) -> None:
    recording.choose_patient(page, THEO)
    recording.choose_treatment(page, NEEDLING, on="2026-03-20")


def _record_overlapping(page: Page, cast: Cast) -> None:
    recording.choose_patient(page, MARA)
    recording.choose_treatment(page, NEEDLING, on="2026-03-25")


def _record_wrongly(page: Page, cast: Cast) -> None:
    recording.add_patient(page, "Inga Vale", "12")
    recording.choose_treatment(page, LASER)
    page.get_by_label("Day").fill("2036-03-10")
    recording.save(page)
    expect(page.get_by_role("alert")).to_be_visible()


def _record_for_nora(page: Page, cast: Cast) -> None:
    # Nobody else is called that: from then on she is there, and found.
    recording.add_patient(page, "Nora Pike", "617 555 0164")
    recording.choose_treatment(page, LASER)
    recording.save(page)


VIEWS = (
    View(
        name="setup",
        who=None,
        sees="Choose a password",
        has_picture=True,
        come=lambda page, cast: page.goto(cast.open_link),
    ),
    View(name="setup-refused", who=None, sees="Choose a password of 12 to 256 characters", come=_choose_short_password),
    View(
        name="setup-used",
        who=None,
        sees="This link is not good any more",
        come=lambda page, cast: page.goto(cast.used_link),
    ),
    View(name="sign-in", who=None, sees="No password, or lost it?", has_picture=True, come=at("/sign-in")),
    View(
        name="sign-in-refused",
        who=None,
        sees="The name or the password is not right.",
        has_picture=True,
        come=lambda page, cast: sign_in(page, "nobody", "not the password"),
    ),
    View(name="today", who=DORA, sees="What needs you", has_picture=True, come=at("/today")),
    View(name="password", who=DORA, sees="You stay signed in here", has_picture=True, come=at("/password")),
    View(
        name="password-refused",
        who=DORA,
        sees="Choose a password of 12 to 256 characters",
        come=_change_to_short_password,
    ),
    View(name="record", who=DORA, sees="is shown here before you save", has_picture=True, come=at("/record")),
    View(
        name="record-matches",
        who=DORA,
        sees=MARA,
        has_picture=True,
        come=lambda page, cast: recording.find_patient(page, "Mara Quill"),
    ),
    View(
        name="record-known",
        who=DORA,
        sees="Somebody else",
        come=lambda page, cast: recording.choose_patient(page, MARA),
    ),
    View(
        name="record-new",
        who=DORA,
        sees="A new patient",
        come=lambda page, cast: recording.add_patient(page, "Inga Vale"),
    ),
    View(name="record-plan", who=DORA, sees="will leave", has_picture=True, come=_record_for_mara),
    View(name="record-without-consent", who=DORA, sees="is withheld", come=_record_for_nobody_to_reach),
    View(name="record-at-night", who=DORA, sees="leaves only on", come=_record_at_night),
    View(name="record-too-early", who=DORA, sees="Check with the clinician", come=_record_too_early),
    View(name="record-overlap", who=DORA, sees="laser treatment", come=_record_overlapping),
    View(name="record-refused", who=DORA, sees="cannot be in the future", has_picture=True, come=_record_wrongly),
    View(name="record-saved", who=DORA, sees="Record another", has_picture=True, come=_record_for_nora),
    View(name="users", who=ADMIN, sees="Add somebody", has_picture=True, come=at("/users")),
    View(name="users-refused", who=ADMIN, sees="Somebody signs in as dora already", come=_add_dora_again),
    View(name="users-link", who=ADMIN, sees="Give this link to Dora Flint.", has_picture=True, come=_make_link),
    View(name="audit", who=ADMIN, sees="Who saw, changed or sent what", has_picture=True, come=at("/audit")),
    View(name="send-again", who=ADMIN, sees="Send it once more", has_picture=True, come=_send_after_the_end),
    View(name="send-password-again", who=DORA, sees="Send it once more", come=_send_password_after_the_end),
    View(name="not-found", who=DORA, sees="There is nothing here", has_picture=True, come=at("/patients/x")),
    View(name="not-found-by-a-stranger", who=None, sees="There is nothing here", come=at("/patients/x")),
    View(name="not-allowed", who=DORA, sees="This is not for you", come=at("/users")),
    View(name="not-from-here", who=DORA, sees="This does not work from here", come=at("/sign-out")),
)
