"""What a desk can type wrongly: one sentence that says what to do, the right exit code, and nothing saved."""

from __future__ import annotations

import pytest

from tests.cli.desk import ANA, ICED, Desk
from tests.clinic import LASER, NEEDLING

BEN = ("--name", "Ben Ode", "--phone", "+16175550143")
HUGE = "9" * 30
BYTES = b"x\xff\xfe".decode("utf-8", "surrogateescape")
"""What Python makes of an argument that is no text."""

NO_LINE = "must be one line of 1 to 200 letters, without control characters."
NO_PHONE = "This is not a phone number that texts can reach: check the digits and the country code."
NO_EMAIL = "This is not an email address: check for a missing @ or a misspelt domain."
NO_PATIENT = "There is no patient {}: find the number with `reminders patients NAME`."
NO_TREATMENT = "There is no treatment '{}': use one of fractional-laser, skin-needling."
NOT_A_TIME = "'{}' is not a time: write it as 2026-03-24 or 2026-03-24T14:30."
NOT_IN_CALENDAR = "'{}' does not exist in the calendar: check day and time."
TOO_LONG_AGO = "This procedure lies more than five years back: check the year."
ANOTHER_AGE = "'{}' lies in another age: check the year."
BOOK_INSTEAD = (
    "A procedure cannot be in the future. If it is an appointment, book it: "
    "`reminders book PATIENT --treatment fractional-laser --starts-at {}`."
)
CALL_INSTEAD = "Another patient has this name and this number or address already: are they the same person?"

SET_OR_CLEAR = "Say what is set, such as --set 'from = { days = 5 }', or take it back with --clear."
RULES = "icing, swelling, pinkness, sunscreen, next-session, preparation, treatment"

FIGURE = ("swelling", "--set", "from = { days = 3 }")
BY = ("--by", "Dr. Lee")

Case = tuple[tuple[str, ...], str]


def performed(when: str) -> tuple[str, ...]:
    return "record", *BEN, "--treatment", LASER, "--performed-at", when


def booked(when: str) -> tuple[str, ...]:
    return "book", "1", "--treatment", LASER, "--starts-at", when


def contact(*typed: str) -> tuple[str, ...]:
    return "record", "--name", "Cleo", *ICED, *typed


