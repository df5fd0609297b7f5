"""Hansard's own format: JSON Lines, one record a line, complete and in an order in which it can be read back.

The first line says what the file is: ``{"hansard": 1, "kind": "export", "exported_at": …}``. Each further line is a
record with its `kind`, such as ``{"kind": "message", "id": …}``; blobs come in pieces of Base64. Lines of
a kind that a reader does not know are counted and passed over. The last line,
``{"kind": "end", "records": …}``, says how many records there are: a reader refuses a file that lost any.
"""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Any

import msgspec

from hansard.errors import InvalidInput, TooLarge
from hansard.model.artifacts import Artifact, Content, ExtractionMarker, Revision
from hansard.model.base import Entry
from hansard.model.blobs import Blob, BlobChunk
from hansard.model.branches import Branch
from hansard.model.collections import Collection, CollectionItem
from hansard.model.conversations import BranchSelection, Conversation
from hansard.model.messages import Message, Rating, Summary
from hansard.model.projects import Project
from hansard.model.runs import Run
from hansard.model.settings import Setting
from hansard.model.tenants import User

VERSION = 1
MAX_LINE = 16 * 1024 * 1024
MAX_PASSED = 5_000
"""Lines that say nothing: blank ones, and those of kinds that are not known."""

KINDS: dict[str, type[Entry]] = {
    "user": User,
    "setting": Setting,
    "project": Project,
    "blob": Blob,
    "blob_chunk": BlobChunk,
    "conversation": Conversation,
    "branch": Branch,
    "message": Message,
    "rating": Rating,
    "summary": Summary,
    "run": Run,
    "view": BranchSelection,
    "artifact": Artifact,
    "content": Content,
    "revision": Revision,
    "extraction": ExtractionMarker,
    "collection": Collection,
    "collected": CollectionItem,
}
_NAMES = {record: kind for kind, record in KINDS.items()}
_encode = msgspec.json.Encoder().encode


class Header(msgspec.Struct, frozen=True, kw_only=True):
    hansard: int
    kind: str
    exported_at: datetime


class End(msgspec.Struct, frozen=True, kw_only=True):
    records: int


class Unknown(msgspec.Struct, frozen=True, kw_only=True):
    """A line of a kind that this version does not know."""

    kind: str


class _Kind(msgspec.Struct, frozen=True):
    kind: str


def write_header(at: datetime) -> bytes:
    return _encode({"hansard": VERSION, "kind": "export", "exported_at": at}) + b"\n"


def write_record(record: Entry) -> bytes:
    """A record's line; the tenant is left out, for it is the reader's own."""
    return _encode({"kind": _NAMES[type(record)], **fields_of(record)}) + b"\n"


def fields_of(record: Entry) -> dict[str, Any]:
    """What a file says of a record."""
    return {n: getattr(record, n) for n in record.__struct_fields__ if n != "tenant_id"}


def kind_of(record: Entry) -> str:
    return _NAMES[type(record)]


def write_end(records: int) -> bytes:
    return _encode({"kind": "end", "records": records}) + b"\n"


