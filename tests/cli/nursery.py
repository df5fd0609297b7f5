"""The program, ready to run: imported once, forked for each command.

A command is then a process of its own as ever, with its own environment, directory, input and output, but it
need not import everything first, which takes longer than most commands. A line of JSON on the input says what to
run, and a line on the output how it ended. How the program really starts is what `test_start` is about.
"""

from __future__ import annotations

import importlib
import json
import os
import re
import select
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, NoReturn

from hansard import output
from hansard.cli.main import main

PATIENCE = 30.0
"""Seconds after which what is waited for will not come any more."""
_BEFOREHAND = (
    "asyncio",
    "rich.table",
    "typer._adapters",
    "hansard.config",
    "hansard.database",
    "hansard.storage.admin",
)
_STANDARD = (os.O_RDONLY, os.O_WRONLY, os.O_WRONLY)


class Nursery:
    def __init__(self) -> None:
        self._files = TemporaryDirectory(prefix="hansard-nursery-")
        self._process = subprocess.Popen(
            [sys.executable, "-X", "utf8", __file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
        )

    def run(
        self, arguments: Sequence[str], environment: Mapping[str, str], work: Path, text: str
    ) -> tuple[int, str, str]:
        """Run a command to its end; returns its exit code, its output and its errors."""
        files = [Path(self._files.name) / name for name in ("in", "out", "err")]
        for file, content in zip(files, (text, "", ""), strict=True):
            file.write_text(content, "utf-8")
        answer = self._order(arguments, environment, work, files)
        ready, _, _ = select.select([answer], [], [], PATIENCE)
        assert ready, f"{arguments} is still running"
        _, out, err = (file.read_bytes().decode() for file in files)
        return int(answer.readline()), out, err

    def show(
        self, arguments: Sequence[str], environment: Mapping[str, str], work: Path, text: str
    ) -> tuple[int, bytes]:
        """Run a command whose output and errors go to a terminal; returns its exit code and what the terminal got."""
        typed = Path(self._files.name) / "in"
        typed.write_text(text, "utf-8")
        end, inner = os.openpty()
        screen = Path(os.ttyname(inner))
        answer = self._order(arguments, environment, work, [typed, screen, screen])
        shown = b""
        try:
            while True:
                ready, _, _ = select.select([end, answer], [], [], PATIENCE)
                assert ready, f"{arguments} is still running"
                if end in ready:
                    shown += os.read(end, 65536)
                else:
                    return int(answer.readline()), shown
        finally:
            os.close(inner)
            os.close(end)

    def _order(
        self,
        arguments: Sequence[str],
        environment: Mapping[str, str],
        work: Path,
        files: list[Path],
    ) -> IO[bytes]:
        """Have a command run; returns where its exit code will be read."""
        order = [list(arguments), dict(environment), str(work), [str(file) for file in files]]
        asked, answer = self._process.stdin, self._process.stdout
        assert asked is not None
        assert answer is not None
        asked.write(json.dumps(order).encode() + b"\n")
        asked.flush()
        return answer

    def close(self) -> None:
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.communicate()
        self._files.cleanup()


def serve() -> None:
    for module in _BEFOREHAND:
        importlib.import_module(module)
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            become(*json.loads(line))
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


def become(
    arguments: list[str], environment: dict[str, str], work: str, files: list[str]
) -> NoReturn:
    """Go on as the program."""
    for number, (file, mode) in enumerate(zip(files, _STANDARD, strict=True)):
        os.dup2(os.open(file, mode), number)
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(work)
    plant(environment.get("HANSARD_TEST_PLANT", ""))
    sys.exit(main(arguments))


def plant(fault: str) -> None:
    """Put a fault into this process; an empty name is none."""
    if fault == "no filter":
        output._UNSAFE = re.compile("(?!)")  # pyright: ignore[reportPrivateUsage, reportConstantRedefinition]


if __name__ == "__main__":
    serve()