WRONG_INPUT: dict[str, Case] = {
    "unknown treatment": (
        ("record", *BEN, "--treatment", "peel", "--performed-at", "2026-03-10"),
        NO_TREATMENT.format("peel"),
    ),
    "no treatment": (("record", *BEN, "--treatment", "", "--performed-at", "2026-03-10"), NO_TREATMENT.format("")),
    "unknown treatment to book": (
        ("book", "1", "--treatment", "peel", "--starts-at", "2026-04-20"),
        NO_TREATMENT.format("peel"),
    ),
    # ---- times
    "no time": (performed(""), NOT_A_TIME.format("")),
    "a time in words": (performed("yesterday"), NOT_A_TIME.format("yesterday")),
    "digits that are not ours": (performed("２０２６-03-10"), NOT_A_TIME.format("２０２６-03-10")),
    "a day that no month has": (performed("2026-02-30"), NOT_IN_CALENDAR.format("2026-02-30")),
    "a month that no year has": (performed("2026-13-01"), NOT_IN_CALENDAR.format("2026-13-01")),
    "an impossible time": (performed("2026-03-10T25:00"), NOT_IN_CALENDAR.format("2026-03-10T25:00")),
    "impossible seconds": (performed("2026-03-10T09:00:75"), NOT_IN_CALENDAR.format("2026-03-10T09:00:75")),
    "an impossible offset": (
        performed("2026-03-10T09:00+25:00"),
        "'+25:00' is not an offset from UTC: write it as -05:00 or Z.",
    ),
    "a time in the spring gap": (
        performed("2026-03-08T02:30"),
        "02:30 did not exist on 2026-03-08: the clocks went forward. Check the time, or add an offset.",
    ),
    "a booking in the spring gap": (
        booked("2027-03-14T02:30"),
        "02:30 did not exist on 2027-03-14: the clocks went forward. Check the time, or add an offset.",
    ),
    "a future date": (performed("2026-03-11"), BOOK_INSTEAD.format("2026-03-11")),
    "a minute from now": (performed("2026-03-10T10:31"), BOOK_INSTEAD.format("2026-03-10T10:31")),
    "a correction into the future": (
        ("correct", "1", "--performed-at", "2026-03-11"),
        BOOK_INSTEAD.format("2026-03-11"),
    ),
    "the last day of the calendar": (performed("9999-12-31T23:59"), ANOTHER_AGE.format("9999-12-31T23:59")),
    "the first day of the calendar": (performed("0001-01-01"), ANOTHER_AGE.format("0001-01-01")),
    "a procedure of long ago": (performed("2016-03-10"), TOO_LONG_AGO),
    "a booking in the past": (
        booked("2026-03-10T10:29"),
        "A booking cannot lie in the past. If the visit took place, record the procedure.",
    ),
    "a booking for yesterday": (
        booked("2026-03-09"),
        "A booking cannot lie in the past. If the visit took place, record the procedure.",
    ),
    "a booking far ahead": (booked("2062-04-20"), "This booking lies more than five years ahead: check the year."),
    # ---- contacts
    "no contact": (contact(), "There is no way to reach this patient: add a phone number or an email address."),
    "empty contacts": (
        contact("--phone", "", "--email", ""),
        "There is no way to reach this patient: add a phone number or an email address.",
    ),
    "the last contact cleared": (
        ("patient", "edit", "2", "--email", ""),
        "There is no way to reach this patient: add a phone number or an email address.",
    ),
    "a number too short": (contact("--phone", "555-01"), NO_PHONE),
    "a number too long": (contact("--phone", "+1617555" + HUGE), NO_PHONE),
    "an area that no country has": (contact("--phone", "+999 555 0142"), NO_PHONE),
    "a number with an extension": (contact("--phone", "+16175550142 ext. 3"), NO_PHONE),
    "a number that is bytes": (contact("--phone", BYTES), NO_PHONE),
    "an address without an @": (contact("--email", "cleo.example.org"), NO_EMAIL),
    "an address without a domain": (contact("--email", "cleo@"), NO_EMAIL),
    "two addresses": (contact("--email", "cleo@example.org, ben@example.org"), NO_EMAIL),
    "an address with a line end": (contact("--email", "cleo@example.org\r\nBcc: x@example.org"), NO_EMAIL),
    "an address that is bytes": (contact("--email", BYTES), NO_EMAIL),
    "consent for a channel without a contact": (
        ("record", "--patient", "2", *ICED, "--consent", "sms"),
        "Patient 2 has no phone number: add it with `reminders patient edit 2`.",
    ),
    "an opt-out without a contact": (
        ("opt-out", "2", "--channel", "sms"),
        "Patient 2 has no phone number: add it with `reminders patient edit 2`.",
    ),
    # ---- names and words
    "no name": (
        ("record", "--phone", "+16175550143", *ICED),
        "A new patient needs a name: add --name.",
    ),
    "an empty name": (("record", "--name", " ", "--phone", "+16175550143", *ICED), f"The name {NO_LINE}"),
    "a name that is bytes": (("record", "--name", BYTES, "--phone", "+16175550143", *ICED), f"The name {NO_LINE}"),
    "a name with a NUL": (("patient", "edit", "1", "--name", "Ana\0"), f"The name {NO_LINE}"),
    "a name that turns the text round": (("patient", "edit", "1", "--name", "\u202eanA"), f"The name {NO_LINE}"),
    "a huge name": (("patient", "edit", "1", "--name", "a" * 100_000), f"The name {NO_LINE}"),
    "a reason that is bytes": (("cancel", "1", "--reason", BYTES), f"The reason {NO_LINE}"),
    "no reason": (("cancel", "1", "--reason", " "), "Say why it is cancelled: add --reason."),
    "an attribute that is bytes": (
        ("record", *BEN, *ICED, "--attribute", f"site={BYTES}"),
        "An attribute is written as KEY=VALUE, such as --attribute site=left.",
    ),
    "an attribute without a value": (
        ("record", *BEN, *ICED, "--attribute", "left"),
        "An attribute is written as KEY=VALUE, such as --attribute site=left.",
    ),
    "an unknown zone": (
        contact("--phone", "+16175550143", "--time-zone", "America/Boston"),
        "'America/Boston' is not a time zone: write it as America/New_York or Europe/Paris.",
    ),
    "a zone that is a path": (
        contact("--phone", "+16175550143", "--time-zone", "../../etc/passwd"),
        "'../../etc/passwd' is not a time zone: write it as America/New_York or Europe/Paris.",
    ),
    "an unknown language": (
        contact("--phone", "+16175550143", "--language", "English, please"),
        "'English, please' is not a language: write it as en or es.",
    ),
    "an attribute that is not declared": (
        ("record", *BEN, *ICED, "--attribute", "sid=left"),
        "There is no attribute 'sid': use side.",
    ),
    "a value that is not declared": (
        ("record", *BEN, *ICED, "--attribute", "side=lft"),
        "There is no side 'lft': did you mean 'left'? There are left, right.",
    ),
    "a patient's value that is not declared": (
        ("patient", "edit", "1", "--attribute", "side=both"),
        "There is no side 'both': use one of left, right.",
    ),
    "a new patient's value that is not declared": (
        ("patient", "add", *BEN, "--attribute", "side=both"),
        "There is no side 'both': use one of left, right.",
    ),
    # ---- what comes after a procedure
    "an event of an unknown procedure": (
        ("event", "77", "healed"),
        "There is no procedure 77: find it with `reminders plan PATIENT`.",
    ),
    "an unknown event": (
        ("event", "1", "heeled"),
        "There is no event 'heeled': did you mean 'healed'? There are healed, first-dose.",
    ),
    "an event that is bytes": (
        ("event", "1", BYTES),
        r"There is no event 'x\udcff\udcfe': use one of healed, first-dose.",
    ),
    "undoing an unknown event": (
        ("event", "1", "heeled", "--undo"),
        "There is no event 'heeled': did you mean 'healed'? There are healed, first-dose.",
    ),
    "an event in the future": (
        ("event", "1", "healed", "--at", "2026-03-10T10:31"),
        "An event cannot be in the future: record it once it has happened.",
    ),
    "an event on a future date": (
        ("event", "1", "healed", "--at", "2026-03-11"),
        "An event cannot be in the future: record it once it has happened.",
    ),
    "an event of long ago": (
        ("event", "1", "healed", "--at", "2016-03-10"),
        "This event lies more than five years back: check the year.",
    ),
    "an event at no time": (("event", "1", "healed", "--at", ""), NOT_A_TIME.format("")),
    "an event both at a time and undone": (
        ("event", "1", "healed", "--at", "2026-03-10", "--undo"),
        "Give --at or --undo, not both: what is undone has no time.",
    ),
    "an answer of an unknown procedure": (
        ("answer", "77", "pain", "yes"),
        "There is no procedure 77: find it with `reminders plan PATIENT`.",
    ),
    "an unknown question": (("answer", "1", "pane", "yes"), "There is no question 'pane': use pain."),
    "an unknown answer": (
        ("answer", "1", "pain", "yess"),
        "There is no answer 'yess': did you mean 'yes'? There are yes, no.",
    ),
    "a figure of an unknown procedure": (
        ("override", "77", *FIGURE, *BY),
        "There is no procedure 77: find it with `reminders plan PATIENT`.",
    ),
    "a figure of an unknown rule": (
        ("override", "1", "sweling", "--set", "from = { days = 3 }", *BY),
        f"There is no rule 'sweling': did you mean 'swelling'? There are {RULES}.",
    ),
    "clearing an unknown rule": (
        ("override", "1", "stitches", "--clear"),
        f"There is no rule 'stitches': use one of {RULES}.",
    ),
    "a figure that nobody decided": (("override", "1", *FIGURE), "Say who has decided it: add --by."),
    "a figure decided by bytes": (
        ("override", "1", *FIGURE, "--by", BYTES),
        f"The name of who has decided it {NO_LINE}",
    ),
    "no figure": (("override", "1", "swelling", *BY), SET_OR_CLEAR),
    "a figure both set and cleared": (("override", "1", *FIGURE, *BY, "--clear"), SET_OR_CLEAR),
    "a figure in words": (
        ("override", "1", "swelling", "--set", "from day 3", *BY),
        "'from day 3' cannot be read: write a figure as config.toml does, such as --set 'from = { days = 5 }'.",
    ),
    "a figure set twice": (
        ("override", "1", *FIGURE, "--set", "from = { days = 4 }", *BY),
        "Set 'from' once, with all that it shall say.",
    ),
    "figures that cannot be": (
        ("override", "1", "swelling", "--set", "frm = 3", "--set", 'at = { time = "25:00" }', *BY),
        "This cannot be set for 'swelling':\n"
        '  at.time: Write a time of day from "00:00" to "23:59", such as "10:00".\n'
        "  frm: There is no key `frm` here; did you mean `from`?",
    ),
    "times that are none": (
        ("override", "1", "swelling", "--set", "at = { time = 10:00:30 }", "--set", "expires = 2026-03-12", *BY),
        "This cannot be set for 'swelling':\n"
        '  at.time: Write a time of day from "00:00" to "23:59", such as "10:00".\n'
        '  expires: Write "next", "until", "anchor" or "same_day".',
    ),
    "a figure that fits the others no more": (
        ("override", "1", "swelling", "--set", "from = { days = 5 }", *BY),
        "This cannot be set for 'swelling':\n"
        "  expires: Write a later moment; as it stands the first one would expire before it is due.",
    ),
    "an end at an unknown event": (
        ("override", "1", "sunscreen", "--set", 'until = { event = "heeled", fallback = { days = 29 } }', *BY),
        "There is no event 'heeled': did you mean 'healed'? There are healed, first-dose.",
    ),
    "an interval of hours": (
        ("override", "1", "treatment", "--set", "interval = { hours = 8 }", *BY),
        "This cannot be set for 'treatment':\n"
        "  interval: Write the gap between sessions in days, weeks or months above 0.",
    ),
    # ---- counts
    "session 0": (
        ("record", *BEN, *ICED, "--session", "0"),
        "Sessions are counted from 1: leave --session out to have it worked out.",
    ),
    "a session too many": (
        ("record", *BEN, *ICED, "--session", HUGE),
        "No course has more than 999 sessions: check the number.",
    ),
    "planned below the session number": (
        ("record", *BEN, *ICED, "--session", "3", "--planned-sessions", "2"),
        "This is session 3 already: a course cannot be planned with 2.",
    ),
    "decided below the session number": (
        ("decide", "1", "--treatment", LASER, "--planned-sessions", "0"),
        "A course has at least 1 session: leave --planned-sessions out while it is undecided.",
    ),
    "decided too many": (
        ("decide", "1", "--treatment", LASER, "--planned-sessions", HUGE),
        "No course has more than 999 sessions: check the number.",
    ),
    # ---- numbers of rows
    "an unknown patient": (("plan", "77"), NO_PATIENT.format(77)),
    "patient 0": (("plan", "0"), NO_PATIENT.format(0)),
    "a patient beyond every database": (("plan", HUGE), NO_PATIENT.format(HUGE)),
    "an unknown patient to list": (("list", "--patient", "77"), NO_PATIENT.format(77)),
    "an unknown patient to record": (("record", "--patient", "77", *ICED), NO_PATIENT.format(77)),
    "an unknown patient to edit": (("patient", "edit", "77", "--name", "Ana"), NO_PATIENT.format(77)),
    "an unknown patient to book": (
        ("book", "77", "--treatment", LASER, "--starts-at", "2026-04-20"),
        NO_PATIENT.format(77),
    ),
    "an unknown procedure": (
        ("cancel", "77", "--reason", "x"),
        "There is no procedure 77: find it with `reminders plan PATIENT`.",
    ),
    "a procedure beyond every database": (
        ("correct", HUGE, "--performed-at", "2026-03-10"),
        f"There is no procedure {HUGE}: find it with `reminders plan PATIENT`.",
    ),
    "an unknown session": (("unbook", "77"), "There is no session 77: find it with `reminders plan PATIENT`."),
    "a session beyond every database": (
        ("move", HUGE, "--starts-at", "2026-04-20"),
        f"There is no session {HUGE}: find it with `reminders plan PATIENT`.",
    ),
    "an unknown task": (("done", "77"), "There is no task 77: see `reminders tasks`."),
    "a task beyond every database": (("done", HUGE), f"There is no task {HUGE}: see `reminders tasks`."),
}

