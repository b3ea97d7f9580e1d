"""A treatment's rules as the desk reads them: in words, with their sources, as messages, and as a picture.

All of it follows from the configuration and its templates: no database.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from reminders.composing import Facts, Said, compose
from reminders.config import Config
from reminders.describing import (
    EXAMPLE_AT,
    Example,
    decide_example,
    draw_inline_svg,
    list_timed_figures,
    make_example,
    plan_timeline,
    say_example,
    say_figure,
    say_rule,
    say_treatment,
)
from reminders.messages import Templates, Unrenderable
from reminders.model import Audience, Channel
from reminders.reconciling import Decision
from reminders.rules import Figure, Rule, Treatment
from reminders.typed import read_when

EXAMPLE_NAME = "Ana Diaz"
"""Of the patient in the examples, who does not exist."""


@dataclass(frozen=True, kw_only=True)
class ShownFigure:
    key: str
    """Its name in the file, such as `from` or `phases.0.lasts`."""
    value: str
    document: str | None = None
    """The title of the document that it stands in; None: the clinic supplied it."""
    section: str | None = None
    quoted: str | None = None


@dataclass(frozen=True, kw_only=True)
class ShownMessage:
    """An example of what the rule sends, as it would read."""

    channel: Channel
    audience: Audience
    leaves_local: datetime
    subject: str | None = None
    text: str | None = None
    """None: its template fails."""
    segments: int = 0


@dataclass(frozen=True, kw_only=True)
class ShownRule:
    id: str
    sentence: str
    figures: tuple[ShownFigure, ...]
    messages: tuple[ShownMessage, ...]
    """One for each channel; none where nothing of the rule leaves in its example."""
    assumed: tuple[str, ...]
    """What is so in the example, beside the procedure."""


@dataclass(frozen=True, kw_only=True)
class TreatmentPage:
    name: str
    sentence: str
    figures: tuple[ShownFigure, ...]
    rules: tuple[ShownRule, ...]
    example: str
    """What the picture and the messages are an example of."""
    picture: str
    """SVG, to stand in a page."""


def describe_treatment(treatment: Treatment, config: Config, templates: Templates) -> TreatmentPage:
    clinic = config.clinic
    performed_at = read_when(EXAMPLE_AT, clinic.time_zone, clinic.default_procedure_time).at
    timeline = plan_timeline(treatment, clinic, performed_at)
    titles = {key: document.title for key, document in config.documents.items()}
    return TreatmentPage(
        name=treatment.name,
        sentence=say_treatment(treatment),
        figures=tuple(_show_figures(treatment.list_figures(), titles)),
        rules=tuple(_show_rule(rule, treatment, templates, titles, performed_at) for rule in treatment.rules),
        example=say_example(timeline),
        picture=draw_inline_svg(timeline),
    )


def _show_rule(
    rule: Rule, treatment: Treatment, templates: Templates, titles: Mapping[str, str], performed_at: datetime
) -> ShownRule:
    example = make_example(rule, templates.clinic, performed_at)
    return ShownRule(
        id=rule.id,
        sentence=say_rule(rule, treatment),
        figures=tuple(_show_figures(list_timed_figures(rule, treatment), titles)),
        messages=tuple(_show_messages(rule, example, templates, performed_at)),
        assumed=example.assumed,
    )


def _show_figures(figures: Iterable[tuple[str, Figure]], titles: Mapping[str, str]) -> Iterator[ShownFigure]:
    for key, figure in figures:
        source = figure.source
        if source is None:
            yield ShownFigure(key=key, value=say_figure(figure))
        else:
            title = titles.get(source.document, source.document)
            yield ShownFigure(
                key=key, value=say_figure(figure), document=title, section=source.section, quoted=source.figure
            )


# ---- messages ----------------------------------------------------------------------------------------------------


def _show_messages(
    rule: Rule, example: Example, templates: Templates, performed_at: datetime
) -> Iterator[ShownMessage]:
    decision = _choose_decision(rule, decide_example(example, templates.clinic, performed_at))
    if decision is not None:
        # What goes to the staff is an email, whatever the rule prefers.
        channels = (Channel.EMAIL,) if rule.audience is Audience.STAFF else rule.channels
        yield from (_show_message(channel, decision, example, templates) for channel in channels)


def _choose_decision(rule: Rule, decisions: Iterable[Decision]) -> Decision | None:
    """The first of the rule that leaves."""
    own = (each for each in decisions if each.planned.identity.rule == rule.id)
    return next((each for each in own if each.leave_at is not None), None)


def _show_message(channel: Channel, decision: Decision, example: Example, templates: Templates) -> ShownMessage:
    said = _say(channel, decision)
    local = said.leave_at.astimezone(templates.clinic.time_zone)
    noted = {name: (value,) for procedure in example.case.procedures for name, value in procedure.attributes.items()}
    facts = Facts(precision={}, told={}, attributes={(said.anchor_kind, said.anchor_id): noted})
    try:
        composed = compose(templates, [said], facts, patient_name=EXAMPLE_NAME, is_first=False)
    except Unrenderable:
        return ShownMessage(channel=channel, audience=said.audience, leaves_local=local)
    return ShownMessage(
        channel=channel,
        audience=said.audience,
        leaves_local=local,
        subject=composed.subject,
        text=composed.body,
        segments=composed.segments,
    )


def _say(channel: Channel, decision: Decision) -> Said:
    planned = decision.planned
    assert decision.leave_at is not None, "chosen because it leaves"
    return Said(
        rule=planned.identity.rule,
        treatment=planned.treatment,
        occurrence=planned.identity.occurrence,
        audience=planned.audience,
        channel=channel,
        leave_at=decision.leave_at,
        anchor_kind=planned.identity.anchor_kind,
        anchor_id=planned.identity.anchor_id,
        target_on=planned.target_on,
        visit_at=planned.visit_at,
    )
