"""What each page of the desk shows of the invented clinic, and of what happens on a day."""

from __future__ import annotations

import csv
import io
from datetime import date

import pytest

from reminders.model import Channel, TaskRule
from reminders.overview import (
    DeliveryOutcome,
    PatientPage,
    RecallFilter,
    RecallLine,
    RecallSort,
    TaskAction,
    Today,
    list_calls,
    list_open_tasks,
    read_delivery,
    read_outbox,
    read_patient,
    read_recall,
    read_service,
    read_today,
    write_recall_csv,
)
from reminders.overview.patient import EntryKind
from reminders.overview.spreadsheets import make_inert
from reminders.store.engine import reading, writing
from reminders.tables import DaemonRow
from tests.casework.pages import DeskClinic
from tests.clinic import LASER, NEEDLING


def today(desk: DeskClinic) -> Today:
    with reading(desk.app.engine) as tx:
        return read_today(tx, desk.config.clinic, desk.clock.now)


def recall(desk: DeskClinic, **wanted: object) -> list[RecallLine]:
    with reading(desk.app.engine) as tx:
        return list(read_recall(tx, desk.config.clinic, RecallFilter(**wanted), desk.clock.now).lines)  # type: ignore[arg-type]


def page(desk: DeskClinic, patient_id: int = 1) -> PatientPage:
    with reading(desk.app.engine) as tx:
        found = read_patient(tx, desk.config.clinic, desk.app.templates, patient_id, desk.clock.now)
    assert found is not None
    return found


# ---- today -------------------------------------------------------------------------------------------------------


def test_today_shows_what_goes_out_what_went_and_what_did_not(desk: DeskClinic) -> None:
    desk.record_on_time(LASER, "2026-03-10 17:30")
    desk.run_until("2026-03-10 19:00")
    shown = today(desk)

    assert [line.says for line in shown.left.lines] == [("icing 1",)]
    assert (shown.leaving.count, shown.unsent.count) == (0, 0)
    desk.run_until("2026-03-11 08:40").replan()
    shown = today(desk)
    assert [line.says[0] for line in shown.leaving.lines] == ["sunscreen 1", "icing 7", "icing 8"]
    assert [(line.says[0], line.reason) for line in shown.unsent.lines] == [
        ("icing 4", "quiet_hours"),
        ("icing 5", "quiet_hours"),
    ]


def test_today_shows_messages_by_hand_beside_the_reminders(desk: DeskClinic) -> None:
    desk.record_on_time(NEEDLING, "2026-03-10 10:00")
    desk.write("See you soon.")
    assert [line.says for line in today(desk).leaving.lines] == [("by hand",)]

    shown = today(desk.dispatch())
    assert [(line.says, line.status) for line in shown.left.lines] == [(("by hand",), "sent")]


def test_tasks_that_a_patient_waits_for_come_first(demo: DeskClinic) -> None:
    with reading(demo.app.engine) as tx:
        tasks = list_open_tasks(tx, demo.clock.now)

    assert [task.is_urgent for task in tasks] == sorted((task.is_urgent for task in tasks), reverse=True)
    assert {task.rule: task.action for task in tasks} == {
        TaskRule.DECIDE_COURSE: TaskAction.DECIDE_COURSE,
        TaskRule.SESSION_OUTCOME: TaskAction.SAY_OUTCOME,
    }


def test_a_paused_channel_and_a_late_daemon_are_told(desk: DeskClinic) -> None:
    desk.record_on_time(NEEDLING, "2026-03-10 10:00")
    with writing(desk.app.engine) as tx:
        tx.add(DaemonRow(id="host:1", started_at=desk.clock.now, ticked_at=desk.clock.now))
    desk.suspend()
    desk.at("2026-03-11 09:00").dispatch()

    with reading(desk.app.engine) as tx:
        service = read_service(tx, desk.clock.now)
    assert [each.channel for each in service.paused] == [Channel.SMS]
    assert service.is_daemon_late
    assert not service.is_well


def test_the_call_list_has_a_patient_once_with_all_reasons(desk: DeskClinic) -> None:
    desk.record_on_time(NEEDLING, "2026-03-10 10:00")
    for number in range(2):
        desk.write(f"Message {number}.")
    desk.at("2026-03-12 12:00").dispatch()

    with reading(desk.app.engine) as tx:
        (call,) = list_calls(tx, desk.clock.now)
    assert (call.name, call.phone, len(call.tasks)) == ("Ana Diaz", "+16175550142", 2)


