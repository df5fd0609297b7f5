"""Converts values between fields of records and columns, for each engine.

JSON columns contain the canonical text that msgspec writes, so reading returns exactly what was stored.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

import msgspec
import uuid_utils

from hansard.ids import is_id
from hansard.model.parts import Parts, Text
from hansard.storage.schema import Column, ColumnType
from hansard.storage.sql import packed

Convert = Callable[[Any], Any]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
MAX_IDS = 8192
"""Ids whose text is remembered."""
_encode_json = msgspec.json.Encoder(order=None).encode
_decode_parts = msgspec.json.Decoder(Parts).decode


@dataclass(frozen=True)
class Codec:
    """The column types and conversions of one engine; a type without a conversion is passed unchanged."""

    types: dict[ColumnType, str]
    encoders: dict[ColumnType, Convert]
    decoders: dict[ColumnType, Convert]
    packs: int | None = None
    """The level with which values of packed columns are compressed; None if the engine has none."""

    def type_of(self, column: Column) -> str:
        return "ANY" if self._is_packed(column) else self.types[column.type]

    def encoder(self, column: Column) -> Convert | None:
        convert = self.encoders.get(column.type)
        if not self._is_packed(column):
            return convert
        pack = packed.packer(self.packs or 0)
        to_text = parts_to_text if column.annotation == Parts else convert
        return pack if to_text is None else lambda value: pack(to_text(value))

    def decoder(self, column: Column) -> Convert | None:
        convert = self.decoders.get(column.type)
        if column.type == "json":
            convert = msgspec.json.Decoder(column.annotation).decode
        if not self._is_packed(column):
            return convert
        from_text = parts_from_text if column.annotation == Parts else convert
        if from_text is None:
            return packed.unpack
        return lambda value: from_text(packed.unpack(value))

    def _is_packed(self, column: Column) -> bool:
        return column.packed and self.packs is not None


def encode_json(value: Any) -> str:
    return _encode_json(value).decode()


def parts_to_text(parts: Parts) -> str:
    """Return the only text of a message as it is, and other parts, or a text that begins with ``[``, as JSON."""
    if len(parts) == 1 and isinstance(parts[0], Text) and not parts[0].text.startswith("["):
        return parts[0].text
    return encode_json(parts)


def parts_from_text(text: str) -> Parts:
    return _decode_parts(text) if text.startswith("[") else (Text(text),)


@lru_cache(maxsize=8192)
def uuid_to_bytes(value: str) -> bytes:
    return bytes.fromhex(value.replace("-", ""))


class _Ids(dict[bytes, str]):
    """The texts of ids that were converted, until they are too many.

    A page refers to few ids many times, and has as many new ones. So both finding one and adding one must be cheap,
    and which of them was used longest ago is not recorded.
    """

    def __missing__(self, value: bytes) -> str:
        if len(self) >= MAX_IDS:
            self.clear()
        text = self[value] = str(uuid_utils.UUID(bytes=value))
        return text


uuid_from_bytes: Callable[[bytes], str] = _Ids().__getitem__
"""Return the text of an id. Raises ValueError unless it has 16 bytes."""


def ref_to_bytes(value: str) -> bytes | str:
    return uuid_to_bytes(value) if is_id(value) else value


def _ref_from_bytes(value: bytes | str) -> str:
    return uuid_from_bytes(value) if isinstance(value, bytes) else value


def microseconds(value: datetime) -> int:
    """Return the microseconds since 1970, UTC."""
    return (value - _EPOCH) // _MICROSECOND


def from_microseconds(value: int) -> datetime:
    return _EPOCH + value * _MICROSECOND


SQLITE = Codec(
    types={
        "uuid": "BLOB",
        "digest": "BLOB",
        "ref": "ANY",
        "text": "TEXT",
        "int": "INTEGER",
        "float": "REAL",
        "bool": "INTEGER",
        "time": "INTEGER",
        "bytes": "BLOB",
        "json": "TEXT",
        "names": "TEXT",
    },
    encoders={
        "uuid": uuid_to_bytes,
        "digest": bytes.fromhex,
        "ref": ref_to_bytes,
        "bool": int,
        "time": microseconds,
        "json": encode_json,
        "names": encode_json,
    },
    decoders={
        "uuid": uuid_from_bytes,
        "digest": bytes.hex,
        "ref": _ref_from_bytes,
        "bool": bool,
        "time": from_microseconds,
        "names": msgspec.json.Decoder(tuple[str, ...]).decode,
    },
    packs=packed.LEVEL,
)

POSTGRES = Codec(
    types={
        "uuid": "uuid",
        "digest": "bytea",
        "ref": 'text COLLATE "C"',
        "text": 'text COLLATE "C"',
        "int": "bigint",
        "float": "double precision",
        "bool": "boolean",
        "time": "timestamptz",
        "bytes": "bytea",
        "json": "json",
        "names": "text[]",
    },
    encoders={"digest": bytes.fromhex, "json": encode_json},
    decoders={"uuid": str, "digest": bytes.hex, "names": tuple},
)
