"""The pages that change something at a patient: what they show first is what is then stored, or nothing is."""

from __future__ import annotations

import html
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import func, select

from reminders.accounts.audit import list_audit
from reminders.desk import create_app
from reminders.desk.plan_words import CHANNELS, say_moment, say_rule
from reminders.model import PENDING
from reminders.store.engine import reading
from reminders.tables import Base, PatientChangeRow, PatientRow, ProcedureRow, ReminderRow, SessionRow, WrittenRow
from tests.accounts.staff import hire
from tests.casework.pages import DeskClinic
from tests.clinic import LASER, NEEDLING
from tests.desk.browser import Browser, signed_in
from tests.desk.conftest import KEY
from tests.desk.pressing import groups, press, save, seen_on, show, words

NAME = 'name = "Fractional laser treatment"\n'
DECLARED = NAME + 'events = ["healed"]\nquestions = { pain = ["yes", "no"] }\n'
PINKNESS = '[treatments.fractional-laser.rules.pinkness]\nanchor = "procedure_date"\n'
AFTER_HEALING = PINKNESS.replace('"procedure_date"', '{ event = "healed" }')
SWELLING = '[treatments.fractional-laser.rules.swelling]\nanchor = "procedure_date"\n'
IF_IT_HURTS = SWELLING + 'when = { answer = { pain = "yes" } }\n'

HTMX = {"HX-Request": "true"}
CORRECT = "/patients/1/procedures/1/correct"
CANCEL = "/patients/1/procedures/1/cancel"
BOOK = "/patients/1/book"
WRITE = "/patients/1/write"
VISIT = {"treatment": LASER, "on": "2026-04-14", "at": "10:00"}
TEXT = {"channel": "sms", "body": "Thank you for the photo."}


def prepare(clinic: DeskClinic) -> DeskClinic:
    """Ana's laser at ten with its first text sent; and one who is somebody else."""
    clinic.edit_config(NAME, DECLARED, (PINKNESS, AFTER_HEALING), (SWELLING, IF_IT_HURTS))
    hire(clinic.app.engine, clinic.clock.now)
    clinic.record_on_time(LASER, "2026-03-10 10:00")
    clinic.record(NEEDLING, "2026-03-10 09:00", name="Bo Chen", phone="+16175550143", email="bo@example.org")
    clinic.run_until("2026-03-10 10:10")
    return clinic


@pytest.fixture
def clinic(new_database: Callable[[str], str]) -> Iterator[DeskClinic]:
    with DeskClinic(new_database("sqlite")) as days:
        yield prepare(days)


@pytest.fixture
def any_clinic(database_url: str) -> Iterator[DeskClinic]:
    with DeskClinic(database_url) as days:
        yield prepare(days)


@pytest.fixture
def web(clinic: DeskClinic) -> FastAPI:
    return create_app(clinic.app, KEY)


@pytest.fixture
def cora(web: FastAPI) -> Browser:
    """A clinician."""
    return signed_in(web, "cora")


def count(clinic: DeskClinic, table: type[Base]) -> int:
    with reading(clinic.app.engine) as tx:
        return tx.scalar(select(func.count()).select_from(table)) or 0


def waiting(clinic: DeskClinic) -> list[str]:
    """What waits to leave to Ana, as the pages say it."""
    return sorted(
        f"{say_rule(line.rule)} {line.identity.occurrence}, {CHANNELS[line.channel]}, {say_moment(line.local)}"
        for line in clinic.forecast()
        if line.status in PENDING
    )


def promised(page: str) -> list[str]:
    """What the page says will wait then."""
    shown = groups(page)
    stays = [*shown.get("Are added", []), *shown.get("Stay as they are", [])]
    return sorted([*stays, *map(_arrival, shown.get("Move", []))])


def _arrival(line: str) -> str:
    """Of 'swelling 1, text message, Thu …, 10:00 to Fri …, 10:00' the one and the other end."""
    head, _, arrival = line.rpartition(" to ")
    return f"{', '.join(head.split(', ')[:2])}, {arrival}" if head else line


