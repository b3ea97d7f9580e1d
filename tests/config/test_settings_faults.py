"""Faults of everything but the rules, each with its path and what its sentence tells to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from reminders.config import ConfigFaults, load_config
from tests.config.config_factories import ACCOUNT_SID, SHIPPED, SMALL, edit_shipped, list_faults, only_fault

TOKEN = {"REMINDERS_SMS__TWILIO__AUTH_TOKEN": "a-token"}
TWILIO = f"""
[sms]
provider = "twilio"
[sms.twilio]
account_sid = "{ACCOUNT_SID}"
"""
SMTP = """
[email]
provider = "smtp"
[email.smtp]
host = "mail.example.org"
from_address = "desk@example.org"
"""

EDITS: dict[str, tuple[str, str, str, str]] = {
    # what is tried: the shipped line, its edit, the path, a fragment of the sentence
    "zone": ("America/New_York", "America/New_Yrok", "clinic.time_zone", 'did you mean "America/New_York"?'),
    "country": ('"US"', '"USA"', "clinic.country", "two capital letters"),
    "phone": ("(617) 555-0142", "555", "clinic.phone", "exists in your country"),
    "phone of letters": ("(617) 555-0142", "call us", "clinic.phone", "exists in your country"),
    "email": ("desk@harbourskin", "harbourskin", "clinic.staff_email", "email address"),
    "empty name": ('"Harbour Skin Clinic"', '" "', "clinic.name", "one line"),
    "two lines": ('"Harbour Skin Clinic"', '"Harbour\\nClinic"', "clinic.name", "one line"),
    "no name": ('name = "Harbour Skin Clinic"', "", "clinic.name", "missing"),
    "time": ('_time = "12:00"', '_time = "25:00"', "clinic.default_procedure_time", '"00:00" to "23:59"'),
    "misspelt key": ("sms_name =", "sms_nam =", "clinic.sms_nam", "did you mean `sms_name`?"),
    "unlike any key": ("[web]", "[web]\ncolour = 1", "web.colour", "the keys here are public_url"),
    "misspelt section": ("[visits]", "[visit]", "visit", "did you mean `visits`?"),
    "misspelt document": ("[documents.ice-pick-scars]", "[documents.Ice]\ntitle='Ice'\n[documents.ice-pick-scars]",
                          "documents.Ice", "small letters"),
    "unsourced": ("{ days = 7, clinic_supplied = true }", "{ days = 7 }", "visits.matches_within", "comes from"),
    "lead in days": ("{ hours = 2, ", "{ days = 2, ", "visits.correction_lead", "hours or minutes"),
    "match in hours": ("{ days = 7, clinic", "{ hours = 7, clinic", "visits.matches_within", "days, weeks"),
    "provider": ('provider = "outbox"', 'provider = "twillio"', "sms.provider", 'did you mean "twilio"?'),
    "rate": ("segments_per_second = 1", "segments_per_second = 0", "sms.segments_per_second", "greater than 0"),
    "account": ("# From the T", 'account_sid = "AC12"\n# ', "sms.twilio.account_sid", "Account SID"),
    "service": ("# From the T", 'messaging_service_sid = "12"\n# ', "sms.twilio.messaging_service_sid", "MG and 32"),
    "sender": ("# From the T", 'from_number = "(617)"\n# ', "sms.twilio.from_number", "+ and country code"),
    "timeout": ("timeout_seconds = 35", "timeout_seconds = 0", "sms.twilio.timeout_seconds", "greater than 0"),
    "negative": ("timeout_seconds = 30", "timeout_seconds = -1", "email.smtp.timeout_seconds", "greater than 0"),
    "endless": ("timeout_seconds = 30", "timeout_seconds = inf", "email.smtp.timeout_seconds", "finite"),
    "concurrency": ("concurrency = 20", "concurrency = 2.5", "sms.twilio.concurrency", "whole number"),
    "base url": ("https://api.twilio", "api.twilio", "sms.twilio.base_url", "web address"),
    "public url": ('#   public_url = "https://', 'public_url = "', "web.public_url", "web address"),
    "port": ("#   port = 587", "port = 99999", "email.smtp.port", "at most 65535"),
    "host": ('#   host = "mail', 'host = "smtp://mail', "email.smtp.host", "mail server alone"),
    "security": ('"starttls"\n#', '"ssl"\n#', "email.smtp.security", '"starttls", "tls" or "none"'),
    "a word": ("tick_seconds = 5", 'tick_seconds = "five"', "dispatch.tick_seconds", "Write a number"),
    "database": ("sqlite:///", "mysql://", "database.url", '"postgresql://user@host/database"'),
    "database of nonsense": ("sqlite:///", "", "database.url", '"sqlite:///reminders.db"'),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new", "path", "fragment"), EDITS.values(), ids=EDITS.keys())
def test_a_faulty_value_is_named_with_what_to_write(old: str, new: str, path: str, fragment: str) -> None:
    found, sentence = only_fault(edit_shipped(old, new))

    assert found == path
    assert fragment in sentence


HOURS: dict[str, tuple[str, str, str]] = {
    "too early": ('["07:59", "20:00"]', "clinic.sending_hours", "08:00 and 21:00"),
    "too late": ('["08:00", "21:01"]', "clinic.sending_hours", "08:00 and 21:00"),
    "backwards": ('["20:00", "08:00"]', "clinic.sending_hours", "later time second"),
    "nothing between": ('["09:00", "09:00"]', "clinic.sending_hours", "later time second"),
    "one time": ('["09:00"]', "clinic.sending_hours", "first and the last"),
    "no clock": ('["8", "20"]', "clinic.sending_hours", "time of day"),
    "closed for ever": ("[]", "clinic.sending_hours", "not every day can be closed"),
    "each day closed": (
        "{ mon = [], tue = [], wed = [], thu = [], fri = [], sat = [], sun = [] }",
        "clinic.sending_hours",
        "at least one day",
    ),
    "one day wrong": (
        '{ mon = ["07:00", "20:00"], tue = [], wed = [], thu = [], fri = [], sat = [], sun = [] }',
        "clinic.sending_hours.mon",
        "08:00 and 21:00",
    ),
    "one day forgotten": (
        '{ mon = ["08:00", "20:00"], tue = [], wed = [], thu = [], fri = [], sat = [] }',
        "clinic.sending_hours.sun",
        "missing",
    ),
}


@pytest.mark.parametrize(("hours", "path", "fragment"), HOURS.values(), ids=HOURS.keys())
def test_sending_hours_that_cannot_be_kept_are_refused(hours: str, path: str, fragment: str) -> None:
    found, sentence = only_fault(edit_shipped('sending_hours = ["08:00", "20:00"]', f"sending_hours = {hours}"))

    assert found == path
    assert fragment in sentence


def test_twilio_needs_an_account_a_token_and_a_sender() -> None:
    faults = dict(list_faults(SMALL + '[sms]\nprovider = "twilio"\n'))

    assert list(faults) == ["sms.twilio.account_sid", "sms.twilio.auth_token", "sms.twilio.from_number"]
    assert "REMINDERS_SMS__TWILIO__AUTH_TOKEN" in faults["sms.twilio.auth_token"]


def test_twilio_has_one_sender_not_two() -> None:
    both = f'from_number = "+16175550142"\nmessaging_service_sid = "MG{ACCOUNT_SID[2:]}"\n'

    path, sentence = only_fault(SMALL + TWILIO + both, TOKEN)

    assert path == "sms.twilio.from_number"
    assert "exactly one" in sentence


def test_a_faulty_sender_is_not_called_missing_too() -> None:
    path, _ = only_fault(SMALL + TWILIO + 'messaging_service_sid = "MG12"\n', TOKEN)

    assert path == "sms.twilio.messaging_service_sid"


def test_smtp_needs_a_host_and_a_sender() -> None:
    assert [path for path, _ in list_faults(SMALL + '[email]\nprovider = "smtp"\n')] == [
        "email.smtp.host",
        "email.smtp.from_address",
    ]


SENDER = 'from_number = "+16175550142"\n'


def test_a_lease_outlasts_the_slowest_text() -> None:
    found, sentence = only_fault(SMALL + TWILIO + SENDER + "timeout_seconds = 120\n", TOKEN)

    assert found == "dispatch.lease_seconds"
    assert "more than 120" in sentence


def test_a_lease_outlasts_the_content_and_the_answer_of_a_mail() -> None:
    found, sentence = only_fault(SMALL + SMTP + "timeout_seconds = 60\n")

    assert found == "dispatch.lease_seconds"
    assert "more than 120" in sentence


def test_the_auth_token_does_not_travel_in_plain() -> None:
    found, sentence = only_fault(SMALL + TWILIO + SENDER + 'base_url = "http://api.example.org"\n', TOKEN)

    assert found == "sms.twilio.base_url"
    assert "https://" in sentence


def test_an_smtp_username_needs_a_password() -> None:
    path, sentence = only_fault(SMALL + SMTP + 'username = "desk"\n')

    assert path == "email.smtp.password"
    assert "REMINDERS_EMAIL__SMTP__PASSWORD" in sentence


@pytest.mark.parametrize("host", ["mail.example.org", "192.0.2.7", "localhost.example.org"])
def test_unprotected_mail_does_not_leave_the_machine(host: str) -> None:
    path, sentence = only_fault(SMALL + SMTP.replace("mail.example.org", host) + 'security = "none"\n')

    assert path == "email.smtp.security"
    assert '"starttls" or "tls"' in sentence


def test_faults_of_all_sections_are_listed_at_once() -> None:
    text = SHIPPED
    edits = {
        'country = "US"': 'country = "XX"',
        "tick_seconds = 5": 'tick_seconds = "five"',
        "lease_seconds = 120": "lease_seconds = 10",
        "timeout_seconds = 30": 'timeout_secs = "30"',
        'quiet = "skip"': 'quiet = "skpi"',
        "max_messages = ": "max_message = ",
    }
    for old, new in edits.items():
        text = text.replace(old, new, 1)
    icing = "treatments.fractional-laser.rules.icing"

    assert {path for path, _ in list_faults(text, {"REMINDERS_DATABSE__URL": "x"})} == {
        "clinic.country",
        "dispatch.tick_seconds",
        "email.smtp.timeout_secs",
        f"{icing}.quiet",
        f"{icing}.max_message",
        "REMINDERS_DATABSE__URL",
    }


def test_a_value_in_place_of_a_section_is_one_fault() -> None:
    path, sentence = only_fault("web = 5\n" + SMALL)

    assert path == "web"
    assert "[section]" in sentence


def test_an_empty_file_lists_what_every_clinic_must_say() -> None:
    assert [path for path, _ in list_faults("")] == [
        "clinic.name",
        "clinic.sms_name",
        "clinic.country",
        "clinic.phone",
        "clinic.staff_email",
        "clinic.time_zone",
        "treatments",
    ]


def test_a_missing_file_is_one_fault_that_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ConfigFaults) as raised:
        load_config(tmp_path / "config.toml", {})

    (fault,) = raised.value.faults
    assert fault.path == str(tmp_path / "config.toml")
    assert "REMINDERS_CONFIG" in fault.sentence


@pytest.mark.parametrize(
    ("text", "fragment"),
    [
        ("[clinic]\nname = Harbour\n", "line 2"),
        ("[clinic]\nname = 'A'\nname = 'B'\n", "second time"),
        ("[clinic]\nphones = [\n", "line 2"),
        ("[clinic]\n[clinic]\n", "second time"),
    ],
)
def test_a_file_that_is_not_toml_is_one_fault_with_its_line(text: str, fragment: str) -> None:
    _, sentence = only_fault(text)

    assert fragment in sentence


def test_a_file_that_is_not_text_is_one_fault(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes(b"name = '\xff'")

    with pytest.raises(ConfigFaults, match="UTF-8"):
        load_config(path, {})


def test_the_exception_reads_as_one_line_a_fault(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(SMALL.replace('"US"', '"XX"').replace('"Hill"', '""'), "utf-8")

    with pytest.raises(ConfigFaults) as raised:
        load_config(path, {})

    assert [line.split("  ")[:2] for line in str(raised.value).splitlines()] == [
        [f"{path}:4", "clinic.sms_name"],
        [f"{path}:8", "clinic.country"],
    ]
