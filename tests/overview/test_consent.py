"""What a patient has agreed to, by channel."""

from __future__ import annotations

from reminders.casework.patients import opt_out
from reminders.model import Channel, Reason
from reminders.overview import ChannelConsent, read_consent
from reminders.store.blocks import block_contact
from reminders.store.engine import reading, writing
from tests.casework.pages import DeskClinic
from tests.clinic import NEEDLING

ANA = "+16175550142"


def consent(desk: DeskClinic, channel: str = "sms", patient_id: int = 1) -> ChannelConsent:
    with reading(desk.app.engine) as tx:
        page = read_consent(tx, patient_id)
    assert page is not None
    return next(each for each in page.channels if each.channel == channel)


def test_the_word_that_stands_is_there_with_who_heard_it_and_when(desk: DeskClinic) -> None:
    desk.record_on_time(NEEDLING, "2026-03-10 10:00", consent=("sms",))
    given = consent(desk).given

    assert given is not None
    assert (given.recorded_by, given.given_at) == ("desk", desk.instant("2026-03-10 10:00"))
    assert consent(desk, "email").given is None


def test_an_opt_out_concerns_everybody_with_the_number(desk: DeskClinic) -> None:
    desk.add()
    desk.add("Bo Diaz", ANA, "bo@example.org")
    desk.at("2026-03-10 10:00").opt_out("sms", patient_id=2)

    assert consent(desk).opted_out_at == desk.instant("2026-03-10 10:00")
    assert (consent(desk).other_ids, consent(desk, "email").other_ids) == ((2,), ())
    assert consent(desk).may_opt_in


def test_who_noted_an_opt_out_is_there_for_everybody_with_the_number(desk: DeskClinic) -> None:
    desk.add()
    desk.add("Bo Diaz", ANA, "bo@example.org")
    with writing(desk.app.engine, by="Robin") as tx:
        opt_out(tx, desk.config.clinic, 2, Channel.SMS, desk.clock.now)

    assert (consent(desk, patient_id=2).opted_out_by, consent(desk).opted_out_by) == ("Robin", "Robin")


def test_what_the_number_itself_said_is_not_the_desks_to_lift(desk: DeskClinic) -> None:
    """C4"""
    desk.add()
    desk.change(lambda tx: block_contact(tx, Channel.SMS, ANA, Reason.OPTED_OUT, source="reply", now=desk.clock.now))

    assert not consent(desk).may_opt_in


def test_a_refused_number_is_no_opt_out(desk: DeskClinic) -> None:
    desk.add()
    desk.change(
        lambda tx: block_contact(tx, Channel.SMS, ANA, Reason.CONTACT_REFUSED, source="provider", now=desk.clock.now)
    )

    assert (consent(desk).is_refused, consent(desk).opted_out_at) == (True, None)


def test_there_is_no_consent_of_nobody(desk: DeskClinic) -> None:
    with reading(desk.app.engine) as tx:
        assert read_consent(tx, 9999) is None
