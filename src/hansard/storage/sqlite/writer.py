"""The writing thread's part: batches of units, one commit for each, and what is left for later.

**Appends** that follow each other in a batch are stored together (`appends`). **Terms** of what was stored are added
afterwards (`index`): when nothing is asked of the writer, or between two batches when many rows are pending. That
needs no flush of its own, because it follows from the rows: the log is in order, so the next commit flushes it too.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any, cast

import apsw

from hansard.errors import HansardError, OutcomeUnknown, StorageError
from hansard.ids import now
from hansard.model.messages import Message
from hansard.storage.base import Append
from hansard.storage.notifier import Notifier
from hansard.storage.run_sync import run_now
from hansard.storage.schema import Table
from hansard.storage.sql.statements import statements
from hansard.storage.sqlite import files, index
from hansard.storage.sqlite.appends import Batch, Heads
from hansard.storage.sqlite.executor import Job
from hansard.storage.sqlite.kept import Kept
from hansard.storage.sqlite.ownership import Ownership
from hansard.storage.sqlite.positions import Positions
from hansard.storage.sqlite.transaction import SqliteTransaction, result_code
from hansard.storage.sqlite.write_ahead_log import WriteAheadLog

MAX_PENDING = 2_000
"""Rows that may wait for their terms while others are written: a search reads them one by one."""
ADDED = 1_000
"""Added rows that count for how many are indexed between two batches: a rebuild adds all at once."""
TURN = 2
"""How many times some rows are indexed between two batches if somebody waits for all."""

_IN_ORDER = 1
"""The engine's `synchronous` for commits without a flush, which a later one flushes with its own."""
SQL = statements("sqlite")

Open = Callable[[str, apsw.Connection], SqliteTransaction]
"""Returns a unit of work for a tenant on a connection."""


async def erasure(_: Any) -> None:
    """A unit without changes, which marks a batch after whose commit the log is emptied."""


async def settling(_: Any) -> None:
    """A unit without changes, which marks a batch after whose commit many pending rows are indexed."""


class Safety:
    """Whether a file may be written: it still has its name, and what was flushed is on the disk."""

    def __init__(self, path: Path, ownership: Ownership) -> None:
        self.path = path
        self.log = WriteAheadLog(path)
        self.fence: StorageError | None = None
        """The failure of a flush; nothing is written until the log has been written again."""
        self.full: HansardError | None = None
        """The failure of the last commit, if there was no space left."""
        self.committed_at: datetime | None = None
        self._ownership = ownership

    def is_replaced(self) -> bool:
        return not (self._ownership.holds() and self.log.holds())

    def replaced_error(self) -> StorageError:
        return StorageError(
            f"The database file was removed or replaced: {self.path}, or its log. Nothing is written until it is "
            "back, or the database is opened again."
        )

    def check(self) -> None:
        """Raise StorageError if the file was replaced, or a flush failed and the log cannot be rewritten."""
        if self.is_replaced():
            raise self.replaced_error()
        if self.fence is not None:
            try:
                self.log.write_again()
            except apsw.Error:
                raise self.fence from None
            self.fence = None

    def committed(self) -> None:
        self.full, self.committed_at = None, now()

    def failed(self, error: apsw.Error | HansardError) -> HansardError:
        """Return the error of a failed commit: OutcomeUnknown, unless it certainly did not happen."""
        if isinstance(error, HansardError):
            return error
        if isinstance(error, apsw.FullError | apsw.BusyError | apsw.ReadOnlyError):
            failure = files.translate(error, self.path)
            self.full = failure if isinstance(error, apsw.FullError) else None
            return failure
        if isinstance(error, apsw.IOError) and "fsync" in result_code(error):
            self.fence = StorageError(
                "A flush to the disk failed. Nothing more is written until the log can be flushed again."
            )
        return OutcomeUnknown()


