"""The rules as `reminders rules` prints them: in sentences, as a picture, as JSON lines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from reminders.cli.printing import console, print_json
from reminders.config import Config
from reminders.describing import (
    ASCII,
    UNICODE,
    Line,
    Row,
    Timeline,
    Tone,
    cite_briefly,
    draw_timeline,
    list_sources,
    list_timed_figures,
    say_defaults,
    say_example,
    say_figure,
    say_figures,
    say_rule,
    say_treatment,
)
from reminders.rules import Figure, Rule, Treatment

WIDEST_PICTURE = 100
PIPED_PICTURE = 80
"""Where there is no window to fit."""

_STYLES = {
    Tone.PLAIN: "",
    Tone.TITLE: "bold",
    Tone.NAME: "cyan",
    Tone.FAINT: "dim",
    Tone.LEAVES: "bold green",
    Tone.DROPPED: "yellow",
    Tone.USEFUL: "green",
    Tone.QUIET: "dim",
    Tone.TARGET: "bold blue",
}
_IN_ASCII = str.maketrans({"“": '"', "”": '"', "’": "'", "–": "-", "—": "-", "…": "..."})


# ---- in sentences ----------------------------------------------------------------------------------------------


def print_rules(config: Config, *, as_json: bool) -> None:
    treatments = config.clinic.treatments.values()
    if as_json:
        print_json(_rule_json(rule, treatment) for treatment in treatments for rule in treatment.rules)
        return
    console.print(_text(say_defaults(config.clinic)))
    for treatment in treatments:
        console.print()
        console.print(Text.assemble(_text(treatment.name, "bold"), f" ({treatment.id})"))
        console.print(_text(say_treatment(treatment, cite_briefly)))
        _print_by_rule({rule.id: say_rule(rule, treatment, cite_briefly) for rule in treatment.rules})
        _print_sources(treatment, config)


def _print_by_rule(said: Mapping[str, str]) -> None:
    table = Table.grid(padding=(0, 2, 0, 0))
    for rule, words in said.items():
        table.add_row()
        table.add_row(Text(f"  {rule}", style="cyan"), _text(words))
    console.print(table)


def _print_sources(treatment: Treatment, config: Config) -> None:
    titles = {key: document.title for key, document in config.documents.items()}
    console.print()
    for source in list_sources(treatment, titles):
        console.print(Padding(_text(source, "dim"), (0, 0, 0, 2)))


def _text(words: str, style: str = "") -> Text:
    """As it is, or as near as a terminal without Unicode comes to it."""
    if console.options.ascii_only:
        words = words.translate(_IN_ASCII).encode("ascii", "replace").decode("ascii")
    return Text(words, style=style)


def _rule_json(rule: Rule, treatment: Treatment) -> dict[str, object]:
    return {
        "treatment": treatment.id,
        "rule": rule.id,
        "sentence": say_rule(rule, treatment),
        "figures": {
            key: {"value": say_figure(figure), "source": _source_json(figure)}
            for key, figure in list_timed_figures(rule, treatment)
        },
    }


def _source_json(figure: Figure) -> dict[str, str] | None:
    source = figure.source
    return {"document": source.document, "section": source.section, "figure": source.figure} if source else None


# ---- as a picture ----------------------------------------------------------------------------------------------


def print_timeline(timeline: Timeline, config: Config, *, as_json: bool) -> None:
    if as_json:
        print_json(_list_marks(timeline))
        return
    treatment = timeline.treatment
    symbols = ASCII if console.options.ascii_only else UNICODE
    console.print(_text(say_example(timeline)))
    console.print()
    width = min(console.width, WIDEST_PICTURE) if console.is_terminal else PIPED_PICTURE
    for line in draw_timeline(timeline, width, symbols):
        console.print(_colour(line), no_wrap=True, overflow="ignore", crop=False)
    _print_by_rule({row.rule.id: _say_row(row, treatment) for row in timeline.rows})
    _print_sources(treatment, config)


def _say_row(row: Row, treatment: Treatment) -> str:
    figures = say_figures(row.rule, treatment, cite_briefly)
    return f"{figures}. Drawn with {', '.join(row.assumed)}." if row.assumed else f"{figures}."


def _colour(line: Line) -> Text:
    return Text.assemble(*((text, _STYLES[tone]) for text, tone in line))


def _list_marks(timeline: Timeline) -> Iterator[dict[str, object]]:
    zone = timeline.hours.zone
    for row in timeline.rows:
        for mark in row.marks:
            yield {
                "treatment": row.rule.treatment,
                "rule": row.rule.id,
                "occurrence": mark.identity.occurrence,
                "due_at": mark.at.astimezone(zone).isoformat(),
                "expires_at": mark.expires_at.astimezone(zone).isoformat(),
                "reason": mark.reason,
                "assumed": list(row.assumed),
            }
