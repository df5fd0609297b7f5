"""The positions of feed entries, which the one writer gives.

A feed is stored by user, so no page says which position is the newest of all. The writer counts in memory and reserves
positions in the file, many at a time, with the entries for which it takes the first of them. So most commits write
nothing but the entries; and a writer that begins goes on after what is reserved, for positions may rise by more than 1,
but never be given twice, not even those of entries that are gone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hansard.storage.sql.statements import statements

if TYPE_CHECKING:
    from hansard.storage.sqlite.transaction import SqliteTransaction

SQL = statements("sqlite")

RESERVE = 4_096


class Positions:
    """Where the feed's positions are: those that the writer gave, and those that the file has reserved."""

    def __init__(self) -> None:
        self._last: int | None = None
        """None before the first."""
        self._reserved: int | None = None
        """In the present transaction; None before it was read from the file."""
        self._committed: int | None = None

    async def take(self, tx: SqliteTransaction, count: int) -> int:
        """Return the first of so many new positions."""
        reserved = self._reserved
        if reserved is None:
            [(reserved,)] = await tx.rows(SQL["reserved"], ())
        before: int = reserved if self._last is None else self._last
        self._last = before + count
        if self._last > reserved:
            reserved = self._last + RESERVE
            await tx.run(SQL["reserve"], (reserved,))
        self._reserved = reserved
        return before + 1

    def commit(self) -> None:
        """What was reserved is in the file."""
        self._committed = self._reserved

    def undo(self) -> None:
        """What was reserved since the last commit may be undone. The positions that were taken are not given again."""
        self._reserved = self._committed
