"""The errors: one tree, whose names never change."""

from __future__ import annotations

from typing import Any

import pytest

from hansard import errors
from hansard.errors import HansardError


def _all(root: type[HansardError] = HansardError) -> list[type[HansardError]]:
    return [root, *(found for child in root.__subclasses__() for found in _all(child))]


def test_the_tree_in_the_docstring_is_the_tree_there_is() -> None:
    drawn: dict[str, str] = {}
    above: list[str] = []
    for line in (errors.__doc__ or "").split("::", 1)[1].splitlines():
        words = line.replace("│", " ").replace("├──", "   ").replace("└──", "   ").split()
        if line.startswith("A class"):
            break
        if words:
            depth = (len(line) - len(line.lstrip(" │├└─"))) // 4 - 1
            above[depth:] = [words[0]]
            drawn[words[0]] = above[depth - 1] if depth else "Exception"
    assert drawn == {
        e.__name__: e.__bases__[0].__name__ for e in _all() if e.__module__ == errors.__name__
    }


def test_every_error_has_a_code_of_its_own() -> None:
    codes = [error.code for error in _all()]
    assert len(set(codes)) == len(codes)


@pytest.mark.parametrize("kind", _all(), ids=lambda kind: kind.__name__)
def test_an_error_has_something_to_say(kind: type[Any]) -> None:
    assert kind().message.endswith(".")
    said = kind("Because.", pointer="/a", head=None)
    assert (said.message, said.pointer, said.details) == ("Because.", "/a", {"head": None})


def test_an_error_holds_no_secret() -> None:
    url = "https://me:canary-0123456789@host/v1?api_key=canary-0123456789"
    error = HansardError(f"{url} said 401", url=url, seen=[{"authorization": f"Bearer {url}"}])
    assert "canary" not in f"{error!r} {error} {error.message} {error.details}"
    assert "host/v1" in error.message
