"""From the flags of a command to an open database.

A command that reads opens the file beside whoever writes to it. One that writes must own it; since commands
own a file for moments only, it waits a little before it gives up, but never for a server.
"""

from __future__ import annotations

import signal
import time
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import typer

from hansard.cli import errors
from hansard.errors import (
    DatabaseInUse,
    DatabaseReadOnly,
    InvalidInput,
    StorageError,
)

if TYPE_CHECKING:
    from hansard.config import Loaded
    from hansard.database import Database

T = TypeVar("T")

OWNER_TIMEOUT = 2.0
"""Seconds."""
_env_file: list[Path] = []
"""The env file that this command was given, if it was."""


def use_env_file(file: Path | None) -> None:
    """What `--env-file` says, for the settings of the command that follows it."""
    _env_file[:] = [] if file is None else [file]


def settings(
    db: str | None,
    backend: str | None,
    session: str | None,
    tenant: str | None,
    **more: str | int | None,
) -> Loaded:
    """The settings of this command; raises InvalidInput if the flags contradict each other."""
    from hansard.config import load  # noqa: PLC0415

    if backend == "memory" and db is None:
        db = ":memory:"
    flags = {"database_url": db, "user": session, "tenant": tenant, **more}
    loaded = load(flags, env=next(iter(_env_file), None))
    for line in loaded.exposed():
        errors.warn(line)
    if backend is not None and backend != backend_of(loaded):
        source = next(s.source for s in loaded.settings if s.name == "database_url")
        raise InvalidInput(
            f"The back end is to be {backend}, but the database ({source}) is on "
            f"{backend_of(loaded)}: name it with --db."
        )
    return loaded


def backend_of(loaded: Loaded) -> str:
    if loaded.database_file is not None:
        return "sqlite"
    return "postgresql" if loaded.database.lower().startswith("postgres") else "memory"


@asynccontextmanager
async def reading(loaded: Loaded) -> AsyncIterator[Database]:
    """The database, for reading.

    If nobody owns its file, what a process that died left unfinished is put in order first. A file that was
    named must be there; the default one is made.
    """
    file = loaded.database_file
    if file is None:
        async with loaded.connect() as found:
            yield found
        return
    if loaded.config.database_url and not file.exists():
        raise StorageError(f"There is no database at {file}.")
    with suppress(DatabaseInUse, DatabaseReadOnly):
        async with loaded.connect():
            pass
    async with loaded.connect(readonly=True) as found:
        yield found


@asynccontextmanager
async def writing(loaded: Loaded) -> AsyncIterator[Database]:
    """The database, for writing; raises DatabaseInUse if another process keeps it."""
    found = await _get_owned(loaded)
    try:
        yield found
    finally:
        await found.close()


async def _get_owned(loaded: Loaded) -> Database:
    import asyncio  # noqa: PLC0415

    deadline = time.monotonic() + OWNER_TIMEOUT
    while True:
        found = loaded.connect()
        try:
            await found.open()
        except DatabaseInUse as error:
            if "url" in error.details or time.monotonic() > deadline:
                raise
        else:
            return found
        await asyncio.sleep(0.05)


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run to the end. A signal to stop ends it in order: what is open is closed, what was said is kept."""
    import asyncio  # noqa: PLC0415 - it is half as slow to import as everything before

    ended_by: list[int] = []

    async def guarded() -> T:
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        assert task is not None  # noqa: S101

        def stop(number: int) -> None:
            ended_by.append(number)
            task.cancel()

        for number in (signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, stop, number)
        return await work

    try:
        return asyncio.run(guarded())
    except asyncio.CancelledError:
        raise typer.Exit(128 + ended_by[0]) from None
