"""What each command does when all is well, and what its `--json` promises to scripts."""

from __future__ import annotations

import json
from itertools import chain

import pytest

from tests.cli.desk import ANA, ICED, Desk
from tests.clinic import LASER, NEEDLING

LINE = [
    *("id", "patient", "procedure", "session", "treatment", "rule", "occurrence", "audience", "channel", "due_at"),
    *(
        "due_local",
        "expires_at",
        "target_on",
        "status",
        "reason",
        "overridden",
        "attempts",
        "provider_id",
        "message",
        "body",
    ),
]
TASK = ["id", "rule", "patient", "procedure", "session", "due_at", "status", "text"]
STATUS = ["ok", "daemon_age_seconds", "overdue", "in_doubt", "paused", "tasks"]


# ---- the contract ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("command", "keys"),
    [
        (("record", "--patient", "1", *ICED), LINE),
        (("correct", "1", "--performed-at", "2026-03-10T09:50"), LINE),
        (("cancel", "1", "--reason", "not performed"), LINE),
        (("event", "1", "healed"), LINE),
        (("answer", "1", "pain", "yes"), LINE),
        (("override", "1", "swelling", "--set", "from = { days = 3 }", "--by", "Dr. Lee"), LINE),
        (("decide", "1", "--treatment", LASER, "--planned-sessions", "4"), LINE),
        (("unbook", "1"), LINE),
        (("opt-out", "1", "--channel", "sms"), LINE),
        (("opt-in", "2", "--channel", "email"), LINE),
        (("patient", "edit", "1", "--language", "es"), LINE),
        (("plan", "1"), LINE),
        (("list",), LINE),
        (("tasks",), TASK),
        (("book", "2", "--treatment", LASER, "--starts-at", "2026-05-05"), ["session", "patient"]),
        (("move", "1", "--starts-at", "2026-05-05"), ["session", "patient"]),
        (("patient", "add", "--name", "Cleo", "--phone", "+16175550144"), ["patient"]),
        (("patients",), ["id", "name", "phone", "email", "time_zone", "language", "attributes"]),
        (("done", "1"), ["task"]),
        (("rules",), ["treatment", "rule", "sentence", "figures"]),
        (("dispatch",), ["handed_over", "settled", "notices"]),
        (("status",), STATUS),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else None,
)
def test_json_is_one_object_a_line_with_the_keys_of_the_contract(
    busy_desk: Desk, command: tuple[str, ...], keys: list[str]
) -> None:
    lines = busy_desk.ask(*command)

    assert {tuple(line) for line in lines} <= {tuple(keys)}


def test_the_outbox_prints_each_message_as_it_left(desk: Desk) -> None:
    desk.record()
    desk.ok("dispatch")

    (message,) = desk.ask("outbox")

    assert list(message) == ["message", "patient", "channel", "to", "sent_at", "subject", "body", "segments"]
    assert (message["to"], message["sent_at"]) == ("+16175550142", "2026-03-10T14:30:00Z")


def test_a_line_says_its_moments_in_utc_and_on_the_patients_clock(desk: Desk) -> None:
    lines = desk.record("--time-zone", "America/Los_Angeles")

    (swelling,) = [line for line in lines if line["rule"] == "swelling"]
    assert swelling["due_at"] == "2026-03-12T17:00:00Z"
    assert swelling["due_local"] == "2026-03-12T10:00:00-07:00"
    assert swelling["expires_at"] == "2026-03-14T07:00:00Z"


def test_a_line_says_which_date_its_text_names(desk: Desk) -> None:
    targets = {line["rule"]: line["target_on"] for line in desk.record()}

    assert targets["next-session"] == "2026-04-10"
    assert targets["sunscreen"] is None


def test_what_is_withheld_stands_in_the_plan_with_its_reason(desk: Desk) -> None:
    lines = desk.record("--session", "4", "--planned-sessions", "4")

    assert [(line["id"], line["status"], line["reason"]) for line in lines if line["rule"] == "next-session"] == [
        (None, "withheld", "last_session"),
        (None, "withheld", "last_session"),
    ]


@pytest.mark.parametrize(
    "command",
    [("plan", "1"), ("list",), ("tasks",), ("outbox",), ("rules",), ("patients",), ("status",), ("replan",)],
    ids=lambda value: value[0],
)
def test_without_json_people_get_words(busy_desk: Desk, command: tuple[str, ...]) -> None:
    answer = busy_desk.ok(*command)

    assert answer.out.strip()
    assert not answer.out.startswith("{")


# ---- recording -------------------------------------------------------------------------------------------------


def test_a_recorded_procedure_shows_its_plan_with_its_sources(desk: Desk) -> None:
    answer = desk.ok("record", *ANA, *ICED, "--consent", "sms")

    assert answer.out.startswith("Procedure 1 of patient 1 is recorded.")
    assert "“first 24 hours”" in answer.out
    assert (answer.err, len(desk.ask("list"))) == ("", 12)


def test_a_dry_run_shows_the_same_plan_and_saves_nothing(desk: Desk) -> None:
    before = desk.dump()

    shown = desk.record("--dry-run")

    assert desk.dump() == before
    assert shown == desk.record()


