"""The desk's own texts, through gettext. English is the source; another language is a `desk.mo` beside it."""

from __future__ import annotations

import gettext
from pathlib import Path

LOCALES = Path(__file__).with_name("locale")

translations = gettext.translation("desk", LOCALES, languages=["en"], fallback=True)

_ = translations.gettext
