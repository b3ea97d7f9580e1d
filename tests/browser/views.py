"""Each page of the desk in each of its shapes, and how one comes to see it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

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


def _ask_role(page: Page, cast: Cast) -> None:
    page.goto("/users")
    page.get_by_role("link", name=f"Change what {DORA} may do").click()


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


def _find_mara(page: Page, cast: Cast) -> None:
    page.goto("/patients")
    page.get_by_label("Name, number or address").press_sequentially("mara")


def _open_mara(page: Page, cast: Cast) -> None:
    _find_mara(page, cast)
    page.get_by_role("link", name="Mara Quill").click()


def _open_theo(page: Page, cast: Cast) -> None:
    """He wants no texts any more."""
    page.goto("/patients")
    page.get_by_label("Name, number or address").fill("theo")
    page.get_by_role("button", name="Find").click()
    page.get_by_role("link", name="Theo Lindqvist").click()


def _unfold_everything(page: Page, cast: Cast) -> None:
    _open_mara(page, cast)
    expect(page.get_by_role("heading", name="Timeline")).to_be_visible()
    page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")


def _open_details(page: Page, cast: Cast) -> None:
    _open_mara(page, cast)
    page.get_by_role("link", name="Change the details").click()


def _type_wrong_details(page: Page, cast: Cast) -> None:
    _open_details(page, cast)
    page.get_by_label("Phone number").fill("12")
    page.get_by_role("button", name="Save").click()


def _open_consent(page: Page, cast: Cast) -> None:
    _open_theo(page, cast)
    page.get_by_role("link", name="Consent", exact=True).click()


AT_MARA = "/patients/1"
AT_THEO = "/patients/2"


def _press(path: str, button: str = "Show what changes", **typed: str) -> Callable[[Page, Cast], object]:
    """Fill in the form of a page that changes something, and press its button."""

    def come(page: Page, cast: Cast) -> None:
        page.goto(path)
        for name, value in typed.items():
            field = page.locator(f"[name={name}]")
            if field.first.get_attribute("type") == "radio":
                page.locator(f"[name={name}][value='{value}']").check()
            else:
                field.fill(value)
        page.get_by_role("button", name=button).click()

    return come


def _record_laser(page: Page) -> str:
    """Theo's, today at midnight: entered again it is the same. Where it can be changed."""
    page.goto("/record?patient=2")
    page.get_by_label("Fractional laser treatment").first.check()
    page.get_by_label("Time", exact=True).fill("00:00")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Recorded")
    return f"{AT_THEO}/procedures/{page.url.rpartition('/')[2]}"


def _correct(page: Page, cast: Cast) -> None:
    _press(f"{_record_laser(page)}/correct", at="00:30")(page, cast)


def _ask_to_cancel(page: Page, cast: Cast) -> None:
    _press(f"{_record_laser(page)}/cancel", reason="It did not take place")(page, cast)


def _book(page: Page, cast: Cast) -> None:
    page.goto("/record")
    day = date.fromisoformat(page.get_by_label("Day").input_value()) + timedelta(days=20)
    _press(f"{AT_THEO}/book", treatment="fractional-laser", on=day.isoformat(), at="10:00")(page, cast)


def _cancel(page: Page, cast: Cast) -> None:
    page.goto(f"{AT_MARA}/procedures/1/cancel")
    # The second who comes finds it cancelled.
    if page.get_by_label("Why").count():
        page.get_by_label("Why").fill("Entered for the wrong patient")
        page.get_by_role("button", name="Show what changes").click()
        page.get_by_role("button", name="Cancel the procedure").click()


def _find_in_recall(page: Page, cast: Cast) -> None:
    page.goto("/recall?sort=name")
    page.get_by_label("Part of a name").fill("mara")
    page.get_by_role("button", name="Find").click()


