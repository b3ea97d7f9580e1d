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


def extract_texts() -> bytes:
    """The catalogue, without places and dates: it changes only where a text does."""
    catalogue = Catalog(project="reminders", header_comment="# The texts of the front desk. `make texts` writes this.")
    for folder, methods in _SOURCES:
        options = {"**.html": {"newstyle_gettext": "true", "trimmed": "true"}}
        for _, _, message, comments, context in extract_from_dir(
            folder, methods, options, {"_": None, "gettext": None}
        ):
            catalogue.add(message, auto_comments=comments, context=context)
    written = io.BytesIO()
    write_po(written, catalogue, no_location=True, omit_header=True, sort_output=True)
    return written.getvalue()


if __name__ == "__main__":
    CATALOGUE.parent.mkdir(exist_ok=True)
    CATALOGUE.write_bytes(extract_texts())
