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

LONG = 16_000
"""Characters; what is shorter takes a few milliseconds."""
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
    keys = [(make, text) for text in texts if len(text) > LONG]
    if missing := [key for key in keys if key not in _ready]:
        raise Unprepared(missing)


def made(make: Make, text: str) -> Any:
    """What was prepared, or is made now."""
    found = _ready.get((make, text)) if len(text) > LONG else None
    return make(text) if found is None else found


async def run(once: Callable[[], Awaitable[T]], make: Make, texts: Iterable[str] = ()) -> T:
    """Run something that needs texts prepared: these, and those that it is given up for."""
    held: list[Key] = []
    wanted = [(make, text) for text in texts if len(text) > LONG]
    try:
        while True:
            for key in wanted:
                await _hold(key, held)
            try:
                return await once()
            except Unprepared as error:
                wanted = error.keys
    finally:
        _release(held)


async def _hold(key: Key, held: list[Key]) -> None:
    """Make it ready, if there is room; else note that it is to be made when it is needed."""
    make, text = key
    size = sum(len(text) for _, text in held)
    is_room = size + len(text) <= MAX_READY
    prepared = None
    if is_room and _ready.get(key) is None:
        prepared = await asyncio.to_thread(make, text)
    with _lock:
        held.append(key)
        _holders[key] += 1
        _ready[key] = prepared if prepared is not None else _ready.get(key)


def _release(held: list[Key]) -> None:
    with _lock:
        for key in held:
            _holders[key] -= 1
            if not _holders[key]:
                del _holders[key], _ready[key]
