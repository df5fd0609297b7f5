"""Faults that are planted to see whether a trial notices them."""

# pyright: reportPrivateUsage=false
# What is taken out is private to its class.

from __future__ import annotations

from collections.abc import Callable

import apsw
from msgspec.structs import replace

from hansard.errors import OutcomeUnknown
from hansard.model.messages import Message
from hansard.storage import lanes
from hansard.storage.base import Append
from hansard.storage.lanes import Job
from hansard.storage.sqlite import SqliteStorage


def plant(name: str) -> None:
    """Put a fault into this process; an empty name is none."""
    if name:
        _PLANTS[name]()


def _answer_before_commit() -> None:
    """Callers are told that it is done when it is only written down, not yet kept."""
    attempt = SqliteStorage._attempt

    def hasty(
        self: SqliteStorage, connection: apsw.Connection, job: Job, *, guarded: bool
    ) -> set[str]:
        told = attempt(self, connection, job, guarded=guarded)
        lanes._deliver([job])
        return told

    SqliteStorage._attempt = hasty


def _commit_each_message() -> None:
    """The messages of an append are stored one by one."""
    whole = SqliteStorage.append

    async def torn(self: SqliteStorage, tenant: str, append: Append) -> list[Message]:
        placed: list[Message] = []
        for message in append.messages:
            placed += await whole(self, tenant, replace(append, messages=(message,)))
        return placed

    SqliteStorage.append = torn


def _ignore_a_failed_commit() -> None:
    """Whether the disk kept it is not looked at."""
    commit = SqliteStorage._commit

    def careless(
        self: SqliteStorage, connection: apsw.Connection, jobs: list[Job], *, guarded: bool
    ) -> bool:
        done = commit(self, connection, jobs, guarded=guarded)
        for job in jobs:
            job.error = None if isinstance(job.error, OutcomeUnknown) else job.error
        return done

    SqliteStorage._commit = careless


_PLANTS: dict[str, Callable[[], None]] = {
    "answer before commit": _answer_before_commit,
    "commit each message": _commit_each_message,
    "ignore a failed commit": _ignore_a_failed_commit,
}
