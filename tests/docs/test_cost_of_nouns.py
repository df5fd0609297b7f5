"""The table of what nouns cost is of the nouns that there are."""

from __future__ import annotations

from pathlib import Path

import cost_of_nouns
from hansard.storage.tables import library

PAGE = (Path(__file__).parents[2] / "docs" / "architecture.md").read_text("utf-8")
ELSEWHERE = {"Project"}
"""What existed before the library, and is more than a record with a name."""


def test_every_noun_of_the_library_has_a_row_in_the_table_and_on_the_page() -> None:
    nouns = {t.record.__name__ for t in library.TABLES if t.trashable} - ELSEWHERE
    assert {noun.record for noun in cost_of_nouns.NOUNS} == nouns
    rows = cost_of_nouns.table().splitlines()[2:]
    for row in rows:
        assert f"\n{row[: row.index('|', 2)]}|" in PAGE
