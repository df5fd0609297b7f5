"""Writers that can be killed: the program that they run, and the way to have them run it.

The program reads orders, one JSON line each, and forks a writer for every order, so that a round costs a fork and
not the start of an interpreter. The writer tells on the standard output what it does, in lines that outlive
it; when it is gone, the program says ``gone``.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec

import hansard
from faults import plants
from faults.ledger import drafts_of
from hansard import Services
from hansard.errors import HansardError

TESTS = Path(__file__).parents[1]


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

    def begin(self, order: Order) -> int:
        """Start a writer; gives its process id."""
        assert self._process.stdin
        self._process.stdin.write(msgspec.json.encode(order).decode() + "\n")
        self._process.stdin.flush()
        word, _, pid = self._line().partition(" ")
        assert word == "pid"
        return int(pid)

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
        assert self._process.stdout
        line = self._process.stdout.readline()
        assert line, "The writers' program has ended."
        return line.rstrip("\n")


@contextmanager
def nursery() -> Iterator[Nursery]:
    with (
        installed() as place,
        subprocess.Popen(
            [sys.executable, "-W", "error", "-m", "faults.writers"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join((str(place), str(TESTS)))},
        ) as process,
    ):
        try:
            yield Nursery(process)
        finally:
            assert process.stdin
            process.stdin.close()
            assert process.wait(30) == 0


@contextmanager
def installed() -> Iterator[Path]:
    """A folder with a copy of the package that any user may read, wherever the clone lies."""
    package = Path(hansard.__file__).parent
    with TemporaryDirectory(prefix="hansard-installed-") as directory:
        place = Path(directory)
        place.chmod(0o755)
        copy = place / "hansard"
        shutil.copytree(package, copy, ignore=shutil.ignore_patterns("web", "__pycache__"))
        for path in (copy, *copy.rglob("*")):
            path.chmod(0o755 if path.is_dir() else 0o644)
        yield place


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
    with TemporaryDirectory() as directory, hansard.connect(Path(directory) / "chats.db"):
        pass
    os.setuid(user)


async def write(order: Order) -> None:
    try:
        async with hansard.connect(order.address, providers=[]) as db:
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
