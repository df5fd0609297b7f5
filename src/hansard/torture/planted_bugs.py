"""Faults that are planted to see whether a trial notices them: each takes a safeguard out."""

# pyright: reportPrivateUsage=false
# What is taken out is private to its class.
from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import apsw
from msgspec.structs import replace

from hansard.errors import OutcomeUnknown, Unavailable
from hansard.model.messages import Message
from hansard.model.runs import Run
from hansard.services.conversations.messages import Messages
from hansard.services.feed.service import Feed, FeedStart
from hansard.services.runs import chat
from hansard.storage.base import Append
from hansard.storage.sqlite import executor, files
from hansard.storage.sqlite.executor import Job
from hansard.storage.sqlite.storage import SqliteStorage
from hansard.storage.sqlite.write_ahead_log import WriteAheadLog
from hansard.torture import control_postgres

Patch = Callable[[Any, str, Any], None]
"""Sets an attribute of a class or module."""
LATER = 0.02
"""Seconds; longer than a killed writer lives after it was told."""


def plant(name: str) -> None:
    """Put a fault into this process; an empty name is none."""
    if name:
        _PLANTS[name](setattr)


@contextmanager
def planted(name: str) -> Iterator[None]:
    """Put a fault into this process, and take it out again; an empty name is none."""
    before: list[tuple[Any, str, Any]] = []

    def patch(owner: Any, attribute: str, value: Any) -> None:
        before.append((owner, attribute, getattr(owner, attribute)))
        setattr(owner, attribute, value)

    try:
        if name:
            _PLANTS[name](patch)
        yield
    finally:
        for owner, attribute, value in reversed(before):
            setattr(owner, attribute, value)


def _acknowledge_early(patch: Patch) -> None:
    """Callers are told that it is done when it has not begun."""
    _put_off(patch, Messages, "append")
    _put_off(patch, control_postgres, "store")


def _put_off(patch: Patch, owner: Any, attribute: str) -> None:
    whole, waiting = getattr(owner, attribute), set[asyncio.Task[None]]()

    async def late(given: Any, named: Any) -> None:
        await asyncio.sleep(LATER)
        await whole(*given, **named)

    async def hasty(*given: Any, **named: Any) -> list[Message]:
        waiting.add(asyncio.create_task(late(given, named)))
        return []

    patch(owner, attribute, hasty)


def _answer_before_commit(patch: Patch) -> None:
    """Callers are told that it is done when it is only written down, not yet kept."""
    attempt = SqliteStorage._attempt

    def hasty(
        self: SqliteStorage, connection: apsw.Connection, job: Job, *, guarded: bool
    ) -> set[str]:
        told = attempt(self, connection, job, guarded=guarded)
        executor._deliver([job])
        return told

    patch(SqliteStorage, "_attempt", hasty)


def _commit_each_message(patch: Patch) -> None:
    """The messages of an append are stored one by one."""
    whole = SqliteStorage.append

    async def torn(self: SqliteStorage, tenant: str, append: Append) -> list[Message]:
        placed: list[Message] = []
        for message in append.messages:
            placed += await whole(self, tenant, replace(append, messages=(message,)))
        return placed

    patch(SqliteStorage, "append", torn)


def _ignore_a_failed_commit(patch: Patch) -> None:
    """Whether the disk kept it is not looked at."""
    commit = SqliteStorage._commit

    def careless(
        self: SqliteStorage, connection: apsw.Connection, jobs: list[Job], *, guarded: bool
    ) -> bool:
        done = commit(self, connection, jobs, guarded=guarded)
        for job in jobs:
            job.error = None if isinstance(job.error, OutcomeUnknown) else job.error
        return done

    patch(SqliteStorage, "_commit", careless)


def _acknowledge_what_was_refused(patch: Patch) -> None:
    """What there is no room or no answer for is taken as if it had been stored."""
    _hope(patch, Messages, "append")
    _hope(patch, control_postgres, "store")


def _hope(patch: Patch, owner: Any, attribute: str) -> None:
    whole = getattr(owner, attribute)

    async def hopeful(*given: Any, **named: Any) -> list[Message]:
        try:
            return await whole(*given, **named)
        except Unavailable:
            return []

    patch(owner, attribute, hopeful)


def _ask_anew(patch: Patch) -> None:
    """A request for an answer is not known by its id when it is repeated."""

    async def none(*_: object) -> list[Run]:
        return []

    patch(chat, "runs_asked_by", none)
    patch(chat, "runs_of_prompt", none)


def _begin_at_the_end(patch: Patch) -> None:
    """Whoever comes back is told what comes from now on, wherever it was."""
    begin = Feed.begin

    async def forgetful(self: Feed, after: int | None = None) -> FeedStart:  # noqa: ARG001
        return await begin(self)

    patch(Feed, "begin", forgetful)


def _do_not_flush(patch: Patch) -> None:
    """What is committed is left to the operating system to write at some time."""
    patch(files, "_SETTINGS", files._SETTINGS | {"synchronous": 0})


def _mark_twice(patch: Patch) -> None:
    """A log begins with a mark, and its first transaction changes that again."""
    begin = WriteAheadLog.begin

    def forgetful(self: WriteAheadLog, connection: apsw.Connection) -> None:
        begin(self, connection)
        self._mark_is_due = True

    patch(WriteAheadLog, "begin", forgetful)


def _trust_the_log(patch: Patch) -> None:
    """A log that was left, or that could not be flushed, is taken to be on the disk."""

    def do_nothing(_: WriteAheadLog) -> None:
        pass

    patch(WriteAheadLog, "write_again", do_nothing)


_PLANTS: dict[str, Callable[[Patch], None]] = {
    "acknowledge early": _acknowledge_early,
    "acknowledge what was refused": _acknowledge_what_was_refused,
    "answer before commit": _answer_before_commit,
    "ask anew": _ask_anew,
    "begin at the end": _begin_at_the_end,
    "commit each message": _commit_each_message,
    "do not flush": _do_not_flush,
    "ignore a failed commit": _ignore_a_failed_commit,
    "mark twice": _mark_twice,
    "trust the log": _trust_the_log,
}
