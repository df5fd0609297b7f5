"""The hand-written statements, by name, from `queries/*.sql`.

A block begins with ``-- name: something`` and ends before the next; the comment lines below the name describe its
purpose.
"""

from __future__ import annotations

import re
from functools import cache

from hansard.storage.sql import packaged

_NAME = re.compile(r"^-- name: (\w+)\s*$", re.MULTILINE)


@cache
def statements(engine: str) -> dict[str, str]:
    text = packaged.text_of(packaged.FOLDER / "queries" / f"{engine}.sql")
    parts = _NAME.split(text)[1:]
    return {
        name: re.sub(r"^--.*\n", "", block, flags=re.MULTILINE).strip().rstrip(";")
        for name, block in zip(parts[::2], parts[1::2], strict=True)
    }
