"""A timeline drawn as SVG, readable on light and dark pages. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import time, timedelta
from html import escape
from itertools import pairwise

from reminders.describing.figures import join_words, list_timed_figures
from reminders.describing.scales import make_scale, say_short_day
from reminders.describing.timelines import Mark, Panel, Row, Timeline, list_panels, say_example
from reminders.local_time import resolve_local
from reminders.planning.wording import say_day, say_visit
from reminders.rules import Treatment

WIDTH = 880
_LEFT, _RIGHT = 214, 850
_MARGIN = 24
_ROW = 40
_TICK_APART = 56
_HEAD = 76
_LONGEST_QUOTE = 32
_LETTER = 5.6
"""About how wide a small letter is."""

_STYLE = """
    text { font: 12px system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; fill: #1f2d3a }
    .frame { fill: #fbfcfd; stroke: #d5dde4 }
    .title { font-size: 17px; font-weight: 600 }
    .rule { font-weight: 600 }
    .small { font-size: 10.5px; fill: #5c6c7a }
    .mid { text-anchor: middle }
    .end { text-anchor: end }
    .grid { stroke: #e3e9ee }
    .axis { stroke: #9fb0be }
    .night { fill: #e9eef5 }
    .useful { stroke: #bfe0d8; stroke-width: 9; stroke-linecap: round }
    .leaves { fill: #0f7b6c }
    .not { fill: #fbfcfd; stroke: #b4690e; stroke-width: 1.8 }
    .target { fill: #3557a8 }
    @media (prefers-color-scheme: dark) {
      text { fill: #e3eaf0 }
      .frame { fill: #15202b; stroke: #2f3d4a }
      .small { fill: #9db0c0 }
      .grid { stroke: #243240 }
      .axis { stroke: #5a6d7d }
      .night { fill: #1d2b3a }
      .useful { stroke: #1d5249 }
      .leaves { fill: #4cc4b0 }
      .not { fill: #15202b; stroke: #e0a04c }
      .target { fill: #8aa8f0 }
    }
"""


def draw_svg(timeline: Timeline) -> str:
    """A file by itself: the panels of the picture in the terminal, one below the other."""
    return _draw(timeline, [f"  <style>{_STYLE}  </style>"]) + "\n"


def draw_inline_svg(timeline: Timeline) -> str:
    """The same for a page, whose own stylesheet knows these classes: its policy forbids one within."""
    return _draw(timeline, [])


def _draw(timeline: Timeline, style: Sequence[str]) -> str:
    body: list[str] = []
    top = _HEAD
    panels = list_panels(timeline)
    for panel in panels:
        body += _draw_panel(timeline, panel, top)
        top += _height(panel)
    body += _draw_legend(panels, top)
    height = top + 36
    head = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" '
        'aria-labelledby="course-title course-what">',
        f'  <title id="course-title">The course of {escape(timeline.treatment.name)}</title>',
        f'  <desc id="course-what">{escape(_describe(timeline))}</desc>',
        *style,
        f'  <rect class="frame" x="0.5" y="0.5" width="{WIDTH - 1}" height="{height - 1}" rx="10"/>',
        _text("title", _MARGIN, 34, timeline.treatment.name),
        _text("small", _MARGIN, 53, f"{say_example(timeline)} In quotes: the words of the document."),
    ]
    return "\n".join([*head, *body, "</svg>"])


def _describe(timeline: Timeline) -> str:
    """For those who do not see the picture."""
    zone = timeline.hours.zone
    said = [say_example(timeline)]
    for row in timeline.rows:
        leaving = [say_visit(mark.at, zone) for mark in row.marks if mark.reason is None]
        said.append(f"{row.rule.id}: {join_words(leaving) if leaving else 'nothing'}.")
    if timeline.target_on:
        said.append(f"The next session is due on {say_day(timeline.target_on)}.")
    return " ".join(said)


# ---- panels ----------------------------------------------------------------------------------------------------


def _height(panel: Panel) -> int:
    return 60 + _ROW * (len(panel.rows) + (panel.target_on is not None))


def _draw_panel(timeline: Timeline, panel: Panel, top: int) -> Iterator[str]:
    first_row = top + 14
    bottom = first_row + _ROW * (len(panel.rows) + (panel.target_on is not None))
    yield _text("small", _MARGIN, top + 6, panel.title)
    if panel.is_hourly:
        yield from _draw_nights(timeline, panel, top, bottom)
    scale = make_scale(panel, _TICK_APART * panel.length / (_RIGHT - _LEFT))
    for tick in scale.ticks:
        x = _x(panel, tick.place)
        yield f'  <line class="grid" x1="{x}" y1="{top}" x2="{x}" y2="{bottom}"/>'
        yield _text("small mid", x, bottom + 14, tick.moment)
        yield _text("small mid", x, bottom + 27, f"{scale.unit} {tick.number}" if tick.number == "0" else tick.number)
    yield f'  <line class="axis" x1="{_LEFT}" y1="{bottom}" x2="{_RIGHT}" y2="{bottom}"/>'
    for number, row in enumerate(panel.rows):
        yield from _draw_row(row, timeline.treatment, panel, first_row + _ROW * number + 16)
    if panel.target_on:
        yield from _draw_target(panel, first_row + _ROW * len(panel.rows) + 16)


def _x(panel: Panel, place: float) -> float:
    return round(_LEFT + (_RIGHT - _LEFT) * min(place / panel.length, 1), 1)


def _draw_nights(timeline: Timeline, panel: Panel, top: int, bottom: int) -> Iterator[str]:
    hours = timeline.hours
    at = panel.starts_at
    while at < panel.ends_at:
        closes_at = hours.closes_at(at)
        opens_at = hours.next_allowed(closes_at)
        left, right = _x(panel, panel.place(closes_at)), _x(panel, panel.place(opens_at))
        if right > left:
            width, height = round(right - left, 1), bottom - top
            yield f'  <rect class="night" x="{left}" y="{top}" width="{width}" height="{height}"/>'
            yield _text("small mid", round((left + right) / 2, 1), top + 11, "quiet hours")
        at = opens_at


def _draw_row(row: Row, treatment: Treatment, panel: Panel, y: int) -> Iterator[str]:
    yield _text("rule", _MARGIN, y, row.rule.id)
    yield _text("small", _MARGIN, y + 14, _quote(row, treatment))
    leaving = [mark for mark in row.marks if mark.reason is None]
    for mark in leaving:
        left, right = (_x(panel, panel.place(at)) for at in (mark.at, mark.expires_at - timedelta(seconds=1)))
        yield f'  <line class="useful" x1="{left}" y1="{y}" x2="{right}" y2="{y}"/>'
    radius = _choose_radius(row.marks, panel)
    for mark in row.marks:
        kind = "leaves" if mark.reason is None else "not"
        yield f'  <circle class="{kind}" cx="{_x(panel, panel.place(mark.at))}" cy="{y}" r="{radius}"/>'
    note = ", ".join(row.assumed) if row.marks else "nothing leaves in this example"
    if note:
        first = min((mark.at for mark in row.marks), default=panel.starts_at)
        yield _draw_note(_x(panel, panel.place(first)), y + 17, note)


def _choose_radius(marks: Sequence[Mark], panel: Panel) -> float:
    """Small enough that neighbours stay apart, as far as they can."""
    places = sorted(_x(panel, panel.place(mark.at)) for mark in marks)
    apart = min((right - left for left, right in pairwise(places)), default=_ROW)
    return max(1.5, min(5.5, round(apart / 2 - 0.5, 1)))


def _draw_note(x: float, y: int, words: str) -> str:
    """From there on, or up to the picture's edge where there is no room."""
    if x + _LETTER * len(words) <= WIDTH - _MARGIN:
        return _text("small", x, y, words)
    return _text("small end", _RIGHT, y, words)


def _draw_target(panel: Panel, y: int) -> Iterator[str]:
    assert panel.target_on is not None, "asked only where there is one"
    at = resolve_local(panel.target_on, time(0), panel.zone)
    yield _text("rule", _MARGIN, y, "session due")
    x = _x(panel, panel.place(at))
    yield _draw_diamond(x, y)
    yield _text("small", x + 12, y + 4, say_short_day(panel.target_on))


def _draw_diamond(x: float, y: int) -> str:
    return f'  <path class="target" d="M{x} {y - 7} l5 7 l-5 7 l-5 -7 z"/>'


def _quote(row: Row, treatment: Treatment) -> str:
    """What the rule cites, or that it cites nothing."""
    sources = (figure.source for _, figure in list_timed_figures(row.rule, treatment))
    quoted = ", ".join(dict.fromkeys(f"“{source.figure}”" for source in sources if source)) or "the clinic's own"
    return quoted if len(quoted) <= _LONGEST_QUOTE else f"{quoted[: _LONGEST_QUOTE - 1]}…"


# ---- the legend ------------------------------------------------------------------------------------------------


def _draw_legend(panels: Sequence[Panel], top: int) -> Iterator[str]:
    y = top + 8
    marks = [mark for panel in panels for row in panel.rows for mark in row.marks]
    x = _MARGIN + 6
    yield f'  <circle class="leaves" cx="{x}" cy="{y}" r="5.5"/>'
    yield _text("small", x + 12, y + 4, "it leaves")
    yield f'  <line class="useful" x1="{x + 88}" y1="{y}" x2="{x + 116}" y2="{y}"/>'
    yield _text("small", x + 128, y + 4, "while it is of use; never after")
    if any(mark.reason for mark in marks):
        yield f'  <circle class="not" cx="{x + 312}" cy="{y}" r="5"/>'
        yield _text("small", x + 324, y + 4, "it falls into quiet hours, or is one too many")
    if any(panel.target_on for panel in panels):
        yield _draw_diamond(x + 580, y)
        yield _text("small", x + 592, y + 4, "the next session is due")


def _text(style: str, x: float, y: float, words: str) -> str:
    return f'  <text class="{style}" x="{x}" y="{y}">{escape(words)}</text>'
