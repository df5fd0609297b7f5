"""Writers that can be killed: the program that they run, and the way to have them run it.

The program reads orders, one JSON line each, and forks a writer for every order, so that a round costs a fork and
not the start of an interpreter. The writer tells on the standard output what it does, in lines that outlive
it; when it is gone, the program says ``gone``.
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

from hansard.database import Database, Services, connect
from hansard.errors import HansardError
from hansard.providers.echo import Echo
from hansard.torture import control_postgres, control_sqlite, planted_bugs, prompt_ledger
from hansard.torture.ledger import drafts_of
from hansard.torture.power_loss_vfs import PowerLossVFS
from hansard.torture.prompt_ledger import Prompts
from hansard.torture.report import Subject
from hansard.torture.temporary_database import connection


class WriterJob(msgspec.Struct, frozen=True, kw_only=True):
    """What a writer is to do: what others left open, then `steps` of each of its `writers` and `talkers`."""

    address: str
    conversation: str
    name: str
    writers: int = 8
    prompt_senders: int = 0
    """How many say prompts and follow the answers."""
    steps: int = 1_000_000
    retry: list[str] = []
    prompts: list[str] = []
    """Prompts that are said again."""
    subject: Subject = "hansard"
    """What writes to the address."""
    platter: str = ""
    """A folder that has what a disk really keeps; without it there is no such layer."""
    fail_flush: int | None = None
    """After how many flushes one fails on the platter."""
    plant: str = ""
    """A fault of `plants` that the writer has."""
    user: int | None = None
    """The user of the operating system to be."""


# In the parent


class WriterPool:
    """The running program."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self._orders = cast("IO[str]", process.stdin)
        self._said = cast("IO[str]", process.stdout)

    def begin(self, order: WriterJob) -> int:
        """Start a writer; gives its process id."""
        self._orders.write(msgspec.json.encode(order).decode() + "\n")
        self._orders.flush()
        return int(self._line().removeprefix("pid "))

    def close(self) -> None:
        """End the program; raises RuntimeError if it does not end well."""
        self._orders.close()
        if self._process.wait(30):
            raise RuntimeError("The writers' program failed.")

    def lines(self) -> Iterator[str]:
        """What the writer says, until it is gone."""
        while (line := self._line()) != "gone":
            yield line

    def run(self, order: WriterJob, until: Callable[[str], bool] = lambda _: False) -> list[str]:
        """Have an order carried out, and the writer killed after a certain line; gives what it said.

        The first line, which is empty, comes before anything is done.
        """
        pid = self.begin(order)
        lines = chain([""], self.lines())
        said: list[str] = []
        try:
            for line in lines:
                said.append(line)
                if until(line):
                    os.kill(pid, signal.SIGKILL)
                    break
        except BaseException:
            os.kill(pid, signal.SIGKILL)
            raise
        return [line for line in chain(said, lines) if line]

    def _line(self) -> str:
        line = self._said.readline()
        if not line:
            raise RuntimeError("The writers' program has ended.")
        return line.rstrip("\n")


@contextmanager
def writer_pool(*flags: str, path: Path | None = None) -> Iterator[WriterPool]:
    """The program, run with flags of the interpreter, from the folder that has the package if it is named."""
    environment = os.environ | ({"PYTHONPATH": str(path)} if path else {})
    with subprocess.Popen(
        [sys.executable, *flags, "-m", "hansard.torture.writer_processes"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
        start_new_session=True,  # what interrupts us is not for it
    ) as process:
        running = WriterPool(process)
        try:
            yield running
        finally:
            running.close()


# In the program


def serve() -> None:
    """Carry orders out; a writer's id is nobody else's until the next order, for somebody may be about to kill it."""
    logging.disable()  # what is told is told in lines
    for line in sys.stdin:
        order = msgspec.json.decode(line, type=WriterJob)
        with suppress(ChildProcessError):
            os.wait()
        pid = os.fork()
        if pid == 0:
            _be(order)
        os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
        say("gone")


def _be(order: WriterJob) -> None:
    """Be the writer, to the end of the process."""
    try:
        say("pid", str(os.getpid()))
        if order.user is not None:
            _become(order.user)
        planted_bugs.plant(order.plant)
        if order.platter:
            platter = PowerLossVFS(Path(order.platter))
            if order.fail_flush is not None:
                platter.fail(order.fail_flush)
        match order.subject:
            case "hansard":
                asyncio.run(write(order))
            case "sqlite":
                _write_sqlite(order)
            case "postgresql":
                asyncio.run(_write_postgres(order))
    except BaseException:
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


def _become(user: int) -> None:
    """Be another user, for whom all modules are loaded, since the user may not be able to read them."""
    with TemporaryDirectory() as directory, connect(Path(directory) / "chats.db"):
        pass
    os.setuid(user)


async def write(order: WriterJob) -> None:
    database = connect(order.address, providers=[Echo()])
    try:
        await database.open()
        await _talk(database, order)
    except HansardError as error:
        _refused({"code": error.code, "message": error.message, **error.details})
    await database.close()


async def _talk(database: Database, order: WriterJob) -> None:
    ada, bob = (
        database.scope("acme", "ada"),
        database.scope(prompt_ledger.TENANT, prompt_ledger.USER),
    )
    await ada.conversations.create(id=order.conversation)
    for step in order.retry:
        await _step(ada, order.conversation, step)
    again = (Prompts().say(bob, prompt, say) for prompt in order.prompts)
    writers = (_writer(ada, order, i) for i in range(order.writers))
    await asyncio.gather(
        *again, *writers, *(_talker(bob, order, i) for i in range(order.prompt_senders))
    )


async def _writer(ada: Services, order: WriterJob, number: int) -> None:
    for step in _steps(order, number):
        await _step(ada, order.conversation, step)


async def _talker(bob: Services, order: WriterJob, number: int) -> None:
    for i in range(order.steps):
        await Prompts().say(bob, f"{order.name}c{number}p{i}", say)


def _steps(order: WriterJob, number: int) -> Iterator[str]:
    return (f"{order.name}w{number}n{i}" for i in range(order.steps))


async def _step(ada: Services, conversation: str, step: str) -> None:
    say("sent", step)
    await ada.messages.append(conversation, drafts_of(step))
    say("done", step)


def _write_sqlite(order: WriterJob) -> None:
    """Be the only writer of a database without Hansard; the first error ends it."""
    try:
        connection = control_sqlite.opened(Path(order.address))
        for step in (*order.retry, *(f"{order.name}n{i}" for i in range(order.steps))):
            say("sent", step)
            control_sqlite.store(connection, step)
            say("done", step)
    except apsw.Error as error:
        _refused({"code": type(error).__name__, "message": str(error)})


async def _write_postgres(order: WriterJob) -> None:
    """Be writers with a connection each to a database without Hansard; the first error ends them."""
    try:
        await _store(order, order.retry)
        await asyncio.gather(*(_store(order, _steps(order, i)) for i in range(order.writers)))
    except HansardError as error:
        _refused({"code": error.code, "message": error.message})


async def _store(order: WriterJob, steps: Iterable[str]) -> None:
    async with connection(order.address) as own:
        for step in steps:
            say("sent", step)
            await control_postgres.store(own, step)
            say("done", step)


def _refused(error: dict[str, Any]) -> NoReturn:
    """Tell why it does not go on, and be gone without closing anything."""
    say("error", json.dumps(error))
    os._exit(0)


def say(*words: Any) -> None:
    """A line, whole, that is with the operating system when this returns."""
    os.write(1, (" ".join(words) + "\n").encode())


if __name__ == "__main__":
    serve()
