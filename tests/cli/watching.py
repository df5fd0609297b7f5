"""A program while it runs: what it has shown so far, and what is typed into its terminal.

Nothing here waits for time to pass. A test waits for a text, for the program to ask for input, or for its end,
and fails after `PATIENCE` with what was shown instead.
"""

from __future__ import annotations

import codecs
import fcntl
import os
import re
import select
import signal
import struct
import subprocess
import termios
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from cli.nursery import PATIENCE

_COLUMNS, _ROWS = 120, 40
_ASKS, _TAKEN = "\x1b[?2004h", "\x1b[?2004l"
"""What a terminal is told when typing begins, after it was put into raw mode, and when it ends."""
_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[=>]")


class Watched(ABC):
    """A process, and what it has written to one end of a pipe or of a terminal."""

    process: subprocess.Popen[bytes]

    def __init__(self, end: int) -> None:
        self._end = end
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._shown = ""
        self._position = 0

    def see(self, wanted: str) -> str:
        """Wait for a text after what was seen before; returns what came before it."""
        deadline = time.monotonic() + PATIENCE
        while (found := self._text().find(wanted, self._position)) < 0:
            assert time.monotonic() < deadline, f"{wanted!r} is not in {self._unseen()!r}"
            assert self._more(), f"ended without {wanted!r}: {self._unseen()!r}"
        before, self._position = self._unseen()[: found - self._position], found + len(wanted)
        return before

    def rest(self) -> str:
        """Wait for the program to leave; returns what it showed meanwhile."""
        deadline = time.monotonic() + PATIENCE
        while self._more():
            assert time.monotonic() < deadline, f"still there, after {self._unseen()!r}"
        self.process.wait(PATIENCE)
        return self._unseen()

    def end(self) -> int:
        """Wait for the program to leave; returns its exit code."""
        self.rest()
        return self.process.returncode

    def signal(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def close(self) -> None:
        """Look no more: the pipe or the terminal is gone."""
        if self._end >= 0:
            os.close(self._end)
            self._end = -1

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(PATIENCE)

    @abstractmethod
    def _text(self) -> str:
        """What is compared with what is wanted."""

    def _unseen(self) -> str:
        return self._text()[self._position :]

    def _more(self) -> bool:
        """Take in what there is, waiting a little for it; False when there will be no more."""
        ready, _, _ = select.select([self._end], [], [], 0.5)
        if not ready:
            return True
        try:
            data = os.read(self._end, 65536)
        except OSError:  # what Linux says when the other side of a terminal is closed
            data = b""
        self._shown += self._decoder.decode(data)
        return bool(data)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.kill()
        self.close()


class Piped(Watched):
    """A program whose output goes into a pipe, its errors too; its input is empty."""

    def __init__(self, line: Sequence[str], environment: Mapping[str, str], work: Path) -> None:
        end, inner = os.pipe()
        super().__init__(end)
        self.process = subprocess.Popen(
            line,
            stdin=subprocess.DEVNULL,
            stdout=inner,
            stderr=inner,
            env=environment,
            cwd=work,
        )
        os.close(inner)

    def _text(self) -> str:
        return self._shown


class Terminal(Watched):
    """A program in a terminal: what is typed, and what is then to be seen."""

    def __init__(self, line: Sequence[str], environment: Mapping[str, str], work: Path) -> None:
        end, inner = os.openpty()
        super().__init__(end)
        fcntl.ioctl(inner, termios.TIOCSWINSZ, struct.pack("HHHH", _ROWS, _COLUMNS, 0, 0))
        settings = {"TERM": "xterm-256color", "PROMPT_TOOLKIT_NO_CPR": "1"}
        self.process = subprocess.Popen(
            line,
            stdin=inner,
            stdout=inner,
            stderr=inner,
            env={**settings, **environment},
            cwd=work,
            start_new_session=True,
            preexec_fn=_control,  # noqa: PLW1509 - so that Ctrl-C is a signal
        )
        os.close(inner)

    def type(self, text: str) -> None:
        os.write(self._end, text.encode())

    def asked(self) -> str:
        """Wait until the program asks for input; returns what it showed before."""
        return self.see(_ASKS)

    def enter(self, text: str) -> None:
        """Type a line where the program asked for one, and wait until it took it."""
        self.type(text + "\r")
        self.see(_TAKEN)

    def say(self, text: str) -> str:
        """Type a line; returns what is shown from there to where the program asks again."""
        self.enter(text)
        return self.asked()

    def leave(self, how: str = "\x04") -> int:
        """Type Ctrl-D, or what else makes the program leave; returns its exit code."""
        self.type(how)
        return self.end()

    def _text(self) -> str:
        kept = (_ASKS, _TAKEN)
        return _ESCAPES.sub(lambda found: found[0] if found[0] in kept else "", self._shown)


def _control() -> None:
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
