"""Artifacts in a zip file: each as a file that any program can open, and a manifest with the rest.

::

    manifest.json
    clock.py                      the newest content
    revisions/clock.py/1.py       an earlier content

The manifest is ``{"hansard": 1, "kind": "artifacts", "exported_at": …, "artifacts": […]}``; each artifact and each of
its `revisions` has the fields of its record, and a revision the name of its `file`. Equal revisions share a file.

Archives are untrusted input: stated sizes are only upper bounds, names are only looked up, and nothing is written to
disk.
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
from hansard.formats.jsonl import fields_of, record_decoder, strip_bom
from hansard.model.artifacts import Artifact, Revision
from hansard.model.base import Entry

VERSION = 1
MANIFEST = "manifest.json"
MAX_MANIFEST = 64 * 1024 * 1024
MAX_DIRECTORY = 16 * 1024 * 1024
"""Bytes of the archive's directory: about 100,000 files."""
MAX_FILES = 100_000
BASE_BYTES, MAX_RATIO = 64 * 1024 * 1024, 200
"""The allowed uncompressed size: BASE_BYTES plus MAX_RATIO per compressed byte."""

_COMPRESSIONS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED = 1
_MIN_DATE = (1980, 1, 1, 0, 0, 0)
_encode = msgspec.json.Encoder().encode


class Writer:
    """Writes an archive incrementally; `taken` returns the bytes that are ready."""

    def __init__(self, at: datetime) -> None:
        self._at = at
        self._sink = _Sink()
        self._zip = zipfile.ZipFile(cast("IO[bytes]", self._sink), "w", zipfile.ZIP_DEFLATED)
        self._names = {MANIFEST, "revisions"}
        self._files = 1
        self._listed: list[bytes] = []

    def begin(self, artifact: Artifact, name: str, revisions: Sequence[Revision]) -> dict[str, str]:
        """Add an artifact with its revisions, newest first, to the manifest; return file names by digest.

        Raises TooLarge above MAX_FILES files.
        """
        name = self._free(name)
        extension = PurePosixPath(name).suffix
        files: dict[str, str] = {}
        for revision in revisions:
            revision_file = f"revisions/{name}/{revision.number}{extension}"
            files.setdefault(revision.digest, revision_file if files else name)
        self._files += len(files)
        if self._files > MAX_FILES:
            raise TooLarge(f"An archive must not have more than {MAX_FILES} files.")
        entries = [{**fields_of(r), "file": files[r.digest]} for r in reversed(revisions)]
        self._listed.append(_encode({**fields_of(artifact), "revisions": entries}))
        return files

    def leave_out(self) -> None:
        """Remove the last artifact from the manifest; its files that were written already are ignored by readers."""
        self._listed.pop()

    def add(self, file: str, content: bytes, at: datetime) -> None:
        """Write a file."""
        info = zipfile.ZipInfo(file, max(_MIN_DATE, at.timetuple()[:6]))
        info.compress_type = zipfile.ZIP_DEFLATED
        info.external_attr = 0o644 << 16
        self._zip.writestr(info, content)

    def taken(self) -> bytes:
        """Return the bytes written since the last call."""
        return self._sink.take()

    def end(self) -> bytes:
        """Write the manifest and return the remaining bytes."""
        head = _encode({"hansard": VERSION, "kind": "artifacts", "exported_at": self._at})
        entries = b",\n".join(self._listed)
        self.add(MANIFEST, head[:-1] + b',"artifacts":[\n' + entries + b"\n]}\n", self._at)
        self._zip.close()
        return self.taken()

    def _free(self, name: str) -> str:
        """Return a name that no other file has, ignoring case."""
        path, number, candidate = PurePosixPath(name), 1, name
        while candidate.casefold() in self._names:
            number += 1
            candidate = f"{path.stem}-{number}{path.suffix}"
        self._names.add(candidate.casefold())
        return candidate


class _Sink:
    """A write-only file whose content can be taken away."""

    def __init__(self) -> None:
        self._chunks: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._chunks.append(bytes(data))
        return len(data)

    def flush(self) -> None: ...

    def take(self) -> bytes:
        taken = b"".join(self._chunks)
        self._chunks.clear()
        return taken


# Reading


class _Head(msgspec.Struct, frozen=True, kw_only=True):
    hansard: int
    kind: str
    artifacts: list[msgspec.Raw]


class _Revisions(msgspec.Struct, frozen=True, kw_only=True):
    revisions: list[msgspec.Raw]


class _RevisionFile(msgspec.Struct, frozen=True, kw_only=True):
    file: str


