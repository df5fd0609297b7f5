"""The schema: one `Table` for each record type.

Columns follow from the record's annotations. Everything else that a back end needs is declared here: keys, unique
constraints, indexes, references and searched texts. A new record type is a class and one entry in `TABLES` (and
the migration that ``hansard db revision`` writes); the back ends and the contract suite need nothing else.

Every key, index and reference starts with the tenant; this is implied and not written here.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Annotated, Any, Generic, Literal, TypeVar, Union, get_args, get_origin

import msgspec

from hansard.model.activity import MessageCounters
from hansard.model.artifacts import (
    Artifact,
    ArtifactCounters,
    ArtifactText,
    Content,
    ExtractionCursor,
    ExtractionMarker,
    Revision,
)
from hansard.model.base import Entry, Versioned
from hansard.model.blobs import Blob, BlobChunk, BlobUse
from hansard.model.branches import Branch
from hansard.model.collections import Collection, CollectionItem
from hansard.model.conversations import BranchSelection, Conversation
from hansard.model.feed import FeedEntry
from hansard.model.messages import Message, Rating, Summary
from hansard.model.projects import Project
from hansard.model.reindexes import Reindex
from hansard.model.runs import Run, RunEvent
from hansard.model.sessions import Session, SpentCode
from hansard.model.settings import Setting
from hansard.model.shares import LinkKey, Share
from hansard.model.users import Tenant, User
from hansard.search.tokenizer import fold
from hansard.storage.query import Query

E = TypeVar("E", bound=Entry)

ColumnType = Literal[
    "uuid", "digest", "ref", "text", "int", "float", "bool", "time", "bytes", "json", "names"
]
_PLAIN: dict[Any, ColumnType] = {
    str: "text", int: "int", float: "float", bool: "bool", datetime: "time", bytes: "bytes",
}  # fmt: skip


@dataclass(frozen=True)
class Column:
    name: str
    type: ColumnType
    nullable: bool
    annotation: Any
    """The field's Python type, from which a JSON column is decoded."""


@dataclass(frozen=True)
class Derived:
    """An additional column, computed from a field, for use in queries."""

    name: str
    source: str
    make: Callable[[Any], str]


@dataclass(frozen=True)
class Reference:
    """A foreign key: `fields` refer to a row of another table in the same tenant."""

    fields: tuple[str, ...]
    record: type[Entry]
    to: tuple[str, ...] = ("id",)


@dataclass(frozen=True)
class Searchable:
    """The text by which search finds a record, and the fields with its owner and its place.

    The record has an `id`; the place may be None.
    """

    text: Callable[[Any], str]
    owner: str = "owner_id"
    place: str = "conversation_id"


@dataclass(frozen=True)
class Table(Generic[E]):
    record: type[E]
    name: str
    key: tuple[str, ...] = ("id",)
    unique: tuple[tuple[str, ...], ...] = ()
    indexes: tuple[tuple[str, ...], ...] = ()
    references: tuple[Reference, ...] = ()
    derived: tuple[Derived, ...] = ()
    unversioned: frozenset[str] = frozenset()
    """Fields whose changes do not raise the record's `version`."""
    sums: tuple[str, ...] = ()
    """For counters: the fields that `increment` adds to."""
    search: Searchable | None = None

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        """The record's columns in the order of its fields."""
        return tuple(_column(field) for field in msgspec.structs.fields(self.record))

    @cached_property
    def stored(self) -> dict[str, Column]:
        """Every stored column by name, including derived ones."""
        own = {column.name: column for column in self.columns}
        return own | {d.name: Column(d.name, "text", False, str) for d in self.derived}

    @cached_property
    def versioned(self) -> bool:
        return issubclass(self.record, Versioned)

    def text_of(self, record: E) -> str:
        """Return the searchable text of a record; empty if the table is not searched."""
        return self.search.text(record) if self.search else ""

    def key_of(self, record: E) -> tuple[Any, ...]:
        return tuple(getattr(record, name) for name in self.key)

    def derive(self, values: dict[str, Any]) -> dict[str, str]:
        """Return the derived columns for the values of these fields."""
        return {d.name: d.make(values[d.source]) for d in self.derived if d.source in values}

    def check(self, query: Query[E]) -> None:
        """Raise ValueError if a query names a field that the table does not have."""
        for name in (*(c.field for c in query.conditions), *(o.field for o in query.order)):
            self.check_field(name)

    def check_field(self, name: str) -> None:
        if name not in self.stored:
            raise ValueError(f"{self.name} has no field {name!r}")


