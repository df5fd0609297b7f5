"""Writers that can be killed: the program that they run, and the way to have them run it.

The program reads orders, one JSON line each, and forks a writer for every order, so that a round costs a fork and
not the start of an interpreter. The writer tells on the standard output what it does, in lines that outlive
it; when it is gone, the program says ``gone``.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Any, cast

import msgspec

from hansard.errors import HansardError
from hansard.services.database import Services, connect
from hansard.torture import plants
from hansard.torture.ledger import drafts_of


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What a writer is to do: what others left open, then `steps` of each of its `writers`."""

    address: str
    conversation: str
    name: str
    writers: int = 8
    steps: int = 1_000_000
    retry: list[str] = []
    plant: str = ""
    """A fault of `plants` that the writer has."""
    user: int | None = None
    """The user of the operating system to be."""


# In the parent


class Nursery:
    """The running program."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self._orders = cast("IO[str]", process.stdin)
        self._said = cast("IO[str]", process.stdout)

    def begin(self, order: Order) -> int:
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

    def run(self, order: Order, until: Callable[[str], bool] = lambda _: False) -> list[str]:
        """Have an order carried out, and the writer killed after a certain line; gives what it said.

        The first line, which is empty, comes before anything is done.
        """
        pid = self.begin(order)
        lines = chain([""], self.lines())
        said: list[str] = []
        for line in lines:
            said.append(line)
            if until(line):
                os.kill(pid, signal.SIGKILL)
                break
        return [line for line in chain(said, lines) if line]

    def _line(self) -> str:
        line = self._said.readline()
        if not line:
            raise RuntimeError("The writers' program has ended.")
        return line.rstrip("\n")


@contextmanager
def nursery(*flags: str, path: Path | None = None) -> Iterator[Nursery]:
    """The program, run with flags of the interpreter, from the folder that has the package if it is named."""
    environment = os.environ | ({"PYTHONPATH": str(path)} if path else {})
    with subprocess.Popen(
        [sys.executable, *flags, "-m", "hansard.torture.writers"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    ) as process:
        running = Nursery(process)
        try:
            yield running
        finally:
            running.close()


# In the program


def serve() -> None:
    for line in sys.stdin:
        order = msgspec.json.decode(line, type=Order)
        pid = os.fork()
        if pid == 0:
            _be(order)
        os.waitpid(pid, 0)
        say("gone")


def _be(order: Order) -> None:
    """Be the writer, to the end of the process."""
    try:
        say("pid", str(os.getpid()))
        if order.user is not None:
            _become(order.user)
        plants.plant(order.plant)
        asyncio.run(write(order))
    except BaseException:
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


def _become(user: int) -> None:
    """Be another user, for whom all modules are loaded, since the user may not be able to read them."""
    with TemporaryDirectory() as directory, connect(Path(directory) / "chats.db"):
        pass
    os.setuid(user)


async def write(order: Order) -> None:
    try:
        async with connect(order.address, providers=[]) as db:
            ada = db.scope("acme", "ada")
            await ada.conversations.create(id=order.conversation)
            for step in order.retry:
                await _step(ada, order.conversation, step)
            await asyncio.gather(*(_writer(ada, order, i) for i in range(order.writers)))
    except HansardError as error:
        say("error", json.dumps({"code": error.code, "message": error.message, **error.details}))


async def _writer(ada: Services, order: Order, number: int) -> None:
    for i in range(order.steps):
        await _step(ada, order.conversation, f"{order.name}w{number}n{i}")


async def _step(ada: Services, conversation: str, step: str) -> None:
    say("sent", step)
    await ada.messages.append(conversation, drafts_of(step))
    say("done", step)


def say(*words: Any) -> None:
    """A line, whole, that is with the operating system when this returns."""
    os.write(1, (" ".join(words) + "\n").encode())


if __name__ == "__main__":
    serve()
