"""Line differences between two texts, computed on a thread because it can take a while.

The work is bounded. Comparing is quadratic in frequent lines and is repeated beside every match, so after
MAX_STEPS the rest between two matches is reported as a whole: all old lines, then all new lines.
"""

from __future__ import annotations

import asyncio
import difflib
from collections.abc import Iterator
from itertools import accumulate

from hansard.errors import TooLarge
from hansard.model.artifacts import Artifact, Diff, Revision

MAX_LINES = 20_000
"""Per text."""
MAX_STEPS = 10_000_000
"""Comparisons of a line with an occurrence: about one second."""
_CONTEXT = 3
"""Context lines around each change."""


async def difference(
    artifact: Artifact, old: Revision, new: Revision, before: str, after: str
) -> Diff:
    """Return the unified diff of two revisions with their texts. Raises TooLarge above MAX_LINES lines."""
    a, b = before.split("\n"), after.split("\n")
    if max(len(a), len(b)) > MAX_LINES:
        raise TooLarge(f"A diff takes at most {MAX_LINES} lines per revision.")
    name = " ".join((artifact.file_name or artifact.title).split())
    names = (f"{name} (revision {old.number})", f"{name} (revision {new.number})")
    lines = await asyncio.to_thread(lambda: list(unified(a, b, *names)))
    return Diff(
        old=old.number,
        new=new.number,
        added=sum(line.startswith("+") for line in lines[2:]),
        removed=sum(line.startswith("-") for line in lines[2:]),
        text="".join(f"{line}\n" for line in lines),
    )


def unified(a: list[str], b: list[str], old: str, new: str) -> Iterator[str]:
    """Yield the lines of a unified diff; none if the texts are equal."""
    for number, group in enumerate(_Matcher(a, b).get_grouped_opcodes(_CONTEXT)):
        if number == 0:
            yield from (f"--- {old}", f"+++ {new}")
        _, first_old, _, first_new, _ = group[0]
        _, _, last_old, _, last_new = group[-1]
        yield f"@@ -{_range(first_old, last_old)} +{_range(first_new, last_new)} @@"
        for tag, i1, i2, j1, j2 in group:
            if tag == "equal":
                yield from (f" {line}" for line in a[i1:i2])
            else:
                yield from (f"-{line}" for line in a[i1:i2])
                yield from (f"+{line}" for line in b[j1:j2])


def _range(start: int, end: int) -> str:
    """Return a range of lines as a hunk header names it; an empty range names the line before it."""
    count = end - start
    if count == 1:
        return f"{end}"
    return f"{start + 1 if count else start},{count}"


class _Matcher(difflib.SequenceMatcher[str]):
    """A SequenceMatcher that reports no match when a search exceeds the remaining steps."""

    b2j: dict[str, list[int]]
    """Where each line of `b` occurs in it."""

    def __init__(self, a: list[str], b: list[str]) -> None:
        super().__init__(None, a, b)
        self.left = MAX_STEPS
        places = (len(self.b2j.get(line, ())) for line in a)
        self._steps = [0, *accumulate(1 + count for count in places)]
        """Cumulative steps for the lines of `a`."""

    def find_longest_match(
        self, alo: int = 0, ahi: int | None = None, blo: int = 0, bhi: int | None = None
    ) -> difflib.Match:
        steps = self._steps[ahi if ahi is not None else -1] - self._steps[alo]
        if steps > self.left:
            return difflib.Match(alo, blo, 0)
        self.left -= steps
        return super().find_longest_match(alo, ahi, blo, bhi)
