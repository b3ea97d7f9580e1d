"""What the desk is shown before it saves: partial input, warnings, differences, and that nothing is kept."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import func, select

from reminders.casework.cautions import CautionKind
from reminders.casework.patients import PatientEntry
from reminders.casework.previews import Effect
from reminders.casework.procedures import ProcedureEntry, cancel_procedure, correct_procedure
from reminders.casework.sessions import book_session
from reminders.model import Channel, Reason, Status
from reminders.store.engine import reading
from reminders.tables import Base, PatientChangeRow
from tests.casework.pages import DeskClinic
from tests.clinic import LASER, NEEDLING


def count_rows(desk: DeskClinic) -> dict[str, int]:
    with reading(desk.app.engine) as tx:
        return {
            name: tx.scalar(select(func.count()).select_from(each)) or 0 for name, each in Base.metadata.tables.items()
        }


def test_a_preview_keeps_nothing(desk: DeskClinic) -> None:
    before = count_rows(desk)
    preview = desk.at("2026-03-10 10:00").preview(desk.entry("2026-03-10 10:00"))

    assert preview.is_complete
    assert preview.lines
    assert count_rows(desk) == before


def test_a_preview_shows_time_channel_segments_text_and_source(desk: DeskClinic) -> None:
    preview = desk.at("2026-03-10 10:00").preview(desk.entry("2026-03-10 10:00"))

    first = preview.lines[0]
    assert (first.rule, f"{first.local:%H:%M}", first.channel, first.segments) == ("icing", "10:00", Channel.SMS, 2)
    assert first.text is not None
    assert "Reply HELP" in first.text
    assert "until 24 hours (Fractional Laser Treatment: “first 24 hours”)" in first.sources
    assert (preview.session_number, preview.planned_sessions) == (1, None)


def test_nothing_typed_is_no_fault_and_no_plan(desk: DeskClinic) -> None:
    preview = desk.preview(ProcedureEntry(treatment="", performed_at=""))

    assert (preview.faults, preview.lines, preview.is_complete) == ((), (), False)


def test_all_faults_are_shown_at_once_each_with_its_field(desk: DeskClinic) -> None:
    typed = ProcedureEntry(
        treatment="peeling",
        performed_at="yesterday",
        patient=PatientEntry(name="Ana", phone="12", email="ana@"),
        session=0,
    )

    assert {fault.field for fault in desk.preview(typed).faults} == {"phone", "email", "treatment", "session"}


def test_a_half_typed_number_does_not_hide_the_plan(desk: DeskClinic) -> None:
    entry = desk.entry("2026-03-10 10:00", patient=PatientEntry(name="An", phone="617 55", email="ana@example.org"))
    preview = desk.at("2026-03-10 10:00").preview(entry)

    assert [fault.field for fault in preview.faults] == ["phone"]
    assert {line.channel for line in preview.lines} == {Channel.EMAIL}
    assert not preview.is_complete


def test_the_plan_is_shown_before_the_patient_is_known(desk: DeskClinic) -> None:
    preview = desk.at("2026-03-10 10:00").preview(desk.entry("2026-03-10 10:00", patient=PatientEntry()))

    assert {line.reason for line in preview.lines if line.rule == "swelling"} == {Reason.NO_CONTACT}
    assert [f"{line.local:%m-%d %H:%M}" for line in preview.lines if line.rule == "swelling"] == ["03-12 10:00"]


@pytest.mark.parametrize(
    ("now", "typed", "over", "kind"),
    [
        ("2026-03-10 20:30", "2026-03-10 20:15", {}, CautionKind.QUIET_HOURS),
        ("2026-03-10 20:30", "2026-03-10 20:15", {}, CautionKind.FIRST_TEXT_WAITS),
        ("2026-03-12 11:00", "2026-03-10 10:00", {}, CautionKind.TOO_LATE),
        ("2026-03-10 11:00", "2026-03-10", {}, CautionKind.NO_TIME),
        ("2026-03-10 11:00", "2026-03-10 10:00", {"consent": ()}, CautionKind.CANNOT_REACH),
    ],
)
def test_warnings_say_what_the_desk_should_see(
    desk: DeskClinic, now: str, typed: str, over: dict[str, Any], kind: CautionKind
) -> None:
    preview = desk.at(now).preview(desk.entry(typed, **over))

    assert kind in {each.kind for each in preview.warnings}


def test_nothing_is_warned_of_where_all_is_well(desk: DeskClinic) -> None:
    assert desk.at("2026-03-10 10:00").preview(desk.entry("2026-03-10 10:00")).warnings == ()


@pytest.mark.parametrize(
    ("treatment", "says"), [(NEEDLING, "comes before Tue 21 Apr 2026"), (LASER, "counted from Skin needling")]
)
def test_a_visit_that_comes_too_early_or_overlaps_is_warned_of(desk: DeskClinic, treatment: str, says: str) -> None:
    desk.record_on_time(NEEDLING, "2026-03-10 10:00")
    preview = desk.at("2026-03-20 10:00").preview(desk.entry("2026-03-20 10:00", treatment, patient_id=1))

    assert [says in each.sentence for each in preview.warnings if each.kind is CautionKind.VISITS] == [True]


def test_a_pause_is_warned_of(desk: DeskClinic) -> None:
    desk.record_on_time(NEEDLING, "2026-03-10 10:00")
    desk.pause()
    preview = desk.at("2026-05-20 10:00").preview(desk.entry("2026-05-20 10:00", patient_id=1))

    assert CautionKind.PAUSED in {each.kind for each in preview.warnings}


def test_consent_without_a_number_is_a_fault_and_does_not_hide_the_plan(desk: DeskClinic) -> None:
    entry = desk.entry("2026-03-10 10:00", patient=PatientEntry(name="Ana", email="ana@example.org"))
    preview = desk.at("2026-03-10 10:00").preview(entry)

    assert ["add the phone number" in fault.sentence for fault in preview.faults] == [True]
    assert preview.lines
    assert not preview.is_complete


def test_a_second_entry_of_the_same_procedure_says_so(desk: DeskClinic) -> None:
    desk.record_on_time(LASER, "2026-03-10 10:00")

    assert desk.preview(desk.entry("2026-03-10 10:00")).warnings[0].kind is CautionKind.ALREADY_THERE


def test_another_time_on_that_day_is_refused_in_the_preview(desk: DeskClinic) -> None:
    desk.record_on_time(LASER, "2026-03-10 10:00")
    (fault,) = desk.at("2026-03-10 12:00").preview(desk.entry("2026-03-10 11:00")).faults

    assert "there already with another time" in fault.sentence


def test_a_preview_shows_what_it_does_to_an_earlier_procedure(desk: DeskClinic) -> None:
    desk.record_on_time(NEEDLING, "2026-03-10 10:00")
    preview = desk.at("2026-03-12 10:00").preview(desk.entry("2026-03-12 10:00", patient_id=1))

    ended = [each for each in preview.others if each.effect is Effect.CANCELLED]
    assert {each.after.reason for each in ended if each.after} == {Reason.SUPERSEDED}


# ---- a change ----------------------------------------------------------------------------------------------------


def effects(desk: DeskClinic, procedure_id: int, performed_at: str) -> dict[Effect, list[str]]:
    clinic, now = desk.config.clinic, desk.clock.now
    shown = desk.preview_change(lambda tx: correct_procedure(tx, clinic, procedure_id, performed_at, now))
    found: dict[Effect, list[str]] = {}
    for each in shown.lines:
        line = each.after or each.before
        assert line is not None
        found.setdefault(each.effect, []).append(f"{line.rule} {line.identity.occurrence}")
    return found


def test_a_correction_shows_what_moves_and_what_was_sent(desk: DeskClinic) -> None:
    procedure = desk.record_on_time(NEEDLING, "2026-03-10 10:00")
    desk.run_until("2026-03-12 12:00")

    found = effects(desk, procedure, "2026-03-09T10:00")

    assert found[Effect.ALREADY_SENT] == ["sunscreen 1"]
    assert found[Effect.MOVED] == ["sunscreen 2", "sunscreen 3", "sunscreen 4", "next-session 1", "next-session 2"]


def test_a_correction_that_changes_nothing_keeps_everything(desk: DeskClinic) -> None:
    procedure = desk.record_on_time(NEEDLING, "2026-03-10 10:00")

    assert set(effects(desk.at("2026-03-10 12:00"), procedure, "2026-03-10T11:00")) == {Effect.KEPT}


def test_a_change_that_is_refused_says_why(desk: DeskClinic) -> None:
    procedure = desk.record_on_time(NEEDLING, "2026-03-10 10:00")
    clinic, now = desk.config.clinic, desk.clock.now
    shown = desk.preview_change(lambda tx: cancel_procedure(tx, clinic, procedure, " ", now))

    assert shown.refusal == "Say why it is cancelled."


def test_a_booking_shows_the_task_that_it_would_raise(desk: DeskClinic) -> None:
    desk.record_on_time(NEEDLING, "2026-03-10 10:00")
    clinic, now = desk.config.clinic, desk.clock.now
    shown = desk.preview_change(lambda tx: book_session(tx, clinic, 1, NEEDLING, "2026-03-20T10:00", now))

    assert any("comes before" in sentence for sentence in shown.tasks)
    added = [each.after for each in shown.lines if each.effect is Effect.ADDED and each.after]
    assert [(line.rule, line.status) for line in added] == [("appointment", Status.SCHEDULED)]


def test_what_became_of_a_visit_is_no_task_before_its_day_is_over(desk: DeskClinic) -> None:
    desk.record_on_time(NEEDLING, "2026-03-10 10:00")
    clinic, now = desk.config.clinic, desk.clock.now
    shown = desk.preview_change(lambda tx: book_session(tx, clinic, 1, NEEDLING, "2026-04-28T10:00", now))

    assert shown.tasks == ()


def test_a_preview_of_a_change_leaves_no_version_behind(desk: DeskClinic) -> None:
    procedure = desk.record_on_time(NEEDLING, "2026-03-10 10:00")
    before = desk.version()
    clinic, now = desk.config.clinic, desk.clock.now
    shown = desk.preview_change(lambda tx: cancel_procedure(tx, clinic, procedure, "wrong patient", now))

    assert (shown.version, desk.version()) == (before, before)
    with reading(desk.app.engine) as tx:
        assert [row.what for row in tx.scalars(select(PatientChangeRow))] == ["recorded procedure 1"]


def test_texts_of_the_same_minute_are_shown_as_the_one_message_they_leave_in(desk: DeskClinic) -> None:
    desk.record_on_time(LASER, "2026-03-10 10:00", attributes={"site": "left"})
    desk.record(NEEDLING, "2026-03-10 10:00")
    (shared,) = {line.text for line in desk.forecast() if f"{line.local:%m-%d %H:%M}" == "03-11 09:00" and line.text}
    desk.run_until("2026-03-11 09:30")

    assert desk.sent()[-1].body == shared


def test_only_the_first_of_two_patients_with_one_number_is_greeted(desk: DeskClinic) -> None:
    desk.at("2026-03-10 10:00").record(NEEDLING, "2026-03-10 09:00", name="Ben Ode", email="ben@example.org")
    ana: dict[str, Any] = {"patient": PatientEntry(name="Ana", phone="+16175550142"), "consent": (Channel.SMS,)}
    later = desk.preview(desk.entry("2026-03-10 10:00", NEEDLING, **ana))
    earlier = desk.preview(desk.entry("2026-03-10 10:00", LASER, **ana))

    assert not any("HELP" in (line.text or "") for line in later.lines)
    assert "HELP" in (earlier.lines[0].text or "")
