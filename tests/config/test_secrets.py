"""Secrets come from the environment alone, and are never shown."""

from __future__ import annotations

import traceback

import pytest

from reminders.config import ConfigFaults
from tests.config.config_factories import ACCOUNT_SID, SMALL, list_faults, load_text, only_fault

SECRET = "correct-horse"
PROVIDERS = f"""
[sms]
provider = "twilio"
[sms.twilio]
account_sid = "{ACCOUNT_SID}"
from_number = "+16175550142"
[email]
provider = "smtp"
[email.smtp]
host = "mail.example.org"
from_address = "desk@example.org"
username = "desk"
"""
SECRETS = {
    "REMINDERS_SMS__TWILIO__AUTH_TOKEN": SECRET,
    "REMINDERS_EMAIL__SMTP__PASSWORD": SECRET,
    "REMINDERS_DATABASE__URL": f"postgresql://desk:{SECRET}@db.example.org/reminders",
}

IN_THE_FILE = {
    "token": (f'[sms.twilio]\nauth_token = "{SECRET}"\n', "sms.twilio.auth_token", "REMINDERS_SMS__TWILIO__AUTH_TOKEN"),
    "password": (f'[email.smtp]\npassword = "{SECRET}"\n', "email.smtp.password", "REMINDERS_EMAIL__SMTP__PASSWORD"),
    "database": (f'[database]\nurl = "postgresql://desk:{SECRET}@db/x"\n', "database.url", "REMINDERS_DATABASE__URL"),
    "database option": (
        f'[database]\nurl = "postgresql:///x?password={SECRET}"\n',
        "database.url",
        "REMINDERS_DATABASE__URL",
    ),
    "unreadable database": (f'[database]\nurl = "{SECRET}@db"\n', "database.url", "REMINDERS_DATABASE__URL"),
}


def test_secrets_from_the_environment_are_used_and_never_shown() -> None:
    config = load_text(SMALL + PROVIDERS, SECRETS)

    assert config.sms.twilio.auth_token.get_secret_value() == SECRET
    assert config.email.smtp.password is not None
    assert config.email.smtp.password.get_secret_value() == SECRET
    assert SECRET in config.database_url
    for shown in (config, config.sms, config.sms.twilio, config.email, config.email.smtp):
        assert SECRET not in f"{shown!r} {shown!s}"


@pytest.mark.parametrize(("section", "path", "variable"), IN_THE_FILE.values(), ids=IN_THE_FILE.keys())
def test_a_secret_in_the_file_is_a_fault_that_names_its_variable(section: str, path: str, variable: str) -> None:
    found, sentence = only_fault(SMALL + section)

    assert found == path
    assert f"set {variable} instead" in sentence
    assert SECRET not in sentence


def test_a_secret_taken_out_of_the_file_is_not_called_missing_too() -> None:
    text = SMALL + PROVIDERS.replace("[email]", f'auth_token = "{SECRET}"\n[email]')

    assert [path for path, _ in list_faults(text, {"REMINDERS_EMAIL__SMTP__PASSWORD": SECRET})] == [
        "sms.twilio.auth_token"
    ]


MISPLACED = [
    (f'[sms.twilio]\nauth_tokn = "{SECRET}"\n', {}),
    (f'[sms.twilio]\nfrom_number = "{SECRET}"\naccount_sid = "{SECRET}"\nconcurrency = "{SECRET}"\n', {}),
    (f'[sms]\nprovider = "{SECRET}"\n', {}),
    (f'[email]\nsmtp = "{SECRET}"\n', {}),
    (f'[email.smtp]\npassword = "{SECRET}\n', {}),
    ("", {"REMINDERS_SMS__TWILIO__AUTH_TOKN": SECRET, "REMINDERS_SMS__TWILIO": SECRET}),
    ("", {"REMINDERS_DATABASE__URL": f"mysql://desk:{SECRET}@db/x"}),
    ("", {"REMINDERS_EMAIL__SMTP__PASSWORD__X": SECRET}),
]


@pytest.mark.parametrize(("section", "environ"), MISPLACED)
def test_a_secret_in_the_wrong_place_is_not_printed(section: str, environ: dict[str, str]) -> None:
    with pytest.raises(ConfigFaults) as raised:
        load_text(SMALL + section, environ)

    assert SECRET not in "".join(traceback.format_exception(raised.value))
    assert SECRET not in f"{raised.value.faults!r}"


def test_a_password_that_looks_like_json_is_still_a_password() -> None:
    config = load_text(SMALL, {"REMINDERS_EMAIL__SMTP__PASSWORD": '["a"]'})

    assert config.email.smtp.password is not None
    assert config.email.smtp.password.get_secret_value() == '["a"]'