# ---- what is shown is what happens -------------------------------------------------------------------------------

CHANGES: dict[str, tuple[str, dict[str, str]]] = {
    "correct": (CORRECT, {"on": "2026-03-09", "at": "16:00"}),
    "cancel": (CANCEL, {"reason": "wrong patient"}),
    "happened": ("/patients/1/procedures/1/event", {"event": "healed", "on": "2026-03-10", "at": "10:05"}),
    "answered": ("/patients/1/procedures/1/answer", {"answer": "pain=yes"}),
    "figure": (
        "/patients/1/procedures/1/figures",
        {"rule": "sunscreen", "figure": "at", "time": "11:00"},
    ),
    "book": (BOOK, VISIT),
    "decide": (f"/patients/1/decide/{LASER}", {"planned_sessions": "1"}),
    "pause": ("/patients/1/pause", {"reason": "in hospital", "on": "2026-03-20", "at": ""}),
    "write": (WRITE, TEXT),
}


@pytest.mark.parametrize("kind", CHANGES)
def test_the_first_press_shows_and_the_second_makes_what_was_shown(any_clinic: DeskClinic, kind: str) -> None:
    """Acceptance 4 of the front desk."""
    cora = signed_in(create_app(any_clinic.app, KEY), "cora")
    path, fields = CHANGES[kind]
    before, version = waiting(any_clinic), any_clinic.version()

    first = show(cora, path, fields)
    assert (first.status_code, waiting(any_clinic), any_clinic.version()) == (200, before, version), words(first.text)
    answer = save(cora, path, first.text, fields)

    assert answer.status_code == 303, words(answer.text)
    assert any_clinic.version() == version + 1
    assert waiting(any_clinic) == (before if kind == "write" else promised(first.text))
    assert kind == "write" or waiting(any_clinic) != before
    assert any_clinic.replan() == 0


def test_a_move_and_an_unbooking_are_shown_as_they_happen(any_clinic: DeskClinic) -> None:
    dora = signed_in(create_app(any_clinic.app, KEY), "dora")
    for fields in ({"on": "2026-04-16", "at": "15:00"}, None):
        session = any_clinic.book(LASER, "2026-04-14 10:00")
        path = f"/patients/1/sessions/{session}/{'move' if fields else 'unbook'}"
        first = show(dora, path, fields)
        answer = save(dora, path, first.text, fields)

        assert answer.status_code == 303, words(answer.text)
        assert waiting(any_clinic) == promised(first.text)
        assert any_clinic.session_state(session) == ("moved" if fields else "unbooked")


def test_resuming_and_taking_back_show_the_difference_before_anything_is_typed(
    clinic: DeskClinic, cora: Browser
) -> None:
    clinic.pause()
    clinic.override(1, "sunscreen", 'at = { time = "11:00" }')
    for path, fields in (
        ("/patients/1/resume", {}),
        ("/patients/1/procedures/1/figures", {"rule": "sunscreen"}),
    ):
        first = cora.get(path) if not fields else show(cora, path, fields)
        assert save(cora, path, first.text, fields).status_code == 303
        assert waiting(clinic) == promised(first.text)
    assert "sunscreen 1, text message, Wed 11 Mar 2026, 09:00" in waiting(clinic)


def test_what_has_happened_can_be_taken_back(clinic: DeskClinic, dora: Browser) -> None:
    path = "/patients/1/procedures/1/event"
    press(dora, path, {"event": "healed", "on": "2026-03-10", "at": "10:05"})
    assert "recorded for 2026-03-10 10:05" in words(dora.get(path).text)

    press(dora, path, {"event": "healed", "happened": "no"})

    assert not any(line.startswith("pinkness") for line in waiting(clinic))


def test_a_correction_says_what_stays_moves_comes_and_has_left(clinic: DeskClinic, dora: Browser) -> None:
    page = show(dora, CORRECT, {"on": "2026-03-09", "at": "16:00"}).text

    shown = groups(page)
    assert "sunscreen 2, text message, Wed 18 Mar 2026, 09:00 to Tue 17 Mar 2026, 09:00" in shown["Move"]
    assert shown["Have left already"] == ["icing 1, text message, Tue 10 Mar 2026, 10:00: sent"]
    assert "Nothing is saved yet." in words(page)


