"""`reminders simulate` and `reminders replan`, as they are typed."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.clinic import LASER, ROOT, ClinicDays
from tests.simulation.scenes import write_scenario

ONE_LASER = """
until = 2026-03-12T00:00:00
[clinic]
time_zone = "America/Chicago"
[[patients]]
id = "ana"
phone = "+13125550142"
consent = ["sms"]
[[events]]
at = 2026-03-10T10:00:00
do = "record_procedure"
id = "first"
patient = "ana"
treatment = "fractional-laser"
performed_at = 2026-03-10T10:00:00
"""

KEYS = [
    *("at", "at_utc", "kind", "audience", "patient", "procedure", "session", "treatment", "rule", "occurrence"),
    *("channel", "message", "target_on", "body"),
]


def run(*words: str, **environ: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "reminders", "--config", str(ROOT / "config.toml"), *words]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=environ, check=False)


def test_each_item_is_a_line_of_json(tmp_path: Path) -> None:
    done = run("simulate", str(write_scenario(tmp_path, ONE_LASER)), "--json")

    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert (done.returncode, done.stderr) == (0, "")
    assert list(lines[0]) == KEYS
    assert [lines[0][key] for key in KEYS[:10]] == [
        *("2026-03-10T10:00:00-05:00", "2026-03-10T15:00:00Z", "send", "patient", "ana", "first", None, LASER),
        *("icing", 1),
    ]


def test_with_all_what_did_not_leave_has_its_reason(tmp_path: Path) -> None:
    done = run("simulate", str(write_scenario(tmp_path, ONE_LASER)), "--json", "--all")

    lines = [json.loads(line) for line in done.stdout.splitlines()]
    unsent = [line for line in lines if line["kind"] != "send"]
    assert {tuple(line) for line in unsent} == {(*KEYS, "reason")}
    assert {(line["kind"], line["reason"]) for line in unsent} == {("skipped", "quiet_hours")}


def test_for_people_it_is_a_calendar(tmp_path: Path) -> None:
    done = run("simulate", str(write_scenario(tmp_path, ONE_LASER)))

    assert "ana (ana), America/Chicago" in done.stdout
    assert "Tue 10 Mar 2026 │ 10:00 │ icing 1" in done.stdout


def test_a_scenario_with_faults_ends_with_code_2_and_lists_them(tmp_path: Path) -> None:
    path = write_scenario(tmp_path, ONE_LASER.replace('"ana"\ntreat', '"anna"\ntreat').replace("Chicago", "Chigaco"))

    done = run("simulate", str(path))

    assert done.returncode == 2
    first, *faults = done.stderr.splitlines()
    assert first == "The scenario is not right yet:"
    assert [fault.split()[:2] for fault in faults] == [
        ["scenario.toml:4", "clinic.time_zone"],
        ["scenario.toml:13", "events.1.patient"],
    ]


TWICE = """
[[events]]
at = 2026-03-10T12:00:00
do = "record_procedure"
id = "second"
patient = "ana"
treatment = "fractional-laser"
performed_at = 2026-03-10T11:00:00
"""


def test_what_the_desk_refuses_has_its_line_and_the_names_of_the_scenario(tmp_path: Path) -> None:
    done = run("simulate", str(write_scenario(tmp_path, ONE_LASER + TWICE)))

    _, fault = done.stderr.splitlines()
    assert fault.startswith('  scenario.toml:17  events.2  Procedure "first" of that day is there already')
    assert '`reminders correct "first" --performed-at' in fault


def test_a_scenario_may_name_its_own_configuration(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "templates", tmp_path / "templates")
    shipped = (ROOT / "config.toml").read_text("utf-8")
    (tmp_path / "other.toml").write_text(shipped.replace('sms_name = "Harbour Skin"', 'sms_name = "Quay"'), "utf-8")

    done = run("simulate", str(write_scenario(tmp_path, f'config = "other.toml"\n{ONE_LASER}')), "--json")

    assert json.loads(done.stdout.splitlines()[0])["body"].startswith("Quay:")


def test_rules_check_plays_the_examples(edited: Path) -> None:
    shutil.copytree(ROOT / "templates", edited.parent / "templates")

    played, checked = (run("--config", str(edited), "rules", word, "--json") for word in ("examples", "check"))

    lines = [json.loads(line) for line in played.stdout.splitlines()]
    assert (played.returncode, checked.returncode) == (1, 1)
    assert {line["key"] for line in lines} >= {"examples.1", "examples.2"}
    assert set(played.stdout.splitlines()) <= set(checked.stdout.splitlines())


@pytest.fixture
def edited(tmp_path: Path) -> Path:
    """The shipped rules, with the sunscreen at ten."""
    path = tmp_path / "edited.toml"
    path.write_text((ROOT / "config.toml").read_text("utf-8").replace('time = "09:00"', 'time = "10:00"'), "utf-8")
    return path


def test_a_dry_run_with_other_rules_says_what_they_would_change(clinic: ClinicDays, edited: Path) -> None:
    clinic.record_on_time(LASER, "2026-03-10 10:00")
    before = clinic.plan()

    done = run(
        "replan", "--dry-run", "--with", str(edited), "--json", REMINDERS_DATABASE__URL=clinic.config.database_url
    )

    *patients, total = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line["patient"] for line in patients] == [1]
    assert (total["patients"], total["dry_run"]) == (1, True)
    assert total["changes"] == sum(total[key] for key in ("moved", "cancelled", "added"))
    assert clinic.plan() == before


def test_a_dry_run_refuses_a_rule_without_texts_as_the_start_would(clinic: ClinicDays, edited: Path) -> None:
    text = edited.read_text("utf-8").replace("rules.pinkness]", "rules.redness]")
    edited.write_text(text, "utf-8")
    tried = ["replan", "--dry-run"]
    database = clinic.config.database_url

    done = run(*tried, "--with", str(edited), REMINDERS_DATABASE__URL=database)
    shutil.copytree(ROOT / "templates", edited.parent / "templates")
    started = run("--config", str(edited), *tried, REMINDERS_DATABASE__URL=database)

    assert (done.returncode, started.returncode) == (2, 2)
    assert "redness" in done.stderr
    assert done.stderr.splitlines() == [
        line.replace(str(edited.parent), str(ROOT)) for line in started.stderr.splitlines()
    ]


def test_other_rules_are_only_tried(clinic: ClinicDays, edited: Path) -> None:
    done = run("replan", "--with", str(edited), REMINDERS_DATABASE__URL=clinic.config.database_url)

    assert (done.returncode, done.stderr[:34]) == (2, "A file is only tried with --with: ")
