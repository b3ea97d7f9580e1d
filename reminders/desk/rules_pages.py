"""Rules: what the clinic's configuration says, in words, with its sources and examples. Read-only."""

from __future__ import annotations

from fastapi import APIRouter, HTTPException, Request
from starlette.responses import Response

from reminders.describing import say_defaults, say_treatment
from reminders.desk.desk import TheDesk
from reminders.desk.pages import render
from reminders.desk.visits import AtTheDesk
from reminders.overview import describe_treatment
from reminders.rule_verdicts import digest_rules, read_verdict
from reminders.store.engine import reading

router = APIRouter()


@router.get("/rules")
def show_rules(request: Request, desk: TheDesk, user: AtTheDesk) -> Response:
    app, clinic = desk.app, desk.app.config.clinic
    with reading(desk.engine) as tx:
        verdict = read_verdict(tx)
    return render(
        request,
        "rules/page.html",
        defaults=say_defaults(clinic),
        zone=clinic.time_zone.key,
        treatments=[(each, say_treatment(each)) for each in clinic.treatments.values()],
        verdict=verdict,
        is_outdated=verdict is not None and verdict.digest != digest_rules(app.config, app.templates),
    )


@router.get("/rules/{treatment}")
def show_treatment(request: Request, desk: TheDesk, user: AtTheDesk, treatment: str) -> Response:
    app = desk.app
    found = app.config.clinic.treatments.get(treatment)
    if found is None:
        raise HTTPException(404)
    return render(request, "rules/treatment.html", treatment=describe_treatment(found, app.config, app.templates))