class ArchiveEntry(msgspec.Struct, frozen=True, kw_only=True):
    """An artifact of an archive with its revisions, oldest first, each with its file."""

    artifact: Artifact
    revisions: list[tuple[Revision, str]]


class Reader:
    """Reads an archive into records of a tenant; `admit` rejects invalid ones.

    All methods raise InvalidInput or TooLarge for invalid archives.
    """

    def __init__(
        self, file: IO[bytes], size: int, tenant: str, admit: Callable[[Entry], Any]
    ) -> None:
        self._tenant, self._admit = tenant, admit
        self._artifact, self._revision = record_decoder(Artifact), record_decoder(Revision)
        self._zip = _map_errors(lambda: zipfile.ZipFile(cast("IO[bytes]", _Bounded(file))))
        self._infos = _check_files(self._zip.infolist(), BASE_BYTES + MAX_RATIO * size)
        self._head = _map_errors(
            lambda: msgspec.json.decode(strip_bom(self.read(MANIFEST, MAX_MANIFEST)), type=_Head)
        )
        if self._head.kind != "artifacts":
            raise InvalidInput("The file is not an archive of artifacts.")
        if self._head.hansard > VERSION:
            supported = f"this program supports up to {VERSION}"
            raise InvalidInput(f"The archive has version {self._head.hansard}; {supported}.")

    def read(self, name: str, limit: int) -> bytes:
        """Return the content of a file. Raises InvalidInput if it is missing, TooLarge above `limit` bytes."""
        info = self._infos.get(name)
        if info is None:
            raise InvalidInput(f"The archive has no file {name!r}.")

        def load() -> bytes:
            with self._zip.open(info) as opened:
                return opened.read(limit + 1)

        data = _map_errors(load)
        if len(data) > limit:
            raise TooLarge(f"The file {name!r} exceeds {limit} bytes.")
        return data

    def artifacts(self) -> Iterator[ArchiveEntry]:
        """Yield the artifacts of the manifest. Raises InvalidInput or TooLarge for an invalid one."""
        for number, raw in enumerate(self._head.artifacts):
            try:
                yield _map_errors(lambda r=raw: self._entry(r))
            except InvalidInput as error:
                message = f"Artifact {number + 1} is invalid: {error.message}"
                raise type(error)(message, pointer=error.pointer) from error

    def _entry(self, raw: msgspec.Raw) -> ArchiveEntry:
        content = msgspec.json.decode(raw, type=_Revisions)
        return ArchiveEntry(
            artifact=self._admit(self._artifact(raw, self._tenant)),
            revisions=[
                (
                    self._admit(self._revision(revision, self._tenant)),
                    msgspec.json.decode(revision, type=_RevisionFile).file,
                )
                for revision in content.revisions
            ],
        )


class _Bounded:
    """A file with limited reads, so that an endless directory is rejected."""

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


def _check_files(infos: Sequence[zipfile.ZipInfo], limit: int) -> dict[str, zipfile.ZipInfo]:
    """Return the files of an archive by name. Raises InvalidInput or TooLarge for unsafe ones."""
    files: dict[str, zipfile.ZipInfo] = {}
    for info in infos:
        path = PurePosixPath(info.filename)
        if path.is_absolute() or ".." in path.parts or "\\" in info.filename:
            raise InvalidInput(f"The archive has a file {info.filename!r} outside of its folder.")
        if info.compress_type not in _COMPRESSIONS or info.flag_bits & _ENCRYPTED:
            raise InvalidInput(
                f"The file {info.filename!r} uses an unsupported compression or encryption method."
            )
        if info.filename in files:
            raise InvalidInput(f"The archive has the file {info.filename!r} twice.")
        files[info.filename] = info
    if len(files) > MAX_FILES:
        raise TooLarge(f"An archive must not have more than {MAX_FILES} files.")
    if sum(info.file_size for info in infos) > limit:
        raise TooLarge("The archive is compressed too strongly: its content far exceeds its size.")
    return files


def _map_errors(work: Callable[[], Any]) -> Any:
    """Run `work`, turning errors of the zip and JSON libraries into InvalidInput."""
    try:
        return work()
    except (zipfile.BadZipFile, zlib.error, struct.error, EOFError) as error:
        raise InvalidInput(f"The zip file is damaged: {error}") from error
    except (NotImplementedError, RuntimeError, OSError, OverflowError) as error:
        raise InvalidInput(f"The zip file cannot be read: {error}") from error
    except (msgspec.MsgspecError, UnicodeDecodeError, ValueError) as error:
        raise InvalidInput(f"{error}") from error
