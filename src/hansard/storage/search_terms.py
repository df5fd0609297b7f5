"""What search keeps of long texts, made before the unit of work that stores them, on a thread.

A unit that meets a long text which was not prepared is given up (`Unprepared`), and run again when it was: units are
repeatable, and so no service needs to know. What is short is made on the spot. Of one unit so much is kept ready and
no more: a unit with more text than that makes the rest itself.
"""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, TypeVar

T = TypeVar("T")

LONG, SHORT = 16_000, 1_000
"""Characters: less than `LONG` takes a few milliseconds; of more, what is not `SHORT` is prepared."""
MAX_READY = 4_000_000
"""Characters that are kept ready for one unit."""

Make = Callable[[str], Any]
Key = tuple[Make, str]

_lock = threading.Lock()
_ready: dict[Key, Any] = {}
_holders: Counter[Key] = Counter()


class Unprepared(Exception):
    """A unit needs what takes time to make."""

    def __init__(self, keys: list[Key]) -> None:
        super().__init__()
        self.keys = keys


def require(make: Make, texts: Iterable[str]) -> None:
    """Raises Unprepared if a text is long and was not prepared."""
    if missing := [key for key in _keys(make, texts) if key not in _ready]:
        raise Unprepared(missing)


def made(make: Make, text: str) -> Any:
    """What was prepared, or is made now."""
    found = _ready.get((make, text)) if len(text) > SHORT else None
    return make(text) if found is None else found


async def run(once: Callable[[], Awaitable[T]], make: Make, texts: Iterable[str] = ()) -> T:
    """Run something that needs texts prepared: these, and those that it is given up for."""
    wanted = _keys(make, texts)
    if not wanted:
        try:
            return await once()
        except Unprepared as error:
            wanted = error.keys
    held = _Held()
    try:
        while True:
            await asyncio.to_thread(_hold, wanted, held)
            try:
                return await once()
            except Unprepared as error:
                wanted = error.keys
    finally:
        _release(held)


def _keys(make: Make, texts: Iterable[str]) -> list[Key]:
    """What is to be prepared of texts that are stored together."""
    found = [text for text in texts if len(text) > SHORT]
    return [(make, text) for text in found] if sum(map(len, found)) > LONG else []


class _Held:
    """What is kept ready for one unit, until that is done: a thread may still be at work then."""

    def __init__(self) -> None:
        self.keys: list[Key] = []
        self.done = False


def _hold(keys: list[Key], held: _Held) -> None:
    """Make them ready, as far as there is room; of the others note that they are to be made when they are needed."""
    size = sum(len(text) for _, text in held.keys)
    for key in keys:
        make, text = key
        size += len(text)
        prepared = make(text) if size <= MAX_READY and _ready.get(key) is None else None
        with _lock:
            if held.done:
                return
            held.keys.append(key)
            _holders[key] += 1
            _ready[key] = prepared if prepared is not None else _ready.get(key)


def _release(held: _Held) -> None:
    with _lock:
        held.done = True
        for key in held.keys:
            _holders[key] -= 1
            if not _holders[key]:
                del _holders[key], _ready[key]
