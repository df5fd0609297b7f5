"""The package, copied to where any user of the operating system may read it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import hansard
from hansard.torture.writer_processes import WriterPool, writer_pool


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


@contextmanager
def strict_writer_pool() -> Iterator[WriterPool]:
    """The program of the writers, run from such a copy; a warning ends it."""
    with installed() as place, writer_pool("-W", "error", path=place) as running:
        yield running