def test_new_tasks_are_shown_before(clinic: DeskClinic, dora: Browser) -> None:
    page = show(dora, "/patients/2/book", {"treatment": NEEDLING, "on": "2026-03-20", "at": "10:00"}).text

    assert "New tasks of the desk" in page
    assert "comes before" in words(page)


def test_a_message_is_shown_as_it_will_leave(clinic: DeskClinic, dora: Browser) -> None:
    page = words(show(dora, WRITE, TEXT).text)

    assert "Harbour Skin: Thank you for the photo." in page
    assert "To +16175550142, on 2026-03-10 10:10 or as soon as possible after it, 1 segment" in page


def test_a_text_sent_again_is_shown_and_sent_once(clinic: DeskClinic, dora: Browser) -> None:
    path = f"/patients/1/reminders/{clinic.reminder('icing')}/again"
    page = dora.get(path)
    answers = [save(dora, path, page.text).headers["location"] for _ in range(2)]

    assert "Harbour Skin" in words(page.text)
    assert answers == ["/patients/1"] * 2
    assert clinic.written() == [("scheduled", None)]


# ---- the form ----------------------------------------------------------------------------------------------------


def test_the_form_holds_what_is_so_now(clinic: DeskClinic, dora: Browser) -> None:
    page = dora.get(CORRECT).text

    assert 'name="on" type="date" autocomplete="off" value="2026-03-10"' in page
    assert 'name="at" type="time" autocomplete="off" value="10:00"' in page
    assert "Fractional laser treatment, Tue 10 Mar 2026, 10:00" in page
    assert seen_on(page) == {}


def test_nothing_is_saved_before_the_difference_was_seen(clinic: DeskClinic, dora: Browser) -> None:
    answer = show(dora, CANCEL, {"reason": "wrong patient", "save": "yes"})

    assert answer.status_code == 200
    assert "Are cancelled" in groups(answer.text)
    assert waiting(clinic) != []


@pytest.mark.parametrize(
    "forged",
    [{"version": "x"}, {"version": "-1"}, {"version": "9" * 12}, {"version": ""}, {"shown": ""}, {"shown": "0"}],
)
def test_a_forged_word_of_what_was_seen_saves_nothing(
    clinic: DeskClinic, dora: Browser, forged: dict[str, str]
) -> None:
    fields = {"reason": "wrong patient"}
    seen = seen_on(show(dora, CANCEL, fields).text)

    answer = show(dora, CANCEL, {**fields, **seen, **forged, "save": "yes"})

    assert answer.status_code in (200, 422)
    assert waiting(clinic) != []


def test_what_is_typed_anew_after_the_difference_is_shown_again_before_it_is_saved(
    clinic: DeskClinic, dora: Browser
) -> None:
    first = show(dora, CORRECT, {"on": "2026-03-09", "at": "16:00"}).text
    before = waiting(clinic)

    answer = save(dora, CORRECT, first, {"on": "2026-03-08", "at": "16:00"})

    assert answer.status_code == 422
    assert "what your last change to the form would do" in answer.text
    assert 'value="2026-03-08"' in answer.text
    assert waiting(clinic) == before
    assert save(dora, CORRECT, answer.text, {"on": "2026-03-08", "at": "16:00"}).status_code == 303


def test_what_no_reminder_shows_is_not_saved_unseen_either(clinic: DeskClinic, dora: Browser) -> None:
    """The end of a pause changes no line of the difference: what was typed is part of what was shown."""
    path, fields = "/patients/1/pause", {"reason": "travel", "on": "2026-03-20", "at": ""}
    first = show(dora, path, fields).text

    answer = save(dora, path, first, {**fields, "on": ""})

    assert (answer.status_code, "what your last change to the form would do" in answer.text) == (422, True)
    with reading(clinic.app.engine) as tx:
        assert tx.scalars(select(PatientRow.paused_since).where(PatientRow.id == 1)).one() is None


