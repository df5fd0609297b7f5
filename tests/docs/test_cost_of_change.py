"""What the architecture page says about the cost of changes is what they cost."""

from __future__ import annotations

from pathlib import Path
from subprocess import CalledProcessError

import pytest

import cost_of_change
from cost_of_change import CHANGES, Change

PAGE = (Path(__file__).parents[2] / "docs" / "architecture.md").read_text("utf-8")


@pytest.mark.parametrize("change", CHANGES, ids=[change.name for change in CHANGES])
def test_a_change_can_be_made(change: Change) -> None:
    cost_of_change.make(change)


def test_a_change_that_is_incomplete_is_noticed() -> None:
    noun = CHANGES[0]
    edits = tuple(edit for edit in noun.edits if edit.file != "api/operations.py")
    with pytest.raises(CalledProcessError):
        cost_of_change.make(noun._replace(edits=edits))


def test_the_page_has_the_table() -> None:
    assert cost_of_change.table() in PAGE
