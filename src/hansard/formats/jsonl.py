"""Hansard's export format: JSON Lines, one record per line, complete and in an order that can be imported.
 The first line describes the file: ``{"hansard": 1, "kind": "export", "exported_at": …}``. Each further line is a
record with its `kind`, such as ``{"kind": "message", "id": …}``; blobs are split into chunks of Base64. Lines of
unknown kinds are counted and skipped. The last line, ``{"kind": "end", "records": …}``, has the number of records; a
reader rejects a file with missing ones.
"""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from functools import cache, lru_cache
from types import SimpleNamespace
from typing import Any, Union

import msgspec

from hansard.errors import InvalidInput, TooLarge
from hansard.model.base import Entry
from hansard.storage.tables import SCHEMA

VERSION = 1
MAX_LINE = 16 * 1024 * 1024
MAX_SKIPPED = 5_000
"""The maximum number of blank lines and lines of unknown kinds."""

KINDS: dict[str, type[Entry]] = {
    table.exported: table.record for table in SCHEMA.tables if table.exported is not None
}
_NAMES = {record: kind for kind, record in KINDS.items()}
_encode = msgspec.json.Encoder().encode
_UNREADABLE = (msgspec.MsgspecError, RecursionError, UnicodeDecodeError)


class Header(msgspec.Struct, frozen=True, kw_only=True):
    """The first line."""

    hansard: int
    kind: str
    exported_at: datetime


class End(msgspec.Struct, frozen=True, kw_only=True):
    """The last line."""

    records: int


class Unknown(msgspec.Struct, frozen=True, kw_only=True):
    """A line of a kind unknown to this version."""

    kind: str


class _Kind(msgspec.Struct, frozen=True):
    kind: str


def write_header(at: datetime) -> bytes:
    """Return the first line."""
    return _encode({"hansard": VERSION, "kind": "export", "exported_at": at}) + b"\n"


def write_record(record: Entry) -> bytes:
    """Return the line of a record, without the tenant: an import uses its own."""
    kind, start = _begin(type(record), record.tenant_id)
    return kind + _encode(record)[start:] + b"\n"


@lru_cache(maxsize=256)
def _begin(record: type[Entry], tenant: str) -> tuple[bytes, int]:
    """Return how a record's line begins, and the length of its first field, the tenant, which that replaces."""
    kind = _encode({"kind": _NAMES[record]})
    return kind.removesuffix(b"}"), len(_encode({"tenant_id": tenant})) - 1


def fields_of(record: Entry) -> dict[str, Any]:
    """Return the fields of a record that a file has."""
    return {n: getattr(record, n) for n in record.__struct_fields__ if n != "tenant_id"}


def kind_of(record: Entry) -> str:
    """Return the name of a record's kind in a file."""
    return _NAMES[type(record)]


def write_end(records: int) -> bytes:
    """Return the last line."""
    return _encode({"kind": "end", "records": records}) + b"\n"


class Reader:
    """Reads the lines of a file into records of a tenant, whose fields have the declared types and are not checked."""

    def __init__(self, tenant: str) -> None:
        self.size = 0
        """Bytes read so far."""
        self.number = 0
        """The number of the line that was read last, from 1."""
        self._skipped = 0
        self._tenant = tenant

    def read(self, lines: Iterable[bytes]) -> Iterator[Header | Entry | Unknown | End]:
        """Yield the content of each line. Raises InvalidInput or TooLarge with the number of the invalid line."""
        started = ended = False
        records = 0
        for self.number, line in enumerate(lines, start=1):
            self.size += len(line)
            record = self._record(line) if started and not ended else None
            if record is not None:
                records += 1
                yield record
                continue
            line = strip_bom(line) if self.number == 1 else line  # noqa: PLW2901
            if not line.strip():
                self._skip()
                continue
            if ended:
                raise InvalidInput(f"Line {self.number} comes after the end.")
            item = self._line(line, first=not started)
            if isinstance(item, Unknown) and item.kind == "export":
                raise InvalidInput(
                    f"Line {self.number} starts another export; import the files separately."
                )
            if isinstance(item, End) and item.records != records:
                raise InvalidInput(
                    f"The file is incomplete: its last line announces {item.records} records, "
                    f"but it has {records}. Copy the file again, or repeat the export."
                )
            records += started and not isinstance(item, End)
            if isinstance(item, Unknown):
                self._skip()
            started = True
            ended = isinstance(item, End)
            yield item
        if not ended:
            raise InvalidInput("The file is cut off: its last line is missing.")

    def _skip(self) -> None:
        self._skipped += 1
        if self._skipped > MAX_SKIPPED:
            raise TooLarge(
                f"Line {self.number}: more than {MAX_SKIPPED} lines are blank or of unknown kinds."
            )

    def _record(self, line: bytes) -> Entry | None:
        """Return the record of a line, read in one pass; None if the line is anything else, or invalid."""
        if len(line) > MAX_LINE:
            return None
        try:
            values = _decode(line)
        except _UNREADABLE:
            return None
        return _MAKE[type(values)](values, self._tenant)

    def _line(self, line: bytes, *, first: bool) -> Header | Entry | Unknown | End:
        if len(line) > MAX_LINE:
            raise TooLarge(f"Line {self.number} is longer than {MAX_LINE} bytes.")
        try:
            if first:
                return _header(line)
            kind = msgspec.json.decode(line, type=_Kind).kind
            if kind == "end":
                return msgspec.json.decode(line, type=End)
            if kind not in KINDS:
                return Unknown(kind=kind)
            return record_decoder(KINDS[kind])(line, self._tenant)
        except (InvalidInput, *_UNREADABLE) as error:
            raise invalid_line(self.number, error) from error


