"""A channel that refuses us: paused for all daemons, tried by one message at a time, told to the staff once."""

from __future__ import annotations

import pytest

from reminders.dispatching.receipts import record_receipts
from reminders.dispatching.sending import begin_send
from reminders.model import Channel, Outcome, Receipt, RefusalKind
from reminders.store.claims import claim_due
from reminders.store.engine import writing
from tests.clinic import LASER, NEEDLING
from tests.dispatching.conftest import OpenWired
from tests.dispatching.wired import DUE, WiredClinic
from tests.fakes.smtp import MailServer
from tests.fakes.twilio import UNAUTHORIZED, refused


def pause(wired: WiredClinic, patients: int = 3) -> WiredClinic:
    """Texts due, and an account that takes none."""
    wired.record_many(patients)
    wired.script(UNAUTHORIZED, times=100)
    wired.dispatch()
    return wired


def mend(wired: WiredClinic) -> None:
    wired.twilio._script.clear()


@pytest.mark.parametrize("code", [20003, 30002, 30032])
def test_a_refused_account_pauses_the_channel(wired: WiredClinic, code: int) -> None:
    """R9."""
    wired.record_one()
    wired.script(refused(code, status=401 if code == 20003 else 400))
    wired.dispatch()

    assert wired.status()["paused"] == ["sms"]
    assert wired.status()["ok"] is False


def test_a_paused_channel_keeps_its_reminders_and_their_attempts(wired: WiredClinic) -> None:
    """R9."""
    pause(wired)

    assert [(wired.state(n).status, wired.state(n).attempts) for n in (1, 2, 3)] == [("scheduled", 0)] * 3


def test_a_paused_channel_is_one_task(wired: WiredClinic) -> None:
    """R9."""
    pause(wired).run_until("2026-03-11 12:00")

    assert [task.rule for task in wired.tasks_of("channel-paused")] == ["channel-paused"]


def test_two_daemons_probe_a_paused_channel_once_an_interval(wired: WiredClinic, open_wired: OpenWired) -> None:
    """R9."""
    pause(wired)
    other = open_wired(wired.config.database_url).at(DUE)
    before = wired.tries
    for _ in range(30):  # half an hour
        wired.pass_by(minutes=1)
        other.wait(minutes=1).dispatch()

    assert wired.tries - before == 6


def test_a_pause_ends_when_a_probe_gets_through(wired: WiredClinic) -> None:
    pause(wired)
    mend(wired)
    wired.pass_by(minutes=5)

    assert wired.texts == 3
    assert wired.status()["paused"] == []
    assert wired.tasks() == []


def test_a_probe_is_one_message_even_where_the_patient_has_two(wired: WiredClinic) -> None:
    """A correction and a reminder of one patient never share a message."""
    _owe_a_correction_and_a_reminder(wired)
    wired.script(UNAUTHORIZED, times=100)
    wired.dispatch()
    before = wired.tries
    wired.pass_by(minutes=5)

    assert wired.tries - before == 1


def _owe_a_correction_and_a_reminder(wired: WiredClinic) -> None:
    wired.record_on_time(LASER, "2026-03-10 14:00")
    session = wired.book(LASER, "2026-03-20 10:00")
    wired.at("2026-03-19 10:00").dispatch().wait(minutes=1)
    wired.move(session, "2026-03-25 10:00")
    wired.record(NEEDLING, "2026-03-18 09:00")


def test_a_pause_without_anything_due_keeps_its_probe(wired: WiredClinic) -> None:
    wired.record_one(consent=("sms",))
    wired.script(UNAUTHORIZED)
    wired.dispatch()
    wired.cancel(1)
    wired.pass_by(minutes=5)
    wired.record(NEEDLING, "2026-03-10 14:00", name="Ben Diaz", phone="+16175550143", consent=("sms",))
    wired.dispatch()

    assert wired.tries == 2


