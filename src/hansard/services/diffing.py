"""Differences between two texts, by line; worked out on a thread, for it may take a while."""

from __future__ import annotations

import asyncio
import difflib

from hansard.errors import TooLarge
from hansard.model.artifacts import Artifact, Diff, Revision

MAX_LINES = 20_000
"""Of either text: the work may grow with the product."""


async def difference(
    artifact: Artifact, old: Revision, new: Revision, before: str, after: str
) -> Diff:
    """Raises TooLarge."""
    a, b = before.split("\n"), after.split("\n")
    if max(len(a), len(b)) > MAX_LINES:
        raise TooLarge(f"Texts of up to {MAX_LINES} lines can be compared.")
    lines = await asyncio.to_thread(_lines, artifact, old, new, a, b)
    return Diff(
        old=old.number,
        new=new.number,
        added=sum(line.startswith("+") for line in lines[2:]),
        removed=sum(line.startswith("-") for line in lines[2:]),
        text="".join(f"{line}\n" for line in lines),
    )


def _lines(
    artifact: Artifact, old: Revision, new: Revision, before: list[str], after: list[str]
) -> list[str]:
    name = " ".join((artifact.file_name or artifact.title).split())
    names = (f"{name} (revision {old.number})", f"{name} (revision {new.number})")
    return list(difflib.unified_diff(before, after, *names, lineterm=""))
