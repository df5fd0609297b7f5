"""Artifacts in a zip file: each as a file that any program opens, and a manifest that says the rest.

::

    manifest.json
    clock.py                      what an artifact says now
    revisions/clock.py/1.py       what it said before

The manifest is ``{"hansard": 1, "kind": "artifacts", "exported_at": …, "artifacts": […]}``; each artifact and each of
its `revisions` has the fields of its record, and a revision the name of its `file`. Equal revisions of an artifact
share one.

An archive may come from anybody. Nothing in it is believed: what it says of sizes is a bound and no promise, names are
only ever looked up, and nothing is written anywhere.
"""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import PurePosixPath
from typing import IO, Any, cast

import msgspec

from hansard.errors import InvalidInput, TooLarge
from hansard.formats.jsonl import fields_of, opening, record_decoder
from hansard.model.artifacts import Artifact, Revision
from hansard.model.base import Entry

VERSION = 1
MANIFEST = "manifest.json"
MAX_MANIFEST = 64 * 1024 * 1024
MAX_DIRECTORY = 16 * 1024 * 1024
"""Bytes of the archive's own list of its files: about 100,000 files."""
MAX_FILES = 100_000
FREE, RATIO = 64 * 1024 * 1024, 200
"""Bytes that an archive may always hold, and how many more for each of its own."""

_KNOWN = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED = 1
_FIRST = (1980, 1, 1, 0, 0, 0)
_encode = msgspec.json.Encoder().encode


class Writer:
    """Writes an archive piece by piece; `taken` gives what is ready."""

    def __init__(self, at: datetime) -> None:
        self._at = at
        self._sink = _Sink()
        self._zip = zipfile.ZipFile(cast("IO[bytes]", self._sink), "w", zipfile.ZIP_DEFLATED)
        self._names = {MANIFEST, "revisions"}
        self._files = 1
        self._listed: list[bytes] = []

    def begin(self, artifact: Artifact, name: str, revisions: Sequence[Revision]) -> dict[str, str]:
        """List an artifact with its revisions, the newest first; returns the file of each content, by digest."""
        name = self._free(name)
        ending = PurePosixPath(name).suffix
        files: dict[str, str] = {}
        for revision in revisions:
            old = f"revisions/{name}/{revision.number}{ending}"
            files.setdefault(revision.digest, old if files else name)
        self._files += len(files)
        if self._files > MAX_FILES:
            raise TooLarge(f"An archive has at most {MAX_FILES} files.")
        listed = [{**fields_of(r), "file": files[r.digest]} for r in reversed(revisions)]
        self._listed.append(_encode({**fields_of(artifact), "revisions": listed}))
        return files

    def leave_out(self) -> None:
        """Take the artifact that was begun last off the list; its files that were sent are read by nobody."""
        self._listed.pop()

    def add(self, file: str, content: bytes, at: datetime) -> None:
        info = zipfile.ZipInfo(file, max(_FIRST, at.timetuple()[:6]))
        info.compress_type = zipfile.ZIP_DEFLATED
        info.external_attr = 0o644 << 16
        self._zip.writestr(info, content)

    def taken(self) -> bytes:
        return self._sink.take()

    def end(self) -> bytes:
        """What is left to be sent, when all was added."""
        head = _encode({"hansard": VERSION, "kind": "artifacts", "exported_at": self._at})
        listed = b",\n".join(self._listed)
        self.add(MANIFEST, head[:-1] + b',"artifacts":[\n' + listed + b"\n]}\n", self._at)
        self._zip.close()
        return self.taken()

    def _free(self, name: str) -> str:
        """A name that no other file has, on systems that know no case either."""
        path, number, wanted = PurePosixPath(name), 1, name
        while wanted.casefold() in self._names:
            number += 1
            wanted = f"{path.stem}-{number}{path.suffix}"
        self._names.add(wanted.casefold())
        return wanted