# ---- recall ------------------------------------------------------------------------------------------------------


def test_recall_shows_whose_next_session_is_due_and_whether_it_is_booked(demo: DeskClinic) -> None:
    lines = {line.name: line for line in recall(demo)}

    noor, jonas, kofi = lines["Noor Haddad"], lines["Jonas Falk"], lines["Kofi Mensah"]
    assert (noor.needs_booking, noor.starts_local, noor.due_on) == (True, None, date(2026, 11, 16))
    assert jonas.starts_local is not None
    assert (f"{jonas.starts_local:%Y-%m-%d %H:%M}", jonas.needs_booking) == ("2026-11-25 14:30", False)
    assert (kofi.sessions_done, kofi.is_undecided) == (3, True)


def test_recall_says_what_the_patient_last_got(demo: DeskClinic) -> None:
    (theo,) = recall(demo, text="theo lind")

    assert theo.last_text_says == ("sunscreen 2",)
    assert f"{theo.last_text_at:%m-%d %H:%M}" == "11-19 09:00"


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        ({"is_booked": True, "sort": RecallSort.VISIT}, ["Oscar", "Jonas", "Priya"]),
        ({"is_undecided": True}, ["Kofi"]),
        ({"treatment": NEEDLING, "sort": RecallSort.NAME}, ["Jonas", "Kofi", "Oscar", "Samuel", "Theo"]),
        ({"due_until": date(2026, 11, 16)}, ["Oscar", "Noor"]),
        ({"text": "elodie"}, ["Élodie"]),
        ({"sort": RecallSort.NAME, "is_descending": True, "limit": 2}, ["Theo", "Samuel"]),
        ({"sort": RecallSort.NAME, "limit": 2, "offset": 2}, ["Iris", "Jonas"]),
    ],
)
def test_recall_is_filtered_sorted_and_paged(demo: DeskClinic, wanted: dict[str, object], names: list[str]) -> None:
    assert [line.name.split()[0] for line in recall(demo, **wanted)] == names


def test_recall_follows_a_booking_that_lapses(desk: DeskClinic) -> None:
    desk.record_on_time(NEEDLING, "2026-03-10 10:00")
    desk.book(NEEDLING, "2026-04-24 14:00")
    assert [line.session_id for line in recall(desk)] == [1]

    desk.run_until("2026-05-10 10:00")
    assert [(line.session_id, line.needs_booking) for line in recall(desk)] == [(None, True)]


def test_a_finished_course_is_not_recalled(desk: DeskClinic) -> None:
    desk.record_on_time(NEEDLING, "2026-03-10 10:00", planned_sessions=1)

    assert recall(desk) == []


def test_the_spreadsheet_has_no_formula_in_it(desk: DeskClinic) -> None:
    """S9"""
    desk.record_on_time(NEEDLING, "2026-03-10 10:00", name="=HYPERLINK(1)")
    sheet = "".join(write_recall_csv(desk.app.engine, desk.config.clinic, RecallFilter(), desk.clock.now))

    head, row = csv.reader(io.StringIO(sheet))
    assert dict(zip(head, row, strict=True))["name"] == "'=HYPERLINK(1)"
    assert not any(cell.startswith(("=", "+", "-", "@")) for cell in row)


def test_the_spreadsheet_holds_everybody(demo: DeskClinic) -> None:
    sheet = "".join(write_recall_csv(demo.app.engine, demo.config.clinic, RecallFilter(limit=1), demo.clock.now))

    assert len(sheet.splitlines()) == 1 + 12


@pytest.mark.parametrize("cell", ["=1", "+1", "-1", "@a", " =1", "\t=1", "＝1"])
def test_what_a_formula_begins_with_is_made_inert(cell: str) -> None:
    """S9"""
    assert make_inert(cell) == f"'{cell}"


@pytest.mark.parametrize(("value", "text"), [(-3, "-3"), (None, ""), ("Ana = Diaz", "Ana = Diaz")])
def test_other_cells_stay_as_they_are(value: object, text: str) -> None:
    assert make_inert(value) == text


# ---- delivery, outbox --------------------------------------------------------------------------------------------


