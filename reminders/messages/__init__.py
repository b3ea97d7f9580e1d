"""The words of every message: loads a clinic's templates, and renders texts and emails of plain values."""

from reminders.messages.loading import (
    MOST_SEGMENTS,
    MOST_SEGMENTS_FIRST,
    Fault,
    TemplateFaults,
    load_templates,
)
from reminders.messages.parts import Part
from reminders.messages.rendering import RenderedMail, RenderedText, StaffMail, Templates
from reminders.messages.sandbox import Unrenderable
from reminders.messages.segments import Encoding, Segments, count_segments
from reminders.messages.words import find_listed_words

__all__ = [
    "MOST_SEGMENTS",
    "MOST_SEGMENTS_FIRST",
    "Encoding",
    "Fault",
    "Part",
    "RenderedMail",
    "RenderedText",
    "Segments",
    "StaffMail",
    "TemplateFaults",
    "Templates",
    "Unrenderable",
    "count_segments",
    "find_listed_words",
    "load_templates",
]