def test_the_clock_that_goes_on_is_no_other_difference(clinic: DeskClinic, dora: Browser) -> None:
    """What is due leaves at once, now as a minute ago."""
    clinic.record(LASER, "2026-03-10 10:09", name="Cy Ode", phone="+16175550144", email=None, consent=("sms",))
    path, fields = "/patients/3/procedures/3/correct", {"on": "2026-03-10", "at": "10:08"}
    first = show(dora, path, fields).text
    clinic.clock.now += timedelta(minutes=5)

    assert "icing 1, text message, Tue 10 Mar 2026, 10:10" in str(groups(first))
    assert save(dora, path, first, fields).status_code == 303


def test_htmx_gets_the_difference_and_the_buttons_alone(dora: Browser) -> None:
    page = show(dora, CORRECT, {"on": "2026-03-09", "at": "16:00"}, **HTMX).text

    assert "<html" not in page
    assert 'id="actions" hx-swap-oob="true"' in page
    assert seen_on(page).keys() == {"version", "shown"}


def test_a_text_that_leaves_meanwhile_is_another_difference(clinic: DeskClinic, dora: Browser) -> None:
    fields = {"reason": "wrong patient"}
    first = show(dora, CANCEL, fields).text
    clinic.run_until("2026-03-10 13:01")
    dora.sign_in()

    answer = save(dora, CANCEL, first, fields)

    assert answer.status_code == 422
    assert "icing 2, text message, Tue 10 Mar 2026, 13:00: sent" in groups(answer.text)["Have left already"]
    assert clinic.tasks() == []
    with reading(clinic.app.engine) as tx:
        assert tx.scalars(select(ProcedureRow.cancelled_at).where(ProcedureRow.id == 1)).one() is None


# ---- refusals ----------------------------------------------------------------------------------------------------

REFUSED: list[tuple[str, dict[str, str], str]] = [
    (CORRECT, {"on": "", "at": ""}, "Say on which day."),
    (CORRECT, {"on": "2026-03-11", "at": "10:00"}, "A procedure cannot be in the future."),
    (CORRECT, {"on": "2026-02-30", "at": ""}, "does not exist in the calendar"),
    (CORRECT, {"on": "2020-02-20", "at": ""}, "more than five years back"),
    (CANCEL, {"reason": " "}, "Say why it is cancelled."),
    (CANCEL, {"reason": "x" * 300}, "one line"),
    ("/patients/1/procedures/1/event", {}, "Choose what has happened."),
    (
        "/patients/1/procedures/1/event",
        {"event": "heal", "on": "2026-03-10"},
        "There is no event 'heal': use healed.",
    ),
    ("/patients/1/procedures/1/event", {"event": "healed", "on": "2026-03-12"}, "cannot be in the future"),
    ("/patients/1/procedures/1/event", {"event": "healed", "happened": "no"}, "there is nothing to take back"),
    ("/patients/1/procedures/1/answer", {}, "Choose an answer."),
    ("/patients/1/procedures/1/answer", {"answer": "pain=perhaps"}, "There is no answer 'perhaps'"),
    ("/patients/1/procedures/1/figures", {"rule": "sunscreen", "figure": "at", "time": ""}, "cannot be set"),
    (
        "/patients/1/procedures/1/figures",
        {"rule": "swelling", "figure": "from", "number": "x", "unit": "days"},
        "Write a whole number in digits.",
    ),
    (
        "/patients/1/procedures/1/figures",
        {"rule": "swelling", "figure": "from", "number": "3", "unit": "years"},
        "Choose the unit.",
    ),
    ("/patients/1/procedures/1/figures", {"rule": "sunscreen"}, "there is nothing to take back"),
    (BOOK, {}, "Choose the treatment."),
    (BOOK, {"treatment": "peeling", "on": "2026-04-14"}, "There is no treatment 'peeling'"),
    (BOOK, {"treatment": LASER, "on": "2026-03-09"}, "A booking cannot lie in the past."),
    (BOOK, {"treatment": LASER, "on": "2026-04-15", "at": "11:00"}, "move that one instead"),
    ("/patients/1/sessions/1/move", {"on": "2026-04-20", "at": "10:00"}, "Another visit is booked on that day"),
    ("/patients/1/sessions/1/move", {"on": "2036-04-20", "at": "10:00"}, "five years ahead"),
    (f"/patients/1/decide/{LASER}", {"planned_sessions": "four"}, "in digits"),
    (f"/patients/1/decide/{LASER}", {"planned_sessions": "0"}, "A course has at least 1 session"),
    (f"/patients/1/decide/{LASER}", {"planned_sessions": "1000"}, "No course has more than 999"),
    (f"/patients/1/decide/{NEEDLING}", {"planned_sessions": "3"}, "has no procedure of this treatment yet"),
    ("/patients/1/pause", {"reason": ""}, "Say why"),
    ("/patients/1/pause", {"reason": "travel", "on": "2026-03-10"}, "must end later than now"),
    ("/patients/1/pause", {"reason": "travel", "on": "", "at": "18:00"}, "Say on which day."),
    (WRITE, {"channel": "pigeon", "body": "Hello"}, "Choose how to send it."),
    (WRITE, {"channel": "sms", "body": " "}, "the message is empty"),
    (WRITE, {"channel": "sms", "body": "Your laser went well."}, "tell a stranger"),
    (WRITE, {"channel": "email", "body": "Hello"}, "needs a subject"),
    ("/patients/1/reminders/2/again", {}, "only one that has left or failed can be sent again"),
]