class Writer:
    """Commits batches of jobs on one connection, and indexes what they stored."""

    def __init__(
        self,
        connection: apsw.Connection,
        safety: Safety,
        notifier: Notifier,
        unit: Open,
        kept: Kept,
        positions: Positions,
    ) -> None:
        self._connection, self._safety, self._notifier = connection, safety, notifier
        self._kept, self._positions = kept, positions
        self._unit = unit
        self._heads = Heads()
        self._begun = False
        self._level = cast("int", connection.pragma("synchronous"))
        self._least, self._flushes = min(self._level, _IN_ORDER), True
        self._searched: list[Table[Any]] = [
            table for table in unit("", connection).schema.tables if table.search
        ]
        self.pending = 1
        """About how many rows are not indexed; none only after the writer has looked."""
        with suppress(apsw.Error):  # a damaged file; who reads it is told
            self.pending = max(1, self._behind())
        self._added = 0
        """How many of them were added since some were indexed."""

    def run(self, jobs: list[Job]) -> None:
        self._safety.check()
        if not self._commit(jobs, guarded=False):
            self._commit(jobs, guarded=True)
        self._fold([job for job in jobs if job.work is erasure and not job.error])
        if any(job.work is settling for job in jobs):
            for _ in range(TURN):
                if self.pending:
                    self._index()

    def rest(self, *, idle: bool) -> bool:
        """Index some pending rows if nothing is asked of the writer; if they are many, at least twice as many as were
        added since. Return whether there are more.
        """
        least = max(self.pending - 2 * min(self._added, ADDED), MAX_PENDING)
        if self.pending and (idle or self.pending > MAX_PENDING):
            self._index()
        while self.pending > least:
            self._index()
        self._added = 0
        return self.pending > 0

    def _commit(self, jobs: list[Job], *, guarded: bool) -> bool:
        """Run jobs in one transaction; False if they must be run again, with `guarded`.

        Jobs rarely fail, and even more rarely after they wrote. So they run without savepoints at first, and appends
        together. If one fails after it wrote, all are rolled back and run again with a savepoint each, so that only
        the failed one is rolled back.
        """
        connection, channels = self._connection, set[str]()
        try:
            self._begin()
            self._flush(at_commit=True)
            start = connection.total_changes()
            connection.execute("BEGIN IMMEDIATE")
            for group in _groups(jobs, apart=guarded):
                before = connection.total_changes()
                channels |= self._attempt(group, guarded=guarded)
                if not connection.in_transaction:
                    raise group[0].error or StorageError("The engine ended the transaction.")
                failed = any(job.error for job in group)
                if failed and not guarded and connection.total_changes() != before:
                    self._roll_back()
                    return len(jobs) == 1
            self._end(wrote=connection.total_changes() != start)
            self._safety.committed()
            self._notifier.notify(channels)
        except _RunAgain:
            self._roll_back()
            return False
        except (apsw.Error, HansardError) as error:
            failure = self._safety.failed(error)
            self._roll_back()
            for job in jobs:
                job.error = job.error or type(failure)(failure.message)
        return True

    def _begin(self) -> None:
        if not self._begun:
            self._safety.log.begin(self._connection)
            self._begun = True

    def _end(self, *, wrote: bool) -> None:
        """Commit. Raises OutcomeUnknown if the file was replaced meanwhile."""
        if wrote:
            self._safety.log.mark(self._connection)
        self._connection.execute("COMMIT")
        self._positions.commit()
        self._kept.begin()
        if wrote:
            self._safety.log.committed(self._connection)
            if self._safety.is_replaced():
                raise OutcomeUnknown()

    def _roll_back(self) -> None:
        self._heads.forget()
        self._positions.undo()
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")
        self._kept.begin()

    def _attempt(self, group: list[Job], *, guarded: bool) -> set[str]:
        """Run a group of jobs, and return the user channels to notify after the commit."""
        if isinstance(group[0].work, Append) and not guarded:
            channels = self._append(group)
            if channels is not None:
                return channels
        return set[str]().union(*(self._run(job, guarded=guarded) for job in group))

    def _append(self, jobs: list[Job]) -> set[str] | None:
        """Store appends together. Return None if that is not possible and nothing was written; then each is run, and
        has its own error.
        """
        unit = self._unit(jobs[0].tenant, self._connection)
        before = self._connection.total_changes()

        async def append_all() -> list[list[Message]]:
            batch = Batch(self._heads)
            placed = [await batch.add(unit, job.tenant, job.work) for job in jobs]
            await batch.store(unit)
            return placed

        try:
            placed = run_now(append_all())
        except Exception:
            self._heads.forget()
            if self._connection.total_changes() != before:
                raise _RunAgain from None
            return None
        for job, messages in zip(jobs, placed, strict=True):
            job.result, job.error = messages, None
        self._note(unit.pending)
        return unit.notified

    def _run(self, job: Job, *, guarded: bool) -> set[str]:
        connection, work = self._connection, job.work
        before = connection.total_changes()
        if guarded:
            connection.execute("SAVEPOINT job")
        job.error = None
        unit = self._unit(job.tenant, connection)
        try:
            job.result = run_now(unit.append(work) if isinstance(work, Append) else work(unit))
        except apsw.Error as error:
            job.error = files.translate(error, self._safety.path)
        except BaseException as error:
            job.error = error
        if guarded and connection.in_transaction:
            undo = "ROLLBACK TO job; " if job.error else ""
            connection.execute(f"{undo}RELEASE job")
            if job.error:
                self._positions.undo()
        if connection.total_changes() != before:
            self._heads.forget()
        self._note(unit.pending)
        return unit.notified

    def _note(self, pending: int) -> None:
        self.pending += pending
        self._added += pending

    def _fold(self, erasures: list[Job]) -> None:
        """Empty the log for erasures; a failure does not affect the other jobs of the batch."""
        try:
            if erasures:
                self._safety.log.empty(self._connection)
        except apsw.Error as error:
            for job in erasures:
                job.error = files.translate(error, self._safety.path)

    def _index(self) -> None:
        """Index some pending rows. After a failure, do no more until something is written again."""
        try:
            self._safety.check()
            table = next((table for table in self._searched if self._behind(table)), None)
            if table is not None:
                self._complete(table)
            self.pending = self._behind()
        except Exception as error:
            if isinstance(error, apsw.Error | HansardError):
                self._safety.failed(error)
            self.pending = 0

    def _behind(self, *tables: Table[Any]) -> int:
        """Return how many numbers of rows, at most, are not indexed: in some tables, or in all."""
        texts = [SQL["behind"].format(table=table.name) for table in tables or self._searched]
        return sum(cast("int", self._connection.execute(text).get) for text in texts)

    def _complete(self, table: Table[Any]) -> None:
        """Index the next rows of a table."""
        unit = self._unit("", self._connection)
        self._begin()
        try:
            self._flush(at_commit=False)
            self._connection.execute("BEGIN IMMEDIATE")
            run_now(index.complete(unit, table))
            self._end(wrote=True)
        finally:
            if self._connection.in_transaction:
                self._roll_back()
            self._flush(at_commit=True)

    def _flush(self, *, at_commit: bool) -> None:
        """Have commits flushed, or not."""
        if at_commit and self._flushes:
            return
        self._flushes = False  # not certain until the engine has agreed
        self._connection.pragma("synchronous", self._level if at_commit else self._least)
        self._flushes = at_commit


def _groups(jobs: list[Job], *, apart: bool) -> list[list[Job]]:
    """Return jobs in groups that are run together: appends that follow each other, unless `apart`."""
    groups: list[list[Job]] = []
    for job in jobs:
        is_append = isinstance(job.work, Append)
        if groups and is_append and not apart and isinstance(groups[-1][0].work, Append):
            groups[-1].append(job)
        else:
            groups.append([job])
    return groups


class _RunAgain(Exception):
    """Appends that were stored together failed after some were written."""
