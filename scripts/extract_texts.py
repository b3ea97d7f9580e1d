"""Writes the catalogue of the desk's texts, for translators: reminders/desk/locale/desk.pot."""

from __future__ import annotations

import io
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import write_po

ROOT = Path(__file__).resolve().parents[1]
CATALOGUE = ROOT / "reminders" / "desk" / "locale" / "desk.pot"

_SOURCES = (
    (ROOT / "reminders" / "desk", [("**.py", "python")]),
    (ROOT / "templates" / "pages", [("**.html", "jinja2")]),
)

# A template that cannot be read stops it, instead of losing its texts.
_OPTIONS = {"**.html": {"newstyle_gettext": "true", "trimmed": "true", "silent": "false"}}
_KEYWORDS: dict[str, tuple[int, ...] | None] = {"_": None, "gettext": None, "ngettext": (1, 2)}


def extract_texts() -> bytes:
    """The catalogue, without places and dates: it changes only where a text does."""
    catalogue = Catalog(project="reminders", header_comment="# The texts of the front desk. `make texts` writes this.")
    for folder, methods in _SOURCES:
        found = extract_from_dir(folder, methods, _OPTIONS, _KEYWORDS, directory_filter=_is_ours)
        for _, _, message, comments, context in found:
            catalogue.add(message, auto_comments=comments, context=context)
    written = io.BytesIO()
    write_po(written, catalogue, no_location=True, omit_header=True, sort_output=True)
    return written.getvalue()


def _is_ours(folder: str) -> bool:
    """All of them: left to itself, Babel passes over those that begin with an underscore, as the layout's does."""
    return True


if __name__ == "__main__":
    CATALOGUE.parent.mkdir(exist_ok=True)
    CATALOGUE.write_bytes(extract_texts())