@pytest.mark.parametrize(("path", "fields", "says"), REFUSED)
def test_what_is_refused_is_said_beside_what_was_typed(
    clinic: DeskClinic, cora: Browser, path: str, fields: dict[str, str], says: str
) -> None:
    """And no sentence speaks of the command line."""
    for day in ("2026-04-15", "2026-04-20"):
        clinic.book(LASER, f"{day} 10:00")
    before = clinic.version()

    answer = show(cora, path, {**fields, "version": str(before), "shown": "0" * 64, "save": "yes"})

    assert answer.status_code == 422
    said = words(answer.text)
    assert says in said
    assert "`reminders" not in said
    assert "--" not in said
    assert seen_on(answer.text) == {}
    chosen = ("treatment", "event", "happened", "answer", "channel", "unit")
    assert all(html.escape(value) in answer.text for name, value in fields.items() if name not in chosen)
    assert clinic.version() == before


@pytest.mark.parametrize(
    "path",
    [
        "/patients/2/procedures/1/correct",
        "/patients/2/procedures/1/cancel",
        "/patients/2/procedures/1/event",
        "/patients/2/procedures/1/answer",
        "/patients/2/procedures/1/figures",
        "/patients/2/sessions/1/move",
        "/patients/2/sessions/1/unbook",
        "/patients/2/reminders/1/again",
        # Nothing can be noted of needling.
        "/patients/2/procedures/2/event",
        "/patients/2/procedures/2/answer",
        "/patients/1/decide/peeling",
        "/patients/1/procedures/1/figures?rule=nothing&figure=at",
        "/patients/1/procedures/1/figures?rule=swelling&figure=nothing",
        "/patients/1/procedures/1/figures?rule=nothing",
    ],
)
def test_what_belongs_to_another_patient_is_not_there(clinic: DeskClinic, cora: Browser, path: str) -> None:
    """S3"""
    clinic.book(LASER, "2026-04-14 10:00")
    with reading(clinic.app.engine) as tx:
        assert tx.scalars(select(ReminderRow.patient_id).where(ReminderRow.id == 1)).one() == 1

    assert cora.get(path).status_code == 404
    if "?" not in path:
        assert show(cora, path, {"reason": "wrong patient", "save": "yes"}).status_code == 404


@pytest.mark.parametrize("path", [f"/patients/1/decide/{LASER}", "/patients/1/procedures/1/figures"])
def test_what_is_a_clinicians_to_decide_is_not_the_desks(clinic: DeskClinic, dora: Browser, path: str) -> None:
    """S3"""
    assert dora.get(path).status_code == 403
    assert show(dora, path, {"planned_sessions": "4", "rule": "swelling"}).status_code == 403


