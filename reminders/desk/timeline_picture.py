"""A patient's timeline as SVG: what is over stands left of the line that says now. Pure.

Colours are the stylesheet's, by class, because a page may have no style of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape
from zoneinfo import ZoneInfo

from markupsafe import Markup

from reminders.desk.plan_words import say_moment
from reminders.desk.timeline import say_label, say_state
from reminders.desk.timeline_marks import Frame, Lane, Mark, list_lanes, list_near, make_frame
from reminders.desk.timeline_signs import SIGNS, WORDS, Shape, choose_shape
from reminders.desk.words import _
from reminders.overview.patient import Entry


@dataclass(frozen=True, kw_only=True)
class Size:
    """Of one drawing; the narrow one has its labels above the lanes."""

    name: str
    width: int
    left: int
    lane: int
    tick: int
    is_narrow: bool = False


WIDE = Size(name="wide", width=880, left=150, lane=34, tick=64)
NARROW = Size(name="narrow", width=350, left=12, lane=48, tick=58, is_narrow=True)
_RIGHT = 14
_TOP = 26
_FOOT = 22
_HALF_DAY = 24
"""About half as wide as a day in words."""


@dataclass(frozen=True, kw_only=True)
class Picture:
    """The same twice: a page shows the one that fits its width."""

    wide: Markup
    narrow: Markup
    legend: tuple[tuple[Markup, str], ...]
    """The signs that occur, with what they mean."""
    left_out: int
    """Entries too far away to be drawn."""


def draw_picture(entries: Sequence[Entry], zone: ZoneInfo, now: datetime) -> Picture:
    near = list_near(entries, now)
    shapes = {choose_shape(entry, now) for entry in near}
    return Picture(
        wide=_draw(near, zone, now, WIDE),
        narrow=_draw(near, zone, now, NARROW),
        legend=tuple((_draw_sign(shape), WORDS[shape]) for shape in Shape if shape in shapes),
        left_out=len(entries) - len(near),
    )


def _draw_sign(shape: Shape) -> Markup:
    return Markup(
        f'<svg class="picture-sign picture-{shape}" viewBox="-9 -9 18 18" aria-hidden="true">{SIGNS[shape]}</svg>'
    )


def _draw(entries: Sequence[Entry], zone: ZoneInfo, now: datetime, size: Size) -> Markup:
    frame = make_frame(entries, zone, now, size.left, size.width - _RIGHT)
    lanes = list_lanes(entries, frame)
    height = _TOP + size.lane * len(lanes) + _FOOT
    title, what = f"picture-{size.name}-title", f"picture-{size.name}-what"
    parts = [
        f'<svg class="picture picture-{size.name}" viewBox="0 0 {size.width} {height}" role="img" '
        f'aria-labelledby="{title} {what}">',
        f'<title id="{title}">{escape(_("Timeline"))}</title>',
        f'<desc id="{what}">{escape(_describe(lanes))}</desc>',
        *_draw_days(frame, size, height - _FOOT),
        *_draw_now(frame, height - _FOOT),
        *(part for number, lane in enumerate(lanes) for part in _draw_lane(lane, size, _TOP + size.lane * number)),
        "</svg>",
    ]
    # Every text in it is escaped above and below.
    return Markup("\n".join(parts))


def _describe(lanes: Iterable[Lane]) -> str:
    """For those who do not see it; the list beneath says it all."""
    said = [_("Past and coming, by day; the list below says the same.")]
    for lane in lanes:
        counts = {
            shape: sum(len(mark.entries) for mark in lane.marks if mark.shape is shape)
            for shape in Shape
            if any(mark.shape is shape for mark in lane.marks)
        }
        said.append(f"{lane.label}: {', '.join(f'{count} {WORDS[shape]}' for shape, count in counts.items())}.")
    return " ".join(said)


def _draw_days(frame: Frame, size: Size, bottom: int) -> Iterator[str]:
    for x, day in frame.list_ticks(size.tick):
        yield f'<line class="picture-day" x1="{x}" y1="{_TOP}" x2="{x}" y2="{bottom}"/>'
        yield _text("picture-small picture-mid", max(min(x, size.width - _HALF_DAY), _HALF_DAY), bottom + 15, day)


def _draw_now(frame: Frame, bottom: int) -> Iterator[str]:
    x = frame.x(frame.now)
    yield f'<line class="picture-now" x1="{x}" y1="{_TOP - 6}" x2="{x}" y2="{bottom}"/>'
    yield _text("picture-label picture-mid", x, _TOP - 11, _("now"))


def _draw_lane(lane: Lane, size: Size, top: int) -> Iterator[str]:
    middle = top + size.lane - (14 if size.is_narrow else 17)
    yield f'<line class="picture-lane" x1="{size.left}" y1="{middle}" x2="{size.width - _RIGHT}" y2="{middle}"/>'
    yield _text("picture-label", 2, top + 18 if size.is_narrow else middle + 4, lane.label)
    for mark in lane.marks:
        yield _draw_mark(mark, middle)


def _draw_mark(mark: Mark, y: int) -> str:
    count = len(mark.entries)
    number = f'<text class="picture-small picture-count" x="6" y="-6">{count}</text>' if count > 1 else ""
    return (
        f'<g class="picture-{mark.shape}" transform="translate({mark.x} {y})"><title>{escape(_say(mark))}</title>'
        f"{SIGNS[mark.shape]}{number}</g>"
    )


def _say(mark: Mark) -> str:
    return "; ".join(f"{say_label(each)}, {say_moment(each.local)}: {say_state(each)}" for each in mark.entries)


def _text(style: str, x: float, y: float, words: str) -> str:
    return f'<text class="{style}" x="{x}" y="{y}">{escape(words)}</text>'
