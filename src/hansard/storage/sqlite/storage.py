"""The default storage: one SQLite file, owned by one process.

One thread writes, in batches (see `executor`); others read, each with its own connection, in transactions that end
before their result is returned. So nothing ever waits for a lock, and the writer can always checkpoint the
write-ahead log.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import apsw

from hansard import atomic_files
from hansard.errors import DatabaseReadOnly, HansardError, OutcomeUnknown, StorageError
from hansard.ids import now
from hansard.model.health import Fault, Health
from hansard.model.messages import Message
from hansard.search.tokenizer import passages
from hansard.storage import search_terms
from hansard.storage.base import Append, Read, Storage, Write
from hansard.storage.notifier import Notifier
from hansard.storage.run_sync import run_now
from hansard.storage.schema import Schema
from hansard.storage.sql.compiler import SQLITE_DIALECT, Compiler
from hansard.storage.sql.migrations import Migrations
from hansard.storage.sqlite import files
from hansard.storage.sqlite.executor import MAX_BATCH, Executor, Job
from hansard.storage.sqlite.migrations import migrate, scripts
from hansard.storage.sqlite.ownership import Ownership
from hansard.storage.sqlite.transaction import SQL, SqliteTransaction, result_code
from hansard.storage.sqlite.write_ahead_log import WriteAheadLog
from hansard.storage.tables import SCHEMA

T = TypeVar("T")

READERS = 2


class SqliteStorage(Storage):
    """A database in one file.

    With `readonly` it may be opened while another process owns it. An outdated schema is migrated when the database
    is opened; with `migrate=False`, opening raises SchemaOutdated instead.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        schema: Schema = SCHEMA,
        migrations: Migrations | None = None,
        readonly: bool = False,
        migrate: bool = True,
    ) -> None:
        self.path = files.locate(path)
        self.schema = schema
        self.migrations = migrations or Migrations.builtin("sqlite")
        self.readonly = readonly
        self.notifier = Notifier()
        self.ownership = Ownership(self.path)
        self._migrate = migrate
        self._compiler = Compiler(schema, SQLITE_DIALECT)
        self._log = WriteAheadLog(self.path)
        self._begun = False
        self._fence: StorageError | None = None
        self._full: HansardError | None = None
        self._committed_at: datetime | None = None
        self._process = os.getpid()
        self._connections: list[apsw.Connection] = []
        self._writers: Executor | None = None
        self._readers: Executor | None = None

    async def open(self) -> None:
        opening = asyncio.ensure_future(asyncio.to_thread(self._open))
        try:
            await asyncio.shield(opening)
        except asyncio.CancelledError:  # the thread cannot be cancelled: close what it opens
            await asyncio.gather(opening, return_exceptions=True)
            await self.close()
            raise

    async def close(self) -> None:
        await asyncio.to_thread(self._close)

    async def read(self, tenant: str, work: Read[T]) -> T:
        return await self._lane(self._readers).do(tenant, work)

    async def write(self, tenant: str, work: Write[T]) -> T:
        if self.readonly:
            raise DatabaseReadOnly(f"{self.path} is open for reading only.")
        return await self._prepared(tenant, work)

    async def append(self, tenant: str, append: Append) -> list[Message]:
        if self.readonly:
            raise DatabaseReadOnly(f"{self.path} is open for reading only.")
        texts = [message.text for message in append.messages]
        return await self._prepared(tenant, lambda tx: tx.append(append), texts)

    async def _prepared(self, tenant: str, work: Write[T], texts: Sequence[str] = ()) -> T:
        return await search_terms.run(
            lambda: self._lane(self._writers).do(tenant, work), passages, texts
        )

    async def erase(self) -> None:
        """Checkpoint and truncate the write-ahead log: deleted rows are overwritten only in the file."""
        await self.write("", _erasure)

    async def health(self) -> Health:
        faults: dict[Fault, str]
        try:
            faults = await self.read("", self._faults)
        except HansardError as error:
            faults = {"unreachable" if self._readers else "closed": error.message}
        return Health(
            faults=tuple(faults),
            reason=next(iter(faults.values()), None),
            owner=f"process {self._process}" if not self.readonly else None,
            file=files.identity(self.path),
            log_bytes=self._log.size,
            committed_at=self._committed_at,
        )

    async def _faults(self, _: Any) -> dict[Fault, str]:
        """Return why this process cannot write, as sentences; runs on a reader's thread."""
        if self.readonly:
            return {"read-only": f"{self.path} is open for reading only."}
        faults: dict[Fault, str] = {}
        if self._is_replaced():
            faults["file-replaced"] = self._replaced_error().message
        if self._fence is not None:
            faults["fenced"] = self._fence.message
        if self._full is not None and not files.has_room(self.path.parent):
            faults["disk-full"] = self._full.message
        return faults

    def announce(self, **details: Any) -> None:
        self.ownership.announce(**details)

    async def tenants(self) -> list[str]:
        async def work(tx: Any) -> list[str]:
            return [row[0] for row in await tx.rows(SQL["tenants"], ())]

        return await self.read("", work)

    def _open(self) -> None:
        files.check_engine()
        files.check_filesystem(self.path)
        if not self.readonly:
            self.ownership.take()
        try:
            if not self.readonly:
                self._recover()
            self._check_schema()
            self._readers = Executor("hansard-read", self._reader, threads=READERS, batch=1)
            if not self.readonly:
                self._writers = Executor("hansard-write", self._writer, threads=1, batch=MAX_BATCH)
        except BaseException:
            self._close()
            raise

    def _recover(self) -> None:
        """Clean up after other processes, and create the file if there is none."""
        atomic_files.sweep(self.path)
        try:
            self._log.recover()
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
        self._writers = self._readers = None
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

    # Reading, on the readers' threads

    def _reader(self) -> Callable[[list[Job]], None]:
        connection = self._connect(readonly=True)

        def handle(jobs: list[Job]) -> None:
            for job in jobs:
                try:
                    connection.execute("BEGIN")
                    try:
                        job.result = run_now(job.work(self._unit(connection, job.tenant)))
                    finally:
                        connection.execute("COMMIT")
                except apsw.Error as error:
                    job.error = files.translate(error, self.path)
                except BaseException as error:
                    job.error = error

        return handle

    def _unit(self, connection: apsw.Connection, tenant: str) -> SqliteTransaction:
        return SqliteTransaction(self.schema, self._compiler, tenant, connection)

    # Writing, on the writer's thread

    def _writer(self) -> Callable[[list[Job]], None]:
        connection = self._connect(readonly=False)

        def handle(jobs: list[Job]) -> None:
            self._check_file()
            if not self._commit(connection, jobs, guarded=False):
                self._commit(connection, jobs, guarded=True)
            self._fold(connection, [job for job in jobs if job.work is _erasure and not job.error])

        return handle

    def _is_replaced(self) -> bool:
        return not (self.ownership.holds() and self._log.holds())

    def _replaced_error(self) -> StorageError:
        return StorageError(
            f"The database file was removed or replaced: {self.path}, or its log. Nothing is written until it is "
            "back, or the database is opened again."
        )

    def _check_file(self) -> None:
        """Raise StorageError if the file was replaced, or a flush failed and the log cannot be rewritten."""
        if self._is_replaced():
            raise self._replaced_error()
        if self._fence is not None:
            try:
                self._log.write_again()
            except apsw.Error:
                raise self._fence from None
            self._fence = None

    def _fold(self, connection: apsw.Connection, erasures: list[Job]) -> None:
        """Empty the log for erasures; a failure does not affect the other jobs of the batch."""
        try:
            if erasures:
                self._log.empty(connection)
        except apsw.Error as error:
            for job in erasures:
                job.error = files.translate(error, self.path)

    def _commit(self, connection: apsw.Connection, jobs: list[Job], *, guarded: bool) -> bool:
        """Run jobs in one transaction; False if they must be run again, with `guarded`.

        Jobs rarely fail, and even more rarely after they wrote. So they run without savepoints at first, because each
        savepoint makes the search index write its buffer. If one fails after it wrote, all are rolled back and run
        again with a savepoint each, so that only the failed one is rolled back.
        """
        channels: set[str] = set()
        try:
            self._begin(connection)
            start = connection.total_changes()
            connection.execute("BEGIN IMMEDIATE")
            for job in jobs:
                before = connection.total_changes()
                channels |= self._attempt(connection, job, guarded=guarded)
                if not connection.in_transaction:
                    raise job.error or StorageError("The engine ended the transaction.")
                if job.error and not guarded and connection.total_changes() != before:
                    connection.execute("ROLLBACK")
                    return len(jobs) == 1
            self._end(connection, wrote=connection.total_changes() != start)
            self._full, self._committed_at = None, now()
            self.notifier.notify(channels)
        except (apsw.Error, HansardError) as error:
            failure = self._failure(error)
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            for job in jobs:
                job.error = job.error or type(failure)(failure.message)
        return True

    def _begin(self, connection: apsw.Connection) -> None:
        if not self._begun:
            self._log.begin(connection)
            self._begun = True

    def _end(self, connection: apsw.Connection, *, wrote: bool) -> None:
        """Commit. Raises OutcomeUnknown if the file was replaced meanwhile."""
        if wrote:
            self._log.mark(connection)
        connection.execute("COMMIT")
        if wrote:
            self._log.committed(connection)
            if self._is_replaced():
                raise OutcomeUnknown()

    def _attempt(self, connection: apsw.Connection, job: Job, *, guarded: bool) -> set[str]:
        """Run a job and return the user channels to notify after the commit."""
        if guarded:
            connection.execute("SAVEPOINT job")
        job.error = None
        unit = self._unit(connection, job.tenant)
        try:
            job.result = run_now(job.work(unit))
        except apsw.Error as error:
            job.error = files.translate(error, self.path)
        except BaseException as error:
            job.error = error
        if guarded and connection.in_transaction:
            undo = "ROLLBACK TO job; " if job.error else ""
            connection.execute(f"{undo}RELEASE job")
        return unit.notified

    def _failure(self, error: apsw.Error | HansardError) -> HansardError:
        """Return the error of a failed commit: OutcomeUnknown, unless it certainly did not happen."""
        if isinstance(error, HansardError):
            return error
        if isinstance(error, apsw.FullError | apsw.BusyError | apsw.ReadOnlyError):
            failure = files.translate(error, self.path)
            self._full = failure if isinstance(error, apsw.FullError) else None
            return failure
        if isinstance(error, apsw.IOError) and "fsync" in result_code(error):
            self._fence = StorageError(
                "A flush to the disk failed. Nothing more is written until the log can be flushed again."
            )
        return OutcomeUnknown()


async def _erasure(_: Any) -> None:
    """A unit without changes, which marks a batch after whose commit the log is emptied."""
