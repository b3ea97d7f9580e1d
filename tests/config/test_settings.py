"""What a sound configuration holds, from the file and from the environment."""

from __future__ import annotations

from datetime import time
from pathlib import Path

import pytest

import reminders
from reminders.config import SmsProvider, SmtpSecurity, load_config
from reminders.model import Quiet
from reminders.rules import Duration
from tests.config.config_factories import ACCOUNT_SID, SHIPPED, SMALL, load_text, only_fault

ICING = "REMINDERS_TREATMENTS__FRACTIONAL_LASER__RULES__ICING"


def write_config(folder: Path, text: str = SMALL) -> Path:
    path = folder / "config.toml"
    path.write_text(text, "utf-8")
    return path


def test_days_can_have_their_own_sending_hours() -> None:
    week = '{ mon = ["09:00", "18:00"], tue = [], wed = [], thu = [], fri = [], sat = [], sun = ["10:00", "12:00"] }'
    config = load_text(SMALL.replace('country = "US"', f'country = "US"\nsending_hours = {week}'))

    assert config.clinic.sending_hours == ((time(9), time(18)), *[None] * 5, (time(10), time(12)))


def test_the_clinics_phone_is_kept_as_typed_and_may_be_foreign() -> None:
    config = load_text(SMALL.replace("(617) 555-0142", "+44 20 7946 0958"))

    assert config.clinic.phone == "+44 20 7946 0958"


def test_a_full_twilio_account_is_accepted() -> None:
    twilio = f'[sms.twilio]\naccount_sid = "{ACCOUNT_SID}"\nfrom_number = "+16175550142"\n'
    config = load_text(f'{SMALL}[sms]\nprovider = "twilio"\n{twilio}', {"REMINDERS_SMS__TWILIO__AUTH_TOKEN": "a-token"})

    assert config.sms.provider is SmsProvider.TWILIO
    assert config.sms.twilio.auth_token.get_secret_value() == "a-token"


@pytest.mark.parametrize(("security", "port"), [("starttls", 587), ("tls", 465), ("none", 25)])
def test_the_usual_port_follows_from_the_security(security: str, port: int) -> None:
    config = load_text(f'{SMALL}[email.smtp]\nhost = "localhost"\nsecurity = "{security}"\n')

    assert (config.email.smtp.security, config.email.smtp.port) == (SmtpSecurity(security), port)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.8.9.1", "::1", "[::1]"])
def test_unprotected_mail_may_go_to_this_same_machine(host: str) -> None:
    config = load_text(f'{SMALL}[email.smtp]\nhost = "{host}"\nsecurity = "none"\n')

    assert config.email.smtp.security is SmtpSecurity.NONE


def test_a_web_address_loses_its_last_slash() -> None:
    assert load_text(SMALL + '[web]\npublic_url = "https://example.org/r/"\n').web.public_url == "https://example.org/r"


