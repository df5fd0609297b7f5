"""Records inside one another, such as projects, or branches and what left them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import TypeVar

from hansard.model.branches import Branch
from hansard.model.projects import Project

Nested = TypeVar("Nested", Project, Branch)


def outer_first(records: Sequence[Nested], outer: Callable[[Nested], str | None]) -> list[Nested]:
    """Each after the one that it is in, else in their order; those without a way out are left out."""
    inner: defaultdict[str | None, list[Nested]] = defaultdict(list)
    for record in records:
        inner[outer(record)].append(record)
    ordered = inner[None]
    for record in ordered:
        ordered += inner[record.id]
    return ordered
