"""The state of a storage."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

Fault = Literal["closed", "unreachable", "read-only", "fenced", "file-replaced", "disk-full"]
"""Why a storage cannot read or write. These names are stable: alerts depend on them."""


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """The state of a storage. A field is None if it does not apply to the back end."""

    faults: tuple[Fault, ...] = ()
    """Everything that prevents reading or writing now; empty if the storage works."""
    reason: str | None = None
    """The first fault as a sentence for the operator; it may name files and hosts."""
    owner: str | None = None
    """The writer: a process, or the role on a server."""
    file: str | None = None
    """The database file: its path, device and inode."""
    log_bytes: int | None = None
    """Size of the write-ahead log."""
    committed_at: datetime | None = None
    """The time of this process's last commit."""
    feed_delay: float | None = None
    """Seconds for which the oldest open transaction has delayed entries of the feed."""
    feed_holder: str | None = None
    """The transaction that delays them: a process of the server, or a forgotten prepared transaction."""
    oldest_run_at: datetime | None = None
    """The creation time of the oldest run that has not ended; set by `Database.health`, not by storages."""

    @property
    def writable(self) -> bool:
        return not self.faults

    @property
    def fenced(self) -> bool:
        """Whether the storage refuses writes because acknowledged changes could be lost."""
        return "fenced" in self.faults or "file-replaced" in self.faults