def test_the_same_procedure_recorded_twice_is_one(desk: Desk) -> None:
    """R3"""
    desk.record()

    again = desk.ok("record", *ANA, *ICED)

    assert again.out.startswith("This is procedure 1 of patient 1, which was there already.")
    assert len(desk.ask("list")) == 12


@pytest.mark.parametrize(
    "known",
    [
        ("--patient", "1"),
        ("--name", "ana  DIAZ", "--phone", "(617) 555-0142"),
        ("--name", "Ana Diaz", "--email", "Ana@Example.org"),
    ],
)
def test_a_known_patient_is_found_by_number_or_by_name_and_contact(desk: Desk, known: tuple[str, ...]) -> None:
    desk.record()

    lines = desk.ask("record", *known, "--treatment", NEEDLING, "--performed-at", "2026-03-09")

    assert {line["patient"] for line in lines} == {1}


def test_another_name_with_the_same_number_is_another_patient(desk: Desk) -> None:
    desk.record()

    lines = desk.ask("record", "--name", "Eva Diaz", "--phone", "+16175550142", *ICED)

    assert {line["patient"] for line in lines} == {2}


def test_what_is_typed_newly_of_a_known_patient_is_filled_in(desk: Desk) -> None:
    desk.ok("patient", "add", "--name", "Ben Ode", "--email", "ben@example.org")

    desk.ok("record", "--patient", "1", "--phone", "+16175550143", *ICED)

    assert [line["phone"] for line in desk.ask("patients")] == ["+16175550143"]


def test_without_consent_everything_is_withheld_with_a_warning(desk: Desk) -> None:
    answer = desk.ok("record", *ANA, *ICED, "--json")

    assert {(line["status"], line["reason"]) for line in answer.lines} == {("withheld", "no_consent")}
    assert answer.err == (
        "Warning: there is no consent for sms, so what would leave there is withheld. Ask the patient, "
        "then run `reminders opt-in 1 --channel sms`.\n"
    )


@pytest.mark.parametrize(
    ("typed", "due_at"),
    [
        ("2026-03-10", "2026-03-10T16:00:00Z"),
        ("2026-03-10T09:15", "2026-03-10T13:15:00Z"),
        ("2026-03-10 09:15", "2026-03-10T13:15:00Z"),
        ("2026-03-10T14:15+01:00", "2026-03-10T13:15:00Z"),
        ("2026-03-10T13:15Z", "2026-03-10T13:15:00Z"),
    ],
)
def test_a_moment_is_typed_with_or_without_time_and_offset(desk: Desk, typed: str, due_at: str) -> None:
    """P9: a date alone counts from the clinic's default time."""
    desk.now = "2026-03-10T16:30:00+00:00"

    lines = desk.ask("record", *ANA, "--treatment", LASER, "--performed-at", typed, "--consent", "sms")

    assert lines[0]["due_at"] == due_at


# ---- after the fact --------------------------------------------------------------------------------------------


def test_a_corrected_date_moves_what_is_planned(desk: Desk) -> None:
    desk.record()

    lines = desk.ask("correct", "1", "--performed-at", "2026-03-09T10:00")

    assert [line["due_local"][:16] for line in lines if line["rule"] == "swelling"] == ["2026-03-11T10:00"]


def test_a_cancelled_procedure_shows_what_had_left_and_a_text_to_withdraw_it(desk: Desk) -> None:
    desk.record()
    desk.ok("dispatch")

    answer = desk.ok("cancel", "1", "--reason", "wrong patient", "--json")

    assert {line["status"] for line in answer.lines} == {"sent", "cancelled"}
    assert answer.err.startswith("These had left already: icing 1 by sms. A message to withdraw them, ready to send:\n")


def test_a_booked_visit_holds_back_the_texts_about_the_next_one(desk: Desk) -> None:
    desk.record()

    desk.ok("book", "1", "--treatment", LASER, "--starts-at", "2026-04-14T15:00")

    statuses = {line["rule"]: line["status"] for line in desk.ask("plan", "1")}
    assert (statuses["next-session"], statuses["preparation"]) == ("withheld", "scheduled")


def test_a_visit_moved_to_another_day_has_a_new_number(busy_desk: Desk) -> None:
    (moved,) = busy_desk.ask("move", "1", "--starts-at", "2026-04-15T15:00")

    assert moved == {"session": 4, "patient": 1}
    assert busy_desk.run("unbook", "1").code == 1


def test_a_decided_course_is_over_without_a_word(busy_desk: Desk) -> None:
    lines = busy_desk.ask("decide", "1", "--treatment", LASER, "--planned-sessions", "1")

    assert {line["reason"] for line in lines if line["rule"] == "next-session"} == {"last_session"}


def test_an_opt_out_closes_one_channel_and_an_opt_in_opens_it(desk: Desk) -> None:
    desk.record()

    assert {line["channel"] for line in desk.ask("opt-out", "1", "--channel", "sms")} == {"email"}
    assert {line["channel"] for line in desk.ask("opt-in", "1", "--channel", "sms")} == {"sms"}


