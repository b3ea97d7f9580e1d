"""The rules in words and in pictures, for those who answer for them. Pure: no clock, no database."""

from reminders.describing.figures import cite_briefly, list_sources, list_timed_figures, say_figure, say_source
from reminders.describing.sentences import say_rule
from reminders.describing.treatments import say_defaults, say_treatment

__all__ = [
    "cite_briefly",
    "list_sources",
    "list_timed_figures",
    "say_defaults",
    "say_figure",
    "say_rule",
    "say_source",
    "say_treatment",
]
