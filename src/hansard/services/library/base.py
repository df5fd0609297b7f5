"""What all nouns of the library share: records with unique names that a user sets up around the conversations."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, TypeVar, cast

import msgspec

from hansard.errors import AlreadyExists, NotFound
from hansard.ids import is_id
from hansard.model.checks import check_title
from hansard.model.event_kinds import EventKind
from hansard.model.lifecycle import ACTIVE, Trashable, trashed
from hansard.services.base import Service
from hansard.storage.base import Reader, Transaction
from hansard.storage.ownership import remove
from hansard.storage.query import Query
from hansard.storage.tables import SCHEMA

R = TypeVar("R", bound=Trashable)


class LibraryService(Service, internal=True):
    """Creates, finds, changes, deletes, restores and purges records whose names are unique among the active ones."""

    async def _create(self, tx: Transaction, record: R, *compared: str) -> R:
        """Insert a new record; if its id exists, return that record if the `compared` fields are equal.

        Raises AlreadyExists if they are not, or if the name is taken.
        """
        if await tx.get(type(record), record.id) is None:
            await self._check_name(tx, record)
        return await self.insert_once(tx, record, kind_of(record, "created"), *compared)

    async def _get(self, record_type: type[R], record_id: str) -> R:
        return await self.run_read(lambda tx: self._get_owned(tx, record_type, record_id, "read"))

    async def _list(self, record_type: type[R], *, deleted: bool) -> list[R]:
        """Return the user's records by name; with `deleted`, those in the trash."""
        state = "trashed" if deleted else "active"
        query = Query(record_type).where(owner_id=self.scope.user, state=state)
        return await self.run_read(lambda tx: tx.select(query.by("name", "id")))

    async def _change(
        self, tx: Transaction, record: R, changes: dict[str, Any], version: int | None
    ) -> R:
        """Change fields of a record. Raises AlreadyExists if its new name is taken, VersionConflict."""
        if "name" in changes:
            await self._check_name(tx, record, changes["name"])
        return await self.change_fields(tx, record, kind_of(record, "updated"), changes, version)

    async def _delete(
        self, tx: Transaction, record: R, at: datetime | None = None, **fields: Any
    ) -> R:
        """Move a record to the trash, and set other fields; `at` is its `deleted_at`, if it is not now."""
        now = self.clock()
        await tx.publish(self.change(kind_of(record, "deleted"), record.id, now))
        fields |= trashed(at or now)
        return await tx.update(type(record), record.id, updated_at=now, **fields)

    async def _restore(self, tx: Transaction, record: R, **fields: Any) -> R:
        """Restore a record from the trash. Raises AlreadyExists if its name is taken."""
        await self._check_name(tx, record)
        now = self.clock()
        await tx.publish(self.change(kind_of(record, "restored"), record.id, now))
        return await tx.update(type(record), record.id, updated_at=now, **fields | ACTIVE)

    async def _purge(self, tx: Transaction, record: Trashable) -> None:
        """Remove a record, and everything that belongs to it."""
        await remove(tx, Query(type(record)).where(id=record.id))
        await tx.publish(self.change(kind_of(record, "purged"), record.id, self.clock()))

    async def _check_name(self, tx: Reader, record: Trashable, name: str | None = None) -> None:
        """Raises AlreadyExists if another active record has the name, which is the record's own by default."""
        fields = {} if name is None else {"name": name}
        wanted = msgspec.structs.replace(record, **fields)
        if await namesake(tx, wanted) is not None:
            noun, taken = noun_of(record).replace("_", " "), cast("Any", wanted).name
            raise AlreadyExists(f"There is a {noun} called {taken!r} already.", pointer="/name")


async def namesake(tx: Reader, record: R) -> R | None:
    """Return another active record with the values of this one that must be unique among them; None if none has."""
    table = tx.schema.of(type(record))
    values = msgspec.structs.asdict(record)
    values |= table.derive(values)
    for names in table.unique_active:
        same = {name: values[name] for name in names}
        query = Query(type(record)).where(state="active", id__ne=record.id, **same)
        if found := await tx.select(query.page(1)):
            return found[0]
    return None


def kind_of(record: Trashable, what: str) -> EventKind:
    """Return the kind of an event about a record, such as `tag.created`."""
    return cast("EventKind", f"{noun_of(record)}.{what}")


def noun_of(record: Trashable) -> str:
    """Return what records of this type are called, such as `tag` or `api_key`."""
    return str(SCHEMA.of(type(record)).exported)


def check_name(name: str) -> str:
    """Return a name without spaces around it. Raises InvalidInput if it is blank, TooLarge if it is too long."""
    return check_title(name, "/name").strip()


async def named(tx: Reader, record_type: type[R], owner_id: str, names: Sequence[str]) -> list[R]:
    """Return a user's active records with these ids or names, in their order; those that do not exist are left out."""
    if not names:
        return []
    active = Query(record_type).where(owner_id=owner_id, state="active")
    keys = {name.lower() for name in names if is_id(name.lower())}
    found = await tx.select(active.where(id__in=sorted(keys))) if keys else []
    by_key: dict[str, R] = {record.id: record for record in found}
    others = sorted({name for name in names if name.lower() not in by_key})
    if others:
        by_key |= {cast("Any", r).name: r for r in await tx.select(active.where(name__in=others))}
    return [
        by_key[key] for name in names if (key := name.lower()) in by_key or (key := name) in by_key
    ]


def missing(noun: str, id_or_name: str, pointer: str) -> NotFound:
    """Return the error for a name of which there is no record; ids are not repeated, they tell a reader nothing."""
    which = "such " + noun if is_id(id_or_name.lower()) else f"{noun} {id_or_name!r}"
    return NotFound(f"There is no {which}.", pointer=pointer)
