"""Files that take a name: under it there is the whole new content, or what was there before.

A file is written as a *draft* beside its place, flushed, renamed, and its directory flushed, so that a power cut
leaves one of the two. Whoever makes a draft holds a lock on it; a draft that nobody holds was left by a process that
was killed, and is removed by whoever writes to the same place next.
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
"""Whether `flock` is apart from the locks that SQLite takes, and says of any file who has it open."""
SIDES = ("-wal", "-shm", "-journal")
"""What SQLite keeps beside a file."""


def located(path: Path) -> Path:
    """The file that a path means, behind every link, whether it is there or not; OSError if links form a loop."""
    try:
        path.stat()
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise
    return Path(os.path.realpath(path))


def beside(path: Path, suffix: str) -> Path:
    """The file that has this file's name and a suffix."""
    return path.with_name(path.name + suffix)


@contextmanager
def draft(target: Path) -> Iterator[Path]:
    """A new, empty, private file; when the block ends well it is on the disk and has the target's name.

    A target that is a link stays one: the file is written where it points. Raises OSError.
    """
    target = located(target)
    sweep(target)
    made, descriptor = _new(target)
    try:
        yield made
        os.fsync(descriptor)
        made.replace(target)
        flush(target.parent)
    finally:
        os.close(descriptor)
        _remove(made)


def flush(path: Path) -> None:
    """Have the operating system write a file, or a directory's entries, to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def is_at(descriptor: int, path: Path) -> bool:
    """Whether an open file is the one that has this name."""
    try:
        there = path.stat()
    except FileNotFoundError:
        return False
    return os.path.samestat(os.fstat(descriptor), there)


def sweep(target: Path) -> None:
    """Remove the drafts of a file, and of files named after it, whose makers are gone."""
    named = re.compile(
        re.escape(target.name)
        + r"(?:\..+)?\.(?P<pid>\d+)(?P<unique>-[0-9a-f]{8})?\.new(?P<side>-wal|-shm|-journal)?"
    )
    with suppress(OSError):
        for name in os.listdir(target.parent):  # noqa: PTH208 - the names
            match = named.fullmatch(name)
            if match is None:
                continue
            found = target.with_name(name.removesuffix(match["side"] or ""))
            if _is_left(found, int(match["pid"]), unique=match["unique"] is not None):
                _remove(found)


def _new(target: Path) -> tuple[Path, int]:
    """A draft, and the descriptor whose lock says that somebody makes it."""
    while True:
        made = beside(target, f".{os.getpid()}-{os.urandom(4).hex()}.new")
        try:
            descriptor = os.open(made, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, 0o600)
        except OSError as error:
            error.filename = str(target)  # the draft is nobody's business
            raise
        if LOCKS:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        if is_at(descriptor, made):
            return made, descriptor
        os.close(descriptor)  # it was swept away before it was locked


def _is_left(made: Path, pid: int, *, unique: bool) -> bool:
    """Whether a draft's maker is gone.

    A process id alone says little: in a container each process may have the same. It is asked where there is no lock:
    of drafts of older programs, and on other systems than Linux.
    """
    if not (LOCKS and unique) and _runs(pid):
        return False
    try:
        descriptor = os.open(made, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return True  # something beside a draft that is gone
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


def _remove(made: Path) -> None:
    for suffix in ("", *SIDES):
        beside(made, suffix).unlink(missing_ok=True)
