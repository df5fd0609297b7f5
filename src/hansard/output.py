"""What this program writes for people: the one place that touches standard output and standard error.

What people, models and files say may hold control characters, which could make a terminal do things, and marks that
turn its order around. They are shown as U+FFFD on a terminal, and in errors wherever they go; JSON writes them as
``\\uXXXX``; a file or a pipe gets words as they are. No secret of this process is ever among it.
"""

from __future__ import annotations

import codecs
import io
import json
import os
import re
import sys
from typing import TextIO

from hansard.secrets import mask, mask_known

_UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_NOT_ASCII = re.compile("[^\x00-\x7f]")


def harmless(text: str) -> str:
    """Text that a terminal shows and does not obey."""
    return _UNSAFE.sub("\ufffd", text.replace("\r\n", "\n"))


def harmless_json(document: str) -> str:
    """JSON that means the same, that a terminal shows and does not obey, and that the output's encoding has."""
    if codecs.lookup(sys.stdout.encoding or "utf-8").name != "utf-8":
        document = _NOT_ASCII.sub(_ascii, document)
    return _UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", document)


def _ascii(found: re.Match[str]) -> str:
    return json.dumps(found[0])[1:-1]


class Writer(io.TextIOBase):
    """Standard output or standard error, behind the filters."""

    def __init__(self, stream: TextIO, *, failures: bool) -> None:
        super().__init__()
        self.stream = stream
        """The stream itself, for programs that know what a terminal is told (`rich`, `prompt_toolkit`)."""
        self._failures = failures

    def write(self, text: str) -> int:
        shown = mask(text) if self._failures else mask_known(text)
        if self._failures or self.isatty():
            shown = harmless(shown)
        self.stream.write(shown)
        return len(text)

    def flush(self) -> None:
        self.stream.flush()

    def isatty(self) -> bool:
        return self.stream.isatty()

    def fileno(self) -> int:
        return self.stream.fileno()

    def writable(self) -> bool:
        return True

    @property
    def encoding(self) -> str:  # pyright: ignore[reportIncompatibleVariableOverride]
        return self.stream.encoding

    @property
    def errors(self) -> str | None:  # pyright: ignore[reportIncompatibleVariableOverride]
        return self.stream.errors


def install() -> None:
    """Put both streams of this process behind the filters."""
    _show_marks(sys.stdout)
    if not isinstance(sys.stdout, Writer):
        sys.stdout = Writer(sys.stdout, failures=False)
    if not isinstance(sys.stderr, Writer):
        sys.stderr = Writer(sys.stderr, failures=True)


def _show_marks(stream: object) -> None:
    """Have a character that the output's encoding lacks shown as a mark, instead of ending the command."""
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(errors="replace")


def terminal_output() -> TextIO:
    """Standard output behind the filter, for what draws on a terminal and filters by itself."""
    return sys.stdout.stream if isinstance(sys.stdout, Writer) else sys.stdout


def terminal_errors() -> TextIO:
    return sys.stderr.stream if isinstance(sys.stderr, Writer) else sys.stderr


def on_terminal() -> bool:
    return sys.stdout.isatty()


def errors_on_terminal() -> bool:
    return sys.stderr.isatty()


def write(text: str) -> None:
    """Text, at once."""
    sys.stdout.write(text)
    sys.stdout.flush()


def flush() -> None:
    sys.stdout.flush()


def discard() -> None:
    """Nobody reads standard output any more: what is still to be written goes nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def say(text: str = "") -> None:
    """A line of text."""
    write(f"{text}\n")


def note(text: str) -> None:
    """A line beside the output, on standard error."""
    sys.stderr.write(f"{text}\n")


def write_bytes(data: bytes) -> None:
    """A piece of a file, as it is; text on a terminal passes the filter."""
    if on_terminal():
        sys.stdout.write(data.decode("utf-8", "replace"))
    else:
        terminal_output().buffer.write(data)
