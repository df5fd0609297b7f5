"""A storage that keeps the contents of records in another form, such as encrypted or compressed.

What follows from a message (preview, counters, digests) is computed above the storage that is wrapped, because an
append is made of the generic methods. Its search terms are computed in it, from the text that `Reader.decode`
returns.
"""

from __future__ import annotations

from abc import abstractmethod
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, TypeVar, cast

import msgspec

from hansard.errors import NotADatabase
from hansard.model.artifacts import Artifact, ArtifactText, Content, Revision
from hansard.model.base import Entry, JsonObject
from hansard.model.blobs import BlobChunk
from hansard.model.collections import Collection
from hansard.model.conversations import Conversation
from hansard.model.messages import Message, Rating, Summary
from hansard.model.parts import Parts, Text
from hansard.model.projects import Project
from hansard.model.runs import Run, RunEvent
from hansard.model.settings import Setting
from hansard.model.users import Tenant, User
from hansard.storage.base import Append, Read, Storage, Transaction, Write
from hansard.storage.query import Query
from hansard.storage.schema import Column, Table
from hansard.storage.wrapper import StorageWrapper, TransactionWrapper

E = TypeVar("E", bound=Entry)
T = TypeVar("T")
Code = Callable[[str, bytes], bytes]
Convert = Callable[[str, Any], Any]

CONTENTS: Mapping[type[Entry], tuple[str, ...]] = {
    Tenant: ("instructions",),
    User: ("traits",),
    Setting: ("value",),
    Project: ("instructions",),
    Conversation: ("preview", "system", "metadata"),
    Message: ("parts", "metadata"),
    Rating: ("note",),
    Summary: ("text",),
    Run: ("options",),
    RunEvent: ("text", "data"),
    Artifact: ("description", "metadata"),
    Content: ("data",),
    Revision: ("note",),
    ArtifactText: ("text",),
    Collection: ("description",),
    BlobChunk: ("data",),
}
"""What users and models wrote, except titles and names, by which lists are sorted and filtered."""


class EncodedStorage(StorageWrapper):
    """Stores the values of some fields in another form, and their search terms as they are.

    `encode` and `decode` run inside units of work, on several threads and on the event loop: they should not wait.
    """

    fields: ClassVar[Mapping[type[Entry], tuple[str, ...]]] = CONTENTS
    """The fields concerned: bytes, text or JSON that no key, reference or query uses."""

    def __init__(self, inner: Storage) -> None:
        """Raises ValueError if one of `fields` cannot be encoded."""
        super().__init__(inner)
        self.encoders = {r: self._converts(r, _encoder, self.encode) for r in self.fields}
        self.decoders = {r: self._converts(r, _decoder, self.decode) for r in self.fields}

    @abstractmethod
    def encode(self, tenant: str, data: bytes) -> bytes:
        """Return the stored form of a value of a tenant; it may differ each time."""

    @abstractmethod
    def decode(self, tenant: str, data: bytes) -> bytes:
        """Return the value from its stored form."""

    async def read(self, tenant: str, work: Read[T]) -> T:
        return await self.inner.read(
            tenant, lambda tx: work(EncodedTransaction(cast("Transaction", tx), self))
        )

    async def write(self, tenant: str, work: Write[T]) -> T:
        return await self.inner.write(tenant, lambda tx: work(EncodedTransaction(tx, self)))

    async def append(self, tenant: str, append: Append) -> list[Message]:
        return await self.write(tenant, lambda tx: tx.append(append))

    def _converts(
        self, record: type[Entry], make: Callable[[Column, Code], Convert], code: Code
    ) -> dict[str, Convert]:
        table = self.schema.of(record)
        return {name: make(_checked(table, name), code) for name in self.fields[record]}