def test_delivery_counts_by_the_clinic_s_days(desk: DeskClinic) -> None:
    """A text at 19:30 in Boston is of that day, though it is the next one in UTC."""
    desk.at("2026-03-10 10:00").record(NEEDLING, "2026-03-10 10:00", time_zone="America/Los_Angeles")
    desk.run_until("2026-03-11 23:00")
    with reading(desk.app.engine) as tx:
        shown = read_delivery(tx, desk.config.clinic, desk.clock.now)

    assert (len(shown.days), shown.days[-1]) == (30, date(2026, 3, 11))
    assert shown.count_by_day()[date(2026, 3, 11)] == {DeliveryOutcome.HANDED_OVER: 1}
    assert shown.count_by_rule() == {(Channel.SMS, "sunscreen"): {DeliveryOutcome.HANDED_OVER: 1}}


def test_delivery_counts_every_reminder_of_its_days_once(demo: DeskClinic) -> None:
    with reading(demo.app.engine) as tx:
        shown = read_delivery(tx, demo.config.clinic, demo.clock.now)

    total = sum(cell.count for cell in shown.cells)
    assert total > 50
    assert sum(sum(each.values()) for each in shown.count_by_day().values()) == total
    assert sum(sum(each.values()) for each in shown.count_by_rule().values()) == total
    assert (Channel.SMS, "by hand") in shown.count_by_rule()


def test_the_outbox_shows_the_newest_first_with_what_it_says(desk: DeskClinic) -> None:
    desk.record_on_time(NEEDLING, "2026-03-10 10:00")
    desk.write("See you soon.")
    desk.run_until("2026-03-11 10:00")
    with reading(desk.app.engine) as tx:
        shown = read_outbox(tx, limit=10)

    assert not shown.has_more
    assert [(each.patient_name, each.says) for each in shown.messages] == [
        ("Ana Diaz", ("sunscreen 1",)),
        ("Ana Diaz", ("by hand",)),
    ]


# ---- the patient -------------------------------------------------------------------------------------------------


def test_the_patient_s_page_shows_the_course_the_consent_and_who_changed_what(desk: DeskClinic) -> None:
    desk.record_on_time(LASER, "2026-03-10 10:00")
    desk.decide(LASER, 4)
    shown = page(desk)

    (course,) = shown.courses
    assert (course.session_number, course.planned_sessions, course.due_on) == (1, 4, date(2026, 4, 10))
    assert [(each.channel, each.recorded_by) for each in shown.consents] == [("sms", "desk"), ("email", "desk")]
    assert [each.what for each in shown.changes] == [
        "decided on 4 sessions of fractional-laser",
        "recorded procedure 1",
    ]
    assert shown.version == desk.version()


def test_the_timeline_has_everything_by_time(desk: DeskClinic) -> None:
    desk.record_on_time(NEEDLING, "2026-03-10 10:00")
    desk.book(NEEDLING, "2026-04-24 14:00")
    desk.write("See you soon.")
    desk.run_until("2026-03-11 10:00")
    kinds = [(each.kind, each.label, each.status) for each in page(desk).timeline]

    assert kinds[:3] == [
        (EntryKind.PROCEDURE, "Skin needling", "performed"),
        (EntryKind.WRITTEN, "by hand", "sent"),
        (EntryKind.REMINDER, "sunscreen 1", "sent"),
    ]
    assert (EntryKind.VISIT, "Skin needling", "open") in kinds


def test_messages_are_shown_as_they_were_sent(desk: DeskClinic) -> None:
    desk.record_on_time(NEEDLING, "2026-03-10 10:00")
    desk.run_until("2026-03-11 10:00")
    (message,) = page(desk).messages

    assert (message.body, message.says) == (desk.sent()[0].body, ("sunscreen 1",))
    assert [attempt.outcome for attempt in message.attempts] == ["accepted"]


def test_the_page_says_that_the_patient_is_paused(desk: DeskClinic) -> None:
    desk.record_on_time(NEEDLING, "2026-03-10 10:00")
    desk.pause("in hospital", "2026-04-01")
    pause = page(desk).pause

    assert pause is not None
    assert (pause.reason, pause.until) == ("in hospital", desk.instant("2026-04-01 00:00"))


def test_there_is_no_page_of_nobody(desk: DeskClinic) -> None:
    with reading(desk.app.engine) as tx:
        assert read_patient(tx, desk.config.clinic, desk.app.templates, 2**40, desk.clock.now) is None
