"""Opens the database that a command's flags select.

A command that reads can open a file while another process writes to it. A command that writes must own the file; since
other commands own it only briefly, it waits up to `OWNER_TIMEOUT` for them, but not for a server.
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
"""Seconds to wait until another command releases the file."""
_env_file: list[Path] = []
"""The env file of `--env-file`, if it was given."""


def use_env_file(file: Path | None) -> None:
    """Set the env file of `--env-file` for the settings of the command."""
    _env_file[:] = [] if file is None else [file]


def settings(
    db: str | None,
    backend: str | None,
    session: str | None,
    tenant: str | None,
    **more: str | int | None,
) -> Loaded:
    """Return the settings of this command. Raises InvalidInput if `backend` contradicts the database URL."""
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
            f"--backend is {backend}, but the database ({source}) is on "
            f"{backend_of(loaded)}: name another with --db."
        )
    return loaded


def backend_of(loaded: Loaded) -> str:
    if loaded.database_file is not None:
        return "sqlite"
    return "postgresql" if loaded.database.lower().startswith("postgres") else "memory"


@asynccontextmanager
async def reading(loaded: Loaded) -> AsyncIterator[Database]:
    """A context with the database, opened for reading.

    If nobody owns its file, it is first recovered after a crash. The default file is created if it does not exist.
    Raises StorageError if another file was named and does not exist.
    """
    file = loaded.database_file
    if file is None:
        async with loaded.connect() as database:
            yield database
        return
    if loaded.config.database_url and not file.exists():
        raise StorageError(f"There is no database at {file}.")
    with suppress(DatabaseInUse, DatabaseReadOnly):
        async with loaded.connect():
            pass
    async with loaded.connect(readonly=True) as database:
        yield database


@asynccontextmanager
async def writing(loaded: Loaded) -> AsyncIterator[Database]:
    """A context with the database, opened for writing: by its server, if one owns the file.

    Raises DatabaseInUse if another process owns it.
    """
    database = await _open_owned(loaded)
    try:
        yield database
    finally:
        await database.close()


async def _open_owned(loaded: Loaded) -> Database:
    import asyncio  # noqa: PLC0415

    deadline = time.monotonic() + OWNER_TIMEOUT
    while True:
        database = loaded.connect()
        try:
            await database.open()
        except DatabaseInUse as error:
            url = error.details.get("url")
            if url is not None and loaded.token_file.is_file():
                return await _open_served(loaded, url)
            if url is not None or time.monotonic() > deadline:
                raise
        else:
            return database
        await asyncio.sleep(0.05)


async def _open_served(loaded: Loaded, url: str) -> Database:
    """Open the database of the server that owns the file."""
    import hansard  # noqa: PLC0415
    from hansard.server.sessions import token_of  # noqa: PLC0415

    database = hansard.connect(url, token=token_of(loaded.token_file))
    await database.open()
    return database


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine. SIGTERM and SIGHUP cancel it, so that it closes the database in order."""
    import asyncio  # noqa: PLC0415 - it is slow to import

    signals: list[int] = []

    async def guarded() -> T:
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        assert task is not None  # noqa: S101

        def stop(number: int) -> None:
            signals.append(number)
            task.cancel()

        for number in (signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, stop, number)
        return await work

    try:
        return asyncio.run(guarded())
    except asyncio.CancelledError:
        raise typer.Exit(128 + signals[0]) from None
