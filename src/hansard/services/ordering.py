"""Ordering of nested records: projects, and branches with their forks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import TypeVar

from hansard.model.branches import Branch
from hansard.model.projects import Project

Nested = TypeVar("Nested", Project, Branch)


def outer_first(records: Sequence[Nested], outer: Callable[[Nested], str | None]) -> list[Nested]:
    """Return each record after the one it is nested in, otherwise in the given order; cycles are left out."""
    children: defaultdict[str | None, list[Nested]] = defaultdict(list)
    for record in records:
        children[outer(record)].append(record)
    ordered = children[None]
    for record in ordered:
        ordered += children[record.id]
    return ordered
