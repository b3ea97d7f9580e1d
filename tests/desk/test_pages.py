"""What the pages say: navigation, texts, and names that try to be more than names."""

from __future__ import annotations

import hashlib
import html
import io
import re
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from fastapi import FastAPI

from reminders.accounts.audit import Action, Subject, record_audit
from reminders.desk.pages import STATIC
from reminders.desk.words import LOCALES
from reminders.store.engine import writing
from reminders.tables import TaskRow, UserRow
from scripts.extract_texts import extract_texts
from tests.accounts.staff import Staff
from tests.clinic import LASER, ROOT, ClinicDays
from tests.desk.browser import Browser, signed_in
from tests.desk.test_routes import MISSING, ROUTES, WHO

VENDORS = (STATIC / "vendor", ROOT / "tests" / "browser" / "vendor")


@pytest.mark.parametrize(("name", "sees_users"), [("dora", False), ("cora", False), ("olive", True)])
def test_the_navigation_shows_what_one_may_see(web: FastAPI, staff: Staff, name: str, sees_users: bool) -> None:
    page = signed_in(web, name).get("/today").text

    assert 'href="/today" aria-current="page"' in page
    assert ('href="/users"' in page, 'href="/audit"' in page) == (sees_users, sees_users)


def test_the_navigation_leads_nowhere_that_is_not_there(olive: Browser) -> None:
    page = olive.get("/today").text
    paths = [part.partition('"')[0] for part in page.partition("desk-places")[2].partition("</ul>")[0].split('href="')]

    assert paths[1:]
    assert [olive.get(path).status_code for path in paths[1:]] == [200] * (len(paths) - 1)


# ---- headings ----------------------------------------------------------------------------------------------------


def outline(page: str) -> tuple[list[str], int, list[str]]:
    """Its languages, how many main headings it has, and its titles without the clinic's name."""
    titles = re.findall(r"<title>([^<]*?)(?: - Harbour Skin Clinic)?</title>", page.partition("</head>")[0])
    return re.findall(r'<html lang="(\w+)">', page), len(re.findall(r"<h1\b", page)), [each for each in titles if each]


@pytest.mark.parametrize("who", WHO)
def test_each_page_has_a_language_a_title_and_one_heading(web: FastAPI, staff: Staff, who: str) -> None:
    """Those that say what is wrong, too."""
    browser = Browser(web) if who == "stranger" else signed_in(web, who)
    paths = [path.format(**MISSING) for verb, path in ROUTES if verb == "GET"]
    answers = {path: browser.get(path) for path in (*paths, f"/rules/{LASER}", "/nowhere", "/sign-out")}
    answers["a form grown old"] = browser.send("/password", {"old_password": "x"})
    answers["another origin"] = browser.send("/password", {}, Origin="http://elsewhere.example.org")
    pages = {path: answer.text for path, answer in answers.items() if "html" in answer.headers.get("content-type", "")}

    found = {path: outline(page) for path, page in pages.items()}

    assert len(found) > 5
    assert {path: each for path, each in found.items() if (each[0], each[1], len(each[2])) != (["en"], 1, 1)} == {}


HOSTILE = ["<script>alert(1)</script>", "\"'><img src=x onerror=alert(1)>", "{{ 7*7 }}{% raise %}", "%(name)s {0}"]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_that_is_markup_is_shown_as_a_name(clinic: ClinicDays, olive: Browser, staff: Staff, name: str) -> None:
    """S9: in the list, in a sentence, in the header, and where a form is offered again."""
    with writing(clinic.app.engine) as tx:
        for user_id in (staff.olive, staff.dora):
            row = tx.get(UserRow, user_id)
            assert row is not None
            row.name = name
        tx.add(
            TaskRow(
                rule="overlap", key="k", text=name, due_at=clinic.clock.now, status="open", created_at=clinic.clock.now
            )
        )
    wrong = {"name": name, "sign_in_name": name, "role": "desk"}

    pages = [
        olive.get("/users").text,
        olive.get("/audit").text,
        olive.get("/today").text,
        olive.submit(f"/users/{staff.dora}/link", page="/users").text,
        olive.submit("/users", wrong, page="/users").text,
        olive.send("/users", wrong).text,
        olive.sign_in(name, name).text,
    ]

    for page in pages:
        assert "<script>alert" not in page
        assert "<img" not in page
        # As it was typed, and not worked out.
        assert name in html.unescape(page)


