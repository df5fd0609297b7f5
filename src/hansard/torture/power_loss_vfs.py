"""A disk that loses power: it separates what processes see from what was really written.

It is a layer between SQLite and the files (a VFS). Written data waits until it is flushed to an image of the file in a
folder. A failed flush discards the waiting data, as Linux does: processes still see it, but it never reaches the
image, and no later flush writes it.
"""

from __future__ import annotations

import os
import shutil
from collections import defaultdict
from pathlib import Path
from typing import Any

import apsw

NAME = "platter"


class PowerLossVFS(apsw.VFS):
    def __init__(self, folder: Path) -> None:
        self.folder, self.base = folder, apsw.vfs_names()[0]
        self._left: int | None = None
        self.waiting: defaultdict[Path, list[tuple[int, bytes]]] = defaultdict(list)
        folder.mkdir(exist_ok=True)
        super().__init__(NAME, self.base, makedefault=True)

    def fail(self, after: int = 0) -> None:
        """Fail one flush after `after` more successful ones."""
        self._left = after

    def flush(self, image: Path) -> list[tuple[int, bytes]]:
        """Return the data to be written now. If the flush fails, discard it and raise apsw.IOError."""
        written = self.waiting.pop(image, [])
        if self._left is None:
            return written
        self._left -= 1
        if self._left < 0:
            self._left = None
            error: Any = apsw.IOError()
            error.extendedresult = apsw.SQLITE_IOERR_FSYNC
            raise error
        return written

    def image(self, name: str) -> Path:
        return self.folder / Path(name).name

    def xOpen(self, name: Any, flags: list[int]) -> apsw.VFSFile:  # noqa: N802 - SQLite's name
        text = name if isinstance(name, str) else name.filename()
        image = self.image(text)
        if not image.exists() and Path(text).exists():
            shutil.copyfile(text, image)
        return _File(self, image, name, flags)

    def xDelete(self, filename: str, syncdir: bool) -> None:  # noqa: N802
        super().xDelete(filename, syncdir)
        self.image(filename).unlink(missing_ok=True)


class _File(apsw.VFSFile):
    def __init__(self, platter: PowerLossVFS, image: Path, name: Any, flags: list[int]) -> None:
        self._platter, self._image = platter, image
        super().__init__(platter.base, name, flags)

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802
        super().xWrite(data, offset)
        self._platter.waiting[self._image].append((offset, bytes(data)))

    def xTruncate(self, newsize: int) -> None:  # noqa: N802
        super().xTruncate(newsize)
        if self._image.exists():
            os.truncate(self._image, newsize)

    def xSync(self, flags: int) -> None:  # noqa: N802
        written = self._platter.flush(self._image)
        self._image.touch()
        with self._image.open("r+b") as image:
            for offset, data in written:
                image.seek(offset)
                image.write(data)
        super().xSync(flags)


def cut(folder: Path, database: Path) -> None:
    """Replace a database by its flushed images, as after a power failure."""
    database.with_name(f"{database.name}-shm").unlink(missing_ok=True)
    for file in (database, database.with_name(f"{database.name}-wal")):
        image = folder / file.name
        if image.exists():
            shutil.copyfile(image, file)
        else:
            file.unlink(missing_ok=True)