REFUSED: dict[str, Case] = {
    "cancelling twice": (
        ("cancel", "2", "--reason", "wrong patient"),
        "Procedure 2 is cancelled already: record it anew if it did happen.",
    ),
    "correcting what is cancelled": (
        ("correct", "2", "--performed-at", "2026-03-09"),
        "Procedure 2 is cancelled already: record it anew if it did happen.",
    ),
    "an event of what is cancelled": (
        ("event", "2", "healed"),
        "Procedure 2 is cancelled already: record it anew if it did happen.",
    ),
    "an answer of what is cancelled": (
        ("answer", "2", "pain", "yes"),
        "Procedure 2 is cancelled already: record it anew if it did happen.",
    ),
    "a figure of what is cancelled": (
        ("override", "2", *FIGURE, *BY),
        "Procedure 2 is cancelled already: record it anew if it did happen.",
    ),
    "undoing what has not happened": (
        ("event", "1", "healed", "--undo"),
        "'healed' is not recorded of procedure 1: there is nothing to undo.",
    ),
    "clearing what is not set": (
        ("override", "1", "swelling", "--clear"),
        "Nothing is set for 'swelling' of procedure 1: there is nothing to clear.",
    ),
    "unbooking twice": (("unbook", "2"), "Session 2 is not booked any more (unbooked): book a new one if need be."),
    "moving what is unbooked": (
        ("move", "2", "--starts-at", "2026-04-20"),
        "Session 2 is not booked any more (unbooked): book a new one if need be.",
    ),
    "the same procedure at another time": (
        ("record", "--patient", "1", "--treatment", LASER, "--performed-at", "2026-03-10T09:00"),
        "Procedure 1 of that day is there already with another time. If the time was wrong, correct it: "
        "`reminders correct 1 --performed-at …`. If it is another body site, say so with --attribute.",
    ),
    "the same booking at another time": (
        booked("2026-04-14T16:00"),
        "Session 1 is booked on that day already, at another time: move it with `reminders move 1 --starts-at …`.",
    ),
    "adding a patient who is there": (
        ("patient", "add", *ANA),
        "This patient is there already, as number 1: record the procedure with --patient 1.",
    ),
    "another name for a number of a patient": (
        ("record", "--patient", "1", "--name", "Ben Ode", *ICED),
        "Patient 1 has another name: check the number, or leave --name out.",
    ),
    "another phone for a known patient": (
        ("record", "--patient", "1", "--phone", "+16175550199", *ICED),
        "Patient 1 is known with another phone: if it changed, run `reminders patient edit 1` first; "
        "if it is another person, add them with `reminders patient add`.",
    ),
    "becoming somebody else": (
        ("patient", "edit", "2", "--name", "Ana Diaz", "--email", "ana@example.org"),
        CALL_INSTEAD,
    ),
    "deciding a course that has not begun": (
        ("decide", "2", "--treatment", NEEDLING, "--planned-sessions", "3"),
        "Patient 2 has no procedure of skin-needling yet: record it with --planned-sessions.",
    ),
}


