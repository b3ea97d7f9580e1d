"""A figure in plain words, and where it stands. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from reminders.rules import Anchor, Calendar, ClockTime, Count, Duration, EndOfDay, Figure, Rule, Slots, Treatment, Unit

Cite = Callable[[Figure], str]
"""What follows a figure in a sentence, to say where it comes from."""


def cite_nothing(_: Figure) -> str:
    return ""


def cite_briefly(figure: Figure) -> str:
    """The document's own words, or a star where the clinic supplied the figure itself."""
    return f" (“{figure.source.figure}”)" if figure.source else "*"


def say_source(figure: Figure) -> str:
    source = figure.source
    return f"{source.section}: “{source.figure}”" if source else "clinic's own"


def say_figure(figure: Figure) -> str:
    """The figure alone, such as 'at least 6 weeks' or 'end of day 3'."""
    match figure:
        case ClockTime():
            return f"{figure.value:%H:%M}"
        case Slots():
            return join_words([f"{each:%H:%M}" for each in figure.times])
        case EndOfDay():
            return f"end of day {figure.day}"
        case Count():
            return say_count(figure)
        case Duration():
            return f"{say_length(figure)}{' before' if figure.value < 0 else ''}"


def say_length(length: Duration, calendar: Calendar = Calendar.ALL_DAYS) -> str:
    """Such as 'at least 6 weeks', '10 to 14 days' or '3 business days'; which side of the anchor is not said."""
    numbers = _list_numbers(length)
    return f"{say_bound(length)}{' to '.join(map(str, numbers))} {_say_unit(length, calendar, numbers[-1])}"


def say_distance(length: Duration, calendar: Calendar = Calendar.ALL_DAYS, *, is_far: bool = False) -> str:
    """The same where one moment is counted: of a range its near or its far end, as in '10 days (of 10 to 14)'."""
    if length.most is None:
        return say_length(length, calendar)
    end = abs(length.longest.value if is_far else length.value)
    said_range = " to ".join(map(str, _list_numbers(length)))
    return f"{say_bound(length)}{end} {_say_unit(length, calendar, end)} (of {said_range})"


def _list_numbers(length: Duration) -> list[int]:
    return sorted({abs(length.value), abs(length.longest.value)})


def say_bound(length: Duration) -> str:
    return "" if length.bound == "nominal" else f"{length.bound.replace('_', ' ')} "


def say_every(length: Duration, calendar: Calendar) -> str:
    """Such as 'every 3 hours' or 'every week'."""
    unit = _say_unit(length, calendar, 1)
    return f"every {unit}" if (length.value, length.most) == (1, None) else f"every {say_distance(length, calendar)}"


def _say_unit(length: Duration, calendar: Calendar, number: int) -> str:
    unit = length.unit.removesuffix("s") if number == 1 else length.unit.value
    return f"business {unit}" if calendar is Calendar.BUSINESS_DAYS and length.unit is Unit.DAYS else unit


def say_count(count: Count) -> str:
    return str(count.least) if count.least == count.most else f"{count.least} to {count.most}"


def join_words(words: Iterable[str], last: str = "and") -> str:
    """Such as 'face, scalp or hand'."""
    *most, final = words
    return f"{', '.join(most)} {last} {final}" if most else final


def say_figures(rule: Rule, treatment: Treatment, cite: Cite) -> str:
    """The rule's figures in one line, such as 'from 2 days*, at 10:00*'."""
    figures = list_timed_figures(rule, treatment)
    return ", ".join(f"{_name_figure(key)} {say_figure(figure)}{cite(figure)}" for key, figure in figures)


def _name_figure(key: str) -> str:
    return key.rpartition(".")[2].replace("_", " ")


def list_sources(treatment: Treatment, titles: Mapping[str, str]) -> list[str]:
    """The places that the treatment's figures cite, a line for each section; and what the star of `cite_briefly` is."""
    figures = list(_list_all_figures(treatment))
    quoted: dict[str, list[str]] = {}
    for source in (figure.source for figure in figures if figure.source):
        place = f"{titles.get(source.document, source.document)}, {source.section}"
        quoted.setdefault(place, []).append(f"“{source.figure}”")
    said = [f"{place}: {', '.join(dict.fromkeys(words))}" for place, words in quoted.items()]
    return said if all(figure.source for figure in figures) else [*said, "* the clinic's own figure"]


def _list_all_figures(treatment: Treatment) -> Iterator[Figure]:
    yield from (figure for _, figure in treatment.list_figures())
    yield from (figure for rule in treatment.rules for _, figure in list_timed_figures(rule, treatment))


def list_timed_figures(rule: Rule, treatment: Treatment) -> list[tuple[str, Figure]]:
    """The rule's figures, with the interval where it counts from the target; a bare 'at the anchor' claims nothing."""
    return [(key, figure) for key, figure in _list_figures(rule, treatment) if not _is_zero(figure)]


def _list_figures(rule: Rule, treatment: Treatment) -> Iterator[tuple[str, Figure]]:
    if rule.anchor is Anchor.TARGET and treatment.interval:
        yield "interval", treatment.interval
    yield from rule.list_figures()


def _is_zero(figure: Figure) -> bool:
    return isinstance(figure, Duration) and figure.value == 0 and figure.most is None
