"""Differences: what they say of ordinary texts, and that no text makes them take for ever."""

from __future__ import annotations

import difflib
import random

import pytest

from hansard.services.artifacts import diffs
from hansard.services.artifacts.diffs import MAX_LINES, MAX_STEPS, unified

POPULAR = [f"v{i % 150}" for i in range(MAX_LINES)], [f"v{i * 7 % 150}" for i in range(MAX_LINES)]
ALTERNATING = (
    [f"same {i}" if i % 2 else f"old {i}" for i in range(MAX_LINES)],
    [f"same {i}" if i % 2 else f"new {i}" for i in range(MAX_LINES)],
)


def edited(lines: list[str], dice: random.Random) -> list[str]:
    """The lines with some left out, some changed and some said twice."""
    found: list[str] = []
    for line in lines:
        found += dice.choice([[line]] * 12 + [[], [f"{line}!"], [line, line]])
    return found


def test_ordinary_texts_differ_as_ever() -> None:
    dice = random.Random(7)
    for size in (0, 1, 2, 5, 40, 300, 2000):
        for words in (2, 30, 5000):
            a = [str(dice.randrange(words)) for _ in range(size)]
            for b in (a, edited(a, dice), a[::-1], [], ["x"]):
                expected = list(difflib.unified_diff(a, b, "old", "new", lineterm=""))
                assert list(unified(a, b, "old", "new")) == expected


@pytest.mark.parametrize(("a", "b"), [POPULAR, ALTERNATING])
def test_the_work_is_bounded_and_the_difference_is_true(
    a: list[str], b: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[int] = []
    search = difflib.SequenceMatcher.find_longest_match

    def counted(self: diffs._Matcher, alo: int, ahi: int, blo: int, bhi: int) -> difflib.Match:
        steps.append(sum(1 + len(self.b2j.get(line, ())) for line in a[alo:ahi]))
        assert sum(steps) <= MAX_STEPS
        return search(self, alo, ahi, blo, bhi)

    monkeypatch.setattr(difflib.SequenceMatcher, "find_longest_match", counted)
    told = list(unified(a, b, "old", "new"))
    assert steps, "what can be compared is"
    assert patched(a, told) == b


def patched(lines: list[str], diff: list[str]) -> list[str]:
    """What a unified diff makes of its old text."""
    found: list[str] = []
    at = 0
    for line in diff[2:]:
        if line.startswith("@@"):
            start, _, count = line.split()[1][1:].partition(",")
            first = int(start) - (count != "0")
            found += lines[at:first]
            at = first
        elif line.startswith("+"):
            found.append(line[1:])
        else:
            assert lines[at] == line[1:]
            found += [line[1:]] * line.startswith(" ")
            at += 1
    return found + lines[at:]
