"""Writer processes that can be killed: the program that runs them, and the class that controls the program.

The program reads jobs, one JSON line each, and forks a writer for each job, so that a round costs a fork instead of
the start of an interpreter. The writer reports what it does on standard output, in lines that outlive it. When it has
ended, the program prints ``gone``.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
import subprocess
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Any, NoReturn, cast

import apsw
import msgspec

from hansard.api.operations import Services
from hansard.database import Database, connect
from hansard.errors import HansardError
from hansard.providers.echo import Echo
from hansard.torture import control_postgres, control_sqlite, planted_bugs, prompt_ledger
from hansard.torture.ledger import drafts_of
from hansard.torture.power_loss_vfs import PowerLossVFS
from hansard.torture.prompt_ledger import Prompts
from hansard.torture.report import Subject
from hansard.torture.temporary_database import connection


class WriterJob(msgspec.Struct, frozen=True, kw_only=True):
    """The work of a writer process: first the open steps and prompts of earlier ones, then `steps` for each writer and
    sender.
    """

    address: str
    conversation: str
    name: str
    writers: int = 8
    prompt_senders: int = 0
    """How many senders send prompts and follow the answers."""
    steps: int = 1_000_000
    retry: list[str] = []
    prompts: list[str] = []
    """Prompts that are sent again."""
    subject: Subject = "hansard"
    """What writes to the address."""
    platter: str = ""
    """The folder of the flushed images; empty without simulated power loss."""
    fail_flush: int | None = None
    """The number of flushes before one fails."""
    plant: str = ""
    """The bug that is planted in the writer."""
    user: int | None = None
    """The id of the operating system's user that runs the writer."""


# Used by the parent


class WriterPool:
    """The running program."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self._jobs = cast("IO[str]", process.stdin)
        self._stdout = cast("IO[str]", process.stdout)

    def begin(self, job: WriterJob) -> int:
        """Start a writer; return its process id."""
        self._jobs.write(msgspec.json.encode(job).decode() + "\n")
        self._jobs.flush()
        return int(self._line().removeprefix("pid "))

    def close(self) -> None:
        """End the program. Raises RuntimeError if it fails."""
        self._jobs.close()
        if self._process.wait(30):
            raise RuntimeError("The writer program failed.")

    def lines(self) -> Iterator[str]:
        """Yield the lines of the writer until it has ended."""
        while (line := self._line()) != "gone":
            yield line

    def run(self, job: WriterJob, until: Callable[[str], bool] = lambda _: False) -> list[str]:
        """Run a job and kill the writer after the line for which `until` returns True; return its lines.

        The first line is empty and precedes everything else.
        """
        pid = self.begin(job)
        lines = chain([""], self.lines())
        received: list[str] = []
        try:
            for line in lines:
                received.append(line)
                if until(line):
                    os.kill(pid, signal.SIGKILL)
                    break
        except BaseException:
            os.kill(pid, signal.SIGKILL)
            raise
        return [line for line in chain(received, lines) if line]

    def _line(self) -> str:
        line = self._stdout.readline()
        if not line:
            raise RuntimeError("The writer program has ended.")
        return line.rstrip("\n")


@contextmanager
def writer_pool(*flags: str, path: Path | None = None) -> Iterator[WriterPool]:
    """Run the program with flags for the interpreter; `path` is the folder of the package if it is not the installed
    one.
    """
    environment = os.environ | ({"PYTHONPATH": str(path)} if path else {})
    with subprocess.Popen(
        [sys.executable, *flags, "-m", "hansard.torture.writer_processes"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
        start_new_session=True,  # an interrupt must not reach it
    ) as process:
        running = WriterPool(process)
        try:
            yield running
        finally:
            running.close()


# Used in the program


def serve() -> None:
    """Run jobs. The writer's process id is not reused before the next job, since the parent may still kill it."""
    logging.disable()  # only lines are reported
    for line in sys.stdin:
        job = msgspec.json.decode(line, type=WriterJob)
        with suppress(ChildProcessError):
            os.wait()
        pid = os.fork()
        if pid == 0:
            _run_job(job)
        os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
        report("gone")


