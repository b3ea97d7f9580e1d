"""The recall page: whose next session is due, narrowed, sorted, page by page, and as a spreadsheet."""

from __future__ import annotations

import csv
import html
import io
import re
from collections.abc import Iterator, Mapping
from datetime import date, timedelta

import pytest
from fastapi import FastAPI
from httpx2 import Response
from sqlalchemy import select

from reminders.desk import create_app
from reminders.overview import RecallFilter, write_recall_csv
from reminders.store.engine import reading, writing
from reminders.tables import AuditRow, PatientRow, RecallRow
from reminders.typed import fold_for_search
from tests.accounts.staff import hire
from tests.clinic import LASER, NEEDLING, ClinicDays
from tests.desk.browser import Browser, signed_in
from tests.desk.conftest import KEY
from tests.overview.conftest import seeded

HEADS = ("Patient", "Phone", "Treatment", "Sessions", "Last session", "Due", "Booked for", "Last text", "")


@pytest.fixture
def dora(clinic: ClinicDays, web: FastAPI) -> Browser:
    clinic.at("2026-03-10 10:10")
    return signed_in(web, "dora")


def send(browser: Browser, path: str, fields: Mapping[str, str] | None = None) -> Response:
    return browser.send(path, {**(fields or {}), "form_token": browser.form_token("/recall")})


def rows(page: str) -> list[list[str]]:
    """The cells of the table, as words."""
    body = page.partition("<tbody>")[2].partition("</tbody>")[0]
    return [
        [words(cell) for cell in re.findall(r"<t[hd].*?</t[hd]>", row, re.DOTALL)] for row in body.split("</tr>")[:-1]
    ]


