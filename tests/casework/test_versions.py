"""Two people at one patient: nobody's change is lost, and a form that is out of date says who changed what."""

from __future__ import annotations

from collections.abc import Callable
from threading import Thread

import pytest

from reminders.casework.patients import PatientEntry, edit_patient
from reminders.casework.procedures import cancel_procedure
from reminders.casework.versions import StaleForm, require_unchanged
from reminders.casework.withdrawing import list_gone, say_gone
from reminders.model import AnchorKind
from reminders.store.engine import reading, writing
from reminders.store.versions import list_changes
from tests.casework.pages import DeskClinic
from tests.clinic import LASER, NEEDLING


def edit_as(desk: DeskClinic, by: str, seen: int, **fields: str) -> None:
    """What the page does: the version of the form first, then the change."""
    clinic = desk.config.clinic
    with writing(desk.app.engine, by=by) as tx:
        require_unchanged(tx, clinic, 1, seen)
        edit_patient(tx, clinic, 1, PatientEntry(**fields), desk.clock.now)  # type: ignore[arg-type]


def test_a_form_that_has_seen_the_latest_version_is_accepted(desk: DeskClinic) -> None:
    desk.record_on_time(NEEDLING, "2026-03-10 10:00")
    edit_as(desk, "Robin", desk.version(), language="es")

    assert desk.version() == 3


def test_a_stale_form_is_refused_with_who_changed_what(desk: DeskClinic) -> None:
    desk.record_on_time(NEEDLING, "2026-03-10 10:00")
    seen = desk.version()
    edit_as(desk, "Robin", seen, email="ana.diaz@example.org")

    with pytest.raises(StaleForm, match=r"Robin edited the email \(Tue 10 Mar 2026, 10:00\)"):
        edit_as(desk, "Dana", seen, phone="+16175550143")


def test_what_the_stale_form_would_have_changed_stays_as_it_is(desk: DeskClinic) -> None:
    desk.record_on_time(NEEDLING, "2026-03-10 10:00")
    seen = desk.version()
    edit_as(desk, "Robin", seen, language="es")
    with pytest.raises(StaleForm):
        edit_as(desk, "Dana", seen, language="fr")

    with reading(desk.app.engine) as tx:
        assert [row.changed_by for row in list_changes(tx, 1)] == ["desk", "Robin"]


def test_of_two_at_the_very_same_moment_one_is_refused(desk: DeskClinic) -> None:
    desk.record_on_time(NEEDLING, "2026-03-10 10:00")
    seen, refused = desk.version(), []

    def edit(by: str) -> None:
        try:
            edit_as(desk, by, seen, language="es")
        except StaleForm as stale:
            refused.append(str(stale))

    threads = [Thread(target=edit, args=(by,)) for by in ("Robin", "Dana")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (len(refused), desk.version()) == (1, seen + 1)


def test_every_change_at_the_desk_makes_a_new_version(desk: DeskClinic) -> None:
    procedure = desk.record_on_time(NEEDLING, "2026-03-10 10:00")
    steps: list[Callable[[], object]] = [
        lambda: desk.at("2026-03-10 12:00").correct(procedure, "2026-03-10 09:30"),
        lambda: desk.book(NEEDLING, "2026-04-24 14:00"),
        lambda: desk.move(1, "2026-04-25 14:00"),
        lambda: desk.unbook(2),
        lambda: desk.decide(NEEDLING, 4),
        lambda: desk.opt_out("email"),
        lambda: desk.opt_in("email"),
        lambda: desk.edit(language="es"),
        lambda: desk.pause(),
        lambda: desk.resume(),
        lambda: desk.write("See you soon."),
        lambda: desk.cancel(procedure),
    ]
    for step in steps:
        before = desk.version()
        step()
        assert desk.version() == before + 1


def test_what_changes_nothing_makes_no_version(desk: DeskClinic) -> None:
    desk.record_on_time(NEEDLING, "2026-03-10 10:00")
    desk.book(NEEDLING, "2026-04-24 14:00")
    before = desk.version()
    desk.record(NEEDLING, "2026-03-10 10:00")
    desk.book(NEEDLING, "2026-04-24 14:00")

    assert desk.version() == before


def test_a_cancel_while_a_text_is_being_sent_says_so(desk: DeskClinic) -> None:
    """Acceptance 7 of the front desk."""
    procedure = desk.record_on_time(LASER, "2026-03-10 10:00")
    said: list[str] = []

    def cancel() -> None:
        with writing(desk.app.engine) as tx:
            replanned = cancel_procedure(tx, desk.config.clinic, procedure, "wrong patient", desk.clock.now)
            said.extend(say_gone(list_gone(replanned.case.left, AnchorKind.PROCEDURE, procedure)))

    desk.interrupt("sms", cancel)
    desk.dispatch()

    assert [sentence[:34] for sentence in said] == ["icing 1 by sms: being sent at this"]
    assert desk.sent_short() == [("2026-03-10 10:00", "icing 1")]


@pytest.mark.parametrize(
    "step",
    [
        lambda desk: desk.correct(1, "2026-03-10 10:00"),
        lambda desk: desk.move(1, "2026-04-24 14:00"),
        lambda desk: desk.decide(NEEDLING, 4),
        lambda desk: desk.pause(until="2026-03-20"),
    ],
)
def test_what_is_so_already_makes_no_version(desk: DeskClinic, step: Callable[[DeskClinic], object]) -> None:
    desk.record_on_time(NEEDLING, "2026-03-10 10:00")
    desk.book(NEEDLING, "2026-04-24 14:00")
    desk.decide(NEEDLING, 4)
    desk.pause(until="2026-03-20")
    before = desk.version()
    step(desk)

    assert desk.version() == before