def _run_job(job: WriterJob) -> None:
    """Run a job as the writer, until the process ends."""
    try:
        report("pid", str(os.getpid()))
        if job.user is not None:
            _switch_user(job.user)
        planted_bugs.plant(job.plant)
        if job.platter:
            platter = PowerLossVFS(Path(job.platter))
            if job.fail_flush is not None:
                platter.fail(job.fail_flush)
        match job.subject:
            case "hansard":
                asyncio.run(write(job))
            case "sqlite":
                _write_sqlite(job)
            case "postgresql":
                asyncio.run(_write_postgres(job))
    except BaseException:
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


def _switch_user(user: int) -> None:
    """Switch to another user. All modules are loaded first, because that user may not be able to read them."""
    with TemporaryDirectory() as directory, connect(Path(directory) / "chats.db"):
        pass
    os.setuid(user)


async def write(job: WriterJob) -> None:
    database = connect(job.address, providers=[Echo()])
    try:
        await database.open()
        await _work(database, job)
    except HansardError as error:
        _report_error({"code": error.code, "message": error.message, **error.details})
    await database.close()


async def _work(database: Database, job: WriterJob) -> None:
    ada, bob = (
        database.scope("acme", "ada"),
        database.scope(prompt_ledger.TENANT, prompt_ledger.USER),
    )
    await ada.conversations.create(id=job.conversation)
    for step in job.retry:
        await _step(ada, job.conversation, step)
    again = (Prompts().send(bob, prompt, report) for prompt in job.prompts)
    writers = (_writer(ada, job, i) for i in range(job.writers))
    await asyncio.gather(
        *again, *writers, *(_send_prompts(bob, job, i) for i in range(job.prompt_senders))
    )


async def _writer(ada: Services, job: WriterJob, number: int) -> None:
    for step in _steps(job, number):
        await _step(ada, job.conversation, step)


async def _send_prompts(bob: Services, job: WriterJob, number: int) -> None:
    for i in range(job.steps):
        await Prompts().send(bob, f"{job.name}c{number}p{i}", report)


def _steps(job: WriterJob, number: int) -> Iterator[str]:
    return (f"{job.name}w{number}n{i}" for i in range(job.steps))


async def _step(ada: Services, conversation: str, step: str) -> None:
    report("sent", step)
    await ada.messages.append(conversation, drafts_of(step))
    report("done", step)


def _write_sqlite(job: WriterJob) -> None:
    """Be the only writer of a database without Hansard; the first error ends it."""
    try:
        connection = control_sqlite.opened(Path(job.address))
        for step in (*job.retry, *(f"{job.name}n{i}" for i in range(job.steps))):
            report("sent", step)
            control_sqlite.store(connection, step)
            report("done", step)
    except apsw.Error as error:
        _report_error({"code": type(error).__name__, "message": str(error)})


async def _write_postgres(job: WriterJob) -> None:
    """Be several writers, each with a connection to a database without Hansard; the first error ends them."""
    try:
        await _store(job, job.retry)
        await asyncio.gather(*(_store(job, _steps(job, i)) for i in range(job.writers)))
    except HansardError as error:
        _report_error({"code": error.code, "message": error.message})


async def _store(job: WriterJob, steps: Iterable[str]) -> None:
    async with connection(job.address) as session:
        for step in steps:
            report("sent", step)
            await control_postgres.store(session, step)
            report("done", step)


def _report_error(error: dict[str, Any]) -> NoReturn:
    """Report an error and exit without closing anything."""
    report("error", json.dumps(error))
    os._exit(0)


def report(*words: Any) -> None:
    """Print a line, and return when the operating system has it completely."""
    os.write(1, (" ".join(words) + "\n").encode())


if __name__ == "__main__":
    serve()
