"""The default storage: one SQLite file, owned by one process.

One thread writes, in batches (see `executor`). Units that read run on the event loop if that holds it for a moment only
(see `resident`), else on threads. Each reader has its own connection, and its transactions end before their result is
returned. So nothing ever waits for a lock, and the writer can always checkpoint the write-ahead log.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import apsw

from hansard import atomic_files
from hansard.errors import DatabaseReadOnly, HansardError, InvalidConfig, StorageError
from hansard.model.health import Fault, Health
from hansard.model.messages import Message
from hansard.search.tokenizer import passages
from hansard.storage import search_terms
from hansard.storage.base import Append, Read, Storage, Write
from hansard.storage.notifier import Notifier
from hansard.storage.run_sync import run_now
from hansard.storage.schema import Schema
from hansard.storage.sql import packed
from hansard.storage.sql.compiler import SQLITE_DIALECT, Compiler, Dialect
from hansard.storage.sql.migrations import Migrations
from hansard.storage.sqlite import files, index
from hansard.storage.sqlite.executor import MAX_BATCH, Executor, Job
from hansard.storage.sqlite.kept import Kept
from hansard.storage.sqlite.migrations import migrate, scripts
from hansard.storage.sqlite.ownership import Ownership
from hansard.storage.sqlite.positions import Positions
from hansard.storage.sqlite.resident import Elsewhere, LoopReader, LoopUnit
from hansard.storage.sqlite.transaction import SQL, SqliteTransaction
from hansard.storage.sqlite.writer import Open, Safety, Writer, erasure, settling
from hansard.storage.tables import SCHEMA

T = TypeVar("T")

READERS = 2


class SqliteStorage(Storage):
    """A database in one file.

    With `readonly` it may be opened while another process owns it. An outdated schema is migrated when the database
    is opened; with `migrate=False`, opening raises SchemaOutdated instead. Long texts are compressed with zstd at the
    `compression_level`, 1 to 19; with 0, new ones are not.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        schema: Schema = SCHEMA,
        migrations: Migrations | None = None,
        readonly: bool = False,
        migrate: bool = True,
        compression_level: int = packed.LEVEL,
    ) -> None:
        """Raises InvalidConfig if there is no such compression level."""
        self.path = files.locate(path)
        self.schema = schema
        self.migrations = migrations or Migrations.builtin("sqlite")
        self.readonly = readonly
        self.notifier = Notifier()
        self.ownership = Ownership(self.path)
        self._migrate = migrate
        self._compiler = Compiler(schema, _compressing(compression_level))
        self._positions = Positions()
        self._safety = Safety(self.path, self.ownership)
        self._process = os.getpid()
        self._connections: list[apsw.Connection] = []
        self._writers: Executor | None = None
        self._writer: Writer | None = None
        self._readers: Executor | None = None
        self._loop_reader: LoopReader | None = None
        self._kept: Kept | None = None
        """None for a reader beside the owner, which cannot know of changes."""

    async def open(self) -> None:
        loop = asyncio.get_running_loop()
        opening = asyncio.ensure_future(asyncio.to_thread(self._open, loop))
        try:
            await asyncio.shield(opening)
        except asyncio.CancelledError:  # the thread cannot be cancelled: close what it opens
            await asyncio.gather(opening, return_exceptions=True)
            await self.close()
            raise

    async def close(self) -> None:
        await asyncio.to_thread(self._close)

    async def read(self, tenant: str, work: Read[T]) -> T:
        lane = self._lane(self._readers)
        if self._loop_reader is not None:
            with suppress(Elsewhere):
                return self._loop_reader.run(tenant, work)
        return await lane.do(tenant, work)

    async def write(self, tenant: str, work: Write[T]) -> T:
        if self.readonly:
            raise DatabaseReadOnly(f"{self.path} is open for reading only.")
        return await self._prepared(tenant, work)

    async def append(self, tenant: str, append: Append) -> list[Message]:
        if self.readonly:
            raise DatabaseReadOnly(f"{self.path} is open for reading only.")
        texts = [message.text for message in append.messages]
        return await self._prepared(tenant, append, [t for t in texts if len(t) > index.LONG])

    async def _prepared(self, tenant: str, work: Any, texts: Sequence[str] = ()) -> Any:
        """Run a unit on the writer's thread, with the terms of long texts prepared."""
        return await search_terms.run(
            lambda: self._lane(self._writers).do(tenant, work), passages, texts
        )

    @property
    def is_settled(self) -> bool:
        """Whether no row is pending, or so many that searches order by time; not known of a file that another process
        owns.
        """
        pending = 0 if self._writer is None else self._writer.pending
        return not pending or pending > index.MANY

    async def settle(self) -> None:
        """Have the writer index all pending rows, if it can: a search does not need to write.

        Others write meanwhile.
        """
        with suppress(HansardError):
            while self._writer is not None and self._writer.pending:
                await self.write("", settling)

    async def erase(self) -> None:
        """Checkpoint and truncate the write-ahead log: deleted rows are overwritten only in the file."""
        await self.write("", erasure)

    async def health(self) -> Health:
        faults: dict[Fault, str]
        try:
            faults = await self._lane(self._readers).do("", self._faults)
        except HansardError as error:
            faults = {"unreachable" if self._readers else "closed": error.message}
        return Health(
            faults=tuple(faults),
            reason=next(iter(faults.values()), None),
            owner=f"process {self._process}" if not self.readonly else None,
            file=files.identity(self.path),
            log_bytes=self._safety.log.size,
            committed_at=self._safety.committed_at,
        )

    async def _faults(self, _: Any) -> dict[Fault, str]:
        """Return why this process cannot write, as sentences; runs on a reader's thread."""
        if self.readonly:
            return {"read-only": f"{self.path} is open for reading only."}
        faults: dict[Fault, str] = {}
        safety = self._safety
        if safety.is_replaced():
            faults["file-replaced"] = safety.replaced_error().message
        if safety.fence is not None:
            faults["fenced"] = safety.fence.message
        if safety.full is not None and not files.has_room(self.path.parent):
            faults["disk-full"] = safety.full.message
        return faults

    def announce(self, **details: Any) -> None:
        self.ownership.announce(**details)

    async def tenants(self) -> list[str]:
        async def work(tx: Any) -> list[str]:
            return [row[0] for row in await tx.rows(SQL["tenants"], ())]

        return await self.read("", work)

    def _open(self, loop: asyncio.AbstractEventLoop) -> None:
        files.check_engine()
        files.check_filesystem(self.path)
        if not self.readonly:
            self.ownership.take()
        try:
            if not self.readonly:
                self._recover()
            self._check_schema()
            self._loop_reader = self._open_loop_reader(loop)
            self._readers = Executor("hansard-read", self._reader, threads=READERS, batch=1)
            if not self.readonly:
                self._writers = Executor(
                    "hansard-write", self._make_writer, threads=1, batch=MAX_BATCH
                )
        except BaseException:
            self._close()
            raise

    def _open_loop_reader(self, loop: asyncio.AbstractEventLoop) -> LoopReader | None:
        """Return a reader for the loop if this process owns the file and its pages in memory can be told."""
        descriptor = self.ownership.descriptor
        if descriptor is None:
            return None
        try:
            return LoopReader(self.path, descriptor, loop, self._loop_unit)
        except StorageError:
            return None

    def _recover(self) -> None:
        """Clean up after other processes, and create the file if there is none."""
        atomic_files.sweep(self.path)
        try:
            self._safety.log.recover()
        except apsw.Error as error:
            raise files.translate(error, self.path) from error
        if not self.path.exists():
            files.create(self.path, scripts(self.migrations), self.migrations.latest)
            self.ownership.hold()

    def _check_schema(self) -> None:
        connection = files.connect(self.path, readonly=self.readonly)
        try:
            migrate(
                self.migrations, connection, self.path, apply=self._migrate and not self.readonly
            )
        except apsw.Error as error:
            raise files.translate(error, self.path) from error
        finally:
            connection.close()

    def _close(self) -> None:
        for lane in (self._writers, self._readers):
            if lane is not None:
                lane.close()
        self._writers = self._readers = self._writer = self._kept = None
        if self._loop_reader is not None:
            self._loop_reader.close()
            self._loop_reader = None
        while self._connections:  # the writer's last, for only it can checkpoint
            self._connections.pop(0).close()
        self.ownership.release()

    def _lane(self, lane: Executor | None) -> Executor:
        if lane is None or self._process != os.getpid():
            raise StorageError(
                "The database is not open in this process: use `async with hansard.connect(…) as db`."
            )
        return lane

    def _connect(self, *, readonly: bool) -> apsw.Connection:
        connection = files.connect(self.path, readonly=readonly)
        self._connections.append(connection)
        return connection

    def _unit(self, tenant: str, connection: apsw.Connection) -> SqliteTransaction:
        positions = self._positions
        return SqliteTransaction(
            self.schema, self._compiler, tenant, connection, positions=positions
        )

    def _reading_unit(self, tenant: str, connection: apsw.Connection) -> SqliteTransaction:
        return SqliteTransaction(self.schema, self._compiler, tenant, connection, self._kept)

    def _loop_unit(
        self, tenant: str, connection: apsw.Connection, give_up: Callable[[], None]
    ) -> LoopUnit:
        return LoopUnit(give_up, self.schema, self._compiler, tenant, connection, self._kept)

    def _reader(self) -> Reader:
        return Reader(self._connect(readonly=True), self.path, self._reading_unit)

    def _make_writer(self) -> Writer:
        connection = self._connect(readonly=False)
        columns = [column.name for column in self.schema.of(Message).columns]
        self._kept = Kept(connection, columns)
        self._positions = Positions()
        self._writer = Writer(
            connection, self._safety, self.notifier, self._unit, self._kept, self._positions
        )
        return self._writer


def _compressing(level: int) -> Dialect:
    if level not in packed.LEVELS:
        raise InvalidConfig(
            f"The compression level is {level}; it can be 0 to {packed.LEVELS[-1]}."
        )
    return replace(SQLITE_DIALECT, codec=replace(SQLITE_DIALECT.codec, packs=level))


class Reader:
    """Runs jobs on one connection, each in a transaction that ends before its result is returned."""

    def __init__(self, connection: apsw.Connection, path: Path, unit: Open) -> None:
        self._connection, self._path, self._unit = connection, path, unit

    def run(self, jobs: list[Job]) -> None:
        connection = self._connection
        for job in jobs:
            try:
                connection.execute("BEGIN")
                try:
                    job.result = run_now(job.work(self._unit(job.tenant, connection)))
                finally:
                    connection.execute("COMMIT")
            except apsw.Error as error:
                job.error = files.translate(error, self._path)
            except BaseException as error:
                job.error = error

    def rest(self, *, idle: bool) -> bool:  # noqa: ARG002 - nothing is left for later
        return False