def invalid_line(number: int, error: Exception) -> InvalidInput:
    """Return the error of an invalid line, with its number."""
    if isinstance(error, InvalidInput):
        message = f"Line {number} is invalid: {error.message}"
        return type(error)(message, pointer=error.pointer)
    return InvalidInput(f"Line {number} is invalid: {error}")


_OTHER_FORMATS = (
    (b"\xff\xfe", "is UTF-16. Save it as UTF-8"),
    (b"\xfe\xff", "is UTF-16. Save it as UTF-8"),
    (b"\x1f\x8b", "is compressed with gzip. Unpack it first"),
    (b"PK\x03\x04", "is a zip file. Unpack it first, or import it as artifacts"),
    (b"BZh", "is compressed with bzip2. Unpack it first"),
    (b"\xfd7zXZ", "is compressed with xz. Unpack it first"),
    (b"\x28\xb5\x2f\xfd", "is compressed with zstd. Unpack it first"),
    (b"SQLite format 3", "is a database. Use `hansard db restore` to restore a backup"),
)


def strip_bom(line: bytes) -> bytes:
    """Return a file's first line without a byte order mark. Raises InvalidInput for files in another format."""
    for begin, kind in _OTHER_FORMATS:
        if line.startswith(begin):
            raise InvalidInput(f"The file {kind}.")
    if b"\0" in line[:4]:
        raise InvalidInput("The file is UTF-16 or binary. Save it as UTF-8.")
    return line.removeprefix(codecs.BOM_UTF8)


def _header(line: bytes) -> Header:
    header = msgspec.json.decode(line, type=Header)
    if header.kind != "export":
        raise InvalidInput("The file is not a Hansard export.")
    if header.hansard > VERSION:
        raise InvalidInput(
            f"The file has version {header.hansard}; this program supports up to {VERSION}."
        )
    return header


@cache
def record_decoder(record: type[Entry]) -> Callable[[bytes, str], Entry]:
    """Return a function from a line and a tenant to a record."""
    decode = msgspec.json.Decoder(_values(record)).decode
    make = _maker(record)
    return lambda line, tenant: make(decode(line), tenant)


@cache
def _values(record: type[Entry]) -> type[msgspec.Struct]:
    """Return the type of a record's values in a file: its fields without the tenant."""
    return msgspec.defstruct(
        f"{record.__name__}Line",
        [
            (f.name, f.type) if f.required else (f.name, f.type, _default(f))
            for f in msgspec.structs.fields(record)
            if f.name != "tenant_id"
        ],
        kw_only=True,
    )


def _default(field: msgspec.structs.FieldInfo) -> Any:
    if field.default_factory is not msgspec.NODEFAULT:
        return msgspec.field(default_factory=field.default_factory)
    return field.default


def _maker(record: type[Entry]) -> Callable[[Any, str], Entry]:
    """Return a function from values and a tenant to a record, compiled as in `storage/sql/compiler.py`."""
    names = _values(record).__struct_fields__
    fields = ", ".join(f"{name}=values.{name}" for name in names)
    source = f"lambda values, tenant: record.make(tenant_id=tenant, {fields})"
    return eval(source, {"record": SimpleNamespace(make=record)})  # noqa: S307 - declared names


_LINES = {
    msgspec.defstruct(
        f"{record.__name__}Tagged", [], bases=(_values(record),), tag_field="kind", tag=kind
    ): record
    for kind, record in KINDS.items()
}
"""The types of lines, each told by its kind."""
_MAKE = {line: _maker(record) for line, record in _LINES.items()}
_decode: Callable[[bytes], Any] = msgspec.json.Decoder(Union[tuple(_LINES)]).decode  # noqa: UP007
