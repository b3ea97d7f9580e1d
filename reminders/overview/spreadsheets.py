"""Cells that no spreadsheet takes for a formula. Pure."""

from __future__ import annotations

_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What a formula can begin with; the wide forms of some keyboards count, too."""


def make_inert(value: object) -> str:
    """The cell as text; what a formula would begin with gets an apostrophe before it (S9)."""
    text = "" if value is None else str(value)
    is_number = isinstance(value, int)
    return f"'{text}" if text.lstrip(" ").startswith(_STARTS) and not is_number else text
