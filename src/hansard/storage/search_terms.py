"""Computes the search terms of long texts on a thread, before the unit of work that stores them.

A unit that needs the terms of a long text which are not ready is aborted (`Unprepared`) and run again when they are:
units are repeatable, so services need not care. The terms of short texts are computed on the spot, and so is what
exceeds `MAX_READY` in one unit.
"""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, TypeVar

T = TypeVar("T")

LONG, SHORT = 16_000, 1_000
"""Characters: up to `LONG` in total takes a few milliseconds; of more, texts over `SHORT` are prepared."""
MAX_READY = 4_000_000
"""Characters whose terms are prepared for one unit."""

Make = Callable[[str], Any]
Key = tuple[Make, str]

_lock = threading.Lock()
_ready: dict[Key, Any] = {}
_holders: Counter[Key] = Counter()


class Unprepared(Exception):
    """A unit needs terms that are not ready."""

    def __init__(self, keys: list[Key]) -> None:
        super().__init__()
        self.keys = keys


def require(make: Make, texts: Iterable[str]) -> None:
    """Raise Unprepared if the terms of a long text are not ready."""
    if missing := [key for key in _keys(make, texts) if key not in _ready]:
        raise Unprepared(missing)


def may_contain(text: str, terms: Iterable[str]) -> bool:
    """Return whether a text may contain all terms; of one that is ASCII its letters tell without tokenizing."""
    return not text.isascii() or all(map(text.lower().__contains__, terms))


def made(make: Make, text: str) -> Any:
    """Return the prepared terms of a text, or compute them now."""
    prepared = _ready.get((make, text)) if len(text) > SHORT else None
    return make(text) if prepared is None else prepared


async def run(once: Callable[[], Awaitable[T]], make: Make, texts: Iterable[str] = ()) -> T:
    """Run `once`, with the terms of `texts` prepared; if it raises Unprepared, prepare those and run it again."""
    missing = _keys(make, texts)
    if not missing:
        try:
            return await once()
        except Unprepared as error:
            missing = error.keys
    preparation = _Preparation()
    try:
        while True:
            await asyncio.to_thread(_prepare, missing, preparation)
            try:
                return await once()
            except Unprepared as error:
                missing = error.keys
    finally:
        _release(preparation)


def _keys(make: Make, texts: Iterable[str]) -> list[Key]:
    """Return which of the texts of a unit must be prepared."""
    long = [text for text in texts if len(text) > SHORT]
    return [(make, text) for text in long] if sum(map(len, long)) > LONG else []


class _Preparation:
    """The terms that are ready for one unit; `done` tells a thread that still works that the unit has ended."""

    def __init__(self) -> None:
        self.keys: list[Key] = []
        self.done = False


def _prepare(keys: list[Key], preparation: _Preparation) -> None:
    """Compute terms up to `MAX_READY`; the unit computes the others itself, for which None is stored."""
    size = sum(len(text) for _, text in preparation.keys)
    for key in keys:
        make, text = key
        size += len(text)
        prepared = make(text) if size <= MAX_READY and _ready.get(key) is None else None
        with _lock:
            if preparation.done:
                return
            preparation.keys.append(key)
            _holders[key] += 1
            _ready[key] = prepared if prepared is not None else _ready.get(key)


def _release(preparation: _Preparation) -> None:
    with _lock:
        preparation.done = True
        for key in preparation.keys:
            _holders[key] -= 1
            if not _holders[key]:
                del _holders[key], _ready[key]
