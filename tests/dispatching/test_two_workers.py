"""Several workers on one database: what must hold whoever is faster, on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from reminders.dispatching import settle_in_doubt, tidy_up
from reminders.dispatching.receipts import record_receipts
from reminders.dispatching.sending import begin_send
from reminders.model import Channel, OutgoingMessage, Receipt, SearchResult, UnclearMessage
from reminders.providers import Provider
from reminders.store.claims import claim_due
from reminders.store.engine import reading, writing
from reminders.tables import AttemptRow, MessageRow, ReminderRow
from tests.clinic import LASER
from tests.dispatching.wired import DUE, Keeping, WiredClinic
from tests.fakes.smtp import MailServer
from tests.fakes.twilio import FakeTwilio, too_fast

Open = Callable[..., WiredClinic]


@pytest.fixture
def open_worker(database_url: str, twilio: FakeTwilio, mail: MailServer) -> Iterator[Open]:
    """Opens one more worker on the same database, at the moment when the texts are due."""
    with ExitStack() as stack:
        yield lambda **over: stack.enter_context(WiredClinic(database_url, twilio, mail.port, **over)).at(DUE)


def at_once(*calls: Callable[[], object]) -> None:
    """Run these in as many threads, and see their errors."""
    with ThreadPoolExecutor(len(calls)) as pool:
        for done in [pool.submit(call) for call in calls]:
            done.result()


def claim(wired: WiredClinic, worker: str, meanwhile: Callable[[], object] = lambda: None) -> list[int]:
    """Claim what is due; `meanwhile` happens before the claim is committed."""
    now, lease_until = wired.clock.now, wired.clock.now + wired.work.pace.lease
    with writing(wired.app.engine) as tx:
        claimed = claim_due(tx, channels=list(Channel), worker=worker, now=now, lease_until=lease_until, limit=10)
        meanwhile()
    return claimed


def die_in_mid_send(wired: WiredClinic, worker: str, *, after_hand_over: bool = False) -> None:
    """A worker begins to send and is gone; what it left is looked for, and waits for another one."""
    claim(wired, worker)
    messages = begin_send(wired.work, Channel.SMS, worker).messages
    if after_hand_over:
        list(wired.work.providers[Channel.SMS].send(messages))
    pace = wired.work.pace
    for _ in range(2):
        wired.clock.now += max(pace.lease, pace.in_doubt_wait)
        tidy_up(wired.work)
        settle_in_doubt(wired.work)


def test_eight_workers_claim_one_reminder_once(open_worker: Open) -> None:
    """R5."""
    workers = [open_worker() for _ in range(8)]
    workers[0].record_one()
    with ThreadPoolExecutor(8) as pool:
        claims = pool.map(claim, workers, map(str, range(8)))

    assert len([each for claimed in claims for each in claimed]) == 1


def test_a_claim_that_is_not_committed_yet_holds_already(open_worker: Open) -> None:
    """R5."""
    one, two = open_worker(), open_worker()
    one.record_one()
    with ThreadPoolExecutor(1) as pool:

        def start_another() -> None:
            rivals.append(pool.submit(claim, two, "two"))
            wait(rivals, timeout=0.5)  # on SQLite it waits for us, and may

        rivals: list[Future[list[int]]] = []
        won = claim(one, "one", start_another)

        assert won + rivals[0].result() == won


def test_the_database_itself_refuses_a_reminder_that_is_there_already(open_worker: Open) -> None:
    """R3: the last word, should two replans ever pass each other."""
    wired = open_worker()
    wired.record_one()
    with wired.rows() as rows:
        twin = {column.key: getattr(rows[0], column.key) for column in ReminderRow.__table__.columns}

    with pytest.raises(IntegrityError), writing(wired.app.engine) as tx:
        tx.add(ReminderRow(**twin | {"id": None}))


def test_two_workers_send_each_text_once(open_worker: Open, twilio: FakeTwilio) -> None:
    """R4."""
    one, two = open_worker(), open_worker()
    one.record_many(40)
    at_once(one.dispatch, two.dispatch)

    assert len(twilio.posts) == len({post.form["To"] for post in twilio.posts}) == 40


def test_two_workers_at_once_merge_what_is_due_in_one_minute(open_worker: Open) -> None:
    """P7."""
    one, two = open_worker(), open_worker()
    for number in range(10):
        phone, email = f"+1617555{100 + number:04}", f"patient{number}@example.org"
        one.record_on_time(LASER, "2026-03-10 12:00", name=f"Patient {number}", phone=phone, email=email)
    for each in (one, two):
        each.at(DUE)
        # Both find something to claim: neither takes all.
        each.work = replace(each.work, pace=replace(each.work.pace, batch_size=3))
    at_once(one.dispatch, two.dispatch)

    assert [one.sent_short(n) for n in range(1, 11)] == [[(DUE, "icing 8 + sunscreen 1")]] * 10


def test_a_text_whose_worker_died_twice_before_the_hand_over_leaves_all_the_same(
    open_worker: Open, twilio: FakeTwilio
) -> None:
    """R7: where an answer was lost, two tries are the most; here nobody ever asked."""
    wired = open_worker()
    wired.record_one()
    for _ in range(2):
        die_in_mid_send(wired, "one that dies")
    wired.dispatch().pass_by(minutes=20)

    assert len(twilio.accepted) == len(twilio.posts) == 1
    assert wired.state().short == ("accepted", None)


def test_the_flag_goes_when_the_second_text_got_there_and_its_worker_died(
    open_worker: Open, twilio: FakeTwilio
) -> None:
    """The list shows one text; whichever try it is given to, the other one never left."""
    # So short a lease that the first try may, by Twilio's clock, have sent what the second one did.
    wired = open_worker(REMINDERS_DISPATCH__LEASE_SECONDS="15", REMINDERS_DISPATCH__IN_DOUBT_WAIT_SECONDS="1")
    wired.record_one()
    die_in_mid_send(wired, "one that dies before the hand-over")
    die_in_mid_send(wired, "one that dies after it", after_hand_over=True)
    wired.pass_by(minutes=20).pass_by(minutes=20)

    assert len(twilio.accepted) == 1
    assert wired.state().short == ("accepted", None)


def test_what_the_list_shows_while_a_second_text_is_on_its_way_is_left_to_that_text(
    open_worker: Open, twilio: FakeTwilio
) -> None:
    wired = open_worker(REMINDERS_DISPATCH__LEASE_SECONDS="15", REMINDERS_DISPATCH__IN_DOUBT_WAIT_SECONDS="1")
    wired.record_one()
    die_in_mid_send(wired, "one that dies before the hand-over")
    claim(wired.wait(seconds=10), "one that is slow")
    messages = begin_send(wired.work, Channel.SMS, "one that is slow").messages
    receipts = list(wired.work.providers[Channel.SMS].send(messages))
    wired.wait(seconds=10)
    settle_in_doubt(wired.work)
    record_receipts(wired.work, receipts)
    wired.pass_by(minutes=20)

    assert len(twilio.accepted) == 1
    assert (wired.provider_id(), *wired.state().short) == (twilio.accepted[0]["sid"], "accepted", None)


def test_two_workers_never_pass_the_sender_s_rate(open_worker: Open) -> None:
    workers = [open_worker(), open_worker()]
    kept = [_pace(wired) for wired in workers]
    workers[0].record_many(20)
    for _ in range(20):
        at_once(*(wired.dispatch for wired in workers))
        for wired in workers:
            wired.wait(seconds=5)

    slots = _list_slots(workers[0], [message for each in kept for message in each.taken])
    assert len(slots) == 20
    assert all(after - before >= timedelta(seconds=segments / 2) for (before, segments), (after, _) in pairwise(slots))


def _pace(wired: WiredClinic) -> Keeping:
    provider, pace = Keeping(wired.clock), replace(wired.work.pace, segments_per_second=2)
    wired.work = replace(wired.work, pace=pace, providers={**wired.work.providers, Channel.SMS: provider})
    return provider


def _list_slots(wired: WiredClinic, taken: list[OutgoingMessage]) -> list[tuple[datetime, int]]:
    """(when a text may leave, its segments), by time."""
    query = select(AttemptRow.id, MessageRow.segments).join(MessageRow, MessageRow.id == AttemptRow.message_id)
    with reading(wired.app.engine) as tx:
        segments = {row.id: row.segments for row in tx.execute(query)}
    return sorted((message.send_after, segments[message.attempt_id]) for message in taken if message.send_after)


def test_a_pause_that_one_worker_meets_holds_for_the_other(open_worker: Open, twilio: FakeTwilio) -> None:
    """R8."""
    one, two = open_worker(), open_worker()
    one.record_one()
    twilio.script(too_fast("7"))
    one.dispatch()
    one.record_one(name="Ben Diaz", phone="+16175550143", email="ben@example.org")
    two.pass_by(seconds=6)
    assert len(twilio.posts) == 1

    two.pass_by(seconds=1)
    assert len(twilio.accepted) == 2


def test_what_a_dead_worker_had_claimed_another_sends(open_worker: Open, twilio: FakeTwilio) -> None:
    """F2."""
    one, two = open_worker(), open_worker()
    one.record_one()
    claim(one, "dead")
    two.dispatch()
    assert len(twilio.posts) == 0

    two.pass_by(minutes=2)
    assert len(twilio.accepted) == 1


def test_what_a_dead_worker_was_handing_over_is_looked_for_first(open_worker: Open, twilio: FakeTwilio) -> None:
    """F3."""
    one, two = open_worker(), open_worker()
    one.record_one()
    one.work = replace(one.work, providers={**one.work.providers, Channel.SMS: Dying(one.work.providers[Channel.SMS])})
    with pytest.raises(Dying.Death):
        one.dispatch()
    two.pass_by(minutes=2).pass_by(minutes=2)

    assert [call.method for call in twilio.requests] == ["POST", "GET"]
    assert two.state().short == ("accepted", None)


class Dying:
    """A provider whose process dies when Twilio has the message, before anybody hears of it."""

    class Death(BaseException):
        pass

    def __init__(self, inner: Provider) -> None:
        self.name = inner.name
        self._inner = inner

    def send(self, messages: Sequence[OutgoingMessage]) -> Iterator[Receipt]:
        yield from list(self._inner.send(messages))[:0]
        raise Dying.Death

    def find(self, message: UnclearMessage) -> SearchResult:
        return self._inner.find(message)
