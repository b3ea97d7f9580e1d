"""What may stand in `[documents.<id>]`, and what is said of what may not."""

from __future__ import annotations

import pytest

from tests.config.config_factories import SHIPPED, SMALL, edit_shipped, load_text, only_fault

HASH = '"6e99f4f5703cdcfb6ae95f8326a7a8e4cf3c5d8b5d1b650ceb25d94b42d4a886"'
SECTION = "documents.ice-pick-scars.sections"

EDITS: dict[str, tuple[str, str, str, str]] = {
    # what is tried: the shipped words, their edit, the path, a fragment of the sentence
    "short hash": (HASH, '"6e99"', "documents.ice-pick-scars.sha256", "64 characters"),
    "empty file": ('"ice-pick-scars.txt"', '""', "documents.ice-pick-scars.file", "one line"),
    "misspelt key": ("starts_with =", "start_with =", f"{SECTION}.4.start_with", "did you mean `starts_with`?"),
    "misspelt treatment": ('treatments = ["skin-needling"]', 'treatments = ["skin-needlin"]', f"{SECTION}.2.treatments",
                           'did you mean "skin-needling"?'),
    "unlike any treatment": ('treatments = ["skin-needling"]', 'treatments = ["x"]', f"{SECTION}.2.treatments",
                             "write the id of one"),
    "name twice": ('name = "Skin Needling"', 'name = "The closing paragraph"', f"{SECTION}.4.name", "each its own"),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new", "path", "fragment"), EDITS.values(), ids=EDITS)
def test_a_faulty_description_is_one_fault_at_its_place(old: str, new: str, path: str, fragment: str) -> None:
    found, sentence = only_fault(edit_shipped(old, new))
    assert found == path
    assert fragment in sentence


def test_a_document_may_have_a_title_alone() -> None:
    document = load_text(SMALL).documents["sheet"]
    assert (document.file, document.sha256, document.sections) == (None, None, ())


def test_the_shipped_document_describes_its_sections() -> None:
    sections = load_text(SHIPPED).documents["ice-pick-scars"].sections
    assert [(section.name, section.treatments) for section in sections][2:] == [
        ("Skin Needling", ("skin-needling",)),
        ("Fractional Laser Treatment", ("fractional-laser",)),
        ("The closing paragraph", ("fractional-laser", "skin-needling")),
    ]