def words(markup: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", markup)).split())


def names(answer: Response) -> list[str]:
    return [row[0] for row in rows(answer.text)]


def add_recalls(clinic: ClinicDays, count: int, **over: object) -> None:
    """So many patients whose next sessions are due, the first the earliest."""
    with writing(clinic.app.engine) as tx:
        for number in range(count):
            name = f"Patient {number:04}"
            now = clinic.clock.now
            patient = PatientRow(name=name, name_key=name.lower(), search_key=fold_for_search(name), created_at=now)
            tx.add(patient)
            tx.flush()
            due_on = date(2026, 3, 1) + timedelta(days=number)
            values = {"treatment": LASER, "procedure_id": 1, "sessions_done": 1, "is_undecided": False,
                      "last_on": date(2026, 2, 1), "due_on": due_on, **over}  # fmt: skip
            tx.add(RecallRow(patient_id=patient.id, **values))


# ---- what a line says --------------------------------------------------------------------------------------------


def test_a_line_says_all_that_a_call_needs(clinic: ClinicDays, dora: Browser) -> None:
    clinic.record_on_time(LASER, "2026-02-09 10:00", planned_sessions=4)
    clinic.run_until("2026-03-10 10:10")
    page = dora.get("/recall").text
    (row,) = rows(page)

    assert dict(zip(HEADS, row, strict=True)) == {
        "Patient": "Ana Diaz",
        "Phone": "+16175550142",
        "Treatment": "Fractional laser treatment",
        "Sessions": "1 of 4",
        "Last session": "Mon 9 Feb 2026",
        "Due": "Mon 9 Mar 2026 not booked yet",
        "Booked for": "",
        "Last text": "Mon 9 Mar 2026, 10:00: next session 2",
        "": "Book Ana Diaz",
    }
    assert 'href="/patients/1"' in page
    assert 'href="/patients/1/book"' in page


def test_what_is_booked_says_when_and_asks_for_no_booking(clinic: ClinicDays, dora: Browser) -> None:
    clinic.record(LASER, "2026-01-09 10:00")
    clinic.book(LASER, "2026-03-20 14:30")
    (row,) = rows(dora.get("/recall").text)

    assert row[HEADS.index("Booked for")] == "Fri 20 Mar 2026, 14:30"
    assert "not booked yet" not in row[HEADS.index("Due")]
    assert row[-1] == ""


def test_a_latest_day_is_shown_where_there_is_one(clinic: ClinicDays, dora: Browser) -> None:
    add_recalls(clinic, 1, latest_on=date(2026, 4, 1))

    assert "Wed 1 Apr 2026" in rows(dora.get("/recall").text)[0]
    assert "Not later than" in dora.get("/recall").text


def test_nobody_is_said_in_words(dora: Browser) -> None:
    assert "Nobody. Take a filter away to see more." in words(dora.get("/recall").text)


# ---- narrowed, found, sorted -------------------------------------------------------------------------------------


@pytest.fixture
def three(clinic: ClinicDays, dora: Browser) -> Browser:
    """Ana's laser is due on 9 March, Bo's needling on 20 April and booked, Cy's laser on 8 April."""
    clinic.record(LASER, "2026-02-09 10:00")
    clinic.record(NEEDLING, "2026-03-09 10:00", name="Bo Chen", phone="+16175550143", email=None, consent=())
    clinic.book(NEEDLING, "2026-04-27 10:00", patient_id=2)
    clinic.record(LASER, "2026-03-08 10:00", name="Cy Doe", phone="+16175550144", email=None, consent=())
    return dora


NARROWED = {
    "": ["Ana Diaz", "Cy Doe", "Bo Chen"],
    f"?treatment={LASER}": ["Ana Diaz", "Cy Doe"],
    "?booked=yes": ["Bo Chen"],
    "?booked=no&direction=descending": ["Cy Doe", "Ana Diaz"],
    "?sessions=undecided": [],
    "?sessions=decided": ["Ana Diaz", "Cy Doe", "Bo Chen"],
    "?from=2026-04-01&until=2026-04-08": ["Cy Doe"],
    "?sort=name": ["Ana Diaz", "Bo Chen", "Cy Doe"],
    "?sort=name&direction=descending": ["Cy Doe", "Bo Chen", "Ana Diaz"],
    "?sort=visit": ["Bo Chen", "Ana Diaz", "Cy Doe"],
    "?treatment=&booked=&from=&until=&sort=&direction=&page=": ["Ana Diaz", "Cy Doe", "Bo Chen"],
}


def test_the_address_narrows_and_sorts_the_list(three: Browser) -> None:
    assert {narrowed: names(three.get(f"/recall{narrowed}")) for narrowed in NARROWED} == NARROWED


def test_a_name_is_looked_for_among_what_the_filters_leave(three: Browser) -> None:
    assert names(send(three, "/recall", {"find": "O"})) == ["Cy Doe", "Bo Chen"]
    assert names(send(three, f"/recall?treatment={LASER}", {"find": "doe"})) == ["Cy Doe"]


def test_a_name_stands_in_no_address(three: Browser) -> None:
    """Neither where the page leads to, nor does one that somebody wrote there count."""
    page = send(three, "/recall?sort=name&page=1", {"find": "Doe"}).text
    addresses = re.findall(r'(?:href|action|formaction)="([^"]*)"', page)

    assert len(addresses) > 10
    assert not any("doe" in each.lower() for each in addresses)
    assert names(three.get("/recall?find=Doe")) == ["Ana Diaz", "Cy Doe", "Bo Chen"]


def test_filters_are_kept_by_the_search_and_the_name_by_the_filters(three: Browser) -> None:
    page = send(three, f"/recall?treatment={LASER}&from=2026-01-01", {"find": "doe"}).text
    assert f'<option value="{LASER}" selected>' in page
    assert 'value="2026-01-01"' in page

    answer = send(three, "/recall", {"find": "o", "treatment": NEEDLING, "from": "", "until": ""})
    assert names(answer) == ["Bo Chen"]
    assert f"/recall?treatment={NEEDLING}" in answer.text


@pytest.mark.parametrize(
    ("address", "direction", "next_way"),
    [
        ("/recall", "ascending", "/recall?sort=due&amp;direction=descending"),
        ("/recall?sort=due&direction=descending", "descending", "/recall?sort=due&amp;direction=ascending"),
        ("/recall?sort=name&page=3", "ascending", "/recall?sort=name&amp;direction=descending"),
    ],
)
def test_a_head_sorts_and_turns(three: Browser, address: str, direction: str, next_way: str) -> None:
    page = three.get(address).text

    ((way, head),) = re.findall(r'<th[^>]* aria-sort="([^"]*)"[^>]*>(.*?)</th>', page, re.DOTALL)
    assert way == direction
    assert f'href="{next_way}"' in head


# ---- what makes no sense -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "field", "sentence"),
    [
        ({"from": "2026-04-01", "until": "2026-03-01"}, "until", "This day is before the first one"),
        ({"from": "2026-13-01"}, "from", "There is no such day"),
        ({"until": "tomorrow"}, "until", "There is no such day"),
        ({"from": "20260401"}, "from", "There is no such day"),
        ({"from": "٢٠٢٦-٠٤-٠١"}, "from", "There is no such day"),
        ({"treatment": "peel"}, "treatment", "There is no such treatment"),
        ({"treatment": "<script>alert(1)</script>"}, "treatment", "There is no such treatment"),
        ({"find": "a" * 201}, "find", "Nobody has such a name"),
        ({"find": "\x1b[2J"}, "find", "Nobody has such a name"),
    ],
)
def test_a_fault_is_said_beside_its_field_and_nothing_is_lost(
    dora: Browser, fields: dict[str, str], field: str, sentence: str
) -> None:
    typed = {"find": "doe", "booked": "no", **fields}
    answer = send(dora, "/recall", typed)

    assert answer.status_code == 422
    assert re.search(rf'id="{field}-fault">{sentence}', answer.text)
    assert re.search(rf'id="{field}"[^>]* aria-invalid="true" aria-describedby="{field}-fault"', answer.text)
    kept = set(re.findall(r'value="([^"]*)"(?: selected)?', answer.text))
    assert {html.escape(text, quote=True).replace("&#x27;", "&#39;") for text in typed.values()} <= kept
    assert "<script>alert" not in answer.text


