"""How far a message has come: what a provider says late, twice or out of order."""

from __future__ import annotations

from itertools import pairwise, permutations

import pytest

from reminders.delivery import next_status
from reminders.model import CLOSED, Status

IN_ORDER = [Status.SENDING, Status.IN_DOUBT, Status.ACCEPTED, Status.SENT, Status.DELIVERED]


@pytest.mark.parametrize(("current", "heard"), list(pairwise(IN_ORDER)))
def test_a_status_goes_forward_and_never_back(current: Status, heard: Status) -> None:
    assert (next_status(current, heard), next_status(heard, current)) == (heard, heard)


@pytest.mark.parametrize(
    ("first", "second"), [(Status.DELIVERED, Status.UNDELIVERED), (Status.UNDELIVERED, Status.DELIVERED)]
)
def test_the_first_last_word_stays(first: Status, second: Status) -> None:
    """R11."""
    assert next_status(first, second) is first


@pytest.mark.parametrize("last", [Status.DELIVERED, Status.UNDELIVERED])
def test_reports_in_any_order_and_twice_end_alike(last: Status) -> None:
    """R11."""
    ends = set()
    for reports in permutations([Status.ACCEPTED, Status.SENT, last, Status.SENT]):
        status = Status.SENDING
        for heard in reports:
            status = next_status(status, heard)
        ends.add(status)

    assert ends == {last}


@pytest.mark.parametrize("current", sorted(CLOSED | {Status.SCHEDULED, Status.CLAIMED, Status.WITHHELD}))
def test_a_reminder_that_never_left_stays_as_it_is(current: Status) -> None:
    assert next_status(current, Status.DELIVERED) is current


@pytest.mark.parametrize("heard", [Status.FAILED, Status.CANCELLED, Status.SCHEDULED])
def test_what_is_no_word_of_delivery_changes_nothing(heard: Status) -> None:
    assert next_status(Status.ACCEPTED, heard) is Status.ACCEPTED