def _open_days_of_delivery(page: Page, cast: Cast) -> None:
    """After a procedure of today, since the demo's are of another month."""
    recording.add_patient(page, "Delia Frost", "617 555 0187")
    recording.choose_treatment(page, LASER)
    recording.save(page)
    page.goto("/delivery")
    page.get_by_text("By day", exact=True).click()


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
    View(name="calls", who=DORA, sees="Call list", has_picture=True, come=at("/today/calls")),
    View(name="rules", who=DORA, sees="all other hours are quiet", has_picture=True, come=at("/rules")),
    View(
        name="rules-treatment",
        who=DORA,
        sees="The course as a picture",
        has_picture=True,
        come=at("/rules/fractional-laser"),
    ),
    View(name="password", who=DORA, sees="You stay signed in here", has_picture=True, come=at("/password")),
    View(
        name="password-refused",
        who=DORA,
        sees="Choose a password of 12 to 256 characters",
        come=_change_to_short_password,
    ),
    View(name="patients", who=DORA, sees="At least two letters or digits.", come=at("/patients")),
    View(name="patients-found", who=DORA, sees="Mara Quill", has_picture=True, come=_find_mara),
    View(name="patient", who=DORA, sees="Messages as sent", has_picture=True, come=_open_mara),
    View(name="patient-unfolded", who=ADMIN, sees="Handed to outbox", come=_unfold_everything),
    View(name="patient-opted-out", who=DORA, sees="does not want it any more", come=_open_theo),
    View(name="details", who=DORA, sees="Consent is the patient's and stays", has_picture=True, come=_open_details),
    View(name="details-refused", who=DORA, sees="This is not a phone number", come=_type_wrong_details),
    View(name="consent", who=DORA, sees="Wants nothing more, since", has_picture=True, come=_open_consent),
    View(name="recall", who=DORA, sees="Whose next session is due", has_picture=True, come=at("/recall")),
    View(name="recall-found", who=DORA, sees="Show everybody", come=_find_in_recall),
    View(name="recall-nobody", who=DORA, sees="Take a filter away", come=at("/recall?sessions=undecided")),
    View(
        name="recall-refused",
        who=DORA,
        sees="This day is before the first one",
        come=at("/recall?from=2026-04-01&until=2026-03-01&treatment=peel"),
    ),
    View(name="outbox", who=DORA, sees="Nothing has left the house", has_picture=True, come=at("/outbox")),
    View(name="outbox-empty", who=DORA, sees="There are no older ones", come=at("/outbox?before=1")),
    View(name="delivery", who=DORA, sees="What became of every reminder", has_picture=True, come=at("/delivery")),
    View(name="delivery-by-day", who=DORA, sees="What became of every reminder", come=_open_days_of_delivery),
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
    View(name="users-role", who=ADMIN, sees="What Dora Flint may do", has_picture=True, come=_ask_role),
    View(name="audit", who=ADMIN, sees="Who saw, changed or sent what", has_picture=True, come=at("/audit")),
    View(
        name="correct",
        who=DORA,
        sees="Nothing is saved before you have seen",
        come=at(f"{AT_THEO}/procedures/2/correct"),
    ),
    View(
        name="correct-shown",
        who=DORA,
        sees="Nothing is saved yet.",
        has_picture=True,
        come=_correct,
    ),
    View(
        name="correct-refused",
        who=DORA,
        sees="A procedure cannot be in the future.",
        come=_press(f"{AT_THEO}/procedures/2/correct", on="2036-03-04", at="16:00"),
    ),
    View(
        name="cancel",
        who=DORA,
        sees="Nothing is saved yet.",
        has_picture=True,
        come=_ask_to_cancel,
    ),
    View(name="book", who=DORA, sees="Nothing is saved yet.", has_picture=True, come=_book),
    View(
        name="decide",
        who=ADMIN,
        sees="Usual are 3 to 4.",
        has_picture=True,
        come=at(f"{AT_THEO}/decide/skin-needling"),
    ),
    View(
        name="figures",
        who=ADMIN,
        sees="A figure that is set here counts",
        has_picture=True,
        come=at(f"{AT_THEO}/procedures/2/figures"),
    ),
    View(
        name="figure",
        who=ADMIN,
        sees="Now 7 days before",
        has_picture=True,
        come=at(f"{AT_THEO}/procedures/2/figures?rule=next-session&figure=from"),
    ),
    View(name="pause", who=DORA, sees="until somebody resumes", has_picture=True, come=at(f"{AT_THEO}/pause")),
    View(
        name="write",
        who=DORA,
        sees="As it will leave",
        has_picture=True,
        come=_press(f"{AT_THEO}/write", channel="email", subject="Your photo", body="Thank you. It looks as we hoped."),
    ),
    View(name="cancelled", who=DORA, sees="A message to withdraw them", has_picture=True, come=_cancel),
    View(name="send-again", who=ADMIN, sees="Send it once more", has_picture=True, come=_send_after_the_end),
    View(name="send-password-again", who=DORA, sees="Send it once more", come=_send_password_after_the_end),
    View(name="not-found", who=DORA, sees="There is nothing here", has_picture=True, come=at("/patients/x")),
    View(name="not-found-by-a-stranger", who=None, sees="There is nothing here", come=at("/nothing")),
    View(name="not-allowed", who=DORA, sees="This is not for you", come=at("/users")),
    View(name="not-from-here", who=DORA, sees="This does not work from here", come=at("/sign-out")),
)
