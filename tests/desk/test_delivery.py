"""The delivery page: thirty days of outcomes as a picture, and the figures beneath."""

from __future__ import annotations

import html
import re
from collections import Counter
from datetime import date, timedelta

import pytest
from fastapi import FastAPI
from sqlalchemy import select

from reminders.desk.delivery_pages import MEANINGS, OUTCOMES
from reminders.desk.delivery_picture import HEIGHT, WIDTH, DayCounts, draw_delivery
from reminders.overview import DeliveryOutcome
from reminders.store.engine import reading
from reminders.tables import AuditRow
from tests.clinic import LASER, ClinicDays
from tests.desk.browser import Browser, signed_in

ARRIVED, WAITING = DeliveryOutcome.ARRIVED, DeliveryOutcome.WAITING


def days(*counts: int) -> DayCounts:
    """So many that arrived, day by day."""
    first = date(2026, 3, 1)
    return {first + timedelta(days=number): Counter({ARRIVED: count}) for number, count in enumerate(counts)}


# ---- the picture -------------------------------------------------------------------------------------------------


def test_a_bar_is_as_tall_as_its_count() -> None:
    low, high = draw_delivery(days(30, 60)).bars

    assert high.segments[0].height == pytest.approx(2 * low.segments[0].height)
    assert high.segments[0].y + high.segments[0].height == pytest.approx(low.segments[0].y + low.segments[0].height)


def test_outcomes_of_a_day_stand_on_each_other_without_a_gap() -> None:
    counts = Counter({outcome: number + 1 for number, outcome in enumerate(DeliveryOutcome)})
    (bar,) = draw_delivery({date(2026, 3, 1): counts}).bars

    assert [each.outcome for each in bar.segments] == list(DeliveryOutcome)
    for below, above in zip(bar.segments, bar.segments[1:], strict=False):
        assert above.y + above.height == pytest.approx(below.y)


@pytest.mark.parametrize(
    ("most", "numbers"),
    [
        (0, [0, 1]),
        (1, [0, 1]),
        (3, [0, 1, 2, 3]),
        (7, [0, 2, 4, 6, 8]),
        (100, [0, 20, 40, 60, 80, 100]),
        (1087, [0, 500, 1000, 1500]),
        (26_000, [0, 10_000, 20_000, 30_000]),
    ],
)
def test_the_lines_stand_at_round_numbers_that_no_bar_passes(most: int, numbers: list[int]) -> None:
    picture = draw_delivery(days(most))

    assert [line.count for line in picture.lines] == numbers
    assert all(segment.y >= picture.lines[-1].y for bar in picture.bars for segment in bar.segments)


def test_nothing_is_drawn_beyond_the_edges() -> None:
    picture = draw_delivery(days(*range(30)))

    assert all(bar.x > 0 and bar.x + bar.width < WIDTH for bar in picture.bars)
    assert all(0 < line.y < HEIGHT for line in picture.lines)
    assert all(left.x + left.width < right.x for left, right in zip(picture.bars, picture.bars[1:], strict=False))


def test_every_week_has_its_date_and_so_has_today() -> None:
    named = draw_delivery(days(*range(30))).named

    assert [bar.on.day for bar in named] == [2, 9, 16, 23, 30]


def test_every_outcome_has_its_words() -> None:
    assert set(OUTCOMES) == set(MEANINGS) == set(DeliveryOutcome)


# ---- the page ----------------------------------------------------------------------------------------------------


@pytest.fixture
def busy(clinic: ClinicDays, web: FastAPI) -> Browser:
    """Ana's laser by text and Bo's by email, and two days passed."""
    clinic.record_on_time(LASER, "2026-03-10 10:00", consent=("sms",))
    clinic.record(LASER, "2026-03-10 09:00", name="Bo Chen", phone=None, email="bo@example.org", consent=("email",))
    clinic.run_until("2026-03-11 12:00").replan()
    clinic.replan(2)
    return signed_in(web, "dora")


def words(markup: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", markup)).split())


def table(page: str) -> dict[str, dict[str, str]]:
    """The first table: by rule and channel, what stands beneath each head."""
    body = page.partition("<tbody>")[2].partition("</tbody>")[0]
    found = {}
    for row in body.split("</tr>")[:-1]:
        head = words(row.partition("</th>")[0].partition("<th")[2].partition(">")[2])
        cells = {words(label): words(cell) for label, cell in re.findall(r'data-label="([^"]*)">(.*?)</td>', row, re.S)}
        name = f"{head} {cells.pop('Channel', '')}".strip()
        found[name] = {name: text for name, text in cells.items() if text}
    return found


def test_the_figures_stand_by_rule_and_channel_with_totals(busy: Browser) -> None:
    shown = table(busy.get("/delivery").text)

    assert shown["icing text message"] == {"handed over": "4", "left out": "4", "in all": "8"}
    totals = shown.pop("All of them")
    for name, total in totals.items():
        assert int(total) == sum(int(row.get(name, 0)) for row in shown.values())
    assert {name.split()[0] for name in shown} == {"icing", "sunscreen"}


def test_the_page_is_narrowed_to_a_channel(busy: Browser) -> None:
    whole, texts, all_again = (table(busy.get(f"/delivery{each}").text) for each in ("", "?channel=sms", "?channel="))

    assert {name for name in texts if name != "All of them"} == {name for name in whole if "text message" in name}
    assert all_again == whole
    assert busy.get("/delivery?channel=fax").status_code == 404


def test_the_picture_says_what_it_shows_to_those_who_do_not_see_it(busy: Browser) -> None:
    page = busy.get("/delivery").text

    assert 'role="img" aria-labelledby="picture-title picture-what"' in page
    what = re.search(r'<desc id="picture-what">(.*?)</desc>', page, re.DOTALL)
    assert what is not None
    assert re.fullmatch(r"A bar for each of 30 days\. In all: \d+ handed over, .*\.", " ".join(what[1].split()))


def test_each_outcome_has_a_pattern_of_its_own_and_an_entry_in_the_legend(busy: Browser) -> None:
    """What it is must not hang on its colour."""
    page = busy.get("/delivery").text
    patterns = re.findall(r"<pattern id=\"(.*?)\" (.*?)</pattern>", page, re.DOTALL)

    assert len({re.sub(r'class="desk-fill-[a-z-]+"', "", drawn, count=1) for _, drawn in patterns}) == len(patterns)
    used = set(re.findall(r'fill="url\(#(.*?)\)"', page.partition("</defs>")[2].partition("</svg>")[0]))
    assert used == {name for name, _ in patterns}
    assert page.partition("<figcaption>")[2].count("<li>") == len(patterns)


def test_the_picture_holds_no_style_and_no_script(busy: Browser) -> None:
    """S11: the policy would forbid them."""
    page = busy.get("/delivery").text

    assert not re.search(r"\sstyle=|<style|\son[a-z]+=", page)


def test_days_on_which_nothing_was_due_say_so(dora: Browser) -> None:
    page = dora.get("/delivery").text

    assert "Nothing was due in these days." in page
    assert "<figure" not in page


def test_counts_alone_are_no_look_at_anybody(clinic: ClinicDays, busy: Browser) -> None:
    page = busy.get("/delivery").text

    assert "icing" in page
    assert "Ana" not in page
    with reading(clinic.app.engine) as tx:
        assert tx.scalars(select(AuditRow).where(AuditRow.action == "view")).all() == []
