"""Where the configuration is found, what overrides it, and what a wrong one is answered with."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.desk import ANA, ICED, Desk, make_folder, start

FAULTY = "The configuration is not right yet:\n"


# ---- where it is -----------------------------------------------------------------------------------------------


def test_a_variable_names_the_file_and_the_option_wins(tmp_path: Path) -> None:
    named, chosen = make_folder(tmp_path / "named"), make_folder(tmp_path / "chosen")
    environ = {"REMINDERS_CONFIG": str(named / "config.toml")}

    start(tmp_path, "migrate", environ=environ)
    start(tmp_path, "--config", "chosen/config.toml", "migrate", environ={"REMINDERS_CONFIG": "nowhere.toml"})

    assert (named / "reminders.db").exists()
    assert (chosen / "reminders.db").exists()


def test_without_either_it_is_the_file_of_this_folder(tmp_path: Path) -> None:
    folder = make_folder(tmp_path / "clinic")

    assert start(folder, "migrate").returncode == 0
    assert (folder / "reminders.db").exists()


def test_a_missing_file_is_named_with_what_to_do(tmp_path: Path) -> None:
    answer = start(tmp_path, "status")

    assert (answer.returncode, answer.stdout) == (2, "")
    assert answer.stderr == (
        f"{FAULTY}  config.toml  There is no such file; copy the shipped config.toml there, "
        "or let REMINDERS_CONFIG name yours.\n"
    )


def test_a_relative_database_lies_beside_the_configuration(tmp_path: Path, desk: Desk) -> None:
    desk.edit_config('url = "sqlite:///reminders.db"', 'url = "sqlite:///other.db"')

    start(tmp_path, "--config", "clinic/config.toml", "migrate")

    assert (desk.folder / "other.db").exists()


def test_variables_override_the_file(desk: Desk) -> None:
    desk.record()

    answer = desk.ok("plan", "1", "--json", environ={"REMINDERS_CLINIC__SMS_NAME": "Quay Skin"})

    assert answer.lines[0]["body"].startswith("Quay Skin")


def test_the_clinics_own_texts_are_used(desk: Desk) -> None:
    (desk.folder / "templates" / "messages" / "swelling" / "sms.txt").write_text("Our own words.\n")

    bodies = {line["rule"]: line["body"] for line in desk.record()}

    assert "Our own words." in bodies["swelling"]


# ---- what can be wrong with it ---------------------------------------------------------------------------------


def require_faulty(desk: Desk, fault: str, environ: dict[str, str] | None = None) -> None:
    before = desk.dump()

    answer = desk.run("record", *ANA, *ICED, environ=environ)

    assert (answer.code, answer.err, answer.out) == (2, f"{FAULTY}  {fault}\n", "")
    assert desk.dump() == before


def find_line(desk: Desk, words: str) -> int:
    """Of the end of these words in the configuration."""
    text = desk.config.read_text("utf-8")
    return text.count("\n", 0, text.index(words) + len(words)) + 1


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        pytest.param(
            "sms_name =",
            "sms_nmae =",
            "clinic.sms_nmae  There is no key `sms_nmae` here; did you mean `sms_name`?",
            id="misspelt key",
        ),
        pytest.param(
            'sending_hours = ["08:00", "20:00"]',
            'sending_hours = ["08:00", "21:30"]',
            "clinic.sending_hours  Stay within 08:00 and 21:00; no message may leave earlier or later.",
            id="sending hours past 21:00",
        ),
        pytest.param(
            'base_url = "https://api.twilio.com"',
            'base_url = "https://api.twilio.com"\nauth_token = "0123456789abcdef"',
            "sms.twilio.auth_token  Remove it from the file and set REMINDERS_SMS__TWILIO__AUTH_TOKEN instead: "
            "a secret does not belong in the file.",
            id="secret in the file",
        ),
        pytest.param(
            'url = "sqlite:///reminders.db"',
            'url = "postgresql://desk:0123456789abcdef@db.example.org/reminders"',
            "database.url  Remove it from the file and set REMINDERS_DATABASE__URL instead: this url holds a password.",
            id="password in the file",
        ),
    ],
)
def test_a_fault_of_the_file_is_named_with_its_line_and_its_path(desk: Desk, old: str, new: str, fault: str) -> None:
    """S8: a secret is never printed."""
    desk.edit_config(old, new)

    require_faulty(desk, f"{desk.config}:{find_line(desk, new)}  {fault}")


def test_a_flooding_rule_is_refused(desk: Desk) -> None:
    desk.edit_config("{ hours = 3, clinic_supplied = true }", "{ minutes = 10, clinic_supplied = true }")
    desk.edit_config("max_messages = { count = 6, clinic_supplied = true }", "")

    answer = desk.run("record", *ANA, *ICED)

    assert answer.code == 2
    assert answer.err == (
        f"{FAULTY}  {desk.config}:{find_line(desk, 'minutes = 10')}  treatments.fractional-laser.rules.icing.repeat  "
        "This is a flood: 144 within 24 hours, 144 in all; repeat less or add max_messages.\n"
    )


@pytest.mark.parametrize(
    "text", ["{% if %}", "{{ nobody_knows }}", "{{ ''.__class__ }}", "{% include '/etc/passwd' %}"]
)
def test_a_broken_template_is_refused_before_anything_is_saved(desk: Desk, text: str) -> None:
    """S9"""
    (desk.folder / "templates" / "messages" / "swelling" / "sms.txt").write_text(text)
    before = desk.dump()

    answer = desk.run("record", *ANA, *ICED)

    assert answer.code == 2
    assert answer.err.startswith(f"{FAULTY}  ")
    assert "swelling/sms.txt: " in answer.err
    assert desk.dump() == before


def test_a_rule_without_a_template_is_refused(desk: Desk) -> None:
    (desk.folder / "templates" / "messages" / "swelling" / "sms.txt").unlink()

    answer = desk.run("status")

    assert answer.code == 2
    assert "swelling/sms.txt: " in answer.err


def test_every_fault_is_listed_at_once(desk: Desk) -> None:
    desk.edit_config("sms_name =", "sms_nmae =")
    desk.edit_config('country = "US"', 'country = "America"')
    desk.edit_config("tick_seconds = 5", "tick_seconds = 0")

    answer = desk.run("status")

    assert [line.split("  ")[1:3] for line in answer.err.splitlines()[1:]] == [
        [f"{desk.config}:{find_line(desk, 'sms_nmae')}", "clinic.sms_nmae"],
        [f"{desk.config}:{find_line(desk, 'country =')}", "clinic.country"],
        [f"{desk.config}:{find_line(desk, 'tick_seconds = 0')}", "dispatch.tick_seconds"],
    ]


def test_for_scripts_each_fault_is_one_line_of_json(desk: Desk) -> None:
    desk.edit_config("sms_name =", "sms_nmae =")

    answer = desk.run("rules", "check", "--json", environ={"REMINDERS_CLINIC__COUNTRY": "America"})

    assert answer.code == 2
    assert [(line["variable"], line["file"], line["line"], line["key"]) for line in answer.lines] == [
        ("REMINDERS_CLINIC__COUNTRY", None, None, "clinic.country"),
        (None, str(desk.config), find_line(desk, "sms_nmae"), "clinic.sms_nmae"),
    ]


@pytest.mark.parametrize(
    ("environ", "fault"),
    [
        (
            {"REMINDERS_CLINC__NAME": "Quay"},
            "REMINDERS_CLINC__NAME  This variable names no key; did you mean REMINDERS_CLINIC__NAME?",
        ),
        (
            {"REMINDERS_CLINIC__COUNTRY": "America"},
            'clinic.country  Write the two capital letters of your country, such as "US" or "GB". '
            "(It is set by REMINDERS_CLINIC__COUNTRY.)",
        ),
        (
            {"REMINDERS_DATABASE__URL": "mysql://desk@db.example.org/reminders"},
            'database.url  Write "sqlite:///reminders.db" or "postgresql://user@host/database". '
            "(It is set by REMINDERS_DATABASE__URL.)",
        ),
    ],
)
def test_a_fault_of_a_variable_names_the_variable(desk: Desk, environ: dict[str, str], fault: str) -> None:
    require_faulty(desk, fault, environ)


@pytest.mark.parametrize(
    ("content", "line", "sentence"),
    [
        (b"\x7fELF\xff\xfe", "", "The file is not UTF-8 text; save it as UTF-8."),
        (
            b"[clinic\n",
            ":1",
            "Near line 1, column 8 the file is not valid TOML; check the quotes, brackets and '=' there.",
        ),
    ],
)
def test_a_file_that_is_no_configuration_is_refused(desk: Desk, content: bytes, line: str, sentence: str) -> None:
    desk.config.write_bytes(content)

    answer = desk.run("status")

    assert (answer.code, answer.err) == (2, f"{FAULTY}  {desk.config}{line}  {sentence}\n")


def test_a_folder_is_no_configuration(desk: Desk) -> None:
    desk.config.unlink()
    desk.config.mkdir()

    answer = desk.run("status")

    assert answer.code == 2
    assert "The file cannot be read (Is a directory); check its path and its permissions." in answer.err


def test_a_misspelt_log_level_is_refused_with_the_right_ones(desk: Desk) -> None:
    answer = desk.run("status", environ={"REMINDERS_LOG_LEVEL": "LOUD"})

    assert (answer.code, answer.err) == (
        2,
        "REMINDERS_LOG_LEVEL names no level: set it to one of DEBUG, INFO, WARNING, ERROR, CRITICAL.\n",
    )


def test_a_log_level_may_be_written_in_small_letters(desk: Desk) -> None:
    assert desk.run("status", environ={"REMINDERS_LOG_LEVEL": "debug"}).code == 0
