"""Figures as people write them: digits, words, ranges, units, bounds, and what is not exact."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reminders.checking.amounts import Amount
from reminders.checking.numbers import read_number
from reminders.checking.reading import list_amounts, plain
from reminders.rules import Bound, Unit

SMALL = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"),
    *("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
TENS = ("-", "-", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")


def spell(number: int) -> str:
    """In British English, such as 'one hundred and five'."""
    if number >= 100:
        rest = f" and {spell(number % 100)}" if number % 100 else ""
        return f"{SMALL[number // 100]} hundred{rest}"
    if number < 20:
        return SMALL[number]
    return TENS[number // 10] + (f"-{SMALL[number % 10]}" if number % 10 else "")


def read_one(text: str) -> Amount:
    (amount,) = list_amounts(plain(text))
    return amount


def say(amount: Amount) -> str:
    """Such as '3-5 days' or '6 weeks at_least'; a '?' for what is not exact."""
    least, most = (str(end.value) if end.value is not None else "?" for end in (amount.least, amount.most))
    number = least if amount.least == amount.most else f"{least}-{most}"
    bound = None if amount.bound is Bound.NOMINAL else amount.bound.value
    per = f"per {amount.most.per}" if amount.most.per else None
    return " ".join(filter(None, (number, amount.most.unit, per, "business" if amount.is_business else None, bound)))


@given(number=st.integers(1, 999))
def test_every_number_in_words_reads_as_itself(number: int) -> None:
    assert read_number(spell(number)) == number
    assert read_one(f"for {spell(number).capitalize()} days").most.value == number


@given(number=st.integers(1, 999))
def test_a_number_reads_the_same_in_the_american_way_and_in_digits(number: int) -> None:
    american = spell(number).replace(" and ", " ").replace("-", " ")
    assert read_number(american) == read_number(str(number)) == number


@given(least=st.integers(1, 49), more=st.integers(1, 50), joint=st.sampled_from([" to ", " or ", "-", "–", " — "]))
def test_a_range_has_both_its_ends_however_it_is_joined(least: int, more: int, joint: str) -> None:
    for ends in ((str(least), str(least + more)), (spell(least), spell(least + more))):
        amount = read_one(f"about {joint.join(ends)} weeks later")
        assert [amount.least.value, amount.most.value] == [Fraction(least), Fraction(least + more)]
        assert amount.least.unit is amount.most.unit is Unit.WEEKS


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=200))
def test_any_text_can_be_read(text: str) -> None:
    line = plain(text)
    for amount in list_amounts(line):
        assert line[amount.start : amount.end] in amount.words


READINGS = {
    "forty-eight hours": "48 hours",
    "Forty Eight hours": "48 hours",
    "24h": "24 hours",
    "a 24-hour rest": "24 hours",
    "one day": "1 days",
    "a month": "1 months",
    "an hour": "1 hours",
    "every 10 minutes": "10 minutes",
    "every hour": "1 hours",
    "every other day": "2 days",
    "half an hour": "1/2 hours",
    "a quarter of an hour": "1/4 hours",
    "an hour and a half": "3/2 hours",
    "two and a half weeks": "5/2 weeks",
    "1½ hours": "3/2 hours",
    "1.5 hours": "3/2 hours",
    "1,200 minutes": "1200 minutes",
    "a fortnight": "2 weeks",
    "one year": "12 months",
    "day 5": "5 days",
    "days 3 to 5": "3-5 days",
    "the third day": "3 days",
    "3 to 5 days": "3-5 days",
    "2 or 3 days": "2-3 days",
    "24–48 hours": "24-48 hours",
    "twenty-four - forty-eight hours": "24-48 hours",
    "between two and three weeks": "2-3 weeks",
    "a day or two": "1-2 days",
    "45 minutes to an hour": "45-1 hours",
    "Four to five treatments": "4-5",
    "twice": "2",
    "at least six weeks": "6 weeks at_least",
    "six weeks or more": "6 weeks at_least",
    "six or more weeks": "6 weeks at_least",
    "no sooner than six weeks": "6 weeks at_least",
    "at least the first 24 hours": "24 hours at_least",
    "at most 3 days": "3 days at_most",
    "no more than 3 days": "3 days at_most",
    "up to 3 days": "3 days at_most",
    "never more than 3 days": "3 days at_most",
    "at the latest after three weeks": "3 weeks at_most",
    "three weeks at the latest": "3 weeks at_most",
    "at the earliest after three weeks": "3 weeks at_least",
    "no less than 2 days": "2 days at_least",
    "less than 2 days": "2 days at_most",
    "never less than 2 days": "2 days at_least",
    "within 72 hours": "72 hours at_most",
    "within the first 24 hours": "24 hours",
    "several weeks": "? weeks",
    "a few minutes to an hour": "?-1 hours",
    "a matter of days": "? days",
    "some days": "? days",
    "a couple of weeks": "? weeks",
    "four times a day": "4 per days",
    "4 times daily": "4 per days",
    "4x daily": "4 per days",
    "twice a day": "2 per days",
    "once daily": "1 per days",
    "once every week": "1 per weeks",
    "three to four times per day": "3-4 per days",
    "once or twice a day": "1-2 per days",
    "no more than six a day": "6 per days at_most",
    "several times a day": "? per days",
    "two a week": "2 per weeks",
    "5 working days": "5 days business",
    "five business days": "5 days business",
    "within 2 working days": "2 days business at_most",
    "the third working day": "3 days business",
    "working day 3": "3 days business",
    "3-5 weekdays": "3-5 days business",
    "a working day": "1 days business",
    "5 calendar days": "5 days",
    "6 working weeks": "6 weeks",
}


@pytest.mark.parametrize("text", READINGS)
def test_a_figure_reads_as_it_is_meant(text: str) -> None:
    assert say(read_one(text)) == READINGS[text]


@pytest.mark.parametrize("text", ["at 10:00", "the days after", "someone often waits", "G9b", "an hourglass"])
def test_what_is_no_figure_is_not_read_as_one(text: str) -> None:
    assert list_amounts(plain(text)) == []


def test_two_figures_of_one_sentence_stay_apart() -> None:
    amounts = list_amounts("during the first 24 hours every 10 minutes, for two days - 3 if swollen")
    assert list(map(say, amounts)) == ["24 hours", "10 minutes", "2 days", "3"]
    amounts = list_amounts("four weekly visits, 2 drops three times a day on working days, 3 weeks")
    assert list(map(say, amounts)) == ["4", "1 weeks", "2", "3 per days", "3 weeks"]


def test_a_figure_in_other_words_is_the_same() -> None:
    assert read_one("half an hour").equals(read_one("thirty minutes"))
    assert read_one("two weeks").equals(read_one("14 days"))
    assert read_one("4x daily").equals(read_one("four times a day"))
    assert not read_one("five working days").equals(read_one("five days"))
    assert not read_one("one month").equals(read_one("28 days"))
    assert not read_one("24 hours").equals(read_one("one day"))
    assert not read_one("six weeks").equals(read_one("at least six weeks"))


def test_a_number_of_many_digits_is_left_alone() -> None:
    assert list_amounts("9" * 5000 + " days") == []


def test_a_unit_in_seconds_is_a_part_of_a_minute() -> None:
    assert read_one("30 seconds").most.in_base == ("minutes", Fraction(1, 2))