def test_a_file_from_notepad_is_read(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes(b"\xef\xbb\xbf" + SMALL.replace("\n", "\r\n").encode())

    assert load_config(path, {}).clinic.name == "Hill Clinic"


def test_the_clinics_own_templates_are_used_where_it_has_some(tmp_path: Path) -> None:
    (tmp_path / "templates").mkdir()

    assert load_config(write_config(tmp_path), {}).templates_dir == tmp_path / "templates"


def test_a_clinic_without_templates_of_its_own_has_those_that_ship(tmp_path: Path) -> None:
    shipped = Path(reminders.__file__).resolve().parents[1] / "templates"

    assert load_config(write_config(tmp_path), {}).templates_dir == shipped


# --- the database ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("environ", [{}, {"REMINDERS_DATABASE__URL": "sqlite:///reminders.db"}])
def test_a_relative_sqlite_file_lies_beside_the_config(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, environ: dict[str, str]
) -> None:
    (tmp_path / "elsewhere").mkdir()
    write_config(tmp_path)
    monkeypatch.chdir(tmp_path / "elsewhere")

    config = load_config(Path("../config.toml"), environ)

    file = Path(config.database_url.removeprefix("sqlite:///"))
    assert file.is_absolute()
    assert file.resolve() == tmp_path / "reminders.db"


@pytest.mark.parametrize(
    "url",
    [
        "sqlite://",
        "sqlite:///:memory:",
        "sqlite:////var/lib/reminders.db",
        "sqlite:///file:reminders.db?mode=ro&uri=true",
        "postgresql://desk@db.example.org/reminders",
    ],
)
def test_other_database_urls_stay_as_they_are(url: str) -> None:
    assert load_text(SMALL + f'[database]\nurl = "{url}"\n').database_url == url


def test_a_relative_sqlite_file_keeps_its_options(tmp_path: Path) -> None:
    path = write_config(tmp_path, SMALL + '[database]\nurl = "sqlite:///data/r.db?timeout=5"\n')

    assert load_config(path, {}).database_url == f"sqlite:///{tmp_path}/data/r.db?timeout=5"


# --- variables ---------------------------------------------------------------------------------------------------


def test_variables_override_the_file() -> None:
    config = load_text(
        SHIPPED,
        {
            "REMINDERS_CLINIC__TIME_ZONE": "Europe/London",
            "REMINDERS_CLINIC__SENDING_HOURS": '["09:00", "17:00"]',
            "REMINDERS_DISPATCH__TICK_SECONDS": "0.5",
            "REMINDERS_SMS__TWILIO__CONCURRENCY": "200",
        },
    )

    assert str(config.clinic.time_zone) == "Europe/London"
    assert config.clinic.sending_hours == ((time(9), time(17)),) * 7
    assert (config.dispatch.tick_seconds, config.sms.twilio.concurrency) == (0.5, 200)


def test_variables_reach_into_rules_whose_names_have_dashes() -> None:
    config = load_text(SHIPPED, {f"{ICING}__QUIET": "defer", f"{ICING}__UNTIL__HOURS": "12"})

    icing = config.clinic.treatments["fractional-laser"].rules[0]
    assert icing.quiet is Quiet.DEFER
    assert isinstance(icing.until, Duration)
    assert icing.until.value == 12


def test_a_variable_for_one_key_wins_over_one_for_its_section() -> None:
    environ = {
        "REMINDERS_DISPATCH__TICK_SECONDS": "9",
        "REMINDERS_DISPATCH": '{"tick_seconds": 1, "batch_size": 7}',
    }
    config = load_text(SMALL, environ)

    assert (config.dispatch.tick_seconds, config.dispatch.batch_size) == (9, 7)


def test_reserved_names_and_other_programs_variables_override_nothing() -> None:
    environ = {"REMINDERS_CONFIG": "x", "REMINDERS_SECRET_KEY": "x", "REMINDER_X": "x", "PATH": "/bin"}

    assert load_text(SMALL, environ).clinic.name == "Hill Clinic"


def test_an_empty_variable_counts_as_not_set() -> None:
    assert load_text(SMALL, {"REMINDERS_CLINIC__NAME": ""}).clinic.name == "Hill Clinic"


@pytest.mark.parametrize(
    ("variable", "meant"),
    [
        ("REMINDERS_DISPATCH__TICK_SECOND", "REMINDERS_DISPATCH__TICK_SECONDS"),
        ("REMINDERS_DATABSE__URL", "REMINDERS_DATABASE__URL"),
        ("REMINDERS_SECRETKEY", "REMINDERS_SECRET_KEY"),
        ("REMINDERS_SMS__TWILIO__AUTH_TOKN", "REMINDERS_SMS__TWILIO__AUTH_TOKEN"),
        ("REMINDERS_TREATMENTS__FRACTIONAL_LAZER__NAME", "REMINDERS_TREATMENTS__FRACTIONAL_LASER__NAME"),
        (f"{ICING}S__QUIET", f"{ICING}__QUIET"),
    ],
)
def test_a_variable_that_names_no_key_is_a_fault_with_a_near_match(variable: str, meant: str) -> None:
    path, sentence = only_fault(SHIPPED, {variable: "x"})

    assert path == variable
    assert f"did you mean {meant}?" in sentence


@pytest.mark.parametrize("variable", ["REMINDERS_COLOUR", "REMINDERS_CLINIC__NAME__SHORT"])
def test_a_variable_like_no_other_is_a_fault_without_a_guess(variable: str) -> None:
    assert only_fault(SHIPPED, {variable: "x"}) == (variable, "This variable names no key; unset it.")


def test_a_fault_that_a_variable_causes_names_the_variable() -> None:
    path, sentence = only_fault(SHIPPED, {"REMINDERS_DISPATCH__TICK_SECONDS": "soon"})

    assert path == "dispatch.tick_seconds"
    assert "REMINDERS_DISPATCH__TICK_SECONDS" in sentence