class Reader:
    """Reads the lines of a file into records of a tenant; `admit` refuses those that may not come in."""

    def __init__(self, tenant: str, admit: Callable[[Entry], Entry]) -> None:
        self.size = 0
        """Bytes that were read."""
        self._passed = 0
        self._decoders = {kind: record_decoder(record) for kind, record in KINDS.items()}
        self._tenant = tenant
        self._admit = admit

    def read(self, lines: Iterable[bytes]) -> Iterator[Header | Entry | Unknown | End]:
        """What each line says; raises InvalidInput with the number of the line that is at fault."""
        started = ended = False
        records = 0
        for number, line in enumerate(lines, start=1):
            line = opening(line) if number == 1 else line  # noqa: PLW2901
            self.size += len(line)
            if not line.strip():
                self._pass_over(number)
                continue
            if ended:
                raise InvalidInput(f"Line {number} comes after the end.")
            item = self._line(line, number, first=not started)
            if isinstance(item, Unknown) and item.kind == "export":
                raise InvalidInput(f"Line {number} begins another export.")
            if isinstance(item, End) and item.records != records:
                raise InvalidInput(
                    f"The file is not whole: its last line says that it has {item.records} records, "
                    f"and it has {records}. Export it again, or copy it anew."
                )
            records += started and not isinstance(item, End)
            if isinstance(item, Unknown):
                self._pass_over(number)
            started = True
            ended = isinstance(item, End)
            yield item
        if not ended:
            raise InvalidInput("The file is cut off: its last line is missing.")

    def _pass_over(self, number: int) -> None:
        self._passed += 1
        if self._passed > MAX_PASSED:
            raise TooLarge(
                f"Line {number} is one more than the {MAX_PASSED} that may be blank or of unknown kinds."
            )

    def _line(self, line: bytes, number: int, *, first: bool) -> Header | Entry | Unknown | End:
        if len(line) > MAX_LINE:
            raise TooLarge(f"Line {number} is longer than {MAX_LINE} bytes.")
        try:
            if first:
                return _header(line)
            kind = msgspec.json.decode(line, type=_Kind).kind
            if kind == "end":
                return msgspec.json.decode(line, type=End)
            if kind not in self._decoders:
                return Unknown(kind=kind)
            return self._admit(self._decoders[kind](line, self._tenant))
        except InvalidInput as error:
            where = f"Line {number} is not as it should be: {error.message}"
            raise type(error)(where, pointer=error.pointer) from error
        except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
            raise InvalidInput(f"Line {number} is not as it should be: {error}") from error


_OTHERS = (
    (b"\xff\xfe", "is UTF-16. Save it as UTF-8"),
    (b"\xfe\xff", "is UTF-16. Save it as UTF-8"),
    (b"\x1f\x8b", "is compressed with gzip. Unpack it first"),
    (b"PK\x03\x04", "is a zip file. Unpack it first, or take it in as artifacts"),
    (b"BZh", "is compressed with bzip2. Unpack it first"),
    (b"\xfd7zXZ", "is compressed with xz. Unpack it first"),
    (b"\x28\xb5\x2f\xfd", "is compressed with zstd. Unpack it first"),
    (b"SQLite format 3", "is a database. `hansard db restore` puts a copy of one back"),
)


def opening(line: bytes) -> bytes:
    """A file's first line without a byte order mark; InvalidInput if the file is of another kind."""
    for begin, kind in _OTHERS:
        if line.startswith(begin):
            raise InvalidInput(f"The file {kind}.")
    if b"\0" in line[:4]:
        raise InvalidInput("The file is UTF-16, or no text. Save it as UTF-8.")
    return line.removeprefix(codecs.BOM_UTF8)


def _header(line: bytes) -> Header:
    header = msgspec.json.decode(line, type=Header)
    if header.kind != "export":
        raise InvalidInput("This is no export of Hansard.")
    if header.hansard > VERSION:
        raise InvalidInput(f"The file has version {header.hansard}; this program knows {VERSION}.")
    return header


def record_decoder(record: type[Entry]) -> Any:
    """From a line to a record: the tenant is added to the fields that the line has."""
    fields = {field.encode_name: field for field in msgspec.structs.fields(record)}
    partial = msgspec.defstruct(
        f"{record.__name__}Line",
        [
            (f.name, f.type) if f.required else (f.name, f.type, _default(f))
            for f in fields.values()
            if f.name != "tenant_id"
        ],
        kw_only=True,
    )
    decode = msgspec.json.Decoder(partial).decode
    names = [name for name in fields if name != "tenant_id"]

    def read(line: bytes, tenant: str) -> Entry:
        values = decode(line)
        return record(tenant_id=tenant, **{name: getattr(values, name) for name in names})

    return read


def _default(field: msgspec.structs.FieldInfo) -> Any:
    if field.default_factory is not msgspec.NODEFAULT:
        return msgspec.field(default_factory=field.default_factory)
    return field.default