@pytest.mark.parametrize(
    "hostile", ["<script>alert(1)</script>", "=cmd|' /C calc'!A0", "{{ 7*7 }}", "a\r\nBcc: x@example.org"]
)
def test_what_is_typed_is_text_wherever_it_is_shown(clinic: DeskClinic, dora: Browser, hostile: str) -> None:
    """S9: in a header of an email, too."""
    pages = [
        show(dora, CANCEL, {"reason": hostile}).text,
        show(dora, WRITE, {"channel": "email", "subject": hostile, "body": hostile}).text,
    ]
    press(dora, "/patients/1/pause", {"reason": hostile})
    pages += [dora.get("/patients/1/resume").text, dora.get("/patients/1/pause").text]

    assert not any("<script>alert" in page for page in pages)
    assert words(hostile.replace("<", "").replace(">", ""))[:10] in words(
        pages[2].replace("&lt;", "").replace("&gt;", "")
    )
    clinic.resume()
    press(dora, WRITE, {"channel": "email", "subject": hostile, "body": "Hello"})
    assert all("\n" not in (subject or "") for subject in _subjects(clinic))


def _subjects(clinic: DeskClinic) -> list[str | None]:
    with reading(clinic.app.engine) as tx:
        return list(tx.scalars(select(WrittenRow.subject)))


# ---- two at once -------------------------------------------------------------------------------------------------


def test_what_somebody_else_has_changed_meanwhile_is_said_and_asked_again(
    clinic: DeskClinic, web: FastAPI, dora: Browser, olive: Browser
) -> None:
    """Acceptance 7: nobody's change is lost silently."""
    fields = {"on": "2026-03-09", "at": "16:00"}
    first = show(dora, CORRECT, fields).text
    assert press(olive, BOOK, VISIT).status_code == 303
    before = waiting(clinic)

    answer = save(dora, CORRECT, first, fields)

    assert answer.status_code == 422
    assert "Olive booked session 1 (Tue 10 Mar 2026, 10:10)" in words(answer.text)
    assert 'value="2026-03-09"' in answer.text
    assert waiting(clinic) == before
    assert save(dora, CORRECT, answer.text, fields).status_code == 303
    assert waiting(clinic) == promised(answer.text)
    assert clinic.session_state(1) == "open"


def test_an_older_form_is_refused_even_where_it_would_do_the_same(
    clinic: DeskClinic, dora: Browser, olive: Browser
) -> None:
    """What Olive wrote by hand changes no reminder, and Dora should know of it all the same."""
    first = show(dora, BOOK, VISIT).text
    press(olive, "/patients/1/write", {"channel": "email", "subject": "Hello", "body": "See you soon."})

    answer = save(dora, BOOK, first, VISIT)

    assert (answer.status_code, seen_on(answer.text)["shown"]) == (422, seen_on(first)["shown"])
    assert "Olive wrote a message by email" in words(answer.text)
    assert count(clinic, SessionRow) == 0


PAIRS: list[tuple[tuple[str, dict[str, str]], tuple[str, dict[str, str]]]] = [
    ((CORRECT, {"on": "2026-03-09", "at": "16:00"}), (CORRECT, {"on": "2026-03-08", "at": "16:00"})),
    ((CANCEL, {"reason": "wrong patient"}), (CORRECT, {"on": "2026-03-08", "at": "16:00"})),
    ((BOOK, VISIT), (BOOK, {**VISIT, "on": "2026-04-21"})),
    (("/patients/1/pause", {"reason": "travel"}), (WRITE, TEXT)),
]