def _column(field: msgspec.structs.FieldInfo) -> Column:
    annotation, nullable = field.type, False
    if get_origin(annotation) in (Union, types.UnionType) and type(None) in get_args(annotation):
        nullable = True
        inner = [arm for arm in get_args(annotation) if arm is not type(None)]
        if len(inner) == 1:
            annotation = inner[0]
    return Column(field.encode_name, _column_type(annotation), nullable, field.type)


def _column_type(annotation: Any) -> ColumnType:
    if get_origin(annotation) is Annotated:
        base, *metas = get_args(annotation)
        for meta in metas:
            if isinstance(meta, msgspec.Meta) and meta.extra and "column" in meta.extra:
                return meta.extra["column"]
        annotation = base
    if get_origin(annotation) is Literal:
        return "text"
    return _PLAIN.get(annotation, "json")


class Schema:
    """The tables of a database, by record type and by name."""

    def __init__(self, tables: Iterable[Table[Any]]) -> None:
        self.tables = tuple(tables)
        self._by_record = {table.record: table for table in self.tables}
        self._by_name = {table.name: table for table in self.tables}

    def of(self, record: type[E]) -> Table[E]:
        try:
            return self._by_record[record]
        except KeyError:
            raise ValueError(f"{record.__name__} is not declared in this schema") from None

    def named(self, name: str) -> Table[Any]:
        return self._by_name[name]

    def plus(self, *tables: Table[Any]) -> Schema:
        return Schema((*self.tables, *tables))

    def referring_to(self, record: type[Entry]) -> list[tuple[Table[Any], Reference]]:
        return [(t, r) for t in self.tables for r in t.references if r.record is record]


