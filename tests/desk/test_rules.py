"""The rules pages: every rule in words with its sources, as messages, as a picture; and what the last check said."""

from __future__ import annotations

import html
import re
from dataclasses import replace

import pytest

from reminders.desk import create_app
from reminders.rule_verdicts import Failing, RuleVerdict, digest_rules, keep_verdict
from reminders.store.engine import writing
from tests.accounts.staff import Staff, hire
from tests.clinic import LASER, NEEDLING, ClinicDays
from tests.desk.browser import Browser, signed_in
from tests.desk.conftest import KEY


def keep(clinic: ClinicDays, *, digest: str | None = None, failing: tuple[Failing, ...] = ()) -> None:
    found = digest or digest_rules(clinic.config, clinic.app.templates)
    verdict = RuleVerdict(checked_at=clinic.clock.now, digest=found, holding=21, failing=failing)
    with writing(clinic.app.engine) as tx:
        keep_verdict(tx, verdict)


def text_of(page: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", page)).split())


def test_the_start_says_what_holds_for_all_rules_and_leads_to_each_treatment(dora: Browser) -> None:
    page = dora.get("/rules").text

    assert "Messages leave every day from 08:00 to 20:00; all other hours are quiet." in page
    assert "Times are those of America/New_York" in page
    assert re.findall(r'href="(/rules/[^"]+)">([^<]+)', page) == [
        (f"/rules/{LASER}", "Fractional laser treatment"),
        (f"/rules/{NEEDLING}", "Skin needling"),
    ]


@pytest.mark.parametrize("treatment", [LASER, NEEDLING])
def test_a_treatment_shows_each_of_its_rules(clinic: ClinicDays, dora: Browser, treatment: str) -> None:
    page = dora.get(f"/rules/{treatment}").text
    rules = [rule.id for rule in clinic.config.clinic.treatments[treatment].rules]

    assert re.findall(r'<section class="desk-rule" aria-labelledby="rule-([^"]+)"', page) == rules
    # A text and an email of each.
    assert page.count('class="desk-rule-message"') == 2 * len(rules)


def test_a_rule_is_a_sentence_with_its_figures_and_where_they_stand(dora: Browser) -> None:
    said = text_of(dora.get(f"/rules/{LASER}").text)

    assert "2 days after the procedure, at 10:00. It is useful to the end of day 3 after the procedure." in said
    assert "first due 2 days Ice Pick Scars, Fractional Laser Treatment: “2 or 3 days”" in said
    assert "time of day 10:00 the clinic's own" in said


def test_a_message_reads_as_it_will_and_its_patient_is_invented(dora: Browser) -> None:
    said = text_of(dora.get(f"/rules/{LASER}").text)

    assert "Thu 2 Apr 2026, 10:00 text message, 1 segment Harbour Skin: Your visit is on Friday, April 3" in said
    assert "In the example: a visit booked for Fri 3 Apr 2026, 15:00." in said
    assert "Hello Ana," in said
    assert "The patient is invented." in said


def test_the_picture_obeys_the_policy_and_scrolls_in_a_box_that_the_keyboard_reaches(dora: Browser) -> None:
    """S11"""
    page = dora.get(f"/rules/{LASER}").text
    box = page.partition('<div class="desk-course" tabindex="0" role="region"')[2].partition("</div>")[0]

    assert box.count("<circle") > 10
    assert not re.search(r"<style|<script(?! src=)|\sstyle=|\son\w+=", page)


def test_a_treatment_that_is_not_there_is_not_found(dora: Browser) -> None:
    for path in ("/rules/none", "/rules/" + "x" * 2000, "/rules/..%2fusers", "/rules/%00"):
        assert dora.get(path).status_code == 404


HOSTILE = "</title></svg><script>alert(1)</script>{{ 7*7 }}%(name)s"


def test_a_name_that_is_markup_is_shown_as_a_name(clinic: ClinicDays, staff: Staff) -> None:
    """S9: in the picture, too."""
    treatments = clinic.config.clinic.treatments
    named = {LASER: replace(treatments[LASER], name=HOSTILE)}
    config = replace(clinic.config, clinic=replace(clinic.config.clinic, treatments=named))
    browser = signed_in(create_app(replace(clinic.app, config=config), KEY), "dora")

    for path in ("/rules", f"/rules/{LASER}"):
        page = browser.get(path).text
        assert "<script>alert" not in page
        assert HOSTILE in html.unescape(page)


# ---- the verdict -------------------------------------------------------------------------------------------------


def test_rules_that_nobody_has_checked_say_so(dora: Browser) -> None:
    assert "Nobody has checked the rules" in dora.get("/rules").text


def test_the_verdict_of_the_last_check_stands_there(clinic: ClinicDays, dora: Browser) -> None:
    keep(clinic)

    said = text_of(dora.get("/rules").text)

    assert "Checked on 2026-03-02 10:00. 21 figures, texts and documents hold. Nothing is wrong." in said
    assert "changed since" not in said


def test_what_does_not_hold_is_named(clinic: ClinicDays, dora: Browser) -> None:
    keep(clinic, failing=(Failing(where="fractional-laser icing until", sentence="The number <b>differs</b>."),))

    page = dora.get("/rules").text

    assert "<dt>fractional-laser icing until</dt>" in page
    assert "<dd>The number &lt;b&gt;differs&lt;/b&gt;.</dd>" in page
    assert "Nothing is wrong" not in page


def test_a_verdict_on_other_rules_says_that_they_were_changed_since(clinic: ClinicDays, dora: Browser) -> None:
    keep(clinic, digest="of other rules")

    assert "The rules or the texts were changed since." in dora.get("/rules").text


def test_the_verdict_is_kept_on_each_kind_of_database(any_clinic: ClinicDays) -> None:
    hire(any_clinic.app.engine, any_clinic.clock.now)
    keep(any_clinic)
    keep(any_clinic, failing=(Failing(where="peel", sentence="No."),))

    page = signed_in(create_app(any_clinic.app, KEY), "dora").get("/rules").text

    assert page.count("Checked on") == 1
    assert "<dd>No.</dd>" in page