def test_an_empty_value_clears_a_patients_address(desk: Desk) -> None:
    desk.record()

    desk.ok("patient", "edit", "1", "--email", "")

    assert [(line["phone"], line["email"]) for line in desk.ask("patients")] == [("+16175550142", None)]


@pytest.mark.parametrize("text", ["ana", "DIAZ", "555-0142", "ana@EXAMPLE", ""])
def test_patients_are_found_by_any_part(desk: Desk, text: str) -> None:
    desk.record()

    assert [line["id"] for line in desk.ask("patients", text)] == [1]


@pytest.mark.parametrize("text", ["%", "_", "Anna", "@@"])
def test_patients_are_not_found_by_what_they_do_not_hold(desk: Desk, text: str) -> None:
    desk.record()

    assert desk.run("patients", text).err == "No patient matches.\n"


def test_a_task_that_is_done_is_gone(busy_desk: Desk) -> None:
    (task,) = busy_desk.ask("tasks")

    busy_desk.ok("done", str(task["id"]))

    assert busy_desk.ok("tasks").out == "Nothing to do.\n"


def test_the_list_is_narrowed_by_status_and_patient(desk: Desk) -> None:
    desk.record()
    desk.ask("record", "--name", "Ben Ode", "--phone", "+16175550143", "--consent", "sms", *ICED)
    desk.ok("dispatch")

    assert [(line["patient"], line["rule"]) for line in desk.ask("list", "--status", "sent", "--patient", "2")] == [
        (2, "icing")
    ]


# ---- running ---------------------------------------------------------------------------------------------------


def test_an_edited_rule_moves_nothing_until_replan(desk: Desk) -> None:
    desk.record()
    desk.edit_config(
        'at = { time = "09:00", clinic_supplied = true }', 'at = { time = "09:30", clinic_supplied = true }'
    )
    before = desk.dump()

    kept = {"kept": 8, "moved": 4, "cancelled": 0, "added": 0, "noted": 0, "already_sent": 0}
    total = {"patients": 1, "changes": 4, "dry_run": True, **kept}
    assert desk.ask("replan", "--dry-run") == [{"patient": 1, **kept}, total]
    assert desk.dump() == before
    assert desk.ask("replan") == [{"patient": 1, **kept}, total | {"dry_run": False}]
    assert desk.ask("replan")[-1]["changes"] == 0


def test_status_is_well_where_nobody_need_look(desk: Desk) -> None:
    desk.record()

    assert desk.ask("status") == [
        {"ok": True, "daemon_age_seconds": None, "overdue": 0, "in_doubt": 0, "paused": [], "tasks": 0}
    ]


def test_status_is_unwell_and_exits_1_where_reminders_are_overdue(desk: Desk) -> None:
    desk.record()
    desk.now = "2026-03-10T15:00:00+00:00"

    answer = desk.run("status", "--json")

    assert (answer.code, answer.lines[0]["ok"], answer.lines[0]["overdue"]) == (1, False, 1)


def test_migrate_can_be_run_at_any_time(desk: Desk) -> None:
    assert [desk.ok("migrate").out for _ in range(2)] == ["The database is up to date.\n"] * 2


def test_every_figure_of_the_rules_has_a_source_or_is_the_clinics_own(desk: Desk) -> None:
    figures = chain.from_iterable(line["figures"].values() for line in desk.ask("rules"))
    quoted = {figure["source"]["figure"] for figure in figures if figure["source"]}

    assert quoted == {"first 24 hours", "2 or 3 days", "3 to 5 days", "one month apart", "at least six weeks"}


# ---- names that are more than ASCII ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["Zoë Łuczak", "李小龙", "Bo 😀", "نازنین می‌خواهم", "[red]Bo[/red]", "O'Brien; DROP", "{{ 7 }}"]
)
def test_a_name_is_kept_as_it_was_typed(desk: Desk, name: str) -> None:
    desk.ask("record", "--name", name, "--phone", "+16175550142", "--consent", "sms", *ICED)

    assert [line["name"] for line in desk.ask("patients", name)] == [name]
    assert name in desk.ok("patients").out


def test_spaces_and_line_ends_in_a_name_are_one_space(desk: Desk) -> None:
    desk.ask("record", "--name", " Ana\r\n\tDiaz ", "--phone", "+16175550142", *ICED)

    assert [line["name"] for line in desk.ask("patients")] == ["Ana Diaz"]


def test_a_name_is_the_same_however_its_accent_is_made(desk: Desk) -> None:
    composed, decomposed = "Zo\u00eb", "Zoe\u0308"
    desk.ask("record", "--name", composed, "--phone", "+16175550142", *ICED)

    lines = desk.ask("record", "--name", decomposed, "--phone", "+16175550142", *ICED)

    assert {line["patient"] for line in lines} == {1}


def test_json_keeps_letters_as_they_are(desk: Desk) -> None:
    desk.ask("record", "--name", "李小龙", "--phone", "+16175550142", *ICED)

    answer = desk.ok("patients", "--json")

    assert "李小龙" in answer.out
    assert json.loads(answer.out)["name"] == "李小龙"