class _Sink:
    """A file that only grows, and that can be taken away as it does."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._pieces.append(bytes(data))
        return len(data)

    def flush(self) -> None: ...

    def take(self) -> bytes:
        taken = b"".join(self._pieces)
        self._pieces.clear()
        return taken


# Reading


class _Head(msgspec.Struct, frozen=True, kw_only=True):
    hansard: int
    kind: str
    artifacts: list[msgspec.Raw]


class _Inside(msgspec.Struct, frozen=True, kw_only=True):
    revisions: list[msgspec.Raw]


class _Place(msgspec.Struct, frozen=True, kw_only=True):
    file: str


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """An artifact of an archive, with its revisions, the first one first, each with its file."""

    artifact: Artifact
    revisions: list[tuple[Revision, str]]


class Reader:
    """Reads an archive into records of a tenant; `admit` refuses those that may not come in.

    Raises InvalidInput, or TooLarge, for all that is not as it should be.
    """

    def __init__(
        self, file: IO[bytes], size: int, tenant: str, admit: Callable[[Entry], Any]
    ) -> None:
        self._tenant, self._admit = tenant, admit
        self._artifact, self._revision = record_decoder(Artifact), record_decoder(Revision)
        self._zip = _guarded(lambda: zipfile.ZipFile(cast("IO[bytes]", _Bounded(file))))
        self._infos = _checked(self._zip.infolist(), FREE + RATIO * size)
        self._head = _guarded(
            lambda: msgspec.json.decode(opening(self.read(MANIFEST, MAX_MANIFEST)), type=_Head)
        )
        if self._head.kind != "artifacts":
            raise InvalidInput("This is no archive of artifacts.")
        if self._head.hansard > VERSION:
            known = f"this program knows {VERSION}"
            raise InvalidInput(f"The archive has version {self._head.hansard}; {known}.")

    def read(self, name: str, limit: int) -> bytes:
        """What a file holds."""
        info = self._infos.get(name)
        if info is None:
            raise InvalidInput(f"The archive lacks the file {name!r}.")

        def load() -> bytes:
            with self._zip.open(info) as opened:
                return opened.read(limit + 1)

        data = _guarded(load)
        if len(data) > limit:
            raise TooLarge(f"The file {name!r} has more than {limit} bytes.")
        return data

    def artifacts(self) -> Iterator[Listed]:
        """Each artifact of the manifest."""
        for number, raw in enumerate(self._head.artifacts):
            try:
                yield _guarded(lambda r=raw: self._listed(r))
            except InvalidInput as error:
                where = f"Artifact {number + 1} is not as it should be: {error.message}"
                raise type(error)(where, pointer=error.pointer) from error

    def _listed(self, raw: msgspec.Raw) -> Listed:
        inside = msgspec.json.decode(raw, type=_Inside)
        return Listed(
            artifact=self._admit(self._artifact(raw, self._tenant)),
            revisions=[
                (
                    self._admit(self._revision(revision, self._tenant)),
                    msgspec.json.decode(revision, type=_Place).file,
                )
                for revision in inside.revisions
            ],
        )


class _Bounded:
    """A file of which only so much is read at once: a list of files that has no end would be one long read."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.seek, self.tell, self.close = file.seek, file.tell, file.close

    def seekable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(min(size, MAX_DIRECTORY + 1) if size >= 0 else MAX_DIRECTORY + 1)
        if len(data) > MAX_DIRECTORY:
            raise TooLarge("The archive has too many files.")
        return data


def _checked(infos: Sequence[zipfile.ZipInfo], limit: int) -> dict[str, zipfile.ZipInfo]:
    """The files of an archive by name, if they are such as an archive of ours could have."""
    found: dict[str, zipfile.ZipInfo] = {}
    for info in infos:
        path = PurePosixPath(info.filename)
        if path.is_absolute() or ".." in path.parts or "\\" in info.filename:
            raise InvalidInput(f"The archive has a file {info.filename!r}, which leads out of it.")
        if info.compress_type not in _KNOWN or info.flag_bits & _ENCRYPTED:
            raise InvalidInput(f"The file {info.filename!r} is compressed or encrypted otherwise.")
        if info.filename in found:
            raise InvalidInput(f"The archive has the file {info.filename!r} twice.")
        found[info.filename] = info
    if len(found) > MAX_FILES:
        raise TooLarge(f"An archive has at most {MAX_FILES} files.")
    if sum(info.file_size for info in infos) > limit:
        raise TooLarge("The archive holds far more than its own size.")
    return found


def _guarded(work: Callable[[], Any]) -> Any:
    """What is done with an archive, whose errors are the archive's."""
    try:
        return work()
    except (zipfile.BadZipFile, zlib.error, struct.error, EOFError) as error:
        raise InvalidInput(f"This is no sound zip file: {error}") from error
    except (NotImplementedError, RuntimeError, OSError, OverflowError) as error:
        raise InvalidInput(f"This zip file cannot be read: {error}") from error
    except (msgspec.MsgspecError, UnicodeDecodeError, ValueError) as error:
        raise InvalidInput(f"{error}") from error