TABLES: tuple[Table[Any], ...] = (
    Table(Tenant, "tenants", key=()),
    Table(User, "users", references=(Reference((), Tenant, ()),)),
    Table(
        Project,
        "projects",
        indexes=(("owner_id", "parent_id"),),
        references=(Reference(("owner_id",), User), Reference(("parent_id",), Project)),
    ),
    Table(
        Conversation,
        "conversations",
        indexes=(
            ("owner_id", "active_at", "id"),
            ("project_id", "active_at", "id"),
            ("expires_at",),
        ),
        references=(Reference(("owner_id",), User), Reference(("project_id",), Project)),
        derived=(Derived("title_key", "title", fold),),
        unversioned=frozenset({"active_at", "message_count", "preview"}),
    ),
    Table(
        Branch,
        "branches",
        unique=(("conversation_id", "id"),),
        indexes=(("parent_branch", "fork_seq"),),
        references=(Reference(("conversation_id",), Conversation),),
        unversioned=frozenset({"head_seq", "head_id", "head_digest"}),
    ),
    Table(
        Message,
        "messages",
        unique=(("branch", "seq"),),
        references=(Reference(("conversation_id", "branch"), Branch, ("conversation_id", "id")),),
        search=Searchable(lambda message: message.text),
    ),
    Table(
        BranchSelection,
        "views",
        key=("conversation_id", "user_id"),
        references=(Reference(("conversation_id", "branch"), Branch, ("conversation_id", "id")),),
    ),
    Table(
        Rating,
        "ratings",
        key=("message_id", "user_id"),
        indexes=(("conversation_id",),),
        references=(Reference(("message_id",), Message),),
    ),
    Table(
        Summary,
        "summaries",
        indexes=(("branch", "seq"),),
        references=(Reference(("conversation_id", "branch"), Branch, ("conversation_id", "id")),),
    ),
    Table(Blob, "blobs"),
    Table(
        BlobChunk,
        "blob_chunks",
        key=("blob_id", "number"),
        references=(Reference(("blob_id",), Blob),),
    ),
    Table(
        BlobUse,
        "blob_uses",
        key=("blob_id", "owner_id", "holder"),
        indexes=(("holder",),),
        references=(Reference(("blob_id",), Blob),),
    ),
    Table(
        Run,
        "runs",
        indexes=(("conversation_id", "id"), ("status", "lease_until"), ("request_id",)),
        references=(Reference(("conversation_id", "branch"), Branch, ("conversation_id", "id")),),
        unversioned=frozenset({"lease_until"}),
    ),
    Table(
        RunEvent,
        "run_events",
        key=("run_id", "number"),
        indexes=(("created_at",),),
        references=(Reference(("run_id",), Run),),
    ),
    Table(
        Setting,
        "settings",
        key=("user_id", "name"),
        references=(Reference(("user_id",), User),),
    ),
    Table(
        MessageCounters,
        "activity",
        key=("owner_id", "project_id", "day", "hour", "role", "model", "slot"),
        sums=(
            "conversations", "messages", "words", "characters", "tokens_in", "tokens_out",
            "engaged_seconds",
        ),
    ),
    Table(
        Artifact,
        "artifacts",
        indexes=(
            ("owner_id", "updated_at", "id"),
            ("conversation_id", "updated_at", "id"),
            ("project_id", "updated_at", "id"),
            ("branch",),
        ),
        references=(
            Reference(("owner_id",), User),
            Reference(("conversation_id",), Conversation),
            Reference(("project_id",), Project),
        ),
        unversioned=frozenset({"project_id", "temporary", "branch", "removed"}),
    ),
    Table(Content, "contents"),
    Table(
        Revision,
        "revisions",
        key=("artifact_id", "number"),
        indexes=(("message_id",), ("digest",)),
        references=(
            Reference(("artifact_id",), Artifact),
            Reference(("digest",), Content),
            Reference(("message_id",), Message),
        ),
    ),
    Table(
        ArtifactText,
        "artifact_texts",
        references=(Reference(("id",), Artifact),),
        search=Searchable(lambda words: words.text),
    ),
    Table(
        ExtractionMarker,
        "extractions",
        key=("message_id",),
        indexes=(("conversation_id",),),
        references=(Reference(("message_id",), Message),),
    ),
    Table(ExtractionCursor, "scans", key=("user_id",), references=(Reference(("user_id",), User),)),
    Table(
        ArtifactCounters,
        "artifact_uses",
        key=("owner_id", "day", "type", "language"),
        sums=("made", "edited", "opened", "copied", "exported"),
    ),
    Table(
        Collection,
        "collections",
        indexes=(("owner_id", "name", "id"), ("project_id",)),
        references=(Reference(("owner_id",), User), Reference(("project_id",), Project)),
    ),
    Table(
        CollectionItem,
        "collected",
        key=("collection_id", "artifact_id"),
        indexes=(("artifact_id",),),
        references=(
            Reference(("collection_id",), Collection),
            Reference(("artifact_id",), Artifact),
        ),
    ),
    Table(
        Share,
        "shares",
        indexes=(("artifact_id",), ("user_id", "created_at", "id"), ("token_hash",)),
        references=(Reference(("artifact_id",), Artifact), Reference(("owner_id",), User)),
    ),
    Table(LinkKey, "link_keys", key=(), references=(Reference((), Tenant, ()),)),
    Table(
        Session,
        "sessions",
        indexes=(("user_id", "seen_at", "id"),),
        references=(Reference(("user_id",), User),),
    ),
    Table(SpentCode, "spent_codes"),
    Table(Reindex, "reindexes", key=("name",)),
    Table(FeedEntry, "feed", key=("position",), indexes=(("user_id", "position"),)),
)  # fmt: skip

SCHEMA = Schema(TABLES)