class EncodedTransaction(TransactionWrapper):
    def __init__(self, inner: Transaction, storage: EncodedStorage) -> None:
        super().__init__(inner)
        self._encoders, self._decoders = storage.encoders, storage.decoders

    def original(self, stored: Any) -> Any:
        return super().original(self._decoded(stored))

    async def get(self, record: type[E], *key: Any, lock: bool = False) -> E | None:
        stored = await self.inner.get(record, *key, lock=lock)
        return stored and self._decoded(stored)

    async def select(self, query: Query[E]) -> list[E]:
        self._check(query)
        return [self._decoded(record) for record in await self.inner.select(query)]

    async def count(self, query: Query[Any]) -> int:
        self._check(query)
        return await self.inner.count(query)

    async def insert(self, *records: Entry, absent: bool = False) -> int:
        encoded = [_converted(record, self._encoders) for record in records]
        return await self.inner.insert(*encoded, absent=absent)

    async def update(
        self, record: type[E], *key: Any, version: int | None = None, **changes: Any
    ) -> E:
        encoders = self._encoders.get(record, {})
        for name in encoders.keys() & changes:
            changes[name] = encoders[name](self.tenant, changes[name])
        changed = await self.inner.update(record, *key, version=version, **changes)
        return self._decoded(changed)

    async def delete(self, query: Query[Any]) -> int:
        self._check(query)
        return await self.inner.delete(query)

    def _decoded(self, record: E) -> E:
        try:
            return _converted(record, self._decoders)
        except Exception as error:
            raise NotADatabase(
                f"A row of {self.schema.of(type(record)).name} cannot be decoded: it was stored without "
                "this wrapper or with another key, or it is damaged."
            ) from error

    def _check(self, query: Query[Any]) -> None:
        """Raise ValueError if a query compares or sorts by an encoded field."""
        encoded = self._encoders.get(query.record)
        if encoded:
            used = {c.field for c in query.conditions} | {o.field for o in query.order}
            if both := used & encoded.keys():
                raise ValueError(f"{', '.join(sorted(both))} is stored in another form")


def _converted(record: E, converts: Mapping[type[Entry], dict[str, Convert]]) -> E:
    """Return a record with the fields converted that are named for its type."""
    named = converts.get(type(record))
    if not named:
        return record
    tenant = record.tenant_id
    values = {name: convert(tenant, getattr(record, name)) for name, convert in named.items()}
    return msgspec.structs.replace(record, **values)


# Fields


def _checked(table: Table[Any], name: str) -> Column:
    """Return the column of a field. Raises ValueError if a field has uses for which its value must be stored."""
    column = next((column for column in table.columns if column.name == name), None)
    used = {
        "tenant_id",
        *table.key,
        *(n for fields in (*table.unique, *table.unique_active, *table.indexes) for n in fields),
        *(n for reference in table.references for n in reference.fields),
        *(derived.source for derived in table.derived),
        *((table.search.owner, table.search.place) if table.search else ()),
        *table.sums,
        table.owner,
    }
    plain = {"text": (str,), "bytes": (bytes,), "json": (Parts, JsonObject, Any)}
    if column is None or name in used or column.annotation not in plain.get(column.type, ()):
        raise ValueError(f"{table.name}.{name} cannot be stored in another form")
    return column


def _encoder(column: Column, encode: Code) -> Convert:
    """Return a function from a value of a column to another valid value of that column."""
    if column.type == "bytes":
        return encode
    to_bytes = str.encode if column.type == "text" else msgspec.json.encode
    wrap, _ = _wraps(column.annotation)
    return lambda tenant, value: wrap(b64encode(encode(tenant, to_bytes(value))).decode())


def _decoder(column: Column, decode: Code) -> Convert:
    """Return the inverse of `_encoder`."""
    if column.type == "bytes":
        return decode
    parse = (
        bytes.decode if column.type == "text" else msgspec.json.Decoder(column.annotation).decode
    )
    _, unwrap = _wraps(column.annotation)
    return lambda tenant, value: parse(decode(tenant, b64decode(unwrap(value), validate=True)))


def _wraps(annotation: Any) -> tuple[Callable[[str], Any], Callable[[Any], str]]:
    """Return how a text becomes a value of a type, and the inverse."""
    if annotation == Parts:
        return lambda text: (Text(text),), lambda parts: parts[0].text
    if annotation == JsonObject:
        return lambda text: {"encoded": text}, lambda value: value["encoded"]
    return str, str