def test_a_message_begun_before_the_pause_does_not_end_it(wired: WiredClinic) -> None:
    """Of two that were on their way at once, the one that got through is heard of last."""
    wired.record_many(2)
    now, lease_until = wired.clock.now, wired.clock.now + wired.work.pace.lease
    with writing(wired.app.engine) as tx:
        claim_due(tx, channels=[Channel.SMS], worker="one", now=now, lease_until=lease_until, limit=2)
    refused_one, taken_one = begin_send(wired.work, Channel.SMS, "one").messages
    record_receipts(
        wired.work,
        [
            Receipt(attempt_id=refused_one.attempt_id, outcome=Outcome.REFUSED, kind=RefusalKind.CHANNEL),
            Receipt(attempt_id=taken_one.attempt_id, outcome=Outcome.ACCEPTED, provider_id="SM1"),
        ],
    )

    assert wired.status()["paused"] == ["sms"]


def test_a_pause_of_texts_leaves_emails_alone(wired: WiredClinic, mail: MailServer) -> None:
    pause(wired)
    wired.record_one(name="Eve Stone", phone=None, email="eve@example.org", consent=("email",))
    wired.dispatch()

    assert ("eve@example.org",) in [each.recipients for each in mail.received]


def test_reminders_that_outlast_a_pause_expire_instead_of_leaving_late(wired: WiredClinic) -> None:
    """F6."""
    pause(wired, patients=1)
    mend(wired)
    wired.at("2026-03-18 10:00").dispatch()

    assert wired.state().short == ("expired", "service_late")
    assert wired.sent_short() == [("2026-03-18 10:00", "sunscreen 2")]


def test_a_pause_that_ends_at_night_lets_nothing_leave_at_night(wired: WiredClinic) -> None:
    """F6."""
    pause(wired, patients=1)
    mend(wired)
    wired.at("2026-03-12 03:00").dispatch()
    assert wired.texts == 0

    wired.at("2026-03-12 08:00").dispatch()
    assert wired.sent_short() == [("2026-03-12 08:00", "sunscreen 1")]


def test_a_rate_limit_does_not_shorten_a_pause(wired: WiredClinic) -> None:
    pause(wired, patients=1)
    mend(wired)
    wired.script(refused(20429, status=429, retry_after="1000"))
    wired.pass_by(minutes=5).pass_by(minutes=6)

    assert wired.tries == 2
    assert wired.status()["paused"] == ["sms"]


# ---- what the staff hear ---------------------------------------------------------------------------------------


def test_the_staff_get_one_mail_for_a_pause(wired: WiredClinic, mail: MailServer) -> None:
    pause(wired).run_until("2026-03-11 12:00")

    assert [each.recipients for each in mail.received] == [("desk@harbourskin.example.org",)]


def test_two_daemons_mail_the_staff_once(wired: WiredClinic, open_wired: OpenWired, mail: MailServer) -> None:
    pause(wired)
    open_wired(wired.config.database_url).at(DUE).dispatch()

    assert len(mail.received) == 1


def test_the_mail_to_the_staff_holds_no_patient_s_data(wired: WiredClinic, mail: MailServer) -> None:
    wired.record_one(consent=("sms",))
    wired.script(refused(21211))
    wired.dispatch()

    content = mail.received[0].content.decode()
    assert "undeliverable" in content
    assert not [secret for secret in ("Ana", "Diaz", "5550142", "ana@", "sunscreen") if secret in content]


def test_a_mail_that_the_server_puts_off_is_sent_later(open_wired: OpenWired, wired: WiredClinic) -> None:
    with MailServer() as late:
        late.scripted._rcpt.append("450 later")
        clinic = open_wired(mail_port=late.port)
        pause(clinic)
        assert late.received == []
        clinic.pass_by(minutes=5)

        assert len(late.received) == 1


def test_a_staff_address_that_is_refused_is_not_tried_for_ever(open_wired: OpenWired) -> None:
    """R10."""
    with MailServer() as closed:
        closed.scripted._rcpt.extend(["550 no such user"] * 1000)
        clinic = open_wired(mail_port=closed.port)
        pause(clinic)
        for _ in range(24 * 5):
            clinic.pass_by(hours=1)

        assert 1000 - len(closed.scripted._rcpt) <= 12
