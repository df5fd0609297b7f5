"""Bugs that are planted to check that a trial detects them: each disables a safeguard."""

# pyright: reportPrivateUsage=false
# The replaced methods are private.
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
from hansard.storage.sqlite.writer import Writer
from hansard.torture import control_postgres

Patch = Callable[[Any, str, Any], None]
"""Sets an attribute of a class or module."""
LATER = 0.02
"""Seconds of the delay; longer than a killed writer lives after its acknowledgement."""


def plant(name: str) -> None:
    """Plant a bug in this process; an empty name plants none."""
    if name:
        _PLANTS[name](setattr)


@contextmanager
def planted(name: str) -> Iterator[None]:
    """A context in which a bug is planted; an empty name plants none."""
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
    """Acknowledge before the work has begun."""
    _put_off(patch, Messages, "append")
    _put_off(patch, control_postgres, "store")


def _put_off(patch: Patch, owner: Any, attribute: str) -> None:
    original, waiting = getattr(owner, attribute), set[asyncio.Task[None]]()

    async def late(args: Any, kwargs: Any) -> None:
        await asyncio.sleep(LATER)
        await original(*args, **kwargs)

    async def hasty(*args: Any, **kwargs: Any) -> list[Message]:
        waiting.add(asyncio.create_task(late(args, kwargs)))
        return []

    patch(owner, attribute, hasty)


def _answer_before_commit(patch: Patch) -> None:
    """Acknowledge when the data is written but not committed."""
    attempt = Writer._attempt

    def hasty(self: Writer, group: list[Job], *, guarded: bool) -> set[str]:
        channels = attempt(self, group, guarded=guarded)
        executor._deliver(group)
        return channels

    patch(Writer, "_attempt", hasty)


def _commit_each_message(patch: Patch) -> None:
    """Store the messages of an append one by one."""
    original = SqliteStorage.append

    async def torn(self: SqliteStorage, tenant: str, append: Append) -> list[Message]:
        placed: list[Message] = []
        for message in append.messages:
            placed += await original(self, tenant, replace(append, messages=(message,)))
        return placed

    patch(SqliteStorage, "append", torn)


def _ignore_a_failed_commit(patch: Patch) -> None:
    """Ignore the result of a commit."""
    commit = Writer._commit

    def careless(self: Writer, jobs: list[Job], *, guarded: bool) -> bool:
        done = commit(self, jobs, guarded=guarded)
        for job in jobs:
            job.error = None if isinstance(job.error, OutcomeUnknown) else job.error
        return done

    patch(Writer, "_commit", careless)


def _acknowledge_what_was_refused(patch: Patch) -> None:
    """Acknowledge appends that were refused because of a full disk or a lost connection."""
    _hope(patch, Messages, "append")
    _hope(patch, control_postgres, "store")


def _hope(patch: Patch, owner: Any, attribute: str) -> None:
    original = getattr(owner, attribute)

    async def hopeful(*args: Any, **kwargs: Any) -> list[Message]:
        try:
            return await original(*args, **kwargs)
        except Unavailable:
            return []

    patch(owner, attribute, hopeful)


def _ask_anew(patch: Patch) -> None:
    """Do not recognise a repeated request for an answer by its id."""

    async def none(*_: object) -> list[Run]:
        return []

    patch(chat, "runs_asked_by", none)
    patch(chat, "runs_of_prompt", none)


def _begin_at_the_end(patch: Patch) -> None:
    """Ignore the position from which a client resumes, and send only new entries."""
    begin = Feed.begin

    async def forgetful(self: Feed, after: int | None = None) -> FeedStart:  # noqa: ARG001
        return await begin(self)

    patch(Feed, "begin", forgetful)


def _do_not_flush(patch: Patch) -> None:
    """Commit without flushing, and leave writing to the operating system."""
    patch(files, "_SETTINGS", files._SETTINGS | {"synchronous": 0})


def _mark_twice(patch: Patch) -> None:
    """Write the mark at the start of a log twice."""
    begin = WriteAheadLog.begin

    def forgetful(self: WriteAheadLog, connection: apsw.Connection) -> None:
        begin(self, connection)
        self._mark_is_due = True

    patch(WriteAheadLog, "begin", forgetful)


def _trust_the_log(patch: Patch) -> None:
    """Treat the content of an existing log as flushed."""

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
