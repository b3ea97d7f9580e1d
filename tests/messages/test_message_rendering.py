"""How parts become one message, and what a hostile value does to it: nothing (S9)."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from markupsafe import Markup

from reminders.messages import Encoding, StaffMail, Unrenderable
from reminders.messages.sandbox import Plain
from tests.messages.messages_factories import NEEDLING, TARGET_ON, VISIT_AT, load_shipped, make_clinic, make_part

TEXTS = load_shipped()
SUNSCREEN, SWELLING = make_part("sunscreen"), make_part("swelling")
MERGED = [SWELLING, make_part("next-session", NEEDLING, target_on=TARGET_ON)]
HOSTILE_NAMES = ["{{ clinic_phone }}", "{%for%}", "<script>alert(1)</script>", "%s", "{0.__class__}"]


def test_a_merged_text_names_the_clinic_once_and_each_part_on_a_line() -> None:
    """P7"""
    clinic, *lines = TEXTS.render_sms(MERGED, is_first=False).body.split("\n")
    assert clinic == "AD Clinic:"
    assert [line[:20] for line in lines] == ["- If the treated are", "- Your next visit ca"]


def test_a_merged_email_holds_each_part_under_a_common_subject() -> None:
    mail = TEXTS.render_email(MERGED, "Ana Sample")
    assert mail.subject == "A few notes from AD Clinic"
    assert "swollen" in mail.text
    assert "Tuesday, March 24" in mail.text


def test_parts_that_share_a_subject_keep_it() -> None:
    assert TEXTS.render_email([SUNSCREEN, SWELLING], "Ana").subject == "Your aftercare: a note from AD Clinic"


def test_parts_that_say_the_same_are_said_once() -> None:
    twice = [make_part("next-session"), make_part("next-session", NEEDLING)]
    assert TEXTS.render_sms(twice, is_first=False) == TEXTS.render_sms(twice[:1], is_first=False)


def test_the_same_rule_on_two_days_is_said_twice() -> None:
    days = [make_part("appointment", NEEDLING, visit_at=VISIT_AT + timedelta(days=days)) for days in (0, 1)]
    body = TEXTS.render_sms(days, is_first=False).body
    assert "March 24" in body
    assert "March 25" in body


def test_an_email_says_the_same_as_text_and_as_html() -> None:
    mail = TEXTS.render_email([make_part("preparation", visit_at=VISIT_AT)], "Ana Sample")
    html = re.sub(r"<head>.*</head>|<[^>]+>", " ", mail.html or "", flags=re.DOTALL)
    assert html.split() == mail.text.split()


def test_an_email_greets_by_the_first_name_alone() -> None:
    mail = TEXTS.render_email([SUNSCREEN], "Ana Sample")
    assert mail.text.startswith("Hello Ana,\n")
    assert "Sample" not in mail.text + (mail.html or "") + mail.subject


@pytest.mark.parametrize("name", ["", "  ", "\u202e\n"])
def test_an_email_without_a_name_greets_all_the_same(name: str) -> None:
    assert TEXTS.render_email([SUNSCREEN], name).text.startswith("Hello,\n")


def test_an_email_ends_with_the_clinics_name_and_phone() -> None:
    text = TEXTS.render_email([SUNSCREEN], "Ana").text
    assert text.rstrip().endswith("please call +1 555-010-0199.")
    assert "\nAdvanced Dermatology\n" in text


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_a_hostile_name_is_not_evaluated(name: str) -> None:
    """S9"""
    mail = TEXTS.render_email([SUNSCREEN], name)
    assert mail.text.startswith(f"Hello {name.split()[0]},\n")
    assert "<script" not in (mail.html or "")


def test_html_in_values_is_escaped_in_html_only() -> None:
    """S9"""
    mail = load_shipped(make_clinic(name="A <b> & C")).render_email([SUNSCREEN], "<script>x</script>")
    assert "&lt;script&gt;x&lt;/script&gt;" in (mail.html or "")
    assert "A &lt;b&gt; &amp; C" in (mail.html or "")
    assert "A <b> & C" in mail.text


def test_line_breaks_in_a_name_do_not_reach_the_email() -> None:
    """S9"""
    mail = TEXTS.render_email([SUNSCREEN], "Ana\r\nBcc: all@example.com\u2028x")
    assert mail.text.startswith("Hello Ana,\n")
    assert "Bcc" not in mail.text


def test_a_subject_is_one_line_whatever_its_values() -> None:
    """S9"""
    texts = load_shipped(make_clinic(sms_name="AD\r\nBcc: all@example.com"))
    values: dict[str, Plain] = {"rule_sentence": "Too\r\nearly\u2028x", "task_id": 7, "task_text": "Look."}
    assert texts.render_email([SUNSCREEN], "Ana").subject == "Your aftercare: a note from AD Bcc: all@example.com"
    assert texts.render_staff_mail(StaffMail.TASK, values).subject == "Task 7 for the front desk: Too early x"


def test_typographic_characters_in_a_clinics_name_do_not_cost_segments() -> None:
    texts = load_shipped(make_clinic(sms_name="Ana\u2019s\u00a0Clinic"))
    text = texts.render_sms([SUNSCREEN], is_first=False)
    assert text.body.startswith("Ana's Clinic: ")
    assert text.encoding is Encoding.GSM7


def test_a_task_mail_holds_the_sentence_the_number_and_the_text() -> None:
    values: dict[str, Plain] = {"rule_sentence": "A visit is too early", "task_id": 7, "task_text": "One.\nTwo."}
    mail = TEXTS.render_staff_mail(StaffMail.TASK, values)
    assert mail.text.startswith("A visit is too early\n\nOne.\nTwo.\n\nThis is task 7.")
    assert mail.html is None


def test_an_unwell_mail_holds_the_problem() -> None:
    assert "No tick." in TEXTS.render_staff_mail(StaffMail.UNWELL, {"problem": "No tick."}).text


@pytest.mark.parametrize("value", [Markup("<b>"), b"x", {"a": "b"}, [1], 1.5, object()])
def test_a_value_that_is_not_plain_is_refused(value: object) -> None:
    """S9: a subclass of str counts as not plain, too."""
    with pytest.raises(Unrenderable, match="'problem' is not plain"):
        TEXTS.render_staff_mail(StaffMail.UNWELL, {"problem": value})  # type: ignore[dict-item]


def test_a_huge_value_is_refused() -> None:
    """S9"""
    with pytest.raises(Unrenderable, match="longer than 20000 characters"):
        TEXTS.render_staff_mail(StaffMail.UNWELL, {"problem": "x" * 10_000_000})


def test_a_refusal_names_the_template_and_no_value() -> None:
    with pytest.raises(Unrenderable) as refusal:
        TEXTS.render_staff_mail(StaffMail.UNWELL, {"problem": None})
    assert str(refusal.value).startswith("_staff/unwell/body.txt: prints a value that is not there")


def test_a_rule_without_a_text_is_refused() -> None:
    with pytest.raises(Unrenderable, match=re.escape("gone/sms.txt is missing")):
        TEXTS.render_sms([make_part("gone")], is_first=False)
