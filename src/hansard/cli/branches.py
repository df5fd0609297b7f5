from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from hansard.errors import NotFound

if TYPE_CHECKING:
    from hansard.model.branches import Branch


def pick(branches: Sequence[Branch], wanted: str) -> Branch:
    """Return the branch with this id, name, or number in the list. Raises NotFound."""
    for branch in branches:
        if wanted.lower() == branch.id or wanted == branch.name:
            return branch
    if wanted.isascii() and wanted.isdigit() and 1 <= int(wanted) <= len(branches):
        return branches[int(wanted) - 1]
    raise NotFound("There is no such branch.", pointer="/branch")
