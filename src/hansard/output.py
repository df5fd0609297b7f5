"""Output: the only module that writes to standard output and standard error.

Texts of people, models and files may contain control characters that a terminal would execute, and marks that reverse
the direction of text. They are shown as U+FFFD on a terminal, and in all error messages; JSON writes them as
``\\uXXXX``; files and pipes receive the text unchanged. Secrets of this process are always masked.
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
    """Replace the control characters that a terminal would execute."""
    return _UNSAFE.sub("\ufffd", text.replace("\r\n", "\n"))


def harmless_json(document: str) -> str:
    """Escape control characters, and those that the output's encoding lacks, in a JSON document."""
    if codecs.lookup(sys.stdout.encoding or "utf-8").name != "utf-8":
        document = _NOT_ASCII.sub(_ascii, document)
    return _UNSAFE.sub(lambda match: f"\\u{ord(match[0]):04x}", document)


def _ascii(match: re.Match[str]) -> str:
    return json.dumps(match[0])[1:-1]


class Writer(io.TextIOBase):
    """Standard output or standard error with the filters."""

    def __init__(self, stream: TextIO, *, failures: bool) -> None:
        super().__init__()
        self.stream = stream
        """The unfiltered stream, for libraries that control a terminal (`rich`, `prompt_toolkit`)."""
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
    """Filter both streams of this process."""
    _replace_unencodable(sys.stdout)
    if not isinstance(sys.stdout, Writer):
        sys.stdout = Writer(sys.stdout, failures=False)
    if not isinstance(sys.stderr, Writer):
        sys.stderr = Writer(sys.stderr, failures=True)


def _replace_unencodable(stream: object) -> None:
    """Show characters that the output's encoding lacks as question marks, instead of failing."""
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(errors="replace")


def terminal_output() -> TextIO:
    """Return the unfiltered standard output, for code that draws on a terminal and filters by itself."""
    return sys.stdout.stream if isinstance(sys.stdout, Writer) else sys.stdout


def terminal_errors() -> TextIO:
    return sys.stderr.stream if isinstance(sys.stderr, Writer) else sys.stderr


def on_terminal() -> bool:
    return sys.stdout.isatty()


def errors_on_terminal() -> bool:
    return sys.stderr.isatty()


def write(text: str) -> None:
    """Write text and flush it."""
    sys.stdout.write(text)
    sys.stdout.flush()


def flush() -> None:
    sys.stdout.flush()


def discard() -> None:
    """Discard the rest of the output, after its reader has closed the pipe."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def say(text: str = "") -> None:
    """Write a line to standard output."""
    write(f"{text}\n")


def note(text: str) -> None:
    """Write a line to standard error."""
    sys.stderr.write(f"{text}\n")


def write_bytes(data: bytes) -> None:
    """Write a piece of a file unchanged; on a terminal it is filtered."""
    if on_terminal():
        sys.stdout.write(data.decode("utf-8", "replace"))
    else:
        terminal_output().buffer.write(data)
