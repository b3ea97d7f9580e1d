"""A timeline drawn in letters, for a terminal of any width, with or without Unicode. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import Enum, auto
from itertools import groupby
from math import ceil, floor

from reminders.describing.scales import make_scale
from reminders.describing.timelines import Mark, Panel, Row, Timeline, list_panels
from reminders.local_time import resolve_local
from reminders.planning.wording import say_day

NARROWEST = 60
_WIDEST_NAME = 24
_LEAST_MINUTES = 5
_MOST_PER_DAY = 8
"""Columns, where a course is short."""
_MINUTES_PER_COLUMN = (5, 10, 15, 20, 30, 60, 120)
_LONGEST_DAY = len("24 Mar ")
_LONGEST_HOUR = len("15:00 ")


class Tone(Enum):
    """What a piece of the picture is, for whoever colours it."""

    PLAIN = auto()
    TITLE = auto()
    NAME = auto()
    FAINT = auto()
    LEAVES = auto()
    DROPPED = auto()
    USEFUL = auto()
    QUIET = auto()
    TARGET = auto()


@dataclass(frozen=True, kw_only=True)
class Symbols:
    leaves: str
    dropped: str
    useful: str
    quiet: str
    target: str


UNICODE = Symbols(leaves="●", dropped="○", useful="─", quiet="░", target="◆")
ASCII = Symbols(leaves="o", dropped="x", useful="-", quiet=".", target="#")

Cell = tuple[str, Tone]
Line = tuple[Cell, ...]
"""Pieces of one line, each with its tone."""


def draw_timeline(timeline: Timeline, width: int, symbols: Symbols = UNICODE) -> list[Line]:
    """The picture alone, a panel below the other, and what its signs mean."""
    width = max(width, NARROWEST)
    panels = list_panels(timeline)
    names = [row.rule.id for row in timeline.rows] + [_QUIET, _TARGET]
    name_width = min(max(map(len, names)), _WIDEST_NAME) + 2
    lines = [line for panel in panels for line in _draw_panel(timeline, panel, _Page(width, name_width, symbols))]
    return [*lines, *_wrap(_explain(lines, symbols), width)]


_QUIET = "quiet hours"
_TARGET = "session due"


@dataclass(frozen=True)
class _Page:
    width: int
    name_width: int
    symbols: Symbols

    @property
    def columns(self) -> int:
        return self.width - self.name_width


def _draw_panel(timeline: Timeline, panel: Panel, page: _Page) -> Iterator[Line]:
    grid = _make_grid(panel, page.columns)
    scale = make_scale(panel, (_LONGEST_HOUR if panel.is_hourly else _LONGEST_DAY) * grid.days_each)
    yield ((panel.title, Tone.TITLE),)
    yield _label(page, "", _write_at(page, ((grid.edge(tick.place), tick.moment) for tick in scale.ticks)))
    yield _label(page, scale.unit, _write_at(page, ((grid.edge(tick.place), tick.number) for tick in scale.ticks)))
    if panel.is_hourly:
        yield _label(page, _QUIET, _draw_quiet(timeline, panel, grid, page.symbols))
    for row in panel.rows:
        yield _label(page, row.rule.id, _draw_row(row, panel, grid, page.symbols))
    if panel.target_on:
        yield _label(page, _TARGET, _draw_target(panel, grid, page))
    yield ()


# ---- columns ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Grid:
    days_each: float
    """How long one column is."""
    columns: int
    """As many as the panel needs."""

    def edge(self, place: float) -> int:
        # A moment on a column's edge belongs to that column, whatever floats make of it.
        return floor(place / self.days_each + 1e-6)

    def column(self, place: float) -> int:
        return min(self.edge(place), self.columns - 1)


def _make_grid(panel: Panel, columns: int) -> _Grid:
    """Whole minutes, days or parts of a day to a column, so that equal times are equally long."""
    if panel.is_hourly:
        minutes = panel.length * 1440
        each = next((each for each in _MINUTES_PER_COLUMN if minutes / each <= columns), ceil(minutes / columns)) / 1440
    else:
        days = ceil(panel.length)
        each = 1 / min(columns // days, _MOST_PER_DAY) if days <= columns else ceil(days / columns)
    return _Grid(each, max(1, ceil(panel.length / each - 1e-6)))


def _label(page: _Page, name: str, cells: Sequence[Cell]) -> Line:
    name = name if len(name) <= _WIDEST_NAME else name[: _WIDEST_NAME - 1] + "."
    return _join_cells([(name.ljust(page.name_width), Tone.NAME), *cells])


def _join_cells(cells: Iterable[Cell]) -> Line:
    """Neighbours of one tone are one piece, and a line has no blanks at its end."""
    joined = [("".join(text for text, _ in group), tone) for tone, group in groupby(cells, key=lambda cell: cell[1])]
    while joined and not (text := joined[-1][0].rstrip()):
        joined.pop()
    return (*joined[:-1], (text, joined[-1][1])) if joined else ()


def _write_at(page: _Page, words: Iterable[tuple[int, str]]) -> list[Cell]:
    """Each word at its column, as far as there is room."""
    line = ""
    for column, word in words:
        if len(line) <= column <= page.columns - len(word):
            line = line.ljust(column) + word + " "
    return [(line.rstrip(), Tone.FAINT)]


# ---- rows ------------------------------------------------------------------------------------------------------


def _draw_row(row: Row, panel: Panel, grid: _Grid, symbols: Symbols) -> list[Cell]:
    if not row.marks:
        return [("nothing leaves in this example", Tone.FAINT)]
    cells: list[Cell] = [(" ", Tone.PLAIN)] * grid.columns
    for mark in row.marks:
        if mark.reason is None:
            last = grid.column(panel.place(mark.expires_at - timedelta(seconds=1)))
            for column in range(grid.column(panel.place(mark.at)), last + 1):
                cells[column] = (symbols.useful, Tone.USEFUL)
    by_column = sorted((grid.column(panel.place(mark.at)), number) for number, mark in enumerate(row.marks))
    for column, group in groupby(by_column, key=lambda each: each[0]):
        cells[column] = _draw_marks([row.marks[number] for _, number in group], symbols)
    return cells


def _draw_marks(marks: Sequence[Mark], symbols: Symbols) -> Cell:
    """One sign; where several leave in one column, their number."""
    leaving = sum(mark.reason is None for mark in marks)
    if not leaving:
        return symbols.dropped, Tone.DROPPED
    if leaving == 1:
        return symbols.leaves, Tone.LEAVES
    return (str(leaving) if leaving < 10 else "+"), Tone.LEAVES


def _draw_quiet(timeline: Timeline, panel: Panel, grid: _Grid, symbols: Symbols) -> list[Cell]:
    middles = (panel.starts_at + timedelta(days=grid.days_each) * (column + 0.5) for column in range(grid.columns))
    return [(" " if timeline.hours.is_open(middle) else symbols.quiet, Tone.QUIET) for middle in middles]


def _draw_target(panel: Panel, grid: _Grid, page: _Page) -> list[Cell]:
    assert panel.target_on is not None, "asked only where there is one"
    column = grid.column(panel.place(_noon(panel)))
    day = say_day(panel.target_on)
    if column + len(day) + 2 <= page.columns:
        return [(" " * column, Tone.PLAIN), (page.symbols.target, Tone.TARGET), (f" {day}", Tone.FAINT)]
    return [(f"{day} ".rjust(column), Tone.FAINT), (page.symbols.target, Tone.TARGET)]


def _noon(panel: Panel) -> datetime:
    assert panel.target_on is not None, "asked only where there is one"
    return resolve_local(panel.target_on, time(0), panel.zone)


def _explain(lines: Iterable[Line], symbols: Symbols) -> Iterator[Line]:
    """Only the signs that the picture has."""
    drawn = {(sign, tone) for line in lines for text, tone in line for sign in text}
    meanings = [
        (symbols.leaves, Tone.LEAVES, "leaves"),
        (_several(drawn), Tone.LEAVES, "so many leave"),
        (symbols.useful, Tone.USEFUL, "useful"),
        (symbols.dropped, Tone.DROPPED, "does not leave"),
        (symbols.target, Tone.TARGET, "the next session is due"),
    ]
    for sign, tone, meaning in meanings:
        if (sign, tone) in drawn:
            yield (sign, tone), (f" {meaning}   ", Tone.PLAIN)


def _wrap(pieces: Iterable[Line], width: int) -> Iterator[Line]:
    line: Line = ()
    for piece in pieces:
        if sum(len(text) for text, _ in (*line, *piece)) > width:
            yield _join_cells(line)
            line = ()
        line = (*line, *piece)
    yield _join_cells(line)


def _several(drawn: Iterable[Cell]) -> str:
    return max((sign for sign, tone in drawn if tone is Tone.LEAVES and sign.isdigit()), default="")
