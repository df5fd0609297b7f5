"""Records of any declared type for tests, with all records that they refer to."""

from __future__ import annotations

import hashlib
import random
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, TypeVar, get_args, get_origin

import msgspec

from hansard.ids import new_id
from hansard.model.base import Entry
from hansard.model.branches import Branch
from hansard.model.conversations import Conversation
from hansard.model.messages import Message
from hansard.model.parts import Parts, Text
from hansard.model.users import Tenant, User
from hansard.storage.base import Append, Transaction
from hansard.storage.schema import Column, Schema
from hansard.storage.tables import SCHEMA

E = TypeVar("E", bound=Entry)

EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
TEXTS = ("", "plain", 'O\'Brien "quoted" %_\\', "Ünïcödé ß 東京 🦉", "a\nb\tc", "x" * 500)


class Factory:
    """Makes records with varied values, which depend only on the seed."""

    def __init__(self, schema: Schema = SCHEMA, *, tenant: str = "acme", seed: int = 1) -> None:
        self.schema = schema
        self.tenant = tenant
        self._random = random.Random(seed)  # noqa: S311 - test data
        self._count = 0

    def make(self, record: type[E], **fields: Any) -> list[Entry]:
        """Return a record, last in a list, after the new rows that it refers to, in order."""
        table = self.schema.of(record)
        before: list[Entry] = []
        for reference in table.references:
            present = [name for name in reference.fields if name in fields]
            target = self.schema.of(reference.record)
            optional = any(table.stored[name].nullable for name in reference.fields)
            if optional or (present and len(present) == len(reference.fields)):
                continue
            known = dict(zip(reference.to, (fields.get(n) for n in reference.fields), strict=True))
            rows = self.make(target.record, **{k: v for k, v in known.items() if v is not None})
            before += rows
            for name, to in zip(reference.fields, reference.to, strict=True):
                fields.setdefault(name, getattr(rows[-1], to))
        values = {c.name: self._value(c, table.record) for c in table.columns}
        values |= {"tenant_id": self.tenant, **fields}
        if table.versioned:
            values.setdefault("version", 1)
            values["version"] = 1
        return [*_once(before), table.record(**values)]

    def one(self, record: type[E], **fields: Any) -> E:
        """Return only the record, if what it refers to exists or does not matter."""
        created = self.make(record, **fields)[-1]
        assert isinstance(created, record)
        return created

    def time(self) -> datetime:
        self._count += 1
        return EPOCH + timedelta(seconds=self._count, microseconds=self._random.randrange(10**6))

    def _value(self, column: Column, record: type[Entry]) -> Any:  # noqa: C901, PLR0911 - one case a type
        if column.nullable and self._random.random() < 0.5:
            return None
        match column.type:
            case "uuid":
                return None if column.nullable else new_id()
            case "digest":
                return hashlib.sha256(self._random.randbytes(8)).hexdigest()
            case "ref":
                return self._random.choice((new_id(), "name", "ab" * 32))
            case "text":
                return self._text(column)
            case "int":
                return self._random.randrange(0, 2**40)
            case "float":
                return self._random.random()
            case "bool":
                return self._random.random() < 0.5
            case "time":
                return self.time()
            case "bytes":
                return self._random.randbytes(self._random.randrange(1, 2000))
            case "names":
                return tuple(self._random.sample(("red", "grün", "blue's"), k=2))
            case "json":
                return self._json(column, record)

    def _text(self, column: Column) -> str:
        annotation = column.annotation
        choices = [arm for arm in (annotation, *get_args(annotation)) if get_origin(arm) is Literal]
        if choices:
            return self._random.choice(get_args(choices[0]))
        self._count += 1
        return f"{self._random.choice(TEXTS)}{self._count}"

    def _json(self, column: Column, record: type[Entry]) -> Any:
        if column.annotation == Parts:
            return (Text(self._random.choice(TEXTS)),)
        if column.annotation is Any or get_origin(column.annotation) is dict:
            return {"a": [1, 2.5, None, True, "é"], "b": {"c": 12345678901234567890}}
        field = next(f for f in msgspec.structs.fields(record) if f.encode_name == column.name)
        if field.default is not msgspec.NODEFAULT:
            return field.default
        raise ValueError(f"Give a value for {record.__name__}.{column.name}")


def _once(rows: list[Entry]) -> list[Entry]:
    """Remove duplicates of tenants, which several references add."""
    seen: set[str] = set()
    kept: list[Entry] = []
    for row in rows:
        if isinstance(row, Tenant):
            if row.tenant_id in seen:
                continue
            seen.add(row.tenant_id)
        kept.append(row)
    return kept


async def insert(tx: Transaction, rows: list[Entry]) -> None:
    """Insert rows of several types in the given order; tenants only if they do not exist."""
    for row in rows:
        await tx.insert(row, absent=isinstance(row, Tenant))


def conversation(
    tenant: str = "acme", owner: str = "ada", at: datetime = EPOCH
) -> tuple[list[Entry], Conversation, Branch]:
    """Return an empty conversation: the rows that it needs, the conversation, and its main branch."""
    times: dict[str, Any] = {"tenant_id": tenant, "created_at": at, "updated_at": at}
    branch_id = new_id()
    record = Conversation(id=new_id(), owner_id=owner, branch=branch_id, active_at=at, **times)
    branch = Branch(id=branch_id, conversation_id=record.id, name="main", **times)
    return [Tenant(**times), User(id=owner, **times), record, branch], record, branch


def message(conversation: Conversation, text: str, **fields: Any) -> Message:
    """Return a message without a position, for an append."""
    values: dict[str, Any] = {
        "id": new_id(),
        "role": "user",
        "parts": (Text(text),),
        "created_at": EPOCH,
        **fields,
    }
    return Message(
        tenant_id=conversation.tenant_id,
        conversation_id=conversation.id,
        owner_id=conversation.owner_id,
        branch="",
        seq=0,
        **values,
    )


def append(conversation: Conversation, *messages: Message | str, **fields: Any) -> Append:
    """Return an append of messages, or of user messages with these texts."""
    drafts = tuple(message(conversation, m) if isinstance(m, str) else m for m in messages)
    values: dict[str, Any] = {
        "conversation_id": conversation.id,
        "owner_id": conversation.owner_id,
        "viewer": conversation.owner_id,
        "fork_id": new_id(),
        "at": EPOCH,
        **fields,
    }
    return Append(messages=drafts, **values)