def test_the_audit_log_shows_who_did_what_and_can_be_narrowed(clinic: ClinicDays, olive: Browser, staff: Staff) -> None:
    with writing(clinic.app.engine) as tx:
        record_audit(
            tx, staff.dora, Action.CHANGE, clinic.clock.now, subject=Subject.PATIENT, subject_id=7, fields=("phone",)
        )

    page = olive.get(f"/audit?user={staff.dora}").text

    assert ">patient 7</td>" in page
    assert ">phone</td>" in page
    assert ">Olive</td>" not in page


def test_a_list_narrowed_to_everybody_is_the_whole_list(clinic: ClinicDays, dora: Browser, olive: Browser) -> None:
    """A form sends what was not chosen as an empty text."""
    page = olive.get("/audit?user=").text

    assert ">Dora</td>" in page
    assert ">Olive</td>" in page


@pytest.mark.parametrize("path", ["/patients/x", "/sign-out"])
def test_who_is_signed_in_keeps_the_navigation_where_no_page_is(dora: Browser, path: str) -> None:
    assert 'href="/today"' in dora.get(path).text


def test_a_long_audit_log_is_read_page_by_page(clinic: ClinicDays, olive: Browser, staff: Staff) -> None:
    with writing(clinic.app.engine) as tx:
        for number in range(150):
            record_audit(tx, staff.dora, Action.VIEW, clinic.clock.now, subject=Subject.TASK, subject_id=number)

    page = olive.get("/audit").text
    older = page.rpartition('href="/audit?before=')[2].partition('"')[0]

    assert page.count("<tr>") == 101
    assert "task 20<" in olive.get(f"/audit?before={older}").text
    assert "task 20<" not in page


def test_a_day_at_the_desk_is_in_the_audit_log(dora: Browser, olive: Browser) -> None:
    """S10: that a page of patients was seen, too."""
    dora.get("/today")

    page = olive.get("/audit").text

    assert ">view</td>" in page
    assert ">Dora</td>" in page


# ---- files that others wrote -------------------------------------------------------------------------------------


def list_sums(vendor: Path) -> dict[str, str]:
    lines = (vendor / "SHA256SUMS").read_text("utf-8").splitlines()
    return {name: digest for digest, _, name in (line.partition("  ") for line in lines if not line.startswith("#"))}


@pytest.mark.parametrize("vendor", VENDORS, ids=("shipped", "tests"))
def test_every_vendored_file_is_as_it_was_published(vendor: Path) -> None:
    files = [path for path in vendor.rglob("*") if path.is_file() and path.name != "SHA256SUMS"]

    assert {
        path.relative_to(vendor).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files
    } == list_sums(vendor)


@pytest.mark.parametrize("vendor", VENDORS, ids=("shipped", "tests"))
def test_every_vendored_library_has_its_licence(vendor: Path) -> None:
    assert all((folder / "LICENSE").is_file() for folder in vendor.iterdir() if folder.is_dir())


# ---- texts -------------------------------------------------------------------------------------------------------


def test_the_catalogue_of_texts_is_complete(tmp_path: Path) -> None:
    """Else a translator never sees a text: run `make texts`."""
    found = {message.id for message in read_po(io.BytesIO(extract_texts())) if message.id}
    kept = {message.id for message in read_po(io.BytesIO((LOCALES / "desk.pot").read_bytes())) if message.id}

    assert found == kept