@pytest.mark.parametrize("pair", PAIRS)
def test_of_two_who_save_at_the_very_same_moment_one_is_told_of_the_other(
    any_clinic: DeskClinic, pair: tuple[tuple[str, dict[str, str]], tuple[str, dict[str, str]]]
) -> None:
    """Acceptance 7, with two real connections."""
    web = create_app(any_clinic.app, KEY)
    people = [signed_in(web, name) for name in ("dora", "olive")]
    pages = [show(who, path, fields).text for who, (path, fields) in zip(people, pair, strict=True)]
    tokens = [who.form_token("/record") for who in people]
    before = any_clinic.version()

    def press_save(number: int) -> Any:
        path, fields = pair[number]
        return people[number].send(
            path, {**fields, **seen_on(pages[number]), "save": "yes", "form_token": tokens[number]}
        )

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(press_save, range(2)))

    assert sorted(answer.status_code for answer in answers) == [303, 422]
    (told,) = (answer for answer in answers if answer.status_code == 422)
    other = ("Dora", "Olive")[answers.index(told) == 0]
    assert f"changed since you opened the page: {other} " in words(told.text)
    assert any_clinic.version() == before + 1


TWICE = {
    "book": (BOOK, VISIT, SessionRow),
    "write": (WRITE, TEXT, WrittenRow),
    "correct": (CORRECT, {"on": "2026-03-09", "at": "16:00"}, None),
    "pause": ("/patients/1/pause", {"reason": "travel", "on": "2026-03-20"}, None),
    "cancel": (CANCEL, {"reason": "wrong patient"}, None),
}


@pytest.mark.parametrize("kind", TWICE)
def test_a_double_click_on_save_makes_one_change(any_clinic: DeskClinic, kind: str) -> None:
    path, fields, table = TWICE[kind]
    dora = signed_in(create_app(any_clinic.app, KEY), "dora")
    sent = {**fields, **seen_on(show(dora, path, fields).text), "save": "yes", "form_token": dora.form_token("/record")}
    changes = count(any_clinic, PatientChangeRow)
    again = Browser(dora.client.app)  # type: ignore[arg-type]
    again.client.cookies = dora.client.cookies

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda each: each.send(path, sent), (dora, again)))

    assert {answer.headers.get("location", words(answer.text)) for answer in answers} == (
        {"/patients/1"} if kind != "cancel" else {CANCEL}
    )
    assert count(any_clinic, PatientChangeRow) == changes + 1
    assert table is None or count(any_clinic, table) == 1


# ---- what is being sent at this very moment ----------------------------------------------------------------------


def row_of(clinic: DeskClinic, rule: str, occurrence: int) -> tuple[str, str | None]:
    with reading(clinic.app.engine) as tx:
        found = select(ReminderRow.status, ReminderRow.reason).where(
            ReminderRow.rule == rule, ReminderRow.occurrence == occurrence, ReminderRow.patient_id == 1
        )
        status, reason = tx.execute(found).one()
        return status, reason


def test_a_cancel_while_a_text_is_being_sent_says_so_and_leaves_it(any_clinic: DeskClinic) -> None:
    """Acceptance 7: before it is saved, on the page that follows, and in the row."""
    dora = signed_in(create_app(any_clinic.app, KEY), "dora")
    fields = {"reason": "wrong patient"}
    any_clinic.at("2026-03-10 12:59")
    dora.sign_in()
    early = show(dora, CANCEL, fields).text
    said: list[str] = []

    def cancel() -> None:
        shown = save(dora, CANCEL, early, fields)
        answer = save(dora, CANCEL, shown.text, fields)
        said.extend([words(shown.text), answer.headers["location"], words(dora.get(CANCEL).text)])
        said.append(str(row_of(any_clinic, "icing", 2)))

    any_clinic.at("2026-03-10 13:00").interrupt("sms", cancel)
    any_clinic.dispatch()

    under_way = "icing 2 by sms: being sent at this very moment, and can no longer be called back."
    assert under_way in said[0]
    assert said[1] == CANCEL
    assert under_way in said[2]
    assert "These had left already: icing 1 by sms." in said[2]
    assert said[3] == "('sending', None)"
    assert row_of(any_clinic, "icing", 2) == ("sent", None)
    assert row_of(any_clinic, "icing", 3) == ("cancelled", "procedure_cancelled")


