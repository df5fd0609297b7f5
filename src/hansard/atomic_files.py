"""Atomic file replacement: a name refers to the complete new content or to the previous file.

A file is written as a *draft* in the same directory, flushed and renamed, and then its directory is flushed, so that a
power failure leaves one of the two. The writer of a draft holds a lock on it. A draft that nobody locks was left by a
process that was killed; the next writer of the same target removes it.
"""

from __future__ import annotations

import errno
import fcntl
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

LOCKS = sys.platform == "linux"
"""Whether `flock` is independent of SQLite's locks and reports whoever has a file open."""
SIDES = ("-wal", "-shm", "-journal")
"""The suffixes of the files that SQLite keeps beside a database."""


def located(path: Path) -> Path:
    """Return the file of a path after following all links; it may not exist. Raises OSError if links form a loop."""
    try:
        path.stat()
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise
    return Path(os.path.realpath(path))


def beside(path: Path, suffix: str) -> Path:
    """Return the file with this file's name and a suffix."""
    return path.with_name(path.name + suffix)


@contextmanager
def draft(target: Path) -> Iterator[Path]:
    """A context with a new, empty, private file; if it ends without an error, the file is flushed and replaces the
    target.

    A target that is a link stays one: the file is written where it points. Raises OSError.
    """
    target = located(target)
    sweep(target)
    draft_file, descriptor = _new(target)
    try:
        yield draft_file
        os.fsync(descriptor)
        draft_file.replace(target)
        flush(target.parent)
    finally:
        os.close(descriptor)
        _remove(draft_file)


def flush(path: Path) -> None:
    """Make the operating system write a file, or a directory's entries, to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def is_at(descriptor: int, path: Path) -> bool:
    """Return whether an open file is the one with this name."""
    try:
        there = path.stat()
    except FileNotFoundError:
        return False
    return os.path.samestat(os.fstat(descriptor), there)


def sweep(target: Path) -> None:
    """Remove the drafts of a file, and of files named after it, whose writers have ended."""
    named = re.compile(
        re.escape(target.name)
        + r"(?:\..+)?\.(?P<pid>\d+)(?P<unique>-[0-9a-f]{8})?\.new(?P<side>-wal|-shm|-journal)?"
    )
    with suppress(OSError):
        for name in os.listdir(target.parent):  # noqa: PTH208 - the names
            match = named.fullmatch(name)
            if match is None:
                continue
            owner = target.with_name(name.removesuffix(match["side"] or ""))
            if _is_left(owner, int(match["pid"]), unique=match["unique"] is not None):
                _remove(owner)


def _new(target: Path) -> tuple[Path, int]:
    """Return a draft, and the descriptor whose lock shows that it is in use."""
    while True:
        draft_file = beside(target, f".{os.getpid()}-{os.urandom(4).hex()}.new")
        try:
            descriptor = os.open(
                draft_file, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, 0o600
            )
        except OSError as error:
            error.filename = str(target)  # others must not see the draft
            raise
        if LOCKS:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        if is_at(descriptor, draft_file):
            return draft_file, descriptor
        os.close(descriptor)  # it was removed before it was locked


def _is_left(draft_file: Path, pid: int, *, unique: bool) -> bool:
    """Return whether a draft's writer has ended.

    A process id alone is not reliable: in containers, several processes may have the same. It decides only where there
    is no lock: for drafts of older programs, and on systems other than Linux.
    """
    if not (LOCKS and unique) and _runs(pid):
        return False
    try:
        descriptor = os.open(draft_file, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return True  # a side file of a draft that no longer exists
    try:
        if LOCKS:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(descriptor)
    return True


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def _remove(draft_file: Path) -> None:
    for suffix in ("", *SIDES):
        beside(draft_file, suffix).unlink(missing_ok=True)
