"""What a public call says to SQLite, recorded, so that it can be said again without Hansard around it.

The recording is of statements and values as they really went to the engine, so it follows the code whatever
becomes of it. They are replayed on a copy of the database as it was before, through a connection with the
settings that Hansard itself insists on.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, NamedTuple, Self

import apsw

_FRAME = re.compile(r"\s*(BEGIN|COMMIT|SAVEPOINT|RELEASE|PRAGMA)\b", re.IGNORECASE)
_ANSWERS = re.compile(r"\s*SELECT\b|.*\bRETURNING\b", re.IGNORECASE | re.DOTALL)
_TABLE = re.compile(r"\b(?:INTO|FROM|UPDATE)\s+(\w+)", re.IGNORECASE)


class Statement(NamedTuple):
    text: str
    values: Any
    answers: bool
    """Whether it has rows to fetch."""

    @property
    def is_frame(self) -> bool:
        """Whether it begins or ends a transaction or a part of one."""
        return _FRAME.match(self.text) is not None

    @property
    def table(self) -> str:
        """The table that it names first."""
        found = _TABLE.search(self.text)
        return found.group(1) if found else ""


class Recorder:
    """Hears what is said on every connection that is opened while it is there.

    Connections that only read may say something at any moment, for work in the background reads too. So where their
    units begin and end is left out: between the statements of the writer it would not be said again.
    """

    def __init__(self) -> None:
        self._said: list[Statement] = []

    def __enter__(self) -> Self:
        apsw.connection_hooks.append(self._listen)
        return self

    def __exit__(self, *_: object) -> None:
        apsw.connection_hooks.remove(self._listen)

    def take(self) -> list[Statement]:
        """What was said since the last time."""
        said = self._said[:]
        del self._said[: len(said)]
        return said

    def _listen(self, connection: apsw.Connection) -> None:
        reads_only = connection.readonly("main")

        def note(_cursor: Any, text: str, values: Any) -> bool:
            said = Statement(text, values, _ANSWERS.match(text) is not None)
            if not (reads_only and said.is_frame):
                self._said.append(said)
            return True

        connection.exec_trace = note


def replay(connection: apsw.Connection, statements: Iterable[Statement]) -> None:
    for text, values, answers in statements:
        cursor = connection.execute(text, values)
        if answers:
            cursor.fetchall()