def test_a_fault_in_the_address_is_said_too(three: Browser) -> None:
    answer = three.get("/recall?from=2026-04-01&until=2026-03-01&sort=name")

    assert answer.status_code == 422
    assert "This day is before the first one" in answer.text
    # A field for days would drop it.
    assert re.search(r'name="until" type="text" value="2026-03-01"', answer.text)


def test_a_spreadsheet_of_filters_that_make_no_sense_is_the_page_again(three: Browser) -> None:
    answer = send(three, "/recall/csv?until=x", {"find": "doe"})

    assert (answer.status_code, answer.headers["content-type"]) == (422, "text/html; charset=utf-8")
    assert "There is no such day" in answer.text


def test_what_no_link_says_is_refused(three: Browser) -> None:
    for said in (
        "booked=x",
        "sessions=x",
        "sort=phone",
        "direction=up",
        "page=0",
        "page=x",
        "page=1e9",
        "page=" + "9" * 30,
    ):
        assert three.get(f"/recall?{said}").status_code == 400, said


# ---- page by page ------------------------------------------------------------------------------------------------


def test_a_long_list_is_read_page_by_page(clinic: ClinicDays, dora: Browser) -> None:
    add_recalls(clinic, 120)
    pages = [dora.get(f"/recall?page={number}") for number in (1, 2, 3)]

    assert [len(names(page)) for page in pages] == [50, 50, 20]
    assert [name for page in pages for name in names(page)] == [f"Patient {number:04}" for number in range(120)]
    assert "51 to 100 of 120" in words(pages[1].text)
    assert "page 2 of 3" in words(pages[1].text)
    assert 'href="/recall?page=3"' in pages[1].text
    assert "Next" not in words(pages[2].text).partition("page 3 of 3")[2]


def test_a_page_beyond_the_end_is_the_last_one(clinic: ClinicDays, dora: Browser) -> None:
    """The list became shorter since the link was made."""
    add_recalls(clinic, 60)

    assert "51 to 60 of 60" in words(dora.get("/recall?page=9999999").text)


def test_pages_of_a_name_are_asked_for_by_a_form(clinic: ClinicDays, dora: Browser) -> None:
    add_recalls(clinic, 60)
    page = send(dora, "/recall?sort=name", {"find": "patient"}).text
    assert '<button class="desk-recall-go" form="again" formaction="/recall?sort=name&amp;page=2">Next</button>' in page

    page = send(dora, "/recall?sort=name&page=2", {"find": "patient"}).text
    assert "51 to 60 of 60" in words(page)


# ---- as a spreadsheet --------------------------------------------------------------------------------------------


def read_sheet(answer: Response) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))


def test_the_spreadsheet_has_the_rows_of_the_page(three: Browser) -> None:
    for narrowed in ("", "?booked=no&direction=descending"):
        page = rows(three.get(f"/recall{narrowed}").text)
        sheet = read_sheet(send(three, f"/recall/csv{narrowed}"))

        assert [(row["name"], row["treatment"], row["sessions done"]) for row in sheet] == [
            (row[0], row[2], row[3].partition(" ")[0]) for row in page
        ]
        assert [f"{date.fromisoformat(row['due']):%d %b %Y}".lstrip("0") for row in sheet] == [
            " ".join(row[5].split()[1:4]) for row in page
        ]


def test_the_spreadsheet_is_a_file_with_nobody_in_its_name(three: Browser) -> None:
    answer = send(three, "/recall/csv", {"find": "doe"})

    assert [row["name"] for row in read_sheet(answer)] == ["Cy Doe"]
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="recall-2026-03-10.csv"'
    # Spreadsheets take it for UTF-8 by its first bytes.
    assert answer.content.startswith(b"\xef\xbb\xbf")


def test_the_spreadsheet_holds_all_that_matches_not_the_page_alone(clinic: ClinicDays, dora: Browser) -> None:
    add_recalls(clinic, 1100)
    sheet = read_sheet(send(dora, "/recall/csv?page=2"))

    assert [row["name"] for row in sheet] == [f"Patient {number:04}" for number in range(1100)]