def require_refused(desk: Desk, case: Case, code: int) -> None:
    command, sentence = case
    before = desk.dump()

    answer = desk.run(*command)

    assert (answer.code, answer.err, answer.out) == (code, f"{sentence}\n", "")
    assert desk.dump() == before


@pytest.mark.parametrize("case", WRONG_INPUT.values(), ids=WRONG_INPUT)
def test_wrong_input_is_answered_by_one_sentence_and_saves_nothing(busy_desk: Desk, case: Case) -> None:
    require_refused(busy_desk, case, 2)


@pytest.mark.parametrize("case", REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_granted_is_answered_by_one_sentence_and_saves_nothing(busy_desk: Desk, case: Case) -> None:
    require_refused(busy_desk, case, 1)


@pytest.mark.parametrize(
    "command",
    [
        ("plan",),
        ("plan", "Ana"),
        ("plan", "1.5"),
        ("plan", "-1"),
        ("record", *ANA, *ICED, "--consent", "fax"),
        ("record", *ANA, *ICED, "--session", "two"),
        ("record", *ANA, "--treatment", LASER),
        ("opt-out", "1", "--channel", "letter"),
        ("list", "--status", "lost"),
        ("cancle", "1"),
        ("patient", "remove", "1"),
        ("status", "--quietly"),
    ],
    ids=" ".join,
)
def test_a_misspelt_command_says_how_it_is_used(busy_desk: Desk, command: tuple[str, ...]) -> None:
    before = busy_desk.dump()

    answer = busy_desk.run(*command)

    assert (answer.code, answer.out) == (2, "")
    assert answer.err.startswith("Usage: ")
    assert busy_desk.dump() == before


def test_two_patients_are_not_made_one_by_filling_in_an_address(desk: Desk) -> None:
    """One is known by number, the other by address: nobody but the desk can say whether they are the same."""
    desk.ok("patient", "add", "--name", "Ana Diaz", "--phone", "+16175550142")
    desk.ok("patient", "add", "--name", "Ana Diaz", "--email", "ana@example.org")

    require_refused(desk, (("record", *ANA, *ICED), CALL_INSTEAD), 1)


def test_looking_for_bytes_finds_nobody(busy_desk: Desk) -> None:
    answer = busy_desk.run("patients", BYTES)

    assert (answer.code, answer.err) == (0, "No patient matches.\n")
