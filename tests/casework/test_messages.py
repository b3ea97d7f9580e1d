"""Messages by hand: what is refused before it is queued, when it leaves, and a text that is sent again."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from reminders.model import InputRefusal, Refusal
from reminders.store.engine import reading
from reminders.tables import ReminderRow
from tests.casework.pages import DeskClinic
from tests.clinic import LASER, NEEDLING

THANKS = "Thank you for the photo. The treated area looks as we hoped."


def start(desk: DeskClinic, treatment: str = NEEDLING, at: str = "2026-03-10 10:00") -> DeskClinic:
    desk.record_on_time(treatment, at)
    return desk


def test_a_message_by_hand_leaves_at_the_next_pass(desk: DeskClinic) -> None:
    start(desk).write(THANKS)
    desk.dispatch()

    (sent,) = desk.sent()
    assert sent.at == "2026-03-10 10:00"
    assert sent.body.startswith(f"Harbour Skin: {THANKS}")
    assert desk.written() == [("sent", None)]


def test_the_first_text_to_a_number_says_how_to_stop(desk: DeskClinic) -> None:
    """C8: whoever writes it."""
    written = start(desk).write(THANKS)
    desk.run_until("2026-03-12 10:00")

    assert ["HELP" in sent.body for sent in desk.sent()] == [True, False]
    assert written.composed.body == desk.sent()[0].body


def test_what_was_shown_is_what_leaves(desk: DeskClinic) -> None:
    desk = start(desk).run_until("2026-03-12 10:00")
    written = desk.write("See you  soon.\nBring the form.")
    desk.dispatch()

    assert (written.composed.body, written.composed.segments) == (desk.sent()[-1].body, 1)


def test_written_in_quiet_hours_it_leaves_in_the_morning(desk: DeskClinic) -> None:
    start(desk).at("2026-03-10 21:00").write(THANKS)

    assert desk.run_until("2026-03-11 08:30").sent_short() == [("2026-03-11 08:00", "")]


def test_an_email_by_hand_has_subject_and_greeting(desk: DeskClinic) -> None:
    written = start(desk).write(THANKS, channel="email", subject="Your photo")
    desk.dispatch()

    assert written.composed.subject == "Your photo"
    assert desk.sent()[0].body.startswith("Hello Ana,\n\nThank you for the photo.")


def test_the_same_words_twice_are_one_message_while_they_wait(desk: DeskClinic) -> None:
    first, second = start(desk).write(THANKS), desk.write(THANKS)

    assert first.written_id == second.written_id


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (" ", "the message is empty"),
        ("Your laser went well.", r"\('laser'\)"),
        ("Your skin-needling went well.", "tell a stranger"),
        ("A bell\x07", "control characters"),
        ("long " * 80, "segments where 3 are allowed"),
    ],
)
def test_what_must_not_leave_is_refused_as_it_is_written(desk: DeskClinic, body: str, says: str) -> None:
    """C8, C9."""
    with pytest.raises(InputRefusal, match=says):
        start(desk).write(body)


def test_the_clinic_may_say_its_own_name(desk: DeskClinic) -> None:
    """C9: `sms_name` is exempt."""
    assert start(desk).write("Yours, Harbour Skin").written_id == 1


def test_everything_that_is_wrong_is_said_at_once(desk: DeskClinic) -> None:
    desk.add()

    with pytest.raises(InputRefusal, match=r"stranger.*There is no consent for email"):
        desk.write("Your scar", channel="email", subject="Hello")


def test_an_email_wants_a_subject(desk: DeskClinic) -> None:
    with pytest.raises(InputRefusal, match="needs a subject"):
        start(desk).write(THANKS, channel="email")


def test_a_template_in_the_words_is_only_words(desk: DeskClinic) -> None:
    """S9"""
    start(desk).write("{{ 7 * 7 }} {% raw %}")
    desk.dispatch()

    assert "{{ 7 * 7 }} {% raw %}" in desk.sent()[0].body


def test_who_is_opted_out_is_not_written_to(desk: DeskClinic) -> None:
    start(desk).opt_out()

    with pytest.raises(InputRefusal, match="does not want sms"):
        desk.write(THANKS)


def test_an_opt_out_meanwhile_stops_it_and_asks_the_desk_to_call(desk: DeskClinic) -> None:
    """C2"""
    start(desk).at("2026-03-10 21:00").write(THANKS)
    desk.opt_out()
    desk.run_until("2026-03-11 08:30")

    assert desk.written() == [("cancelled", "opted_out")]
    assert "opted out" in desk.tasks_of("undeliverable")[0].text


def test_nothing_is_written_to_a_paused_patient(desk: DeskClinic) -> None:
    start(desk).pause()

    with pytest.raises(InputRefusal, match="paused"):
        desk.write(THANKS)


def test_what_waits_when_the_patient_is_paused_waits_on(desk: DeskClinic) -> None:
    start(desk).at("2026-03-10 21:00").write(THANKS)
    desk.pause()
    desk.run_until("2026-03-11 12:00")
    assert desk.written() == [("scheduled", None)]

    desk.resume()
    assert desk.run_until("2026-03-11 12:30").written() == [("sent", None)]


def test_what_could_not_leave_within_a_day_expires_with_a_task(desk: DeskClinic) -> None:
    start(desk).write(THANKS)
    desk.at("2026-03-12 12:00").dispatch()

    assert desk.written() == [("expired", "service_late")]
    assert [task.rule for task in desk.tasks_of("undeliverable")] == ["undeliverable"]


def test_behind_a_paused_channel_it_expires_all_the_same(desk: DeskClinic) -> None:
    start(desk).suspend()
    desk.write(THANKS)
    desk.run_until("2026-03-12 12:00")

    assert desk.written() == [("expired", "service_late")]


# ---- once more ---------------------------------------------------------------------------------------------------


def test_a_text_that_the_patient_lost_is_sent_again_as_it_was(desk: DeskClinic) -> None:
    start(desk).run_until("2026-03-11 12:00")
    desk.again(desk.reminder("sunscreen"))
    desk.dispatch()

    first, second = desk.sent()
    assert second.body == first.body.rpartition("\n")[0]
    assert (second.at, second.rules) == ("2026-03-11 12:00", ())


def test_a_text_sent_again_leaves_the_reminder_as_it_is(desk: DeskClinic) -> None:
    start(desk).run_until("2026-03-11 12:00")
    before = desk.plan()
    desk.again(desk.reminder("sunscreen"))
    desk.dispatch()

    assert desk.plan() == before


def test_sent_again_to_a_new_number_it_says_how_to_stop(desk: DeskClinic) -> None:
    """C8"""
    start(desk).run_until("2026-03-12 12:00")
    desk.edit(phone="+16175550143")
    desk.again(desk.reminder("sunscreen"))
    desk.dispatch()

    assert "HELP" in desk.sent()[-1].body
    assert desk.sent()[-1].to == "+16175550143"


def test_an_email_is_sent_again_with_its_subject(desk: DeskClinic) -> None:
    start(desk).opt_out()
    desk.run_until("2026-03-11 12:00")
    desk.again(desk.reminder("sunscreen"))
    desk.dispatch()

    first, second = desk.sent()
    assert (first.channel, first.body) == (second.channel, second.body)


def test_what_has_not_left_is_not_sent_again(desk: DeskClinic) -> None:
    start(desk)

    with pytest.raises(Refusal, match="is scheduled"):
        desk.again(desk.reminder("sunscreen"))


def test_what_is_of_no_use_any_more_is_not_sent_again(desk: DeskClinic) -> None:
    """P5"""
    start(desk, LASER).run_until("2026-03-11 12:00")

    with pytest.raises(Refusal, match="of no use any more"):
        desk.again(desk.reminder("icing"))


def test_what_is_no_longer_true_is_not_sent_again(desk: DeskClinic) -> None:
    start(desk).book(NEEDLING, "2026-04-24 14:00")
    desk.run_until("2026-04-23 12:00").move(1, "2026-04-24 16:00")

    with pytest.raises(Refusal, match="no longer true"):
        desk.again(desk.reminder("appointment"))


def test_a_cancelled_procedure_s_texts_are_not_sent_again(desk: DeskClinic) -> None:
    start(desk).run_until("2026-03-11 12:00").cancel(1)

    with pytest.raises(Refusal, match="no longer true"):
        desk.again(desk.reminder("sunscreen"))


def test_a_text_that_says_also_what_is_no_longer_true_is_not_sent_again(desk: DeskClinic) -> None:
    """It leaves as a whole, whichever of its reminders was asked for."""
    start(desk, LASER).record(NEEDLING, "2026-03-10 10:00")
    desk.at("2026-03-12 10:30").dispatch()
    told = next(each.body for each in desk.sent() if "swollen" in each.body)
    assert "sunscreen" in told
    desk.cancel(2)

    with pytest.raises(Refusal, match="no longer true"):
        desk.again(desk.reminder("swelling"))


def test_one_text_of_several_reminders_is_sent_again_once(desk: DeskClinic) -> None:
    start(desk, LASER).record(NEEDLING, "2026-03-10 10:00")
    desk.at("2026-03-12 10:30").dispatch()
    with reading(desk.app.engine) as tx:
        told = select(ReminderRow.message_id).where(ReminderRow.id == desk.reminder("swelling")).scalar_subquery()
        reminders = tx.scalars(select(ReminderRow.id).where(ReminderRow.message_id == told)).all()
    for reminder_id in reminders:
        desk.again(reminder_id)

    assert (len(reminders), len(desk.written())) == (2, 1)