def rename_first(clinic: ClinicDays, name: str) -> None:
    """To what no form takes, and an older database may hold."""
    with writing(clinic.app.engine) as tx:
        tx.scalars(select(PatientRow).where(PatientRow.id == 1)).one().name = name


def test_no_cell_is_a_formula(clinic: ClinicDays, dora: Browser) -> None:
    """S9"""
    add_recalls(clinic, 1)
    for start in ("=", "+", "-", "@", "\t", "\r", " =", "＝"):
        rename_first(clinic, name := f'{start}HYPERLINK("http://evil.example")')
        (row,) = read_sheet(send(dora, "/recall/csv"))

        assert row["name"] == f"'{name}"


def test_commas_quotes_and_line_breaks_stay_within_their_cell(clinic: ClinicDays, dora: Browser) -> None:
    add_recalls(clinic, 2)
    for name in ("Diaz, Ana", 'Ana "Annie" Diaz', "Ana\nDiaz", "Ana\r\nDiaz", "Élodie Łuć 李", "a;b\tc"):
        rename_first(clinic, name)

        assert [row["name"] for row in read_sheet(send(dora, "/recall/csv"))] == [name, "Patient 0001"]


def test_a_download_that_waits_holds_nobody_up(clinic: ClinicDays, dora: Browser) -> None:
    """Between two parts no transaction is open, or SQLite's writers would wait for a slow download."""
    add_recalls(clinic, 600)
    parts = write_recall_csv(clinic.app.engine, clinic.config.clinic, RecallFilter(), clinic.clock.now)
    read = [next(parts), next(parts)]
    # The file is changed while the download waits.
    with writing(clinic.app.engine) as tx:
        tx.delete(tx.scalars(select(RecallRow).order_by(RecallRow.id.desc()).limit(1)).one())
        checked_out = clinic.app.engine.pool.checkedout()  # type: ignore[attr-defined]
    read.extend(parts)

    assert checked_out == 1
    assert len("".join(read).splitlines()) == 1 + 599


# ---- who saw it --------------------------------------------------------------------------------------------------


def list_looks(clinic: ClinicDays) -> list[tuple[str, str | None, str]]:
    with reading(clinic.app.engine) as tx:
        lines = tx.scalars(select(AuditRow).order_by(AuditRow.id))
        return [(line.action, line.subject, line.fields) for line in lines if line.subject == "list"]


def test_seeing_the_list_and_taking_it_away_is_in_the_audit_log(clinic: ClinicDays, three: Browser) -> None:
    """S10: and no name."""
    three.get("/recall")
    send(three, "/recall", {"find": "doe"})
    send(three, "/recall/csv", {"find": "doe"})
    send(three, "/recall/csv")

    assert list_looks(clinic) == [("view", "list", ""), ("export", "list", ""), ("export", "list", "")]


def test_a_list_that_was_refused_was_not_seen(clinic: ClinicDays, dora: Browser) -> None:
    dora.get("/recall?from=x")

    assert list_looks(clinic) == []


@pytest.mark.parametrize("hostile", ["<script>alert(1)</script>", "\"'><img src=x onerror=alert(1)>", "{{ 7*7 }}"])
def test_a_name_is_text_wherever_it_is_shown(clinic: ClinicDays, dora: Browser, hostile: str) -> None:
    """S9: what was looked for, too."""
    clinic.record(LASER, "2026-03-09 10:00", name=hostile)

    for page in (dora.get("/recall").text, send(dora, "/recall", {"find": hostile}).text):
        assert "<script>alert" not in page
        assert "<img" not in page
        assert hostile in html.unescape(page)


# ---- both databases ----------------------------------------------------------------------------------------------


@pytest.fixture
def demo(database_url: str) -> Iterator[ClinicDays]:
    with seeded(database_url) as desk:
        yield desk


def test_each_way_to_sort_and_narrow_works_on_each_database(demo: ClinicDays) -> None:
    hire(demo.app.engine, demo.clock.now)
    dora = signed_in(create_app(demo.app, KEY), "dora")
    for narrowed, count in (("", 12), ("&booked=no", 9), ("&sessions=undecided&until=2027-01-01", 1)):
        pages = {
            (sort, direction): names(dora.get(f"/recall?sort={sort}&direction={direction}{narrowed}"))
            for sort in ("due", "visit", "name")
            for direction in ("ascending", "descending")
        }

        assert {len(found) for found in pages.values()} == {count}
        assert len({frozenset(found) for found in pages.values()}) == 1
        assert pages["name", "ascending"] == pages["name", "descending"][::-1]
