"""Delivery: what became of the reminders of thirty days, as a picture and in figures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import BeforeValidator
from starlette.responses import Response

from reminders.desk.delivery_picture import draw_delivery
from reminders.desk.desk import TheDesk
from reminders.desk.pages import render
from reminders.desk.visits import AtTheDesk
from reminders.desk.words import _
from reminders.model import Channel
from reminders.overview import DeliveryOutcome, read_delivery
from reminders.store.engine import reading

router = APIRouter()

OUTCOMES: Mapping[DeliveryOutcome, str] = {
    DeliveryOutcome.ARRIVED: _("arrived"),
    DeliveryOutcome.HANDED_OVER: _("handed over"),
    DeliveryOutcome.NOT_ARRIVED: _("did not arrive"),
    DeliveryOutcome.UNCLEAR: _("unclear"),
    DeliveryOutcome.TOO_LATE: _("too late"),
    DeliveryOutcome.DROPPED: _("left out"),
    DeliveryOutcome.CALLED_OFF: _("called off"),
    DeliveryOutcome.WAITING: _("waiting"),
}
MEANINGS: Mapping[DeliveryOutcome, str] = {
    DeliveryOutcome.ARRIVED: _("the network says that it is there"),
    DeliveryOutcome.HANDED_OVER: _("the provider has it, and says no more"),
    DeliveryOutcome.NOT_ARRIVED: _("refused, or it could not be delivered"),
    DeliveryOutcome.UNCLEAR: _("nobody knows whether it left"),
    DeliveryOutcome.TOO_LATE: _("its time was over before it could leave"),
    DeliveryOutcome.DROPPED: _("it fell into quiet hours, or was one too many"),
    DeliveryOutcome.CALLED_OFF: _("a change, a missing consent or a newer procedure ended it"),
    DeliveryOutcome.WAITING: _("it is still to leave"),
}


MaybeChannel = Annotated[Channel | None, BeforeValidator(lambda typed: typed or None), Query()]


@router.get("/delivery")
def show_delivery(request: Request, desk: TheDesk, user: AtTheDesk, channel: MaybeChannel = None) -> Response:
    """Counts alone, and nobody's name: so no line in the audit log."""
    with reading(desk.engine) as tx:
        shown = read_delivery(tx, desk.app.config.clinic, desk.now()).only(channel)
    counted = shown.count_by_day()
    total = sum(counted.values(), Counter[DeliveryOutcome]())
    return render(
        request,
        "delivery.html",
        channel=channel,
        channels=list(Channel),
        picture=draw_delivery(counted),
        by_day=counted,
        by_rule=shown.count_by_rule(),
        outcomes=[outcome for outcome in DeliveryOutcome if total[outcome]],
        total=total,
        outcome_names=OUTCOMES,
        meanings=MEANINGS,
    )