def test_a_text_that_is_only_claimed_is_cancelled_and_does_not_leave(any_clinic: DeskClinic) -> None:
    """R25: nothing has been handed over yet."""
    any_clinic.at("2026-03-10 13:00")
    dora = signed_in(create_app(any_clinic.app, KEY), "dora")
    fields = {"reason": "wrong patient"}
    with any_clinic.app.engine.begin() as connection:
        connection.execute(
            ReminderRow.__table__.update()  # type: ignore[attr-defined]
            .where(ReminderRow.rule == "icing", ReminderRow.occurrence == 2)
            .values(status="claimed", claimed_by="another", lease_until=any_clinic.clock.now + timedelta(minutes=2))
        )

    page = show(dora, CANCEL, fields).text
    assert save(dora, CANCEL, page, fields).status_code == 303

    assert "very moment" not in page
    assert row_of(any_clinic, "icing", 2) == ("cancelled", "procedure_cancelled")


def test_an_unbooking_while_its_text_is_being_sent_says_so(clinic: DeskClinic, dora: Browser) -> None:
    session = clinic.book(LASER, "2026-04-14 10:00")
    path = f"/patients/1/sessions/{session}/unbook"
    said: list[str] = []

    def unbook() -> None:
        page = dora.get(path).text
        answer = save(dora, path, page)
        said.extend([words(page), answer.headers["location"], words(dora.get(path).text)])

    clinic.run_until("2026-04-13 10:00").interrupt("sms", unbook)
    dora.sign_in()
    clinic.dispatch()

    under_way = "preparation 1 by sms: being sent at this very moment"
    assert under_way in said[0]
    assert "correction 1" in said[0]
    assert said[1] == path
    assert under_way in said[2]


def test_what_was_cancelled_after_texts_had_left_offers_a_message_that_withdraws_them(
    clinic: DeskClinic, dora: Browser
) -> None:
    assert press(dora, CANCEL, {"reason": "wrong patient"}).headers["location"] == CANCEL
    page = dora.get(CANCEL).text
    assert "Please ignore our earlier texts about aftercare." in page

    press(dora, WRITE, {"channel": "sms", "body": "Please ignore our earlier texts about aftercare."})
    clinic.dispatch()

    assert "Please ignore our earlier texts" in clinic.sent()[-1].body


# ---- where one is sent, and what is written down -----------------------------------------------------------------


def test_what_is_over_leads_to_what_became_of_it(clinic: DeskClinic, dora: Browser) -> None:
    session = clinic.book(LASER, "2026-04-14 10:00")
    clinic.unbook(session)
    clinic.cancel(1)

    assert dora.get(CORRECT).headers["location"] == CANCEL
    assert dora.get(f"/patients/1/sessions/{session}/move").headers["location"].endswith(f"/sessions/{session}/unbook")
    assert dora.get("/patients/1/resume").headers["location"] == "/patients/1"


def test_who_looked_and_who_changed_what_is_in_the_audit_log(clinic: DeskClinic, dora: Browser) -> None:
    """S10: once each, and no word of what was typed."""
    press(dora, CANCEL, {"reason": "wrong patient"})
    press(dora, BOOK, VISIT)
    press(dora, WRITE, TEXT)

    with reading(clinic.app.engine) as tx:
        lines = [(line.action, line.subject, line.subject_id, line.fields) for line in list_audit(tx, patient_id=1)]
    assert lines == [
        ("send", "message", None, ()),
        ("add", "session", 1, ("treatment", "starts_at")),
        ("cancel", "procedure", 1, ("cancelled_at", "cancel_reason")),
        ("view", "patient", 1, ()),
    ]


def test_the_change_bears_the_name_of_who_made_it(clinic: DeskClinic, cora: Browser) -> None:
    press(cora, *CHANGES["figure"])

    with reading(clinic.app.engine) as tx:
        assert tx.scalars(select(PatientChangeRow.changed_by).order_by(PatientChangeRow.id.desc())).first() == "Cora"
        assert tx.scalars(select(PatientRow.version)).first() == clinic.version()
    assert "set by Cora" in words(cora.get("/patients/1/procedures/1/figures").text)
