"""The rules in words and in pictures, for those who answer for them. Pure: no clock, no database."""

from reminders.describing.drawing import ASCII, UNICODE, Line, Tone, draw_timeline
from reminders.describing.examples import EXAMPLE_AT, Example, make_example
from reminders.describing.figures import (
    cite_briefly,
    list_sources,
    list_timed_figures,
    say_figure,
    say_figures,
    say_source,
)
from reminders.describing.sentences import say_rule
from reminders.describing.svg import draw_inline_svg, draw_svg
from reminders.describing.timelines import Row, Timeline, decide_example, plan_timeline, say_example
from reminders.describing.treatments import say_defaults, say_treatment

__all__ = [
    "ASCII",
    "EXAMPLE_AT",
    "UNICODE",
    "Example",
    "Line",
    "Row",
    "Timeline",
    "Tone",
    "cite_briefly",
    "decide_example",
    "draw_inline_svg",
    "draw_svg",
    "draw_timeline",
    "list_sources",
    "list_timed_figures",
    "make_example",
    "plan_timeline",
    "say_defaults",
    "say_example",
    "say_figure",
    "say_figures",
    "say_rule",
    "say_source",
    "say_treatment",
]
